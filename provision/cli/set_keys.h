/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of `set`, of which the completion knows, too. */
#ifndef BD_CLI_SET_KEYS_H
#define BD_CLI_SET_KEYS_H

#include "guest/create_request.h"

struct set_key {
	const char *name;
	enum bd_field field; /* BD_FIELD_NET: it is a key of xl's, of the first interface */
};

/* In the order in which they are shown. Ends with a row without a name. */
extern const struct set_key set_keys[];

#endif
