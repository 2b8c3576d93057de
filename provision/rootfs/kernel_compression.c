/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses the header of a bzImage. */
#include "rootfs/kernel_compression.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file/file.h"

/* The setup header: setup_sects, "HdrS", protocol version, payload_offset (since 2.08). */
#define SETUP_SECTS 0x1f1
#define MAGIC 0x202
#define VERSION 0x206
#define PAYLOAD_OFFSET 0x248
#define HEADER_BYTES 0x250
/* Since 2.10. */
#define INIT_SIZE 0x260
#define LONGER_HEADER_BYTES 0x264

static const struct {
	const char *name;
	size_t length;
	uint8_t magic[6];
} refused[] = {
	{ "zstd", 4, { 0x28, 0xb5, 0x2f, 0xfd } },
	{ "LZ4", 4, { 0x02, 0x21, 0x4c, 0x18 } },
	{ "bzip2", 3, { 'B', 'Z', 'h' } },
	{ "LZMA", 3, { 0x5d, 0x00, 0x00 } },
};

int bd_kernel_check_pv_grub_data(const void *kernel, size_t size_bytes, struct bd_error *err)
{
	const uint8_t *header = kernel;

	/* What is no bzImage of today is for GRUB to judge. */
	if (size_bytes < HEADER_BYTES || memcmp(header + MAGIC, "HdrS", 4) != 0 || get_le16(header + VERSION) < 0x208)
		return 0;
	uint64_t at = (uint64_t)(header[SETUP_SECTS] + 1) * 512 + get_le32(header + PAYLOAD_OFFSET);
	if (at + sizeof(refused[0].magic) > size_bytes)
		return 0;
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		if (memcmp(header + at, refused[i].magic, refused[i].length) == 0)
			return bd_fail(
				err, ENOTSUP,
				"this kernel is compressed with %s, which GRUB in a PV guest cannot unpack; use "
				"the type pvh, or boot by bigdisk or pygrub",
				refused[i].name);
	return 0;
}

uint64_t bd_kernel_memory_bytes(const void *kernel, size_t size_bytes)
{
	const uint8_t *header = kernel;

	if (size_bytes < LONGER_HEADER_BYTES || memcmp(header + MAGIC, "HdrS", 4) != 0 ||
	    get_le16(header + VERSION) < 0x20a)
		return 0;
	return get_le32(header + INIT_SIZE);
}

int bd_kernel_file_memory_bytes(const char *kernel_path, uint64_t *bytes_out, struct bd_error *err)
{
	BD_CLOSE int fd = open(kernel_path, O_RDONLY | O_CLOEXEC);
	uint8_t header[LONGER_HEADER_BYTES];
	ssize_t got = fd < 0 ? -1 : bd_pread_full(fd, header, sizeof(header), 0);

	if (got < 0)
		return bd_fail_errno(err, "cannot read the kernel %s", kernel_path);
	*bytes_out = bd_kernel_memory_bytes(header, (size_t)got);
	return 0;
}

int bd_kernel_check_pv_grub(const char *kernel_path, struct bd_error *err)
{
	BD_FREE char *kernel = NULL;
	size_t size;

	if (bd_read_file(kernel_path, BD_KERNEL_LIMIT_BYTES, &kernel, &size, err) != 0)
		return -1;
	return bd_kernel_check_pv_grub_data(kernel, size, err);
}
