/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `clone`: options -> job -> the source's disk -> files -> report. */
#ifndef BD_OPS_CLONE_CLONE_H
#define BD_OPS_CLONE_CLONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "guest/renew.h"
#include "ops/create/create.h"
#include "xlcfg/read.h"

struct clone_options {
	struct new_options new; /* those that `clone` has too */
	const char *memory, *vcpus; /* NULL: the source's */
	bool start;
};

/* What lies where on a disk that is copied. */
struct clone_disk {
	bool has_table;
	uint32_t signature;
	uint64_t root_offset_bytes, root_size_bytes;
	bool has_swap;
	int partition_numbers[8];
	size_t partition_count;
	uint8_t root_uuid[16], swap_uuid[16];
	char label[17];
	bool uuid_in_checksums; /* see ext3/reader/root.h */
};

struct clone_job {
	struct bd_cfg source;
	char *source_text; /* of its cfg */
	int source_fd; /* its disk, for reading */
	uint64_t size_bytes;
	struct clone_disk disk;
	struct new_job new; /* the copy, as far as `clone` decides it */
	bool copy_kernel, copy_ramdisk; /* they are the source's own files in dom0 */
	struct bd_renewal renewal;
	struct bd_tree tree; /* what the copy has that the source has not */
	struct bd_identity_result identity;
};

void clone_job_init(struct clone_job *job);
void clone_job_dispose(struct clone_job *job); /* idempotent */

/* From the source's cfg and the options; touches nothing. BD_EUSAGE: a static address would be doubled. ENOTSUP: what
 * the source has cannot be copied so. */
int clone_job_decide(const struct clone_options *options, const char *name, struct clone_job *job,
		     struct bd_error *err);

/* Opens the source's disk and finds out what is on it, and then what the copy is to have instead. EBUSY: it is in use, or
 * its filesystem is not clean. ENOTSUP: there is something on it that would not get an identity of its own. */
int clone_disk_look(struct clone_job *job, struct bd_error *err);

/* Makes all files as drafts. */
int clone_files_make(struct clone_job *job, struct new_files *files, struct bd_error *err);

/* The copy's cfg: the source's text, changed in its places. The caller frees. ENOTSUP: it cannot be changed so. */
int clone_cfg_text(const struct clone_job *job, char **text_out, struct bd_error *err);

/* vif.c. */
/* The MAC addresses of the source, and those of the copy in their places. */
int clone_vif_words(const struct clone_job *job, struct bd_word_changes *words, struct bd_error *err);
/* The first interface: its bridge, and a MAC address where it had none, which the files in the guest go by. */
int clone_vif_first(const struct clone_job *job, char **text, struct bd_error *err);
/* Each ip=, by which dom0's scripts set up routes and filters: the copy's of the first interface, else none. */
int clone_vif_addresses(const struct clone_job *job, char **text, struct bd_error *err);
/* False: two interfaces have one MAC address, or one has the source's. */
bool clone_vif_is_own(const struct clone_job *job, const struct bd_cfg *copy);

int clone_report(const struct clone_job *job, const struct new_outcome *outcome, struct bd_error *err);

#endif
