/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads values of a config: strings, numbers, booleans, lists, each with an error that names its line. */
#include "libxl/config/values.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libxl/config/set_string.h"

static void *member_of(struct bd_reader *reader, const struct bd_key *key)
{
	return (char *)reader->config + key->offset;
}

bool bd_is_used(const struct bd_reader *reader, const char *key)
{
	return bd_source_line(&reader->source, key) != 0;
}

int bd_get_string(struct bd_reader *reader, const char *key, const char **value_out, struct bd_error *err)
{
	int e = xlu_cfg_get_string(reader->source.xlu, key, value_out, 1);
	if (e && e != ESRCH)
		return bd_source_fail(&reader->source, key, err, "%s must be one value, not a list", key);
	return 0;
}

int bd_get_long(struct bd_reader *reader, const char *key, long minimum, long maximum, long *value_out,
		struct bd_error *err)
{
	long value;
	int e = xlu_cfg_get_long(reader->source.xlu, key, &value, 1);
	if (e == ESRCH)
		return 0;
	if (e)
		return bd_source_fail(&reader->source, key, err, "%s must be a number", key);
	if (value < minimum || value > maximum)
		return bd_source_fail(&reader->source, key, err, "%s = %ld: must be from %ld to %ld", key, value,
				      minimum, maximum);
	*value_out = value;
	return 0;
}

int bd_get_list(struct bd_reader *reader, const char *key, XLU_ConfigList **list_out, int *count_out,
		struct bd_error *err)
{
	XLU_ConfigList *list;
	int count;
	int e = xlu_cfg_get_list(reader->source.xlu, key, &list, &count, 1);
	if (e == ESRCH) {
		*count_out = 0;
		return 0;
	}
	if (e)
		return bd_source_fail(&reader->source, key, err, "%s must be a list: %s = [ \"...\" ]", key, key);
	/* xl would end the list at the first item that is a list itself. */
	for (int i = 0; i < count; i++)
		if (!xlu_cfg_get_listitem(list, i))
			return bd_source_fail(&reader->source, key, err,
					      "item %d of %s is a list: it must be a string", i + 1, key);
	*list_out = list;
	*count_out = count;
	return 0;
}

int bd_get_list_or_string(struct bd_reader *reader, const char *key, libxl_string_list *list_out,
			  const char **string_out, struct bd_error *err)
{
	XLU_ConfigList *list;
	int count;
	int e = xlu_cfg_get_list(reader->source.xlu, key, &list, &count, 1);
	if (e == ESRCH)
		return 0;
	if (e)
		return bd_get_string(reader, key, string_out, err);
	if (bd_get_list(reader, key, &list, &count, err))
		return -1;
	if (xlu_cfg_get_list_as_string_list(reader->source.xlu, key, list_out, 1))
		return bd_source_fail(&reader->source, key, err, "cannot read %s", key);
	return 0;
}

int bd_read_string(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err)
{
	const char *value;
	if (bd_get_string(reader, key->name, &value, err))
		return -1;
	return bd_set_string(member_of(reader, key), value, err);
}

int bd_read_defbool(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err)
{
	if (xlu_cfg_get_defbool(reader->source.xlu, key->name, member_of(reader, key), 1))
		return bd_source_fail(&reader->source, key->name, err, "%s must be 0 or 1", key->name);
	return 0;
}

int bd_read_int(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err)
{
	long value = 0;
	if (bd_get_long(reader, key->name, key->minimum, key->maximum, &value, err))
		return -1;
	int number = (int)value;
	memcpy(member_of(reader, key), &number, sizeof(number));
	return 0;
}

int bd_read_mib(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err)
{
	long value = 0;
	if (bd_get_long(reader, key->name, key->minimum, key->maximum, &value, err))
		return -1;
	uint64_t kib = (uint64_t)value * 1024;
	memcpy(member_of(reader, key), &kib, sizeof(kib));
	return 0;
}

const struct bd_word bd_action_words[] = {
	{ "destroy", LIBXL_ACTION_ON_SHUTDOWN_DESTROY },
	{ "restart", LIBXL_ACTION_ON_SHUTDOWN_RESTART },
	{ "rename-restart", LIBXL_ACTION_ON_SHUTDOWN_RESTART_RENAME },
	{ "preserve", LIBXL_ACTION_ON_SHUTDOWN_PRESERVE },
	{ "coredump-destroy", LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_DESTROY },
	{ "coredump-restart", LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART },
	{ "soft-reset", LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET },
	{ NULL, 0 },
};

const struct bd_word bd_vga_words[] = {
	{ "stdvga", LIBXL_VGA_INTERFACE_TYPE_STD },
	{ "cirrus", LIBXL_VGA_INTERFACE_TYPE_CIRRUS },
	{ "none", LIBXL_VGA_INTERFACE_TYPE_NONE },
	{ "qxl", LIBXL_VGA_INTERFACE_TYPE_QXL },
	{ NULL, 0 },
};

const struct bd_word bd_hdtype_words[] = {
	{ "ide", LIBXL_HDTYPE_IDE },
	{ "ahci", LIBXL_HDTYPE_AHCI },
	{ NULL, 0 },
};

const struct bd_word bd_device_model_words[] = {
	{ "qemu-xen", LIBXL_DEVICE_MODEL_VERSION_QEMU_XEN },
	{ NULL, 0 },
};

/* "a, b or c" */
static void list_words(const struct bd_word *words, char *text_out, size_t size)
{
	size_t used = 0;

	for (const struct bd_word *word = words; word->name && used < size; word++)
		used += (size_t)snprintf(text_out + used, size - used, "%s%s",
					 word == words	? ""
					 : word[1].name ? ", "
							: " or ",
					 word->name);
}

int bd_read_word(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err)
{
	char all[128];
	const char *value;
	if (bd_get_string(reader, key->name, &value, err))
		return -1;
	for (const struct bd_word *word = key->words; word->name; word++)
		if (!strcmp(word->name, value)) {
			memcpy(member_of(reader, key), &word->value, sizeof(word->value));
			return 0;
		}
	list_words(key->words, all, sizeof(all));
	return bd_source_fail(&reader->source, key->name, err, "%s = \"%s\": must be %s", key->name, value, all);
}
