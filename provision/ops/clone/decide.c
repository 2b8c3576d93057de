/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `clone` makes of its options and of the source's cfg. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "cli/wait_option.h"
#include "ops/clone/clone.h"
#include "ops/host/boot.h"
#include "template/store.h"

void clone_job_init(struct clone_job *job)
{
	memset(job, 0, sizeof(*job));
	job->source_fd = -1;
	bd_cfg_init(&job->source);
	new_job_init(&job->new);
	bd_tree_init(&job->tree);
}

void clone_job_dispose(struct clone_job *job)
{
	if (job->source_fd >= 0)
		close(job->source_fd);
	free(job->source_text);
	bd_cfg_dispose(&job->source);
	new_job_dispose(&job->new);
	bd_tree_dispose(&job->tree);
	clone_job_init(job);
}

static int check_combination(const struct clone_options *options, struct bd_error *err)
{
	const struct new_options *new = &options->new;

	if (!options->start && (new->wait || new->no_wait))
		return bd_usage(err, "%s goes with --start", new->wait ? "--wait" : "--no-wait");
	if (new->root_password_hash &&new->root_password_file)
		return bd_usage(err, "--root-password-hash and --root-password-file exclude each other");
	return 0;
}

/* Two guests with one address disturb each other, and the administrator looks for the reason elsewhere. */
static int check_address(const char *old, const char *given, const char *option, const char *instead,
			 const struct clone_job *job, struct bd_error *err)
{
	size_t length = old ? strcspn(old, "/") : 0;

	if (!old)
		return 0;
	if (!given)
		return bd_usage(err,
				"%s has the static address %s, which the copy would double; give it one of its own: "
				"%s %s",
				job->source.name, old, option, instead);
	if (strncmp(old, given, length) == 0 && (given[length] == '/' || given[length] == '\0'))
		return bd_usage(err, "%s %s: that is the address of %s", option, given, job->source.name);
	return 0;
}

static int check_network(const struct clone_options *options, const struct clone_job *job, struct bd_error *err)
{
	const struct new_options *new = &options->new;
	const struct {
		bool given;
		const char *name;
	} rows[] = {
		{ new->bridge, "--bridge" },	 { new->mac, "--mac" }, { new->ip, "--ip" },
		{ new->gateway, "--gateway" },	 { new->ip6, "--ip6" }, { new->gateway6, "--gateway6" },
		{ new->dns.count > 0, "--dns" },
	};

	for (size_t i = 0; !job->source.vif_count && i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].given)
			return bd_usage(err, "%s: %s has no network interface, and a copy gets none", rows[i].name,
					job->source.name);
	if (new->ip6 && strcmp(new->ip6, "dhcp") == 0 &&
	    job->source.template &&strcmp(job->source.template, BD_TEMPLATE_MINI) == 0)
		return bd_usage(err,
				"--ip6 dhcp: the guest has no DHCPv6 client; it has auto, none and static addresses");
	if (check_address(job->source.address, new->ip, "--ip", "A.B.C.D/LEN, or --ip dhcp", job, err) != 0)
		return -1;
	return check_address(job->source.address6, new->ip6, "--ip6", "ADDRESS/LEN, or --ip6 auto", job, err);
}

/* On the source's bridge, if nothing else is said. */
static int decide_network(const struct clone_options *options, struct clone_job *job, struct bd_error *err)
{
	struct bd_network *network = &job->new.guest.network;
	struct new_options wanted = options->new;

	if (check_network(options, job, err) != 0)
		return -1;
	wanted.no_net = job->source.vif_count == 0;
	if (!wanted.no_net && !wanted.bridge && *job->source.vifs[0].bridge)
		wanted.bridge = job->source.vifs[0].bridge;
	if (new_network_decide(&wanted, &job->new.identity.random, network, err) != 0)
		return -1;
	for (size_t i = 0; i < job->source.vif_count; i++)
		if (job->source.vifs[i].has_mac && memcmp(job->source.vifs[i].mac, network->mac, 6) == 0)
			return bd_usage(err, "--mac: %s is an address of %s", options->new.mac, job->source.name);
	return 0;
}

static int decide_size(const struct clone_options *options, struct clone_job *job, struct bd_error *err)
{
	struct bd_guest *guest = &job->new.guest;
	uint64_t vcpus = job->source.vcpus ? job->source.vcpus : 1; /* as xl takes it */

	guest->memory_mib = job->source.memory_mib;
	if (options->memory && new_memory_decide(options->memory, guest, err) != 0)
		return -1;
	if (options->vcpus && bd_parse_uint(options->vcpus, "--vcpus", 1, 512, &vcpus, err) != 0)
		return -1;
	guest->vcpus = (uint32_t)vcpus;
	return 0;
}

/* Beside the file that it is a copy of. */
static int beside(const char *source, const char *name, const char *ending, char **path_out, struct bd_error *err)
{
	int folder = (int)(strrchr(source, '/') - source);

	if (asprintf(path_out, "%.*s/%s%s", folder, source, name, ending) >= 0)
		return 0;
	*path_out = NULL;
	return bd_no_memory(err);
}

/* Kernels that are not the guest's own, such as GRUB for Xen, are the host's, and serve both. */
static int decide_kernel(const char *path, const char *ending, struct clone_job *job, char **path_out, bool *copy_out,
			 struct bd_error *err)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	size_t length = strlen(job->source.name);

	*copy_out =
		slash && strncmp(slash + 1, job->source.name, length) == 0 && strcmp(slash + 1 + length, ending) == 0;
	return *copy_out ? beside(path, job->new.guest.name, ending, path_out, err) : 0;
}

static int decide_paths(struct clone_job *job, struct bd_error *err)
{
	struct bd_cfg *source = &job->source;
	const char *name = job->new.guest.name;

	if (source->disk_count != 1)
		return bd_fail(err, ENOTSUP, "%s has %s; only a guest with one can be copied", source->path,
			       source->disk_count ? "several disks" : "no disk");
	if (strncmp(source->disks[0], "/dev/", 5) == 0)
		return bd_fail(err, ENOTSUP,
			       "the disk %s of %s is a block device; only guests whose disk is a file can be copied",
			       source->disks[0], source->name);
	if (beside(source->disks[0], name, ".img", &job->new.image_path, err) != 0 ||
	    beside(source->path, name, ".cfg", &job->new.cfg_path, err) != 0)
		return -1;
	if (decide_kernel(source->kernel, ".vmlinuz", job, &job->new.kernel_path, &job->copy_kernel, err) != 0)
		return -1;
	return decide_kernel(source->ramdisk, ".initramfs", job, &job->new.ramdisk_path, &job->copy_ramdisk, err);
}

int clone_job_decide(const struct clone_options *options, const char *name, struct clone_job *job,
		     struct bd_error *err)
{
	struct bd_guest *guest = &job->new.guest;

	if (bd_guest_set_name(guest, name, err) != 0 || check_combination(options, err) != 0)
		return -1;
	/* A config without a type is pv, as xl.cfg(5) has it. */
	if (bd_guest_type_parse(*job->source.type ? job->source.type : "pv", &guest->type, err) != 0 ||
	    new_identity_decide(&options->new, &job->new, err) != 0 || decide_network(options, job, err) != 0 ||
	    decide_size(options, job, err) != 0 || decide_paths(job, err) != 0)
		return -1;
	job->new.start = options->start;
	job->new.json = options->new.json;
	if (options->start && boot_wait_option(options->new.wait, options->new.no_wait, &job->new.wait_s, err) != 0)
		return -1;
	return new_numbers_decide(&job->new, err);
}
