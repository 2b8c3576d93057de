/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at a kernel's modules and configuration, and for what starts logins and networks. What cannot be told is not lacking. */
#include "rootfs/detect_lacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "rootfs/detect_kernel.h"

/* A distribution's modules.dep has about 1 MiB. */
#define TEXT_LIMIT_BYTES (16u << 20)

/* --- drivers ------------------------------------------------------------------------------------------------------ */

/* What is known about a kernel's drivers; each may be NULL. */
struct kernel_facts {
	char *built_in, *modules; /* modules.builtin and modules.dep */
	char *config;
};

enum driver { DRIVER_UNKNOWN, DRIVER_ABSENT, DRIVER_MODULE, DRIVER_BUILT_IN };

static void dispose_facts(struct kernel_facts *facts)
{
	free(facts->built_in);
	free(facts->modules);
	free(facts->config);
}

struct folders {
	const char *version;
	char exact[BD_KERNEL_VERSION_SIZE], ending[BD_KERNEL_VERSION_SIZE], any[BD_KERNEL_VERSION_SIZE];
	size_t count;
};

static int visit_folder(void *context, const char *name, uint8_t type, struct bd_error *err)
{
	struct folders *folders = context;
	size_t size = strlen(name), version_size = strlen(folders->version);

	(void)type;
	(void)err;
	if (size >= BD_KERNEL_VERSION_SIZE)
		return 0;
	folders->count++;
	memcpy(folders->any, name, size + 1);
	if (strcmp(name, folders->version) == 0)
		memcpy(folders->exact, name, size + 1);
	/* Alpine's vmlinuz-lts has its modules in 6.6.58-0-lts. */
	if (version_size && size > version_size && name[size - version_size - 1] == '-' &&
	    strcmp(name + size - version_size, folders->version) == 0)
		memcpy(folders->ending, name, size + 1);
	return 0;
}

/* What is below /lib/modules for the kernel: by its version, or as there is no other. */
static int find_folder(const struct bd_root_reader *root, const char *version, char name_out[BD_KERNEL_VERSION_SIZE],
		       struct bd_error *err)
{
	struct folders folders = { .version = version };
	const char *name;

	if (root->list(root->source, "/usr/lib/modules", visit_folder, &folders, err) != 0 ||
	    (!folders.count && root->list(root->source, "/lib/modules", visit_folder, &folders, err) != 0))
		return -1;
	name = *folders.exact ? folders.exact : *folders.ending ? folders.ending : folders.any;
	snprintf(name_out, BD_KERNEL_VERSION_SIZE, "%s", name == folders.any && folders.count != 1 ? "" : name);
	return 0;
}

/* BEFORE VERSION AFTER; of two places the first that has it. What is too large, or leads in circles, is none. */
static int read_either(const struct bd_root_reader *root, const char *const before[2], const char *version,
		       const char *const after[2], char **text_out, struct bd_error *err)
{
	*text_out = NULL;
	for (size_t i = 0; i < 2 && !*text_out; i++) {
		BD_FREE char *path = NULL;
		if (bd_text_format(&path, err, "%s%s%s", before[i], version, after[i]) != 0 ||
		    bd_root_read_optional(root, path, TEXT_LIMIT_BYTES, text_out, NULL, err) != 0)
			return -1;
	}
	return 0;
}

static int read_facts(const struct bd_root_reader *root, const char *kernel_version, struct kernel_facts *facts,
		      struct bd_error *err)
{
	static const char *const modules[] = { "/usr/lib/modules/", "/lib/modules/" };
	static const char *const built_in[] = { "/modules.builtin", "/modules.builtin" };
	static const char *const dep[] = { "/modules.dep", "/modules.dep" };
	static const char *const config[] = { "/boot/config-", "/usr/lib/modules/" };
	static const char *const config_end[] = { "", "/config" };
	char folder[BD_KERNEL_VERSION_SIZE];

	if (find_folder(root, kernel_version, folder, err) != 0)
		return -1;
	if (*folder && (read_either(root, modules, folder, built_in, &facts->built_in, err) != 0 ||
			read_either(root, modules, folder, dep, &facts->modules, err) != 0))
		return -1;
	const char *version = *kernel_version ? kernel_version : folder;
	return *version ? read_either(root, config, version, config_end, &facts->config, err) : 0;
}

/* The value of a line "CONFIG_X=y"; '\0': it is not set. */
static char config_value(const char *config, const char *option)
{
	const size_t size = strlen(option);

	for (const char *at = config; (at = strstr(at, option)); at += size)
		if ((at == config || at[-1] == '\n') && at[size] == '=')
			return at[size + 1];
	return '\0';
}

/* file: "/xen-blkfront.ko", which a suffix for its compression may follow. */
static enum driver find_driver(const struct kernel_facts *facts, const char *file, const char *option)
{
	const char set = facts->config ? config_value(facts->config, option) : '\0';

	if (set == 'y' || (facts->built_in && strstr(facts->built_in, file)))
		return DRIVER_BUILT_IN;
	if (facts->modules && strstr(facts->modules, file))
		return DRIVER_MODULE;
	/* A module may be in a package that is not installed. */
	if (set == 'm')
		return facts->modules ? DRIVER_ABSENT : DRIVER_MODULE;
	return facts->config || (facts->built_in && facts->modules) ? DRIVER_ABSENT : DRIVER_UNKNOWN;
}

static enum driver find_filesystem(const struct kernel_facts *facts)
{
	enum driver ext4 = find_driver(facts, "/ext4.ko", "CONFIG_EXT4_FS");
	enum driver ext3 = find_driver(facts, "/ext3.ko", "CONFIG_EXT3_FS");

	return ext3 > ext4 ? ext3 : ext4;
}

static int detect_kernel_lacks(const struct bd_root_reader *root, const char *version, struct bd_system *system,
			       struct bd_error *err)
{
	BD_DISPOSE(dispose_facts) struct kernel_facts facts = { 0 };

	if (!*system->kernel_path) {
		system->lacks |= BD_LACK_BIT(BD_LACK_KERNEL);
		return 0;
	}
	if (read_facts(root, version, &facts, err) != 0)
		return -1;
	const enum driver disk = find_driver(&facts, "/xen-blkfront.ko", "CONFIG_XEN_BLKDEV_FRONTEND");
	system->disk_driver_is_module = disk == DRIVER_MODULE;
	if (disk == DRIVER_ABSENT)
		system->lacks |= BD_LACK_BIT(BD_LACK_DISK_DRIVER);
	if (!*system->initramfs_path && (disk == DRIVER_MODULE || find_filesystem(&facts) == DRIVER_MODULE))
		system->lacks |= BD_LACK_BIT(BD_LACK_INITRAMFS);
	return 0;
}

/* --- networks and consoles ---------------------------------------------------------------------------------------- */

/* Others configure a network, too, if not as they are told here. */
static int detect_network_lack(const struct bd_root_reader *root, struct bd_system *system, struct bd_error *err)
{
	static const char *const others[] = { "/usr/sbin/dhcpcd",
					      "/sbin/dhcpcd",
					      "/usr/bin/dhcpcd",
					      "/usr/sbin/wickedd",
					      "/usr/sbin/connmand",
					      "/usr/bin/connmand",
					      "/etc/sysconfig/network-scripts/ifup",
					      "/etc/init.d/network",
					      "/etc/init.d/S40network",
					      "/etc/init.d/net.lo",
					      "/etc/config/network",
					      "/etc/rc.d/rc.inet1",
					      NULL };
	bool there;

	if (system->network != BD_NETWORK_NONE || system->cloud_init)
		return 0;
	if (bd_root_has_any(root, others, false, &there, err) != 0)
		return -1;
	if (!there)
		system->lacks |= BD_LACK_BIT(BD_LACK_NETWORK);
	return 0;
}

/* systemd starts a getty on hvc0 by itself; what is in inittab and in runit's folder is seen to (guest/consoles.h). Of other inits
 * it is not known what they start. */
static int detect_console_lack(const struct bd_root_reader *root, struct bd_system *system, struct bd_error *err)
{
	static const char *const starters[] = { "/etc/inittab", "/etc/runit", "/etc/sv",    "/etc/init",
						"/etc/s6",	"/etc/s6-rc", "/etc/dinit", "/etc/dinit.d",
						"/etc/rc.d",	"/init",      NULL };
	bool there;

	if (system->systemd)
		return 0;
	if (bd_root_has_any(root, starters, false, &there, err) != 0)
		return -1;
	if (!there)
		system->lacks |= BD_LACK_BIT(BD_LACK_CONSOLE);
	return 0;
}

int bd_detect_lacks(const struct bd_root_reader *root, const char *kernel_version, struct bd_system *system,
		    struct bd_error *err)
{
	system->lacks = 0;
	if (detect_kernel_lacks(root, kernel_version, system, err) != 0 ||
	    detect_network_lack(root, system, err) != 0)
		return -1;
	return detect_console_lack(root, system, err);
}
