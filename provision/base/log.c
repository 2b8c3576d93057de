/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages on stderr. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/printable.h"
#include "base/progress.h"

static enum bd_log_level shown_level = BD_LOG_INFO;
static void (*log_sink)(void *context, enum bd_log_level level, const char *line);
static void *log_sink_context;

void bd_log_set_level(enum bd_log_level level)
{
	shown_level = level;
}

enum bd_log_level bd_log_level(void)
{
	return shown_level;
}

void bd_log_set_sink(void (*sink)(void *context, enum bd_log_level level, const char *line), void *context)
{
	log_sink = sink;
	log_sink_context = context;
}

void bd_log(enum bd_log_level level, const char *format, ...)
{
	static const char *const prefixes[] = { "error: ", "warning: ", "", "debug: " };

	if (level > shown_level)
		return;

	char line[2048];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);

	if (log_sink) {
		log_sink(log_sink_context, level, line);
		return;
	}
	bd_progress_hide();
	bd_print(stderr, "xen-bigdisk: %s%s\n", prefixes[level], line);
}
