/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes an interface of an xl config in place (xl-network-configuration(5)). Pure. */
#ifndef BD_XLCFG_VIF_H
#define BD_XLCFG_VIF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Gives an interface, the first has the number 0, another MAC address and another bridge; NULL: that stays, as does
 * everything else that is said of it. The caller frees the text. ENOENT: the config has no such interface. */
int bd_cfg_edit_vif(const char *text, size_t number, const uint8_t *mac, const char *bridge, char **text_out,
		    struct bd_error *err);

/* Gives it another value of a key ("rate"), or the word that it is ("untrusted") where value is ""; NULL takes it away. Otherwise as
 * bd_cfg_edit_vif. */
int bd_cfg_edit_vif_key(const char *text, size_t number, const char *key, const char *value, char **text_out,
			struct bd_error *err);

#endif
