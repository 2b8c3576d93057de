/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monitor's reports to the process that started it, over a pipe, while it creates the domain. */
#ifndef BD_LIBXL_MONITOR_REPORT_H
#define BD_LIBXL_MONITOR_REPORT_H

#include <limits.h>
#include <stdint.h>

#include "base/err.h"
#include "toolstack/toolstack.h"

enum bd_report_kind {
	BD_REPORT_LOG, /* code: a level, text: a line for the user */
	BD_REPORT_STAGE, /* code: the stage that begins */
	BD_REPORT_DONE, /* domid */
	BD_REPORT_FAILED, /* code and text: the error */
};

/* Written and read whole: it is shorter than PIPE_BUF. */
struct bd_report {
	enum bd_report_kind kind;
	int code; /* of the error, or the log's level */
	int error_kind;
	uint32_t domid;
	char text[BD_ERROR_MESSAGE_SIZE];
};

_Static_assert(sizeof(struct bd_report) <= PIPE_BUF, "a report is one write");

#endif
