/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `fill`: a whole disk on a device, or in a file, that another tool has made for a guest of its own. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/printable.h"
#include "base/progress.h"
#include "cli/command.h"
#include "cli/disk_plan.h"
#include "cli/guest/made_json.h"
#include "cli/guest/request_options.h"
#include "cli/guest/request_rows.h"
#include "cli/warnings.h"
#include "ops/create/create.h"
#include "ops/create/decide.h"
#include "ops/create/fill.h"

struct fill_options {
	const char *name, *type;
	const char *swap, *layout, *boot_sector, *fs, *template, *templates;
	const char *append, *mac, *gateway, *gateway6;
	struct bd_texts mounts, ips, ip6s, nets, dns, ssh_keys, files;
	const char *user, *root_password_hash, *root_password_hash_file, *root_password_file, *user_data, *run_once,
		*seed, *seed_file;
	const char *seed_disk;
	bool force, no_net, dry_run, json;
};

#define AT(member) offsetof(struct fill_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_HEADING, "Disk", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "name", "NAME", "the guest's name, which becomes its host name; required", AT(name) },
	{ BD_OPTION_FLAG, "force", NULL,
	  "fill TARGET even if something is on it, which is lost", AT(force) },
	REQUEST_DISK_ROWS(struct fill_options),
	{ BD_OPTION_TEXT, "type", "TYPE",
	  "the guest's type: pv, pvh or hvm; a warning of what it lacks depends on it [pv]", AT(type) },
	REQUEST_APPEND_ROW(struct fill_options),
	{ BD_OPTION_HEADING, "Network", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "mac", "MAC",
	  "MAC address that the interface will have, by which the guest's network configuration knows it [random, in 00:16:3e]",
	  AT(mac) },
	REQUEST_NETWORK_ROWS(struct fill_options),
	REQUEST_NO_NET_ROW(struct fill_options),
	{ BD_OPTION_HEADING, "Identity", NULL, NULL, 0 },
	REQUEST_IDENTITY_ROWS(struct fill_options),
	{ BD_OPTION_TEXT, "seed-disk", "FILE",
	  "of a template that is a whole disk: write what the options above say to FILE, a read-only disk for cloud-init",
	  AT(seed_disk) },
	{ BD_OPTION_HEADING, "Operation", NULL, NULL, 0 },
	{ BD_OPTION_FLAG, "dry-run", NULL, "check everything, print the plan and touch nothing", AT(dry_run) },
	{ BD_OPTION_FLAG, "json", NULL, "print the result as a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

/* files: NULL: it is only planned. */
static int print_json(const struct create_job *job, const struct create_files *files, double make_s,
		      struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();

	bd_json_string(json, "name", job->guest.name);
	bd_json_string(json, "target", job->image_path);
	bd_json_string(json, "state", files ? "filled" : "planned");
	bd_json_string(json, "template", job->template);
	bd_json_uint(json, "size_bytes", job->plan.disk_bytes);
	if (!job->is_whole_disk)
		disk_plan_put_json(json, job);
	made_json_networks(json, &job->guest.networks);
	bd_json_string(json, "seed_disk", job->seed_path);
	warnings_put_json(json, &job->system, job->lacks, job->guest.name);
	if (files) {
		made_json_host_keys(json, &files->identity);
		bd_json_double(json, "make_seconds", make_s);
	}
	return bd_json_finish(json, err);
}

static int print_plan(const struct create_job *job, bool json, struct bd_error *err)
{
	char size[32];

	if (json)
		return print_json(job, NULL, 0, err);
	bd_format_size(job->plan.disk_bytes, size, sizeof(size));
	if (job->is_whole_disk)
		bd_print(stdout, "Disk %s: %s, %" PRIu64 " bytes, a copy of the template's disk\n\n", job->image_path,
			 size, job->plan.disk_bytes);
	else
		disk_plan_print(job);
	bd_print(stdout, "Template %s\nHost name %s\nAll of %s will be cleared\n", job->template, job->guest.name,
		 job->image_path);
	if (job->seed_path)
		bd_print(stdout, "Seed disk %s\n", job->seed_path);
	return 0;
}

static int print_done(const struct create_job *job, const struct create_files *files, double make_s, bool json,
		      struct bd_error *err)
{
	char mac[BD_MAC_TEXT_SIZE];

	if (json)
		return print_json(job, files, make_s, err);
	if (bd_log_level() < BD_LOG_INFO)
		return 0;
	bd_print(stdout, "%s is the disk of %s, from the template %s\n", job->image_path, job->guest.name,
		 job->template);
	for (size_t i = 0; i < job->guest.networks.count; i++) {
		bd_mac_format(job->guest.networks.items[i].mac, mac);
		bd_print(stdout, "Its interface eth%zu has the MAC address %s\n", i, mac);
	}
	if (files->identity.ssh_host_key_type[0])
		bd_print(stdout, "Its SSH host key is %s, %s\n", files->identity.ssh_host_key_type,
			 files->identity.ssh_host_key_fingerprint);
	return 0;
}

static int read_request(const struct fill_options *options, const char *target, struct bd_create_request *request,
			struct bd_error *err)
{
	if (!options->name)
		return bd_usage(err, "--name NAME is required: what the guest will be called");
	request->name = options->name;
	request->device = target;
	request->only_disk = true;
	request->start = false;
	request->overwrite = options->force;
	request->seed_disk = options->seed_disk;
	return request_from_options(option_table, options, request, err);
}

static int fail(struct bd_error *err)
{
	if (err->field != BD_FIELD_OVERWRITE)
		return request_fail(err);
	err->field = BD_FIELD_NONE;
	return bd_fail_as(err, err, "%s; --force puts the guest's disk in its place", err->message);
}

static int fill(const struct fill_options *options, struct create_job *job, struct bd_error *err)
{
	BD_DISPOSE(create_files_dispose) struct create_files files = CREATE_FILES_INIT;
	double make_s;

	if (options->dry_run)
		return create_check_all(job, NULL, err) == 0 ? print_plan(job, options->json, err) : -1;
	return create_fill(job, &files, &make_s, err) == 0 ? print_done(job, &files, make_s, options->json, err) : -1;
}

static int run_fill(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct fill_options *options = options_pointer;
	BD_DISPOSE(bd_create_request_dispose) struct bd_create_request request;
	BD_DISPOSE(create_job_dispose) struct create_job job = { 0 };

	bd_create_request_init(&request);
	bd_progress_only_long();
	if (options->json)
		bd_progress_init(BD_PROGRESS_OFF);
	if (read_request(options, arguments[0], &request, err) != 0)
		return -1;
	return create_decide(&request, &job, err) != 0 || fill(options, &job, err) != 0 ? fail(err) : 0;
}

const struct bd_command bd_command_fill = {
	.name = "fill",
	.arguments = "TARGET",
	.summary = "make a device or file that is there a guest's disk, without a config",
	.description =
		"Makes TARGET, a block device or a file of the size that is wanted, the disk of a guest which another tool "
		"will start, such as Ganeti: the disk that `new` would make with the same options, with partition table, boot sector, "
		"filesystem and identity, in the whole size of TARGET. Nothing else is made: no config, no domain; and no Xen is "
		"needed. This host's defaults for new guests do not apply.\n\n"
		"TARGET must be unused: not mounted, no part of anything, no disk of a running guest or of one with a config in /etc/xen (those of --dir elsewhere are not seen), "
		"and a file must not be open for writing, nor mounted through a loop device. Without --force it must also be empty: nothing is recognised on it, a file is all zeros, and so are "
		"the first 4 KiB of a device, as lvcreate leaves them. It is cleared "
		"completely. Partition table and boot sector are written last, when all else has reached the disk; a failure after "
		"clearing leaves it blank.\n\n"
		"A template of a whole disk is copied as it is, and its partition table fitted to TARGET. What the options say of "
		"the guest's identity and network is put where cloud-init reads it, in the root filesystem if that is ext2, ext3 or ext4, or on a "
		"--seed-disk; of a disk without cloud-init such options are refused. It is put there when the copy is complete: a kill "
		"or a power cut between the two leaves a copy without it.",
	.examples =
		"xen-bigdisk fill /dev/vg/web01 --name web01 --template debian-12 --ssh-key admin.pub\ta logical volume\n"
		"truncate -s 4G web01.img && xen-bigdisk fill web01.img --name web01.example.com --ip 192.0.2.12/24 --gateway "
		"192.0.2.1 --mac 00:16:3e:00:00:01\ta file, as any user\n",
	.statuses = "3456",
	.options = option_table,
	.options_size = sizeof(struct fill_options),
	.run = run_fill,
};
