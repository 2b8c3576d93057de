/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detects whether an archive is a container image, by the names of its first files. */
#ifndef BD_IMPORT_OCI_PEEK_H
#define BD_IMPORT_OCI_PEEK_H

/* BD_PEEK_UNDECIDED: it ends, or cannot be read on, before anything decides. */
enum bd_peek { BD_PEEK_ARCHIVE, BD_PEEK_IMAGE, BD_PEEK_UNDECIDED };

/* Looks at what is in fd from where it stands, and puts it back there. What is damaged is found to be so when it is
 * imported. */
enum bd_peek bd_oci_peek(int fd);

#endif
