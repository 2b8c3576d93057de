/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The strings that describe a device: "key=value,key=value", read by a table of the keys. */
#ifndef BD_LIBXL_CONFIG_DEVICES_OPTIONS_H
#define BD_LIBXL_CONFIG_DEVICES_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"
#include "libxl/config/reader.h"

struct bd_option;

/* One string of a list, and the device that is made of it. */
struct bd_device {
	struct bd_reader *reader;
	const char *key; /* of the config */
	int number; /* of the string in the list, from 1 */
	const void *common; /* what other keys say of all devices of the list; NULL: none do */
	void *libxl; /* libxl's struct */
};

/* A row of the table of a device's keys; each table ends with a row without a name. */
struct bd_option {
	const char *name;
	/* Fails with a message that does not yet say where. */
	int (*set)(const struct bd_device *device, const struct bd_option *option, const char *value,
		   struct bd_error *err);
	size_t offset; /* of the member in libxl's struct */
	const libxl_enum_string_table *words; /* of bd_set_word */
	bool bare; /* a word without "=value"; value is NULL */
};

/* Where a row's value goes: { "backend", bd_set_text, BD_AT(libxl_device_vtpm, backend_domname) } */
#define BD_AT(type, member) .offset = offsetof(type, member)

/* How strings of a key are split and what happens to what is not understood; xl's ways differ. */
struct bd_option_style {
	bool trims; /* blanks around keys and values; what lacks a value is always an error then */
	bool ignores_unknown; /* an unknown key is told of; otherwise it is an error */
	bool stops_without_value; /* what lacks "=" is told of and ends the string; otherwise it is as an unknown key */
};

/* Reads a text, which is changed. */
int bd_read_options(const struct bd_device *device, char *text, const struct bd_option *options,
		    struct bd_option_style style, struct bd_error *err);

/* Setters. As in xl, what follows a number is passed over. */
int bd_set_text(const struct bd_device *device, const struct bd_option *option, const char *value,
		struct bd_error *err); /* char * */
int bd_set_natural(const struct bd_device *device, const struct bd_option *option, const char *value,
		   struct bd_error *err); /* int; EINVAL: it does not begin with a number */
int bd_set_int(const struct bd_device *device, const struct bd_option *option, const char *value,
	       struct bd_error *err); /* int; 0 where there is no number */
int bd_set_u8(const struct bd_device *device, const struct bd_option *option, const char *value,
	      struct bd_error *err);
int bd_set_u32(const struct bd_device *device, const struct bd_option *option, const char *value,
	       struct bd_error *err);
int bd_set_bool(const struct bd_device *device, const struct bd_option *option, const char *value,
		struct bd_error *err);
int bd_set_defbool(const struct bd_device *device, const struct bd_option *option, const char *value,
		   struct bd_error *err);
int bd_set_word(const struct bd_device *device, const struct bd_option *option, const char *value,
		struct bd_error *err); /* an enum */

void *bd_member(const struct bd_device *device, const struct bd_option *option);

/* Calls read with a copy of each string of a key's list, and device->libxl NULL. What is wrong with one is told as
 * "KEY NUMBER: ...", and the next is read. */
int bd_read_each(struct bd_reader *reader, const char *key,
		 int (*read)(struct bd_device *device, char *text, struct bd_error *err), struct bd_error *err);
/* The same with device->common. */
int bd_read_each_with(struct bd_reader *reader, const char *key, const void *common,
		      int (*read)(struct bd_device *device, char *text, struct bd_error *err), struct bd_error *err);

/* One more item at the end of an array of libxl's: a pointer to it, or NULL. */
#define BD_ADD(array, count, init, err) \
	__extension__({ \
		__typeof__(array) bd_added = NULL; \
		if (bd_array_grow((array), (size_t)(count), (err)) == 0) { \
			bd_added = &(array)[(count)++]; \
			init(bd_added); \
		} \
		bd_added; \
	})

/* The same for devices that have a number, which is their place in the array. */
#define BD_ADD_NUMBERED(array, count, init, err) \
	__extension__({ \
		__typeof__(array) bd_numbered = BD_ADD(array, count, init, err); \
		if (bd_numbered) \
			bd_numbered->devid = (count)-1; \
		bd_numbered; \
	})

#endif
