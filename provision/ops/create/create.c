/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creates a guest: the checks, the files, the boot, and undoing all of it. */
#include "ops/create/create.h"

#include <errno.h>
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
#include "events/event.h"
#include "events/record.h"
#include "ext3/ext3.h"
#include "guest/create_request.h"
#include "ops/create/device.h"
#include "ops/create/lacks.h"
#include "ops/create/mounts.h"
#include "ops/create/room.h"
#include "ops/create/whole_disk.h"
#include "ops/guest/leftover.h"
#include "ops/host/boot_domain.h"
#include "ops/host/host.h"
#include "ops/host/started.h"
#include "ops/template/open.h"
#include "recipes/kernel.h"
#include "template/store.h"

/* Of kernels only those are the guest's own that come out of its disk. */
static struct leftover files_of(const struct create_job *job)
{
	bool direct = job->guest.boot == BD_BOOT_DIRECT;

	return (struct leftover){
		.name = job->guest.name,
		.cfg_path = job->cfg_path,
		.image_path = job->on_device ? NULL : job->image_path,
		.kernel_path = direct ? job->kernel_path : NULL,
		.ramdisk_path = direct ? job->ramdisk_path : NULL,
		.disk_count = job->guest.disks.count,
		.seed_path = job->seed_path,
	};
}

/* Said before the work, and made sure of once more when the files are published. */
int create_check_absent(const struct create_job *job, struct bd_error *err)
{
	const struct leftover files = files_of(job);

	return leftover_check_absent(&files, job->replaced ? &job->replaced->removed.paths : NULL, err);
}

int create_remove_leftover(const struct create_job *job, bool *removed_out, struct bd_error *err)
{
	const struct leftover files = files_of(job);

	return leftover_replace(&files, removed_out, err);
}

/* Before Xen is asked: what is there is what the user is told of first. */
static int check_no_cfg(const struct create_job *job, struct bd_error *err)
{
	bool there;

	if (bd_path_is_there(job->cfg_path, &there, err) != 0)
		return -1;
	return there ? bd_exists(err, "%s already exists and was not changed", job->cfg_path) : 0;
}

static int make_system_folders(const struct create_job *job, struct bd_error *err)
{
	static const char *const folders[] = { BD_LOCALSTATEDIR "/lib/xen", BD_LOCALSTATEDIR "/lib/xen/images",
					       BD_SYSCONFDIR "/xen" };

	for (size_t i = 0; job->in_system_folders && i < sizeof(folders) / sizeof(*folders); i++)
		if (mkdir(folders[i], 0755) != 0 && errno != EEXIST)
			return bd_fail_errno(err, "cannot create the directory %s", folders[i]);
	return 0;
}

/* That it is there is said before anything is done, and in a dry run too. */
static int check_template(struct create_job *job, struct bd_error *err)
{
	BD_DISPOSE(bd_stored_dispose) struct bd_stored sealed;
	struct bd_store store;

	bd_stored_init(&sealed);
	if (bd_template_is_built_in(job->template))
		return 0;
	if (job->is_whole_disk) {
		if (create_whole_disk_open(job, &sealed, err) != 0)
			return -1;
		create_warn_of_lacks(job, &sealed.manifest.system);
		return 0;
	}
	if (bd_store_open(job->templates, &store, err) != 0)
		return -1;
	if (bd_store_get(&store, job->template, &sealed, err) != 0)
		return -1;
	create_warn_of_lacks(job, &sealed.manifest.system);
	return create_check_fits(
		job->template, sealed.manifest.payload_bytes,
		bd_region_bytes(bd_plan_find(&job->plan, BD_REGION_ROOT)) + create_mounted_bytes(&job->guest), err);
}

/* Only the unprivileged bootloader is security-supported by the Xen project (XSA-443). */
static void decide_restriction(struct create_job *job)
{
	struct bd_xen_version xen;
	struct bd_error err;

	if (job->only_disk || job->guest.boot != BD_BOOT_PYGRUB || bd_xen_running(&xen, &err) != 0 ||
	    !boot_can_restrict(&xen))
		return;
	if (job->on_device) {
		/* An ACL on a device's node is gone when dom0 boots again. */
		bd_warn("pygrub will read %s as root: the unprivileged pygrub works with disk files only, not with "
			"devices; bigdisk reads both without privileges",
			job->image_path);
		return;
	}
	job->guest.restrict_bootloader = bd_host_has_bootloader_user();
	if (!job->guest.restrict_bootloader)
		bd_warn("pygrub will read the guest's disk as root. To make it run unprivileged, run once: " BD_BOOTLOADER_USER_ADD
			" " BD_BOOTLOADER_USER);
}

/* What Xen is asked, once the plugin is loaded. */
static int check_xen(const struct create_job *job, struct boot *boot, struct bd_error *err)
{
	const struct create_replaced *replaced = job->replaced;
	uint64_t freed_kib = replaced ? replaced->memory_kib : 0;

	if (!(replaced && replaced->frees_name) && boot_check_name(boot, job->guest.name, err) != 0)
		return -1;
	if (boot_check_memory(boot, job->guest.name, job->guest.memory_mib, freed_kib, err) != 0)
		return err->kind == BD_KIND_NO_ROOM ? bd_set_field(err, BD_FIELD_MEMORY) : -1;
	return 0;
}

static int check_bridges(const struct create_job *job, struct bd_error *err)
{
	if (bd_host_check_bridges(&job->guest.networks, err) != 0)
		return bd_set_field(err, BD_FIELD_NETWORK); /* it can also go without one */
	return 0;
}

/* All that can be known to go wrong with the boot is looked at before the image is made. */
static int prepare_boot(const struct create_job *job, struct boot *boot, struct bd_error *err)
{
	struct bd_xen_version xen;
	struct bd_error ignored;

	if (!job->start) {
		/* Where a Xen runs, a running guest's name is not given away; where none can be asked, it is free. */
		if (bd_xen_running(&xen, &ignored) != 0 || geteuid() != 0 || boot_load(boot, &ignored) != 0)
			return 0;
		return boot_check_name(boot, job->guest.name, err) != 0 && err->kind == BD_KIND_EXISTS ? -1 : 0;
	}
	if (boot_load(boot, err) != 0) {
		if (err->kind != BD_KIND_NO_HYPERVISOR)
			return -1;
		bd_no_hypervisor(err, "no Xen is running here, so no guest can be started");
		return bd_set_field(err, BD_FIELD_START);
	}
	return check_xen(job, boot, err) == 0 ? check_bridges(job, err) : -1;
}

static int start_guest(const struct create_job *job, struct boot *boot, struct bd_error *err)
{
	bd_progress_stage("starting the domain", 0);
	if (boot_create(boot, job->cfg_path, err) != 0) {
		boot_not_started(job->guest.name, job->cfg_path, err);
		return bd_wrap(err, "cannot start %s", job->guest.name);
	}
	boot_started(boot, job->guest.name, job->cfg_path);
	if (!job->wait_s)
		return bd_cancel_check(err);
	int r = boot_wait(boot, job->guest.name, job->never_reports, job->wait_s, err);
	boot_waited(boot, job->guest.name, job->cfg_path, r, err);
	return r;
}

static void tell(const struct create_job *job, bool created)
{
	const struct bd_event event = { .kind = created ? "created" : "removed",
					.guest = job->guest.name,
					.cfg_path = job->cfg_path };

	if (created)
		bd_event(&event, "%s was created, with its disk %s", job->guest.name, job->image_path);
	else
		bd_event(&event, "%s was removed again, because it could not be started", job->guest.name);
}

static void retract(const struct create_job *job, struct create_files *files)
{
	create_files_retract(files);
	bd_record_remove(job->cfg_path);
	tell(job, false);
}

/* A guest that runs but is slow to report is no reason to throw it away; everything else is undone. */
static int undo(const struct create_job *job, struct boot *boot, struct create_files *files,
		const struct bd_error *err)
{
	if (err->code == ETIMEDOUT && boot->created)
		return -1;
	struct bd_error failure;
	if (boot_destroy(boot, &failure) != 0)
		/* Its disk is in use. */
		bd_warn("domain %u could not be destroyed; its files are kept: %s", boot->domid, failure.message);
	else if (job->keep_failed && err->kind != BD_KIND_CANCELED)
		bd_warn("its files are kept: %s, %s", job->image_path, job->cfg_path);
	else
		retract(job, files);
	return -1;
}

int create_publish_and_start(const struct create_job *job, struct boot *boot, struct create_files *files,
			     double begin_s, struct create_outcome *outcome_out, struct bd_error *err)
{
	struct create_outcome outcome = { .files = files, .started = job->start };

	if (create_files_publish(files, err) != 0)
		return -1;
	outcome.make_s = bd_progress_elapsed_s() - begin_s;
	/* Of a guest of that name that was removed by other means. */
	bd_record_remove(job->cfg_path);
	tell(job, true);
	if (job->start && start_guest(job, boot, err) != 0)
		return undo(job, boot, files, err);
	bd_progress_end(0);
	outcome.ready = boot->ready;
	outcome.domid = boot->domid;
	outcome.create_s = boot->create_s;
	outcome.wait_s = boot->wait_s;
	outcome.stages = boot->stages;
	*outcome_out = outcome;
	return 0;
}

int create_check(struct create_job *job, struct bd_error *err)
{
	if (check_template(job, err) != 0)
		return -1;
	decide_restriction(job);
	return 0;
}

/* Opens the template as the making would, but fetches nothing: of mini all is known only where a kernel is. */
static int check_room(const struct create_job *job, struct bd_error *err)
{
	BD_DISPOSE(bd_template_dispose) struct bd_template template;
	BD_DISPOSE(create_mounts_dispose) struct create_mounts mounts;
	bool built_in = bd_template_is_built_in(job->template);
	struct bd_kernel kernel;

	bd_template_init(&template);
	create_mounts_init(&mounts);
	if (job->is_whole_disk)
		return 0; /* create_check has looked at all of it */
	if ((built_in && bd_kernel_find_here(&kernel, err) != 0) ||
	    bd_template_open(job->template, job->templates, &template, err) != 0)
		return built_in ? create_check_room(job, NULL, err) : -1;
	if (create_mounts_add_points(job, &template, err) != 0 ||
	    create_mounts_split(job, &template, &mounts, err) != 0)
		return -1;
	if (bd_ext3_check_fit(job->guest.fs_type, bd_region_bytes(bd_plan_find(&job->plan, BD_REGION_ROOT)),
			      create_mounts_root(&mounts, &template), &template.tree, err) != 0)
		return bd_wrap(err, "cannot make %s", job->image_path);
	if (create_mounts_check_fit(job, &mounts, err) != 0 || create_check_room(job, &template, err) != 0)
		return -1;
	/* What is replaced is not to be lost to anything that could have been known. */
	return job->replaced ? create_files_try(job, err) : 0;
}

/* Where no Xen runs, or this user may not ask it, nothing is known of it. */
static int check_start(const struct create_job *job, struct boot *boot, struct bd_error *err)
{
	if ((boot_load(boot, err) != 0 || check_xen(job, boot, err) != 0) && err->kind != BD_KIND_NO_HYPERVISOR &&
	    err->code != EPERM)
		return -1;
	return check_bridges(job, err);
}

int create_check_all(struct create_job *job, struct boot *boot, struct bd_error *err)
{
	if (create_check(job, err) != 0 || check_room(job, err) != 0 ||
	    (!job->only_disk && create_check_absent(job, err) != 0) ||
	    (job->replaced && create_check_writable(job, err) != 0) ||
	    (job->start && check_start(job, boot, err) != 0))
		return -1;
	return create_makes_volume(job) ? create_volume_check(job, err) : create_device_check(job, err);
}

int create_do(struct create_job *job, struct boot *boot, struct create_files *files,
	      struct create_outcome *outcome_out, struct bd_error *err)
{
	BD_CLOSE int lock_fd = -1; /* given back last */
	double begin_s;
	bool removed;

	if (make_system_folders(job, err) != 0 || bd_lock(job->cfg_path, &lock_fd, err) != 0 ||
	    check_no_cfg(job, err) != 0 || prepare_boot(job, boot, err) != 0 ||
	    create_remove_leftover(job, &removed, err) != 0 || create_check_absent(job, err) != 0 ||
	    create_check_writable(job, err) != 0 || create_check_room(job, NULL, err) != 0 ||
	    create_device_open(job, BD_DEVICE_WRITE, &files->device, err) != 0 ||
	    create_volume_begin(job, &files->volume, err) != 0)
		return -1;
	begin_s = bd_progress_elapsed_s();
	if (create_files_make(job, files, err) != 0 ||
	    create_publish_and_start(job, boot, files, begin_s, outcome_out, err) != 0)
		return bd_device_abandon(&files->device, err);
	return 0;
}
