/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of xl's vif= that a guest's description passes on to xl (xl-network-configuration(5)), and what xl takes for
 * them: parse_nic_config of tools/xl/xl_parse.c, and libxlutil's libxlu_vif.c. Pure. */
#ifndef BD_GUEST_VIF_KEYS_H
#define BD_GUEST_VIF_KEYS_H

#include <stdbool.h>

#include "base/err.h"
#include "guest/network.h"

/* All of them, for messages. */
#define BD_VIF_KEYS "rate, script, vifname, model, type, mtu, vlan, gatewaydev, backend, trusted, untrusted"

/* xl knows vlan= from Xen 4.19 on. One before warns, and attaches the interface to its bridge without it. */
#define BD_VIF_VLAN_SINCE_MINOR 19

/* There is such a key; has_value: else a word that stands alone, "untrusted". */
bool bd_vif_key_is(const char *key, bool has_value);
/* BD_EUSAGE: xl, or one of its hotplug scripts, would refuse the value or take it for something else. */
int bd_vif_key_check(const char *key, const char *value, struct bd_error *err);
/* Whether keys ("rate=10Mb/s, vlan=5") have one of them; value_out may be NULL, and points into keys. */
bool bd_vif_keys_find(const char *keys, const char *key, const char **value_out);

struct bd_vif_part {
	const char *key; /* of the table; lasts */
	bool has_value; /* else it is a word that stands alone */
	char value[BD_VIF_KEYS_SIZE]; /* what is longer is cut */
};

/* The keys, one by one, that are passed on to xl; others, as bridge, are passed over. *at is the text at first. False: there are no more. */
bool bd_vif_keys_next(const char **at, struct bd_vif_part *part_out);
/* The value of one of them, of which the last counts, as for xl; "": it is not there. */
void bd_vif_keys_value(const char *keys, const char *key, char value_out[BD_VIF_KEYS_SIZE]);
/* By the last of the words trusted and untrusted; it is where there is neither. */
bool bd_vif_keys_are_trusted(const char *keys);

#endif
