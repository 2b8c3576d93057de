/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `new`: from nothing to a running guest. */
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/log.h"
#include "base/progress.h"
#include "cli/command.h"
#include "cli/defaults_option.h"
#include "cli/guest/new_report.h"
#include "cli/guest/request_options.h"
#include "cli/guest/request_rows.h"
#include "cli/wait_option.h"
#include "ops/create/create.h"
#include "ops/create/decide.h"
#include "ops/host/boot.h"
#include "ops/host/boot_domain.h"

struct new_options {
	const char *size, *swap, *device, *lvm;
	const char *layout, *boot_sector, *fs, *template, *templates;
	const char *memory, *vcpus, *type, *boot;
	const char *bridge, *mac, *gateway, *gateway6, *append;
	struct bd_texts disks, mounts, ips, ip6s, nets, dns, ssh_keys, files;
	const char *user, *root_password_hash, *root_password_file, *root_password_hash_file, *user_data, *run_once,
		*seed, *seed_file;
	const char *dir;
	struct wait_options waiting;
	bool overwrite, no_net, no_start, console, if_absent, as_if_absent, dry_run, keep_failed, no_defaults, json;
};

#define AT(member) offsetof(struct new_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_HEADING, "Disk", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "size", "SIZE",
	  "size of the whole disk; 4G, 4GB and 4GiB all mean 4 times 1024 MiB; sparse, so it uses space only "
	  "as the guest writes [4G]",
	  AT(size) },
	{ BD_OPTION_TEXT, "device", "DEVICE",
	  "put the disk on this block device, such as /dev/vg/name, instead of in a file, in its size unless "
	  "--size is smaller; it must be unused and empty, and is cleared completely",
	  AT(device) },
	{ BD_OPTION_TEXT, "lvm", "VG[/POOL]",
	  "make a logical volume NAME for the disk in this volume group, or, with POOL, a thin one in this thin pool, as a "
	  "snapshot of the template's prepared image there; rm, clone, rename and grow know it",
	  AT(lvm) },
	{ BD_OPTION_FLAG, "overwrite", NULL,
	  "use the device even if something is on it, which is lost",
	  AT(overwrite) },
	{ BD_OPTION_LIST, "disk", "SIZE[:/MOUNT]",
	  "add a sparse disk of this size, NAME_disk2.img and so on; the guest sees the first one as xvdb. It is empty, "
	  "or with :/MOUNT, such as 20G:/var, a filesystem without a partition table, which the guest mounts there by "
	  "/etc/fstab, and which holds what the template has there",
	  AT(disks) },
	REQUEST_DISK_ROWS(struct new_options),
	{ BD_OPTION_HEADING, "Guest", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "type", "TYPE",
	  "guest type: pv, pvh or hvm; a whole disk that firmware can boot is hvm by default, unless it boots by bigdisk [pv]",
	  AT(type) },
	{ BD_OPTION_TEXT, "boot", "HOW",
	  "pygrub: Xen's program of that name reads grub.cfg from the image, in dom0; bigdisk: xen-bigdisk-boot does, without "
	  "privileges, and reads further filesystems and boot configurations; pvgrub: GRUB runs in the guest; direct: kernel and "
	  "initramfs are files in dom0; uefi: an hvm guest boots from the EFI system partition of a whole disk "
	  "[pygrub; hvm guests boot from their boot sector; a whole disk by bigdisk if pygrub finds nothing on it and that "
	  "does, else from its boot sector, by uefi or by pvgrub]",
	  AT(boot) },
	REQUEST_APPEND_ROW(struct new_options),
	{ BD_OPTION_TEXT, "memory", "SIZE", "memory; a plain number is in MiB [512M]", AT(memory) },
	{ BD_OPTION_TEXT, "vcpus", "N", "number of virtual CPUs [1]", AT(vcpus) },
	{ BD_OPTION_HEADING, "Network", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "bridge", "NAME", "bridge in dom0 [vif.default.bridge of xl.conf, else xenbr0]",
	  AT(bridge) },
	{ BD_OPTION_TEXT, "mac", "MAC", "MAC address [random, in 00:16:3e]", AT(mac) },
	REQUEST_NETWORK_ROWS(struct new_options),
	REQUEST_NO_NET_ROW(struct new_options),
	{ BD_OPTION_HEADING, "Identity", NULL, NULL, 0 },
	REQUEST_IDENTITY_ROWS(struct new_options),
	{ BD_OPTION_HEADING, "Operation", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "dir", "DIR", "create NAME.img, other disks and NAME.cfg side by side in DIR", AT(dir) },
	{ BD_OPTION_FLAG, "no-start", NULL, "create the files only; needs neither Xen nor (with --dir) root",
	  AT(no_start) },
	WAIT_OPTION_ROWS(struct new_options,
			 "wait until the guest's userspace reports that it is up [default on a terminal]",
			 "return as soon as the domain is running", "how long to wait for the guest [120]"),
	{ BD_OPTION_FLAG, "console", NULL,
	  "show the bootloader's menu, then attach to the guest's console (Ctrl-] detaches)", AT(console) },
	{ BD_OPTION_FLAG, "if-absent", NULL,
	  "do nothing if the guest's config exists, whatever it says; the status is 0; with --dry-run, print how that guest "
	  "differs from what is given here, and which command changes that",
	  AT(if_absent) },
	{ BD_OPTION_FLAG, "as-if-absent", NULL,
	  "with --dry-run: plan another guest in the place of one that exists, and make all checks of that, as if this one had "
	  "been removed before, with its domain",
	  AT(as_if_absent) },
	DEFAULTS_OPTION_ROW(struct new_options, no_defaults, "new guests"),
	{ BD_OPTION_FLAG, "dry-run", NULL,
	  "print the plan (regions, settings and where each comes from, files, config) and touch nothing",
	  AT(dry_run) },
	{ BD_OPTION_FLAG, "keep-failed", NULL, "keep the files of a guest that does not boot, for inspection",
	  AT(keep_failed) },
	{ BD_OPTION_FLAG, "json", NULL, "print the result as a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static int check_combination(const struct new_options *options, struct bd_error *err)
{
	const struct {
		bool one;
		const char *one_name;
		bool other;
		const char *other_name;
	} pairs[] = {
		{ options->no_start, "--no-start", options->waiting.wait, "--wait" },
		{ options->no_start, "--no-start", options->waiting.timeout, "--timeout" },
		{ options->no_start, "--no-start", options->console, "--console" },
		{ options->console, "--console", options->json, "--json" },
		{ options->console, "--console", options->waiting.wait, "--wait" },
		{ options->console, "--console", options->waiting.timeout, "--timeout" },
		{ options->if_absent, "--if-absent", options->as_if_absent, "--as-if-absent" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		if (pairs[i].one && pairs[i].other)
			return bd_usage(err, "%s and %s cannot be used together", pairs[i].one_name,
					pairs[i].other_name);
	return options->as_if_absent && !options->dry_run
		       ? bd_usage(
				 err,
				 "--as-if-absent is for --dry-run; to replace a guest, remove it first: xen-bigdisk rm")
		       : 0;
}

/* A plan is also for hosts without Xen, and for what is started elsewhere. */
static bool is_to_start(const struct new_options *options)
{
	struct bd_xen_version version;
	struct bd_error none;

	return !options->no_start && (!options->dry_run || bd_xen_running(&version, &none) == 0);
}

static int fill_request(const struct new_options *options, const char *name, struct bd_create_request *request,
			struct bd_error *err)
{
	request->name = name;
	if (check_combination(options, err) != 0 || request_from_options(option_table, options, request, err) != 0 ||
	    wait_option_boot(&options->waiting, &request->wait_s, err) != 0)
		return -1;
	if (options->console)
		request->wait_s = 0;
	request->start = is_to_start(options);
	request->keep_failed = options->keep_failed;
	return 0;
}

/* What is given is compared, and not what would come from the host's defaults. */
static int report_differences(const struct new_options *options, const struct create_job *job, struct bd_error *err)
{
	BD_DISPOSE(bd_create_request_dispose) struct bd_create_request request;
	struct fleet_differences differences;

	bd_create_request_init(&request);
	if (fill_request(options, job->guest.name, &request, err) != 0)
		return -1;
	if (fleet_compare_request(job->cfg_path, &request, &differences, err) != 0)
		return request_fail(err);
	return new_report_exists(job, &differences, options->json, err);
}

static int report_plan(const struct new_options *options, const struct settings *settings, struct create_job *job,
		       struct boot *boot, bool exists, struct bd_error *err)
{
	BD_DISPOSE(create_replaced_dispose) struct create_replaced replaced = { .memory_kib = 0 };

	if (exists && create_replaced_look(job->cfg_path, boot, &replaced, err) != 0)
		return -1;
	job->replaced = exists ? &replaced : NULL;
	int r = create_check_all(job, boot, err) != 0 ? -1 : new_report_plan(settings, options->json, err);
	job->replaced = NULL;
	return r;
}

/* Makes the guest, or tells that it is there already. settings: what the job was decided from. */
static int make(const struct new_options *options, const struct settings *settings, struct create_job *job,
		struct boot *boot, struct bd_error *err)
{
	BD_DISPOSE(create_files_dispose) struct create_files files = CREATE_FILES_INIT;
	struct create_outcome outcome;
	struct bd_error ignored;
	bool exists = false;

	if ((options->if_absent || options->as_if_absent) && bd_path_is_there(job->cfg_path, &exists, err) != 0)
		return -1;
	if (exists && options->if_absent)
		return options->dry_run ? report_differences(options, job, err)
					: new_report_exists(job, NULL, options->json, err);
	if (create_defaults_check_template(settings->defaults, err) != 0)
		return -1;
	if (options->dry_run)
		return report_plan(options, settings, job, boot, exists, err);
	if (job->whole_boot.is_for_bigdisk)
		bd_info("%s boots by bigdisk, because %s", job->guest.name, job->whole_boot.reason);
	if (create_check(job, err) == 0 && create_do(job, boot, &files, &outcome, err) == 0)
		return new_report_done(job, &outcome, options->json, err);
	/* Somebody else may have been faster. */
	exists = options->if_absent && err->kind == BD_KIND_EXISTS &&
		 bd_path_is_there(job->cfg_path, &exists, &ignored) == 0 && exists;
	return exists ? new_report_exists(job, NULL, options->json, err) : -1;
}

static int run_new(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct new_options *options = options_pointer;
	BD_DISPOSE(bd_host_defaults_dispose) struct bd_host_defaults host = { 0 };
	BD_DISPOSE(create_defaults_dispose) struct create_defaults defaults = { .host = &host };
	BD_DISPOSE(bd_create_request_dispose) struct bd_create_request request;
	BD_DISPOSE(create_job_dispose) struct create_job job = { 0 };
	BD_DISPOSE(boot_dispose) struct boot boot = { 0 };
	const struct settings settings = { &request, &defaults, &job };

	bd_create_request_init(&request);
	if (options->json)
		bd_progress_init(BD_PROGRESS_OFF);
	if (fill_request(options, arguments[0], &request, err) != 0 ||
	    defaults_option_read(options->no_defaults, &host, err) != 0)
		return -1;
	if (create_defaults_apply(&defaults, 0, &request, err) != 0 || create_decide(&request, &job, err) != 0)
		return request_fail_with(&defaults, err);
	if (job.never_reports && options->waiting.wait)
		return bd_usage(err,
				"--wait: the template %s is a disk of %s, and nothing in it reports that it is up",
				job.template, job.whole_disk.is_windows ? "Windows" : "BSD");
	boot.shows_boot_loader = options->console && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	if (make(options, &settings, &job, &boot, err) != 0)
		return request_fail_with(&defaults, err);
	return boot.created && options->console ? boot_console(&boot, err) : 0;
}

const struct bd_command bd_command_new = {
	.name = "new",
	.arguments = "NAME",
	.summary = "create a guest's disk and config, and boot it",
	.description =
		"Creates the guest NAME from nothing: a sparse disk image with a partition table, a boot sector and "
		"an ext3 (or ext4: --fs) filesystem that fits its partition, filled from a template, and an xl config; then boots it "
		"through libxl.\n\n"
		"A template of a whole disk (template import --as disk) is copied as it is, and its partition table fitted to "
		"a larger --size; growing the filesystem is for the guest, as cloud-init does. Keys, root's password, "
		"--run-once and the network are on a second, read-only disk, NAME-seed.iso, which cloud-init reads at the "
		"first boot. cloud-init is also what reports that such a guest is up. A guest of Windows or BSD is not waited for; for "
		"any other without cloud-init, waiting ends at the timeout. What "
		"would have to be written into the disk is refused. A cloud-init that is disabled in the disk, told of other "
		"datasources or to leave the network alone (/etc/cloud, the kernel's arguments), ignores the seed disk or its "
		"network.\n\n"
		"With --lvm the disk is a logical volume with the guest's name, which is made here, and removed by rm with the guest; a volume of that "
		"name that is there already is never touched. In a thin pool the template's prepared image is made once for each "
		"size, and guests are snapshots of it.\n\n"
		"What is not given comes from " BD_SYSCONFDIR
		"/xen-bigdisk/defaults.json, this host's defaults for new guests, "
		"and else is what is said in brackets above. The file is a JSON object such as {\"size\": \"8G\", \"bridge\": "
		"\"br0\", \"ssh_keys\": \"admin.pub\"}: xen-bigdisk-fleet(5) has the keys. What the guest cannot have, such as a "
		"gateway without a static address, is passed over. --dry-run shows where each value comes from. Where a Xen runs, it also "
		"checks whether the guest could be started: memory, bridges, its name; not with --no-start.\n\n"
		"All or nothing: if a step fails, or on Ctrl-C, everything created is removed again. An existing "
		"config, image or running domain of that name is never touched. A guest that runs but does not "
		"report within --timeout is left running, and the status is 1. The contents of a --device are lost "
		"once it is cleared; a failure after that leaves it blank.\n\n"
		"--json prints an object with name, cfg, image, uuid, network (a list of interfaces), the guest's "
		"other settings, with --dry-run where each comes from (settings) and whether it would be started (starts; false where no Xen runs), and state (\"running\"; \"made\" with --no-start; \"planned\" with --dry-run; "
		"\"exists\" with --if-absent, and then what its config says; with --dry-run also differences: key, from, to, and command, "
		"which is set, grow or shrink, or null where no command makes an existing guest so). Keys, the account that they are for, passwords, "
		"files, scripts, user-data and seeds are used once, when a guest is made, and are no differences; nor is --append of a guest whose "
		"kernel is in its disk, the size of a --device, --ip6 of auto, dhcp or none where the config does not say which of these it is, and what the guest "
		"has made of a --disk without a mount point.",
	.examples =
		"xen-bigdisk new web01 --size 4G\ta paravirtual guest on a 4 GiB disk, up when the command ends\n"
		"xen-bigdisk new web02 --type pvh --memory 1G --ip 192.0.2.12/24 --gateway 192.0.2.1\ta PVH guest with a "
		"static address\n"
		"xen-bigdisk new web01 --size 4G --if-absent\tfor scripts: create it unless it exists\n"
		"xen-bigdisk new web01 --size 4G --if-absent --dry-run\thow an existing web01 differs from that\n"
		"xen-bigdisk new web01 --size 8G --as-if-absent --dry-run\twhether another web01 can be made, before this one is removed\n"
		"xen-bigdisk new box --dir . --no-start\tbox.img and box.cfg in this directory, as any user on any machine\n"
		"xen-bigdisk new old --size 3950M --layout cylinder --boot-sector grub-legacy --no-start --dir .\ta disk "
		"in the old cylinder layout\n",
	.statuses = "34567",
	.options = option_table,
	.options_size = sizeof(struct new_options),
	.run = run_new,
};
