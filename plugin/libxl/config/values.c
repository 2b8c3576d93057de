/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads values of a config: strings, numbers, booleans, words, lists. */
#include "libxl/config/values.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "libxl/config/set_string.h"

static void *member_of(struct bd_reader *reader, const struct bd_key *key)
{
	return (char *)reader->config + key->offset;
}

bool bd_is_used(const struct bd_reader *reader, const char *key)
{
	return bd_source_line(&reader->source, key) != 0;
}

void bd_get_string(struct bd_reader *reader, const char *key, const char **value_out)
{
	int e = xlu_cfg_get_string(reader->source.xlu, key, value_out, 1);
	if (e && e != ESRCH)
		bd_reader_warn(reader, key, "%s must be one value, not a list: ignored, as xl does", key);
}

bool bd_get_long(struct bd_reader *reader, const char *key, long *value_out)
{
	int e = xlu_cfg_get_long(reader->source.xlu, key, value_out, 1);
	if (e && e != ESRCH)
		bd_reader_warn(reader, key, "%s must be a number: ignored, as xl does", key);
	return e == 0;
}

int bd_copy_string(struct bd_reader *reader, const char *key, char **member, struct bd_error *err)
{
	const char *value = NULL;
	bd_get_string(reader, key, &value);
	return value ? bd_set_string(member, value, err) : 0;
}

void bd_copy_defbool(struct bd_reader *reader, const char *key, libxl_defbool *member)
{
	long value = 0;
	if (bd_get_long(reader, key, &value))
		libxl_defbool_set(member, value != 0);
}

void bd_get_list(struct bd_reader *reader, const char *key, XLU_ConfigList **list_out, int *count_out)
{
	XLU_ConfigList *list = NULL;
	int count = 0;
	int e = xlu_cfg_get_list(reader->source.xlu, key, &list, &count, 1);
	*count_out = 0;
	if (e == ESRCH)
		return;
	if (e) {
		bd_reader_warn(reader, key, "%s must be a list: %s = [ \"...\" ]; ignored, as xl does", key, key);
		return;
	}
	for (int i = 0; i < count; i++)
		if (!xlu_cfg_get_listitem(list, i)) {
			bd_reader_warn(
				reader, key,
				"item %d of %s is a list, and must be a string: ignored with all behind it, as xl "
				"does",
				i + 1, key);
			count = i;
		}
	*list_out = list;
	*count_out = count;
}

static int copy_list(XLU_ConfigList *list, int count, libxl_string_list *list_out, struct bd_error *err)
{
	*list_out = calloc((size_t)count + 1, sizeof(char *));
	if (!*list_out)
		return bd_no_memory(err);
	for (int i = 0; i < count; i++)
		if (bd_set_string(&(*list_out)[i], xlu_cfg_get_listitem(list, i), err))
			return -1;
	return 0;
}

int bd_get_list_or_string(struct bd_reader *reader, const char *key, libxl_string_list *list_out,
			  const char **string_out, struct bd_error *err)
{
	XLU_ConfigList *list = NULL;
	int count = 0;
	if (xlu_cfg_get_string(reader->source.xlu, key, string_out, 1) != EINVAL)
		return 0;
	bd_get_list(reader, key, &list, &count);
	return copy_list(list, count, list_out, err);
}

int bd_read_string(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err)
{
	return bd_copy_string(reader, key->name, member_of(reader, key), err);
}

int bd_read_strings(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err)
{
	const char *string = NULL;
	if (bd_get_list_or_string(reader, key->name, member_of(reader, key), &string, err))
		return -1;
	return string ? bd_source_fail(&reader->source, key->name, err, "%s must be a list: %s = [ \"...\" ]",
				       key->name, key->name)
		      : 0;
}

int bd_read_defbool(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err)
{
	(void)err;
	bd_copy_defbool(reader, key->name, member_of(reader, key));
	return 0;
}

static int check_bounds(struct bd_reader *reader, const struct bd_key *key, long value, struct bd_error *err)
{
	if (value >= key->minimum && value <= key->maximum)
		return 0;
	return bd_source_fail(&reader->source, key->name, err, "%s = %ld: must be from %ld to %ld", key->name, value,
			      key->minimum, key->maximum);
}

static int set_int(struct bd_reader *reader, const struct bd_key *key, long value, struct bd_error *err)
{
	if (check_bounds(reader, key, value, err))
		return -1;
	int number = (int)value;
	memcpy(member_of(reader, key), &number, sizeof(number));
	return 0;
}

int bd_read_int(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err)
{
	long value = 0;
	return bd_get_long(reader, key->name, &value) ? set_int(reader, key, value, err) : 0;
}

int bd_read_bounded(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err)
{
	long value = 0;
	if (xlu_cfg_get_long(reader->source.xlu, key->name, &value, 1))
		return bd_source_fail(&reader->source, key->name, err, "%s must be a number", key->name);
	return set_int(reader, key, value, err);
}

int bd_read_mib(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err)
{
	long value = 0;
	if (!bd_get_long(reader, key->name, &value))
		return 0;
	if (check_bounds(reader, key, value, err))
		return -1;
	uint64_t kib = (uint64_t)value * 1024;
	memcpy(member_of(reader, key), &kib, sizeof(kib));
	return 0;
}

/* libxl's word for what is not set. */
static bool can_be_said(const libxl_enum_string_table *word)
{
	return strcmp(word->s, "unknown") != 0;
}

/* "a, b or c" */
static void list_words(const libxl_enum_string_table *words, char *text_out, size_t size)
{
	size_t used = 0;

	for (const libxl_enum_string_table *word = words; word->s && used < size; word++)
		if (can_be_said(word))
			used += (size_t)snprintf(text_out + used, size - used, "%s%s",
						 used == 0   ? ""
						 : word[1].s ? ", "
							     : " or ",
						 word->s);
}

int bd_parse_word(const char *value, const libxl_enum_string_table *words, int *value_out, struct bd_error *err)
{
	char all[512];
	for (const libxl_enum_string_table *word = words; word->s; word++)
		if (!strcasecmp(word->s, value)) {
			*value_out = word->v;
			return 0;
		}
	list_words(words, all, sizeof(all));
	return bd_fail(err, EINVAL, "\"%s\": must be %s", value, all);
}

static int set_word(struct bd_reader *reader, const struct bd_key *key, const char *value, struct bd_error *err)
{
	struct bd_error why = BD_ERROR_INIT;
	int number = 0;
	if (bd_parse_word(value, key->words, &number, &why))
		return bd_source_fail(&reader->source, key->name, err, "%s = %s", key->name, why.message);
	memcpy(member_of(reader, key), &number, sizeof(number));
	return 0;
}

int bd_read_word(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err)
{
	const char *value = NULL;
	bd_get_string(reader, key->name, &value);
	return value ? set_word(reader, key, value, err) : 0;
}

int bd_read_choice(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err)
{
	long number = 0;
	if (xlu_cfg_get_long(reader->source.xlu, key->name, &number, 1))
		return bd_read_word(reader, key, err);
	if (set_int(reader, key, number, err))
		return -1;
	for (const libxl_enum_string_table *word = key->words; word->s; word++)
		if (word->v == number)
			bd_reader_warn(reader, key->name, "%s as a number is deprecated: %s = \"%s\" says the same",
				       key->name, key->name, word->s);
	return 0;
}
