/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks values for a virtual interface as xl and its hotplug scripts read them. */
#include "guest/vif_keys.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "guest/description.h"

#define VLAN_MAX 4094

/* Digits, not 0, and at most maximum. xl takes those with a leading zero for octal ones, which nobody means. */
static bool skip_number(const char **at, uint64_t maximum, uint64_t *number_out)
{
	uint64_t number = 0;

	if (!isdigit((unsigned char)**at) || **at == '0')
		return false;
	for (; isdigit((unsigned char)**at); (*at)++) {
		number = number * 10 + (uint64_t)(**at - '0');
		if (number > maximum)
			return false;
	}
	*number_out = number;
	return true;
}

static bool skip_one_of(const char **at, const char *letters)
{
	bool found = **at && strchr(letters, **at);

	*at += found;
	return found;
}

/* "10Mb/s" or "1MB/s@20ms": xlu_vif_parse_rate. Without a unit an interval is in seconds, and may have no more than 32 bits
 * of microseconds. */
static int check_rate(const char *value, struct bd_error *err)
{
	const char *at = value;
	uint64_t number, unit_us = 1000000;
	bool good = skip_number(&at, UINT32_MAX, &number);

	skip_one_of(&at, "GMK");
	good = good && skip_one_of(&at, "Bb") && strncmp(at, "/s", 2) == 0;
	at += good ? 2 : 0;
	if (good && *at == '@') {
		at++;
		good = skip_number(&at, UINT32_MAX, &number);
		unit_us = *at == 'm' ? 1000 : *at == 'u' ? 1 : unit_us;
		skip_one_of(&at, "mu");
		skip_one_of(&at, "s");
		good = good && number * unit_us <= UINT32_MAX;
	}
	if (!good || *at)
		return bd_usage(err, "\"%s\" is not a rate such as 10Mb/s, 250KB/s or 1MB/s@20ms", value);
	return 0;
}

/* One term: a VLAN with p or u behind it, a range FIRST-LAST, or FIRST+STEPxCOUNT, both with u behind them. */
static bool skip_vlans(const char **at, bool *is_pvid_out)
{
	uint64_t first, last, step, count;

	*is_pvid_out = false;
	if (!skip_number(at, VLAN_MAX, &first))
		return false;
	if (**at == 'p') {
		*is_pvid_out = true;
		(*at)++;
		return true;
	}
	if (skip_one_of(at, "-")) {
		if (!skip_number(at, VLAN_MAX, &last) || last < first)
			return false;
	} else if (skip_one_of(at, "+")) {
		if (!skip_number(at, VLAN_MAX, &step) || !skip_one_of(at, "x") ||
		    !skip_number(at, VLAN_MAX, &count) || first + step * count > VLAN_MAX)
			return false;
	}
	skip_one_of(at, "u");
	return true;
}

/* xl-network-configuration(5): "10", or several terms with slashes between them, of which one has p. */
static int check_vlan(const char *value, struct bd_error *err)
{
	unsigned pvids = 0, terms = 0;
	const char *at = value;
	bool is_pvid, good;

	do {
		good = skip_vlans(&at, &is_pvid);
		pvids += is_pvid;
		terms++;
	} while (good && skip_one_of(&at, "/"));
	if (!good || *at)
		return bd_usage(err,
				"\"%s\" is not a VLAN from 1 to %d, such as 10, nor several, such as 10p/20 or "
				"10p/100-110",
				value, VLAN_MAX);
	bool is_single = terms == 1 && value[strspn(value, "0123456789")] == '\0';
	if (pvids > 1 || (!pvids && !is_single))
		return bd_usage(err,
				"\"%s\": of several VLANs, one is marked with p as that of the guest's untagged "
				"packets",
				value);
	return 0;
}

static int check_mtu(const char *value, struct bd_error *err)
{
	uint64_t mtu;

	return bd_parse_uint(value, NULL, 68, 65535, &mtu, err);
}

static int check_type(const char *value, struct bd_error *err)
{
	return strcmp(value, "vif") == 0 || strcmp(value, "ioemu") == 0
		       ? 0
		       : bd_usage(err, "must be one of vif, ioemu, not \"%s\"", value);
}

/* check NULL: any value. */
static const struct vif_key {
	const char *name;
	bool has_value;
	int (*check)(const char *value, struct bd_error *err);
} vif_keys[] = {
	{ "rate", true, check_rate },
	{ "script", true, NULL },
	{ "vifname", true, bd_bridge_check },
	{ "model", true, NULL },
	{ "type", true, check_type },
	{ "mtu", true, check_mtu },
	{ "vlan", true, check_vlan },
	{ "gatewaydev", true, bd_bridge_check },
	{ "backend", true, NULL },
	{ "trusted", false, NULL },
	{ "untrusted", false, NULL },
};

static const struct vif_key *find(const char *key)
{
	for (size_t i = 0; i < sizeof(vif_keys) / sizeof(*vif_keys); i++)
		if (strcmp(vif_keys[i].name, key) == 0)
			return &vif_keys[i];
	return NULL;
}

bool bd_vif_key_is(const char *key, bool has_value)
{
	const struct vif_key *found = find(key);

	return found && found->has_value == has_value;
}

int bd_vif_key_check(const char *key, const char *value, struct bd_error *err)
{
	const struct vif_key *found = find(key);

	return found && found->check ? found->check(value, err) : 0;
}

bool bd_vif_keys_find(const char *keys, const char *key, const char **value_out)
{
	const size_t length = strlen(key);

	for (const char *at = keys; *at; at += strspn(at, ", ")) {
		if (strncmp(at, key, length) == 0 && at[length] == '=') {
			if (value_out)
				*value_out = at + length + 1;
			return true;
		}
		at += strcspn(at, ",");
	}
	return false;
}

/* Without the blanks around it. */
static void take_part(const char *text, size_t length, char key_out[BD_VIF_KEYS_SIZE], struct bd_vif_part *part_out)
{
	const char *equals = memchr(text, '=', length);
	size_t key_length = equals ? (size_t)(equals - text) : length;

	snprintf(key_out, BD_VIF_KEYS_SIZE, "%.*s", (int)key_length, text);
	part_out->has_value = equals;
	snprintf(part_out->value, sizeof(part_out->value), "%.*s", equals ? (int)(length - key_length - 1) : 0,
		 equals ? equals + 1 : "");
}

bool bd_vif_keys_next(const char **at, struct bd_vif_part *part_out)
{
	char key[BD_VIF_KEYS_SIZE];

	while (*(*at += strspn(*at, ", \t"))) {
		size_t whole = strcspn(*at, ","), length = whole;
		while (length && isspace((unsigned char)(*at)[length - 1]))
			length--;
		take_part(*at, length, key, part_out);
		*at += whole;
		const struct vif_key *found = find(key);
		if (!found || found->has_value != part_out->has_value)
			continue;
		part_out->key = found->name;
		return true;
	}
	return false;
}

void bd_vif_keys_value(const char *keys, const char *key, char value_out[BD_VIF_KEYS_SIZE])
{
	struct bd_vif_part part;

	value_out[0] = '\0';
	while (bd_vif_keys_next(&keys, &part))
		if (part.has_value && strcmp(part.key, key) == 0)
			strcpy(value_out, part.value);
}

bool bd_vif_keys_are_trusted(const char *keys)
{
	struct bd_vif_part part;
	bool trusted = true;

	while (bd_vif_keys_next(&keys, &part))
		if (!part.has_value)
			trusted = strcmp(part.key, "trusted") == 0;
	return trusted;
}
