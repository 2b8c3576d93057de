/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a sealed template as a tar archive that any tar can unpack. */
#ifndef BD_TEMPLATE_EXPORT_TAR_H
#define BD_TEMPLATE_EXPORT_TAR_H

#include "base/err.h"
#include "rootfs/sealed.h"

/* A pax tarball; compression: "none", "gzip", "xz" or "zstd", else BD_EUSAGE. Imported again, it gives the template's tree
 * checksum. Sockets, which tar cannot hold, stay behind with a warning; an atime of 0, which libarchive does not write, becomes
 * the mtime; of layers that replaced files the order of the payload is another. out_fd may be a pipe. The progress is of the
 * files' content. */
int bd_export_tar(const struct bd_sealed *sealed, int out_fd, const char *compression, struct bd_error *err);

#endif
