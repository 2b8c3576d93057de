/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Examines the host. */
#include "ops/host/host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/acl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <acl/libacl.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/log.h"
#include "guest/vif_keys.h"
#include "ops/host/bootloader.h"
#include "toolstack/loader.h"

#define NETWORK_CLASS "/sys/class/net"

bool bd_host_default_bridge(char name_out[16])
{
	struct bd_error ignored;
	BD_FREE char *text = NULL;
	char *rest = NULL;
	bool said = false;

	strcpy(name_out, "xenbr0");
	if (bd_read_file(BD_SYSCONFDIR "/xen/xl.conf", 1 << 20, &text, NULL, &ignored) != 0)
		return false;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char value[16];
		if (sscanf(line, " vif.default.bridge = \"%15[^\"]\"", value) == 1 &&
		    bd_bridge_check(value, &ignored) == 0) {
			memcpy(name_out, value, sizeof(value));
			said = true;
		}
	}
	return said;
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
		return bd_fail(err, ENXIO, "bridge %s not found (available: %s)", name, bridges);
	return bd_fail(err, ENXIO, "bridge %s not found, nor any other on this host; create one", name);
}

int bd_host_check_bridges(const struct bd_networks *networks, struct bd_error *err)
{
	for (size_t i = 0; i < networks->count; i++)
		if (!bd_vif_keys_find(networks->items[i].vif, "script", NULL) &&
		    bd_host_check_bridge(networks->items[i].bridge, err) != 0)
			return -1;
	return 0;
}

/* Xen's own, of 4.19 and 4.20, does. A distribution's may not. */
static bool passes_over_vlan(void)
{
	BD_FREE char *text = NULL;
	struct bd_error ignored;

	return bd_read_file(BD_SYSCONFDIR "/xen/scripts/vif-bridge", 1 << 20, &text, NULL, &ignored) == 0 &&
	       !strstr(text, "vlan");
}

static int check_vlan(const struct bd_network *network, struct bd_error *err)
{
	struct bd_xen_version xen;
	struct bd_error ignored;
	const char *vlan;

	if (!bd_vif_keys_find(network->vif, "vlan", &vlan) || bd_xen_running(&xen, &ignored) != 0)
		return 0;
	if (xen.major == 4 && xen.minor < BD_VIF_VLAN_SINCE_MINOR)
		return bd_usage(
			err,
			"xl of Xen %u.%u passes over vlan=, and the interface would be on %s without it; use a "
			"bridge of that VLAN, or Xen 4.%d or later",
			xen.major, xen.minor, network->bridge, BD_VIF_VLAN_SINCE_MINOR);
	if (!bd_vif_keys_find(network->vif, "script", NULL) && passes_over_vlan())
		bd_warn("vlan=%.*s has no effect with this host's " BD_SYSCONFDIR
			"/xen/scripts/vif-bridge: the interface is on %s without it; name a script= that applies it",
			(int)strcspn(vlan, ","), vlan, network->bridge);
	return 0;
}

int bd_host_check_vlans(const struct bd_networks *networks, struct bd_error *err)
{
	for (size_t i = 0; i < networks->count; i++)
		if (check_vlan(&networks->items[i], err) != 0)
			return -1;
	return 0;
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
	return bd_fail(err, ENOPKG,
		       "GRUB for Xen (%s) is not installed; install grub-xen-host, or boot by pygrub or bigdisk",
		       places[0]);
}

/* OVMF for Xen begins with the header of an ELF file, by which PVH guests would start it. That of QEMU runs under Xen up to edk2 of
 * 2021 only. */
static bool is_made_for_xen(const char *path)
{
	BD_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	char magic[4] = "";

	return fd >= 0 && read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
	       memcmp(magic, "\177ELF", sizeof(magic)) == 0;
}

int bd_host_find_ovmf(const char **path_out, struct bd_error *err)
{
	/* What Xen's own build installs, Fedora, openSUSE; then Debian's, which is the one that its libxl would take. */
	static const char *const places[] = { "/usr/lib/xen/boot/ovmf.bin",	     "/usr/libexec/xen/boot/ovmf.bin",
					      "/usr/local/lib/xen/boot/ovmf.bin",    "/usr/share/edk2/xen/OVMF.fd",
					      "/usr/share/qemu/ovmf-x86_64-xen.bin", "/usr/share/ovmf/OVMF.fd" };
	const size_t count = sizeof(places) / sizeof(*places);

	for (size_t i = 0; i < count; i++) {
		if (access(places[i], R_OK) != 0)
			continue;
		if (!is_made_for_xen(places[i]))
			bd_warn("%s was not built for Xen (OvmfXen of edk2), and guests may not boot with it: if there is a BIOS boot loader on the disk, use that",
				places[i]);
		*path_out = places[i];
		return 0;
	}
	*path_out = places[count - 1];
	return bd_fail(err, ENOPKG, "UEFI for guests (OVMF, %s) is not installed", places[count - 1]);
}

bool bd_host_has_bootloader_user(void)
{
	return getpwnam(BD_BOOTLOADER_USER) != NULL;
}

bool bd_host_has_bootloader_range(void)
{
	return getpwnam(BD_BOOTLOADER_USER_RANGE) != NULL;
}

/* What an ACL says, in the order of acl(5): the owner, a named user, the groups, the others. */
struct acl_answer {
	bool owner, named, has_named, mask, has_mask, other;
	bool group, in_group; /* one of the groups that it is in gives it; it is in one at all */
};

static void take_entry(acl_entry_t entry, const struct stat *file, uid_t uid, struct acl_answer *answer)
{
	acl_permset_t permissions;
	acl_tag_t tag;

	if (acl_get_tag_type(entry, &tag) != 0 || acl_get_permset(entry, &permissions) != 0)
		return;
	bool reads = acl_get_perm(permissions, ACL_READ) == 1;
	void *number = tag == ACL_USER || tag == ACL_GROUP ? acl_get_qualifier(entry) : NULL;

	if (tag == ACL_USER_OBJ)
		answer->owner = reads;
	else if (tag == ACL_OTHER)
		answer->other = reads;
	else if (tag == ACL_MASK)
		answer->has_mask = true, answer->mask = reads;
	else if (tag == ACL_USER && number && *(uid_t *)number == uid)
		answer->has_named = true, answer->named = reads;
	else if ((tag == ACL_GROUP_OBJ && file->st_gid == uid) ||
		 (tag == ACL_GROUP && number && *(gid_t *)number == uid))
		answer->in_group = true, answer->group |= reads;
	if (number)
		acl_free(number);
}

/* A file's mode and ACL let a process read it that has this uid, and it as its only group. Folders do not count: pygrub
 * has the disk mounted into its own root before it changes its uid. */
static bool may_read(const char *path, uid_t uid)
{
	struct acl_answer answer = { 0 };
	acl_entry_t entry;
	struct stat file;

	if (stat(path, &file) != 0)
		return false;
	acl_t acl = acl_get_file(path, ACL_TYPE_ACCESS);
	if (!acl)
		acl = acl_from_mode(file.st_mode);
	if (!acl)
		return false;
	for (int which = ACL_FIRST_ENTRY; acl_get_entry(acl, which, &entry) == 1; which = ACL_NEXT_ENTRY)
		take_entry(entry, &file, uid, &answer);
	acl_free(acl);
	if (file.st_uid == uid)
		return answer.owner;
	if (answer.has_named)
		return answer.named && (!answer.has_mask || answer.mask);
	if (answer.in_group)
		return answer.group && (!answer.has_mask || answer.mask);
	return answer.other;
}

enum bd_bootloader_obstacle bd_host_bootloader_obstacle(const struct bd_cfg *cfg, const char **user_out)
{
	*user_out = cfg->bootloader_user ? cfg->bootloader_user : BD_BOOTLOADER_USER;
	if (!cfg->restricts_bootloader || !cfg->bootloader || strcmp(cfg->type, "hvm") == 0)
		return BD_BOOTLOADER_FINE;
	/* Then libxl takes a uid of the range, and who starts the guest lets it read the disk. */
	if (!cfg->bootloader_user && bd_host_has_bootloader_range())
		return BD_BOOTLOADER_FINE;
	const struct passwd *user = getpwnam(*user_out);
	if (!user)
		return BD_BOOTLOADER_NO_USER;
	if (user->pw_uid == 0)
		return BD_BOOTLOADER_ROOT;
	/* It opens the disk before it becomes that user. */
	if (bd_host_boots_by_bigdisk(cfg) || !cfg->disk_count || access(cfg->disks[0], F_OK) != 0 ||
	    may_read(cfg->disks[0], user->pw_uid))
		return BD_BOOTLOADER_FINE;
	return BD_BOOTLOADER_CANNOT_READ;
}

bool bd_host_bridge_is_down(const char *name)
{
	BD_FREE char *text = NULL;
	struct bd_error ignored;
	char path[64];

	snprintf(path, sizeof(path), NETWORK_CLASS "/%.15s/flags", name);
	if (bd_read_file(path, 64, &text, NULL, &ignored) != 0)
		return false;
	return !(strtoul(text, NULL, 0) & IFF_UP);
}

int bd_host_let_bootloader_read(int fd, struct bd_error *err)
{
	acl_t acl = acl_from_text("u::rw-,u:" BD_BOOTLOADER_USER ":r--,g::---,m::r--,o::---");
	int status = acl && acl_set_fd(fd, acl) == 0
			     ? 0
			     : bd_fail_errno(err, "cannot allow " BD_BOOTLOADER_USER " to read it");

	if (acl)
		acl_free(acl);
	return status;
}
