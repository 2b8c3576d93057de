/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libxl wants of vif-bridge, from its arguments and environment (tools/libs/light/libxl_linux.c):
 *
 *     vif-bridge online|offline type_if=vif    vif=vifDOMID.DEVID, XENBUS_PATH=backend/vif/DOMID/DEVID
 *     vif-bridge add|remove type_if=tap        INTERFACE=vifDOMID.DEVID-emu
 *
 * Pure. Whatever looks otherwise is for Xen's own script, which then says what is wrong with it, too. */
#ifndef BD_HOTPLUG_VIF_REQUEST_H
#define BD_HOTPLUG_VIF_REQUEST_H

#include <limits.h>
#include <net/if.h>
#include <stdbool.h>

#define VIF_REASON_SIZE 512
#define VIF_PATH_SIZE 256

enum vif_verdict {
	VIF_DO,
	VIF_NOTHING, /* there is nothing to be done, and that is success */
	VIF_HAND_OVER, /* Xen's own script does it; the reason is for the log */
	VIF_FAIL /* the reason is what goes into hotplug-error */
};

struct vif_request {
	bool is_tap; /* the device of an emulated network card */
	bool attach; /* online, add; else offline, remove */
	char device[IFNAMSIZ]; /* the name that the kernel or QEMU gave it */
	unsigned domid, devid;
	char backend_path[VIF_PATH_SIZE]; /* of its nodes; may be relative */
	char bridge[HOST_NAME_MAX]; /* of the environment, where xenstore names none; may be empty */
};

/* arguments: without the program's own name, NULL behind the last. environment: as getenv(3). request_out: with VIF_DO only;
 * reason_out: with VIF_HAND_OVER only. */
enum vif_verdict vif_request_read(const char *const *arguments, const char *(*environment)(const char *name),
				  struct vif_request *request_out, char reason_out[VIF_REASON_SIZE]);

#endif
