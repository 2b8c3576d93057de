/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the plugin for the running hypervisor's release, and checks its ABI. */
#include "toolstack/loader.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/process/run.h"

#define HYPERVISOR "/sys/hypervisor"
#define CAPABILITIES "/proc/xen/capabilities"
/* toolstack-libxl-4.17.so */
#define PLUGIN_NAME "toolstack-libxl-%u.%u.so"

static const char *named_plugin(void)
{
	const char *path = secure_getenv("XEN_BIGDISK_TOOLSTACK");
	return path && *path ? path : NULL;
}

/* The first line of a file of /sys or /proc; false: it is not there. */
static bool read_line(const char *path, char *line_out, size_t size)
{
	BD_FCLOSE FILE *file = fopen(path, "re");
	if (!file || !fgets(line_out, (int)size, file))
		return false;
	line_out[strcspn(line_out, "\n")] = '\0';
	return true;
}

static bool parse_version(const char *text, struct bd_xen_version *version_out)
{
	int used = 0;
	return sscanf(text, "%u.%u%n", &version_out->major, &version_out->minor, &used) == 2 && !text[used];
}

/* A plugin named by hand stands for a running hypervisor of the release that it was built for. */
static int version_of_named(struct bd_xen_version *version_out, struct bd_error *err)
{
	struct bd_loaded_toolstack loaded = { 0 };
	if (bd_toolstack_load(true, &loaded, err))
		return -1;
	bool known = parse_version(loaded.plugin->xen_version, version_out);
	bd_toolstack_unload(&loaded);
	return known ? 0 : bd_fail(err, EINVAL, "the plugin %s has no Xen release", named_plugin());
}

int bd_xen_running(struct bd_xen_version *version_out, struct bd_error *err)
{
	char type[64] = "", major[32] = "", minor[32] = "", text[80], capabilities[256];
	struct bd_xen_version version;
	if (named_plugin())
		return version_of_named(version_out, err);
	if (!read_line(HYPERVISOR "/type", type, sizeof(type)) || strcmp(type, "xen"))
		return bd_no_hypervisor(err, "no Xen is running here");
	/* A guest sees /sys/hypervisor too. Without xenfs we do not know, and libxl will say. */
	if (read_line(CAPABILITIES, capabilities, sizeof(capabilities)) && !strstr(capabilities, "control_d"))
		return bd_no_hypervisor(err, "this is a Xen guest, not the dom0 that starts them");
	read_line(HYPERVISOR "/version/major", major, sizeof(major));
	read_line(HYPERVISOR "/version/minor", minor, sizeof(minor));
	snprintf(text, sizeof(text), "%s.%s", major, minor);
	if (!parse_version(text, &version))
		return bd_fail(err, EINVAL, "cannot determine Xen's release: %s contains \"%s\"",
			       HYPERVISOR "/version", text);
	*version_out = version;
	return 0;
}

/* Where plugins are looked for, in this order: next to the running program (a build tree), then installed. */
struct folders {
	char beside[PATH_MAX];
	const char *paths[2];
};

static void find_folders(struct folders *folders_out)
{
	if (!bd_program_folder(folders_out->beside))
		folders_out->beside[0] = '\0';
	folders_out->paths[0] = folders_out->beside;
	folders_out->paths[1] = BD_LIBDIR;
}

static bool is_plugin(const char *name, struct bd_xen_version *version_out)
{
	int used = 0;
	return sscanf(name, PLUGIN_NAME "%n", &version_out->major, &version_out->minor, &used) == 2 && used &&
	       !name[used];
}

static bool is_newer(const struct bd_xen_version *a, const struct bd_xen_version *b)
{
	return a->major != b->major ? a->major > b->major : a->minor > b->minor;
}

/* Puts the releases that a folder has plugins for at the end of list, and the newest into *newest. */
static void look_into(const char *folder, struct bd_xen_version *newest, char *list, size_t size)
{
	DIR *entries = opendir(folder);
	const struct dirent *entry;
	while (entries && (entry = readdir(entries))) {
		struct bd_xen_version version;
		if (!is_plugin(entry->d_name, &version))
			continue;
		size_t used = strlen(list);
		snprintf(list + used, size - used, "%s%s/%s", used ? ", " : "", folder, entry->d_name);
		if (is_newer(&version, newest))
			*newest = version;
	}
	if (entries)
		closedir(entries);
}

static int find_version(const struct folders *folders, const struct bd_xen_version *version, char *path_out,
			size_t size, struct bd_error *err)
{
	char list[512] = "";
	struct bd_xen_version newest = { 0 };
	for (size_t i = 0; i < 2; i++) {
		int length = snprintf(path_out, size, "%s/" PLUGIN_NAME, folders->paths[i], version->major,
				      version->minor);
		if (length > 0 && (size_t)length < size && access(path_out, F_OK) == 0)
			return 0;
		look_into(folders->paths[i], &newest, list, sizeof(list));
	}
	return bd_fail(err, ENOPKG,
		       "no toolstack plugin for the running Xen %u.%u (" PLUGIN_NAME
		       "); installed: %s. Build it with `make` on a machine with that release's libxen-dev",
		       version->major, version->minor, version->major, version->minor, *list ? list : "none");
}

bool bd_toolstack_is_installed(const struct bd_xen_version *version)
{
	struct folders folders;
	char path[PATH_MAX];
	struct bd_error ignored;

	find_folders(&folders);
	return find_version(&folders, version, path, sizeof(path), &ignored) == 0;
}

static int find_newest(const struct folders *folders, char *path_out, size_t size, struct bd_error *err)
{
	char list[512] = "";
	struct bd_xen_version newest = { 0 };
	look_into(folders->paths[0], &newest, list, sizeof(list));
	look_into(folders->paths[1], &newest, list, sizeof(list));
	if (!*list)
		return bd_fail(
			err, ENOPKG,
			"no toolstack plugin next to this program or in %s: build one with `make`, with libxen-dev installed",
			BD_LIBDIR);
	return find_version(folders, &newest, path_out, size, err);
}

static int find(bool needs_xen, char *path_out, size_t size, struct bd_error *err)
{
	const char *named = named_plugin();
	if (named) {
		if ((size_t)snprintf(path_out, size, "%s", named) >= size)
			return bd_fail(err, ENAMETOOLONG, "XEN_BIGDISK_TOOLSTACK is too long");
		return 0;
	}
	struct bd_xen_version version;
	struct folders folders;
	find_folders(&folders);
	if (bd_xen_running(&version, err) == 0)
		return find_version(&folders, &version, path_out, size, err);
	return needs_xen ? -1 : find_newest(&folders, path_out, size, err);
}

static int open_plugin(struct bd_loaded_toolstack *loaded, struct bd_error *err)
{
	/* Without a slash dlopen would look through the system's libraries. */
	char path[sizeof(loaded->path) + 2];
	snprintf(path, sizeof(path), "%s%s", strchr(loaded->path, '/') ? "" : "./", loaded->path);
	if (access(path, F_OK))
		return bd_fail_errno(err, "cannot load the toolstack plugin %s", loaded->path);
	loaded->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!loaded->handle)
		return bd_fail(err, ELIBACC, "cannot load the toolstack plugin: %s", dlerror());

	/* POSIX's way to turn what dlsym finds into a function. */
	bd_toolstack_entry_fn *entry = NULL;
	*(void **)&entry = dlsym(loaded->handle, BD_TOOLSTACK_ENTRY);
	if (!entry)
		return bd_fail(err, ELIBBAD, "%s is not a toolstack plugin: it has no %s", loaded->path,
			       BD_TOOLSTACK_ENTRY);
	loaded->plugin = entry();
	return 0;
}

/* A newer plugin may have more members at the end; what we call must be there. */
static int check_abi(const struct bd_loaded_toolstack *loaded, struct bd_error *err)
{
	const struct bd_toolstack_plugin *plugin = loaded->plugin;
	if (!plugin || plugin->struct_size < offsetof(struct bd_toolstack_plugin, name))
		return bd_fail(err, ELIBBAD, "%s is not a toolstack plugin: its table is empty", loaded->path);
	if (plugin->abi != BD_TOOLSTACK_ABI)
		return bd_fail(
			err, ELIBBAD,
			"the toolstack plugin %s has ABI %u, but this program needs %u: they come from different versions of xen-bigdisk",
			loaded->path, plugin->abi, BD_TOOLSTACK_ABI);
	if (plugin->struct_size < sizeof(*plugin))
		return bd_fail(err, ELIBBAD, "the toolstack plugin %s is too old for this program (%zu bytes of %zu)",
			       loaded->path, plugin->struct_size, sizeof(*plugin));
	if (!plugin->name || !plugin->xen_version || !plugin->describe || !plugin->create || !plugin->open ||
	    !plugin->close || !plugin->list || !plugin->wait || !plugin->shutdown || !plugin->destroy ||
	    !plugin->console || !plugin->machine || !plugin->guest_data || !plugin->attach || !plugin->devices ||
	    !plugin->recover || !plugin->restricts_bootloader || !plugin->set_memory || !plugin->set_vcpus ||
	    !plugin->hotplug || !plugin->wait_change)
		return bd_fail(err, ELIBBAD, "the toolstack plugin %s lacks a function", loaded->path);
	return 0;
}

int bd_toolstack_load(bool needs_xen, struct bd_loaded_toolstack *loaded_out, struct bd_error *err)
{
	BD_DISPOSE(bd_toolstack_unload) struct bd_loaded_toolstack loaded = { 0 };
	if (find(needs_xen, loaded.path, sizeof(loaded.path), err) || open_plugin(&loaded, err) ||
	    check_abi(&loaded, err))
		return -1;
	bd_debug("the toolstack plugin is %s", loaded.path);
	*loaded_out = loaded;
	loaded.handle = NULL;
	return 0;
}

void bd_toolstack_unload(struct bd_loaded_toolstack *loaded)
{
	if (loaded->handle)
		dlclose(loaded->handle);
	*loaded = (struct bd_loaded_toolstack){ 0 };
}
