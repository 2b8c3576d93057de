/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `new`: options -> job -> files -> report. */
#ifndef BD_CMD_NEW_H
#define BD_CMD_NEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/draft.h"
#include "base/err.h"
#include "cmd/command.h"
#include "guest/guest.h"
#include "image/ext3.h"
#include "image/grub.h"
#include "image/plan.h"

struct new_options {
	uint64_t size_bytes, swap_bytes;
	const char *layout, *boot_sector, *template;
	const char *memory, *vcpus, *type, *boot;
	const char *bridge, *mac, *ip, *gateway;
	const char *dir, *wait;
	bool no_net, no_start, no_wait, console, dry_run, json, keep_failed;
};

extern const struct bd_option new_option_table[];
void new_option_defaults(void *options);

/* All that `new` is going to do, decided before anything is touched. */
struct new_job {
	struct bd_guest guest;
	struct bd_plan plan;
	enum bd_boot_sector boot_sector;
	const char *template;
	uint32_t disk_signature;
	uint8_t hash_seed[16];
	char *image_path, *cfg_path;
	char *kernel_path; /* of dom0: what cfg's kernel= names; NULL: none */
	char *ramdisk_path; /* direct boot only */
	bool in_system_folders; /* no --dir */
	bool start, console, json, keep_failed;
	unsigned wait_s; /* 0: do not wait */
};

void new_job_init(struct new_job *job);
void new_job_dispose(struct new_job *job); /* idempotent */
int new_job_decide(const struct new_options *options, const char *name, struct new_job *job_out,
		   struct bd_error *err);

/* The files of a guest while they are made; published in this order. */
struct new_files {
	struct bd_draft image, kernel, ramdisk, cfg;
	struct bd_ext3_geometry geometry;
	bool has_kernel; /* the template has one */
	bool has_ramdisk;
};

void new_files_init(struct new_files *files);
void new_files_dispose(struct new_files *files); /* idempotent; what is published stays */
/* A filesystem without ACLs takes restrict_bootloader back. */
int new_files_make(struct new_job *job, struct new_files *files, struct bd_error *err);
int new_files_publish(struct new_files *files, struct bd_error *err);
void new_files_retract(struct new_files *files);

/* The cfg's text; the caller frees. */
int new_cfg_text(const struct new_job *job, bool has_ramdisk, char **text_out, struct bd_error *err);

struct new_outcome {
	const struct new_files *files; /* NULL for --dry-run */
	bool started, ready;
	uint32_t domid;
	double make_s, create_s, wait_s;
};

int new_report_plan(const struct new_job *job, struct bd_error *err); /* --dry-run */
int new_report_done(const struct new_job *job, const struct new_outcome *outcome, struct bd_error *err);

#endif
