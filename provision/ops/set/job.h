/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is changed of a guest, all of it decided before anything is touched. */
#ifndef BD_OPS_SET_JOB_H
#define BD_OPS_SET_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "guest/create_request.h"
#include "inside/examine/facts.h"
#include "toolstack/toolstack.h"
#include "xlcfg/boot.h"
#include "xlcfg/read.h"

#define SET_CHANGES_MAX 32
#define SET_VIF_VALUES_MAX 8

/* What is to be set. */
struct set_request {
	struct bd_create_request values; /* memory, vcpus, type, boot, append, bridge and mac of it */
	/* Of the first interface: keys of xl's vif= (guest/vif_keys.h), which are checked; borrowed. */
	struct set_vif_value {
		const char *key, *value; /* value NULL: it is not said any more */
	} vif[SET_VIF_VALUES_MAX];
	size_t vif_count;
	bool as_if_stopped; /* to decide only: a domain of the guest is passed over */
};

struct set_change {
	const char *key; /* "memory"; of the config, where it is no key that can be set: "maxmem", "kernel" */
	char *from, *to; /* owned; NULL: there is none */
	bool now; /* the running guest has it at once */
	const char *why; /* of a running guest, why it has not; NULL: there is nothing to say */
	char why_text[96]; /* the memory for that */
};

/* How it is to boot. Texts are owned. */
struct set_boot {
	struct bd_xlcfg_boot to; /* borrows them */
	char *kernel, *ramdisk, *cmdline;
	int disk_fd; /* of the first disk; -1: it was not looked at */
	bool lets_read; /* the user of the bootloader is to read that */
	bool copies; /* kernel and ramdisk are made, from these files of a partition: */
	int partition;
	char kernel_inside[BD_EXAMINE_PATH_SIZE], ramdisk_inside[BD_EXAMINE_PATH_SIZE];
	bool leaves_direct; /* the files of the old way are not needed any more */
};

struct set_job {
	struct bd_cfg cfg; /* as it is; its path is the file's own, whatever links lead to it */
	char *text, *new_text; /* owned */
	int lock_fd;
	bool passes_over_domain; /* it has one, and is judged as if it had none */
	bool is_alive; /* it runs, as: */
	struct bd_toolstack_domain domain;
	struct set_change changes[SET_CHANGES_MAX];
	size_t change_count;
	uint64_t memory_mib; /* as it is to be */
	bool sets_memory; /* the running guest's; memory_kib */
	uint64_t memory_kib;
	bool sets_vcpus;
	uint32_t vcpus;
	struct set_boot boot;
};

#define SET_JOB_INIT \
	{ \
		.lock_fd = -1, .boot = {.disk_fd = -1 } \
	}

void set_job_dispose(struct set_job *job); /* idempotent */

/* Adds a change, unless both are the same; change_out: to say more of it, NULL: there is none. */
int set_job_add(struct set_job *job, const char *key, const char *from, const char *to,
		struct set_change **change_out, struct bd_error *err);

/* Takes a key of the new text away (value NULL), or sets it to what is written behind the equals sign. */
int set_job_edit(struct set_job *job, const char *key, const char *value, struct bd_error *err);

#endif
