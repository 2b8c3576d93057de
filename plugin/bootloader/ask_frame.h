/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the child that reads the disk has grub-fstest read what it cannot read itself: filesystems other than ext2, ext3 and ext4, and what
 * LVM and md make of several places. The parent runs the program, confined as the child is (grub_fstest.h), and hands its output on
 * without looking at it. */
#ifndef BD_BOOTLOADER_ASK_FRAME_H
#define BD_BOOTLOADER_ASK_FRAME_H

#include <stdint.h>

#include "sandbox/sandbox.h"

/* The body of BD_RESULT_ASK: 32: enum bd_ask; 64: from which byte; 64: how many; 32: how many texts; the texts. */
enum bd_ask {
	BD_ASK_LIST = 1, /* "ls -l -a" of the texts; without any, of all devices */
	BD_ASK_READ, /* "cat" of the only text, all of it or a part: of several, the program takes the first one and no other */
	BD_ASK_MORE, /* the next piece of the answer at hand */
};

#define BD_ASK_ALL UINT64_MAX
/* Among the texts of BD_ASK_LIST: prints one line, and takes no time. It is what GRUB calls the files of the host as a whole. */
#define BD_ASK_SEPARATOR "(host)"
#define BD_ASK_TEXTS_MAX 64
#define BD_ASK_TEXT_MAX 4500 /* bytes of one, with its NUL */

/* What is received for each: this, and so many bytes. */
struct bd_ask_answer {
	uint32_t state;
	uint32_t size_bytes;
};

enum bd_ask_state {
	BD_ASK_GOES_ON, /* there may be more */
	BD_ASK_ENDED, /* these are the last */
	BD_ASK_FAILED, /* and are the text of an error, without a NUL */
	BD_ASK_MISSING, /* the same: the program is not installed */
};

#define BD_ASK_PIECE_BYTES (BD_SANDBOX_ANSWER_MAX - sizeof(struct bd_ask_answer))

#endif
