/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares the scripts with those that are known. */
#include "hotplug/vif/scripts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/text.h"

#define SCRIPT_BYTES_MAX (64u << 10)

struct known {
	const char *name;
	size_t size_bytes;
	uint64_t hash;
	bool uses_iptables;
};

/* Xen's tools/hotplug/Linux at stable-4.15 to stable-4.22, with /etc/xen/scripts and /var/log/xen as the folders, and Debian's
 * xen-utils-common of 4.17 and 4.20. */
static const struct known known[] = {
	{ "vif-bridge", 2543, 0x1a80579164b20605, false }, /* 4.15 to 4.21, and Debian */
	{ "vif-bridge", 2535, 0x57fed2f1a33fade1, false }, /* 4.22 */
	{ "vif-common.sh", 6686, 0x87d60b29ec99ce8e, true },
	{ "vif-common.sh", 6773, 0x29fe8734ae3039ee,
	  false }, /* Debian: handle_iptable returns at once (bug 894013) */
	{ "xen-network-common.sh", 4661, 0xca0bc131af2a772a, false }, /* 4.15 to 4.21, and Debian */
	{ "xen-network-common.sh", 4455, 0x36a1f71a6711116c, false }, /* 4.22 */
	{ "xen-hotplug-common.sh", 2609, 0x97fbda02a4f452bd, false },
	{ "xen-hotplug-common.sh", 2538, 0x102ca3dbe3b91f1b, false }, /* Debian: without LD_LIBRARY_PATH */
	{ "xen-script-common.sh", 926, 0x3cc74824ec7a0851, false },
	{ "logging.sh", 737, 0x2e8f633548ed379e, false },
	{ "locking.sh", 4860, 0x7f3422badfddad6c, false },
};
static const char *const names[] = {
	"vif-bridge", "vif-common.sh", "xen-network-common.sh", "xen-hotplug-common.sh", "xen-script-common.sh",
	"logging.sh", "locking.sh"
};

/* The size; -1: errno. text_out has room for SCRIPT_BYTES_MAX and a NUL. */
static ssize_t read_script(const char *folder, const char *name, char *text_out)
{
	BD_FREE char *path = NULL;
	struct bd_error err = BD_ERROR_INIT;
	struct stat there;
	size_t size = 0;

	if (bd_text_format(&path, &err, "%s/%s", folder, name) != 0) {
		errno = ENOMEM;
		return -1;
	}
	BD_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &there) != 0)
		return -1;
	if (!S_ISREG(there.st_mode) || there.st_size > SCRIPT_BYTES_MAX) {
		errno = EINVAL;
		return -1;
	}
	while (size < SCRIPT_BYTES_MAX) {
		ssize_t r = read(fd, text_out + size, SCRIPT_BYTES_MAX - size);
		if (r < 0)
			return -1;
		if (r == 0)
			break;
		size += (size_t)r;
	}
	text_out[size] = '\0';
	return (ssize_t)size;
}

static const struct known *find_known(const char *name, const char *text, size_t size_bytes)
{
	uint64_t hash = bd_hash(BD_HASH_INIT, text, size_bytes);

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].name, name) == 0 && known[i].size_bytes == size_bytes && known[i].hash == hash)
			return &known[i];
	return NULL;
}

/* NAME="value" of hotplugpath.sh. Cuts the line up; false: it is something else. */
static bool split_assignment(char *line, const char **name_out, const char **value_out)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
	size_t name = strspn(line, letters);

	if (name == 0 || strncmp(line + name, "=\"", 2) != 0)
		return false;
	char *value = line + name + 2;
	size_t length = strcspn(value, "\"$`\\");
	if (value[length] != '"' || value[length + 1])
		return false;
	line[name] = '\0';
	value[length] = '\0';
	*name_out = line;
	*value_out = value;
	return true;
}

/* As xen-hotplug-common.sh puts it together. False: hotplugpath.sh does more than to assign folders. */
static bool make_search_path(char *paths, const char *path, char search_out[VIF_SEARCH_SIZE])
{
	const char *bindir = "", *sbindir = "", *libexec_bin = "", *name, *value;

	for (char *line = strtok_r(paths, "\n", &paths); line; line = strtok_r(NULL, "\n", &paths)) {
		if (*line == '#')
			continue;
		if (!split_assignment(line, &name, &value))
			return false;
		if (strcmp(name, "bindir") == 0)
			bindir = value;
		else if (strcmp(name, "sbindir") == 0)
			sbindir = value;
		else if (strcmp(name, "LIBEXEC_BIN") == 0)
			libexec_bin = value;
		else if (strcmp(name, "PATH") == 0)
			return false;
	}
	int length = snprintf(search_out, VIF_SEARCH_SIZE, "%s:%s:%s:/sbin:/bin:/usr/bin:/usr/sbin:%s", bindir,
			      sbindir, libexec_bin, path ? path : "");
	return length > 0 && length < VIF_SEARCH_SIZE;
}

enum vif_verdict vif_scripts_read(const char *folder, const char *path, struct vif_scripts *scripts_out,
				  char reason_out[VIF_REASON_SIZE])
{
	static char text[SCRIPT_BYTES_MAX + 1];
	struct vif_scripts scripts = { 0 };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ssize_t size = read_script(folder, names[i], text);
		const struct known *found = size < 0 ? NULL : find_known(names[i], text, (size_t)size);
		if (!found) {
			snprintf(reason_out, VIF_REASON_SIZE, "%s %s", names[i],
				 size < 0 ? strerror(errno) : "is none of those that are known");
			return VIF_HAND_OVER;
		}
		scripts.uses_iptables |= found->uses_iptables;
	}
	ssize_t size = read_script(folder, "hotplugpath.sh", text);
	if (size < 0 || strlen(text) != (size_t)size || !make_search_path(text, path, scripts.search_path)) {
		snprintf(reason_out, VIF_REASON_SIZE, "hotplugpath.sh %s",
			 size < 0 ? strerror(errno) : "does more than to name folders");
		return VIF_HAND_OVER;
	}
	*scripts_out = scripts;
	return VIF_DO;
}

bool vif_scripts_has_hook(const char *folder, char name_out[NAME_MAX + 1])
{
	BD_FREE char *path = NULL;
	struct bd_error err = BD_ERROR_INIT;

	*name_out = '\0';
	if (bd_text_format(&path, &err, "%s/vif-post.d", folder) != 0)
		return true;
	BD_CLOSEDIR DIR *hooks = opendir(path);
	/* What cannot be read is for the script. */
	if (!hooks)
		return errno != ENOENT;
	for (const struct dirent *entry = readdir(hooks); entry; entry = readdir(hooks))
		/* A shell's * takes no hidden file. */
		if (entry->d_name[0] != '.' && bd_text_ends_in(entry->d_name, ".hook") &&
		    faccessat(dirfd(hooks), entry->d_name, X_OK, 0) == 0) {
			snprintf(name_out, NAME_MAX + 1, "%s", entry->d_name);
			return true;
		}
	return false;
}
