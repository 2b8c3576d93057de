/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answer of a boot loader in the format simple0: "kernel PATH", "ramdisk PATH" and "args TEXT", each ended by a NUL
 * (parse_bootloader_result of tools/libs/light/libxl_bootloader.c). Pure. */
#ifndef BD_LIBXL_BOOTLOADER_ANSWER_H
#define BD_LIBXL_BOOTLOADER_ANSWER_H

#include <limits.h>
#include <stddef.h>

#include "base/err.h"

/* An item as long as this or longer is passed over, as libxl does; of the whole answer there is no more than that. */
#define BD_BOOTLOADER_ITEM_LIMIT (2 * PATH_MAX)
#define BD_BOOTLOADER_ANSWER_LIMIT (16 * BD_BOOTLOADER_ITEM_LIMIT)

struct bd_bootloader_answer {
	char *kernel, *ramdisk, *cmdline; /* owned; NULL: it named none */
};

/* Of several items of one kind the last holds. warn is called for what is passed over. ENOEXEC: it names no kernel. */
int bd_bootloader_answer_parse(const char *text, size_t size, void (*warn)(void *context, const char *line),
			       void *context, struct bd_bootloader_answer *answer_out, struct bd_error *err);
void bd_bootloader_answer_dispose(struct bd_bootloader_answer *answer); /* idempotent */

#endif
