/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the child that reads the disk tells its parent: frames of filestream/frame.h. At its end BD_FRAME_END, or BD_FRAME_ERROR.
 *
 * A file's content is not sent where it lies on the disk as it is: the child names ranges of the disk, and the parent, which has the
 * same disk open, copies them (the folder's README.md says why). What the disk does not have as it is, such as an unpacked kernel,
 * comes as BD_FRAME_DATA. The child's side of it is here; result.h has the parent's. */
#ifndef BD_BOOTLOADER_RESULT_FRAME_H
#define BD_BOOTLOADER_RESULT_FRAME_H

#include <limits.h>
#include <stdint.h>

#include "base/log.h"
#include "bootloader/boot_file.h"
#include "filestream/frame.h"
#include "sandbox/sandbox.h"

enum bd_result_frame {
	/* 32: enum bd_boot_file_kind; text: its path on the disk, for people. Each kind at most once. Its content, from its first byte to
	 * its last, is in the frames that follow, up to the next one of these or the end. */
	BD_RESULT_FILE = 160,
	/* 64: how many bytes the file at hand is going to have, as far as is known. Before its content; need not be */
	BD_RESULT_ROOM,
	BD_RESULT_RANGE, /* 64: where in the disk; 64: how many bytes, at least one */
	BD_RESULT_ZEROS, /* 64: how many bytes, at least one */
	/* BD_FRAME_DATA: 64: where in the file, which is where the frame before has ended; then the bytes */
	BD_RESULT_ARGUMENTS, /* text; at most once */
	BD_RESULT_TITLE, /* text: of the entry that is booted; at most once */
	BD_RESULT_MESSAGE, /* 32: enum bd_log_level, BD_LOG_WARNING or below; text: one line */
	/* 64: where in the file, 64: how many bytes; text: the file as GRUB calls it. It is a part of the content of the file at hand, which
	 * grub-fstest reads. */
	BD_RESULT_COPY,
	BD_RESULT_ASK, /* ask_frame.h */
	/* 64: where in the file at hand; 32: how many bytes, at least one and at most BD_RESULT_READ_BACK_MAX, all of which it has by now. The
	 * child receives them: a header of the kernel is looked at where it has just been copied to, rather than read a second time. */
	BD_RESULT_READ_BACK,
	BD_RESULT_PACKED, /* text: its compression. libxc cannot unpack the kernel, which has been sent as it is */
	/* 32: BD_RESULT_ENTRY_*; texts: title, id, submenu, kernel, the device that it is on, arguments, obstacle, the file that has
	 * defined it; 32: how many initrds; a text of each. An entry of the menu, in its order */
	BD_RESULT_ENTRY,
	/* 32: the default's number; 32: seconds until it is booted, all bits: it waits; text: why that is the default. The entries were
	 * all. The child goes on with what it then receives, a struct bd_result_choice and the arguments; or it ends, where it was to
	 * list them only. Once, unless an entry was chosen that opens another menu. */
	BD_RESULT_MENU,
};

#define BD_RESULT_ENTRY_HAS_ID 1u /* else that text is "", and means nothing */
#define BD_RESULT_ENTRY_HAS_SUBMENU 2u
#define BD_RESULT_ENTRY_HAS_KERNEL 4u
#define BD_RESULT_ENTRY_HAS_OBSTACLE 8u
#define BD_RESULT_ENTRY_HAS_FILE 16u
#define BD_RESULT_ENTRY_OPENS \
	32u /* another menu; chosen, it is followed by the entries with those of that menu among them, and BD_RESULT_MENU */

struct bd_result_choice {
	uint32_t number; /* of the entry */
	uint32_t arguments_bytes; /* of its arguments, which follow; UINT32_MAX: they are what they are */
};

#define BD_RESULT_PATH_MAX (PATH_MAX - 1) /* bytes of a text, each without its NUL */
#define BD_RESULT_ARGUMENTS_MAX (2 * PATH_MAX - 1)
#define BD_RESULT_TITLE_MAX 4095
#define BD_RESULT_MESSAGE_MAX 1019
#define BD_RESULT_MESSAGES_MAX 64
#define BD_RESULT_READ_BACK_MAX BD_SANDBOX_ANSWER_MAX

void bd_result_send_file(struct bd_frame_writer *writer, enum bd_boot_file_kind kind, const char *path);
void bd_result_send_room(struct bd_frame_writer *writer, uint64_t size_bytes);
void bd_result_send_range(struct bd_frame_writer *writer, uint64_t place_bytes, uint64_t size_bytes);
void bd_result_send_zeros(struct bd_frame_writer *writer, uint64_t size_bytes);
void bd_result_send_read_back(struct bd_frame_writer *writer, uint64_t from_bytes, uint32_t size_bytes);
/* frame: BD_RESULT_ARGUMENTS or BD_RESULT_TITLE. */
void bd_result_send_text(struct bd_frame_writer *writer, enum bd_result_frame frame, const char *text);
void bd_result_send_copy(struct bd_frame_writer *writer, const char *path, uint64_t from_bytes, uint64_t size_bytes);
void bd_result_send_message(struct bd_frame_writer *writer, enum bd_log_level level, const char *text);

#endif
