/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells the two configs that a rename leaves when it is cut short from those of two guests.
 *
 * They have the same uuid; or, as cfgs of other programs may have none, the same MAC addresses and time; or the new one has a
 * mark that names the old one: an extended attribute, which a rename takes away when the old one is gone. What they say beside
 * that is no evidence: a row of guests that a script has made differs in names and disks only. */
#ifndef BD_XLCFG_RENAME_HALVES_H
#define BD_XLCFG_RENAME_HALVES_H

#include <stdbool.h>

#include "xlcfg/read.h"

/* Of two configs in one folder. */
bool bd_cfgs_are_rename_halves(const struct bd_cfg *one, const struct bd_cfg *other);

/* A rename gives the new config the time of the old one: neither was edited since. */
bool bd_cfgs_have_same_time(const struct bd_cfg *one, const struct bd_cfg *other);

/* Two halves have the same one, and hardly any other two configs of a folder have; the caller frees. NULL: out of memory. */
char *bd_cfg_rename_key(const struct bd_cfg *cfg);

/* Where the filesystem has no such attributes there is no mark. */
void bd_cfg_rename_mark(int new_cfg_fd, const char *old_path);
void bd_cfg_rename_unmark(const char *new_path);

#endif
