/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks for /etc and an init at the top of what was written, and one directory further down. */
#include "import/wrap/root.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/printable.h"
#include "base/text.h"
#include "import/wrap/describe.h"
#include "template/writer/top.h"

#define LEVELS_MAX 4 /* of directories that hold nothing but the next one */

static bool is_there(struct bd_sealed_writer *writer, const char *folder, const char *path)
{
	char whole[512];

	snprintf(whole, sizeof(whole), "%s%s%s", folder, *folder ? "/" : "", path);
	return bd_sealed_writer_type(writer, whole) != BD_TYPE_NONE;
}

/* Either is enough: containers are made into guests, too, by installing an init in them. */
static bool is_root(struct bd_sealed_writer *writer, const char *folder)
{
	/* Where the kernel looks (init/main.c), and what the links there lead to. */
	static const char *const paths[] = {
		"etc",	   "sbin/init",		  "usr/sbin/init",	     "bin/init", "usr/bin/init", "init",
		"linuxrc", "lib/systemd/systemd", "usr/lib/systemd/systemd",
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (is_there(writer, folder, paths[i]))
			return true;
	return false;
}

/* The first stage of booting has an init, too, and often /etc. */
static bool is_initramfs(struct bd_sealed_writer *writer)
{
	return is_there(writer, "", "etc/initrd-release") || is_there(writer, "", "usr/lib/initrd-release") ||
	       (is_there(writer, "", "scripts/functions") && is_there(writer, "", "conf/initramfs.conf")) ||
	       (is_there(writer, "", "init_functions") && is_there(writer, "", "hooks"));
}

/* Many have files in /etc. */
static bool is_package(struct bd_sealed_writer *writer)
{
	return is_there(writer, "", ".PKGINFO") || is_there(writer, "", "debian-binary") ||
	       is_there(writer, "", "DEBIAN/control") || is_there(writer, "", "meta/snap.yaml");
}

/* What stands beside the root in images of LXD, and in every ext filesystem. */
static bool is_companion(const char *name)
{
	return !strcmp(name, "templates") || !strcmp(name, "lost+found");
}

/* False: there is none at the top, or there are several. only_out: there is nothing beside it. */
static bool find_only_folder(const struct bd_sealed_writer *writer, char name_out[256], bool *only_out)
{
	struct bd_sealed_writer_entry entry = { .at = BD_SEALED_WRITER_FIRST };
	size_t folders = 0;

	*only_out = true;
	while (bd_sealed_writer_next_at_top(writer, &entry)) {
		if (entry.type != BD_TYPE_DIRECTORY || is_companion(entry.name)) {
			*only_out = false;
			continue;
		}
		folders++;
		strcpy(name_out, entry.name);
	}
	return folders == 1;
}

/* The files of a user beside the directory: then a root in it is a thing of his, not what is meant. */
static bool is_home(struct bd_sealed_writer *writer)
{
	return is_there(writer, "", ".bashrc") || is_there(writer, "", ".profile") ||
	       is_there(writer, "", ".bash_history");
}

/* 1: there was a directory that is or may hold the root, and it has become the top. */
static int go_down(struct bd_sealed_writer *writer, const char *what, struct bd_error *err)
{
	char name[256], shown[BD_ENTRY_NAME_SIZE];
	bool only;

	if (!find_only_folder(writer, name, &only) || is_home(writer))
		return 0;
	bool found = is_root(writer, name);
	if (!found && !only)
		return 0;
	if (bd_sealed_writer_raise(writer, name, err) != 0)
		return -1;
	bd_entry_name(name, shown);
	if (found)
		bd_info("The root filesystem is %s in %s.", shown, what);
	return 1;
}

static void drop(struct bd_sealed_writer *writer, const char *path, char *dropped, size_t size)
{
	struct bd_error ignored = BD_ERROR_INIT;

	if (bd_sealed_writer_remove(writer, path, false, &ignored) == 0)
		bd_text_append(dropped, size, ", ", "/%s", path);
}

/* By these, systemd, OpenRC and cloud-init believe that they run in a container, and leave out half of what a guest needs. What is
 * bound over files of the container's leaves empty ones, in the place of a link to systemd-resolved's, say. */
static void drop_container(struct bd_sealed_writer *writer)
{
	static const char *const traces[] = {
		".dockerenv",
		".dockerinit",
		".containerenv",
		"run/.containerenv",
		"run/container_type",
		"run/host/container-manager",
		"run/systemd/container",
		"dev/.lxc",
		"dev/.lxd-mounts",
		"dev/lxd",
		"dev/incus",
		"etc/vzdump", /* of Proxmox: the settings of the container, in a backup of it */
	};
	static const char *const bound[] = { "etc/resolv.conf", "etc/hosts", "etc/hostname", "dev/console" };
	char dropped[600] = "";

	for (size_t i = 0; i < sizeof(traces) / sizeof(*traces); i++)
		if (bd_sealed_writer_type(writer, traces[i]) != BD_TYPE_NONE)
			drop(writer, traces[i], dropped, sizeof(dropped));
	if (!*dropped)
		return;
	for (size_t i = 0; i < sizeof(bound) / sizeof(*bound); i++)
		if (bd_sealed_writer_is_empty(writer, bound[i]))
			drop(writer, bound[i], dropped, sizeof(dropped));
	bd_info("Left out, as only a container has it: %s.", dropped);
}

int bd_wrap_settle_root(struct bd_sealed_writer *writer, const char *what, struct bd_error *err)
{
	char looks[BD_DESCRIPTION_SIZE];
	bool known = false;

	for (int level = 0; !is_root(writer, ""); level++) {
		/* What is known of the whole says more than what is in it. */
		if (!known)
			known = bd_wrap_describe(writer, looks);
		int down = level < LEVELS_MAX ? go_down(writer, what, err) : 0;
		if (down < 0)
			return bd_wrap(err, "cannot import %s", what);
		if (!down)
			return bd_fail(err, EINVAL, "cannot import %s: %s", what, looks);
	}
	if (is_initramfs(writer))
		return bd_fail(err, EINVAL,
			       "cannot import %s: it is an initramfs, the first stage of booting: import the root "
			       "filesystem that it mounts",
			       what);
	if (is_package(writer))
		return bd_fail(
			err, EINVAL,
			"cannot import %s: it is a package (Alpine, Arch Linux, Debian, snap): import a root filesystem "
			"that it is installed in",
			what);
	drop_container(writer);
	return 0;
}
