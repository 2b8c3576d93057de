/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds a guest's config and domain by what the user calls it. */
#ifndef BD_OPS_GUEST_NAMES_H
#define BD_OPS_GUEST_NAMES_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"
#include "guest/create_request.h"
#include "ops/host/boot.h"
#include "xlcfg/read.h"

/* Which command helps, as the field of an error, beside the fields of a request. Operations do not know how commands are
 * called: the message ends in what the command does ("start it"), and whoever prints it adds the command. */
enum guest_remedy {
	GUEST_REMEDY_START = BD_FIELD_COUNT,
	GUEST_REMEDY_STOP,
	GUEST_REMEDY_DESTROY,
	GUEST_REMEDY_DESTROY_AND_START
};

/* The path of the config of what a person calls a guest: the path of a config (as bd_cfg_path tells the two apart), or the
 * name of a guest, which is the one that its config gives (name=), whatever the file is called. NAME.cfg in dir (NULL: the
 * system's folder) is looked at first, then the other configs of that folder, then the names that xl rename has given to
 * domains. A NAME.cfg that cannot be read, or gives no name, is taken for the guest's; what is wrong with it is its reader's
 * to say. BD_KIND_NOT_FOUND: no such guest; EINVAL: NAME.cfg is another guest's, or several configs give the name. */
int guest_cfg_path(const char *argument, const char *dir, char path_out[PATH_MAX], struct bd_error *err);

/* As guest_cfg_path, and reads the config; cfg_out->path is absolute. BD_KIND_NOT_FOUND with ENOENT: all that might be its
 * config was seen; with another code it was not. EINVAL also: the config cannot be parsed, or gives no name. */
int guest_open(const char *argument, const char *dir, struct bd_cfg *cfg_out, struct bd_error *err);

/* The guest's domain, dying ones and such as xl rename has given another name included; boot->domid and boot->uuid are then
 * its own. Loads boot's plugin where that was not done. ENODEV, EPERM; EBUSY: a domain has its name or its UUID, but not both. */
int guest_domain(struct boot *boot, const struct bd_cfg *cfg, struct bd_toolstack_domain *domain_out, bool *found_out,
		 struct bd_error *err);

/* As guest_domain; ESRCH when it does not run. */
int guest_running(struct boot *boot, const struct bd_cfg *cfg, struct bd_toolstack_domain *domain_out,
		  struct bd_error *err);

/* As guest_domain, for commands that can do without a Xen, and for which a domain of another name is EBUSY: where none runs, no guest does. EPERM: one runs, and only root
 * may ask it; EBUSY: as guest_domain; any other but ENODEV and ENOENT: it cannot be told whether one runs, or the plugin
 * for it cannot be loaded. */
int guest_domain_try(struct boot *boot, const struct bd_cfg *cfg, struct bd_toolstack_domain *domain_out,
		     bool *found_out, struct bd_error *err);

/* EBUSY: it runs, and is to be stopped first. */
int guest_fail_running(const struct bd_cfg *cfg, const struct bd_toolstack_domain *domain, struct bd_error *err);

/* EBUSY: it does not run, and its memory is in the file saved_path, for which its disk waits. */
int guest_fail_saved(const struct bd_cfg *cfg, const char *saved_path, struct bd_error *err);

/* EBUSY: the guest runs, or is saved; others as guest_domain_try. */
int guest_check_stopped(struct boot *boot, const struct bd_cfg *cfg, struct bd_error *err);

/* As guest_check_stopped; BD_KIND_EXISTS: a domain runs by the name that the guest is to get. */
int guest_check_can_be_named(struct boot *boot, const struct bd_cfg *cfg, const char *new_name, struct bd_error *err);

#endif
