/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `clone`: another guest with the disk of one that is there, and an identity of its own. */
#include "ops/clone/clone.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/file/lock.h"
#include "base/log.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "cli/command.h"
#include "ops/guest/names.h"
#include "ops/guest/xendomains.h"
#include "ops/host/boot.h"
#include "ops/host/boot_domain.h"
#include "ops/host/host.h"
#include "xlcfg/folder.h"

#define CFG_BYTES_MAX ((size_t)1 << 20)

#define AT(member) offsetof(struct clone_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_HEADING, "Guest", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "memory", "SIZE", "memory; a plain number is MiB [the source's]", AT(memory) },
	{ BD_OPTION_TEXT, "vcpus", "N", "virtual CPUs [the source's]", AT(vcpus) },
	{ BD_OPTION_HEADING, "Network", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "bridge", "NAME", "bridge of dom0 for the first interface [the source's]", AT(new.bridge) },
	{ BD_OPTION_TEXT, "mac", "MAC", "MAC address of the first interface [a random one in 00:16:3e]",
	  AT(new.mac) },
	{ BD_OPTION_TEXT, "ip", "IP",
	  "dhcp, or a static address such as 192.0.2.10/24; has to be given where the source has a static one [dhcp]",
	  AT(new.ip) },
	{ BD_OPTION_TEXT, "gateway", "IP", "default gateway, with a static address", AT(new.gateway) },
	{ BD_OPTION_TEXT, "ip6", "IP6",
	  "auto, dhcp, none, or a static address such as 2001:db8::10/64; has to be given where the source has a static "
	  "one [auto]",
	  AT(new.ip6) },
	{ BD_OPTION_TEXT, "gateway6", "IP6", "default gateway, with a static IPv6 address", AT(new.gateway6) },
	{ BD_OPTION_LIST, "dns", "IP", "a name server, or several with commas [what DHCP says]", AT(new.dns) },
	{ BD_OPTION_HEADING, "Identity", NULL, NULL, 0 },
	{ BD_OPTION_LIST, "ssh-key", "FILE",
	  "let the public keys in FILE log in as root, beside those who may on the source", AT(new.ssh_keys) },
	{ BD_OPTION_TEXT, "root-password-hash", "HASH",
	  "root's password, as `openssl passwd -6` prints it [that of the source]", AT(new.root_password_hash) },
	{ BD_OPTION_TEXT, "root-password-file", "FILE", "root's password: the first line of FILE",
	  AT(new.root_password_file) },
	{ BD_OPTION_TEXT, "seed", "STRING",
	  "derive all that is random in the copy from STRING and its name. Whoever knows STRING has the guest's keys",
	  AT(new.seed) },
	{ BD_OPTION_HEADING, "Doing it", NULL, NULL, 0 },
	{ BD_OPTION_TEXT, "dir", "DIR", "the folder of GUEST's and NEW's cfg [" BD_SYSCONFDIR "/xen]", AT(new.dir) },
	{ BD_OPTION_FLAG, "start", NULL, "boot the copy when it is made", AT(start) },
	{ BD_OPTION_TEXT, "wait", "[SECONDS]",
	  "with --start: wait until the guest's userspace says that it is up [120 s; the default on a terminal]",
	  AT(new.wait) },
	{ BD_OPTION_FLAG, "no-wait", NULL, "with --start: return as soon as the domain runs", AT(new.no_wait) },
	{ BD_OPTION_FLAG, "json", NULL, "print the result as a JSON object on stdout", AT(new.json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static void defaults(void *options)
{
	*(struct clone_options *)options = (struct clone_options){ .new = { .template = "" } };
}

/* Under the taken, so that neither guest is started, changed or removed meanwhile. */
struct claims {
	int source_fd, copy_fd;
};

static void claims_dispose(struct claims *taken)
{
	bd_cleanup_close(&taken->copy_fd);
	bd_cleanup_close(&taken->source_fd);
}

static int open_source(const char *argument, const char *dir, struct claims *taken, struct clone_job *job,
		       struct bd_error *err)
{
	struct stat there;

	if (guest_open(argument, dir, &job->source, err) != 0)
		return -1;
	/* The copy would lie beside the link, and a claim on the link is none on the cfg. */
	if (lstat(job->source.path, &there) != 0)
		return bd_fail_errno(err, "cannot look at %s", job->source.path);
	if (S_ISLNK(there.st_mode))
		return bd_fail(err, EINVAL, "%s is a link to a cfg: give the path of the cfg itself",
			       job->source.path);
	if (bd_lock(job->source.path, &taken->source_fd, err) != 0)
		return -1;
	/* Once more, now that nobody changes it. */
	BD_FREE char *path = strdup(job->source.path);
	if (!path)
		return bd_no_memory(err);
	bd_cfg_dispose(&job->source);
	if (guest_open(path, NULL, &job->source, err) != 0)
		return -1;
	return bd_read_file(path, CFG_BYTES_MAX, &job->source_text, NULL, err);
}

static struct leftover files_of(const struct clone_job *job)
{
	return (struct leftover){
		.name = job->new.guest.name,
		.cfg_path = job->new.cfg_path,
		.image_path = job->new.image_path,
		.kernel_path = job->copy_kernel ? job->new.kernel_path : NULL,
		.ramdisk_path = job->copy_ramdisk ? job->new.ramdisk_path : NULL,
	};
}

static int check_nothing_there(const struct clone_job *job, struct bd_error *err)
{
	const struct leftover files = files_of(job);

	return leftover_check_absent(&files, err);
}

static int remove_leftover(const struct clone_job *job, struct bd_error *err)
{
	const struct leftover files = files_of(job);
	bool removed;

	if (leftover_remove(&files, NULL, &removed, err) != 0)
		return -1;
	if (removed)
		bd_warn("%s was left by a run that was interrupted, and is removed", files.image_path);
	return 0;
}

/* A cfg may have another name than its guest. */
static int check_name(const struct new_job *new, struct bd_error *err)
{
	BD_DISPOSE(bd_cfgs_dispose) struct bd_cfgs cfgs;
	char folder[PATH_MAX];

	bd_cfgs_init(&cfgs);
	const char *slash = strrchr(new->cfg_path, '/');
	snprintf(folder, sizeof(folder), "%.*s", slash == new->cfg_path ? 1 : (int)(slash - new->cfg_path),
		 new->cfg_path);
	if (bd_cfgs_read(folder, &cfgs, err) != 0)
		return -1;
	const struct bd_cfg *other = bd_cfgs_find(&cfgs, new->guest.name);
	return other ? bd_exists(err, "%s is the guest of %s already", new->guest.name, other->path) : 0;
}

/* A user who may not ask Xen has the disk's own word: whether a program writes to it. */
static int check_stopped(struct boot *boot, const struct bd_cfg *source, bool *may_ask_out, struct bd_error *err)
{
	struct bd_toolstack_domain domain;
	char saved[PATH_MAX];
	bool found = false;
	int r = guest_domain_try(boot, source, &domain, &found, err);

	*may_ask_out = r == 0 && boot->toolstack.plugin;
	if (r != 0)
		return err->code == EPERM ? 0 : -1;
	if (found)
		return guest_fail_running(source, &domain, err);
	return xendomains_saved(source, saved) == SAVED ? guest_fail_saved(source, saved, err) : 0;
}

/* All that can be known to go wrong with the boot is looked at before anything is copied. */
static int prepare_boot(const struct new_job *new, struct boot *boot, bool may_ask, struct bd_error *err)
{
	if (!new->start)
		return may_ask ? boot_check_name(boot, new->guest.name, err) : 0;
	if (!boot->toolstack.plugin && boot_load(boot, err) != 0)
		return -1;
	if (boot_check_name(boot, new->guest.name, err) != 0)
		return -1;
	return new->guest.network.enabled ? bd_host_check_bridge(new->guest.network.bridge, err) : 0;
}

static int start_copy(const struct new_job *new, struct boot *boot, struct bd_error *err)
{
	bd_progress_stage("starting the domain", 0);
	if (boot_create(boot, new->cfg_path, err) != 0)
		return bd_wrap(err, "cannot start %s", new->guest.name);
	if (!new->wait_s)
		return bd_cancel_check(err);
	bd_progress_stage("waiting for the guest to be up", 0);
	return boot_wait(boot, new->guest.name, new->wait_s, err);
}

/* As with `new`: a guest that is only slow to report stays, everything else is undone. */
static int undo(struct boot *boot, struct new_files *files, const struct bd_error *err)
{
	struct bd_error failure;

	if (err->code == ETIMEDOUT && boot->created)
		return -1;
	if (boot_destroy(boot, &failure) != 0)
		bd_warn("domain %u could not be destroyed, so its files stay: %s", boot->domid, failure.message);
	else
		new_files_retract(files);
	return -1;
}

static int make_and_start(struct clone_job *job, struct boot *boot, struct new_files *files, struct bd_error *err)
{
	struct new_outcome outcome = { .files = files, .started = job->new.start };

	if (clone_files_make(job, files, err) != 0 || new_files_publish(files, err) != 0)
		return -1;
	outcome.make_s = bd_progress_elapsed_s();
	if (job->new.start && start_copy(&job->new, boot, err) != 0)
		return undo(boot, files, err);
	bd_progress_end(0);
	outcome.ready = boot->ready;
	outcome.domid = boot->domid;
	outcome.create_s = boot->create_s;
	outcome.wait_s = boot->wait_s;
	return clone_report(job, &outcome, err);
}

static int run_clone(void *options_pointer, int argc, char **argv, struct bd_error *err)
{
	const struct clone_options *options = options_pointer;
	BD_DISPOSE(claims_dispose) struct claims taken = { -1, -1 };
	BD_DISPOSE(clone_job_dispose) struct clone_job job;
	BD_DISPOSE(new_files_dispose) struct new_files files;
	BD_DISPOSE(boot_dispose) struct boot boot;
	bool may_ask;

	(void)argc;
	clone_job_init(&job);
	new_files_init(&files);
	boot_init(&boot);
	if (options->new.json)
		bd_progress_init(BD_PROGRESS_OFF);
	if (open_source(argv[0], options->new.dir, &taken, &job, err) != 0 ||
	    clone_job_decide(options, argv[1], &job, err) != 0)
		return -1;
	/* Said first, as otherwise a guest that is copied to its own name would be called in use. */
	if (check_nothing_there(&job, err) != 0 || bd_lock(job.new.cfg_path, &taken.copy_fd, err) != 0 ||
	    check_nothing_there(&job, err) != 0)
		return -1;
	if (check_name(&job.new, err) != 0 || check_stopped(&boot, &job.source, &may_ask, err) != 0 ||
	    prepare_boot(&job.new, &boot, may_ask, err) != 0 || clone_disk_look(&job, err) != 0)
		return -1;
	if (remove_leftover(&job, err) != 0 || check_nothing_there(&job, err) != 0)
		return -1;
	return make_and_start(&job, &boot, &files, err);
}

const struct bd_command bd_command_clone = {
	.name = "clone",
	.arguments = "GUEST NEW",
	.summary = "make another guest from the disk of one that is there",
	.description =
		"Copies the disk image of GUEST (a name, or the path of a config), which must be shut down, and makes the guest "
		"NEW of it: with a MAC address, UUIDs, a host name, a machine-id and an SSH host key of its own, written into the copy's filesystem without "
		"mounting it. All other files of the guest are the same. Where the host's filesystem can share blocks (XFS, "
		"btrfs), the copy takes no time and hardly any room; elsewhere holes stay holes.\n\n"
		"NEW's config is GUEST's with the name, the disk, the addresses and the UUID changed, so that edits of it "
		"survive. NEW's files lie beside GUEST's. Networks are set up anew by the options: DHCP, if nothing is said. "
		"Further interfaces get MAC addresses of their own, and are not configured; an ip= in a vif becomes the new "
		"address, or is taken away. The swap partition keeps its UUID, which the initramfs may look for.\n\n"
		"Refused are a GUEST that runs or is saved (status 5), one whose filesystem was not unmounted cleanly (status 5: start it "
		"and shut it down), and disks with anything else on them than one ext2, ext3 or ext4 filesystem and swap, or on "
		"a block device; and a config that is a symbolic link (status 1). One copy of a GUEST is made at a time: a "
		"second that is begun meanwhile ends with status 5.\n\n"
		"What exists already under the name NEW is never touched (status 3). It is all or nothing: on a failure, or on "
		"Ctrl-C, nothing of NEW is left; but with --start a copy that runs and has not said within the time of --wait "
		"that it is up stays, and runs on.",
	.examples =
		"xen-bigdisk clone web01 web02\ta copy with an address by DHCP; boot it with: xen-bigdisk start web02\n"
		"xen-bigdisk clone web01 web03 --ip 192.0.2.13/24 --gateway 192.0.2.1 --start\ta copy with a static "
		"address, booted\n"
		"xen-bigdisk clone box box2 --dir . --json\tbox2.img and box2.cfg in this folder, as any user\n",
	.statuses = "34567",
	.options = option_table,
	.min_arguments = 2,
	.max_arguments = 2,
	.options_size = sizeof(struct clone_options),
	.defaults = defaults,
	.run = run_clone,
};
