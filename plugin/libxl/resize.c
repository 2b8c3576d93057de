/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes memory and virtual CPUs of a running domain, as xl mem-set and xl vcpu-set do. */
#include "libxl/resize.h"

#include <errno.h>
#include <inttypes.h>

#include <libxl_utils.h>

#include "base/cleanup.h"
#include "libxl/async.h"
#include "libxl/build_job.h"
#include "libxl/config/xlconf.h"
#include "libxl/memory.h"

static int look(const struct bd_toolstack *toolstack, uint32_t domid, libxl_dominfo *info, struct bd_error *err)
{
	const struct bd_xen *xen = &toolstack->xen;

	bd_xen_forget(xen);
	if (domid == 0)
		return bd_fail(err, EPERM, "cannot change domain 0: it is this host's own");
	int rc = libxl_domain_info(xen->ctx, info, domid);
	if (rc == ERROR_DOMAIN_NOTFOUND)
		return bd_fail(err, ESRCH, "there is no domain %u any more", domid);
	return rc ? bd_xen_fail(xen, rc, err, "cannot ask Xen about domain %u", domid) : 0;
}

/* A balloon that finds no memory would wait for some for ever. */
static int make_room(struct bd_toolstack *toolstack, uint64_t need_kib, int *lock_out, struct bd_error *err)
{
	BD_DISPOSE(bd_xlconf_dispose) struct bd_xlconf xlconf = { 0 };
	const struct bd_toolstack_host *host = toolstack->host;
	const struct bd_build build = { .xen = &toolstack->xen,
					.xlconf = &xlconf,
					.screen_fd = -1,
					.stop_fd = host->cancel_fd,
					.tell = host->log,
					.context = host->context };

	return bd_xlconf_read(&xlconf, err) ? -1 : bd_memory_make_room(&build, need_kib, lock_out, err);
}

int bd_set_memory(struct bd_toolstack *toolstack, uint32_t domid, uint64_t memory_kib, uint64_t *before_kib_out,
		  struct bd_error *err)
{
	libxl_ctx *ctx = toolstack->xen.ctx;
	uint64_t before_kib, after_kib;
	BD_CLOSE int lock = -1;
	libxl_dominfo info;

	libxl_dominfo_init(&info);
	int r = look(toolstack, domid, &info, err);
	uint64_t has_kib = info.current_memkb;
	libxl_dominfo_dispose(&info);
	if (r)
		return -1;
	if (memory_kib > has_kib && make_room(toolstack, memory_kib - has_kib, &lock, err))
		return -1;
	int rc = libxl_get_memory_target(ctx, domid, &before_kib);
	if (rc == 0)
		rc = libxl_set_memory_target(ctx, domid, (int64_t)memory_kib, 0, 1);
	if (rc == ERROR_INVAL)
		return bd_fail(err, ERANGE, "domain %u cannot have %" PRIu64 " MiB: %s", domid, memory_kib / 1024,
			       bd_xen_errors(&toolstack->xen));
	if (rc)
		return bd_xen_fail(&toolstack->xen, rc, err, "cannot give domain %u %" PRIu64 " MiB of memory", domid,
				   memory_kib / 1024);
	/* Of an HVM domain the target that libxl tells is without the memory of its screen, and the one that it takes with it. */
	if (libxl_get_memory_target(ctx, domid, &after_kib) || after_kib > memory_kib)
		after_kib = memory_kib;
	*before_kib_out = before_kib + (memory_kib - after_kib);
	return 0;
}

static int put_online(struct bd_toolstack *toolstack, uint32_t domid, uint32_t vcpus, struct bd_error *err)
{
	const libxl_asyncop_how async = BD_ASYNC_HOW;
	libxl_ctx *ctx = toolstack->xen.ctx;
	libxl_bitmap online;
	bool stopped = false;

	libxl_bitmap_init(&online);
	int rc = libxl_cpu_bitmap_alloc(ctx, &online, (int)vcpus);
	for (uint32_t i = 0; rc == 0 && i < vcpus; i++)
		libxl_bitmap_set(&online, (int)i);
	if (rc == 0)
		rc = libxl_set_vcpuonline(ctx, domid, &online, &async);
	int r = rc == 0 ? bd_async_finish(&toolstack->xen, toolstack->host->cancel_fd, &rc, &stopped, err) : 0;
	libxl_bitmap_dispose(&online);
	if (r)
		return -1;
	if (rc && stopped)
		return bd_canceled(err, "stopped");
	return rc ? bd_xen_fail(&toolstack->xen, rc, err, "cannot give domain %u %u virtual CPUs", domid, vcpus) : 0;
}

int bd_set_vcpus(struct bd_toolstack *toolstack, uint32_t domid, uint32_t vcpus, uint32_t *before_out,
		 struct bd_error *err)
{
	libxl_dominfo info;

	libxl_dominfo_init(&info);
	int r = look(toolstack, domid, &info, err);
	uint32_t before = info.vcpu_online, most = info.vcpu_max_id + 1;
	bool is_hvm = info.domain_type == LIBXL_DOMAIN_TYPE_HVM;
	libxl_dominfo_dispose(&info);
	if (r)
		return -1;
	if (vcpus == 0 || vcpus > most)
		return bd_fail(err, ERANGE, "domain %u cannot have %u virtual CPUs: it was started with %u", domid,
			       vcpus, most);
	if (is_hvm && vcpus < before)
		return bd_fail(err, ENOTSUP,
			       "no virtual CPU can be taken from domain %u while it runs: it is an HVM domain",
			       domid);
	if (put_online(toolstack, domid, vcpus, err))
		return -1;
	*before_out = before;
	return 0;
}
