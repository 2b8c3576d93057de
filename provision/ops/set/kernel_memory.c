/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adds up what kernel and initramfs need, in dom0 or inside a disk. */
#include "ops/set/kernel_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "guest/create_request.h"
#include "inside/open.h"
#include "inside/read_file.h"
#include "kernel/needs.h"
#include "ops/set/boot_disk.h"

/* More than any kernel with its initramfs needs to be unpacked: it is not looked for then. */
#define PLENTY_MIB 2048
/* A larger one is none, and is not read. */
#define KERNEL_BYTES_MAX ((size_t)64 << 20)

int set_check_memory_need(const struct set_job *job, uint64_t need_bytes, struct bd_error *err)
{
	char need[32];

	if (!job->memory_mib || need_bytes <= job->memory_mib << 20)
		return 0;
	bd_format_size(need_bytes, need, sizeof(need));
	bd_fail(err, EINVAL,
		"kernel and initramfs alone need %s of memory, but %s would have only %llu MiB; give it more memory",
		need, job->cfg.name, (unsigned long long)job->memory_mib);
	return bd_set_field(err, BD_FIELD_MEMORY);
}

/* 0: that is not known. */
static uint64_t need_of_files(const struct bd_cfg *cfg)
{
	struct bd_error ignored;
	struct stat ramdisk = { 0 };
	uint64_t bytes;

	if (bd_kernel_file_memory_bytes(cfg->kernel, &bytes, &ignored) != 0 ||
	    (cfg->ramdisk && stat(cfg->ramdisk, &ramdisk) != 0))
		return 0;
	return bytes + (uint64_t)ramdisk.st_size;
}

static uint64_t size_inside(int fd, int partition, const char *path)
{
	const char *const paths[] = { path };
	const struct bd_inside_request request = {
		.partition = partition, .paths = paths, .path_count = 1, .follow = true
	};
	BD_DISPOSE(bd_file_stream_close) struct bd_file_stream *stream = NULL;
	const struct bd_stream_entry *entry;
	struct bd_error ignored;

	if (bd_inside_open(fd, &request, NULL, &stream, &ignored) != 0 ||
	    bd_file_stream_next(stream, &entry, &ignored) != 1 || !S_ISREG(entry->meta.mode))
		return 0;
	return entry->meta.size_bytes;
}

static uint64_t need_inside(const struct bd_cfg *cfg)
{
	BD_DISPOSE(set_boot_disk_dispose) struct set_boot_disk disk = { 0 };
	BD_CLOSE int fd = open(cfg->disks[0], O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const struct bd_examine_entry *entry;
	BD_FREE char *kernel = NULL;
	struct bd_error ignored;
	int partition;
	size_t size;

	if (fd < 0 || set_boot_disk_look(fd, cfg->disks[0], &disk, &ignored) != 0 ||
	    set_boot_disk_entry(&disk, &entry, &partition, &ignored) != 0 || !entry->has_kernel ||
	    bd_inside_read_file(fd, partition, entry->kernel, KERNEL_BYTES_MAX, &kernel, &size, &ignored) != 0)
		return 0;
	return bd_kernel_memory_bytes(kernel, size) +
	       (entry->has_initramfs ? size_inside(fd, partition, entry->initramfs) : 0);
}

int set_check_kernel_memory(const struct set_job *job, struct bd_error *err)
{
	const struct bd_cfg *cfg = &job->cfg;
	enum bd_guest_boot how;
	uint64_t need_bytes = 0;

	if (job->memory_mib >= PLENTY_MIB || !bd_cfg_boot(cfg, &how))
		return 0;
	if (how == BD_BOOT_DIRECT)
		need_bytes = need_of_files(cfg);
	else if ((how == BD_BOOT_PYGRUB || how == BD_BOOT_BIGDISK || how == BD_BOOT_PVGRUB) && cfg->disk_count)
		need_bytes = need_inside(cfg);
	return set_check_memory_need(job, need_bytes, err);
}
