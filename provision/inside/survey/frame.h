/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the sandboxed surveyor of a disk image sends to its parent. */
#ifndef BD_INSIDE_SURVEY_FRAME_H
#define BD_INSIDE_SURVEY_FRAME_H

/* Frames beside BD_FRAME_END and BD_FRAME_ERROR (filestream/frame.h), in this order; and BD_FRAME_PROGRESS, which here has 64: how much of a
 * filesystem's bitmaps has been read, and of how much. Sizes and offsets are 64-bit numbers, in
 * bytes. */
enum bd_survey_frame {
	/* 32: table, sector size, disk signature; bytes: 16 of the GPT's UUID; 32: boot code; 64: start and size of the boot
	 * loader, of the GPT's header and of its backup; size 0: there is none. */
	BD_SURVEY_FRAME_TABLE = 100,
	/* 64: start, size; 32: number, MBR type, active, has a UUID; bytes: 16 of it; text: GPT type, name, content. */
	BD_SURVEY_FRAME_PARTITION,
	/* 32: the partition; 64: start, room; then the superblock, as survey_filesystem.c has it. */
	BD_SURVEY_FRAME_FILESYSTEM,
	/* The first three likewise; then as BD_FRAME_ERROR. */
	BD_SURVEY_FRAME_PROBLEM,
	/* Of the filesystem before it, all of them in turn, many in a frame: 32: free blocks, free inodes, directories, used
	 * blocks, flags. */
	BD_SURVEY_FRAME_GROUPS,
	/* Likewise: 32: used, metadata, journal. */
	BD_SURVEY_FRAME_SLICES,
	/* Of the filesystem before it, which ends with this: 64: free_data_bytes. */
	BD_SURVEY_FRAME_FREE_DATA,
};

#define BD_SURVEY_GROUP_HAS_SUPERBLOCK 1u
#define BD_SURVEY_GROUP_IS_UNREADABLE 2u

#endif
