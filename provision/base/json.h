/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing JSON for --json, through yajl. Calls inside objects have a key; inside arrays the key is NULL. */
#ifndef BD_BASE_JSON_H
#define BD_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

struct bd_json;

/* NULL: out of memory. What is put into that is nowhere, and bd_json_print says it. */
struct bd_json *bd_json_new(void);
struct bd_json *bd_json_begin(void); /* the document is an object, which is open */
struct bd_json *bd_json_begin_line(void); /* likewise; it is one line */
void bd_json_free(struct bd_json **json);

void bd_json_open_object(struct bd_json *json, const char *key);
void bd_json_close_object(struct bd_json *json);
void bd_json_open_array(struct bd_json *json, const char *key);
void bd_json_close_array(struct bd_json *json);
/* Bytes that are not UTF-8 become U+FFFD; NULL becomes null. */
void bd_json_string(struct bd_json *json, const char *key, const char *value);
void bd_json_uuid(struct bd_json *json, const char *key, const uint8_t *uuid); /* 16 bytes; NULL becomes null */
void bd_json_uint(struct bd_json *json, const char *key, uint64_t value);
void bd_json_double(struct bd_json *json, const char *key, double value);
void bd_json_bool(struct bd_json *json, const char *key, bool value);

/* An object of an error: kind and message; NULL becomes null. */
void bd_json_error(struct bd_json *json, const char *key, const struct bd_error *err);

/* Prints the finished document. EIO when it cannot be written, or something was wrong on the way. */
int bd_json_print(struct bd_json *json, FILE *out, struct bd_error *err);
/* Closes the object of the document, and prints it to the standard output. */
int bd_json_finish(struct bd_json *json, struct bd_error *err);

#endif
