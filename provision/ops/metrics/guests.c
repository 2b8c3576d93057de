/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts the families about guests, each with a sample for every guest that has it. */
#include "ops/metrics/guests.h"

#include <string.h>

#include "base/parse.h"
#include "xlcfg/boot.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define MIB ((uint64_t)1 << 20)

static const struct bd_metric_label end_of_labels = { NULL, NULL };

/* All of them each time, so that a graph of one has no gaps. */
static void put_states(struct bd_metrics *metrics, const struct scrape *scrape)
{
	static const char *const states[] = {
		"running", "paused", "shutdown", "dying", "stopped", "saved", "unknown"
	};

	bd_metrics_family(metrics, BD_METRIC_GAUGE, "xen_bigdisk_guests", "How many guests are in this state.");
	for (size_t i = 0; i < COUNT(states); i++) {
		const struct bd_metric_label labels[] = { { "state", states[i] }, end_of_labels };
		uint64_t count = 0;
		for (size_t k = 0; k < scrape->guest_count; k++)
			count += strcmp(scrape->guests[k].state, states[i]) == 0;
		bd_metrics_uint(metrics, labels, count);
	}
}

static const char *boot_of(const struct bd_cfg *cfg)
{
	enum bd_guest_boot how;

	return strcmp(cfg->type, "hvm") != 0 && bd_cfg_boot(cfg, &how) ? bd_guest_boot_name(how) : NULL;
}

static void put_info(struct bd_metrics *metrics, const struct scrape *scrape)
{
	bd_metrics_family(metrics, BD_METRIC_GAUGE, "xen_bigdisk_guest_info",
			  "What the guest is, in labels; the value is 1.");
	for (size_t i = 0; i < scrape->guest_count; i++) {
		const struct scraped_guest *guest = &scrape->guests[i];
		const struct bd_cfg *cfg = guest->cfg;
		char uuid[BD_UUID_TEXT_SIZE] = "";
		if (guest->domain || (cfg && cfg->has_uuid))
			bd_format_uuid(guest->domain ? guest->domain->uuid : cfg->uuid, uuid);
		const struct bd_metric_label labels[] = { { "guest", guest->name },
							  { "uuid", uuid },
							  { "type", cfg ? cfg->type : NULL },
							  { "boot", cfg ? boot_of(cfg) : NULL },
							  { "template", cfg ? cfg->template : NULL },
							  { "fleet", cfg ? cfg->fleet : NULL },
							  end_of_labels };
		bd_metrics_uint(metrics, labels, 1);
	}
}

/* A number of a guest; false: it has none. */
typedef bool guest_number(const struct scrape *scrape, const struct scraped_guest *guest, uint64_t *value_out);

static bool get_up(const struct scrape *scrape, const struct scraped_guest *guest, uint64_t *value_out)
{
	*value_out = guest->domain && !domains_has_ended(guest->domain);
	return scrape->domains.known;
}

static bool get_monitor(const struct scrape *scrape, const struct scraped_guest *guest, uint64_t *value_out)
{
	(void)scrape;
	*value_out = guest->domain && guest->domain->monitor == BD_TOOLSTACK_MONITOR_RUNS;
	return guest->domain && guest->domain->monitor != BD_TOOLSTACK_MONITOR_FOREIGN;
}

static bool get_memory(const struct scrape *scrape, const struct scraped_guest *guest, uint64_t *value_out)
{
	(void)scrape;
	*value_out = guest->domain ? guest->domain->memory_kib * 1024 : 0;
	return guest->domain;
}

static bool get_memory_max(const struct scrape *scrape, const struct scraped_guest *guest, uint64_t *value_out)
{
	(void)scrape;
	*value_out = guest->domain ? guest->domain->memory_max_kib * 1024 : 0;
	return *value_out;
}

static bool get_memory_configured(const struct scrape *scrape, const struct scraped_guest *guest, uint64_t *value_out)
{
	(void)scrape;
	return guest->cfg && guest->cfg->memory_mib &&
	       !__builtin_mul_overflow(guest->cfg->memory_mib, MIB, value_out);
}

static bool get_vcpus(const struct scrape *scrape, const struct scraped_guest *guest, uint64_t *value_out)
{
	(void)scrape;
	*value_out = guest->domain ? guest->domain->vcpus : 0;
	return guest->domain;
}

static bool get_vcpus_max(const struct scrape *scrape, const struct scraped_guest *guest, uint64_t *value_out)
{
	(void)scrape;
	*value_out = guest->domain ? guest->domain->vcpus_max : 0;
	return *value_out;
}

static bool get_vcpus_configured(const struct scrape *scrape, const struct scraped_guest *guest, uint64_t *value_out)
{
	(void)scrape;
	*value_out = guest->cfg && guest->cfg->vcpus ? guest->cfg->vcpus : 1;
	return guest->cfg;
}

static bool get_last_start(const struct scrape *scrape, const struct scraped_guest *guest, uint64_t *value_out)
{
	(void)scrape;
	*value_out = (uint64_t)guest->record.last_start_s;
	return guest->record.last_start_s > 0;
}

static const struct {
	const char *name, *help;
	guest_number *get;
} numbers[] = {
	{ "xen_bigdisk_guest_up", "Whether the guest has a domain that has not ended: 1 or 0.", get_up },
	{ "xen_bigdisk_guest_monitor_up",
	  "Whether the monitor process behind the domain runs: 1 or 0; of domains of other toolstacks it is not known.",
	  get_monitor },
	{ "xen_bigdisk_guest_memory_bytes", "Memory that the domain has.", get_memory },
	{ "xen_bigdisk_guest_memory_max_bytes", "Memory that the domain can be given without a restart.",
	  get_memory_max },
	{ "xen_bigdisk_guest_memory_configured_bytes", "Memory that the guest gets by its config at its next start.",
	  get_memory_configured },
	{ "xen_bigdisk_guest_vcpus", "Virtual CPUs that the domain has online.", get_vcpus },
	{ "xen_bigdisk_guest_vcpus_max", "Virtual CPUs that the domain can have without a restart.", get_vcpus_max },
	{ "xen_bigdisk_guest_vcpus_configured", "Virtual CPUs that the guest gets by its config at its next start.",
	  get_vcpus_configured },
	{ "xen_bigdisk_guest_last_start_timestamp_seconds",
	  "When a command of xen-bigdisk started the guest last, since the epoch.", get_last_start },
};

static void put_numbers(struct bd_metrics *metrics, const struct scrape *scrape)
{
	uint64_t value;

	for (size_t i = 0; i < COUNT(numbers); i++) {
		bd_metrics_family(metrics, BD_METRIC_GAUGE, numbers[i].name, numbers[i].help);
		for (size_t k = 0; k < scrape->guest_count; k++) {
			const struct scraped_guest *guest = &scrape->guests[k];
			const struct bd_metric_label labels[] = { { "guest", guest->name }, end_of_labels };
			if (numbers[i].get(scrape, guest, &value))
				bd_metrics_uint(metrics, labels, value);
		}
	}
}

static void put_cpu_time(struct bd_metrics *metrics, const struct scrape *scrape)
{
	bd_metrics_family(metrics, BD_METRIC_COUNTER, "xen_bigdisk_guest_cpu_seconds_total",
			  "CPU time that the domain has used, on all its virtual CPUs.");
	for (size_t i = 0; i < scrape->guest_count; i++) {
		const struct scraped_guest *guest = &scrape->guests[i];
		const struct bd_metric_label labels[] = { { "guest", guest->name }, end_of_labels };
		if (guest->domain)
			bd_metrics_double(metrics, labels, (double)guest->domain->cpu_time_ns / 1e9);
	}
}

static void put_disks(struct bd_metrics *metrics, const struct scrape *scrape, const char *name, const char *help,
		      bool allocated)
{
	bd_metrics_family(metrics, BD_METRIC_GAUGE, name, help);
	for (size_t i = 0; i < scrape->guest_count; i++) {
		const struct scraped_guest *guest = &scrape->guests[i];
		for (size_t k = 0; k < guest->disk_count; k++) {
			const struct scraped_disk *disk = &guest->disks[k];
			const struct bd_metric_label labels[] = { { "guest", guest->name },
								  { "disk", disk->path },
								  end_of_labels };
			if (allocated || disk->has_size)
				bd_metrics_uint(metrics, labels,
						allocated ? disk->allocated_bytes : disk->size_bytes);
		}
	}
}

/* A domain without a config has no record. A record that cannot be read is none of zeros, which would be a reset. */
static void put_counter(struct bd_metrics *metrics, const struct scrape *scrape, enum bd_record_counter counter,
			const char *reason)
{
	for (size_t i = 0; i < scrape->guest_count; i++) {
		const struct scraped_guest *guest = &scrape->guests[i];
		const struct bd_metric_label labels[] = { { "guest", guest->name },
							  { reason ? "reason" : NULL, reason },
							  end_of_labels };
		if (guest->has_record)
			bd_metrics_uint(metrics, labels, guest->record.counts[counter]);
	}
}

static void put_counters(struct bd_metrics *metrics, const struct scrape *scrape)
{
	bd_metrics_family(metrics, BD_METRIC_COUNTER, "xen_bigdisk_guest_starts_total",
			  "Starts by commands of xen-bigdisk that made a domain.");
	put_counter(metrics, scrape, BD_RECORD_STARTS, NULL);
	bd_metrics_family(metrics, BD_METRIC_COUNTER, "xen_bigdisk_guest_start_failures_total",
			  "Starts and restarts that made no domain, or whose guest ended while it was waited for.");
	put_counter(metrics, scrape, BD_RECORD_START_FAILURES, NULL);
	bd_metrics_family(metrics, BD_METRIC_COUNTER, "xen_bigdisk_guest_restarts_total",
			  "Domains that the guest's monitor made after a reboot or a crash.");
	put_counter(metrics, scrape, BD_RECORD_RESTARTS, NULL);
	bd_metrics_family(metrics, BD_METRIC_COUNTER, "xen_bigdisk_guest_shutdowns_total",
			  "Ends of the guest that its monitor saw, by the reason that the guest gave.");
	put_counter(metrics, scrape, BD_RECORD_POWEROFFS, "poweroff");
	put_counter(metrics, scrape, BD_RECORD_REBOOTS, "reboot");
	put_counter(metrics, scrape, BD_RECORD_CRASHES, "crash");
}

static void put_stages(struct bd_metrics *metrics, const struct scrape *scrape)
{
	bd_metrics_family(metrics, BD_METRIC_GAUGE, "xen_bigdisk_guest_last_start_stage_seconds",
			  "What the last start by a command of xen-bigdisk was spent on.");
	for (size_t i = 0; i < scrape->guest_count; i++) {
		const struct scraped_guest *guest = &scrape->guests[i];
		for (size_t k = 0; k < guest->record.stage_count; k++) {
			const struct bd_metric_label labels[] = { { "guest", guest->name },
								  { "stage", guest->record.stages[k].name },
								  end_of_labels };
			bd_metrics_double(metrics, labels, guest->record.stages[k].seconds);
		}
	}
}

void metrics_put_guests(struct bd_metrics *metrics, const struct scrape *scrape)
{
	if (scrape->cfgs_known)
		put_states(metrics, scrape);
	put_info(metrics, scrape);
	put_numbers(metrics, scrape);
	put_cpu_time(metrics, scrape);
	put_disks(metrics, scrape, "xen_bigdisk_guest_disk_size_bytes", "Size of the disk as the guest sees it.",
		  false);
	put_disks(metrics, scrape, "xen_bigdisk_guest_disk_allocated_bytes",
		  "What the disk takes on the host; of a block device, its size.", true);
	put_counters(metrics, scrape);
	put_stages(metrics, scrape);
}
