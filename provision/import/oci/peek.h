/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detects whether an archive is a container image, or holds a disk, by its first files. */
#ifndef BD_IMPORT_OCI_PEEK_H
#define BD_IMPORT_OCI_PEEK_H

/* BD_PEEK_UNDECIDED: it ends, or cannot be read on, before anything decides. BD_PEEK_DISK: inner_disk.h
 * reads it; it may also be a disk image, compressed or not. */
enum bd_peek { BD_PEEK_ARCHIVE, BD_PEEK_IMAGE, BD_PEEK_DISK, BD_PEEK_UNDECIDED };

/* Looks at what is in fd from where it stands, and puts it back there. What is damaged is found to be so when it is
 * imported. */
enum bd_peek bd_oci_peek(int fd);

#endif
