/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads configs, domains, disks and records. */
#include "ops/metrics/scrape.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/sector.h"
#include "ops/guest/facts.h"
#include "ops/guest/xendomains.h"

void scrape_dispose(struct scrape *scrape)
{
	for (size_t i = 0; scrape->guests && i < scrape->guest_count; i++)
		free(scrape->guests[i].disks);
	free(scrape->guests);
	bd_cfgs_dispose(&scrape->cfgs);
	domains_dispose(&scrape->domains);
	boot_dispose(&scrape->boot);
	*scrape = (struct scrape){ 0 };
}

void scrape_missed(struct scrape *scrape, enum scrape_part part, const char *message)
{
	BD_FREE char *clean = bd_printable(message);

	scrape->errors[part]++;
	if (clean)
		bd_info("%s", clean);
}

/* A dir that was given and is not there is a mistake. */
static int read_cfgs(const char *dir, struct scrape *scrape, struct bd_error *err)
{
	scrape->cfgs_known = guests_read_cfgs(dir, &scrape->cfgs, err) == 0;
	if (!scrape->cfgs_known && dir && (err->code == ENOENT || err->code == ENOTDIR))
		return -1;
	if (!scrape->cfgs_known)
		scrape_missed(scrape, SCRAPE_CONFIGS, err->message);
	for (size_t i = 0; i < scrape->cfgs.unreadable_count; i++)
		scrape_missed(scrape, SCRAPE_CONFIGS, scrape->cfgs.unreadable[i]);
	return 0;
}

static void read_domains(struct scrape *scrape)
{
	struct bd_error err = BD_ERROR_INIT;
	struct bd_xen_version version;

	scrape->machine.struct_size = sizeof(scrape->machine);
	if (domains_try(&scrape->boot, &scrape->domains, &err) != 0) {
		scrape_missed(scrape, SCRAPE_DOMAINS, err.message);
	} else if (scrape->domains.known) {
		scrape->has_machine = boot_machine(&scrape->boot, &scrape->machine, &err) == 0;
		if (!scrape->has_machine)
			scrape_missed(scrape, SCRAPE_DOMAINS, err.message);
	} else if (bd_xen_running(&version, &err) == 0) {
		scrape_missed(scrape, SCRAPE_DOMAINS, "Xen is running, but only root may ask it");
	} else if (err.code != ENODEV) {
		scrape_missed(scrape, SCRAPE_DOMAINS, err.message);
	}
}

/* Of a block device as sysfs has it: opening one may start what it is made of. */
static bool device_bytes(dev_t device, uint64_t *bytes_out)
{
	char path[64];
	uint64_t sectors;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/size", major(device), minor(device));
	BD_FCLOSE FILE *file = fopen(path, "re");
	return file && fscanf(file, "%" SCNu64, &sectors) == 1 &&
	       !__builtin_mul_overflow(sectors, BD_SECTOR_BYTES, bytes_out);
}

/* What the disk takes on the host, which is the size of a raw one. */
static bool look_at_raw(const char *path, struct scraped_disk *disk_out)
{
	struct stat there;

	*disk_out = (struct scraped_disk){ .path = path, .has_size = true };
	if (stat(path, &there) != 0)
		return false;
	if (S_ISBLK(there.st_mode)) {
		if (!device_bytes(there.st_rdev, &disk_out->size_bytes)) {
			errno = ENXIO;
			return false;
		}
		disk_out->allocated_bytes = disk_out->size_bytes;
		return true;
	}
	disk_out->size_bytes = (uint64_t)there.st_size;
	disk_out->allocated_bytes = (uint64_t)there.st_blocks * S_BLKSIZE;
	errno = EINVAL;
	return S_ISREG(there.st_mode);
}

static bool look_at_disk(const struct bd_cfg *cfg, size_t number, struct scraped_disk *disk_out)
{
	if (!look_at_raw(cfg->disks[number], disk_out))
		return false;
	if (cfg->disk_formats[number])
		disk_out->has_size = guest_disk_virtual_size(cfg, number, &disk_out->size_bytes);
	return true;
}

static bool has_disk(const struct scraped_guest *guest, const char *path)
{
	for (size_t i = 0; i < guest->disk_count; i++)
		if (strcmp(guest->disks[i].path, path) == 0)
			return true;
	return false;
}

static int look_at_disks(struct scrape *scrape, struct scraped_guest *guest, struct bd_error *err)
{
	const struct bd_cfg *cfg = guest->cfg;
	char message[PATH_MAX + 512];

	guest->disks = calloc(cfg->disk_count + 1, sizeof(*guest->disks));
	if (!guest->disks)
		return bd_no_memory(err);
	for (size_t i = 0; i < cfg->disk_count; i++) {
		if (has_disk(guest, cfg->disks[i]))
			continue;
		if (look_at_disk(cfg, i, &guest->disks[guest->disk_count])) {
			guest->disk_count++;
			continue;
		}
		snprintf(message, sizeof(message), "the disk of %s: %s: %s", cfg->name, cfg->disks[i],
			 strerror(errno));
		scrape_missed(scrape, SCRAPE_DISKS, message);
	}
	return 0;
}

static void look_at_record(struct scrape *scrape, struct scraped_guest *guest)
{
	struct bd_error err = BD_ERROR_INIT;

	guest->has_record = bd_record_read(guest->cfg->path, &guest->record, &err) == 0;
	if (!guest->has_record)
		scrape_missed(scrape, SCRAPE_RECORDS, err.message);
}

static int take_cfg(struct scrape *scrape, const struct bd_cfg *cfg, struct bd_error *err)
{
	struct scraped_guest *guest = &scrape->guests[scrape->guest_count++];
	char saved[PATH_MAX];

	*guest = (struct scraped_guest){ .name = cfg->name,
					 .cfg = cfg,
					 .domain = domains_find(&scrape->domains, cfg) };
	guest->state = domains_state(&scrape->domains, guest->domain);
	if (!guest->domain && scrape->domains.known && xendomains_saved(cfg, saved) == SAVED)
		guest->state = "saved";
	look_at_record(scrape, guest);
	return look_at_disks(scrape, guest, err);
}

/* Samples of two guests of one name would be the same ones twice, for which Prometheus would refuse all. */
static bool is_taken(const struct scrape *scrape, const char *name)
{
	for (size_t i = 0; i < scrape->guest_count; i++)
		if (strcmp(scrape->guests[i].name, name) == 0)
			return true;
	return false;
}

static bool is_of_a_cfg(const struct scrape *scrape, const struct bd_toolstack_domain *domain)
{
	for (size_t i = 0; i < scrape->guest_count; i++)
		if (scrape->guests[i].domain == domain)
			return true;
	return false;
}

/* Domains without a name are being made or are dying. */
static void take_other_domains(struct scrape *scrape)
{
	for (size_t i = 0; i < scrape->domains.count; i++) {
		const struct bd_toolstack_domain *domain = &scrape->domains.items[i];
		if (domain->domid == 0 || is_of_a_cfg(scrape, domain) || domains_has_no_name(domain) ||
		    is_taken(scrape, domain->name))
			continue;
		scrape->guests[scrape->guest_count++] = (struct scraped_guest){
			.name = domain->name, .domain = domain, .state = domains_state(&scrape->domains, domain)
		};
	}
}

int scrape_read(const char *dir, struct scrape *scrape, struct bd_error *err)
{
	char message[2 * PATH_MAX];

	if (read_cfgs(dir, scrape, err) != 0)
		return -1;
	read_domains(scrape);
	scrape->guests = calloc(scrape->cfgs.count + scrape->domains.count + 1, sizeof(*scrape->guests));
	if (!scrape->guests)
		return bd_no_memory(err);
	for (size_t i = 0; i < scrape->cfgs.count; i++) {
		const struct bd_cfg *cfg = &scrape->cfgs.items[i];
		if (is_taken(scrape, cfg->name)) {
			snprintf(message, sizeof(message), "%s: another config gives the name %s, too", cfg->path,
				 cfg->name);
			scrape_missed(scrape, SCRAPE_CONFIGS, message);
		} else if (take_cfg(scrape, cfg, err) != 0) {
			return -1;
		}
	}
	take_other_domains(scrape);
	return 0;
}
