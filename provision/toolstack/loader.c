/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dlopen of the plugin that fits the running hypervisor. */
#include "toolstack/loader.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

#define SYS_HYPERVISOR "/sys/hypervisor"
#define PLUGIN_FORMAT "toolstack-libxl-%u.%u.so"

/* One error struct stands for both sides of the ABI. */
_Static_assert(sizeof(struct bd_error) == sizeof(struct bd_toolstack_error) &&
		       offsetof(struct bd_error, message) == offsetof(struct bd_toolstack_error, message),
	       "struct bd_toolstack_error has the layout of struct bd_error");

static int read_number(const char *path, unsigned *number_out, struct bd_error *err)
{
	BD_FREE char *text = NULL;

	if (bd_read_file(path, 64, &text, NULL, err) != 0)
		return -1;
	return sscanf(text, "%u", number_out) == 1 ? 0 : bd_fail(err, EINVAL, "%s has no number in it", path);
}

int bd_xen_running(struct bd_xen_version *version_out, struct bd_error *err)
{
	struct bd_xen_version version;
	BD_FREE char *type = NULL, *capabilities = NULL;
	struct bd_error ignored;

	if (bd_read_file(SYS_HYPERVISOR "/type", 64, &type, NULL, &ignored) != 0 || strncmp(type, "xen", 3) != 0)
		return bd_fail(err, ENODEV, "no Xen is running here");
	/* A guest sees the hypervisor too, but has no say in it. */
	if (bd_read_file("/proc/xen/capabilities", 256, &capabilities, NULL, &ignored) == 0 &&
	    !strstr(capabilities, "control_d"))
		return bd_fail(err, ENODEV, "this is a guest of a Xen, not its dom0");
	if (read_number(SYS_HYPERVISOR "/version/major", &version.major, err) != 0 ||
	    read_number(SYS_HYPERVISOR "/version/minor", &version.minor, err) != 0)
		return -1;
	*version_out = version;
	return 0;
}

/* The folder of the running program, then the installed one. */
static size_t plugin_folders(char folders[2][PATH_MAX])
{
	size_t count = 0;
	ssize_t n = readlink("/proc/self/exe", folders[0], PATH_MAX - 1);

	if (n > 0) {
		folders[0][n] = '\0';
		*strrchr(folders[0], '/') = '\0';
		count = 1;
	}
	snprintf(folders[count], PATH_MAX, "%s", BD_LIBDIR);
	return count + 1;
}

static bool newer(const struct bd_xen_version *one, const struct bd_xen_version *other)
{
	return one->major > other->major || (one->major == other->major && one->minor > other->minor);
}

/* The plugins of one folder: the names of all for a message, the newest for describe(). */
static bool survey(const char *folder, char *names, size_t size, struct bd_xen_version *newest)
{
	DIR *dir = opendir(folder);
	bool found = false;

	for (const struct dirent *entry; dir && (entry = readdir(dir));) {
		struct bd_xen_version version;
		char name[64];
		if (sscanf(entry->d_name, PLUGIN_FORMAT, &version.major, &version.minor) != 2)
			continue;
		snprintf(name, sizeof(name), PLUGIN_FORMAT, version.major, version.minor);
		if (strcmp(name, entry->d_name) != 0)
			continue;
		size_t used = strlen(names);
		snprintf(names + used, size - used, "%s%s", used ? ", " : "", name);
		if (!found || newer(&version, newest))
			*newest = version;
		found = true;
	}
	if (dir)
		closedir(dir);
	return found;
}

static int find_for(const struct bd_xen_version *xen, char *path_out, size_t size, struct bd_error *err)
{
	char folders[2][PATH_MAX], names[512] = "", wanted[64];
	size_t count = plugin_folders(folders);
	struct bd_xen_version newest;

	snprintf(wanted, sizeof(wanted), PLUGIN_FORMAT, xen->major, xen->minor);
	for (size_t i = 0; i < count; i++) {
		int n = snprintf(path_out, size, "%s/%s", folders[i], wanted);
		if (n > 0 && (size_t)n < size && access(path_out, R_OK) == 0)
			return 0;
		survey(folders[i], names, sizeof(names), &newest);
	}
	return bd_fail(err, ENOENT, "the toolstack plugin for the running Xen, %s, is not in %s (there: %s); build and "
				    "install it against libxen-dev of Xen %u.%u",
		       wanted, folders[count - 1], names[0] ? names : "none", xen->major, xen->minor);
}

static int find_newest(char *path_out, size_t size, struct bd_error *err)
{
	char folders[2][PATH_MAX], names[512] = "";
	size_t count = plugin_folders(folders);
	struct bd_xen_version newest;

	for (size_t i = 0; i < count; i++)
		if (survey(folders[i], names, sizeof(names), &newest)) {
			snprintf(path_out, size, "%s/" PLUGIN_FORMAT, folders[i], newest.major, newest.minor);
			return 0;
		}
	return bd_fail(err, ENOENT, "there is no toolstack plugin in %s; build and install it against libxen-dev",
		       folders[count - 1]);
}

static int find(bool needs_xen, char *path_out, size_t size, struct bd_error *err)
{
	const char *named = getenv("XEN_BIGDISK_TOOLSTACK");
	struct bd_xen_version xen;

	if (named && *named) {
		snprintf(path_out, size, "%s", named);
		return 0;
	}
	if (bd_xen_running(&xen, err) == 0)
		return find_for(&xen, path_out, size, err);
	return needs_xen ? -1 : find_newest(path_out, size, err);
}

static int check_plugin(const struct bd_toolstack_plugin *plugin, const char *path, struct bd_error *err)
{
	if (!plugin || plugin->abi != BD_TOOLSTACK_ABI)
		return bd_fail(err, EINVAL, "the toolstack plugin %s has ABI %u, not %u; build and install it again", path,
			       plugin ? plugin->abi : 0, BD_TOOLSTACK_ABI);
	if (plugin->struct_size < sizeof(*plugin))
		return bd_fail(err, EINVAL, "the toolstack plugin %s is older than this program; build and install it "
					    "again", path);
	return 0;
}

int bd_toolstack_load(bool needs_xen, struct bd_loaded_toolstack *loaded_out, struct bd_error *err)
{
	struct bd_loaded_toolstack loaded = { 0 };
	bd_toolstack_entry_fn *entry;

	if (find(needs_xen, loaded.path, sizeof(loaded.path), err) != 0)
		return -1;
	loaded.handle = dlopen(loaded.path, RTLD_NOW | RTLD_LOCAL);
	if (!loaded.handle)
		return bd_fail(err, ELIBBAD, "cannot load the toolstack plugin: %s", dlerror());
	*(void **)&entry = dlsym(loaded.handle, BD_TOOLSTACK_ENTRY);
	if (!entry) {
		bd_toolstack_unload(&loaded);
		return bd_fail(err, EINVAL, "%s is no toolstack plugin: it has no " BD_TOOLSTACK_ENTRY, loaded.path);
	}
	loaded.plugin = entry();
	if (check_plugin(loaded.plugin, loaded.path, err) != 0) {
		bd_toolstack_unload(&loaded);
		return -1;
	}
	*loaded_out = loaded;
	return 0;
}

void bd_toolstack_unload(struct bd_loaded_toolstack *loaded)
{
	if (loaded->handle)
		dlclose(loaded->handle);
	loaded->handle = NULL;
	loaded->plugin = NULL;
}
