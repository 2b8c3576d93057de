/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The links in /etc/xen/auto, from which xendomains(8) starts guests when dom0 boots. */
#ifndef BD_OPS_GUEST_AUTOSTART_H
#define BD_OPS_GUEST_AUTOSTART_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/file/file.h"
#include "xlcfg/read.h"

#define GUEST_CFG_FOLDER BD_SYSCONFDIR "/xen"
#define GUEST_AUTOSTART_FOLDER GUEST_CFG_FOLDER "/auto"

struct guest_paths {
	char **items; /* all owned */
	size_t count;
};

void guest_paths_dispose(struct guest_paths *paths); /* idempotent; a zeroed struct will do */
int guest_paths_add(struct guest_paths *paths, const char *path, struct bd_error *err);
bool guest_paths_has(const struct guest_paths *paths, const char *path);

/* The links that lead to this cfg, whatever they are called. No folder: none. */
int guest_autostart_find(const char *cfg_path, struct guest_paths *links_out, struct bd_error *err);

/* Files of that folder that are no links but configs of their own, with the guest's name or uuid, are started whatever becomes
 * of the guest's cfg: one warning for each. */
int guest_autostart_warn_of_copies(const struct bd_cfg *cfg, struct bd_error *err);

/* Makes auto/NAME.cfg -> ../NAME.cfg, and the folder where it is missing. changed_out: false: there was one. BD_EUSAGE:
 * the cfg is not in /etc/xen itself; EEXIST: something else is there by that name. */
int guest_autostart_on(const char *cfg_path, bool *changed_out, struct bd_error *err);

/* Whether guest_autostart_move can do its work; the new cfg need not be there yet. EEXIST: as guest_autostart_on. */
int guest_autostart_check_move(const char *old_cfg_path, const char *new_cfg_path, struct bd_error *err);

/* Where links lead to the old cfg there is one to the new afterwards, and none to the old, which is still there. */
int guest_autostart_move(const char *old_cfg_path, const char *new_cfg_path, struct bd_error *err);

/* Takes all of them away, and adds their paths to removed. */
int guest_autostart_off(const char *cfg_path, struct guest_paths *removed, struct bd_error *err);

/* Either of the two, for `autostart`. changed_out: false: it was so before. BD_KIND_EXISTS: a config of its own in the
 * folder starts the guest whatever the links say; with off, they are gone nevertheless. */
int guest_autostart_set(const struct bd_cfg *cfg, bool on, bool *changed_out, struct bd_error *err);

/* Whether that would change anything, with the errors that it would have; nothing is changed. */
int guest_autostart_plan(const struct bd_cfg *cfg, bool on, bool *changed_out, struct bd_error *err);

/* Which cfgs the links of the folder lead to, all at once, for `list`. */
struct autostart_set {
	struct bd_file_id *items; /* in order */
	size_t count;
};

void autostart_set_dispose(struct autostart_set *set); /* idempotent; a zeroed struct will do */
/* No folder, or one that may not be read: an empty set. */
int autostart_set_read(struct autostart_set *set_out, struct bd_error *err);
bool autostart_set_has(const struct autostart_set *set, const char *cfg_path);

#endif
