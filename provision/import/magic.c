/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of magic numbers. */
#include "import/magic.h"

#include <string.h>

#include "base/bytes.h"
#include "base/sector.h"
#include "disk/mbr.h"
#include "ext3/format.h"
#include "virtual_disk/magic.h"

#define SQUASHFS "squashfs"
#define DISC_MAGIC 32769 /* in sector 16, of 2048 bytes */
#define KERNEL_MAGIC 0x202 /* Documentation/arch/x86/boot.rst; the boot sector before it ends as an MBR does */

struct magic {
	size_t at;
	const char *text;
	size_t size;
	const char *name;
};

static bool has(const uint8_t *head, size_t size, const struct magic *magic)
{
	return size >= magic->at + magic->size && !memcmp(head + magic->at, magic->text, magic->size);
}

#define FIND(table, head, size) find(table, sizeof(table) / sizeof(*(table)), head, size)
/* The name of the first that is there; NULL: none is. */
static const char *find(const struct magic *table, size_t count, const uint8_t *head, size_t size)
{
	for (size_t i = 0; i < count; i++)
		if (has(head, size, &table[i]))
			return table[i].name;
	return NULL;
}

/* The oldest tars have no magic, but a header's checksum as all have: 148 is its place, in octal, and it counts as spaces. */
static bool is_tar(const uint8_t *head, size_t size)
{
	unsigned long sum = 0, said = 0;

	if (size < 512 || !head[0])
		return false;
	for (size_t i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : head[i];
	for (size_t i = 148; i < 156; i++)
		if (head[i] >= '0' && head[i] <= '7')
			said = said * 8 + (unsigned long)(head[i] - '0');
		else if (head[i] != ' ' && head[i])
			return false;
	return said == sum;
}

bool bd_magic_is_squashfs(const uint8_t *head, size_t size)
{
	const char *name = bd_magic_wants_file(head, size);

	return name && !strcmp(name, SQUASHFS);
}

bool bd_magic_is_archive(const uint8_t *head, size_t size)
{
	static const struct magic kinds[] = {
		{ 0, "\x1f\x8b", 2, "gzip" },
		{ 0, "\x1f\x9d", 2, "compress" },
		{ 0, "BZh", 3, "bzip2" },
		{ 0,
		  "\xfd"
		  "7zXZ",
		  5, "xz" },
		{ 0, "\x28\xb5\x2f\xfd", 4, "zstd" },
		{ 0, "\x04\x22\x4d\x18", 4, "lz4" },
		{ 0, "LZIP", 4, "lzip" },
		{ 0, "\x5d\x00\x00", 3, "lzma" },
		{ 0, "0707", 4, "cpio" },
		{ 0, "\xc7\x71", 2, "cpio" },
		{ 0, "\x71\xc7", 2, "cpio" },
		{ 0, "\xed\xab\xee\xdb", 4, "rpm" },
		{ 257, "ustar", 5, "tar" },
	};

	return FIND(kinds, head, size) || bd_magic_foreign_compression(head, size) ||
	       bd_magic_wants_file(head, size) || is_tar(head, size);
}

const char *bd_magic_wants_file(const uint8_t *head, size_t size)
{
	static const struct magic kinds[] = {
		{ 0, "PK\3\4", 4, "zip" },
		{ 0, "PK\5\6", 4, "zip" },
		{ 0, "7z\xbc\xaf\x27\x1c", 6, "7z" },
		{ 0, "Rar!", 4, "rar" },
		{ 0, "MSCF", 4, "cab" },
		{ 0, "xar!", 4, "xar" },
		{ 0, "hsqs", 4, SQUASHFS },
		{ DISC_MAGIC, "CD001", 5, "ISO 9660" }, /* ECMA-119, section 8; those that boot have an MBR too */
		{ DISC_MAGIC, "BEA01", 5, "UDF" }, /* ECMA-167, part 2, section 9.2 */
	};

	return FIND(kinds, head, size);
}

const char *bd_magic_is_disc(const uint8_t *head, size_t size)
{
	const char *name = bd_magic_wants_file(head, size);

	return name && (!strcmp(name, "ISO 9660") || !strcmp(name, "UDF")) ? name : NULL;
}

const char *bd_magic_reads_anywhere(const uint8_t *head, size_t size)
{
	const char *name = bd_magic_wants_file(head, size);

	return name && (!strcmp(name, "zip") || !strcmp(name, "7z") || !strcmp(name, SQUASHFS)) ? name : NULL;
}

static bool is_disk(const uint8_t *head, size_t size)
{
	static const struct magic tables[] = {
		{ BD_MBR_MAGIC_OFFSET, "\x55\xaa", 2, "MBR" },
		{ BD_SECTOR_BYTES, "EFI PART", 8, "GPT" },
		{ BD_LARGE_SECTOR_BYTES, "EFI PART", 8, "GPT with sectors of 4096 bytes" },
	};
	/* As libblkid knows them; for what comes through a pipe, which cannot be asked there. */
	static const struct magic others[] = {
		{ 0, "LUKS\xba\xbe", 6, "LUKS" },    { 0, "XFSB", 4, "XFS" },
		{ 0x10040, "_BHRfS_M", 8, "Btrfs" }, { 512, "LABELONE", 8, "LVM2" },
		{ 4086, "SWAPSPACE2", 10, "swap" },
	};
	static const struct magic kernel = { KERNEL_MAGIC, "HdrS", 4, "kernel" };
	static const struct magic ext = { BD_EXT_SUPERBLOCK_START_BYTES + BD_EXT_MAGIC_OFFSET, "\x53\xef", 2, "ext" };

	if (has(head, size, &kernel))
		return false;
	return FIND(tables, head, size) || FIND(others, head, size) ||
	       (has(head, size, &ext) &&
		get_le32(head + BD_EXT_SUPERBLOCK_START_BYTES + BD_EXT_LOG_BLOCK_SIZE_OFFSET) <= 6);
}

const char *bd_magic_foreign_compression(const uint8_t *head, size_t size)
{
	static const struct magic kinds[] = {
		{ 0, "LRZI", 4, "lrzip" },
		{ 0, "GRZipII\0\2\4:)", 12, "grzip" },
		{ 0, "\x89LZO\0\r\n\x1a\n", 9, "lzop" },
	};

	return FIND(kinds, head, size);
}

bool bd_magic_is_image(const uint8_t *head, size_t size)
{
	return bd_virtual_disk_magic(head, size) || (!bd_magic_is_archive(head, size) && is_disk(head, size));
}

const char *bd_magic_mistake(const uint8_t *head, size_t size)
{
	static const struct magic kinds[] = {
		{ 0, "!<arch>\ndebian-binary", 21,
		  "it is a Debian package: import a root filesystem that it is installed in" },
		{ 0, "\xed\xab\xee\xdb", 4,
		  "it is an RPM package: import a root filesystem that it is installed in" },
		{ KERNEL_MAGIC, "HdrS", 4,
		  "it is a Linux kernel: import a root filesystem, which may have it in /boot" },
		{ 0, "VMA\0", 4,
		  "it is a backup of Proxmox VE (vma): unpack it with `vma extract`, and import the disk in it" },
		{ 0, "\x3a\xff\x26\xed", 4,
		  "it is an Android sparse image: unpack it with simg2img, and import that" },
		{ 0, "MSWIM\0\0\0", 8,
		  "it is a Windows image (WIM): install Windows in a guest, and import that one's disk" },
		{ 8, "AI\1", 3, "it is an AppImage, a program and no root filesystem" },
		{ 8, "AI\2", 3, "it is an AppImage, a program and no root filesystem" },
		{ 0, "Salted__", 8, "it is encrypted with openssl: decrypt it first" },
		{ 0, "age-encryption.org/", 19, "it is encrypted with age: decrypt it first" },
		{ 0, "-----BEGIN PGP MESSAGE", 22, "it is encrypted or signed with GnuPG: unpack it with gpg first" },
		{ 0, "-----BEGIN PGP SIG", 18, "it is a signature: give the file that it is of" },
		{ 0,
		  "\x7f"
		  "ELF",
		  4, "it is a program or a kernel (ELF), not a root filesystem" },
		{ 0, "<!DOCTYPE", 9, "it is a web page: the download went wrong" },
		{ 0, "<!doctype", 9, "it is a web page: the download went wrong" },
		{ 0, "<html", 5, "it is a web page: the download went wrong" },
	};

	return FIND(kinds, head, size);
}
