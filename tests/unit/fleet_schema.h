/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON Schema of manifests as the table of keys has it, for the test that holds templates/fleet.schema.json against it. */
#ifndef FLEET_SCHEMA_H
#define FLEET_SCHEMA_H

#include "base/json.h"
#include "fleet/keys.h"
#include "fleet/networks.h"
#include <stdio.h>

#define LABEL_PATTERN "^[a-z0-9][a-z0-9._-]{0,62}$"
#define GUEST_PATTERN "^[A-Za-z0-9][A-Za-z0-9.-]*$"
#define RANGE_PATTERN "^[A-Za-z0-9.-]*(\\{[0-9]+\\.\\.[0-9]+\\})?[A-Za-z0-9.-]*$"

static void put_types(struct bd_json *json, const char *const *types)
{
	bd_json_open_array(json, "type");
	for (; *types; types++)
		bd_json_string(json, NULL, *types);
	bd_json_close_array(json);
}

static void put_reference(struct bd_json *json, const char *key, const char *target)
{
	bd_json_open_object(json, key);
	bd_json_string(json, "$ref", target);
	bd_json_close_object(json);
}

/* A string that fits the pattern. */
static void put_pattern(struct bd_json *json, const char *key, const char *pattern)
{
	bd_json_open_object(json, key);
	bd_json_string(json, "type", "string");
	bd_json_string(json, "pattern", pattern);
	bd_json_close_object(json);
}

/* What a guest's key may be; null takes back what was said before. */
static void put_key(struct bd_json *json, const char *name, enum bd_fleet_kind kind, const char *help)
{
	static const char *const types[][4] = {
		[BD_FLEET_TEXT] = { "string", "null" },
		[BD_FLEET_NUMBER] = { "number", "string", "null" },
		[BD_FLEET_FLAG] = { "boolean", "null" },
		[BD_FLEET_LIST] = { "string", "array", "null" },
	};

	bd_json_open_object(json, name);
	bd_json_string(json, "description", help);
	put_types(json, types[kind]);
	if (kind != BD_FLEET_FLAG)
		bd_json_uint(json, "minLength", 1);
	if (kind == BD_FLEET_LIST) {
		bd_json_open_object(json, "items");
		bd_json_string(json, "type", "string");
		bd_json_uint(json, "minLength", 1);
		bd_json_close_object(json);
	}
	bd_json_close_object(json);
}

/* One network, or several. */
static void put_networks(struct bd_json *json, const struct bd_fleet_key *key)
{
	bd_json_open_object(json, key->name);
	bd_json_string(json, "description", key->help);
	bd_json_open_array(json, "anyOf");
	put_reference(json, NULL, "#/$defs/network");
	bd_json_open_object(json, NULL);
	bd_json_string(json, "type", "array");
	put_reference(json, "items", "#/$defs/network");
	bd_json_close_object(json);
	bd_json_open_object(json, NULL);
	bd_json_string(json, "type", "null");
	bd_json_close_object(json);
	bd_json_close_array(json);
	bd_json_close_object(json);
}

static void put_network(struct bd_json *json)
{
	bd_json_open_object(json, "network");
	bd_json_string(json, "description", "An interface behind the first: an object, or a text as that of --net.");
	put_types(json, (const char *const[]){ "object", "string", NULL });
	bd_json_uint(json, "minLength", 1);
	bd_json_bool(json, "additionalProperties", false);
	bd_json_open_object(json, "properties");
	for (const struct bd_fleet_network_key *key = bd_fleet_network_keys; key->name; key++)
		put_key(json, key->name, key->kind, key->help);
	bd_json_close_object(json);
	bd_json_close_object(json);
}

/* An object of settings, and of what the caller adds to it. */
static void open_settings(struct bd_json *json, const char *key, const char *description)
{
	bd_json_open_object(json, key);
	bd_json_string(json, "description", description);
	bd_json_string(json, "type", "object");
	bd_json_string(json, "$ref", "#/$defs/settings");
	bd_json_bool(json, "unevaluatedProperties", false);
}

static void put_group(struct bd_json *json)
{
	open_settings(json, "group", "Guests, and what is said of all of them.");
	bd_json_open_array(json, "required");
	bd_json_string(json, NULL, "guests");
	bd_json_close_array(json);
	bd_json_open_object(json, "properties");
	bd_json_open_object(json, "guests");
	bd_json_string(json, "description", "Names and ranges of names, such as \"web{01..20}\".");
	put_types(json, (const char *const[]){ "string", "array", NULL });
	bd_json_string(json, "pattern", RANGE_PATTERN);
	put_pattern(json, "items", RANGE_PATTERN);
	bd_json_close_object(json);
	bd_json_close_object(json);
	bd_json_close_object(json);
}

static void put_definitions(struct bd_json *json)
{
	bd_json_open_object(json, "$defs");
	put_pattern(json, "label", LABEL_PATTERN);
	bd_json_open_object(json, "settings");
	bd_json_open_object(json, "properties");
	for (const struct bd_fleet_key *key = bd_fleet_keys; key->name; key++)
		if (key->kind == BD_FLEET_NETWORK_LIST)
			put_networks(json, key);
		else
			put_key(json, key->name, key->kind, key->help);
	bd_json_close_object(json);
	bd_json_close_object(json);
	open_settings(json, "guest", "What is said of a guest: in \"guests\" of one, in \"defaults\" of all.");
	bd_json_close_object(json);
	put_group(json);
	put_network(json);
	bd_json_close_object(json);
}

static void put_guests(struct bd_json *json)
{
	bd_json_open_object(json, "groups");
	bd_json_string(json, "type", "object");
	put_reference(json, "propertyNames", "#/$defs/label");
	put_reference(json, "additionalProperties", "#/$defs/group");
	bd_json_close_object(json);
	bd_json_open_object(json, "guests");
	bd_json_string(json, "type", "object");
	put_pattern(json, "propertyNames", GUEST_PATTERN);
	put_reference(json, "additionalProperties", "#/$defs/guest");
	bd_json_close_object(json);
}

static void put_schema(struct bd_json *json)
{
	bd_json_open_object(json, NULL);
	bd_json_string(json, "$schema", "https://json-schema.org/draft/2020-12/schema");
	bd_json_string(json, "title", "manifest of a xen-bigdisk fleet");
	bd_json_string(json, "type", "object");
	bd_json_bool(json, "additionalProperties", false);
	bd_json_open_array(json, "required");
	bd_json_string(json, NULL, "fleet");
	bd_json_close_array(json);
	bd_json_open_array(json, "anyOf");
	for (unsigned i = 0; i < 2; i++) {
		bd_json_open_object(json, NULL);
		bd_json_open_array(json, "required");
		bd_json_string(json, NULL, i ? "guests" : "groups");
		bd_json_close_array(json);
		bd_json_close_object(json);
	}
	bd_json_close_array(json);
	bd_json_open_object(json, "properties");
	bd_json_open_object(json, "$schema");
	bd_json_string(json, "type", "string");
	bd_json_close_object(json);
	put_reference(json, "fleet", "#/$defs/label");
	put_reference(json, "defaults", "#/$defs/guest");
	put_guests(json);
	bd_json_close_object(json);
	put_definitions(json);
	bd_json_close_object(json);
}

/* The caller frees. */
static char *fleet_schema(void)
{
	struct bd_json *json = bd_json_new();
	struct bd_error problem = BD_ERROR_INIT;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	put_schema(json);
	assert_int_equal(bd_json_print(json, out, &problem), 0);
	assert_int_equal(fclose(out), 0);
	bd_json_free(&json);
	return text;
}

#endif
