/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of `new`, and what they decide. */
#include <ctype.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/parse.h"
#include "cli/command.h"
#include "cli/wait_option.h"
#include "ops/create/create.h"
#include "ops/host/boot.h"
#include "ops/host/host.h"
#include "template/store.h"

#define AT(member) offsetof(struct new_options, member)

const struct bd_option new_option_table[] = {
	{ BD_OPTION_HEADING, "Disk", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "size", "SIZE",
	  "size of the whole disk, with K, M, G or T (binary); sparse, so it takes room "
	  "only as the guest writes [4G]",
	  AT(size) },
	{ BD_OPTION_TEXT, "device", "DEVICE",
	  "make the disk on this block device, such as /dev/vg/name, instead of in a file, in its "
	  "size unless --size is smaller; it must be unused and empty, and all of it is cleared",
	  AT(device) },
	{ BD_OPTION_FLAG, "overwrite", NULL,
	  "take the device even when it holds a filesystem, a partition table or the like, which is lost then",
	  AT(overwrite) },
	{ BD_OPTION_SIZE, "swap", "SIZE", "add a swap partition of this size, taken from the disk's end",
	  AT(swap_bytes) },
	{ BD_OPTION_TEXT, "layout", "LAYOUT",
	  "aligned: partitions at MiB borders; cylinder: the partition at sector 63, "
	  "in whole cylinders of 255 heads and 63 sectors [aligned]",
	  AT(layout) },
	{ BD_OPTION_TEXT, "boot-sector", "KIND", "grub2, grub-legacy or none [grub2]", AT(boot_sector) },
	{ BD_OPTION_TEXT, "template", "NAME",
	  "what the disk is filled with: one of `xen-bigdisk template list`; mini, a busybox system with a Debian "
	  "kernel; or none, an empty disk that boots to GRUB [mini]",
	  AT(template) },
	{ BD_OPTION_TEXT, "templates", "DIR", "where templates are [/var/lib/xen-bigdisk/templates]", AT(templates) },
	{ BD_OPTION_HEADING, "Guest", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "type", "TYPE", "pv, pvh or hvm [pv]", AT(type) },
	{ BD_OPTION_TEXT, "boot", "HOW",
	  "pygrub: dom0 reads grub.cfg from the image; pvgrub: GRUB runs inside the guest; "
	  "direct: kernel and initramfs as files of dom0 [pygrub; hvm guests boot by their boot sector]",
	  AT(boot) },
	{ BD_OPTION_TEXT, "memory", "SIZE", "memory; a plain number is MiB [512M]", AT(memory) },
	{ BD_OPTION_TEXT, "vcpus", "N", "virtual CPUs [1]", AT(vcpus) },
	{ BD_OPTION_HEADING, "Network", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "bridge", "NAME", "bridge of dom0 [xl.conf's vif.default.bridge, else xenbr0]",
	  AT(bridge) },
	{ BD_OPTION_TEXT, "mac", "MAC", "MAC address [a random one in 00:16:3e]", AT(mac) },
	{ BD_OPTION_TEXT, "ip", "IP", "dhcp, or a static address such as 192.0.2.10/24 [dhcp]", AT(ip) },
	{ BD_OPTION_TEXT, "gateway", "IP", "default gateway, with a static address", AT(gateway) },
	{ BD_OPTION_TEXT, "ip6", "IP6", "auto, dhcp, none, or a static address such as 2001:db8::10/64 [auto]",
	  AT(ip6) },
	{ BD_OPTION_TEXT, "gateway6", "IP6", "default gateway, with a static IPv6 address", AT(gateway6) },
	{ BD_OPTION_LIST, "dns", "IP", "a name server, or several with commas [what DHCP says]", AT(dns) },
	{ BD_OPTION_FLAG, "no-net", NULL, "no network interface", AT(no_net) },
	{ BD_OPTION_HEADING, "Identity", NULL, NULL, 0 },
	{ BD_OPTION_LIST, "ssh-key", "FILE", "let the public keys in FILE log in as root", AT(ssh_keys) },
	{ BD_OPTION_TEXT, "root-password-hash", "HASH",
	  "root's password, as `openssl passwd -6` prints it [that of the template]", AT(root_password_hash) },
	{ BD_OPTION_TEXT, "root-password-file", "FILE", "root's password: the first line of FILE",
	  AT(root_password_file) },
	{ BD_OPTION_LIST, "file", "HOST:GUEST",
	  "put a file of this host into the guest, with its mode and owned by root", AT(files) },
	{ BD_OPTION_TEXT, "run-once", "SCRIPT",
	  "run SCRIPT in the guest at its first boot, when the network is up; needs systemd there", AT(run_once) },
	{ BD_OPTION_TEXT, "seed", "STRING",
	  "derive all that is random in the guest from STRING and its name; with SOURCE_DATE_EPOCH set, the same "
	  "image each time. Whoever knows STRING has the guest's keys",
	  AT(seed) },
	{ BD_OPTION_HEADING, "Doing it", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "dir", "DIR", "put NAME.img and NAME.cfg side by side into DIR", AT(dir) },
	{ BD_OPTION_FLAG, "no-start", NULL, "make the files only; needs neither Xen nor root (with --dir)",
	  AT(no_start) },
	{ BD_OPTION_TEXT, "wait", "[SECONDS]",
	  "wait until the guest's userspace says that it is up [120 s; the default on "
	  "a terminal]",
	  AT(wait) },
	{ BD_OPTION_FLAG, "no-wait", NULL, "return as soon as the domain runs", AT(no_wait) },
	{ BD_OPTION_FLAG, "console", NULL, "become the guest's console once the domain runs (leave it with Ctrl-])",
	  AT(console) },
	{ BD_OPTION_FLAG, "if-absent", NULL,
	  "do nothing when the guest's cfg exists already, whatever it says; the status is 0", AT(if_absent) },
	{ BD_OPTION_FLAG, "dry-run", NULL, "print the plan - regions, files, config - and touch nothing",
	  AT(dry_run) },
	{ BD_OPTION_FLAG, "keep-failed", NULL, "keep the files when the guest does not boot, to look into them",
	  AT(keep_failed) },
	{ BD_OPTION_FLAG, "json", NULL, "print the result as a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

void new_option_defaults(void *options)
{
	*(struct new_options *)options = (struct new_options){
		.layout = "aligned",
		.boot_sector = "grub2",
		.template = BD_TEMPLATE_MINI,
		.memory = "512",
		.vcpus = "1",
		.type = "pv",
	};
}

void new_job_init(struct new_job *job)
{
	memset(job, 0, sizeof(*job));
}

void new_job_dispose(struct new_job *job)
{
	bd_identity_dispose(&job->identity);
	free(job->image_path);
	free(job->cfg_path);
	free(job->kernel_path);
	free(job->ramdisk_path);
	new_job_init(job);
}

static int exclude(bool one, const char *one_name, bool other, const char *other_name, struct bd_error *err)
{
	if (one && other)
		return bd_usage(err, "%s and %s exclude each other", one_name, other_name);
	return 0;
}

static int check_combination(const struct new_options *options, struct bd_error *err)
{
	const struct {
		bool one;
		const char *one_name;
		bool other;
		const char *other_name;
	} pairs[] = {
		{ options->no_start, "--no-start", options->wait, "--wait" },
		{ options->no_start, "--no-start", options->console, "--console" },
		{ options->console, "--console", options->json, "--json" },
		{ options->console, "--console", options->wait, "--wait" },
		{ options->no_net, "--no-net", options->bridge, "--bridge" },
		{ options->no_net, "--no-net", options->mac, "--mac" },
		{ options->no_net, "--no-net", options->ip, "--ip" },
		{ options->no_net, "--no-net", options->gateway, "--gateway" },
		{ options->no_net, "--no-net", options->ip6, "--ip6" },
		{ options->no_net, "--no-net", options->gateway6, "--gateway6" },
		{ options->no_net, "--no-net", options->dns.count > 0, "--dns" },
		{ options->root_password_hash, "--root-password-hash", options->root_password_file,
		  "--root-password-file" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		if (exclude(pairs[i].one, pairs[i].one_name, pairs[i].other, pairs[i].other_name, err) != 0)
			return -1;
	if (strcmp(options->template, BD_TEMPLATE_NONE) == 0 && !options->no_start && !options->dry_run)
		return bd_usage(err, "--template none makes a disk without a kernel; add --no-start");
	return 0;
}

/* A plain number is MiB, as in xl.cfg(5); with a letter it is a size. */
int new_memory_decide(const char *text, struct bd_guest *guest, struct bd_error *err)
{
	const uint64_t mib = 1024 * 1024;
	uint64_t bytes;

	if (text[0] && text[strspn(text, "0123456789")] == '\0')
		return bd_parse_uint(text, "--memory (MiB)", 16, 16 << 20, &guest->memory_mib, err);
	if (bd_parse_size(text, "--memory", &bytes, err) != 0)
		return -1;
	if (bytes % mib || bytes < 16 * mib || bytes > ((uint64_t)16 << 20) * mib)
		return bd_usage(err, "--memory: \"%s\" is not a whole number of MiB from 16M to 16T", text);
	guest->memory_mib = bytes / mib;
	return 0;
}

static int decide_boot(const struct new_options *options, struct new_job *job, struct bd_error *err)
{
	struct bd_guest *guest = &job->guest;

	if (bd_guest_type_parse(options->type, &guest->type, err) != 0 ||
	    bd_boot_sector_parse(options->boot_sector, &job->boot_sector, err) != 0)
		return -1;
	if (guest->type == BD_GUEST_HVM) {
		if (options->boot)
			return bd_usage(err,
					"--boot %s is for pv and pvh guests; an hvm guest boots by its boot sector",
					options->boot);
		if (job->boot_sector == BD_BOOT_SECTOR_NONE)
			return bd_usage(err, "--boot-sector none leaves an hvm guest nothing to boot by");
		guest->boot = BD_BOOT_DISK;
		return 0;
	}
	if (bd_guest_boot_parse(options->boot ? options->boot : "pygrub", &guest->boot, err) != 0)
		return -1;
	if (guest->boot == BD_BOOT_DIRECT && strcmp(options->template, BD_TEMPLATE_NONE) == 0)
		return bd_usage(err, "--boot direct needs a template with a kernel");
	return 0;
}

static int decide_ip6(const struct new_options *options, struct bd_network *network, struct bd_error *err)
{
	if (options->ip6 && bd_network_set_ip6(network, options->ip6, err) != 0)
		return -1;
	if (options->gateway6 && bd_network_set_gateway6(network, options->gateway6, err) != 0)
		return -1;
	for (size_t i = 0; i < options->dns.count; i++)
		if (bd_network_add_dns(network, options->dns.items[i], err) != 0)
			return -1;
	return 0;
}

int new_network_decide(const struct new_options *options, const struct bd_random *random, struct bd_network *network,
		       struct bd_error *err)
{
	network->enabled = !options->no_net;
	if (options->no_net)
		return 0;
	if (options->bridge && bd_bridge_check(options->bridge, err) != 0)
		return -1;
	if (options->bridge)
		snprintf(network->bridge, sizeof(network->bridge), "%s", options->bridge);
	else
		bd_host_default_bridge(network->bridge);
	if (options->mac ? bd_mac_parse(options->mac, network->mac, err) : bd_mac_random(random, network->mac, err))
		return -1;
	if (options->ip && bd_network_set_ip(network, options->ip, err) != 0)
		return -1;
	if (options->gateway && !network->has_address)
		return bd_usage(err, "--gateway goes with a static address: --ip A.B.C.D/LEN");
	if (options->gateway && bd_network_set_gateway(network, options->gateway, err) != 0)
		return -1;
	return decide_ip6(options, network, err);
}

static int join(char **path_out, const char *folder, const char *name, const char *ending, struct bd_error *err)
{
	if (asprintf(path_out, "%s/%s%s", strcmp(folder, "/") == 0 ? "" : folder, name, ending) < 0) {
		*path_out = NULL;
		return bd_no_memory(err);
	}
	return 0;
}

static int decide_image_path(const struct new_options *options, const char *folder, struct new_job *job,
			     struct bd_error *err)
{
	if (!options->device)
		return join(&job->image_path, folder, job->guest.name, ".img", err);
	/* The name that was given: /dev/sdb may be another device when dom0 has booted again, /dev/vg/name is not. */
	job->image_path = strdup(options->device);
	return job->image_path ? 0 : bd_no_memory(err);
}

/* The cfg names its files by absolute paths, whatever folder it is read from. */
static int decide_paths(const struct new_options *options, struct new_job *job, struct bd_error *err)
{
	char images[PATH_MAX] = BD_LOCALSTATEDIR "/lib/xen/images", cfgs[PATH_MAX] = BD_SYSCONFDIR "/xen";

	if (options->dir) {
		if (!realpath(options->dir, images))
			return bd_fail_lookup(err, "cannot use the folder %s", options->dir);
		memcpy(cfgs, images, sizeof(cfgs));
	}
	job->in_system_folders = !options->dir;
	if (decide_image_path(options, images, job, err) != 0 ||
	    join(&job->cfg_path, cfgs, job->guest.name, ".cfg", err) != 0)
		return -1;
	if (job->guest.boot != BD_BOOT_DIRECT)
		return 0;
	if (join(&job->kernel_path, images, job->guest.name, ".vmlinuz", err) != 0)
		return -1;
	return join(&job->ramdisk_path, images, job->guest.name, ".initramfs", err);
}

static int decide_pvgrub(struct new_job *job, struct bd_error *err)
{
	struct bd_error missing;
	const char *path;

	if (job->guest.boot != BD_BOOT_PVGRUB)
		return 0;
	if (bd_host_find_pvgrub(job->guest.type, &path, &missing) != 0) {
		if (job->start)
			return bd_fail_as(err, &missing, "%s", missing.message);
		bd_warn("%s", missing.message);
	}
	job->kernel_path = strdup(path);
	return job->kernel_path ? 0 : bd_no_memory(err);
}

static int decide(const struct new_options *options, const char *name, struct new_job *job, struct bd_error *err)
{
	struct bd_guest *guest = &job->guest;
	enum bd_layout layout;
	uint64_t vcpus, size_bytes;

	if (bd_guest_set_name(guest, name, err) != 0 || check_combination(options, err) != 0)
		return -1;
	if (!bd_template_is_built_in(options->template) && bd_store_check_name(options->template, err) != 0)
		return bd_wrap(err, "--template");
	job->template = options->template;
	job->templates = options->templates;
	job->start = !options->no_start && !options->dry_run;
	job->console = options->console;
	job->json = options->json;
	job->keep_failed = options->keep_failed;
	job->on_device = options->device != NULL;
	job->overwrite = options->overwrite;
	job->fleet = options->fleet;
	if (new_identity_decide(options, job, err) != 0)
		return -1;
	if (bd_layout_parse(options->layout, &layout, err) != 0 ||
	    new_memory_decide(options->memory, guest, err) != 0 ||
	    bd_parse_uint(options->vcpus, "--vcpus", 1, 512, &vcpus, err) != 0)
		return -1;
	guest->vcpus = (uint32_t)vcpus;
	guest->has_swap = options->swap_bytes != 0;
	if (decide_boot(options, job, err) != 0 ||
	    new_network_decide(options, &job->identity.random, &guest->network, err) != 0)
		return -1;
	if (boot_wait_option(options->wait, options->no_wait, &job->wait_s, err) != 0)
		return -1;
	if (new_size_decide(options, &size_bytes, err) != 0)
		return -1;
	if (bd_plan_disk(layout, size_bytes, options->swap_bytes, &job->plan, err) != 0)
		return bd_usage(err, "%s", err->message); /* the sizes are the user's */
	if (decide_paths(options, job, err) != 0 || decide_pvgrub(job, err) != 0)
		return -1;
	return new_numbers_decide(job, err);
}

int new_job_decide(const struct new_options *options, const char *name, struct new_job *job_out, struct bd_error *err)
{
	struct new_job job;

	new_job_init(&job);
	if (decide(options, name, &job, err) != 0) {
		new_job_dispose(&job);
		return -1;
	}
	*job_out = job;
	return 0;
}
