/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages on stderr. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/printable.h"
#include "base/progress.h"
#include "base/terminal.h"

static enum bd_log_level shown_level = BD_LOG_INFO;
static const char *log_name = "xen-bigdisk";
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

void bd_log_set_name(const char *name)
{
	log_name = name;
}

void bd_log_set_sink(void (*sink)(void *context, enum bd_log_level level, const char *line), void *context)
{
	log_sink = sink;
	log_sink_context = context;
}

void bd_log(enum bd_log_level level, const char *format, ...)
{
	static const char *const prefixes[] = { "error: ", "warning: ", "", "" };
	static const enum bd_style styles[] = { BD_STYLE_BAD, BD_STYLE_WARNING };

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
	const char *style = level > BD_LOG_WARNING ? "" : bd_style(stderr, styles[level]);
	if (!*style) {
		bd_print(stderr, "%s: %s%s\n", log_name, prefixes[level], line);
		return;
	}
	fprintf(stderr, "%s: %s%s%s", log_name, style, prefixes[level], bd_style(stderr, BD_STYLE_PLAIN));
	bd_print(stderr, "%s\n", line);
}
