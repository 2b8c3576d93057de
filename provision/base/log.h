/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages for the user, on stderr; stdout is for results. */
#ifndef BD_BASE_LOG_H
#define BD_BASE_LOG_H

/* BD_LOG_DEBUG: what --verbose shows: files that are written, removed or locked, programs that are run, domains. */
enum bd_log_level { BD_LOG_ERROR, BD_LOG_WARNING, BD_LOG_INFO, BD_LOG_DEBUG };

/* Lines above this level are not shown; BD_LOG_INFO at the start. The one global of the program, with the name. */
void bd_log_set_level(enum bd_log_level level);
enum bd_log_level bd_log_level(void);

/* What each line begins with; "xen-bigdisk" at the start. Borrowed. */
void bd_log_set_name(const char *name);

/* Passes messages to the sink instead, in a worker process; the level still applies. NULL: stderr again. */
void bd_log_set_sink(void (*sink)(void *context, enum bd_log_level level, const char *line), void *context);

/* One line on stderr; the newline is added. Errors and warnings get a prefix. */
void bd_log(enum bd_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define bd_warn(...) bd_log(BD_LOG_WARNING, __VA_ARGS__)
#define bd_info(...) bd_log(BD_LOG_INFO, __VA_ARGS__)
#define bd_debug(...) bd_log(BD_LOG_DEBUG, __VA_ARGS__)

#endif
