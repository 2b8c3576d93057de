/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child's side of ask_frame.h. */
#ifndef BD_BOOTLOADER_READING_ASKING_H
#define BD_BOOTLOADER_READING_ASKING_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "bootloader/ask_frame.h"
#include "filestream/frame.h"

struct bd_asking {
	enum bd_ask what; /* BD_ASK_LIST or BD_ASK_READ */
	const char *const *paths; /* as GRUB calls them: "(loop0,gpt2)/boot/" */
	size_t count; /* of BD_ASK_READ: one */
	uint64_t from_bytes, size_bytes; /* of BD_ASK_READ; size_bytes BD_ASK_ALL: all of it */
	size_t limit_bytes; /* of the answer */
};

/* The whole answer, with a NUL behind it; the caller frees. EFBIG: it is larger than the limit. EIO: grub-fstest has failed. ENOPKG: there is
 * none. */
int bd_ask_grub(struct bd_frame_writer *writer, const struct bd_asking *asking, char **data_out, size_t *size_out,
		struct bd_error *err);

#endif
