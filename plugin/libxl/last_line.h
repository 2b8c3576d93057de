/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program's log says last: why it has failed. */
#ifndef BD_LIBXL_LAST_LINE_H
#define BD_LIBXL_LAST_LINE_H

#include "base/err.h"

/* Adds the last line of a log and the log's path to the message. Without a line, or a log, the message stays. */
void bd_add_last_line(const char *path, struct bd_error *err);

#endif
