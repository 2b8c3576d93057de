/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads what the hypervisor reports about this host, and what a guest reports about itself. */
#include "libxl/machine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenstore.h>

#include "base/cleanup.h"
#include "libxl/config/xlconf.h"
#include "libxl/memory.h"

/* Xen counts pages of 4 KiB on x86. */
#define PAGE_KIB 4

static void put_version(libxl_ctx *ctx, char *text_out, size_t size)
{
	const libxl_version_info *info = libxl_get_version_info(ctx);
	if (info)
		snprintf(text_out, size, "%d.%d%s", info->xen_version_major, info->xen_version_minor,
			 info->xen_version_extra ? info->xen_version_extra : "");
}

int bd_machine(struct bd_toolstack *toolstack, struct bd_toolstack_machine *machine_out, struct bd_error *err)
{
	const struct bd_xen *xen = &toolstack->xen;
	struct bd_toolstack_machine machine = { .struct_size = sizeof(machine) };
	libxl_physinfo info;

	bd_xen_forget(xen);
	libxl_physinfo_init(&info);
	int rc = libxl_get_physinfo(xen->ctx, &info);
	machine.total_memory_kib = info.total_pages * PAGE_KIB;
	machine.cpus = info.nr_cpus;
	libxl_physinfo_dispose(&info);
	if (rc)
		return bd_xen_fail(xen, rc, err, "cannot ask Xen about this host");

	BD_DISPOSE(bd_xlconf_dispose) struct bd_xlconf xlconf = { 0 };
	if (bd_xlconf_read(&xlconf, err) || bd_memory_available(xen, &xlconf, &machine.available_memory_kib, err))
		return -1;
	put_version(xen->ctx, machine.xen_version, sizeof(machine.xen_version));
	*machine_out = machine;
	return 0;
}

/* One name of a xenstore path, so that nobody is led out of the guest's own part. */
static bool is_key(const char *key)
{
	size_t length = strlen(key);
	return length > 0 && length < 64 &&
	       strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == length;
}

/* The guest chose the bytes: nothing in them may steer a terminal, and what we ask for is ASCII. */
static void copy_printable(const char *value, size_t length, char *text_out, size_t text_size)
{
	size_t used = length < text_size - 1 ? length : text_size - 1;
	for (size_t i = 0; i < used; i++)
		text_out[i] = value[i] < ' ' || value[i] > '~' ? '?' : value[i];
	text_out[used] = '\0';
}

int bd_guest_data(struct bd_toolstack *toolstack, uint32_t domid, const char *key, char *text_out, size_t text_size,
		  struct bd_error *err)
{
	char path[128];
	unsigned length = 0;

	(void)toolstack;
	if (!is_key(key) || text_size == 0)
		return bd_fail(err, EINVAL, "guests have no data named \"%s\"", key);
	struct xs_handle *xs = xs_open(0);
	if (!xs)
		return bd_fail_errno(err, "cannot open xenstore");
	snprintf(path, sizeof(path), "/local/domain/%u/data/xen-bigdisk/%s", domid, key);
	BD_FREE char *value = xs_read(xs, XBT_NULL, path, &length);
	int read_errno = errno;
	xs_close(xs);
	if (!value && read_errno != ENOENT) {
		errno = read_errno;
		return bd_fail_errno(err, "cannot read %s of xenstore", path);
	}
	copy_printable(value ? value : "", value ? length : 0, text_out, text_size);
	return 0;
}
