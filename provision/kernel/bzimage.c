/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the header, the version's text that it points to, and both ends of the payload. */
#include "kernel/bzimage.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

/* Offsets in the file; boot.rst, "Details of Header Fields". */
#define SETUP_SECTS 0x1f1
#define BOOT_FLAG 0x1fe
#define MAGIC 0x202
#define VERSION 0x206
#define KERNEL_VERSION 0x20e
#define PAYLOAD_OFFSET 0x248
#define PAYLOAD_LENGTH 0x24c
#define INIT_SIZE 0x260 /* since 2.10 */
#define SECTOR 512u
#define PROTOCOL_PAYLOAD 0x208
#define PROTOCOL_INIT_SIZE 0x20a

/* In 512-byte sectors, the boot sector among them; "if the setup_sects field contains 0, the real value is 4". */
static uint32_t setup_bytes(const uint8_t *header)
{
	return ((header[SETUP_SECTS] ? header[SETUP_SECTS] : 4u) + 1) * SECTOR;
}

/* "Contains a pointer to a NUL-terminated human-readable kernel version number string, less 0x200", within the setup code. */
static int read_version(const struct bd_kernel_source *source, const uint8_t *header, struct bd_bzimage *image,
			struct bd_error *err)
{
	uint64_t at = (uint64_t)get_le16(header + KERNEL_VERSION) + SECTOR, end = setup_bytes(header);
	size_t length = 0;

	if (end > source->size_bytes)
		end = source->size_bytes;
	if (at == SECTOR || at >= end)
		return 0;
	uint64_t size = end - at < sizeof(image->version) - 1 ? end - at : sizeof(image->version) - 1;
	if (bd_kernel_read_at(source, at, image->version, (size_t)size, err) != 0)
		return -1;
	while (length < size && image->version[length] >= ' ' && image->version[length] <= '~')
		length++;
	memset(image->version + length, '\0', sizeof(image->version) - length);
	memcpy(image->release, image->version, strcspn(image->version, " "));
	return 0;
}

static int read_payload(const struct bd_kernel_source *source, struct bd_bzimage *image, struct bd_error *err)
{
	uint8_t head[BD_COMPRESSION_HEAD_BYTES], size_behind[BD_COMPRESSION_SIZE_BYTES];
	uint64_t at = image->payload_offset_bytes, size = image->payload_size_bytes;
	size_t head_bytes = size < sizeof(head) ? (size_t)size : sizeof(head);

	if (at > source->size_bytes || size > source->size_bytes - at)
		return bd_fail(err, EINVAL,
			       "the kernel that is packed in it (%llu bytes at %llu) is beyond the end of the file",
			       (unsigned long long)size, (unsigned long long)at);
	if (size < 2 * BD_COMPRESSION_SIZE_BYTES)
		return bd_fail(err, EINVAL, "the kernel that is packed in it has %llu bytes only",
			       (unsigned long long)size);
	if (bd_kernel_read_at(source, at, head, head_bytes, err) != 0 ||
	    bd_kernel_read_at(source, at + size - sizeof(size_behind), size_behind, sizeof(size_behind), err) != 0)
		return -1;
	image->compression = bd_compression_of(head, head_bytes);
	image->window_bytes = bd_compression_window_bytes(image->compression, head, head_bytes);
	image->unpacked_bytes = image->compression > BD_COMPRESSION_NONE ? get_le32(size_behind) : UINT32_MAX;
	return 0;
}

static bool has_magic(const uint8_t *header)
{
	return memcmp(header + MAGIC, "HdrS", 4) == 0;
}

bool bd_bzimage_parse_header(const void *data, size_t size_bytes, struct bd_bzimage *image_out)
{
	const uint8_t *header = data;

	if (size_bytes < BD_BZIMAGE_HEADER_BYTES || !has_magic(header) ||
	    get_le16(header + VERSION) < PROTOCOL_PAYLOAD)
		return false;
	*image_out = (struct bd_bzimage){ .protocol = get_le16(header + VERSION) };
	image_out->payload_offset_bytes = (uint64_t)setup_bytes(header) + get_le32(header + PAYLOAD_OFFSET);
	image_out->payload_size_bytes = get_le32(header + PAYLOAD_LENGTH);
	image_out->memory_bytes = image_out->protocol >= PROTOCOL_INIT_SIZE ? get_le32(header + INIT_SIZE) : 0;
	return true;
}

int bd_bzimage_read(const struct bd_kernel_source *source, struct bd_bzimage *image_out, struct bd_error *err)
{
	struct bd_bzimage image;
	uint8_t header[BD_BZIMAGE_HEADER_BYTES];

	if (source->size_bytes < sizeof(header))
		return bd_fail(err, ENOEXEC, "it is no Linux kernel (bzImage)");
	if (bd_kernel_read_at(source, 0, header, sizeof(header), err) != 0)
		return -1;
	if (!has_magic(header) || get_le16(header + BOOT_FLAG) != 0xaa55)
		return bd_fail(err, ENOEXEC, "it is no Linux kernel (bzImage)");
	if (!bd_bzimage_parse_header(header, sizeof(header), &image)) {
		unsigned protocol = get_le16(header + VERSION);
		return bd_fail(err, ENOTSUP, "it is a kernel from before Linux 2.6.26 (boot protocol %u.%02u)",
			       protocol >> 8, protocol & 0xff);
	}
	if (read_version(source, header, &image, err) != 0 || read_payload(source, &image, err) != 0)
		return -1;
	*image_out = image;
	return 0;
}
