/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parent's side of result_frame.h: takes what the reading child tells, which the disk may have taken over, and writes the files. It
 * checks sizes, numbers and order; what the files hold is the guest's own affair. */
#ifndef BD_BOOTLOADER_RESULT_H
#define BD_BOOTLOADER_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "bootloader/boot_file.h"
#include "bootloader/grub_fstest.h"
#include "bootloader/result_frame.h"
#include "bootmenu/menu.h"
#include "filestream/frame_reader.h"

struct bd_result_target {
	int disk_fd; /* borrowed; read by position only, as its offset is the child's */
	uint64_t disk_bytes;
	int fds[BD_BOOT_FILES]; /* borrowed: new files; -1: what would be in it is only checked */
	uint64_t file_bytes_max; /* of each */
	struct bd_grub_fstest *grub; /* answers what the child asks; borrowed; NULL: it may not ask */
	/* The menu is there, the first one or one that was opened by the choice before; fills what the child is told, and the arguments
	 * that are in it (the caller frees; NULL: none). NULL: there is to be no menu but at the end. */
	int (*choose)(void *context, const struct bd_bootmenu *menu, bool is_first,
		      struct bd_result_choice *choice_out, char **arguments_out, struct bd_error *err);
	bool without_kernel; /* the menu is all that is wanted */
	void (*message)(void *context, enum bd_log_level level, const char *text); /* printable; NULL: dropped */
	void *context;
};

struct bd_result {
	struct {
		bool is_there;
		char *path; /* on the disk: for people, and to be made printable; owned */
		uint64_t size_bytes;
	} files[BD_BOOT_FILES];
	char *arguments, *title; /* NULL: none were told; owned */
	char *packed; /* NULL: libxc can unpack the kernel; else its compression; owned */
	bool has_menu;
	/* Texts are not made printable. A path has the brackets of its device in it where that is another than the configuration's, as GRUB
	 * writes it; the kernel's device is said in any case. Owned */
	struct bd_bootmenu menu;
};

void bd_result_dispose(struct bd_result *result); /* idempotent */

/* Up to the child's end. EBADMSG: a frame is not what it should be. EFBIG: a file is too large. EIO: the disk cannot be read, or there
 * is no kernel, or it is empty. ETIME and others: as bd_sandbox_read has them. What the child reports as its error. */
int bd_result_read(struct bd_frame_reader *reader, const struct bd_result_target *target,
		   struct bd_result *result_out, struct bd_error *err);

#endif
