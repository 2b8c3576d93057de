/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a guest can be set. */
#include "cli/set_keys.h"

#include <stddef.h>

const struct set_key set_keys[] = {
	{ "memory", BD_FIELD_MEMORY }, { "vcpus", BD_FIELD_VCPUS },    { "type", BD_FIELD_TYPE },
	{ "boot", BD_FIELD_BOOT },     { "append", BD_FIELD_APPEND },  { "bridge", BD_FIELD_BRIDGE },
	{ "mac", BD_FIELD_MAC },       { "rate", BD_FIELD_NET },       { "mtu", BD_FIELD_NET },
	{ "vlan", BD_FIELD_NET },      { "vifname", BD_FIELD_NET },    { "model", BD_FIELD_NET },
	{ "script", BD_FIELD_NET },    { "gatewaydev", BD_FIELD_NET }, { "backend", BD_FIELD_NET },
	{ NULL, BD_FIELD_NONE },
};
