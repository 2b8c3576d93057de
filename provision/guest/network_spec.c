/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Splits the text into keys and values, and has each checked by who knows it. */
#include "guest/network_spec.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "guest/description.h"
#include "guest/vif_keys.h"

static int set_bridge(struct bd_network *network, const char *value, struct bd_error *err)
{
	if (bd_bridge_check(value, err) != 0)
		return -1;
	strcpy(network->bridge, value);
	return 0;
}

static int set_mac(struct bd_network *network, const char *value, struct bd_error *err)
{
	if (bd_mac_parse(value, network->mac, err) != 0)
		return -1;
	network->has_mac = true;
	return 0;
}

/* In the order in which they are to be set: a gateway after its addresses, name servers after all. */
static const struct own_key {
	const char *name;
	int (*set)(struct bd_network *network, const char *value, struct bd_error *err);
	bool repeats;
} own_keys[] = {
	{ "bridge", set_bridge, false },     { "mac", set_mac, false },
	{ "ip", bd_network_add_ip, true },   { "gateway", bd_network_set_gateway, false },
	{ "ip6", bd_network_add_ip6, true }, { "gateway6", bd_network_set_gateway6, false },
	{ "dns", bd_network_add_dns, true },
};
#define OWN_KEY_COUNT (sizeof(own_keys) / sizeof(*own_keys))

struct part {
	const char *key, *value; /* value NULL: a word without one */
	bool is_used;
};

#define PARTS_MAX 48

struct parts {
	struct part items[PARTS_MAX];
	size_t count;
};

static int fail_unknown(const char *key, struct bd_error *err)
{
	return bd_usage(err, "\"%s\" is none of bridge, mac, ip, gateway, ip6, gateway6, dns, %s", key, BD_VIF_KEYS);
}

/* The values go into a string of xl's, which ends at a quote, and into a list with commas. */
static int check_characters(const char *text, struct bd_error *err)
{
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f || strchr("\"'\\", *at))
			return bd_usage(err,
					"\"%s\" has a blank, a quote or another character in it that cannot be used",
					text);
	return 0;
}

static int split(char *text, struct parts *parts, struct bd_error *err)
{
	char *rest = text;

	for (char *part; (part = strsep(&rest, ","));) {
		char *equals = strchr(part, '=');
		if (parts->count == PARTS_MAX)
			return bd_usage(err, "there are more than %d parts", PARTS_MAX);
		if (equals)
			*equals = '\0';
		if (!*part || (equals && !equals[1]))
			return bd_usage(err, "%s%s has no %s; parts are KEY=VALUE with commas between them", part,
					*part ? "=" : "an empty part", *part ? "value" : "key");
		parts->items[parts->count++] = (struct part){ part, equals ? equals + 1 : NULL, false };
	}
	return 0;
}

static int check_twice(const struct parts *parts, const char *key, struct bd_error *err)
{
	size_t count = 0;

	for (size_t i = 0; i < parts->count; i++)
		count += strcmp(parts->items[i].key, key) == 0;
	return count > 1 ? bd_usage(err, "%s is given twice", key) : 0;
}

static int set_own(const struct own_key *key, struct parts *parts, struct bd_network *network, struct bd_error *err)
{
	if (!key->repeats && check_twice(parts, key->name, err) != 0)
		return -1;
	for (size_t i = 0; i < parts->count; i++) {
		struct part *part = &parts->items[i];
		if (strcmp(part->key, key->name) != 0 || !part->value)
			continue;
		if (key->set(network, part->value, err) != 0)
			return bd_wrap(err, "%s", key->name);
		part->is_used = true;
	}
	return 0;
}

static int keep_vif(struct bd_network *network, const char *key, const char *value, struct bd_error *err)
{
	size_t used = strlen(network->vif);
	int size = snprintf(network->vif + used, sizeof(network->vif) - used, "%s%s%s%s", used ? ", " : "", key,
			    value ? "=" : "", value ? value : "");

	if (size < 0 || (size_t)size >= sizeof(network->vif) - used)
		return bd_usage(err, "the keys for xl are longer than %zu characters", sizeof(network->vif) - 1);
	return 0;
}

static int set_vif(struct parts *parts, struct bd_network *network, struct bd_error *err)
{
	for (size_t i = 0; i < parts->count; i++) {
		struct part *part = &parts->items[i];
		if (part->is_used)
			continue;
		if (check_twice(parts, part->key, err) != 0)
			return -1;
		if (!bd_vif_key_is(part->key, part->value != NULL))
			return fail_unknown(part->key, err);
		if (part->value && bd_vif_key_check(part->key, part->value, err) != 0)
			return bd_wrap(err, "%s", part->key);
		if (keep_vif(network, part->key, part->value, err) != 0)
			return -1;
	}
	return 0;
}

int bd_network_spec_parse(const char *text, struct bd_network *network_out, struct bd_error *err)
{
	BD_FREE char *copy = strdup(text);
	struct parts parts = { .count = 0 };

	if (!copy)
		return bd_no_memory(err);
	if (check_characters(text, err) != 0 || split(copy, &parts, err) != 0)
		return -1;
	for (size_t i = 0; i < OWN_KEY_COUNT; i++)
		if (set_own(&own_keys[i], &parts, network_out, err) != 0)
			return -1;
	return set_vif(&parts, network_out, err);
}

void bd_network_spec_format(const struct bd_network *network, char text_out[BD_NETWORK_SPEC_SIZE])
{
	int used = network->address_count ? 0 : snprintf(text_out, BD_NETWORK_SPEC_SIZE, "ip=dhcp");
	const size_t size = BD_NETWORK_SPEC_SIZE;

	for (size_t i = 0; i < network->address_count; i++)
		used += snprintf(text_out + used, size - (size_t)used, "%sip=%s/%u", used ? "," : "",
				 network->addresses[i].text, network->addresses[i].prefix_length);
	if (network->gateway[0])
		used += snprintf(text_out + used, size - (size_t)used, ",gateway=%s", network->gateway);
	if (network->ip6 == BD_IP6_DHCP || network->ip6 == BD_IP6_NONE)
		used += snprintf(text_out + used, size - (size_t)used, ",ip6=%s", bd_ip6_name(network->ip6));
	for (size_t i = 0; i < network->address6_count; i++)
		used += snprintf(text_out + used, size - (size_t)used, ",ip6=%s/%u", network->addresses6[i].text,
				 network->addresses6[i].prefix_length);
	if (network->gateway6[0])
		used += snprintf(text_out + used, size - (size_t)used, ",gateway6=%s", network->gateway6);
	for (size_t i = 0; i < network->dns_count; i++)
		used += snprintf(text_out + used, size - (size_t)used, ",dns=%s", network->dns[i]);
}
