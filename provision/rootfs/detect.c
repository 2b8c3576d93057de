/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks for os-release, for servers, and for what the template declares about itself. */
#include "rootfs/detect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json_tree.h"
#include "base/printable.h"
#include "rootfs/detect_kernel.h"
#include "rootfs/detect_lacks.h"
#include "rootfs/detect_network.h"
#include "rootfs/sealed_root.h"

#define TEXT_LIMIT_BYTES (64 << 10)

/* A value as in the shell: in quotes of one kind, or bare, with backslashes (os-release(5)). Changed in place. */
static const char *unquote(char *value)
{
	char quote = *value == '"' || *value == '\'' ? *value : '\0';
	const char *from = value + (quote != '\0');
	char *to = value;

	while (*from && (quote ? *from != quote : *from != ' ' && *from != '\t')) {
		if (*from == '\\' && quote != '\'' && from[1])
			from++;
		*to++ = *from++;
	}
	*to = '\0';
	return value;
}

static void take_os_release(char *text, struct bd_system *system)
{
	char *rest = NULL;

	for (char *line = strtok_r(text, "\r\n", &rest); line; line = strtok_r(NULL, "\r\n", &rest)) {
		char *equals = strchr(line, '=');
		if (!equals)
			continue;
		*equals = '\0';
		if (strcmp(line, "ID") == 0)
			bd_copy_text(system->os_id, sizeof(system->os_id), unquote(equals + 1));
		else if (strcmp(line, "VERSION_ID") == 0)
			bd_copy_text(system->os_version, sizeof(system->os_version), unquote(equals + 1));
		else if (strcmp(line, "PRETTY_NAME") == 0)
			bd_copy_text(system->os_name, sizeof(system->os_name), unquote(equals + 1));
	}
}

static int detect_os(const struct bd_root_reader *root, struct bd_system *system, struct bd_error *err)
{
	BD_FREE char *text = NULL;

	if (bd_root_read_optional(root, "/etc/os-release", TEXT_LIMIT_BYTES, &text, NULL, err) != 0 ||
	    (!text && bd_root_read_optional(root, "/usr/lib/os-release", TEXT_LIMIT_BYTES, &text, NULL, err) != 0))
		return -1;
	if (text)
		take_os_release(text, system);
	return 0;
}

static int detect_programs(const struct bd_root_reader *root, struct bd_system *system, struct bd_error *err)
{
	static const char *const systemd[] = { "/usr/lib/systemd/systemd", "/lib/systemd/systemd", NULL };
	static const char *const sshd[] = { "/usr/sbin/sshd", "/usr/bin/sshd", NULL };
	static const char *const cloud_init[] = { "/usr/bin/cloud-init", NULL };

	if (bd_root_has_any(root, systemd, true, &system->systemd, err) != 0 ||
	    bd_root_has_any(root, sshd, true, &system->sshd, err) != 0)
		return -1;
	return bd_root_has_any(root, cloud_init, true, &system->cloud_init, err);
}

static int fail_declaration(struct bd_error *err, const char *key, const char *expected)
{
	return bd_fail(err, EINVAL, "the template's " BD_DETECT_DECLARATION " is wrong: \"%.60s\" must be %s", key,
		       expected);
}

static int take_member(struct bd_system *system, const char *key, const char *value, struct bd_error *err)
{
	enum bd_network_kind network;
	struct bd_error unknown;

	if (strcmp(key, "network") == 0) {
		if (!value || bd_network_kind_parse(value, key, &network, &unknown) != 0)
			return fail_declaration(err, key, "none, ifupdown, networkd, networkmanager or netplan");
		bd_system_set_network(system, network);
	} else if (strcmp(key, "machine_id") == 0) {
		if (!value || (strcmp(value, "empty") != 0 && strcmp(value, "unique") != 0))
			return fail_declaration(err, key, "empty or unique");
		system->unique_machine_id = strcmp(value, "unique") == 0;
	} else if (strcmp(key, "grub_cfg") == 0) {
		if (!value || (strcmp(value, "made") != 0 && strcmp(value, "own") != 0))
			return fail_declaration(err, key, "made or own");
		if (strcmp(value, "own") == 0)
			bd_system_keep_grub_cfg(system);
	} else {
		return fail_declaration(err, key, "left out: it is not known");
	}
	return 0;
}

static int take_declaration(const struct bd_root_reader *root, struct bd_system *system, struct bd_error *err)
{
	BD_DISPOSE(bd_json_tree_dispose) struct bd_json_tree document = { .root = NULL };
	BD_FREE char *text = NULL;
	size_t size;

	if (root->read_file(root->source, BD_DETECT_DECLARATION, TEXT_LIMIT_BYTES, &text, &size, err) != 0)
		return -1;
	if (!text)
		return 0;
	if (bd_json_parse(text, size, "the template's " BD_DETECT_DECLARATION, &document, err) != 0)
		return -1;
	if (document.root->type != BD_JSON_OBJECT)
		return bd_fail(err, EINVAL, "the template's " BD_DETECT_DECLARATION " is not a JSON object");
	for (size_t i = 0; i < document.root->child_count; i++) {
		const struct bd_json_node *member = &document.root->children[i];
		if (take_member(system, member->key, bd_json_text(member), err) != 0)
			return -1;
	}
	return 0;
}

int bd_system_detect_root(const struct bd_root_reader *root, struct bd_system *system_out, struct bd_error *err)
{
	struct bd_system system = { .network = BD_NETWORK_NONE };
	char version[BD_KERNEL_VERSION_SIZE];

	if (detect_os(root, &system, err) != 0 || detect_programs(root, &system, err) != 0 ||
	    bd_detect_kernel(root, &system, version, err) != 0 || bd_detect_network(root, &system, err) != 0 ||
	    bd_detect_lacks(root, version, &system, err) != 0 || take_declaration(root, &system, err) != 0)
		return -1;
	*system_out = system;
	return 0;
}

int bd_system_detect(const struct bd_sealed *sealed, struct bd_system *system_out, struct bd_error *err)
{
	const struct bd_root_reader root = bd_sealed_root_reader(sealed);

	return bd_system_detect_root(&root, system_out, err) == 0
		       ? 0
		       : bd_wrap(err, "cannot determine what system the template holds");
}
