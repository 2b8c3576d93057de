/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys of a config that are one plain value, and the parsing of values that other keys consist of. */
#ifndef BD_LIBXL_CONFIG_VALUES_H
#define BD_LIBXL_CONFIG_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#include "libxl/config/reader.h"

/* A value of a key that is one of some words. */
struct bd_word {
	const char *name;
	int value; /* of an enum of libxl */
};

/* Each list of them ends with a row without a name. */
extern const struct bd_word bd_action_words[], bd_vga_words[], bd_hdtype_words[], bd_device_model_words[];

/* A row of the table of keys. */
struct bd_key {
	const char *name;
	unsigned types; /* the guest types for which the key means something */
	int (*read)(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err);
	size_t offset; /* of the value in libxl_domain_config, for the readers of values.c */
	long minimum, maximum;
	const struct bd_word *words;
};

/* Each is called only when the key is used, and fails with the key's line. */
int bd_read_string(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err); /* char * */
int bd_read_defbool(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err); /* libxl_defbool */
int bd_read_int(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err); /* int, uint32_t */
int bd_read_mib(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err); /* uint64_t KiB */
int bd_read_word(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err); /* an enum */

/* For the readers of more: *value_out stays as it is when the key is not used; EINVAL for the wrong form. */
int bd_get_string(struct bd_reader *reader, const char *key, const char **value_out, struct bd_error *err);
int bd_get_long(struct bd_reader *reader, const char *key, long minimum, long maximum, long *value_out,
		struct bd_error *err);
/* A list of strings; *count_out is 0 when the key is not used. */
int bd_get_list(struct bd_reader *reader, const char *key, XLU_ConfigList **list_out, int *count_out,
		struct bd_error *err);
/* A list of strings or one string, as two keys of xl can be written; at most one is set. */
int bd_get_list_or_string(struct bd_reader *reader, const char *key, libxl_string_list *list_out,
			  const char **string_out, struct bd_error *err);
bool bd_is_used(const struct bd_reader *reader, const char *key);

#endif
