/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unpacks the files of an OCI image layout from a tar archive. */
#ifndef BD_IMPORT_OCI_UNPACK_H
#define BD_IMPORT_OCI_UNPACK_H

#include <stdint.h>

#include "base/err.h"
#include "import/oci/unpacked.h"

/* Adds them to what is unpacked. size_bytes: of the tar as it is, compressed or not. EFBIG: it unpacks to far more. */
int bd_oci_unpack(int fd, uint64_t size_bytes, struct bd_oci_unpacked *unpacked, struct bd_error *err);

#endif
