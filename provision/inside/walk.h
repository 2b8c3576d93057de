/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sandboxed side: resolves paths and patterns inside an ext2, ext3 or ext4 filesystem, and sends what they name. */
#ifndef BD_INSIDE_WALK_H
#define BD_INSIDE_WALK_H

/* sandbox/sandbox.h; context is the request. Writes the frames of filestream/frame.h: for each path what it names and, to
 * the depth that was asked for, what is below it, in the order of strcmp; BD_FRAME_PROBLEM for what cannot be read. */
void bd_inside_walk(void *context, int input_fd, int output_fd);

#endif
