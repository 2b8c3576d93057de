/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads heads line by line. */
#include "fetch/http_head.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void take_text(const char *value, size_t length, char *out, size_t out_size)
{
	*out = '\0';
	if (length >= out_size)
		return;
	for (size_t i = 0; i < length; i++)
		if (value[i] < 0x20 || value[i] > 0x7e)
			return;
	snprintf(out, out_size, "%.*s", (int)length, value);
}

static bool take_number(const char *value, uint64_t *number_out)
{
	char *end;

	if (*value < '0' || *value > '9')
		return false;
	errno = 0;
	*number_out = strtoull(value, &end, 10);
	return errno == 0 && end != value;
}

/* "Content-Range: bytes 1000-1999/2000" */
static void take_range(const char *value, struct bd_http_head *head)
{
	if (strncasecmp(value, "bytes ", 6) == 0)
		head->has_range = take_number(value + 6, &head->range_at_bytes);
}

static bool is_field(const char *line, size_t name_length, const char *name)
{
	return strlen(name) == name_length && strncasecmp(line, name, name_length) == 0;
}

static void take_field(const char *line, size_t length, struct bd_http_head *head)
{
	const char *colon = memchr(line, ':', length);

	if (!colon)
		return;
	size_t name_length = (size_t)(colon - line);
	const char *value = colon + 1, *end = line + length;
	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if (is_field(line, name_length, "etag"))
		take_text(value, (size_t)(end - value), head->etag, sizeof(head->etag));
	else if (is_field(line, name_length, "last-modified"))
		take_text(value, (size_t)(end - value), head->last_modified, sizeof(head->last_modified));
	else if (is_field(line, name_length, "content-length") && !take_number(value, &head->length_bytes))
		head->length_bytes = 0;
	else if (is_field(line, name_length, "content-range"))
		take_range(value, head);
}

/* "HTTP/1.1 200 OK", "HTTP/2 200" */
static bool begins_head(const char *line, size_t length, struct bd_http_head *head)
{
	const char *space = memchr(line, ' ', length);
	uint64_t status;

	if (length < 5 || strncmp(line, "HTTP/", 5) != 0 || !space || !take_number(space + 1, &status) ||
	    status > 999)
		return false;
	*head = (struct bd_http_head){ .status = (unsigned)status };
	return true;
}

bool bd_http_head_parse(const char *text, struct bd_http_head *head_out)
{
	struct bd_http_head head = { 0 };
	bool inside = false;

	for (const char *line = text, *next; *line; line = next) {
		size_t length = strcspn(line, "\n");
		next = line + length + (line[length] == '\n');
		length -= length && line[length - 1] == '\r';
		/* What is behind an empty line, and begins no other head, are the trailers of a body. */
		if (inside && length)
			take_field(line, length, &head);
		else if (inside || begins_head(line, length, &head))
			inside = !inside;
	}
	if (!head.status)
		return false;
	*head_out = head;
	return true;
}

const char *bd_http_head_validator(const struct bd_http_head *head)
{
	if (*head->etag == '"')
		return head->etag;
	return *head->last_modified ? head->last_modified : NULL;
}
