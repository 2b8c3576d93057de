/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking the files of an OCI image layout out of a tar. */
#ifndef BD_IMPORT_OCI_UNPACK_H
#define BD_IMPORT_OCI_UNPACK_H

#include <stdint.h>

#include "base/err.h"
#include "import/oci/layout.h"

/* Adds them to layout->files. size_bytes: of the tar as it is, compressed or not. */
int bd_oci_unpack(int fd, uint64_t size_bytes, struct bd_oci_layout *layout, struct bd_error *err);

/* An unnamed file in $TMPDIR, or in /var/tmp. */
int bd_open_temporary(int *fd_out, struct bd_error *err);

#endif
