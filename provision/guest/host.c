/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking at the host. */
#include "guest/host.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/acl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

#define NETWORK_CLASS "/sys/class/net"

void bd_host_default_bridge(char name_out[16])
{
	struct bd_error ignored;
	BD_FREE char *text = NULL;
	char *rest = NULL;

	strcpy(name_out, "xenbr0");
	if (bd_read_file(BD_SYSCONFDIR "/xen/xl.conf", 1 << 20, &text, NULL, &ignored) != 0)
		return;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char value[16];
		if (sscanf(line, " vif.default.bridge = \"%15[^\"]\"", value) == 1 &&
		    bd_bridge_check(value, &ignored) == 0)
			memcpy(name_out, value, sizeof(value));
	}
}

/* Linux's own bridges have a folder "bridge"; Open vSwitch's are plain interfaces, so any interface will do. */
static void list_bridges(char *text, size_t size)
{
	DIR *folder = opendir(NETWORK_CLASS);
	size_t used = 0;

	text[0] = '\0';
	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		char path[512];
		snprintf(path, sizeof(path), NETWORK_CLASS "/%s/bridge", entry->d_name);
		if (entry->d_name[0] == '.' || access(path, F_OK) != 0 || used + strlen(entry->d_name) + 3 > size)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", entry->d_name);
	}
	if (folder)
		closedir(folder);
}

int bd_host_check_bridge(const char *name, struct bd_error *err)
{
	char path[64], bridges[256];

	snprintf(path, sizeof(path), NETWORK_CLASS "/%.15s", name);
	if (access(path, F_OK) == 0)
		return 0;
	list_bridges(bridges, sizeof(bridges));
	if (bridges[0])
		return bd_fail(err, ENXIO,
			       "there is no bridge %s here; choose one with --bridge (there is: %s), or give "
			       "--no-net",
			       name, bridges);
	return bd_fail(err, ENXIO, "there is no bridge %s here, nor any other; make one, or give --no-net", name);
}

int bd_host_find_pvgrub(enum bd_guest_type type, const char **path_out, struct bd_error *err)
{
	/* Debian's grub-xen-host, then what Xen's own build installs. */
	static const char *const pv[] = { "/usr/lib/grub-xen/grub-x86_64-xen.bin", "/usr/lib/xen/boot/pvgrub64.bin",
					  "/usr/lib/xen/boot/grub-x86_64-xen" };
	static const char *const pvh[] = { "/usr/lib/grub-xen/grub-i386-xen_pvh.bin",
					   "/usr/lib/xen/boot/grub-i386-xen_pvh" };
	const char *const *places = type == BD_GUEST_PVH ? pvh : pv;
	size_t count = type == BD_GUEST_PVH ? sizeof(pvh) / sizeof(*pvh) : sizeof(pv) / sizeof(*pv);

	for (size_t i = 0; i < count; i++)
		if (access(places[i], R_OK) == 0) {
			*path_out = places[i];
			return 0;
		}
	*path_out = places[0];
	return bd_fail(err, ENOPKG, "GRUB for Xen (%s) is not installed; install grub-xen-host, or use --boot pygrub",
		       places[0]);
}

bool bd_host_has_bootloader_user(void)
{
	return getpwnam(BD_BOOTLOADER_USER) != NULL;
}

int bd_host_let_bootloader_read(int fd, struct bd_error *err)
{
	acl_t acl = acl_from_text("u::rw-,u:" BD_BOOTLOADER_USER ":r--,g::---,m::r--,o::---");
	int status =
		acl && acl_set_fd(fd, acl) == 0 ? 0 : bd_fail_errno(err, "cannot let " BD_BOOTLOADER_USER " read it");

	if (acl)
		acl_free(acl);
	return status;
}
