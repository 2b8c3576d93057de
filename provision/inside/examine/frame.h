/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the sandboxed examiner of a disk image sends to its parent. */
#ifndef BD_INSIDE_EXAMINE_FRAME_H
#define BD_INSIDE_EXAMINE_FRAME_H

/* Frames beside BD_FRAME_END and BD_FRAME_ERROR (filestream/frame.h), in this order. */
enum bd_examine_frame {
	/* 32: lacks magic; 64: end of a table that is none; 32: state of core.img; 64: its LBA, its sectors, sectors of the gap; text:
	 * stage2; 32: states of the GPT and of its backup, has a hidden one, its sector size; 64: LBA of the right copy; 32: lacks a
	 * protective MBR, may get one; of the extended partition: 32: number; 64: start, sectors; 32: overlaps, state of the chain; 64:
	 * where it ends; 32: logical partitions, the one outside. */
	BD_EXAMINE_FRAME_TABLE = 120,
	/* 64: start; 32: partition, as a signed number; 64: start and size of the gap; 32: is there; 64: blocks; 32: block size; 32:
	 * has a copy; 64: its blocks, its place; 32: its block size. */
	BD_EXAMINE_FRAME_SUPERBLOCK,
	/* 32: partition, is a root filesystem; text: the config; 32: has stage2. */
	BD_EXAMINE_FRAME_BOOT,
	/* Of the config before it: text: kernel, initramfs, root; 32: has the kernel, has the initramfs, is the default. */
	BD_EXAMINE_FRAME_ENTRY,
};

#endif
