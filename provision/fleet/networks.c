/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From an object to the text of an interface. */
#include "fleet/networks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fleet/range.h"

const struct bd_fleet_network_key bd_fleet_network_keys[] = {
	{ "bridge", BD_FLEET_TEXT, false, "bridge in dom0" },
	{ "mac", BD_FLEET_TEXT, true, "MAC address; the default is derived from fleet, name and interface" },
	{ "ip", BD_FLEET_LIST, true, "\"dhcp\", or static addresses such as \"198.51.100.{11..30}/24\"" },
	{ "pool", BD_FLEET_LIST, false,
	  "addresses to assign static ones from: \"FIRST-LAST/LEN\" or \"NETWORK/LEN\"" },
	{ "gateway", BD_FLEET_TEXT, false, "default gateway; a guest has one, on one of its interfaces" },
	{ "ip6", BD_FLEET_LIST, true, "\"auto\", \"dhcp\", \"none\", or static addresses" },
	{ "gateway6", BD_FLEET_TEXT, false, "default gateway for IPv6" },
	{ "dns", BD_FLEET_LIST, false, "name servers" },
	{ "rate", BD_FLEET_TEXT, false, "limit of what the guest sends, such as \"10Mb/s\" or \"1MB/s@20ms\"" },
	{ "vlan", BD_FLEET_NUMBER, false, "VLAN, or several as in \"10p/20\"; from Xen 4.19 on" },
	{ "mtu", BD_FLEET_NUMBER, false, "size of the largest packet, in bytes" },
	{ "script", BD_FLEET_TEXT, false, "hotplug script of dom0" },
	{ "vifname", BD_FLEET_TEXT, true, "name of the interface in dom0" },
	{ "model", BD_FLEET_TEXT, false, "emulated device of an hvm guest" },
	{ "type", BD_FLEET_TEXT, false, "\"vif\" or \"ioemu\"" },
	{ "gatewaydev", BD_FLEET_TEXT, false, "interface of dom0 for vif-route" },
	{ "backend", BD_FLEET_TEXT, false, "domain whose network the interface is on" },
	{ "trusted", BD_FLEET_FLAG, false, "whether the guest trusts the backend" },
	{ NULL, BD_FLEET_TEXT, false, NULL },
};

static const struct bd_fleet_network_key *find(const char *name)
{
	for (const struct bd_fleet_network_key *key = bd_fleet_network_keys; key->name; key++)
		if (strcmp(key->name, name) == 0)
			return key;
	return NULL;
}

static int fail_unknown(const struct bd_fleet_source *source, const struct bd_json_node *node, struct bd_error *err)
{
	const char *names[64];
	size_t count = 0;

	for (const struct bd_fleet_network_key *key = bd_fleet_network_keys; key->name; key++)
		names[count++] = key->name;
	names[count] = NULL;
	const char *guess = bd_fleet_key_guess(node->key, names, false);
	return bd_json_fail_key(source->json, node, err, "\"%s\" is unknown in \"networks\"%s%s%s", node->key,
				guess ? "; did you mean \"" : "; see xen-bigdisk-fleet(5) for the keys",
				guess ? guess : "", guess ? "\"?" : "");
}

static int check_value(const struct bd_fleet_source *source, const struct bd_fleet_network_key *key,
		       const struct bd_json_node *node, enum bd_fleet_rank rank, size_t guest_count,
		       struct bd_error *err)
{
	if (!*node->text)
		return bd_json_fail(source->json, node, err, "\"%s\" is empty", key->name);
	if (strchr(node->text, ',') && strcmp(key->name, "dns") != 0)
		return bd_json_fail(source->json, node, err, "\"%s\": \"%s\" has a comma in it", key->name,
				    node->text);
	if (bd_fleet_value_counts(key->counts, node))
		return bd_fleet_value_check_range(source, key->name, node, rank, guest_count, err);
	return 0;
}

/* null and [] say nothing. */
static const struct bd_json_node *find_said(const struct bd_json_node *object, const char *key)
{
	const struct bd_json_node *node = bd_json_member(object, key);

	return node && node->type != BD_JSON_NULL && bd_fleet_value_count(node) ? node : NULL;
}

int bd_fleet_network_check(const struct bd_fleet_source *source, const struct bd_json_node *object,
			   enum bd_fleet_rank rank, size_t guest_count, struct bd_error *err)
{
	for (size_t i = 0; i < object->child_count; i++) {
		const struct bd_json_node *node = &object->children[i];
		const struct bd_fleet_network_key *key = find(node->key);
		if (!key)
			return fail_unknown(source, node, err);
		if (node->type == BD_JSON_NULL)
			continue;
		if (bd_fleet_value_check_type(source, key->name, key->kind, node, err) != 0)
			return -1;
		for (size_t value = 0; value < bd_fleet_value_count(node); value++)
			if (check_value(source, key, bd_fleet_value_node(node, value), rank, guest_count, err) != 0)
				return -1;
	}
	const struct bd_json_node *pool = find_said(object, "pool");
	if (pool && find_said(object, "ip"))
		return bd_json_fail(source->json, pool, err, "\"pool\" and \"ip\" cannot be used together");
	return 0;
}

const struct bd_json_node *bd_fleet_network_pool(const struct bd_json_node *network)
{
	return network->type == BD_JSON_OBJECT ? find_said(network, "pool") : NULL;
}

/* Name servers may have commas between them; a part for each. */
static void put_parts(FILE *out, const char *key, const char *value)
{
	for (const char *at = value; *at; at += *at == ',') {
		size_t length = strcspn(at, ",");
		fprintf(out, "%s%s=%.*s", ftell(out) > 0 ? "," : "", key, (int)length, at);
		at += length;
	}
}

static int put_value(FILE *out, const struct bd_fleet_network_key *key, const struct bd_json_node *node, size_t index,
		     struct bd_error *err)
{
	BD_FREE char *item = NULL;

	if (key->kind == BD_FLEET_FLAG) {
		fprintf(out, "%s%s%s", ftell(out) > 0 ? "," : "", strcmp(node->text, "true") == 0 ? "" : "un",
			key->name);
		return 0;
	}
	if (bd_fleet_value_counts(key->counts, node) && bd_range_item(node->text, index, &item, err) != 0)
		return -1;
	put_parts(out, key->name, item ? item : node->text);
	return 0;
}

static int put_object(FILE *out, const struct bd_json_node *object, size_t index, struct bd_error *err)
{
	for (size_t i = 0; i < object->child_count; i++) {
		const struct bd_json_node *node = &object->children[i];
		const struct bd_fleet_network_key *key = find(node->key);
		if (node->type == BD_JSON_NULL || strcmp(node->key, "pool") == 0)
			continue;
		for (size_t value = 0; value < bd_fleet_value_count(node); value++)
			if (put_value(out, key, bd_fleet_value_node(node, value), index, err) != 0)
				return -1;
	}
	/* An interface of which nothing is said has what the default is. */
	if (ftell(out) == 0 && !bd_fleet_network_pool(object))
		fputs("ip=dhcp", out);
	return 0;
}

int bd_fleet_network_text(const struct bd_fleet_source *source, const struct bd_json_node *object, size_t index,
			  const char **text_out, struct bd_error *err)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return bd_no_memory(err);
	int r = put_object(out, object, index, err);
	if (fclose(out) != 0 && r == 0)
		r = bd_no_memory(err);
	if (r == 0) {
		*text_out = bd_arena_text(source->memory, text, size);
		r = *text_out ? 0 : bd_no_memory(err);
	}
	free(text);
	return r;
}

bool bd_fleet_network_counts(const struct bd_json_node *object)
{
	for (size_t i = 0; i < object->child_count; i++) {
		const struct bd_json_node *node = &object->children[i];
		const struct bd_fleet_network_key *key = find(node->key);
		for (size_t value = 0; value < bd_fleet_value_count(node); value++)
			if (bd_fleet_value_counts(key->counts, bd_fleet_value_node(node, value)))
				return true;
	}
	return false;
}
