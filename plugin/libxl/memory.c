/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory for a new guest: dom0 is ballooned down, under xl's lock, when xl would do so.
 *
 * xl leaves dom0 alone when autoballoon is off in xl.conf, or "auto" and dom0_mem= is on Xen's command line.
 */
#include "libxl/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

/* As long as xl tries, in all and between two signs of progress. */
#define TRY_S 30
#define STALL_S 10
/* How much memory dom0 has is told by nobody: it is looked at, at first after the shorter time, at last after the longer. */
#define LOOK_MS 10
#define LOOK_LATE_MS 250
/* How often the wish to stop is looked for, while the kernel waits for the lock. */
#define STOP_MS 250

/* libxl_set_memory_target refuses to make dom0 smaller: LIBXL_MIN_DOM0_MEM of libxl_internal.h. */
#define DOM0_LEAST_KIB (128 * 1024)
/* What it uses cannot be taken from it; this much stays for what it will use while guests are made. */
#define DOM0_SPARE_KIB (128 * 1024)

static bool has_dom0_mem(const char *commandline)
{
	static const char option[] = "dom0_mem=";
	for (const char *at = commandline; (at = strstr(at, option)); at += strlen(option)) {
		char value = at[strlen(option)];
		if ((at == commandline || at[-1] == ' ') && value && value != ' ')
			return true;
	}
	return false;
}

static bool balloons(const struct bd_xen *xen, const struct bd_xlconf *xlconf)
{
	if (xlconf->autoballoon != BD_AUTOBALLOON_AUTO)
		return xlconf->autoballoon == BD_AUTOBALLOON_ON;
	const libxl_version_info *info = libxl_get_version_info(xen->ctx);
	return !info || !info->commandline || !has_dom0_mem(info->commandline);
}

static void ignore(int number)
{
	(void)number;
}

/* In the kernel, which hands the lock over when it is free. A timer interrupts that. */
static int wait_for_lock(const struct bd_build *build, int fd, struct bd_error *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int r;

	while ((r = fcntl(fd, F_SETLKW, &lock)) != 0 && errno == EINTR)
		if (bd_build_pause(build, 0, err))
			return -1;
	return r == 0 ? 0 : bd_fail_errno(err, "cannot lock %s", build->xlconf->lockfile);
}

static int wait_with_timer(const struct bd_build *build, int fd, struct bd_error *err)
{
	const struct sigaction interrupt = { .sa_handler = ignore };
	const struct itimerspec often = { .it_interval = { .tv_nsec = STOP_MS * 1000000 },
					  .it_value = { .tv_nsec = STOP_MS * 1000000 } };
	struct sigevent alarm = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct sigaction before;
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &alarm, &timer) != 0)
		return bd_fail_errno(err, "cannot wait for %s", build->xlconf->lockfile);
	int r = sigaction(SIGALRM, &interrupt, &before) == 0 && timer_settime(timer, 0, &often, NULL) == 0
			? wait_for_lock(build, fd, err)
			: bd_fail_errno(err, "cannot wait for %s", build->xlconf->lockfile);
	timer_delete(timer);
	sigaction(SIGALRM, &before, NULL);
	return r;
}

/* xl's own lock, of xl's kind (fcntl(2)), so that the two keep each other away. xl cannot be stopped while it waits; we
 * must be. */
static int take_lock(const struct bd_build *build, int fd, struct bd_error *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_SETLK, &lock) == 0)
		return 0;
	if (errno != EACCES && errno != EAGAIN)
		return bd_fail_errno(err, "cannot lock %s", build->xlconf->lockfile);
	build->tell(build->context, BD_TOOLSTACK_LOG_INFO, "waiting for xl's lock: another domain is being created");
	return wait_with_timer(build, fd, err);
}

/* Waits until dom0 is as small as it was told to be, or does not shrink any more. */
static int wait_for_dom0(const struct bd_build *build, struct bd_error *err)
{
	uint64_t least_kib = UINT64_MAX;
	double progress_s = bd_clock_s();
	for (int look_ms = LOOK_MS;; look_ms = look_ms * 2 < LOOK_LATE_MS ? look_ms * 2 : LOOK_LATE_MS) {
		uint64_t target_kib;
		libxl_dominfo info;
		libxl_dominfo_init(&info);
		int rc = libxl_get_memory_target(build->xen->ctx, 0, &target_kib);
		if (rc == 0)
			rc = libxl_domain_info(build->xen->ctx, &info, 0);
		uint64_t current_kib = info.current_memkb + info.outstanding_memkb;
		libxl_dominfo_dispose(&info);
		if (rc)
			return bd_xen_fail(build->xen, rc, err, "cannot see how much memory dom0 has");
		if (current_kib <= target_kib)
			return 0;
		if (current_kib < least_kib)
			progress_s = bd_clock_s();
		else if (bd_clock_s() - progress_s > STALL_S)
			return bd_no_room(err,
					  "dom0 does not give up memory: it has %" PRIu64 " MiB and was asked for "
					  "%" PRIu64 " MiB",
					  current_kib / 1024, target_kib / 1024);
		least_kib = current_kib < least_kib ? current_kib : least_kib;
		if (bd_build_pause(build, look_ms, err))
			return -1;
	}
}

static int balloon(const struct bd_build *build, uint64_t need_kib, struct bd_error *err)
{
	libxl_ctx *ctx = build->xen->ctx;
	double start_s = bd_clock_s();
	for (bool told = false;; told = true) {
		uint64_t free_kib;
		int rc = libxl_get_free_memory(ctx, &free_kib);
		if (rc)
			return bd_xen_fail(build->xen, rc, err, "cannot see how much memory is free");
		if (free_kib >= need_kib)
			return 0;
		if (bd_clock_s() - start_s > TRY_S)
			return bd_no_room(err,
					  "the guest needs %" PRIu64 " MiB and Xen has %" PRIu64
					  " MiB free, after dom0 was "
					  "ballooned down",
					  need_kib / 1024, free_kib / 1024);
		char line[128];
		snprintf(line, sizeof(line), "taking %" PRIu64 " MiB of memory from dom0",
			 (need_kib - free_kib + 1023) / 1024);
		if (!told)
			build->tell(build->context, BD_TOOLSTACK_LOG_INFO, line);
		bd_xen_forget(build->xen);
		if (libxl_set_memory_target(ctx, 0, (int64_t)(free_kib - need_kib), 1, 0))
			return bd_no_room(err,
					  "the guest needs %" PRIu64 " MiB, Xen has %" PRIu64
					  " MiB free, and dom0 cannot "
					  "give up the rest: %s",
					  need_kib / 1024, free_kib / 1024, bd_xen_errors(build->xen));
		if (wait_for_dom0(build, err))
			return -1;
	}
}

/* Without ballooning xl finds out when the domain is half built. What a guest needs in addition to its memory is
 * not counted here, so that nothing is refused that would just fit. */
static int check_free(const struct bd_build *build, uint64_t need_kib, struct bd_error *err)
{
	uint64_t free_kib;

	int rc = libxl_get_free_memory(build->xen->ctx, &free_kib);
	if (rc)
		return bd_xen_fail(build->xen, rc, err, "cannot see how much memory is free");
	if (need_kib <= free_kib)
		return 0;
	return bd_no_room(err,
			  "the guest needs %" PRIu64 " MiB and Xen has %" PRIu64
			  " MiB free; dom0's memory is fixed and is not taken from",
			  need_kib / 1024, free_kib / 1024);
}

static int lock_xl(const struct bd_build *build, int *lock_out, struct bd_error *err)
{
	const char *path = build->xlconf->lockfile;
	BD_CLOSE int lock = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, S_IWUSR);

	if (lock < 0)
		return bd_fail_errno(err, "cannot open xl's lock file %s", path);
	if (take_lock(build, lock, err))
		return -1;
	*lock_out = bd_take_fd(&lock);
	return 0;
}

int bd_memory_prepare(const struct bd_build *build, libxl_domain_config *config, int *lock_out, struct bd_error *err)
{
	uint64_t target_kib = config->b_info.target_memkb;

	*lock_out = -1;
	if (!balloons(build->xen, build->xlconf))
		return target_kib == LIBXL_MEMKB_DEFAULT ? 0 : check_free(build, target_kib, err);
	BD_CLOSE int lock = -1;
	uint64_t need_kib;
	bd_build_stage(build, BD_TOOLSTACK_STAGE_LOCK);
	if (lock_xl(build, &lock, err))
		return -1;
	bd_build_stage(build, BD_TOOLSTACK_STAGE_MEMORY);
	int rc = libxl_domain_need_memory(build->xen->ctx, config, BD_XEN_NO_DOMID, &need_kib);
	if (rc)
		return bd_xen_fail(build->xen, rc, err, "cannot tell how much memory the guest needs");
	if (balloon(build, need_kib, err))
		return -1;
	*lock_out = bd_take_fd(&lock);
	return 0;
}

int bd_memory_make_room(const struct bd_build *build, uint64_t need_kib, int *lock_out, struct bd_error *err)
{
	*lock_out = -1;
	if (!balloons(build->xen, build->xlconf))
		return check_free(build, need_kib, err);
	BD_CLOSE int lock = -1;
	if (lock_xl(build, &lock, err) || balloon(build, need_kib, err))
		return -1;
	*lock_out = bd_take_fd(&lock);
	return 0;
}

/* MemAvailable of proc_meminfo(5): with page cache that can be dropped. */
static uint64_t dom0_unused_kib(void)
{
	BD_FCLOSE FILE *meminfo = fopen("/proc/meminfo", "re");
	uint64_t kib = 0;
	char line[128];

	while (meminfo && !kib && fgets(line, sizeof(line), meminfo))
		if (sscanf(line, "MemAvailable: %" SCNu64 " kB", &kib) != 1)
			kib = 0;
	return kib;
}

/* libxl would take more, until dom0 is out of memory and its kernel kills processes. */
static uint64_t dom0_gives_kib(uint64_t dom0_kib)
{
	uint64_t unused_kib = dom0_unused_kib();
	uint64_t gives_kib = dom0_kib > DOM0_LEAST_KIB ? dom0_kib - DOM0_LEAST_KIB : 0;
	uint64_t spare_kib = unused_kib > DOM0_SPARE_KIB ? unused_kib - DOM0_SPARE_KIB : 0;

	return gives_kib < spare_kib ? gives_kib : spare_kib;
}

int bd_memory_available(const struct bd_xen *xen, const struct bd_xlconf *xlconf, uint64_t *available_kib_out,
			struct bd_error *err)
{
	uint64_t free_kib, dom0_kib = 0;

	int rc = libxl_get_free_memory(xen->ctx, &free_kib);
	if (rc)
		return bd_xen_fail(xen, rc, err, "cannot see how much memory is free");
	if (balloons(xen, xlconf)) {
		rc = libxl_get_memory_target(xen->ctx, 0, &dom0_kib);
		if (rc)
			return bd_xen_fail(xen, rc, err, "cannot see how much memory dom0 has");
	}
	*available_kib_out = free_kib + dom0_gives_kib(dom0_kib);
	return 0;
}
