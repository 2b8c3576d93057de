/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts all families: of the host, its guests, its templates, what doctor finds, and of the reading itself. */
#include "ops/metrics/metrics.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "metrics/text.h"
#include "ops/doctor/doctor.h"
#include "ops/metrics/guests.h"
#include "ops/metrics/scrape.h"
#include "template/store.h"

static const struct bd_metric_label end_of_labels = { NULL, NULL };

static void put_one(struct bd_metrics *metrics, const char *name, const char *help, uint64_t value)
{
	bd_metrics_family(metrics, BD_METRIC_GAUGE, name, help);
	bd_metrics_uint(metrics, NULL, value);
}

static void put_seconds(struct bd_metrics *metrics, const char *name, const char *help, double begin_s)
{
	bd_metrics_family(metrics, BD_METRIC_GAUGE, name, help);
	bd_metrics_double(metrics, NULL, bd_clock_s() - begin_s);
}

static void put_host(struct bd_metrics *metrics, const struct scrape *scrape)
{
	const struct bd_metric_label version[] = { { "version", BD_VERSION }, end_of_labels };
	const struct bd_toolstack_plugin *plugin = scrape->boot.toolstack.plugin;

	bd_metrics_family(metrics, BD_METRIC_GAUGE, "xen_bigdisk_build_info",
			  "The version of xen-bigdisk, in a label; the value is 1.");
	bd_metrics_uint(metrics, version, 1);
	put_one(metrics, "xen_bigdisk_hypervisor_up",
		"Whether Xen is running here, this is its dom0, and it could be asked: 1 or 0.",
		scrape->domains.known);
	if (!scrape->has_machine || !plugin)
		return;
	const struct bd_toolstack_machine *machine = &scrape->machine;
	const struct bd_metric_label xen[] = { { "version", machine->xen_version },
					       { "toolstack", plugin->name },
					       { "toolstack_release", plugin->xen_version },
					       end_of_labels };
	bd_metrics_family(
		metrics, BD_METRIC_GAUGE, "xen_bigdisk_hypervisor_info",
		"The running Xen, and the release that the toolstack plugin was built for, in labels; the value is 1.");
	bd_metrics_uint(metrics, xen, 1);
	put_one(metrics, "xen_bigdisk_host_memory_bytes", "Memory of the host, of dom0 and all guests.",
		machine->total_memory_kib * 1024);
	put_one(metrics, "xen_bigdisk_host_memory_available_bytes",
		"Memory that new guests can be given now: what is free, and what dom0 would give up.",
		machine->available_memory_kib * 1024);
	put_one(metrics, "xen_bigdisk_host_cpus", "Physical CPUs that Xen uses.", machine->cpus);
}

/* What a folder's files take on the disk. */
static bool folder_bytes(const char *path, uint64_t *bytes_out)
{
	BD_CLOSEDIR DIR *entries = opendir(path);
	struct stat there;

	*bytes_out = 0;
	for (const struct dirent *entry; entries && (entry = readdir(entries));)
		if (fstatat(dirfd(entries), entry->d_name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(there.st_mode))
			*bytes_out += (uint64_t)there.st_blocks * S_BLKSIZE;
	return entries;
}

static void put_template(struct bd_metrics *metrics, struct scrape *scrape, const struct bd_store *store,
			 const char *name)
{
	const struct bd_metric_label labels[] = { { "template", name }, end_of_labels };
	char path[PATH_MAX + BD_TEMPLATE_NAME_SIZE], message[PATH_MAX + 128];
	uint64_t bytes;

	snprintf(path, sizeof(path), "%s/%s", store->path, name);
	if (!folder_bytes(path, &bytes)) {
		snprintf(path, sizeof(path), "%s/%s", store->fallback_path, name);
		if (!*store->fallback_path || !folder_bytes(path, &bytes)) {
			snprintf(message, sizeof(message), "cannot read the template %s in %.*s", name, PATH_MAX - 1,
				 store->path);
			scrape_missed(scrape, SCRAPE_TEMPLATES, message);
			return;
		}
	}
	bd_metrics_uint(metrics, labels, bytes);
}

static void put_templates(struct bd_metrics *metrics, struct scrape *scrape, const char *folder)
{
	BD_DISPOSE(bd_store_names_dispose) struct bd_store_names names = { 0 };
	struct bd_error err = BD_ERROR_INIT;
	struct bd_store store;

	if (bd_store_open(folder, &store, &err) != 0 || bd_store_list(&store, &names, &err) != 0) {
		scrape_missed(scrape, SCRAPE_TEMPLATES, err.message);
		return;
	}
	put_one(metrics, "xen_bigdisk_templates", "How many templates there are, beside the built-in ones.",
		names.count);
	bd_metrics_family(metrics, BD_METRIC_GAUGE, "xen_bigdisk_template_bytes",
			  "What the template takes on the host's disk.");
	for (size_t i = 0; i < names.count; i++)
		put_template(metrics, scrape, &store, names.names[i]);
}

static int put_doctor(struct bd_metrics *metrics, const struct metrics_request *request, struct bd_error *err)
{
	static const struct {
		const char *severity;
		enum doctor_state state;
	} severities[] = {
		{ "problem", DOCTOR_PROBLEM },
		{ "warning", DOCTOR_WARNING },
		{ "unchecked", DOCTOR_UNCHECKED },
		{ "ok", DOCTOR_OK },
	};
	double begin_s = bd_clock_s();
	BD_DISPOSE(doctor_dispose)
	struct doctor doctor = {
		.dir = request->dir,
		.templates = request->templates,
	};

	if (doctor_run(&doctor, err) != 0)
		return -1;
	bd_metrics_family(metrics, BD_METRIC_GAUGE, "xen_bigdisk_doctor_findings",
			  "What the checks of this host find, by severity.");
	for (size_t i = 0; i < sizeof(severities) / sizeof(*severities); i++) {
		const struct bd_metric_label labels[] = { { "severity", severities[i].severity }, end_of_labels };
		bd_metrics_uint(metrics, labels, doctor_count(&doctor, severities[i].state));
	}
	put_seconds(metrics, "xen_bigdisk_doctor_duration_seconds", "How long these checks took.", begin_s);
	return 0;
}

static void put_errors(struct bd_metrics *metrics, const struct scrape *scrape)
{
	static const char *const parts[SCRAPE_PARTS] = {
		[SCRAPE_CONFIGS] = "configs", [SCRAPE_DOMAINS] = "domains",	[SCRAPE_DISKS] = "disks",
		[SCRAPE_RECORDS] = "records", [SCRAPE_TEMPLATES] = "templates",
	};

	bd_metrics_family(metrics, BD_METRIC_GAUGE, "xen_bigdisk_scrape_errors",
			  "What could not be read for these metrics, by its kind.");
	for (int i = 0; i < SCRAPE_PARTS; i++) {
		const struct bd_metric_label labels[] = { { "part", parts[i] }, end_of_labels };
		bd_metrics_uint(metrics, labels, scrape->errors[i]);
	}
}

/* One that is given has to be there; in the usual place there may be none yet. */
static int check_templates(const char *folder, struct bd_error *err)
{
	BD_CLOSE int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	return folder && fd < 0 ? bd_fail_lookup(err, "cannot read the directory %s", folder) : 0;
}

int metrics_make(const struct metrics_request *request, char **text_out, struct bd_error *err)
{
	BD_DISPOSE(bd_metrics_dispose) struct bd_metrics metrics = { 0 };
	BD_DISPOSE(scrape_dispose) struct scrape scrape = { 0 };
	double begin_s = bd_clock_s();

	if (check_templates(request->templates, err) != 0 || scrape_read(request->dir, &scrape, err) != 0)
		return -1;
	put_host(&metrics, &scrape);
	metrics_put_guests(&metrics, &scrape);
	put_templates(&metrics, &scrape, request->templates);
	if (!request->no_doctor && put_doctor(&metrics, request, err) != 0)
		return -1;
	put_errors(&metrics, &scrape);
	put_seconds(&metrics, "xen_bigdisk_scrape_duration_seconds", "How long it took to read all of this.",
		    begin_s);
	return bd_metrics_finish(&metrics, text_out, err);
}
