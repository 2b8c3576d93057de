/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a disk would boot by our boot loader: asked of BD_BOOTLOADER_BIGDISK itself, which reads the disk in its sandbox, as it does when
 * a guest starts. All texts may be anything that is UTF-8: whoever writes to the disk has written them. */
#ifndef BD_OPS_HOST_BOOT_PREVIEW_H
#define BD_OPS_HOST_BOOT_PREVIEW_H

#include <stddef.h>

#include "base/err.h"
#include "base/file/scratch.h"
#include "base/json_tree.h"

struct boot_preview {
	struct bd_json_tree tree; /* has the texts */
	size_t entry_count, index; /* of the entry that is booted, from 0 on */
	/* NULL: it has none. A kernel in another filesystem than the boot configuration is as GRUB writes it, "(hd0,gpt2)/vmlinuz". */
	const char *title, *submenu, *kernel, *arguments;
	const char
		*file; /* of the disk, that has defined the entry: "(hd0,gpt1)/boot/grub/grub.cfg"; NULL: none has */
	const char *
		chosen_by; /* the rule by which it is that entry: "saved_entry=\"1\" of /boot/grub/grubenv, by number" */
	const char *obstacle; /* why it cannot be booted */
	const struct bd_json_node *initrds; /* an array of strings */
	char *notes; /* what the boot loader warns of, a line each; NULL: nothing. Owned */
};

struct boot_preview_request {
	const char *disk;
	char *const *arguments; /* bootloader_args of a config, such as --entry=2; NULL: none */
	size_t argument_count;
};

void boot_preview_dispose(struct boot_preview *preview); /* idempotent */

/* Needs only that the disk can be read. ENOPKG: the boot loader is not installed. ENOEXEC: there is nothing on the disk that it could
 * boot, or it cannot read what there is; its message names the disk. */
int boot_preview_read(const struct boot_preview_request *request, struct boot_preview *preview_out,
		      struct bd_error *err);

/* Likewise, and whether kernel and initrds are there, which it copies nowhere. */
int boot_preview_check(const struct boot_preview_request *request, struct bd_error *err);

struct boot_files {
	struct bd_scratch scratch; /* where they are */
	int kernel_fd, initrd_fd; /* owned; initrd_fd -1: it boots without */
};

#define BOOT_FILES_INIT \
	{ \
		.scratch = BD_SCRATCH_INIT, .kernel_fd = -1, .initrd_fd = -1 \
	}

void boot_files_dispose(struct boot_files *files); /* idempotent */

/* Likewise; what a guest would be started with: kernel, and all initrds as one. */
int boot_preview_copy(const struct boot_preview_request *request, struct boot_files *files, struct bd_error *err);

#endif
