/* SPDX-License-Identifier: GPL-2.0-or-later */
/* {"report": [{"lv": [{"lv_name": "...", ...}, ...]}]}: all values are strings. */
#include "volume/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/json_tree.h"
#include "base/parse.h"
#include "base/text.h"

#define WHAT "what LVM reports"

void bd_volumes_dispose(struct bd_volumes *volumes)
{
	for (size_t i = 0; i < volumes->count; i++)
		free(volumes->items[i].tags);
	free(volumes->items);
	*volumes = (struct bd_volumes){ 0 };
}

static const char *text_of(const struct bd_json_node *row, const char *key)
{
	const char *text = bd_json_text(bd_json_member(row, key));

	return text ? text : "";
}

static int take_text(const struct bd_json_tree *tree, const struct bd_json_node *row, const char *key, size_t size,
		     char *out, struct bd_error *err)
{
	const char *text = text_of(row, key);

	if (strlen(text) >= size)
		return bd_json_fail(tree, row, err, "%s is longer than LVM allows", key);
	strcpy(out, text);
	return 0;
}

/* Of a column that was not asked for, 0. */
static int take_number(const struct bd_json_tree *tree, const struct bd_json_node *row, const char *key,
		       uint64_t *out, struct bd_error *err)
{
	const char *text = text_of(row, key);
	struct bd_error no_number;

	if (*text && bd_parse_uint(text, NULL, 0, INT64_MAX, out, &no_number) != 0)
		return bd_json_fail(tree, row, err, "%s is \"%s\", not a number of bytes", key, text);
	return 0;
}

static int take_row(const struct bd_json_tree *tree, const struct bd_json_node *row, struct bd_volume *volume,
		    struct bd_error *err)
{
	if (row->type != BD_JSON_OBJECT)
		return bd_json_fail(tree, row, err, "a row is %s", bd_json_type_name(row->type));
	if (take_text(tree, row, "vg_name", sizeof(volume->group), volume->group, err) != 0 ||
	    take_text(tree, row, "lv_name", sizeof(volume->name), volume->name, err) != 0 ||
	    take_text(tree, row, "pool_lv", sizeof(volume->pool), volume->pool, err) != 0 ||
	    take_text(tree, row, "lv_layout", sizeof(volume->layout), volume->layout, err) != 0 ||
	    take_number(tree, row, "lv_size", &volume->size_bytes, err) != 0 ||
	    take_number(tree, row, "vg_free", &volume->group_free_bytes, err) != 0 ||
	    take_number(tree, row, "vg_extent_size", &volume->group_extent_bytes, err) != 0)
		return -1;
	volume->zeroes = strcmp(text_of(row, "zero"), "zero") == 0;
	volume->tags = strdup(text_of(row, "lv_tags"));
	return volume->tags ? 0 : bd_no_memory(err);
}

/* The rows of the one report: of lvs "lv", of vgs "vg", with segments "seg". */
static int find_rows(const struct bd_json_tree *tree, const struct bd_json_node **rows_out, struct bd_error *err)
{
	static const char *const names[] = { "lv", "vg", "seg" };
	const struct bd_json_node *report = bd_json_member_of(tree->root, "report", BD_JSON_ARRAY);

	for (size_t i = 0; report && report->child_count == 1 && i < sizeof(names) / sizeof(*names); i++) {
		*rows_out = bd_json_member_of(&report->children[0], names[i], BD_JSON_ARRAY);
		if (*rows_out)
			return 0;
	}
	return bd_json_fail(tree, tree->root, err, "there is no list of volumes");
}

int bd_volumes_parse(const char *text, size_t size_bytes, struct bd_volumes *volumes_out, struct bd_error *err)
{
	BD_DISPOSE(bd_json_tree_dispose) struct bd_json_tree tree = { 0 };
	BD_DISPOSE(bd_volumes_dispose) struct bd_volumes volumes = { 0 };
	const struct bd_json_node *rows;

	if (bd_json_parse(text, size_bytes, WHAT, &tree, err) != 0 || find_rows(&tree, &rows, err) != 0)
		return -1;
	for (size_t i = 0; i < rows->child_count; i++) {
		if (bd_array_grow(volumes.items, volumes.count, err) != 0)
			return -1;
		struct bd_volume *volume = &volumes.items[volumes.count];
		*volume = (struct bd_volume){ .size_bytes = 0 };
		if (take_row(&tree, &rows->children[i], volume, err) != 0)
			return -1;
		volumes.count++;
	}
	*volumes_out = bd_take_struct(volumes);
	return 0;
}

int bd_volume_ranges_parse(const char *text, size_t size_bytes, char **ranges_out, struct bd_error *err)
{
	BD_DISPOSE(bd_json_tree_dispose) struct bd_json_tree tree = { 0 };
	const struct bd_json_node *rows;
	BD_FREE char *ranges = NULL;

	if (bd_json_parse(text, size_bytes, WHAT, &tree, err) != 0 || find_rows(&tree, &rows, err) != 0)
		return -1;
	for (size_t i = 0; i < rows->child_count; i++) {
		const char *segment = text_of(&rows->children[i], BD_VOLUME_RANGE_COLUMNS);
		char *longer;
		if (bd_text_format(&longer, err, "%s%s%s", ranges ? ranges : "", ranges ? " " : "", segment) != 0)
			return -1;
		free(ranges);
		ranges = longer;
	}
	if (!ranges || !*ranges)
		return bd_json_fail(&tree, tree.root, err, "the volume has no extents");
	*ranges_out = bd_take_ptr(ranges);
	return 0;
}

/* The first tag that begins so, or, is_whole, is that; NULL: none. */
static const char *find_tag(const struct bd_volume *volume, const char *text, bool is_whole)
{
	size_t length = strlen(text);

	for (const char *tag = volume->tags; *tag; tag += strcspn(tag, ","), tag += *tag == ',')
		if (strncmp(tag, text, length) == 0 && (!is_whole || strcspn(tag, ",") == length))
			return tag;
	return NULL;
}

bool bd_volume_has_tag(const struct bd_volume *volume, const char *tag)
{
	return find_tag(volume, tag, true) != NULL;
}

bool bd_volume_tag_value(const struct bd_volume *volume, const char *beginning, char *value_out, size_t size)
{
	const char *tag = find_tag(volume, beginning, false);

	if (!tag)
		return false;
	tag += strlen(beginning);
	return (size_t)snprintf(value_out, size, "%.*s", (int)strcspn(tag, ","), tag) < size;
}

bool bd_volume_is_pool(const struct bd_volume *volume)
{
	return strcmp(volume->layout, "thin,pool") == 0;
}
