/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of reading a config, shared by the readers of all keys. */
#ifndef BD_LIBXL_CONFIG_READER_H
#define BD_LIBXL_CONFIG_READER_H

#include <stdbool.h>

#include <libxl.h>

#include "libxl/config/env.h"
#include "libxl/config/faults.h"
#include "libxl/config/source.h"

enum {
	BD_PV = 1 << 0,
	BD_PVH = 1 << 1,
	BD_HVM = 1 << 2,
	BD_ANY = BD_PV | BD_PVH | BD_HVM,
};

struct bd_reader {
	struct bd_source source;
	const struct bd_config_env *env;
	libxl_domain_config *config;
	struct bd_faults faults;
	bool has_type; /* false: it was refused, and what depends on it is not looked at */
};

/* Around each step of the reading, so that one fault does not hide the next: see bd_faults_keep. */
static inline int bd_try(struct bd_reader *reader, int r, struct bd_error *err)
{
	return bd_faults_keep(&reader->faults, &reader->source, r, err);
}

/* Tells what is odd but taken, or ignored as xl ignores it: "path:line: " and the text. line 0: that of the whole file. */
void bd_reader_warn_at(const struct bd_reader *reader, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with the line of a key. */
#define bd_reader_warn(reader, key, ...) \
	bd_reader_warn_at((reader), bd_source_line(&(reader)->source, (key)), __VA_ARGS__)

/* Fails with what is wrong with an item of a key's list: "path:line: KEY NUMBER: " and why's message, number from 1. What is
 * not the config's fault (other than EINVAL) is told as it is. */
int bd_reader_fail_item(const struct bd_reader *reader, const char *key, int number, const struct bd_error *why,
			struct bd_error *err);

#endif
