/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens the root filesystem, asks of it what is asked of a root template, and takes back what may be on other filesystems. */
#include "import/disk/whole_system.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "adapt/cloud_init_config.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "initramfs/lack.h"
#include "inside/root.h"
#include "rootfs/detect.h"
#include "rootfs/fstab_line.h"

/* Of the Discoverable Partitions Specification: systemd mounts it at /boot by itself. */
#define EXTENDED_BOOT_GPT_TYPE "bc13c2ff-59e6-4262-a352-b275fd6f7172"
#define FSTAB_BYTES_MAX ((size_t)1 << 20)
#define MOUNT_PATH_SIZE 4096

#define KERNEL_LACKS \
	(BD_LACK_BIT(BD_LACK_KERNEL) | BD_LACK_BIT(BD_LACK_INITRAMFS) | BD_LACK_BIT(BD_LACK_DISK_DRIVER) | \
	 BD_LACK_BIT(BD_LACK_INITRAMFS_DRIVER))

/* What is on other filesystems. */
struct elsewhere {
	bool boot; /* kernels and initramfs images */
	bool efi; /* perhaps a kernel, for an entry of the firmware's */
	bool programs; /* and the modules of kernels */
};

static int is_folder(const struct bd_root_reader *root, const char *path, bool *is_out, struct bd_error *err)
{
	struct bd_root_facts facts;

	if (root->look(root->source, path, true, &facts, err) != 0)
		return -1;
	*is_out = S_ISDIR(facts.mode);
	return 0;
}

/* As in disk/ext_partition.c, a root has /etc, and /sbin or /usr. */
static int is_root(int fd, const struct bd_survey_region *region, bool *is_out, struct bd_error *err)
{
	BD_DISPOSE(bd_inside_root_dispose) struct bd_inside_root root = BD_INSIDE_ROOT_INIT;
	bool etc = false, sbin = false, usr = false;

	*is_out = false;
	if (bd_inside_root_open(fd, region->start_bytes, region->size_bytes, &root, err) != 0)
		return -1;
	const struct bd_root_reader reader = bd_inside_root_reader(&root);
	if (is_folder(&reader, "/etc", &etc, err) != 0 || is_folder(&reader, "/sbin", &sbin, err) != 0 ||
	    is_folder(&reader, "/usr", &usr, err) != 0)
		return -1;
	*is_out = etc && (sbin || usr);
	return 0;
}

/* NULL: there is none, or it is not clear which it is. Fails where a filesystem cannot be read, which may be the one. */
static int find_root(int fd, const struct bd_survey *survey, const struct bd_survey_region **found_out,
		     struct bd_error *err)
{
	const struct bd_survey_region *found = NULL;
	bool is;

	*found_out = NULL;
	for (size_t i = 0; i < survey->region_count; i++) {
		if (!bd_survey_is_ext(&survey->regions[i]))
			continue;
		if (is_root(fd, &survey->regions[i], &is, err) != 0)
			return -1;
		if (is && found)
			return 0;
		found = is ? &survey->regions[i] : found;
	}
	*found_out = found;
	return 0;
}

static void take_mount(const char *path, struct elsewhere *elsewhere)
{
	static const char *const programs[] = { "/usr",	 "/usr/bin", "/usr/sbin",    "/usr/lib",	 "/bin",
						"/sbin", "/lib",     "/lib/modules", "/usr/lib/modules", NULL };

	elsewhere->boot |= strcmp(path, "/boot") == 0;
	elsewhere->efi |= bd_path_is_below(path, "/boot") || strcasecmp(path, "/efi") == 0;
	elsewhere->programs |= bd_text_is_any(path, programs);
}

/* Overlays and binds count, too: what one sees there is not what is here. */
static int find_mounts(const struct bd_root_reader *root, struct elsewhere *elsewhere, struct bd_error *err)
{
	BD_FREE char *fstab = NULL;
	char path[MOUNT_PATH_SIZE];
	struct bd_fstab_line line;

	if (root->read_file(root->source, "/etc/fstab", FSTAB_BYTES_MAX, &fstab, NULL, err) != 0)
		return -1;
	for (const char *at = fstab; at && bd_fstab_next_line(&at, &line);)
		if (bd_fstab_is_entry(&line) && bd_fstab_mount_point(&line, path, sizeof(path)))
			take_mount(path, elsewhere);
	return 0;
}

static bool has_extended_boot(const struct bd_survey *survey)
{
	for (size_t i = 0; i < survey->region_count; i++)
		if (survey->regions[i].number && strcasecmp(survey->regions[i].gpt_type, EXTENDED_BOOT_GPT_TYPE) == 0)
			return true;
	return false;
}

/* Others than the distribution's cloud-init that read a NoCloud seed. These have configs of their own. */
static int has_other_reader_of_seeds(const struct bd_root_reader *root, bool *has_out, struct bd_error *err)
{
	static const char *const readers[] = { "/usr/local/bin/cloud-init",
					       "/usr/lib/tiny-cloud",
					       "/lib/tiny-cloud",
					       "/usr/bin/cirros-ds",
					       "/usr/lib/cirros",
					       "/sbin/cirros-ds",
					       NULL };

	return bd_root_has_any(root, readers, true, has_out, err);
}

static int add_seed_lacks(const struct bd_root_reader *root, const struct elsewhere *elsewhere,
			  struct bd_system *system, struct bd_error *err)
{
	struct bd_cloud_init_config config;
	bool has_reader;

	if (!system->cloud_init && !elsewhere->programs) {
		if (has_other_reader_of_seeds(root, &has_reader, err) != 0)
			return -1;
		system->lacks |= has_reader ? 0 : BD_LACK_BIT(BD_LACK_CLOUD_INIT);
		return 0;
	}
	if (bd_cloud_init_config_read(root, &config, err) != 0)
		return -1;
	if (config.is_disabled) {
		system->lacks |= BD_LACK_BIT(BD_LACK_CLOUD_INIT);
		return 0;
	}
	if (config.is_without_nocloud)
		system->lacks |= BD_LACK_BIT(BD_LACK_NOCLOUD);
	else if (config.has_network)
		system->lacks |= BD_LACK_BIT(BD_LACK_SEED_NETWORK);
	return 0;
}

static void take_back(const struct elsewhere *elsewhere, struct bd_system *system)
{
	if (elsewhere->boot)
		system->kernel_path[0] = system->initramfs_path[0] = '\0';
	if (elsewhere->efi)
		system->lacks &= ~BD_LACK_BIT(BD_LACK_KERNEL);
	if (elsewhere->boot || elsewhere->programs)
		system->lacks &= ~KERNEL_LACKS;
	if (elsewhere->programs)
		system->lacks &= ~(BD_LACK_BIT(BD_LACK_NETWORK) | BD_LACK_BIT(BD_LACK_CONSOLE));
}

static int detect(int fd, const struct bd_survey *survey, bool has_efi_partition, bool *known_out,
		  struct bd_system *system_out, struct bd_error *err)
{
	BD_DISPOSE(bd_inside_root_dispose) struct bd_inside_root root = BD_INSIDE_ROOT_INIT;
	struct elsewhere elsewhere = { .boot = has_extended_boot(survey), .efi = has_efi_partition };
	const struct bd_survey_region *region;
	struct bd_system system;

	if (find_root(fd, survey, &region, err) != 0)
		return -1;
	if (!region)
		return 0;
	if (bd_inside_root_open(fd, region->start_bytes, region->size_bytes, &root, err) != 0)
		return -1;
	const struct bd_root_reader reader = bd_inside_root_reader(&root);
	if (bd_system_detect_root(&reader, &system, err) != 0 || bd_initramfs_look(&reader, &system, err) != 0 ||
	    find_mounts(&reader, &elsewhere, err) != 0)
		return -1;
	take_back(&elsewhere, &system);
	if (add_seed_lacks(&reader, &elsewhere, &system, err) != 0)
		return -1;
	*system_out = system;
	*known_out = true;
	return 0;
}

int bd_whole_system_detect(int fd, const struct bd_survey *survey, bool has_efi_partition, bool *known_out,
			   struct bd_system *system_out, struct bd_error *err)
{
	struct bd_error unreadable = BD_ERROR_INIT;

	*known_out = false;
	if (detect(fd, survey, has_efi_partition, known_out, system_out, &unreadable) != 0 &&
	    unreadable.kind == BD_KIND_CANCELED)
		return bd_fail_as(err, &unreadable, "%s", unreadable.message);
	return 0;
}
