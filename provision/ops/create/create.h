/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `new`: options -> job -> files -> report. */
#ifndef BD_OPS_CREATE_CREATE_H
#define BD_OPS_CREATE_CREATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/file/atomic_file.h"
#include "cli/command.h"
#include "disk/device.h"
#include "disk/grub.h"
#include "disk/plan.h"
#include "ext3/ext3.h"
#include "guest/description.h"
#include "guest/identity.h"
#include "ops/guest/leftover.h"

struct new_options {
	uint64_t swap_bytes;
	const char *size, *device;
	const char *layout, *boot_sector, *template, *templates;
	const char *memory, *vcpus, *type, *boot;
	const char *bridge, *mac, *ip, *gateway, *ip6, *gateway6;
	struct bd_texts dns, ssh_keys, files;
	const char *root_password_hash, *root_password_file, *run_once, *seed;
	const char *dir, *wait;
	const char *fleet; /* not on the command line: what makes guests for a fleet says its name */
	bool no_net, no_start, no_wait, console, dry_run, json, keep_failed, overwrite, if_absent;
};

extern const struct bd_option new_option_table[];
void new_option_defaults(void *options);

/* All that `new` is going to do, decided before anything is touched. */
struct new_job {
	struct bd_guest guest;
	struct bd_identity identity;
	struct bd_plan plan;
	enum bd_boot_sector boot_sector;
	const char *template, *templates; /* templates: --templates, or NULL */
	uint32_t disk_signature;
	uint8_t hash_seed[16];
	char *image_path, *cfg_path; /* the image is a file, or a block device with on_device */
	char *kernel_path; /* of dom0: what cfg's kernel= names; NULL: none */
	char *ramdisk_path; /* direct boot only */
	bool in_system_folders; /* no --dir */
	bool on_device, overwrite;
	bool start, console, json, keep_failed;
	const char *fleet; /* its name, or NULL */
	unsigned wait_s; /* 0: do not wait */
};

void new_job_init(struct new_job *job);
void new_job_dispose(struct new_job *job); /* idempotent */
int new_job_decide(const struct new_options *options, const char *name, struct new_job *job_out,
		   struct bd_error *err);

/* After the name is known and before anything random is drawn. */
int new_identity_decide(const struct new_options *options, struct new_job *job, struct bd_error *err);
int new_numbers_decide(struct new_job *job, struct bd_error *err); /* UUIDs, disk signature, hash seed */

/* Parts of new_job_decide, for `clone`. text: --memory. */
int new_memory_decide(const char *text, struct bd_guest *guest, struct bd_error *err);
int new_network_decide(const struct new_options *options, const struct bd_random *random, struct bd_network *network,
		       struct bd_error *err);

/* The size of the disk: --size, the device's, or the default. */
int new_size_decide(const struct new_options *options, uint64_t *size_bytes_out, struct bd_error *err);
/* Both do nothing without --device. Opening claims it; to check touches nothing. */
int new_device_open(const struct new_job *job, enum bd_device_access access, struct bd_device *device_out,
		    struct bd_error *err);
int new_device_check(const struct new_job *job, struct bd_error *err);

/* The files of a guest while they are made; published in this order. */
struct new_files {
	struct bd_device device; /* instead of the image, and open before the files are made */
	struct bd_atomic_file image, kernel, ramdisk, cfg;
	struct bd_ext3_geometry geometry;
	struct bd_identity_result identity;
	bool has_kernel; /* the template has one */
	bool has_ramdisk;
};

void new_files_init(struct new_files *files);
void new_files_dispose(struct new_files *files); /* idempotent; what is published stays */
/* The template's prepared image, or -1 where there is none to be had. base_time: ctime of the template's files. */
struct bd_template;
int new_master_open(const struct new_job *job, const struct bd_template *template, const struct new_files *files,
		    int64_t base_time, int *fd_out, struct bd_error *err);

/* Whether guests whose images are in this folder share a template's blocks. */
bool new_shares_blocks(const struct bd_sealed *sealed, const char *folder);

/* EINVAL: no guest of this template can boot with so little. */
int new_check_memory(const struct bd_guest *guest, const struct bd_template *template, struct bd_error *err);

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

/* All of `new` between its options and its report. new_check: whether the template is there, and how the bootloader is to
 * run; touches nothing. new_do: makes the guest under a claim, and starts it as the job says; on failure nothing of it is
 * left. */
struct boot;
int new_check(struct new_job *job, struct bd_error *err);
int new_do(struct new_job *job, struct boot *boot, struct new_files *files, struct new_outcome *outcome_out,
	   struct bd_error *err);

/* As leftover_check_absent and leftover_remove, for the files of the job. */
int new_check_absent(const struct new_job *job, struct bd_error *err);
int new_leftover_remove(const struct new_job *job, bool *removed_out, struct bd_error *err);

struct bd_json;
void new_json_network(struct bd_json *json, const struct bd_network *network); /* key "network" */
void new_json_host_keys(struct bd_json *json, const struct bd_identity_result *identity); /* "ssh_host_keys" */
void new_json_start(struct bd_json *json, const struct new_outcome *outcome); /* nothing when it was not started */
/* --if-absent: saying that the guest's cfg is there. */
int new_report_exists(const struct new_job *job, struct bd_error *err);

int new_report_plan(const struct new_job *job, struct bd_error *err); /* --dry-run */
int new_report_done(const struct new_job *job, const struct new_outcome *outcome, struct bd_error *err);

#endif
