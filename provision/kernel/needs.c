/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the header of a bzImage, and how its payload begins. */
#include "kernel/needs.h"

#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "kernel/bzimage.h"

static bool pv_grub_unpacks(enum bd_compression compression)
{
	return compression != BD_COMPRESSION_ZSTD && compression != BD_COMPRESSION_LZ4 &&
	       compression != BD_COMPRESSION_BZIP2 && compression != BD_COMPRESSION_LZMA;
}

int bd_kernel_check_pv_grub_data(const void *kernel, size_t size_bytes, struct bd_error *err)
{
	struct bd_bzimage image;

	/* What is no bzImage of today, or has no payload, is for GRUB to judge. */
	if (!bd_bzimage_parse_header(kernel, size_bytes, &image) || image.payload_offset_bytes >= size_bytes)
		return 0;
	const uint8_t *payload = (const uint8_t *)kernel + image.payload_offset_bytes;
	enum bd_compression compression = bd_compression_of(payload, size_bytes - (size_t)image.payload_offset_bytes);
	if (pv_grub_unpacks(compression))
		return 0;
	return bd_fail(
		err, ENOTSUP,
		"this kernel is compressed with %s, which GRUB in a PV guest cannot unpack; use the type pvh, or "
		"boot by bigdisk or pygrub",
		bd_compression_name(compression));
}

uint64_t bd_kernel_memory_bytes(const void *kernel, size_t size_bytes)
{
	struct bd_bzimage image;

	return bd_bzimage_parse_header(kernel, size_bytes, &image) ? image.memory_bytes : 0;
}

int bd_kernel_file_memory_bytes(const char *kernel_path, uint64_t *bytes_out, struct bd_error *err)
{
	BD_CLOSE int fd = open(kernel_path, O_RDONLY | O_CLOEXEC);
	uint8_t header[BD_BZIMAGE_HEADER_BYTES];
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
