/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The 512-byte sector: the unit of the MBR, of libblkid, and of i_blocks in ext2/3/4, whatever the disk's own
 * sector size is. */
#ifndef BD_BASE_SECTOR_H
#define BD_BASE_SECTOR_H

#define BD_SECTOR_BYTES 512u
/* Of disks with large sectors (4Kn): a GPT counts in these, and so does a filesystem's smallest block there. */
#define BD_LARGE_SECTOR_BYTES 4096u

#endif
