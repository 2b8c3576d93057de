/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a BIOS would find in the boot sector, and pygrub or GRUB in the filesystem. */
#include "ops/check/check_boot.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "ops/check/boot_sector.h"
#include "ops/host/boot_preview.h"
#include "xlcfg/boot.h"
#include "xlcfg/disks.h"

/* --- the boot sector ---------------------------------------------------------------------------------------------- */

#define INSTALL_GRUB \
	"a guest that boots by pygrub, bigdisk or a kernel of dom0 does not need it; otherwise reinstall GRUB in the guest " \
	"with grub-install"

/* Of all that is in the disk, files can be read: no other filesystem, no LVM, nothing damaged. */
static bool reads_all(const struct check_disk *disk)
{
	if (!disk->is_known)
		return false;
	for (size_t i = 0; i < disk->survey.filesystem_count; i++)
		if (disk->survey.filesystems[i].problem.code)
			return false;
	for (size_t i = 0; i < disk->survey.region_count; i++) {
		const struct bd_survey_region *region = &disk->survey.regions[i];
		if ((region->kind == BD_SURVEY_PARTITION || region->kind == BD_SURVEY_WHOLE) &&
		    !bd_survey_is_ext(region) && strcmp(region->content, "nothing recognised") != 0)
			return false;
	}
	return true;
}

static int advise_boot(const struct check_disk *disk, struct finding *finding, enum boot_sector_match match,
		       struct bd_error *err)
{
	if (!finding)
		return -1;
	if (!boot_sector_can_write(disk, match))
		return finding_advise(finding, err, INSTALL_GRUB);
	finding->repair = FINDING_REPAIR_BOOT;
	return finding_advise(finding, err, "reinstall boot sector and core.img from this host's GRUB");
}

/* As an HVM guest without a kernel of dom0's, from its first disk. */
static bool needs_boot_sector(const struct check_disk *disk)
{
	return disk->cfg && disk->is_first && strcmp(disk->cfg->type, "hvm") == 0 && !disk->cfg->kernel;
}

static int check_grub_legacy(const struct check_disk *disk, struct findings *findings, struct bd_error *err)
{
	const struct bd_examine *examine = &disk->examine;
	char text[160] = "";

	if (examine->core == BD_EXAMINE_CORE_OUTSIDE)
		snprintf(text, sizeof(text), "sector %" PRIu64 ", which is beyond the end of the image",
			 examine->core_lba);
	else if (examine->core == BD_EXAMINE_CORE_EMPTY)
		snprintf(text, sizeof(text), "sector %" PRIu64 ", where there are only zeros", examine->core_lba);
	else if (examine->core == BD_EXAMINE_CORE_BAD_LIST)
		snprintf(text, sizeof(text), "sector %" PRIu64 ", where there is neither a stage1_5 nor a stage2",
			 examine->core_lba);
	if (*text)
		return finding_advise(findings_add(findings, "grub-stage-damaged", FINDING_PROBLEM, 0, err,
						   "the boot sector, of GRUB Legacy, loads its next stage from %s",
						   text),
				      err, INSTALL_GRUB);
	if (examine->core != BD_EXAMINE_CORE_FINE || !*examine->stage2 || !reads_all(disk))
		return 0;
	for (size_t i = 0; i < examine->boot_count; i++)
		if (examine->boots[i].has_stage2)
			return 0;
	return finding_advise(findings_add(findings, "grub-stage2-missing", FINDING_PROBLEM, 0, err,
					   "the boot sector, of GRUB Legacy, loads the file %s, which is missing or "
					   "empty",
					   examine->stage2),
			      err, INSTALL_GRUB);
}

int check_boot_sector(const struct check_disk *disk, struct findings *findings, struct bd_error *err)
{
	const struct bd_examine *examine = &disk->examine;
	enum boot_sector_match match = BOOT_SECTOR_UNKNOWN;
	char text[160] = "";

	if (disk->survey.table == BD_SURVEY_MBR && disk->survey.boot_code == BD_BOOT_CODE_GRUB_LEGACY)
		return check_grub_legacy(disk, findings, err);
	if (disk->survey.table != BD_SURVEY_MBR ||
	    (disk->survey.boot_code != BD_BOOT_CODE_GRUB2 &&
	     (disk->survey.boot_code != BD_BOOT_CODE_NONE || !needs_boot_sector(disk))))
		return 0;
	if (boot_sector_compare(disk, &match, err) != 0)
		return -1;
	if (disk->survey.boot_code == BD_BOOT_CODE_NONE)
		return advise_boot(disk,
				   findings_add(findings, "boot-code-missing", FINDING_PROBLEM, 0, err,
						"the boot sector has no boot code, which this HVM guest boots from"),
				   match, err);
	if (examine->core == BD_EXAMINE_CORE_OUTSIDE)
		snprintf(text, sizeof(text),
			 "loads core.img from sector %" PRIu64 ", which is not in the gap before the first partition",
			 examine->core_lba);
	else if (examine->core == BD_EXAMINE_CORE_BAD_LIST)
		snprintf(text, sizeof(text),
			 "loads a core.img whose list of blocks is not in the gap before the first partition");
	else if (examine->core == BD_EXAMINE_CORE_EMPTY)
		snprintf(text, sizeof(text), "loads core.img from sector %" PRIu64 ", where there are only zeros",
			 examine->core_lba);
	else if (match == BOOT_SECTOR_DAMAGED)
		snprintf(text, sizeof(text), "is the one of this host's GRUB, but part of core.img is overwritten");
	return *text ? advise_boot(disk,
				   findings_add(findings, "core-image-damaged", FINDING_PROBLEM, 0, err,
						"GRUB's boot sector %s", text),
				   match, err)
		     : 0;
}

/* --- boot entries ------------------------------------------------------------------------------------------------- */

static bool has_uuid(const struct check_disk *disk, const char *uuid)
{
	char text[BD_UUID_TEXT_SIZE];

	for (size_t i = 0; i < disk->survey.filesystem_count; i++) {
		bd_format_uuid(disk->survey.filesystems[i].uuid, text);
		if (!disk->survey.filesystems[i].problem.code && strcasecmp(text, uuid) == 0)
			return true;
	}
	return false;
}

static bool has_label(const struct check_disk *disk, const char *label)
{
	for (size_t i = 0; i < disk->survey.filesystem_count; i++)
		if (!disk->survey.filesystems[i].problem.code &&
		    strcmp(disk->survey.filesystems[i].label, label) == 0)
			return true;
	return false;
}

static bool has_partition(const struct check_disk *disk, int number)
{
	for (size_t i = 0; i < disk->survey.region_count; i++)
		if (disk->survey.regions[i].number == number)
			return true;
	return false;
}

/* "1a2b3c4d-01", of an MBR. */
static bool has_partuuid(const struct check_disk *disk, const char *text)
{
	uint32_t signature;
	unsigned number;

	if (disk->survey.table != BD_SURVEY_MBR || sscanf(text, "%8" SCNx32 "-%2x", &signature, &number) != 2)
		return disk->survey.table == BD_SURVEY_GPT;
	return signature == disk->survey.disk_signature && has_partition(disk, (int)number);
}

/* "/dev/xvda1", cut into the disk's letters and the partition's digits. False: it is no such device. */
static bool cut_device(const char *name, char letters_out[4], int *number_out)
{
	static const char *const kinds[] = { "xvd", "sd", "hd", "vd" };
	int end = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		size_t length = strlen(kinds[i]);
		if (strncmp(name, kinds[i], length) != 0)
			continue;
		*number_out = 0;
		if (sscanf(name + length, "%3[a-z]%n", letters_out, &end) != 1)
			return false;
		name += length + (size_t)end;
		return !*name || (sscanf(name, "%4d%n", number_out, &end) == 1 && !name[end] && *number_out > 0);
	}
	return false;
}

static bool disk_has(const struct check_disk *disk, int number)
{
	return !disk->is_known || disk->survey.table == BD_SURVEY_NO_TABLE || (number && has_partition(disk, number));
}

/* Of a config's disk that is not checked, as it is read-only, nothing is known. */
static bool target_has(const struct check_disk *disks, size_t count, const char *target, int number)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(disks[i].target, target) == 0)
			return disk_has(&disks[i], number);
	return true;
}

/* By the names of the config's virtual devices; an image alone is taken for the first disk. */
static bool has_device(const struct check_disk *disks, size_t count, const char *device)
{
	const struct bd_cfg *cfg = disks[0].cfg;
	char letters[4], vdev[BD_XLCFG_VDEV_SIZE], its_letters[4];
	size_t known = 0;
	int number, its_number;

	if (!cut_device(device, letters, &number))
		return true;
	if (!cfg || !disks[0].cfg_text)
		return strcmp(letters, "a") != 0 || disk_has(&disks[0], number);
	for (size_t i = 0; i < cfg->disk_count; i++) {
		if (!bd_xlcfg_vdev(disks[0].cfg_text, cfg->disks[i], vdev) ||
		    !cut_device(vdev, its_letters, &its_number))
			continue;
		known++;
		if (strcmp(letters, its_letters) != 0)
			continue;
		/* A config may give the guest a partition without a disk: vdev=xvda1. */
		if (its_number ? its_number == number : target_has(disks, count, cfg->disks[i], number))
			return true;
	}
	return known < cfg->disk_count;
}

/* What names nothing on the disks as far as they can be read is not there; all else may be. Of a disk of which one partition is
 * looked at the others are not known. */
static bool has_root(const struct check_disk *disks, size_t count, const char *root)
{
	if (disks[0].place->partition)
		return true;
	if (strncmp(root, "/dev/", 5) == 0)
		return has_device(disks, count, root + 5);
	if (strchr(root, '$'))
		return true;
	for (size_t i = 0; i < count; i++) {
		bool found = strncmp(root, "UUID=", 5) == 0    ? has_uuid(&disks[i], root + 5)
			     : strncmp(root, "LABEL=", 6) == 0 ? has_label(&disks[i], root + 6)
			     : strncmp(root, "PARTUUID=", 9) == 0
				     ? !disks[i].is_known || has_partuuid(&disks[i], root + 9)
				     : true;
		if (found || (strncmp(root, "PARTUUID=", 9) != 0 && !reads_all(&disks[i])))
			return true;
	}
	return false;
}

/* A variable that only GRUB itself could expand. */
static bool is_unknown(const char *path)
{
	return strchr(path, '$');
}

#define WORK_TEXT "boot the guest with another kernel and run update-grub in it, or correct that file"

static int judge_kernel(const struct bd_examine_boot *boot, const struct bd_examine_entry *entry,
			struct findings *findings, struct bd_error *err)
{
	enum finding_level level = entry->is_default ? FINDING_PROBLEM : FINDING_WARNING;
	const char *which = entry->is_default ? "the default entry" : "an entry";

	if (!is_unknown(entry->kernel) && !entry->has_kernel)
		return finding_advise(
			findings_add(findings, entry->is_default ? "kernel-missing" : "kernel-of-entry-missing",
				     level, boot->partition, err, "%s of %s boots %s, which is missing or empty",
				     which, boot->config, entry->kernel),
			err, WORK_TEXT);
	if (*entry->initramfs && !is_unknown(entry->initramfs) && !entry->has_initramfs)
		return finding_advise(
			findings_add(findings, entry->is_default ? "initramfs-missing" : "initramfs-of-entry-missing",
				     level, boot->partition, err, "%s of %s loads %s, which is missing or empty",
				     which, boot->config, entry->initramfs),
			err,
			"rebuild it in the guest (update-initramfs -c -k VERSION, or dracut), or correct that file");
	return 0;
}

static int judge_entries(const struct check_disk *disks, size_t count, const struct bd_examine_boot *boot,
			 struct findings *findings, struct bd_error *err)
{
	for (size_t i = 0; i < boot->entry_count; i++) {
		const struct bd_examine_entry *entry = &boot->entries[i];
		if (judge_kernel(boot, entry, findings, err) != 0)
			return -1;
		if (!*entry->root || has_root(disks, count, entry->root))
			continue;
		if (finding_advise(
			    findings_add(
				    findings, entry->is_default ? "root-device-missing" : "root-of-entry-missing",
				    entry->is_default ? FINDING_PROBLEM : FINDING_WARNING, boot->partition, err,
				    "%s of %s has root=%s, which is not on any disk that was checked",
				    entry->is_default ? "the default entry" : "an entry", boot->config, entry->root),
			    err,
			    "correct root= there, and /etc/fstab too, or give the filesystem that UUID or label: tune2fs -U or -L") !=
		    0)
			return -1;
	}
	return 0;
}

static bool boots_by(const struct check_disk *disk, enum bd_guest_boot wanted)
{
	enum bd_guest_boot how;

	return disk->cfg && bd_cfg_boot(disk->cfg, &how) && how == wanted;
}

/* It reads more than what was looked at here, so it is asked itself. Where it is not installed is for `doctor` to say. */
static int check_bigdisk(const struct check_disk *disk, struct findings *findings, struct bd_error *err)
{
	const struct boot_preview_request request = { .disk = disk->target,
						      .arguments = disk->cfg->bootloader_args,
						      .argument_count = disk->cfg->bootloader_arg_count };
	struct bd_error problem;

	if (disk->cfg->kernel || boot_preview_check(&request, &problem) == 0 || problem.code == ENOPKG)
		return 0;
	if (problem.code != ENOEXEC)
		return bd_fail_as(err, &problem, "%s", problem.message);
	return finding_advise(
		findings_add(findings, "boot-entries-missing", FINDING_PROBLEM, 0, err,
			     "this guest boots by " BD_BOOTLOADER_BIGDISK ", which cannot boot it: %s",
			     problem.message),
		err,
		"boot the guest with a kernel of dom0 (boot direct), and install one in it, or correct its boot configuration");
}

int check_boot_entries(const struct check_disk *disks, size_t count, size_t at, struct findings *findings,
		       struct bd_error *err)
{
	const struct check_disk *disk = &disks[at];
	size_t entries = 0, unreadable = 0, before = findings->count;

	for (size_t i = 0; i < disk->survey.filesystem_count; i++)
		unreadable += disk->survey.filesystems[i].problem.code != 0;
	for (size_t i = 0; i < disk->examine.boot_count; i++) {
		entries += disk->examine.boots[i].entry_count;
		if (judge_entries(disks, count, &disk->examine.boots[i], findings, err) != 0)
			return -1;
	}
	if (disk->is_first && disk->is_known && findings->count == before && boots_by(disk, BD_BOOT_BIGDISK))
		return check_bigdisk(disk, findings, err);
	/* What cannot be read has a finding of its own. */
	if (entries || unreadable || !disk->is_first || !boots_by(disk, BD_BOOT_PYGRUB) || !disk->examine.boot_count)
		return 0;
	return finding_advise(
		findings_add(findings, "boot-entries-missing", FINDING_PROBLEM, 0, err,
			     "this guest boots with pygrub, which finds no kernel: no grub.cfg, menu.lst or "
			     "extlinux.conf has a boot entry"),
		err,
		"if it has one that pygrub cannot read, such as entries in /boot/loader/entries, let it boot by bigdisk "
		"(bootloader = \"" BD_BOOTLOADER_BIGDISK
		"\" in the config); else boot the guest with a kernel of dom0 "
		"(kernel=), and install one in it");
}

/* --- direct kernel boot ------------------------------------------------------------------------------------------- */

/* The last root= counts. False: there is none. */
static bool root_of(const char *cmdline, char root_out[BD_EXAMINE_PATH_SIZE])
{
	bool found = false;

	for (const char *at = cmdline; *(at += strspn(at, " \t"));) {
		size_t length = strcspn(at, " \t");
		if (strncmp(at, "root=", 5) == 0 && length > 5 && length - 5 < BD_EXAMINE_PATH_SIZE) {
			snprintf(root_out, BD_EXAMINE_PATH_SIZE, "%.*s", (int)(length - 5), at + 5);
			found = true;
		}
		at += length;
	}
	return found;
}

/* What root= should say: the first root filesystem. NULL: there is none. */
static const struct bd_survey_filesystem *find_root(const struct check_disk *disks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < disks[i].examine.boot_count; j++)
			if (disks[i].examine.boots[j].is_root)
				return check_disk_filesystem(&disks[i], disks[i].examine.boots[j].partition);
	return NULL;
}

int check_cfg_root(const struct check_disk *disks, size_t count, struct findings *findings, struct bd_error *err)
{
	const struct bd_cfg *cfg = count ? disks[0].cfg : NULL;
	char root[BD_EXAMINE_PATH_SIZE], uuid[BD_UUID_TEXT_SIZE];

	if (!cfg || !cfg->kernel || !cfg->cmdline || !root_of(cfg->cmdline, root) || has_root(disks, count, root))
		return 0;
	struct finding *finding =
		findings_add(findings, "cfg-root-missing", FINDING_PROBLEM, 0, err,
			     "the config boots the kernel %s with root=%s, which is not on any disk of the guest",
			     cfg->kernel, root);
	const struct bd_survey_filesystem *right = find_root(disks, count);
	if (!right)
		return finding_advise(finding, err,
				      "correct the kernel's command line in the config (cmdline or root)");
	bd_format_uuid(right->uuid, uuid);
	return finding_advise(
		finding, err,
		"correct the kernel's command line in the config (cmdline or root): root=UUID=%s is the "
		"root filesystem",
		uuid);
}
