/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sandboxed side of a survey: looks at the table, at the boot loader and at each filesystem, and sends what it finds. */
#ifndef BD_INSIDE_SURVEY_READ_H
#define BD_INSIDE_SURVEY_READ_H

/* sandbox/sandbox.h; context is the struct bd_survey_request. */
void bd_survey_read(void *context, int input_fd, int output_fd);

#endif
