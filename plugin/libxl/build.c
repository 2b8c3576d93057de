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
#include "libxl/hotplug.h"
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

/* Python colours its tracebacks. */
static void drop_colours(char *text)
{
	char *to = text;
	for (const char *from = text; *from;) {
		if (from[0] == '\033' && from[1] == '[') {
			from += 2 + strspn(from + 2, "0123456789;");
			from += *from != '\0';
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

/* Adds the last line of a log to the message. */
static void add_last_line(const char *path, struct bd_error *err)
{
	char line[512], last[200] = "";
	BD_FCLOSE FILE *log = fopen(path, "re");
	while (log && fgets(line, sizeof(line), log))
		if (line[strspn(line, " \t\r\n")])
			snprintf(last, sizeof(last), "%.*s", (int)strcspn(line, "\r\n"), line);
	drop_colours(last);
	struct bd_error before = *err;
	if (*last)
		bd_fail_as(err, &before, "%s: %s (%s)", before.message, last, path);
}

/* Where libxl only knows that a bootloader or a device model has failed, its log knows why. */
static void add_reason(const char *name, struct bd_error *err)
{
	static const char mark[] = "consult logfile ";
	char path[512];
	const char *at = strstr(err->message, mark);
	if (at && sscanf(at + strlen(mark), "%255[^; ]", path) == 1) {
		add_last_line(path, err);
	} else if (strstr(err->message, "device model")) {
		snprintf(path, sizeof(path), "/var/log/xen/qemu-dm-%s.log", name);
		add_last_line(path, err);
	}
}

/* libxl has made the domain by now, and starts the bootloader only from its event loop, which nobody has entered
 * yet. */
static int lend_disk(const struct bd_build *build, const char *name, struct bd_bootloader_loan *loan,
		     struct bd_error *err)
{
	uint32_t domid;

	if (loan->fd < 0)
		return 0;
	int rc = libxl_name_to_domid(build->xen->ctx, name, &domid);
	return rc == 0 ? bd_bootloader_lend(loan, domid, err)
		       : bd_xen_fail(build->xen, rc, err, "cannot find the domain %s", name);
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

static int create(const struct bd_build *build, libxl_domain_config *config, uint32_t *domid_out,
		  struct bd_error *err)
{
	libxl_ctx *ctx = build->xen->ctx;
	const libxl_uuid uuid = config->c_info.uuid;
	const libxl_asyncop_how how = BD_ASYNC_HOW;
	uint32_t domid = BD_XEN_NO_DOMID;
	bool stopped = false;
	BD_DISPOSE(bd_bootloader_take_back) struct bd_bootloader_loan loan = BD_BOOTLOADER_LOAN_INIT;
	BD_DISPOSE(bd_hotplug_choice_dispose) struct bd_hotplug_choice choice = { 0 };
	struct bd_toolstack_hotplug hotplug;

	bd_hotplug_find(build->xens_hotplug, build->xlconf, &hotplug);
	if (bd_bootloader_choose(build->bootloader_user, config, &loan, err) ||
	    bd_hotplug_before_create(&hotplug, config, &choice, err))
		return -1;
	tell_hotplug(build, &hotplug);
	if (build->xlconf->random_domid && !libxl_domid_valid_guest(config->c_info.domid))
		config->c_info.domid = (uint32_t)RANDOM_DOMID;
	bd_xen_forget(build->xen);
	int rc = libxl_domain_create_new(ctx, config, &domid, &how, NULL);
	struct bd_error unlent = BD_ERROR_INIT;
	if (rc == 0 && lend_disk(build, config->c_info.name, &loan, &unlent))
		build->tell(build->context, BD_TOOLSTACK_LOG_WARNING, unlent.message);
	struct bd_error unchosen = BD_ERROR_INIT;
	if (rc == 0 && bd_hotplug_during_create(&hotplug, config, &choice, &unchosen))
		build->tell(build->context, BD_TOOLSTACK_LOG_WARNING, unchosen.message);
	if (rc == 0 && bd_async_finish(build->xen, build->stop_fd, &rc, &stopped, err))
		rc = ERROR_FAIL;
	if (rc == 0 && !stopped) {
		if (bd_hotplug_after_create(ctx, domid, &choice, &unchosen))
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
	int rc = libxl_domain_unpause(build->xen->ctx, domid, NULL);
	if (rc == 0)
		return 0;
	bd_xen_fail(build->xen, rc, err, "cannot unpause the domain %s", config->c_info.name);
	bd_xen_destroy(build->xen, domid);
	return -1;
}

int bd_build(const struct bd_build *build, libxl_domain_config *config, uint32_t *domid_out, struct bd_error *err)
{
	BD_CLOSE int name_lock = -1;
	BD_CLOSE int memory_lock = -1;
	uint32_t domid;
	if (lock_name(config->c_info.name, &name_lock, err) || check_unique(build, &config->c_info, err) ||
	    bd_memory_prepare(build, config, &memory_lock, err))
		return -1;
	warn_of_no_console(build);
	if (create(build, config, &domid, err)) {
		/* Somebody else may have made one of that name between our look and libxl's. */
		struct bd_error twin = BD_ERROR_INIT;
		if (err->code != BD_ECANCELED && check_unique(build, &config->c_info, &twin) && twin.code == EEXIST)
			*err = twin;
		return -1;
	}
	if (memory_lock >= 0)
		close(bd_take_fd(&memory_lock));
	if (unpause(build, config, domid, err))
		return -1;
	*domid_out = domid;
	return 0;
}
