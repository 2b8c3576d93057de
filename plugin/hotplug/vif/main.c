/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vif-bigdisk: Xen's vif-bridge in one process. README.md has what it does, and what it hands over to the script. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "hotplug/backend_nodes.h"
#include "hotplug/libxenstore.h"
#include "hotplug/vif/apply.h"
#include "hotplug/vif/decide.h"
#include "hotplug/vif/iptables.h"
#include "hotplug/vif/link.h"
#include "hotplug/vif/request.h"
#include "hotplug/vif/scripts.h"
#include "hotplug/xens_script.h"

#define SCRIPT "vif-bridge"

/* What is opened for the decision, and closed again before anything else is executed. */
struct opened {
	struct bd_libxenstore xenstore;
	struct vif_netlink *netlink;
};

static const char *environment(const char *name)
{
	return getenv(name);
}

static void close_all(struct opened *opened)
{
	bd_libxenstore_dispose(&opened->xenstore);
	vif_netlink_close(&opened->netlink);
}

static int complain(const char *message)
{
	syslog(LOG_ERR, "%s", message);
	fprintf(stderr, "vif-bigdisk: %s\n", message);
	return EXIT_FAILURE;
}

/* fatal of xen-hotplug-common.sh. libxl prints hotplug-error, netback sees hotplug-status. */
static int fail(const struct vif_request *request, const struct opened *opened, const char *message)
{
	struct bd_error err = BD_ERROR_INIT;

	syslog(LOG_ERR, "%s", message);
	if (bd_backend_refuse(&opened->xenstore.store, request->backend_path, "error", message, &err) != 0)
		complain(err.message);
	return EXIT_FAILURE;
}

/* For an error before the store is open. request: NULL where it is not known whose it is. */
static int fail_unopened(const struct vif_request *request, const char *message)
{
	BD_DISPOSE(close_all) struct opened opened = { 0 };
	struct bd_error err = BD_ERROR_INIT;

	if (request && bd_libxenstore_open(&opened.xenstore, &err) == 0)
		return fail(request, &opened, message);
	return complain(message);
}

/* Does not return where the script can be executed: with our arguments and our environment. */
static int hand_over(const struct vif_request *request, const char *folder, char **argv, const char *reason)
{
	struct bd_error cause = BD_ERROR_INIT, err = BD_ERROR_INIT;

	syslog(LOG_DEBUG, SCRIPT " does this, because of %s", reason);
	bd_xens_script_execute(folder, SCRIPT, argv, &cause);
	bd_fail_as(&err, &cause, "%s; it is needed because of %s", cause.message, reason);
	return fail_unopened(request, err.message);
}

/* Whether the scripts are those that this program stands for, and nothing is configured that only they do. */
static enum vif_verdict look_at_scripts(const char *folder, char reason_out[VIF_REASON_SIZE])
{
	static struct vif_scripts scripts;
	struct bd_error err = BD_ERROR_INIT;
	char hook[NAME_MAX + 1];
	bool works = false;

	if (vif_scripts_read(folder, getenv("PATH"), &scripts, reason_out) != VIF_DO)
		return VIF_HAND_OVER;
	if (vif_scripts_has_hook(folder, hook)) {
		snprintf(reason_out, VIF_REASON_SIZE, "the hook vif-post.d/%s", hook);
		return VIF_HAND_OVER;
	}
	if (scripts.uses_iptables && vif_iptables_works(scripts.search_path, &works, &err) != 0)
		works = true;
	if (works)
		snprintf(reason_out, VIF_REASON_SIZE, "iptables, in which it has rules for each device");
	return works ? VIF_HAND_OVER : VIF_DO;
}

static int find_link(void *links, const char *name, struct vif_link *link_out, bool *there_out, struct bd_error *err)
{
	return vif_link_find(links, name, link_out, there_out, err);
}

static int apply(const struct vif_plan *plan, const struct vif_request *request, const struct opened *opened)
{
	struct bd_error err = BD_ERROR_INIT;
	char warning[VIF_REASON_SIZE];

	int r = vif_apply(plan, request, opened->netlink, &opened->xenstore.store, warning, &err);
	if (*warning)
		syslog(LOG_DEBUG, "%s: %s", request->device, warning);
	if (r != 0)
		return fail(request, opened, err.message);
	syslog(LOG_DEBUG, "%s is %s", request->device, plan->attach ? "on its bridge" : "taken off its bridge");
	return EXIT_SUCCESS;
}

static int serve(const struct vif_request *request, const char *folder, char **argv)
{
	BD_DISPOSE(close_all) struct opened opened = { 0 };
	struct bd_error err = BD_ERROR_INIT;
	struct vif_plan plan;

	if (bd_libxenstore_open(&opened.xenstore, &err) != 0)
		return complain(err.message);
	if (vif_netlink_open(&opened.netlink, &err) != 0)
		return fail(request, &opened, err.message);
	struct vif_world world = { .store = &opened.xenstore.store, .links = opened.netlink, .find_link = find_link };
	if (vif_decide(request, &world, &plan, &err) != 0)
		return fail(request, &opened, err.message);
	switch (plan.verdict) {
	case VIF_DO:
		return apply(&plan, request, &opened);
	case VIF_NOTHING:
		return EXIT_SUCCESS;
	case VIF_FAIL:
		return fail(request, &opened, plan.reason);
	case VIF_HAND_OVER:
		break;
	}
	close_all(&opened);
	return hand_over(request, folder, argv, plan.reason);
}

int main(int argc, char **argv)
{
	struct vif_request request;
	char folder[PATH_MAX], reason[VIF_REASON_SIZE];

	if (argc < 1)
		return EXIT_FAILURE;
	/* Where the script logs, too: daemon. */
	openlog("vif-bigdisk", LOG_PID, LOG_DAEMON);
	bd_xens_scripts_folder(argv[0], folder);
	enum vif_verdict verdict =
		vif_request_read((const char *const *)(uintptr_t)(argv + 1), environment, &request, reason);
	if (verdict == VIF_NOTHING)
		return EXIT_SUCCESS;
	if (verdict == VIF_HAND_OVER)
		return hand_over(NULL, folder, argv, reason);
	if (look_at_scripts(folder, reason) == VIF_HAND_OVER)
		return hand_over(&request, folder, argv, reason);
	return serve(&request, folder, argv);
}
