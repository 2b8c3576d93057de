/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the first sector and the superblocks of a guest's disk.
 *
 * What a guest wrote there needs no child here: there are at most five reads of fixed sizes into buffers of those sizes, without a library.
 * Of what is in them, only the start of a partition, 32 bits of sectors, says where something is read, and nothing says how much;
 * the fields that are taken are numbers, with which callers compute in 64 bits, and the bytes of a UUID. No name or label is. */
#include "disk/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file/file.h"
#include "disk/boot_code.h"
#include "disk/mbr.h"
#include "ext3/format.h"

#define SUPERBLOCK_BYTES (BD_EXT_UUID_OFFSET + 16)

/* As far as it is used. False: there is no ext filesystem. */
static bool read_superblock(int fd, uint64_t start_bytes, uint8_t superblock_out[SUPERBLOCK_BYTES])
{
	return bd_pread_full(fd, superblock_out, SUPERBLOCK_BYTES, start_bytes + BD_EXT_SUPERBLOCK_START_BYTES) ==
		       SUPERBLOCK_BYTES &&
	       get_le16(superblock_out + BD_EXT_MAGIC_OFFSET) == BD_EXT_MAGIC;
}

static void look_at_filesystem(int fd, uint64_t start_bytes, struct bd_disk_facts *facts)
{
	uint8_t superblock[SUPERBLOCK_BYTES];

	if (!read_superblock(fd, start_bytes, superblock))
		return;
	facts->has_root_uuid = true;
	facts->root_start_bytes = start_bytes;
	if (get_le32(superblock + BD_EXT_INCOMPAT_OFFSET) & BD_EXT_INCOMPAT_EXTENTS)
		facts->fs = "ext4";
	else
		facts->fs = get_le32(superblock + BD_EXT_COMPAT_OFFSET) & BD_EXT_COMPAT_HAS_JOURNAL ? "ext3" : "ext2";
	facts->root_was_mounted =
		get_le32(superblock + BD_EXT_MOUNT_TIME_OFFSET) || get_le16(superblock + BD_EXT_MOUNT_COUNT_OFFSET);
	memcpy(facts->root_uuid, superblock + BD_EXT_UUID_OFFSET, sizeof(facts->root_uuid));
}

static const char *layout_of(const struct bd_mbr_partition partitions[BD_MBR_PARTITIONS])
{
	uint32_t first_lba = partitions[0].start_lba;

	for (size_t i = 1; i < BD_MBR_PARTITIONS && partitions[i].type; i++)
		if (partitions[i].start_lba < first_lba)
			first_lba = partitions[i].start_lba;
	if (first_lba == BD_CHS_SECTORS)
		return bd_layout_name(BD_LAYOUT_CYLINDER);
	return first_lba == BD_ALIGNMENT_SECTORS ? bd_layout_name(BD_LAYOUT_ALIGNED) : "other";
}

static void take_mount(int fd, const struct bd_mbr_partition *partition, struct bd_disk_part *part)
{
	uint8_t superblock[SUPERBLOCK_BYTES];

	part->size_bytes = (uint64_t)partition->sector_count * BD_SECTOR_BYTES;
	part->has_uuid = read_superblock(fd, (uint64_t)partition->start_lba * BD_SECTOR_BYTES, superblock);
	if (part->has_uuid)
		memcpy(part->uuid, superblock + BD_EXT_UUID_OFFSET, sizeof(part->uuid));
}

static void take_partitions(int fd, const struct bd_mbr_partition partitions[BD_MBR_PARTITIONS],
			    struct bd_disk_facts *facts)
{
	for (size_t i = 0; i < BD_MBR_PARTITIONS; i++) {
		if (partitions[i].type == BD_MBR_TYPE_SWAP && !facts->swap_bytes)
			facts->swap_bytes = (uint64_t)partitions[i].sector_count * BD_SECTOR_BYTES;
		if (i && partitions[i].type == BD_MBR_TYPE_LINUX)
			take_mount(fd, &partitions[i], &facts->mounts[facts->mount_count++]);
	}
}

static int look_inside(const char *path, bool is_device, struct bd_disk_facts *facts)
{
	BD_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct bd_mbr_partition partitions[BD_MBR_PARTITIONS];
	uint8_t sector[BD_SECTOR_BYTES];
	ssize_t got;

	if (fd < 0)
		return errno;
	if (is_device) {
		off_t end = lseek(fd, 0, SEEK_END);
		if (end < 0)
			return errno;
		facts->size_bytes = facts->allocated_bytes = (uint64_t)end;
	}
	got = bd_pread_full(fd, sector, sizeof(sector), 0);
	if (got < 0)
		return errno;
	if (got < (ssize_t)sizeof(sector) || !bd_mbr_decode(sector, partitions)) {
		facts->layout = "none";
		look_at_filesystem(fd, 0, facts);
		return 0;
	}
	facts->layout = layout_of(partitions);
	facts->boot_sector = bd_boot_code_name(bd_boot_code_of(sector));
	take_partitions(fd, partitions, facts);
	look_at_filesystem(fd, (uint64_t)partitions[0].start_lba * BD_SECTOR_BYTES, facts);
	return 0;
}

int bd_disk_look(const char *path, struct bd_disk_facts *facts_out, struct bd_error *err)
{
	struct bd_disk_facts facts = { 0 };
	struct stat there;

	if (stat(path, &there) != 0)
		return bd_fail_errno(err, "cannot find %s", path);
	if (!S_ISREG(there.st_mode) && !S_ISBLK(there.st_mode))
		return bd_fail(err, EINVAL, "%s is neither a file nor a block device", path);
	facts.is_device = S_ISBLK(there.st_mode);
	facts.has_size = true;
	facts.is_sticky = S_ISREG(there.st_mode) && (there.st_mode & S_ISVTX);
	if (!facts.is_device) {
		facts.size_bytes = (uint64_t)there.st_size;
		facts.allocated_bytes = (uint64_t)there.st_blocks * S_BLKSIZE;
	}
	facts.unreadable = look_inside(path, facts.is_device, &facts);
	*facts_out = facts;
	return 0;
}

void bd_disk_mark_unfinished(int fd, bool unfinished)
{
	struct stat there;

	if (fstat(fd, &there) != 0 || !S_ISREG(there.st_mode))
		return;
	mode_t mode = unfinished ? there.st_mode | S_ISVTX : there.st_mode & ~(mode_t)S_ISVTX;
	/* Where that fails the image is a guest's own, which is the safe side. */
	fchmod(fd, mode & 07777);
}
