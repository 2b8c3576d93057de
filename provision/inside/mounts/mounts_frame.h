/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the sandboxed process that looks for the partitions of a root filesystem answers. */
#ifndef BD_INSIDE_MOUNTS_MOUNTS_FRAME_H
#define BD_INSIDE_MOUNTS_MOUNTS_FRAME_H

/* Frames beside BD_FRAME_END and BD_FRAME_ERROR (filestream/frame.h): 32: the partition's number, 0: the whole disk; 32: it has a FAT filesystem; 64: where it
 * begins; 64: its size;
 * text: where it is mounted. The root filesystem comes first, and what is below another comes after it. */
enum bd_mounts_frame {
	BD_MOUNTS_FRAME_MOUNT = 160,
	BD_MOUNTS_FRAME_LEFT_OUT,
};

#endif
