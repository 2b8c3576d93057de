/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads files out of an ext2, ext3 or ext4 filesystem inside a disk image or device. Whoever runs the guest wrote that
 * filesystem, so it is looked at in a sandboxed process only.
 */
#ifndef BD_INSIDE_OPEN_H
#define BD_INSIDE_OPEN_H

#include "base/err.h"
#include "filestream/file_stream.h"
#include "inside/request.h"

/* fd: of the image, borrowed until the stream is closed; its offset moves. bd_file_stream_next also returns 2. */
int bd_inside_open(int fd, const struct bd_inside_request *request, bd_progress_report progress,
		   struct bd_file_stream **stream_out, struct bd_error *err);

#endif
