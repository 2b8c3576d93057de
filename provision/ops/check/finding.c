/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list of findings. */
#include "ops/check/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

void findings_dispose(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		free(findings->items[i].found);
		free(findings->items[i].advice);
	}
	free(findings->items);
	*findings = (struct findings){ 0 };
}

struct finding *findings_add(struct findings *findings, const char *id, enum finding_level level, int partition,
			     struct bd_error *err, const char *format, ...)
{
	struct finding finding = { .id = id, .level = level, .disk = findings->disk, .partition = partition };
	va_list arguments;

	if (bd_array_grow(findings->items, findings->count, err) != 0)
		return NULL;
	va_start(arguments, format);
	int r = vasprintf(&finding.found, format, arguments);
	va_end(arguments);
	if (r < 0) {
		bd_no_memory(err);
		return NULL;
	}
	findings->items[findings->count] = finding;
	return &findings->items[findings->count++];
}

int finding_advise(struct finding *finding, struct bd_error *err, const char *format, ...)
{
	va_list arguments;

	if (!finding)
		return -1;
	va_start(arguments, format);
	int r = vasprintf(&finding->advice, format, arguments);
	va_end(arguments);
	if (r >= 0)
		return 0;
	finding->advice = NULL;
	return bd_no_memory(err);
}

static struct finding *find_among(const struct findings *findings, size_t count, const struct finding *like)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(findings->items[i].id, like->id) == 0 && findings->items[i].disk == like->disk &&
		    findings->items[i].partition == like->partition)
			return &findings->items[i];
	return NULL;
}

struct finding *findings_find(const struct findings *findings, const struct finding *like)
{
	return find_among(findings, findings->count, like);
}

int findings_merge(struct findings *to, struct findings *from, struct bd_error *err)
{
	size_t count = to->count;

	for (size_t i = 0; i < from->count; i++) {
		struct finding *item = &from->items[i];
		if (find_among(to, count, item))
			continue;
		if (bd_array_grow(to->items, to->count, err) != 0)
			return -1;
		to->items[to->count++] = *item;
		/* What is left can still be found, by its id and place. */
		item->found = item->advice = NULL;
	}
	return 0;
}
