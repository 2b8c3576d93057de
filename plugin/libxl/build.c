/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds a domain. */
#include "libxl/build.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <libxl_utils.h>

#include "base/cleanup.h"
#include "base/file/byte_lock.h"
#include "libxl/async.h"
#include "libxl/bootloader/early.h"
#include "libxl/device_stages.h"
#include "libxl/hotplug.h"
#include "libxl/last_line.h"
#include "libxl/memory.h"

/* A lock per guest name: libxl checks names too, but not in one step with the making of the domain. */
#define LOCK_FILE "/run/xen-bigdisk.lock"

static int lock_name(const char *name, int *lock_out, struct bd_error *err)
{
	BD_CLOSE int lock = open(LOCK_FILE, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0)
		return bd_fail_errno(err, "cannot open " LOCK_FILE);
	int r = bd_byte_lock(lock, bd_byte_lock_offset(name, strlen(name)));
	if (r != 0)
		return r > 0 ? bd_exists(err, "%s is being started by another process", name)
			     : bd_fail_errno(err, "cannot lock " LOCK_FILE);
	*lock_out = bd_take_fd(&lock);
	return 0;
}

static int check_unique(const struct bd_build *build, const libxl_domain_create_info *info, struct bd_error *err)
{
	libxl_ctx *ctx = build->xen->ctx;
	uint32_t domid;
	if (libxl_name_to_domid(ctx, info->name, &domid) == 0)
		return bd_exists(err, "a domain named %s already exists (domid %u)", info->name, domid);

	int count;
	libxl_dominfo *domains = libxl_list_domain(ctx, &count);
	if (!domains)
		return bd_xen_fail(build->xen, ERROR_FAIL, err, "cannot list the domains");
	int r = 0;
	/* A dead one may stay beside its successor: rename-restart keeps it, and its handle in Xen. */
	for (int i = 0; i < count && r == 0; i++)
		if (!domains[i].dying && !domains[i].shutdown && !libxl_uuid_compare(&domains[i].uuid, &info->uuid))
			r = bd_exists(err, "a domain with the UUID of %s already exists (domid %u)", info->name,
				      domains[i].domid);
	libxl_dominfo_list_free(domains, count);
	return r;
}

/* libxl destroys what it could not finish. Make sure, but never touch a domain that is not ours. */
static void remove_remains(const struct bd_build *build, const libxl_uuid *uuid, uint32_t domid)
{
	libxl_dominfo info;
	libxl_dominfo_init(&info);
	if (domid != BD_XEN_NO_DOMID && libxl_domain_info(build->xen->ctx, &info, domid) == 0 && !info.dying &&
	    !libxl_uuid_compare(&info.uuid, uuid))
		bd_xen_destroy(build->xen, domid);
	libxl_dominfo_dispose(&info);
}

/* Where libxl only knows that a bootloader or a device model has failed, its log knows why. */
static void add_reason(const char *name, struct bd_error *err)
{
	static const char mark[] = "consult logfile ";
	char path[512];
	const char *at = strstr(err->message, mark);
	if (at && sscanf(at + strlen(mark), "%255[^; ]", path) == 1) {
		bd_add_last_line(path, err);
	} else if (strstr(err->message, "device model")) {
		snprintf(path, sizeof(path), "/var/log/xen/qemu-dm-%s.log", name);
		bd_add_last_line(path, err);
	}
}

/* What is held while libxl creates a domain. */
struct creation {
	const struct bd_build *build;
	libxl_domain_config *config;
	int memory_lock; /* xl's; -1: not held */
	struct bd_bootloader_loan loan; /* for a bootloader that libxl runs */
	struct bd_device_stages stages;
};

static void creation_dispose(struct creation *creation)
{
	if (creation->memory_lock >= 0)
		close(bd_take_fd(&creation->memory_lock));
	bd_bootloader_take_back(&creation->loan);
	bd_device_stages_close(&creation->stages);
}

/* By the time that it gets devices a domain has its memory, and another may be given what is left: but for an HVM domain,
 * whose device model adds that of its screen. */
static void begin_devices(void *context, enum bd_toolstack_stage stage)
{
	struct creation *creation = context;

	bd_build_stage(creation->build, stage);
	if (creation->config->c_info.type != LIBXL_DOMAIN_TYPE_HVM && creation->memory_lock >= 0)
		close(bd_take_fd(&creation->memory_lock));
}

/* libxl has made the domain by now; it starts a bootloader only from its event loop, which nobody has entered yet. */
static void follow(struct creation *creation)
{
	const struct bd_build *build = creation->build;
	struct bd_error err = BD_ERROR_INIT;
	uint32_t domid;

	if (libxl_name_to_domid(build->xen->ctx, creation->config->c_info.name, &domid) != 0)
		return;
	if (bd_bootloader_lend(&creation->loan, domid, &err) != 0)
		build->tell(build->context, BD_TOOLSTACK_LOG_WARNING, err.message);
	creation->stages = (struct bd_device_stages){ .domid = domid, .begin = begin_devices, .context = creation };
	bd_device_stages_open(&creation->stages);
}

static void tell_hotplug(const struct bd_build *build, const struct bd_toolstack_hotplug *hotplug)
{
	char line[2 * (BD_TOOLSTACK_SCRIPT_SIZE + BD_TOOLSTACK_WHY_SIZE) + 64];
	const char *why_disk = hotplug->why_xens_disk, *why_nic = hotplug->why_xens_nic;

	snprintf(line, sizeof(line), "hotplug scripts: for disks %s%s%s%s, for interfaces %s%s%s%s", hotplug->disk,
		 *why_disk ? " (" : "", why_disk, *why_disk ? ")" : "", hotplug->nic, *why_nic ? " (" : "", why_nic,
		 *why_nic ? ")" : "");
	build->tell(build->context, BD_TOOLSTACK_LOG_DEBUG, line);
}

/* libxc's words for it name a segment and addresses. */
static void add_memory_hint(const libxl_domain_config *config, struct bd_error *err)
{
	struct bd_error before = *err;

	if (!strstr(before.message, "segment ") || !strstr(before.message, "too large"))
		return;
	bd_fail_as(
		err, &before,
		"the memory of %s, %llu MiB, is too small for its kernel and initramfs: raise memory in its config (%s)",
		config->c_info.name, (unsigned long long)(config->b_info.target_memkb / 1024), before.message);
}

/* Its kernel fills the console ring and then waits forever for it to be read. */
static void warn_of_no_console(const struct bd_build *build)
{
	BD_CLOSEDIR DIR *processes = opendir("/proc");
	const struct dirent *entry;

	while (processes && (entry = readdir(processes))) {
		char path[300], comm[32] = "";
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		BD_FCLOSE FILE *file = fopen(path, "re");
		if (file && fgets(comm, sizeof(comm), file) && !strcmp(comm, "xenconsoled\n"))
			return;
	}
	if (processes)
		build->tell(build->context, BD_TOOLSTACK_LOG_WARNING,
			    "xenconsoled is not running, so the guest's console is not read and its boot may hang: "
			    "systemctl restart xen (Debian; running guests stay), else systemctl start xenconsoled");
}

static int finish(struct creation *creation, int *rc_out, bool *stopped_out, struct bd_error *err)
{
	const struct bd_build *build = creation->build;
	const struct bd_async_watch watch = { .fd = bd_device_stages_fd(&creation->stages),
					      .look = bd_device_stages_look,
					      .context = &creation->stages };

	return bd_async_finish_watching(build->xen, build->stop_fd, &watch, rc_out, stopped_out, err);
}

static int create(struct creation *creation, uint32_t *domid_out, struct bd_error *err)
{
	const struct bd_build *build = creation->build;
	libxl_domain_config *config = creation->config;
	const libxl_uuid uuid = config->c_info.uuid;
	const libxl_asyncop_how how = BD_ASYNC_HOW;
	uint32_t domid = BD_XEN_NO_DOMID;
	bool stopped = false;
	BD_DISPOSE(bd_hotplug_choice_dispose) struct bd_hotplug_choice choice = { 0 };
	struct bd_toolstack_hotplug hotplug;
	struct bd_error unchosen = BD_ERROR_INIT;

	bd_hotplug_find(build->xens_hotplug, build->xlconf, &hotplug);
	if (bd_hotplug_before_create(&hotplug, config, &choice, err))
		return -1;
	tell_hotplug(build, &hotplug);
	if (build->xlconf->random_domid && !libxl_domid_valid_guest(config->c_info.domid))
		config->c_info.domid = (uint32_t)RANDOM_DOMID;
	bd_xen_forget(build->xen);
	bd_build_stage(build, BD_TOOLSTACK_STAGE_DOMAIN);
	int rc = libxl_domain_create_new(build->xen->ctx, config, &domid, &how, NULL);
	if (rc == 0 && bd_hotplug_during_create(&hotplug, config, &choice, &unchosen))
		build->tell(build->context, BD_TOOLSTACK_LOG_WARNING, unchosen.message);
	if (rc == 0)
		follow(creation);
	if (rc == 0 && finish(creation, &rc, &stopped, err))
		rc = ERROR_FAIL;
	if (rc == 0 && !stopped) {
		if (bd_hotplug_after_create(build->xen, domid, &choice, &unchosen))
			build->tell(build->context, BD_TOOLSTACK_LOG_WARNING, unchosen.message);
		*domid_out = domid;
		return 0;
	}
	/* Before the cleanup adds its own to libxl's errors. */
	if (stopped)
		bd_canceled(err, "stopped");
	else
		bd_xen_fail(build->xen, rc, err, "cannot create the domain %s", config->c_info.name);
	add_reason(config->c_info.name, err);
	if (!stopped)
		add_memory_hint(config, err);
	remove_remains(build, &uuid, domid);
	return -1;
}

static int unpause(const struct bd_build *build, const libxl_domain_config *config, uint32_t domid,
		   struct bd_error *err)
{
	if (build->start_paused)
		return 0;
	bd_build_stage(build, BD_TOOLSTACK_STAGE_UNPAUSE);
	int rc = libxl_domain_unpause(build->xen->ctx, domid, NULL);
	if (rc == 0)
		return 0;
	bd_xen_fail(build->xen, rc, err, "cannot unpause the domain %s", config->c_info.name);
	bd_xen_destroy(build->xen, domid);
	return -1;
}

/* Somebody else may have made one of that name between our look and libxl's. */
static int fail_twin(const struct bd_build *build, const libxl_domain_config *config, struct bd_error *err)
{
	struct bd_error twin = BD_ERROR_INIT;

	if (err->code != BD_ECANCELED && check_unique(build, &config->c_info, &twin) && twin.code == EEXIST)
		*err = twin;
	return -1;
}

static int make(struct creation *creation, const struct bd_bootloader_early *early, uint32_t *domid_out,
		struct bd_error *err)
{
	const struct bd_build *build = creation->build;
	struct bd_error unrecorded = BD_ERROR_INIT;

	/* Much may have happened since it was looked at first. */
	if (bd_memory_prepare(build, creation->config, &creation->memory_lock, err) ||
	    check_unique(build, &creation->config->c_info, err))
		return -1;
	warn_of_no_console(build);
	if (create(creation, domid_out, err))
		return fail_twin(build, creation->config, err);
	/* The guest runs all the same. */
	if (bd_bootloader_early_record(build->xen, early, *domid_out, &unrecorded))
		build->tell(build->context, BD_TOOLSTACK_LOG_WARNING, unrecorded.message);
	return 0;
}

int bd_build(const struct bd_build *build, libxl_domain_config *config, uint32_t *domid_out, struct bd_error *err)
{
	BD_CLOSE int name_lock = -1;
	BD_DISPOSE(creation_dispose)
	struct creation creation = {
		.build = build, .config = config, .memory_lock = -1, .loan = BD_BOOTLOADER_LOAN_INIT
	};
	struct bd_bootloader_early early = BD_BOOTLOADER_EARLY_INIT;
	uint32_t domid;

	if (lock_name(config->c_info.name, &name_lock, err) || check_unique(build, &config->c_info, err) ||
	    bd_bootloader_choose(build->bootloader_user, config, &creation.loan, err) ||
	    bd_bootloader_early_run(build, config, &creation.loan, &early, err))
		return -1;
	int r = make(&creation, &early, &domid, err);
	bd_bootloader_early_end(&early, config);
	creation_dispose(&creation);
	if (r || unpause(build, config, domid, err))
		return -1;
	*domid_out = domid;
	return 0;
}
