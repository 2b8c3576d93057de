/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sector: the unit in which the MBR, libblkid, and i_blocks of ext2/3/4 count, whatever the sectors of the disk are. */
#ifndef BD_BASE_SECTOR_H
#define BD_BASE_SECTOR_H

#define BD_SECTOR_BYTES 512u
/* Of disks with large sectors (4Kn): a GPT counts in these, and so does a filesystem's smallest block there. */
#define BD_LARGE_SECTOR_BYTES 4096u

#endif
