/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The template directory: a directory for each template, with manifest.json, tree and payload (rootfs/sealed.h).
 *
 * A template exists completely or not at all: it is created under a hidden name (".NAME.partial-PID"), which an
 * import that was killed may leave behind, and which the next import removes. Removing renames it to a hidden name
 * first. Processes that have a template open can keep reading it, whatever happens to its names. */
#ifndef BD_TEMPLATE_STORE_H
#define BD_TEMPLATE_STORE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "rootfs/sealed.h"
#include "template/manifest.h"

struct bd_store {
	char path[PATH_MAX]; /* where templates are made and looked for */
	char fallback_path[PATH_MAX]; /* where they are looked for next; "" for nowhere */
	bool is_named; /* by --templates: who names another user's folder trusts him */
};

/* EPERM: others than its owner may write to what is open as fd, or the owner is neither this user nor root and the store was
 * not named: what is in it would go into guests. path, what ("folder of templates"): for the message. */
int bd_store_check_trust(const struct bd_store *store, int fd, const char *path, const char *what,
			 struct bd_error *err);

/* A template that is open. Its descriptors keep it readable. */
struct bd_stored {
	struct bd_manifest manifest;
	struct bd_sealed sealed; /* of a root filesystem */
	int disk_fd, sums_fd; /* of a whole disk (template/disk/seal.h); else -1 */
	char path[PATH_MAX]; /* its folder */
};

/* Finds the folders; nothing is made, and they need not exist. chosen_path: --templates, or NULL:
 * $XEN_BIGDISK_TEMPLATES; for root /var/lib/xen-bigdisk/templates; for others $XDG_DATA_HOME/xen-bigdisk/templates or
 * ~/.local/share/xen-bigdisk/templates, and then root's. */
int bd_store_open(const char *chosen_path, struct bd_store *store_out, struct bd_error *err);

/* Templates that are a part of the program, in no store: see ops/template/open.h. */
#define BD_TEMPLATE_NONE "none"
#define BD_TEMPLATE_MINI "mini" /* where nothing else is asked for */
bool bd_template_is_built_in(const char *name);

/* BD_EUSAGE unless it can name a template of a store: a letter or digit, then also ".", "_", "-"; small letters. */
int bd_store_check_name(const char *name, struct bd_error *err);
/* The same of a name that is looked for in a store. */
int bd_store_check_lookup(const char *name, struct bd_error *err);

void bd_stored_init(struct bd_stored *stored);
void bd_stored_dispose(struct bd_stored *stored); /* idempotent */

/* Opens it and checks the manifest and the sizes; the other checksums are store_verify.h's. ENOENT: no such template; the
 * message says which there are. EINVAL: damaged. ENOTSUP: made by a newer version. EPERM: as bd_store_check_trust. */
int bd_store_get(const struct bd_store *store, const char *name, struct bd_stored *stored_out, struct bd_error *err);

/* Names in alphabetical order, each once, also of templates that are damaged. */
struct bd_store_names {
	char (*names)[BD_TEMPLATE_NAME_SIZE];
	size_t count;
};
void bd_store_names_dispose(struct bd_store_names *names); /* idempotent */
int bd_store_list(const struct bd_store *store, struct bd_store_names *names_out, struct bd_error *err);

/* Takes it away; a guest that is being made from it is not disturbed. ENOENT: no such template. */
int bd_store_remove(const struct bd_store *store, const char *name, struct bd_error *err);
/* Whether bd_store_remove could, by all that can be known before. path_out: its folder. */
int bd_store_check_remove(const struct bd_store *store, const char *name, char path_out[PATH_MAX],
			  struct bd_error *err);

#endif
