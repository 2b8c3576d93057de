/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the strings that describe devices. */
#include "libxl/config/devices/options.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "libxl/config/pairs.h"
#include "libxl/config/set_string.h"
#include "libxl/config/values.h"

void *bd_member(const struct bd_device *device, const struct bd_option *option)
{
	return (char *)device->libxl + option->offset;
}

static void warn(const struct bd_device *device, const char *what, const char *text)
{
	bd_reader_warn(device->reader, device->key, "%s %d: %s \"%s\": ignored, as xl does", device->key,
		       device->number, what, text);
}

static const struct bd_option *find(const struct bd_option *options, const char *name, bool bare)
{
	for (const struct bd_option *option = options; option->name; option++)
		if (option->bare == bare && !strcmp(option->name, name))
			return option;
	return NULL;
}

/* xm wrote vif = [ ' ' ] for a device about which nothing is said. */
static int read_bare(const struct bd_device *device, const char *word, const struct bd_option *options,
		     struct bd_option_style style, bool *stops_out, struct bd_error *err)
{
	const struct bd_option *option = find(options, word, true);
	if (option)
		return option->set(device, option, NULL, err);
	if (!style.stops_without_value && (style.trims || !style.ignores_unknown))
		return bd_fail(err, EINVAL, "\"%s\" is not key=value", word);
	if (*word)
		warn(device, "this is not key=value:", word);
	*stops_out = style.stops_without_value;
	return 0;
}

static int read_pair(const struct bd_device *device, char *text, const struct bd_option *options,
		     struct bd_option_style style, struct bd_error *err)
{
	struct bd_pair pair;
	if (bd_pair_split(text, style.trims, &pair, err))
		return -1;
	const struct bd_option *option = find(options, pair.name, false);
	if (option)
		return option->set(device, option, pair.value, err);
	if (!style.ignores_unknown)
		return bd_fail(err, EINVAL, "unknown key \"%s\"", pair.name);
	warn(device, "unknown key", pair.name);
	return 0;
}

int bd_read_options(const struct bd_device *device, char *text, const struct bd_option *options,
		    struct bd_option_style style, struct bd_error *err)
{
	bool stops = false;
	char *rest = NULL;
	for (char *word = strtok_r(text, ",", &rest); word && !stops; word = strtok_r(NULL, ",", &rest)) {
		word += strspn(word, " ");
		if (strchr(word, '=') ? read_pair(device, word, options, style, err)
				      : read_bare(device, word, options, style, &stops, err))
			return -1;
	}
	return 0;
}

int bd_set_text(const struct bd_device *device, const struct bd_option *option, const char *value,
		struct bd_error *err)
{
	return bd_set_string(bd_member(device, option), value, err);
}

int bd_set_natural(const struct bd_device *device, const struct bd_option *option, const char *value,
		   struct bd_error *err)
{
	unsigned long number;
	if (bd_parse_ulong(value, &number, err))
		return -1;
	if (number > INT_MAX)
		return bd_fail(err, EINVAL, "\"%s\" is too large a number", value);
	*(int *)bd_member(device, option) = (int)number;
	return 0;
}

/* xl's atoi and strtoul make 0 of what is no number. */
static unsigned long number_of(const struct bd_device *device, const char *value, int base)
{
	char *end;
	unsigned long number = strtoul(value, &end, base);
	if (end == value)
		warn(device, "this is not a number, and taken for 0:", value);
	return number;
}

int bd_set_int(const struct bd_device *device, const struct bd_option *option, const char *value,
	       struct bd_error *err)
{
	(void)err;
	*(int *)bd_member(device, option) = (int)number_of(device, value, 10);
	return 0;
}

int bd_set_u8(const struct bd_device *device, const struct bd_option *option, const char *value, struct bd_error *err)
{
	(void)err;
	*(uint8_t *)bd_member(device, option) = (uint8_t)number_of(device, value, 0);
	return 0;
}

int bd_set_u32(const struct bd_device *device, const struct bd_option *option, const char *value,
	       struct bd_error *err)
{
	(void)err;
	*(uint32_t *)bd_member(device, option) = (uint32_t)number_of(device, value, 0);
	return 0;
}

int bd_set_bool(const struct bd_device *device, const struct bd_option *option, const char *value,
		struct bd_error *err)
{
	(void)err;
	*(bool *)bd_member(device, option) = number_of(device, value, 0) != 0;
	return 0;
}

int bd_set_defbool(const struct bd_device *device, const struct bd_option *option, const char *value,
		   struct bd_error *err)
{
	(void)err;
	libxl_defbool_set(bd_member(device, option), number_of(device, value, 0) != 0);
	return 0;
}

int bd_set_word(const struct bd_device *device, const struct bd_option *option, const char *value,
		struct bd_error *err)
{
	struct bd_error why = BD_ERROR_INIT;
	int number = 0;
	if (bd_parse_word(value, option->words, &number, &why))
		return bd_fail(err, EINVAL, "%s=%s", option->name, why.message);
	memcpy(bd_member(device, option), &number, sizeof(number));
	return 0;
}

int bd_read_each_with(struct bd_reader *reader, const char *key, const void *common,
		      int (*read)(struct bd_device *device, char *text, struct bd_error *err), struct bd_error *err)
{
	XLU_ConfigList *list = NULL;
	int count = 0;
	bd_get_list(reader, key, &list, &count);
	for (int i = 0; i < count; i++) {
		struct bd_device device = { .reader = reader, .key = key, .number = i + 1, .common = common };
		struct bd_error why = BD_ERROR_INIT;
		BD_FREE char *copy = strdup(xlu_cfg_get_listitem(list, i));
		if (!copy)
			return bd_no_memory(err);
		if (read(&device, copy, &why) &&
		    bd_try(reader, bd_reader_fail_item(reader, key, i + 1, &why, err), err))
			return -1;
	}
	return 0;
}

int bd_read_each(struct bd_reader *reader, const char *key,
		 int (*read)(struct bd_device *device, char *text, struct bd_error *err), struct bd_error *err)
{
	return bd_read_each_with(reader, key, NULL, read, err);
}
