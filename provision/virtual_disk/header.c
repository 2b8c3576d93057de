/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a few fields of each format's header. */
#include "virtual_disk/header.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file/file.h"
#include "base/sector.h"

int bd_virtual_disk_fail_refers(struct bd_error *err, const char *what)
{
	return bd_fail(err, ENOTSUP, "it refers to another file (%s), which is not followed", what);
}

/* QEMU's docs/interop/qcow2.txt. */
static int check_qcow2(int fd, struct bd_error *err)
{
	uint8_t header[80] = { 0 };
	ssize_t got = bd_pread_full(fd, header, sizeof(header), 0);

	if (got < 72 || memcmp(header, "QFI\xfb", 4) != 0)
		return bd_fail(err, EINVAL, "it is no qcow2 image");
	uint32_t version = get_be32(header + 4);
	if (version != 2 && version != 3)
		return bd_fail(err, ENOTSUP, "it is a qcow2 image of version %u", (unsigned)version);
	if (get_be64(header + 8))
		return bd_virtual_disk_fail_refers(err, "its backing file");
	if (get_be32(header + 32))
		return bd_fail(err, ENOTSUP, "it is encrypted");
	return version == 3 && (got < 80 || get_be64(header + 72) & 4)
		       ? bd_virtual_disk_fail_refers(err, "its data file")
		       : 0;
}

#define VHD_FOOTER_BYTES 512
#define VHD_SIZE_OFFSET 48 /* of the disk now */
#define VHD_TYPE_OFFSET 60
enum vhd_type { VHD_FIXED = 2, VHD_DYNAMIC = 3, VHD_DIFFERENCING = 4 };

static bool is_vhd_footer(const uint8_t footer[VHD_FOOTER_BYTES])
{
	return memcmp(footer, "conectix", 8) == 0;
}

/* False: there is none. */
static bool read_last_footer(int fd, uint8_t footer_out[VHD_FOOTER_BYTES])
{
	off_t end = lseek(fd, 0, SEEK_END);

	return end >= VHD_FOOTER_BYTES &&
	       bd_pread_full(fd, footer_out, VHD_FOOTER_BYTES, (uint64_t)end - VHD_FOOTER_BYTES) ==
		       VHD_FOOTER_BYTES &&
	       is_vhd_footer(footer_out);
}

/* The Virtual Hard Disk Image Format Specification: the footer is the last sector, and of all but fixed disks also the first. */
static bool read_vhd_footer(int fd, uint8_t footer_out[VHD_FOOTER_BYTES])
{
	return read_last_footer(fd, footer_out) ||
	       (bd_pread_full(fd, footer_out, VHD_FOOTER_BYTES, 0) == VHD_FOOTER_BYTES && is_vhd_footer(footer_out));
}

static int check_vhd(int fd, struct bd_error *err)
{
	uint8_t footer[VHD_FOOTER_BYTES];

	if (!read_vhd_footer(fd, footer))
		return bd_fail(err, EINVAL, "it is no VHD");
	uint32_t type = get_be32(footer + VHD_TYPE_OFFSET);
	if (type == VHD_DIFFERENCING)
		return bd_virtual_disk_fail_refers(err, "its parent disk");
	return type == VHD_FIXED || type == VHD_DYNAMIC
		       ? 0
		       : bd_fail(err, ENOTSUP, "it is a VHD of type %u", (unsigned)type);
}

bool bd_virtual_disk_is_fixed_vhd(int fd)
{
	uint8_t footer[VHD_FOOTER_BYTES];

	return read_last_footer(fd, footer) && get_be32(footer + VHD_TYPE_OFFSET) == VHD_FIXED;
}

/* VMware's Virtual Disk Format 5.0: the header of a sparse extent. A disk in one file has its descriptor inside, which is text. */
#define VMDK_DESCRIPTOR_BYTES (20u * BD_SECTOR_BYTES) /* as much as QEMU reads, too */

static bool has_text(const uint8_t *data, size_t size, const char *text)
{
	return memmem(data, size, text, strlen(text)) != NULL;
}

static int check_vmdk(int fd, struct bd_error *err)
{
	uint8_t head[BD_SECTOR_BYTES + VMDK_DESCRIPTOR_BYTES] = { 0 };
	const uint8_t *descriptor = head + BD_SECTOR_BYTES;
	ssize_t got = bd_pread_full(fd, head, sizeof(head), 0);

	if (got > 4 && (memcmp(head, "# Di", 4) == 0 || memcmp(head, "COWD", 4) == 0))
		return bd_fail(
			err, ENOTSUP,
			"it is a VMDK whose data is in other files, which are not followed; export the disk as one "
			"file (monolithicSparse or streamOptimized), or take the raw data, where that is a file NAME-flat.vmdk");
	if (got < (ssize_t)BD_SECTOR_BYTES || memcmp(head, "KDMV", 4) != 0)
		return bd_fail(err, EINVAL, "it is no VMDK");
	/* Without a capacity, QEMU takes the descriptor for that of other files. */
	if (!get_le64(head + 12) || get_le64(head + 28) != 1)
		return bd_virtual_disk_fail_refers(err, "the other extents of its disk");
	if (has_text(descriptor, VMDK_DESCRIPTOR_BYTES, "parentFileNameHint"))
		return bd_virtual_disk_fail_refers(err, "its parent disk");
	return has_text(descriptor, VMDK_DESCRIPTOR_BYTES, "monolithicSparse") ||
			       has_text(descriptor, VMDK_DESCRIPTOR_BYTES, "streamOptimized")
		       ? 0
		       : bd_fail(err, ENOTSUP, "it is a VMDK of a kind that may have extents in other files");
}

/* VirtualBox's VDICore.h: the allocated blocks follow one another. QEMU reads what is not there as zeros. */
static int check_vdi(int fd, struct bd_error *err)
{
	uint8_t header[0x188] = { 0 };
	ssize_t got = bd_pread_full(fd, header, sizeof(header), 0);
	off_t size = lseek(fd, 0, SEEK_END);
	uint64_t end;

	if (got != (ssize_t)sizeof(header) || get_le32(header + 0x40) != UINT32_C(0xbeda107f))
		return bd_fail(err, EINVAL, "it is no VDI");
	uint64_t data_bytes = (uint64_t)get_le32(header + 0x178) * get_le32(header + 0x184);
	if (__builtin_add_overflow(data_bytes, get_le32(header + 0x158), &end) || end > (uint64_t)size)
		return bd_fail(err, EINVAL, "it is cut off");
	return 0;
}

int bd_virtual_disk_check_header(int fd, enum bd_disk_format format, struct bd_error *err)
{
	switch (format) {
	case BD_DISK_FORMAT_QCOW2:
		return check_qcow2(fd, err);
	case BD_DISK_FORMAT_VHD:
		return check_vhd(fd, err);
	case BD_DISK_FORMAT_VMDK:
		return check_vmdk(fd, err);
	case BD_DISK_FORMAT_VDI:
		return check_vdi(fd, err);
	case BD_DISK_FORMAT_VHDX: /* QEMU refuses those that have a parent */
	case BD_DISK_FORMAT_RAW:
		break;
	}
	return 0;
}

#define SIZE_END 56 /* behind the last of these fields */

bool bd_virtual_disk_size(int fd, const char *format, uint64_t *bytes_out)
{
	uint8_t header[VHD_FOOTER_BYTES] = { 0 };

	if (strcmp(format, "vhd") == 0) {
		if (!read_vhd_footer(fd, header))
			return false;
		*bytes_out = get_be64(header + VHD_SIZE_OFFSET);
		return true;
	}
	bool is_qed = strcmp(format, "qed") == 0;
	if (bd_pread_full(fd, header, sizeof(header), 0) < SIZE_END ||
	    memcmp(header, is_qed ? "QED\0" : "QFI\xfb", 4) != 0)
		return false;
	/* QEMU's docs/interop/qed_spec.rst and qcow2.txt; in qcow it is at the same place. */
	*bytes_out = is_qed ? get_le64(header + 48) : get_be64(header + 24);
	return true;
}
