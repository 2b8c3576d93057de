/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Existing domains: listing them, asking them to stop, destroying them, their consoles. */
#include "libxl/domains.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxl_utils.h>

#include "base/cleanup.h"
#include "libxl/async.h"
#include "libxl/monitor/presence.h"

enum bd_toolstack_domain_state bd_domain_state(const libxl_dominfo *info)
{
	if (info->dying)
		return BD_TOOLSTACK_DYING;
	if (info->shutdown)
		return BD_TOOLSTACK_SHUTDOWN;
	return info->paused ? BD_TOOLSTACK_PAUSED : BD_TOOLSTACK_RUNNING;
}

/* libxl_dominfo has the hypervisor's limit, which is a little more. */
static uint64_t read_static_max_kib(struct xs_handle *xs, uint32_t domid)
{
	char path[64];
	unsigned length;

	snprintf(path, sizeof(path), "/local/domain/%u/memory/static-max", domid);
	BD_FREE char *text = xs ? xs_read(xs, XBT_NULL, path, &length) : NULL;
	return text ? strtoull(text, NULL, 10) : 0;
}

static void describe_domain(libxl_ctx *ctx, const struct bd_presence *presence, const libxl_dominfo *info,
			    struct bd_toolstack_domain *domain_out)
{
	*domain_out = (struct bd_toolstack_domain){
		.struct_size = sizeof(*domain_out),
		.domid = info->domid,
		.state = bd_domain_state(info),
		.memory_kib = info->current_memkb,
		.memory_max_kib = read_static_max_kib(presence->xs, info->domid),
		.vcpus = info->vcpu_online,
		.vcpus_max = info->vcpu_max_id + 1,
		.cpu_time_ns = info->cpu_time,
		.monitor = bd_presence_of(presence, info->domid, &info->uuid),
	};
	memcpy(domain_out->uuid, libxl_uuid_bytearray_const(&info->uuid), sizeof(domain_out->uuid));
	char *name = libxl_domid_to_name(ctx, info->domid);
	/* A dying domain has no name any more; xl calls it so too. */
	snprintf(domain_out->name, sizeof(domain_out->name), "%s", name ? name : "(null)");
	free(name);
}

int bd_list(struct bd_toolstack *toolstack, int (*each)(void *context, const struct bd_toolstack_domain *domain),
	    void *context, struct bd_error *err)
{
	int count;
	bd_xen_forget(&toolstack->xen);
	libxl_dominfo *domains = libxl_list_domain(toolstack->xen.ctx, &count);
	if (!domains)
		return bd_xen_fail(&toolstack->xen, ERROR_FAIL, err, "cannot list the domains");
	struct bd_presence presence;
	bd_presence_open(&presence);
	int stop = 0;
	for (int i = 0; i < count && !stop; i++) {
		struct bd_toolstack_domain domain;
		describe_domain(toolstack->xen.ctx, &presence, &domains[i], &domain);
		stop = each(context, &domain);
	}
	bd_presence_close(&presence);
	libxl_dominfo_list_free(domains, count);
	return 0;
}

/* 0, or ESRCH; EPERM for dom0, which is no guest. */
static int check_guest(struct bd_toolstack *toolstack, uint32_t domid, const char *doing, struct bd_error *err)
{
	bd_xen_forget(&toolstack->xen);
	if (domid == 0)
		return bd_fail(err, EPERM, "cannot %s domain 0: it is this host's own", doing);
	if (!bd_xen_has_domain(&toolstack->xen, domid))
		return bd_fail(err, ESRCH, "cannot %s domain %u: there is no such domain", doing, domid);
	return 0;
}

int bd_shutdown(struct bd_toolstack *toolstack, uint32_t domid, enum bd_toolstack_shutdown how, struct bd_error *err)
{
	const char *doing = how == BD_TOOLSTACK_REBOOT ? "reboot" : "shut down";
	if (check_guest(toolstack, domid, doing, err))
		return -1;
	/* libxl waits for the guest to take note, for a minute when it does not. */
	const libxl_asyncop_how async = BD_ASYNC_HOW;
	bool stopped = false;
	int rc = how == BD_TOOLSTACK_REBOOT ? libxl_domain_reboot(toolstack->xen.ctx, domid, &async)
					    : libxl_domain_shutdown(toolstack->xen.ctx, domid, &async);
	if (rc == 0 && bd_async_finish(&toolstack->xen, toolstack->host->cancel_fd, &rc, &stopped, err))
		return -1;
	if (rc && stopped)
		return bd_canceled(err, "stopped");
	if (rc == ERROR_NOPARAVIRT)
		return bd_fail(
			err, ENOTSUP,
			"cannot %s domain %u: its kernel does not respond to Xen (not yet booted, or without PV "
			"drivers)",
			doing, domid);
	if (rc)
		return bd_xen_fail(&toolstack->xen, rc, err, "cannot %s domain %u", doing, domid);
	return 0;
}

int bd_destroy(struct bd_toolstack *toolstack, uint32_t domid, struct bd_error *err)
{
	if (check_guest(toolstack, domid, "destroy", err))
		return -1;
	int rc = bd_xen_destroy(&toolstack->xen, domid);
	if (rc)
		return bd_xen_fail(&toolstack->xen, rc, err, "cannot destroy domain %u", domid);
	return 0;
}

int bd_console(struct bd_toolstack *toolstack, uint32_t domid, struct bd_error *err)
{
	if (check_guest(toolstack, domid, "open the console of", err))
		return -1;
	/* Returns only when it fails, and says no more than that it does. */
	libxl_primary_console_exec(toolstack->xen.ctx, domid, -1);
	return bd_xen_fail(&toolstack->xen, ERROR_FAIL, err, "cannot open the console of domain %u", domid);
}
