/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/hosts of a guest that gets another name. Pure. */
#ifndef BD_ADAPT_HOSTS_H
#define BD_ADAPT_HOSTS_H

#include <stdbool.h>

#include "adapt/words.h"
#include "base/err.h"

struct bd_hosts_names {
	const char *old_host, *new_host; /* what it calls itself; old_host "": nothing */
	const char *old_guest, *new_guest; /* what the guest is called */
};

/* localhost and localhost.localdomain are no names: images have them for want of one. */
bool bd_hosts_is_no_name(const char *name);

/* Only the guest's own lines are changed: those of loopback addresses and of its own ones that change, from before the changes of addresses,
 * and those that have all of its old host name. In these its names, their short forms, and a short name with any domain behind it become the
 * new ones; a name with a domain is followed by its short form, as hosts(5) requires, and none is there twice. Names are the same in capital
 * and small letters. The caller frees; NULL: nothing was to be changed. */
int bd_hosts_renew(const char *text, const struct bd_hosts_names *names, const struct bd_word_changes *addresses,
		   char **text_out, struct bd_error *err);

#endif
