/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `clone`: creates a guest from the disk of an existing one, with its own identity. */
#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/progress.h"
#include "cli/command.h"
#include "cli/defaults_option.h"
#include "cli/guest/advice.h"
#include "cli/guest/clone_report.h"
#include "cli/guest/request_options.h"
#include "cli/wait_option.h"
#include "ops/clone/clone.h"
#include "ops/host/boot.h"

struct clone_options {
	const char *memory, *vcpus;
	const char *bridge, *mac, *gateway, *gateway6;
	struct bd_texts ips, ip6s, nets, dns, ssh_keys;
	const char *root_password_hash, *root_password_file, *root_password_hash_file, *seed, *seed_file;
	const char *dir;
	struct wait_options waiting;
	bool start, no_defaults, dry_run, json;
};

#define AT(member) offsetof(struct clone_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_HEADING, "Guest", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "memory", "SIZE", "memory; a plain number is in MiB [the source's]", AT(memory) },
	{ BD_OPTION_TEXT, "vcpus", "N", "number of virtual CPUs [the source's]", AT(vcpus) },
	{ BD_OPTION_HEADING, "Network", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "bridge", "NAME", "bridge in dom0 for the first interface [the source's]", AT(bridge) },
	{ BD_OPTION_TEXT, "mac", "MAC", "MAC address of the first interface [random, in 00:16:3e]", AT(mac) },
	{ BD_OPTION_LIST, "ip", "IP",
	  "dhcp, or a static address such as 192.0.2.10/24; required if the source has a static one [dhcp]",
	  AT(ips) },
	{ BD_OPTION_TEXT, "gateway", "IP", "default gateway, for a static address", AT(gateway) },
	{ BD_OPTION_LIST, "ip6", "IP6",
	  "auto, dhcp, none, or a static address such as 2001:db8::10/64; required if the source has a static "
	  "one [auto]",
	  AT(ip6s) },
	{ BD_OPTION_TEXT, "gateway6", "IP6", "default gateway, for a static IPv6 address", AT(gateway6) },
	{ BD_OPTION_LIST, "net", "KEY=VALUE,...",
	  "bridge, mac, ip, gateway, ip6, gateway6 and dns of the next interface, which the source has: of the "
	  "second one if the options above describe the first",
	  AT(nets) },
	{ BD_OPTION_LIST, "dns", "IP", "name server, or several separated by commas [from DHCP]", AT(dns) },
	{ BD_OPTION_HEADING, "Identity", NULL, NULL, 0 },
	{ BD_OPTION_LIST, "ssh-key", "FILE",
	  "allow root to log in with the public keys in FILE, in addition to those of the source", AT(ssh_keys) },
	{ BD_OPTION_TEXT, "root-password-hash", "HASH",
	  "hash of root's password, as printed by `openssl passwd -6` [the source's]", AT(root_password_hash) },
	{ BD_OPTION_TEXT, "root-password-hash-file", "FILE",
	  "read the hash of root's password from the first line of FILE, where no list of processes shows it",
	  AT(root_password_hash_file) },
	{ BD_OPTION_TEXT, "root-password-file", "FILE", "read root's password from the first line of FILE",
	  AT(root_password_file) },
	{ BD_OPTION_TEXT, "seed", "STRING",
	  "derive everything random in the copy from STRING and its name. Anyone who knows STRING can derive "
	  "the guest's keys",
	  AT(seed) },
	{ BD_OPTION_TEXT, "seed-file", "FILE", "as --seed, with the first line of FILE for STRING", AT(seed_file) },
	{ BD_OPTION_HEADING, "Operation", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "dir", "DIR", "directory of the configs of GUEST and NEW [" BD_SYSCONFDIR "/xen]",
	  AT(dir) },
	{ BD_OPTION_FLAG, "start", NULL, "boot the copy once it is complete", AT(start) },
	WAIT_OPTION_ROWS(
		struct clone_options,
		"with --start: wait until the guest's userspace reports that it is up [default on a terminal]",
		"with --start: return as soon as the domain is running",
		"with --start: how long to wait for the guest [120]"),
	DEFAULTS_OPTION_ROW(struct clone_options, no_defaults, "the network"),
	{ BD_OPTION_FLAG, "dry-run", NULL, "print the plan (files, config) and touch nothing", AT(dry_run) },
	{ BD_OPTION_FLAG, "json", NULL, "print the result as a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static int fill_request(const struct clone_options *options, const char *name, struct bd_create_request *request,
			struct bd_error *err)
{
	const struct wait_options *waiting = &options->waiting;

	request->name = name;
	if (!options->start && (waiting->wait || waiting->no_wait || waiting->timeout))
		return bd_usage(err, "%s needs --start",
				waiting->timeout ? "--timeout"
				: waiting->wait	 ? "--wait"
						 : "--no-wait");
	request->start = options->start && !options->dry_run;
	if (request_from_options(option_table, options, request, err) != 0)
		return -1;
	return options->start ? wait_option_boot(&options->waiting, &request->wait_s, err) : 0;
}

static int run_clone(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct clone_options *options = options_pointer;
	BD_DISPOSE(bd_host_defaults_dispose) struct bd_host_defaults host = { 0 };
	BD_DISPOSE(create_defaults_dispose) struct create_defaults defaults = { .host = &host };
	BD_DISPOSE(bd_create_request_dispose) struct bd_create_request request;
	BD_DISPOSE(clone_job_dispose) struct clone_job job;
	BD_DISPOSE(create_files_dispose) struct create_files files = CREATE_FILES_INIT;
	BD_DISPOSE(boot_dispose) struct boot boot = { 0 };
	struct create_outcome outcome;

	bd_create_request_init(&request);
	clone_job_init(&job);
	if (options->json)
		bd_progress_init(BD_PROGRESS_OFF);
	if (fill_request(options, arguments[1], &request, err) != 0 ||
	    defaults_option_read(options->no_defaults, &host, err) != 0)
		return -1;
	if (clone_open_source(arguments[0], options->dir, &job, err) != 0 ||
	    clone_apply_defaults(&job, &defaults, &request, err) != 0 || clone_decide(&request, &job, err) != 0 ||
	    clone_check(&job, &boot, err) != 0) {
		guest_advise(job.source.path, err);
		return request_fail_with(&defaults, err);
	}
	if (options->dry_run)
		return clone_report_plan(&job, options->json, err);
	if (clone_do(&job, &boot, &files, &outcome, err) != 0)
		return request_fail_with(&defaults, err);
	return clone_report_done(&job, &outcome, options->json, err);
}

const struct bd_command bd_command_clone = {
	.name = "clone",
	.arguments = "GUEST NEW",
	.summary = "create a guest from the disk of another one",
	.description =
		"Copies the disk image of GUEST (a name, or the path of a config), which must be shut down, and "
		"makes the copy the guest NEW, with its own MAC address, UUIDs, host name, machine-id and SSH host "
		"key, written into the copy's filesystem without mounting it. All other files of the guest are the "
		"same. If the host's filesystem can share blocks (XFS, Btrfs), the copy takes no time and hardly any "
		"space; elsewhere holes stay holes. The copy of a logical volume is one in the same volume group, of a thin one a snapshot of it.\n\n"
		"NEW's config is GUEST's with the name, the disk, the addresses and the UUID changed, so other edits "
		"survive. NEW's files are created next to GUEST's. The network is set up by the options; the default "
		"is DHCP. gateway, gateway6, dns and ip6 of this host's defaults (see new) apply, where the options do not say them: all "
		"else is GUEST's. Further interfaces get new MAC addresses and are not configured; an ip= in a vif becomes "
		"the new address, or is removed. The swap partition keeps its UUID, which the initramfs may look "
		"for.\n\n"
		"Of a GUEST whose disk is a copy of a whole one (template import --as disk), nothing is changed in the disk, "
		"so that a GPT keeps its UUID: NEW gets a seed disk of its own, with a new instance-id, from which cloud-init "
		"gives it its name, host keys and network. Keys and password are those of GUEST's seed disk unless given.\n\n"
		"Of a GUEST that was not shut down cleanly, the journal of the filesystem is replayed in the copy. "
		"The following are refused: a GUEST that is running or saved, or was not shut down and has no journal "
		"(status 5: start it and shut it down); disks that hold anything other than "
		"ext2, ext3 or ext4 filesystems, of which one has the system, and at most one swap partition, or are other block devices; "
		"and a config that is a symbolic link (status 1). Only one clone of a GUEST can run at a time; a second one ends with status 5.\n\n"
		"Anything that exists under the name NEW is never touched (status 3). All or nothing: on failure, or "
		"on Ctrl-C, nothing of NEW is left, except that with --start a copy that is running but has not "
		"reported within --timeout that it is up keeps running.\n\n"
		"--json prints an object with name, source, cfg, image, uuid, network (a list of interfaces) and the "
		"other keys of new, and state (\"running\"; \"made\" without --start; \"planned\" with --dry-run).",
	.examples =
		"xen-bigdisk clone web01 web02\ta copy that uses DHCP; boot it with: xen-bigdisk start web02\n"
		"xen-bigdisk clone web01 web03 --ip 192.0.2.13/24 --gateway 192.0.2.1 --start\ta copy with a static "
		"address, booted\n"
		"xen-bigdisk clone box box2 --dir . --json\tbox2.img and box2.cfg in this directory, as any user\n",
	.statuses = "34567",
	.options = option_table,
	.options_size = sizeof(struct clone_options),
	.run = run_clone,
};
