/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads "groups" and "guests". */
#include "fleet/guest_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "fleet/range.h"
#include "guest/description.h"

#define QUOTE(text) #text
#define TEXT(number) QUOTE(number)

static const char *const group_keys[] = { "guests", NULL };

int bd_fleet_check_label(const char *name, const char *what, struct bd_error *err)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	static const char others[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t length = strlen(name);

	if (length == 0 || length >= BD_FLEET_NAME_SIZE || !strchr(first, name[0]) || strspn(name, others) != length)
		return bd_fail(
			err, EINVAL,
			"\"%.80s\" is not %s: use 1 to %d lower-case letters, digits, \".\", \"_\" and \"-\", beginning with a letter or digit",
			name, what, BD_FLEET_NAME_SIZE - 1);
	return 0;
}

static int fail_twice(const struct bd_fleet_source *source, const struct bd_fleet_entry *there,
		      const struct bd_json_node *node, const char *name, struct bd_error *err)
{
	return bd_json_fail(source->json, node, err,
			    "the guest %s is listed twice; it is also in the group %s, line %u", name, there->group,
			    there->node->line);
}

/* In a group a guest is named by a value, else by its key. */
static int fail_named(const struct bd_fleet_source *source, const struct bd_fleet_entry *entry, const char *problem,
		      struct bd_error *err)
{
	if (entry->group)
		return bd_json_fail(source->json, entry->node, err, "%s", problem);
	return bd_json_fail_key(source->json, entry->node, err, "%s", problem);
}

static int add_entry(const struct bd_fleet_source *source, struct bd_guest_list *list,
		     const struct bd_fleet_entry *entry, struct bd_error *err)
{
	struct bd_guest checked;
	struct bd_error problem;
	size_t number;
	bool is_new;

	if (bd_guest_set_name(&checked, entry->name, &problem) != 0)
		return fail_named(source, entry, problem.message, err);
	if (list->names.count == BD_FLEET_GUESTS_MAX)
		return fail_named(source, entry, "more than " TEXT(BD_FLEET_GUESTS_MAX) " guests", err);
	if (bd_fleet_names_add(&list->names, entry->name, &number, &is_new, err) != 0)
		return -1;
	if (!is_new)
		return fail_twice(source, &list->entries[number], entry->node, entry->name, err);
	if (bd_array_grow(list->entries, number, err) != 0) {
		list->names.count--;
		return -1;
	}
	list->entries[number] = *entry;
	return 0;
}

/* One text of a group's "guests"; entry: all that its guests have in common. */
static int add_range(const struct bd_fleet_source *source, struct bd_guest_list *list,
		     const struct bd_json_node *node, struct bd_fleet_entry *entry, struct bd_error *err)
{
	struct bd_error problem;
	size_t count;

	if (node->type != BD_JSON_STRING)
		return bd_json_fail(source->json, node, err,
				    "%s is no guest's name: a string such as \"web{01..20}\"",
				    bd_json_type_name(node->type));
	if (bd_range_count(node->text, &count, &problem) != 0)
		return bd_json_fail(source->json, node, err, "%s", problem.message);
	entry->node = node;
	for (size_t i = 0; i < count; i++) {
		BD_FREE char *name = NULL;
		if (bd_range_item(node->text, i, &name, err) != 0)
			return -1;
		entry->name = bd_arena_text(source->memory, name, strlen(name));
		if (!entry->name)
			return bd_no_memory(err);
		if (add_entry(source, list, entry, err) != 0)
			return -1;
		entry->index++;
	}
	return 0;
}

/* guest_count_out: in the group. */
static int add_members(const struct bd_fleet_source *source, struct bd_guest_list *list,
		       const struct bd_json_node *group, const struct bd_fleet_layer *base, size_t *guest_count_out,
		       struct bd_error *err)
{
	const struct bd_json_node *guests = bd_json_member(group, "guests");
	struct bd_fleet_entry entry = { .group = group->key, .base = base };

	if (!guests)
		return bd_json_fail_key(source->json, group, err,
					"the group \"%s\" has no \"guests\"; it needs names such as \"%s{01..20}\"",
					group->key, group->key);
	if (guests->type == BD_JSON_STRING) {
		if (add_range(source, list, guests, &entry, err) != 0)
			return -1;
	} else if (guests->type == BD_JSON_ARRAY) {
		for (size_t i = 0; i < guests->child_count; i++)
			if (add_range(source, list, &guests->children[i], &entry, err) != 0)
				return -1;
	} else {
		return bd_json_fail(source->json, guests, err,
				    "\"guests\" of a group is %s, where a string or an array of strings is needed",
				    bd_json_type_name(guests->type));
	}
	*guest_count_out = entry.index;
	return 0;
}

static int check_object(const struct bd_fleet_source *source, const struct bd_json_node *node, struct bd_error *err)
{
	if (node->type == BD_JSON_OBJECT)
		return 0;
	return bd_json_fail(source->json, node, err, "\"%s\" is %s, where an object is needed", node->key,
			    bd_json_type_name(node->type));
}

static int add_group(const struct bd_fleet_source *source, struct bd_guest_list *list,
		     const struct bd_json_node *group, const struct bd_fleet_layer *defaults, struct bd_error *err)
{
	struct bd_fleet_layer *base = bd_arena_take(source->memory, 1, sizeof(*base));
	struct bd_fleet_layer own;
	struct bd_error problem;
	size_t guest_count = 0;

	if (!base)
		return bd_no_memory(err);
	if (bd_fleet_check_label(group->key, "a group's name", &problem) != 0)
		return bd_json_fail_key(source->json, group, err, "%s", problem.message);
	if (check_object(source, group, err) != 0 || add_members(source, list, group, base, &guest_count, err) != 0 ||
	    bd_fleet_layer_read(source, group, BD_FLEET_OF_GROUP, group_keys, guest_count, &own, err) != 0)
		return -1;
	*base = *defaults;
	bd_fleet_layer_put(base, &own);
	return 0;
}

/* A guest's own object; a name that no group has is a guest of its own. */
static int add_own(const struct bd_fleet_source *source, struct bd_guest_list *list, const struct bd_json_node *own,
		   const struct bd_fleet_layer *defaults, struct bd_error *err)
{
	size_t number = bd_fleet_names_find(&list->names, own->key);

	if (check_object(source, own, err) != 0)
		return -1;
	if (number != BD_FLEET_NO_NAME) {
		list->entries[number].own = own;
		return 0;
	}
	if (strpbrk(own->key, "{}"))
		return bd_json_fail_key(source->json, own, err,
					"\"%s\": ranges of guests are for groups; here each guest has its own name",
					own->key);
	return add_entry(source, list,
			 &(struct bd_fleet_entry){ .name = own->key, .node = own, .base = defaults, .own = own },
			 err);
}

int bd_guest_list_read(const struct bd_fleet_source *source, const struct bd_json_node *defaults,
		       const struct bd_json_node *groups, const struct bd_json_node *guests,
		       struct bd_guest_list *list, struct bd_error *err)
{
	struct bd_fleet_layer *base = bd_arena_take(source->memory, 1, sizeof(*base));
	struct bd_fleet_layer said;

	if (!base)
		return bd_no_memory(err);
	if ((defaults && check_object(source, defaults, err) != 0) ||
	    (groups && check_object(source, groups, err) != 0) ||
	    (guests && check_object(source, guests, err) != 0) ||
	    bd_fleet_layer_read(source, defaults, BD_FLEET_OF_DEFAULTS, NULL, 0, &said, err) != 0)
		return -1;
	bd_fleet_layer_put(base, &said);
	for (size_t i = 0; groups && i < groups->child_count; i++)
		if (add_group(source, list, &groups->children[i], base, err) != 0)
			return -1;
	for (size_t i = 0; guests && i < guests->child_count; i++)
		if (add_own(source, list, &guests->children[i], base, err) != 0)
			return -1;
	return 0;
}

void bd_guest_list_dispose(struct bd_guest_list *list)
{
	bd_fleet_names_dispose(&list->names);
	free(list->entries);
	*list = (struct bd_guest_list){ 0 };
}
