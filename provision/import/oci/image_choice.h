/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The criteria that select one of several container images in a source. */
#ifndef BD_IMPORT_OCI_IMAGE_CHOICE_H
#define BD_IMPORT_OCI_IMAGE_CHOICE_H

/* Both may be NULL. */
struct bd_image_choice {
	const char *tag; /* "web:1", "docker.io/library/debian:12" or the end of it, or the digest of a manifest */
	const char *platform; /* "linux/amd64", which is the default, or "linux/arm/v7" */
};

#endif
