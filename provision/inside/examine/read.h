/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sandboxed side of an examination. */
#ifndef BD_INSIDE_EXAMINE_READ_H
#define BD_INSIDE_EXAMINE_READ_H

/* The work of a sandbox (sandbox/sandbox.h); context: the struct bd_survey of the image. */
void bd_examine_read(void *context, int input_fd, int output_fd);

#endif
