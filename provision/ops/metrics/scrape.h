/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is read for the metrics: once, and with no more than a stat of each disk, and the header of one in another format than raw. */
#ifndef BD_OPS_METRICS_SCRAPE_H
#define BD_OPS_METRICS_SCRAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "events/record.h"
#include "ops/host/boot.h"
#include "ops/host/domains.h"
#include "xlcfg/folder.h"

/* What something could not be read of. */
enum scrape_part { SCRAPE_CONFIGS, SCRAPE_DOMAINS, SCRAPE_DISKS, SCRAPE_RECORDS, SCRAPE_TEMPLATES, SCRAPE_PARTS };

struct scraped_disk {
	const char *path; /* of the cfg */
	bool has_size; /* false: it is in a format whose header cannot be read */
	uint64_t size_bytes, allocated_bytes;
};

struct scraped_guest {
	const char *name, *state;
	const struct bd_cfg *cfg; /* NULL: a domain of this host that has none */
	const struct bd_toolstack_domain *domain; /* NULL: it does not run, or that is not known */
	struct scraped_disk *disks; /* owned; those that could be looked at, each path once */
	size_t disk_count;
	bool has_record; /* it could be read, or the guest was never started */
	struct bd_record record;
};

struct scrape {
	struct boot boot;
	struct domains domains;
	bool has_machine;
	struct bd_toolstack_machine machine;
	bool cfgs_known;
	struct bd_cfgs cfgs;
	struct scraped_guest *guests; /* no two of one name */
	size_t guest_count;
	uint64_t errors[SCRAPE_PARTS];
};

void scrape_dispose(struct scrape *scrape); /* idempotent */

/* dir: of the configs; NULL: the system's. scrape is zeroed before. Fails without memory, and where there is no such dir; ENOENT or
 * ENOTDIR. */
int scrape_read(const char *dir, struct scrape *scrape, struct bd_error *err);

/* Counts a failure, and tells it. */
void scrape_missed(struct scrape *scrape, enum scrape_part part, const char *message);

#endif
