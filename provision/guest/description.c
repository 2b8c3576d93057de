/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses names, kinds, MAC addresses and IP addresses, and says what is wrong with them. */
#include "guest/description.h"
#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_label_character(char c)
{
	return isalnum((unsigned char)c) || c == '-';
}

void bd_guest_disk_label(const char *name, char label_out[17])
{
	snprintf(label_out, 17, "%.*s", (int)strcspn(name, "."), name);
}

int bd_guest_set_name(struct bd_guest *guest, const char *name, struct bd_error *err)
{
	size_t length = strlen(name), label = 0;
	bool only_digits = true;

	if (length == 0 || length >= BD_GUEST_NAME_SIZE)
		return bd_usage(err, "\"%.80s\" is not a guest name: it takes 1 to %d characters", name,
				BD_GUEST_NAME_SIZE - 1);
	for (size_t i = 0; i <= length; i++) {
		char c = name[i];
		if (c == '.' || c == '\0') {
			if (label == 0 || name[i - 1] == '-' || name[i - label] == '-' || label > 63)
				return bd_usage(err,
						"\"%s\" is not a host name: each part between dots has 1 to 63 "
						"letters, digits and inner hyphens",
						name);
			label = 0;
			continue;
		}
		if (!is_label_character(c))
			return bd_usage(err,
					"\"%s\" is not a host name: only letters, digits, hyphens and dots may "
					"be in it",
					name);
		only_digits = only_digits && isdigit((unsigned char)c);
		label++;
	}
	if (only_digits)
		return bd_usage(err,
				"\"%s\" is a number, which xl would read as a domid; use a name with a letter in it",
				name);
	if (bd_text_ends_in(name, ".cfg"))
		return bd_usage(err, "\"%s\" is a config's file name; a guest's name must not end in .cfg", name);
	if (strcmp(name, "Domain-0") == 0)
		return bd_usage(err, "Domain-0 is this host itself");
	memcpy(guest->name, name, length + 1);
	return 0;
}

static const char *const type_names[] = { "pv", "pvh", "hvm" };
static const char *const boot_names[] = { "pygrub", "bigdisk", "pvgrub", "direct", "uefi", NULL };

int bd_guest_type_parse(const char *text, enum bd_guest_type *type_out, struct bd_error *err)
{
	for (unsigned i = 0; i < 3; i++)
		if (strcmp(text, type_names[i]) == 0) {
			*type_out = (enum bd_guest_type)i;
			return 0;
		}
	return bd_usage(err, "must be one of pv, pvh, hvm, not \"%s\"", text);
}

const char *bd_guest_type_name(enum bd_guest_type type)
{
	return type_names[type];
}

int bd_guest_boot_parse(const char *text, enum bd_guest_boot *boot_out, struct bd_error *err)
{
	for (unsigned i = 0; i < BD_BOOT_DISK; i++)
		if (strcmp(text, boot_names[i]) == 0) {
			*boot_out = (enum bd_guest_boot)i;
			return 0;
		}
	return bd_usage(err, "must be one of pygrub, bigdisk, pvgrub, direct, uefi, not \"%s\"", text);
}

const char *bd_guest_boot_name(enum bd_guest_boot boot)
{
	return boot_names[boot];
}

int bd_mac_parse(const char *text, uint8_t mac_out[6], struct bd_error *err)
{
	uint8_t mac[6];

	if (strlen(text) != BD_MAC_TEXT_SIZE - 1)
		return bd_usage(err, "\"%s\" is not a MAC address such as 00:16:3e:12:34:56", text);
	for (int i = 0; i < 6; i++) {
		const char *at = text + 3 * i;
		if (!isxdigit((unsigned char)at[0]) || !isxdigit((unsigned char)at[1]) || (i < 5 && at[2] != ':'))
			return bd_usage(err, "\"%s\" is not a MAC address such as 00:16:3e:12:34:56", text);
		mac[i] = (uint8_t)strtoul((const char[]){ at[0], at[1], 0 }, NULL, 16);
	}
	if (mac[0] & 1)
		return bd_usage(err, "%s is a multicast address; the first byte has to be even", text);
	/* libxl takes zeros for "make one up", so the cfg would not say what the guest has. */
	if (memcmp(mac, (const uint8_t[6]){ 0 }, sizeof(mac)) == 0)
		return bd_usage(err, "%s is not an address that an interface can have", text);
	memcpy(mac_out, mac, sizeof(mac));
	return 0;
}

int bd_mac_random(const struct bd_random *random, const char *label, uint8_t mac_out[6], struct bd_error *err)
{
	uint8_t mac[6] = { 0x00, 0x16, 0x3e };

	if (bd_random_fill(random, label, mac + 3, 3, err) != 0)
		return -1;
	mac[3] &= 0x7f; /* the upper half is for addresses that an administrator hands out by hand */
	memcpy(mac_out, mac, sizeof(mac));
	return 0;
}

void bd_mac_format(const uint8_t mac[6], char text_out[BD_MAC_TEXT_SIZE])
{
	snprintf(text_out, BD_MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		 mac[5]);
}

int bd_bridge_check(const char *name, struct bd_error *err)
{
	size_t length = strlen(name);

	if (length == 0 || length > 15 ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789_.-") != length ||
	    strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return bd_usage(err, "\"%s\" is not the name of a network interface", name);
	return 0;
}
