/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks both, and looks at kernel and initramfs. */
#include "ops/create/whole_boot.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/atomic_file.h"
#include "base/file/cache.h"
#include "base/file/file.h"
#include "base/log.h"
#include "base/process/cancel.h"
#include "base/text.h"
#include "initramfs/module.h"
#include "inside/examine/examine.h"
#include "kernel/probe.h"
#include "ops/host/boot_preview.h"
#include "ops/host/bootloader.h"
#include "template/store_folder.h"

#define CACHE_FOLDER "boots"

/* --- what is known already ---------------------------------------------------------------------------------------- */

/* Another boot loader may read more. "": nothing is kept. */
static void name_in_cache(const struct bd_stored *stored, enum bd_guest_type type, const char *program,
			  char name_out[160])
{
	struct stat there;

	name_out[0] = '\0';
	if (stat(program, &there) == 0 && stored->manifest.blake2b[0])
		snprintf(name_out, 160, "%s-%s-%llx-%llx", stored->manifest.blake2b, bd_guest_type_name(type),
			 (unsigned long long)there.st_mtim.tv_sec, (unsigned long long)there.st_size);
}

/* A digit, and the reason. */
static bool recall(const char *name, struct whole_boot *boot_out)
{
	char folder[PATH_MAX];
	BD_FREE char *path = NULL, *text = NULL;
	struct bd_error ignored;

	if (!*name || bd_cache_find_subdir(CACHE_FOLDER, folder, sizeof(folder), &ignored) != 0 ||
	    bd_text_format(&path, &ignored, "%s/%s", folder, name) != 0 ||
	    bd_read_file(path, WHOLE_BOOT_REASON_SIZE, &text, NULL, &ignored) != 0 || (*text != '0' && *text != '1'))
		return false;
	boot_out->is_for_bigdisk = *text == '1';
	snprintf(boot_out->reason, sizeof(boot_out->reason), "%s", text + 1);
	return true;
}

/* Without one it is found out again. */
static void keep(const char *name, const struct whole_boot *boot)
{
	BD_DISPOSE(bd_atomic_file_dispose) struct bd_atomic_file draft = BD_ATOMIC_FILE_INIT;
	char folder[PATH_MAX], text[WHOLE_BOOT_REASON_SIZE + 1];
	BD_FREE char *path = NULL;
	struct bd_error ignored;
	int length = snprintf(text, sizeof(text), "%d%s", boot->is_for_bigdisk, boot->reason);

	if (!*name || bd_cache_subdir(CACHE_FOLDER, folder, sizeof(folder), &ignored) != 0 ||
	    bd_text_format(&path, &ignored, "%s/%s", folder, name) != 0 ||
	    bd_atomic_file_open(path, 0600, &draft, &ignored) != 0 ||
	    bd_pwrite_all(draft.fd, text, (size_t)length, 0, path, &ignored) != 0)
		return;
	bd_atomic_file_publish(&draft, &ignored);
}

/* --- looking ------------------------------------------------------------------------------------------------------ */

/* What came out of the sandbox is read in another one. */
static int find_driver(int fd, enum bd_initramfs_module *found_out, struct bd_error *err)
{
	struct stat file;

	*found_out = BD_INITRAMFS_UNKNOWN;
	if (fstat(fd, &file) != 0)
		return bd_fail_errno(err, "cannot read the initramfs");
	if (file.st_size <= 0)
		return 0;
	void *data = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return bd_fail_errno(err, "cannot read the initramfs");
	int r = bd_initramfs_find_module(data, (size_t)file.st_size, "xen-blkfront", found_out, err);
	munmap(data, (size_t)file.st_size);
	return r;
}

/* The reason why what it boots does not start so; "": it does. */
static int judge_files(const struct boot_files *files, enum bd_guest_type type,
		       char reason_out[WHOLE_BOOT_REASON_SIZE], struct bd_error *err)
{
	enum bd_initramfs_module driver = BD_INITRAMFS_ABSENT;
	struct bd_kernel_probe kernel;
	struct bd_error unknown = BD_ERROR_INIT;

	reason_out[0] = '\0';
	if (bd_kernel_probe(files->kernel_fd, &kernel, &unknown) != 0) {
		if (unknown.code != ENOEXEC)
			return bd_fail_as(err, &unknown, "%s", unknown.message);
		snprintf(reason_out, WHOLE_BOOT_REASON_SIZE, "%.*s", WHOLE_BOOT_REASON_SIZE - 1, unknown.message);
		return 0;
	}
	if (type == BD_GUEST_PVH ? !kernel.pvh : !kernel.pv) {
		snprintf(reason_out, WHOLE_BOOT_REASON_SIZE, "its kernel was not built for %s guests",
			 bd_guest_type_name(type));
		return 0;
	}
	if (kernel.has_disk_driver)
		return 0;
	if (files->initrd_fd >= 0 && find_driver(files->initrd_fd, &driver, err) != 0)
		return -1;
	if (driver == BD_INITRAMFS_ABSENT)
		snprintf(reason_out, WHOLE_BOOT_REASON_SIZE,
			 "neither its kernel nor its initramfs has a driver for Xen's disks");
	return 0;
}

/* What the boot loader says of a disk, it says of the template's file. */
static void say_why_not(const struct bd_error *why, const char *disk, struct whole_boot *boot)
{
	const char *message = why->message;
	size_t length = strlen(disk);

	if (bd_text_begins_with(message, disk) && strncmp(message + length, ": ", 2) == 0)
		message += length + 2;
	snprintf(boot->reason, sizeof(boot->reason), BD_BOOTLOADER_BIGDISK " cannot boot it: %.300s", message);
}

static int ask_bigdisk(const char *disk, enum bd_guest_type type, struct whole_boot *boot, struct bd_error *err)
{
	BD_DISPOSE(boot_preview_dispose) struct boot_preview preview = { .entry_count = 0 };
	BD_DISPOSE(boot_files_dispose) struct boot_files files = BOOT_FILES_INIT;
	const struct boot_preview_request request = { .disk = disk };
	struct bd_error why = BD_ERROR_INIT;
	char reason[WHOLE_BOOT_REASON_SIZE];

	if (boot_preview_read(&request, &preview, &why) != 0 || boot_preview_copy(&request, &files, &why) != 0) {
		if (why.code != ENOEXEC)
			return bd_fail_as(err, &why, "%s", why.message);
		say_why_not(&why, disk, boot);
		return 0;
	}
	if (judge_files(&files, type, reason, err) != 0)
		return -1;
	boot->is_for_bigdisk = !*reason;
	if (*reason)
		snprintf(boot->reason, sizeof(boot->reason), "%s", reason);
	else
		snprintf(boot->reason, sizeof(boot->reason),
			 "pygrub finds nothing to boot on this disk, and " BD_BOOTLOADER_BIGDISK " finds %.200s",
			 preview.kernel ? preview.kernel : "a kernel");
	return 0;
}

int whole_boot_look(const struct bd_stored *stored, enum bd_guest_type type, struct whole_boot *boot_out,
		    struct bd_error *err)
{
	struct whole_boot boot = { .is_for_bigdisk = false };
	char program[PATH_MAX], name[160];
	struct bd_error missing;
	BD_FREE char *disk = NULL;
	bool is_for_pygrub;

	*boot_out = boot;
	if (bd_host_find_bootloader(BD_BOOTLOADER_BIGDISK, program, sizeof(program), NULL, &missing) != 0)
		return 0;
	name_in_cache(stored, type, program, name);
	if (recall(name, boot_out))
		return 0;
	if (bd_text_format(&disk, err, "%s/" BD_STORE_PAYLOAD, stored->path) != 0 ||
	    bd_examine_for_pygrub(stored->disk_fd, &is_for_pygrub, err) != 0 ||
	    (!is_for_pygrub && ask_bigdisk(disk, type, &boot, err) != 0))
		return -1;
	keep(name, &boot);
	*boot_out = boot;
	return 0;
}
