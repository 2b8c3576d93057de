/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys of a config that are one plain value, and the parsing of values that other keys consist of.
 *
 * A value of the wrong form (a list where one value is meant, a word where a number is) is what xl warns of and passes
 * over; so do these. What xl ends with an error for is EINVAL.
 */
#ifndef BD_LIBXL_CONFIG_VALUES_H
#define BD_LIBXL_CONFIG_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#include "libxl/config/reader.h"

/* A row of the table of keys. */
struct bd_key {
	const char *name;
	unsigned types; /* the guest types for which xl looks at the key */
	int (*read)(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err);
	size_t offset; /* of the value in libxl_domain_config, for the readers of values.c */
	long minimum, maximum;
	const libxl_enum_string_table
		*words; /* for bd_read_word and bd_read_choice; ends with a row without a name */
	const char *note; /* what there is to know when the key is used; NULL: nothing */
};

/* Each is called only when the key is used, and fails with the key's line. */
int bd_read_string(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err); /* char * */
int bd_read_strings(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err); /* a list of them */
int bd_read_defbool(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err); /* libxl_defbool */
int bd_read_int(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err); /* int, uint32_t */
/* The same, but a number out of bounds or none is EINVAL, as with xlu_cfg_get_bounded_long in xl. */
int bd_read_bounded(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err);
int bd_read_mib(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err); /* uint64_t KiB */
int bd_read_word(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err); /* an enum */
/* An enum by its word, or by its number from minimum to maximum. */
int bd_read_choice(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err);

/* EINVAL: "WHAT = "VALUE": must be a, b or c". As libxl, in capitals as well. */
int bd_parse_word(const char *value, const libxl_enum_string_table *words, int *value_out, struct bd_error *err);

/* For the readers of more: *value_out stays as it is when the key is not used, or has a value of the wrong form. */
void bd_get_string(struct bd_reader *reader, const char *key, const char **value_out);
bool bd_get_long(struct bd_reader *reader, const char *key, long *value_out); /* false: not used, or no number */
/* The same into a member of libxl's. */
int bd_copy_string(struct bd_reader *reader, const char *key, char **member, struct bd_error *err);
void bd_copy_defbool(struct bd_reader *reader, const char *key, libxl_defbool *member);
/* The strings of a list; *count_out is 0 when the key is not used. As with xl they end before the first item that is a
 * list itself. */
void bd_get_list(struct bd_reader *reader, const char *key, XLU_ConfigList **list_out, int *count_out);
/* A list of strings or one string, as some keys of xl can be written; at most one is set. */
int bd_get_list_or_string(struct bd_reader *reader, const char *key, libxl_string_list *list_out,
			  const char **string_out, struct bd_error *err);
bool bd_is_used(const struct bd_reader *reader, const char *key);

#endif
