/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child's side: what the disk boots by. */
#ifndef BD_BOOTLOADER_READING_READER_H
#define BD_BOOTLOADER_READING_READER_H

/* bd_sandbox_job.work; context: a struct bd_reader_request (request.h). Sends the frames of result_frame.h. */
void bd_reader_work(void *context, int input_fd, int output_fd);

#endif
