/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the devices of a domain from libxl's part of xenstore. */
#include "libxl/attached.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxl.h>
#include <xenstore.h>

#include "base/cleanup.h"

typedef int bd_each_device_fn(void *context, const struct bd_toolstack_device *device);

static void put(char *text_out, size_t size, const char *text)
{
	snprintf(text_out, size, "%s", text ? text : "");
}

static int each_disk(libxl_ctx *ctx, uint32_t domid, bd_each_device_fn *each, void *context)
{
	int count = 0, stop = 0;
	libxl_device_disk *disks = libxl_device_disk_list(ctx, domid, &count);

	for (int i = 0; i < count && !stop; i++) {
		struct bd_toolstack_device device = { .struct_size = sizeof(device),
						      .kind = "vbd",
						      .number = (uint32_t)i,
						      .read_only = !disks[i].readwrite };
		put(device.name, sizeof(device.name), disks[i].vdev);
		put(device.path, sizeof(device.path), disks[i].pdev_path);
		stop = each(context, &device);
	}
	if (disks)
		libxl_device_disk_list_free(disks, count);
	return stop;
}

static int each_nic(libxl_ctx *ctx, uint32_t domid, bd_each_device_fn *each, void *context)
{
	int count = 0, stop = 0;
	libxl_device_nic *nics = libxl_device_nic_list(ctx, domid, &count);

	for (int i = 0; i < count && !stop; i++) {
		struct bd_toolstack_device device = { .struct_size = sizeof(device),
						      .kind = "vif",
						      .number = (uint32_t)nics[i].devid };
		memcpy(device.mac, nics[i].mac, sizeof(device.mac));
		put(device.bridge, sizeof(device.bridge), nics[i].bridge);
		stop = each(context, &device);
	}
	if (nics)
		libxl_device_nic_list_free(nics, count);
	return stop;
}

/* One kind has its own function in libxl for each; that it is there is what is wanted here. */
static int each_of_kind(struct xs_handle *xs, uint32_t domid, const char *kind, bd_each_device_fn *each,
			void *context)
{
	char path[128];
	unsigned count = 0;
	int stop = 0;

	snprintf(path, sizeof(path), "/libxl/%u/device/%.40s", domid, kind);
	BD_FREE char **numbers = xs_directory(xs, XBT_NULL, path, &count);
	for (unsigned i = 0; numbers && i < count && !stop; i++) {
		struct bd_toolstack_device device = { .struct_size = sizeof(device),
						      .number = (uint32_t)strtoul(numbers[i], NULL, 10) };
		put(device.kind, sizeof(device.kind), kind);
		stop = each(context, &device);
	}
	return stop;
}

static bool is_told_elsewhere(const char *kind)
{
	return !strcmp(kind, "vbd") || !strcmp(kind, "vif") || !strcmp(kind, "console");
}

static int each_other(uint32_t domid, bd_each_device_fn *each, void *context, struct bd_error *err)
{
	char path[64];
	unsigned count = 0;
	int stop = 0;
	struct xs_handle *xs = xs_open(0);

	if (!xs)
		return bd_fail_errno(err, "cannot open xenstore");
	snprintf(path, sizeof(path), "/libxl/%u/device", domid);
	BD_FREE char **kinds = xs_directory(xs, XBT_NULL, path, &count);
	for (unsigned i = 0; kinds && i < count && !stop; i++)
		if (!is_told_elsewhere(kinds[i]))
			stop = each_of_kind(xs, domid, kinds[i], each, context);
	xs_close(xs);
	return 0;
}

int bd_devices(struct bd_toolstack *toolstack, uint32_t domid, bd_each_device_fn *each, void *context,
	       struct bd_error *err)
{
	libxl_ctx *ctx = toolstack->xen.ctx;

	bd_xen_forget(&toolstack->xen);
	if (!bd_xen_has_domain(&toolstack->xen, domid))
		return bd_fail(err, ESRCH, "there is no domain %u", domid);
	if (each_disk(ctx, domid, each, context) || each_nic(ctx, domid, each, context))
		return 0;
	return each_other(domid, each, context, err);
}
