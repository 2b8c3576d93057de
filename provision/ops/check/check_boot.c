/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a BIOS would find in the boot sector, and pygrub or GRUB in the filesystem. */
#include "ops/check/check_boot.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "ops/check/boot_sector.h"

/* --- the boot sector ---------------------------------------------------------------------------------------------- */

static int advise_boot(const struct check_disk *disk, struct finding *finding, enum boot_sector_match match,
		       struct bd_error *err)
{
	if (!finding)
		return -1;
	if (!boot_sector_can_write(disk, match))
		return finding_advise(
			finding, err,
			"a guest that boots by pygrub or directly does without; else install GRUB from within the "
			"guest: grub-install");
	finding->repair = FINDING_REPAIR_BOOT;
	return finding_advise(finding, err, "write boot sector and core.img anew from this host's GRUB");
}

/* As an HVM guest without a kernel of dom0's, from its first disk. */
static bool needs_boot_sector(const struct check_disk *disk)
{
	return disk->cfg && disk->is_first && strcmp(disk->cfg->type, "hvm") == 0 && !disk->cfg->kernel;
}

int check_boot_sector(const struct check_disk *disk, struct findings *findings, struct bd_error *err)
{
	const struct bd_examine *examine = &disk->examine;
	enum boot_sector_match match = BOOT_SECTOR_UNKNOWN;
	char text[160] = "";

	if (disk->survey.table != BD_SURVEY_MBR ||
	    (disk->survey.boot_code != BD_BOOT_CODE_GRUB2 &&
	     (disk->survey.boot_code != BD_BOOT_CODE_NONE || !needs_boot_sector(disk))))
		return 0;
	if (boot_sector_compare(disk, &match, err) != 0)
		return -1;
	if (disk->survey.boot_code == BD_BOOT_CODE_NONE)
		return advise_boot(disk,
				   findings_add(findings, "boot-code-missing", FINDING_PROBLEM, 0, err,
						"the boot sector has no boot code, and this guest (hvm) boots by it"),
				   match, err);
	if (examine->core == BD_EXAMINE_CORE_OUTSIDE)
		snprintf(text, sizeof(text),
			 "loads core.img from sector %" PRIu64 ", which is not in the gap before the first partition",
			 examine->core_lba);
	else if (examine->core == BD_EXAMINE_CORE_BAD_LIST)
		snprintf(text, sizeof(text),
			 "loads a core.img whose list of blocks is not in the gap before the first partition");
	else if (examine->core == BD_EXAMINE_CORE_EMPTY)
		snprintf(text, sizeof(text), "loads core.img from sector %" PRIu64 ", and zeros are there",
			 examine->core_lba);
	else if (match == BOOT_SECTOR_DAMAGED)
		snprintf(text, sizeof(text), "is of this host's version, and a part of its core.img was overwritten");
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

	return disk->survey.table != BD_SURVEY_MBR || sscanf(text, "%8" SCNx32 "-%2x", &signature, &number) != 2 ||
	       (signature == disk->survey.disk_signature && has_partition(disk, (int)number));
}

/* /dev/xvda1 and the like of the first disk; the partition of another one, or a whole disk that a cfg calls xvda1, is not judged. */
static bool has_device(const struct check_disk *first, const char *device)
{
	static const char *const names[] = { "/dev/xvda", "/dev/sda", "/dev/hda", "/dev/vda" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t length = strlen(names[i]);
		int number, end = 0;
		if (strncmp(device, names[i], length) != 0)
			continue;
		if (!device[length])
			return first->survey.table == BD_SURVEY_NO_TABLE;
		if (sscanf(device + length, "%4d%n", &number, &end) == 1 && !device[length + (size_t)end])
			return first->survey.table == BD_SURVEY_NO_TABLE || has_partition(first, number);
	}
	return true;
}

static bool has_root(const struct check_disk *disks, size_t count, const char *root)
{
	bool found = false;

	if (strncmp(root, "/dev/", 5) == 0)
		return has_device(&disks[0], root);
	if (strchr(root, '$'))
		return true;
	for (size_t i = 0; i < count && !found; i++) {
		if (strncmp(root, "UUID=", 5) == 0)
			found = has_uuid(&disks[i], root + 5);
		else if (strncmp(root, "LABEL=", 6) == 0)
			found = has_label(&disks[i], root + 6);
		else
			found = strncmp(root, "PARTUUID=", 9) != 0 || has_partuuid(&disks[i], root + 9);
	}
	return found;
}

/* A variable that only GRUB itself could expand. */
static bool is_unknown(const char *path)
{
	return strchr(path, '$');
}

#define WORK_TEXT "start the guest by another kernel and run update-grub, or correct the file"

static int judge_kernel(const struct bd_examine_boot *boot, const struct bd_examine_entry *entry,
			struct findings *findings, struct bd_error *err)
{
	enum finding_level level = entry->is_default ? FINDING_PROBLEM : FINDING_WARNING;
	const char *which = entry->is_default ? "the default entry" : "an entry";

	if (!is_unknown(entry->kernel) && !entry->has_kernel)
		return finding_advise(
			findings_add(findings, entry->is_default ? "kernel-missing" : "kernel-of-entry-missing",
				     level, boot->partition, err, "%s of %s boots %s, which is not there or empty",
				     which, boot->config, entry->kernel),
			err, WORK_TEXT);
	if (*entry->initramfs && !is_unknown(entry->initramfs) && !entry->has_initramfs)
		return finding_advise(
			findings_add(findings, entry->is_default ? "initramfs-missing" : "initramfs-of-entry-missing",
				     level, boot->partition, err, "%s of %s loads %s, which is not there or empty",
				     which, boot->config, entry->initramfs),
			err, "make it in the guest (update-initramfs -c, dracut), or correct the file");
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
				    "%s of %s has root=%s, which is not on this disk",
				    entry->is_default ? "the default entry" : "an entry", boot->config, entry->root),
			    err, "correct it in that file and in /etc/fstab, or give the filesystem that name") != 0)
			return -1;
	}
	return 0;
}

static bool uses_pygrub(const struct check_disk *disk)
{
	return disk->cfg && disk->cfg->bootloader && strstr(disk->cfg->bootloader, "pygrub");
}

int check_boot_entries(const struct check_disk *disks, size_t count, size_t at, struct findings *findings,
		       struct bd_error *err)
{
	const struct check_disk *disk = &disks[at];
	size_t entries = 0, unreadable = 0;

	for (size_t i = 0; i < disk->survey.filesystem_count; i++)
		unreadable += disk->survey.filesystems[i].problem.code != 0;
	for (size_t i = 0; i < disk->examine.boot_count; i++) {
		entries += disk->examine.boots[i].entry_count;
		if (judge_entries(disks, count, &disk->examine.boots[i], findings, err) != 0)
			return -1;
	}
	/* What cannot be read has a finding of its own. */
	if (entries || unreadable || !disk->is_first || !uses_pygrub(disk) || !disk->examine.boot_count)
		return 0;
	return finding_advise(
		findings_add(findings, "boot-entries-missing", FINDING_PROBLEM, 0, err,
			     "pygrub, by which this guest boots, finds no kernel: there is no grub.cfg or menu.lst "
			     "with an entry"),
		err, "install a kernel and its entry in the guest, or boot it with a kernel of dom0's");
}
