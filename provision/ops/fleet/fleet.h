/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of `fleet`: what a manifest wants against what there is, and what is done about it.
 *
 *   manifest, cfgs, domains -> plan (nothing is touched) -> sums -> workers (pool.h), a process for each guest
 */
#ifndef BD_OPS_FLEET_FLEET_H
#define BD_OPS_FLEET_FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "cli/command.h"
#include "fleet/assign.h"
#include "fleet/compare.h"
#include "fleet/manifest.h"
#include "ops/create/create.h"
#include "ops/fleet/worker_pool.h"
#include "ops/guest/facts.h"
#include "xlcfg/read.h"

/* The options of all fleet commands; each takes what it needs. */
struct fleet_options {
	const char *dir, *templates, *jobs, *wait, *format;
	struct bd_texts limits;
	bool yes, no_start, no_wait, force, json;
};

/* Rows that their tables share. */
#define FLEET_AT(member) offsetof(struct fleet_options, member)
#define FLEET_OPTION_DIR \
	{ \
		BD_OPTION_TEXT, "dir", "DIR", \
			"the folder where the guests' images and cfgs are side by side [" BD_SYSCONFDIR \
			"/xen, and images in " BD_LOCALSTATEDIR "/lib/xen/images]", \
			FLEET_AT(dir) \
	}
#define FLEET_OPTION_TEMPLATES \
	{ \
		BD_OPTION_TEXT, "templates", "DIR", "where templates are [/var/lib/xen-bigdisk/templates]", \
			FLEET_AT(templates) \
	}
#define FLEET_OPTION_LIMIT \
	{ \
		BD_OPTION_LIST, "limit", "PATTERN", "only guests whose names match, as the shell's patterns do", \
			FLEET_AT(limits) \
	}
#define FLEET_OPTION_JOBS \
	{ \
		BD_OPTION_TEXT, "jobs", "N", \
			"work on so many guests at a time (-j N) [one for each processor, up to 8]", FLEET_AT(jobs) \
	}
#define FLEET_OPTION_WAIT \
	{ \
		BD_OPTION_TEXT, "wait", "[SECONDS]", \
			"wait until each guest's userspace says that it is up [120 s; the default on a terminal]", \
			FLEET_AT(wait) \
	}
#define FLEET_OPTION_NO_WAIT \
	{ \
		BD_OPTION_FLAG, "no-wait", NULL, "a guest is done as soon as its domain runs", FLEET_AT(no_wait) \
	}
#define FLEET_OPTION_YES \
	{ \
		BD_OPTION_FLAG, "yes", NULL, "do not ask; needed by stop and destroy where there is no terminal", \
			FLEET_AT(yes) \
	}

extern const struct bd_command bd_command_fleet_plan, bd_command_fleet_apply, bd_command_fleet_status,
	bd_command_fleet_start, bd_command_fleet_stop, bd_command_fleet_destroy, bd_command_fleet_export;

enum fleet_action {
	FLEET_KEEP, /* it is as the manifest says */
	FLEET_CREATE,
	FLEET_CHANGE, /* of its cfg */
	FLEET_REFUSE, /* it cannot be made what the manifest says; why: reason */
};

struct fleet_item {
	const struct bd_fleet_guest *guest;
	const struct bd_fleet_place *place;
	const struct guest_facts *facts; /* NULL: there is no such guest; else facts->cfg is there */
	bool selected; /* by --limit */
	char *obstacle; /* owned; why there is a file NAME.cfg and no such guest, or NULL */
	/* Filled by fleet_decide. */
	enum fleet_action action;
	bool start; /* it is to be started */
	struct bd_fleet_change *changes; /* owned */
	size_t change_count;
	char *reason; /* owned; NULL but for FLEET_REFUSE */
	enum bd_error_kind reason_kind;
	uint64_t memory_mib, disk_bytes; /* as wanted */
	char bridge[16]; /* likewise; "": no network */
};

/* All that is known about a fleet on this host. */
struct fleet_view {
	struct bd_fleet fleet;
	struct guests guests; /* all of the folder */
	struct bd_fleet_place *places;
	struct fleet_item *items; /* one for each guest of the manifest, in its order */
	const struct bd_cfg **beyond; /* guests of this fleet that the manifest does not name, as far as selected */
	size_t beyond_count;
};

void fleet_view_init(struct fleet_view *view);
void fleet_view_dispose(struct fleet_view *view); /* idempotent */

/* Reads the manifest, the cfgs and the domains, and gives addresses. needs_xen: ENODEV where there is none, EPERM where it
 * cannot be asked. ENOENT: --limit fits no guest. */
int fleet_look(const char *manifest_path, const struct fleet_options *options, bool needs_xen,
	       struct fleet_view *view_out, struct bd_error *err);

/* The guest's domain, NULL: it does not run, or that is not known; its cfg, NULL: there is none. */
const struct bd_toolstack_domain *fleet_item_domain(const struct fleet_item *item);
const struct bd_cfg *fleet_item_cfg(const struct fleet_item *item);
/* As domains_state; "absent": there is no such guest; "unknown": something else is in its place. */
/* What of its cfg a running guest was not started with; NULL: nothing. */
const char *fleet_item_pending(const struct fleet_item *item);
const char *fleet_item_state(const struct fleet_item *item);
/* Whether the guest was made for this fleet; others are neither changed nor removed. */
bool fleet_item_is_ours(const struct fleet_view *view, const struct fleet_item *item);

/* A cfg that was read just now is still the one that the plan was made for: it may have been replaced meanwhile. ESTALE. */
int fleet_check_still_ours(const struct fleet_view *view, const struct fleet_item *item, const struct bd_cfg *now,
			   struct bd_error *err);

/* Where its images are, and where those without --dir would be. */
const char *fleet_images_folder(const struct fleet_options *options);

/* Some of a fleet's guests, and what is done about each in a worker's process. */
struct fleet_work {
	const struct fleet_view *view;
	const struct fleet_options *options; /* set by the caller, as is wait_s */
	const struct fleet_item **todo; /* owned; filled by the caller */
	size_t count;
	unsigned wait_s;
};

struct fleet_task {
	const char *verb; /* as in struct worker_pool */
	const char *nothing; /* what is said where there is nothing to do */
	int (*work)(void *context, size_t index, struct worker_result *result,
		    struct bd_error *err); /* context: the fleet_work */
};

/* todo has room for all guests of the manifest. */
int fleet_work_begin(struct fleet_work *work, const struct fleet_view *view, struct bd_error *err);
void fleet_work_dispose(struct fleet_work *work); /* idempotent; of a zeroed one, too */
/* The error is the first guest's that failed. */
int fleet_work_run(struct fleet_work *work, const struct fleet_task *task, unsigned jobs, struct bd_error *err);

/* The options of `new` for a guest of the manifest; makes_it: false leaves out what is used once, when the guest is made.
 * new_options_out is disposed of with bd_command_dispose_options of bd_command_new, and lasts as long as texts_out and view.
 * EINVAL. */
struct fleet_texts {
	char mac[BD_MAC_TEXT_SIZE];
};
int fleet_new_options(const struct fleet_view *view, const struct fleet_item *item,
		      const struct fleet_options *options, bool makes_it, struct fleet_texts *texts_out,
		      struct new_options *new_options_out, struct bd_error *err);

/* Fills action, changes and reason of the selected items. EINVAL: a setting that `new` would refuse. */
int fleet_decide(struct fleet_view *view, const struct fleet_options *options, struct bd_error *err);

/* What the plan takes of this host. */
struct fleet_sums {
	size_t create, change, start, keep, refuse;
	uint64_t disk_need_bytes; /* about what is written */
	uint64_t disk_grow_bytes; /* what the new disks can hold */
	uint64_t disk_free_bytes;
	bool shares; /* the filesystem can share a template's blocks with the guests */
	uint64_t memory_need_kib, memory_free_kib;
	bool memory_known;
};

int fleet_sum_up(struct fleet_view *view, const struct fleet_options *options, struct fleet_sums *sums_out,
		 struct bd_error *err);
/* ENOSPC: it does not fit on the disk, or into the memory; the message has the figures. */
int fleet_check_sums(const struct fleet_sums *sums, const struct fleet_options *options, struct bd_error *err);

/* For guests that are to be started: whether their bridges are there. */
int fleet_check_bridges(const struct fleet_view *view, struct bd_error *err);

int fleet_report_plan(const struct fleet_view *view, const struct fleet_sums *sums, bool json, struct bd_error *err);

/* The members "fleet", "guests" (of those selected, each by put) and "beyond". */
void fleet_json_view(struct bd_json *json, const struct fleet_view *view,
		     void (*put)(struct bd_json *json, const struct fleet_item *item));

#endif
