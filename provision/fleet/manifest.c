/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a manifest's file to its guests. */
#include "fleet/manifest.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/text.h"
#include "fleet/guest_list.h"
#include "fleet/layer.h"
#include "fleet/resolve.h"

#define TEXT_MAX ((size_t)256 << 20)

static const char *const top_keys[] = { "fleet", "defaults", "groups", "guests", "$schema", NULL };

static int check_top(const struct bd_json_tree *json, struct bd_error *err)
{
	const struct bd_json_node *root = json->root;

	if (root->type != BD_JSON_OBJECT)
		return bd_json_fail(json, root, err, "a manifest is an object: { \"fleet\": \"shop\", ... }");
	for (size_t i = 0; i < root->child_count; i++) {
		const struct bd_json_node *node = &root->children[i];
		const char *const *key = top_keys;
		while (*key && strcmp(*key, node->key) != 0)
			key++;
		const char *guess = *key ? NULL : bd_fleet_key_guess(node->key, top_keys, false);
		if (guess)
			return bd_json_fail_key(json, node, err, "\"%s\" is unknown; did you mean \"%s\"?", node->key,
						guess);
		if (!*key && bd_fleet_key_find(node->key))
			return bd_json_fail_key(json, node, err,
						"\"%s\" stands in \"defaults\", in a group or in a guest", node->key);
		if (!*key)
			return bd_json_fail_key(json, node, err,
						"\"%s\" is unknown; a manifest has \"fleet\", \"defaults\", "
						"\"groups\" and \"guests\"",
						node->key);
	}
	return 0;
}

static int read_name(struct bd_fleet *fleet, struct bd_error *err)
{
	const struct bd_json_node *node = bd_json_member(fleet->json.root, "fleet");
	struct bd_error problem;

	if (!node)
		return bd_json_fail(&fleet->json, fleet->json.root, err,
				    "\"fleet\" is missing: the fleet's name, such as \"fleet\": \"shop\"");
	if (node->type != BD_JSON_STRING)
		return bd_json_fail(&fleet->json, node, err, "\"fleet\" is %s, where a string is needed",
				    bd_json_type_name(node->type));
	if (bd_fleet_check_label(node->text, "a fleet's name", &problem) != 0)
		return bd_json_fail(&fleet->json, node, err, "%s", problem.message);
	snprintf(fleet->name, sizeof(fleet->name), "%s", node->text);
	return 0;
}

static int resolve_guest(const struct bd_fleet_source *source, const struct bd_fleet_entry *entry,
			 struct bd_fleet_guest *guest, struct bd_error *err)
{
	struct bd_fleet_layer merged = *entry->base, own;

	if (bd_fleet_layer_read(source, entry->own, BD_FLEET_OF_GUEST, NULL, 1, &own, err) != 0)
		return -1;
	bd_fleet_layer_put(&merged, &own);
	guest->name = entry->name;
	guest->group = entry->group;
	guest->node = entry->node;
	return bd_fleet_resolve(source, &merged, entry->index, guest, err);
}

static int read_guests(const struct bd_fleet_source *source, struct bd_fleet *fleet, struct bd_error *err)
{
	BD_DISPOSE(bd_guest_list_dispose) struct bd_guest_list list = { 0 };
	const struct bd_json_node *root = fleet->json.root;

	if (bd_guest_list_read(source, bd_json_member(root, "defaults"), bd_json_member(root, "groups"),
			       bd_json_member(root, "guests"), &list, err) != 0)
		return -1;
	if (list.names.count == 0)
		return bd_json_fail(&fleet->json, root, err,
				    "the manifest names no guest, neither in \"groups\" nor in \"guests\"");
	fleet->guests = bd_arena_take(fleet->memory, list.names.count, sizeof(*fleet->guests));
	if (!fleet->guests)
		return bd_no_memory(err);
	fleet->count = list.names.count;
	for (size_t i = 0; i < fleet->count; i++)
		if (resolve_guest(source, &list.entries[i], &fleet->guests[i], err) != 0)
			return -1;
	return 0;
}

/* Absolute. */
static int find_folder(const char *path, char folder_out[PATH_MAX], struct bd_error *err)
{
	char folder[PATH_MAX];

	if (strlen(path) >= sizeof(folder))
		return bd_fail(err, ENAMETOOLONG, "cannot open %s: %s", path, strerror(ENAMETOOLONG));
	bd_path_folder(path, folder);
	if (!realpath(folder, folder_out))
		return bd_fail_lookup(err, "cannot use the directory of %s", path);
	return 0;
}

int bd_fleet_read(const char *path, struct bd_fleet *fleet_out, struct bd_error *err)
{
	BD_DISPOSE(bd_fleet_dispose) struct bd_fleet fleet = { 0 };
	bool is_input = strcmp(path, "-") == 0;
	BD_FREE char *text = NULL;
	char folder[PATH_MAX];
	size_t size_bytes;

	if (bd_read_file(is_input ? "/dev/stdin" : path, TEXT_MAX, &text, &size_bytes, err) != 0)
		return err->code == ENOENT ? bd_not_found(err, "%s", err->message) : -1;
	if (find_folder(path, folder, err) != 0)
		return -1;
	fleet.memory = calloc(1, sizeof(*fleet.memory));
	if (!fleet.memory)
		return bd_no_memory(err);
	if (bd_json_parse(text, size_bytes, is_input ? "standard input" : path, &fleet.json, err) != 0)
		return -1;
	struct bd_fleet_source source = { .json = &fleet.json, .memory = fleet.memory, .folder = folder };
	if (check_top(&fleet.json, err) != 0 || read_name(&fleet, err) != 0 || read_guests(&source, &fleet, err) != 0)
		return -1;
	*fleet_out = bd_take_struct(fleet);
	return 0;
}
