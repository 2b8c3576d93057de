/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes frames apart, and copies what they name. */
#include "bootloader/result.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/file/range_copy.h"
#include "base/parse.h"
#include "base/printable.h"
#include "bootloader/result_frame.h"
#include "bootmenu/entry.h"

struct receiving {
	const struct bd_result_target *target;
	struct bd_result *result;
	int kind; /* enum bd_boot_file_kind of the file at hand; -1: none yet */
	struct bd_range_copy copy; /* out of the disk, into the file at hand */
	size_t message_count, menu_count;
};

void bd_result_dispose(struct bd_result *result)
{
	for (size_t i = 0; i < BD_BOOT_FILES; i++)
		free(result->files[i].path);
	free(result->arguments);
	free(result->title);
	free(result->packed);
	bd_bootmenu_dispose(&result->menu);
	*result = (struct bd_result){ .arguments = NULL };
}

/* --- content ------------------------------------------------------------------------------------------------------ */

static int fail_too_large(const struct receiving *receiving, struct bd_error *err)
{
	char text[32];

	bd_format_size(receiving->target->file_bytes_max, text, sizeof(text));
	return bd_fail(err, EFBIG, "the %s is larger than %s",
		       bd_boot_file_word((enum bd_boot_file_kind)receiving->kind), text);
}

/* More of the file at hand. *at_out: where it goes. */
static int extend(struct receiving *receiving, uint64_t size_bytes, uint64_t *at_out, struct bd_error *err)
{
	if (receiving->kind < 0 || !size_bytes)
		return bd_frame_fail_protocol(err);
	uint64_t *file_bytes = &receiving->result->files[receiving->kind].size_bytes;
	if (size_bytes > receiving->target->file_bytes_max - *file_bytes)
		return fail_too_large(receiving, err);
	*at_out = *file_bytes;
	*file_bytes += size_bytes;
	return 0;
}

/* On ext4, what has its blocks beforehand is written in three quarters of the time. Others would not be faster, or can share the disk's
 * blocks and would have to give these back. */
static int make_room(int fd, uint64_t size_bytes, struct bd_error *err)
{
	struct statfs filesystem;

	if (fstatfs(fd, &filesystem) != 0 || filesystem.f_type != EXT4_SUPER_MAGIC)
		return 0;
	if (TEMP_FAILURE_RETRY(fallocate(fd, 0, 0, (off_t)size_bytes)) == 0 || errno == EOPNOTSUPP)
		return 0;
	return bd_fail_errno(err, "cannot write the copy");
}

static int take_room(struct receiving *receiving, struct bd_frame_body *body, struct bd_error *err)
{
	uint64_t size = bd_frame_get64(body);

	if (body->bad || body->left || !size || receiving->kind < 0 ||
	    receiving->result->files[receiving->kind].size_bytes)
		return bd_frame_fail_protocol(err);
	if (size > receiving->target->file_bytes_max)
		return fail_too_large(receiving, err);
	int fd = receiving->target->fds[receiving->kind];
	return fd < 0 ? 0 : make_room(fd, size, err);
}

static int take_range(struct receiving *receiving, struct bd_frame_body *body, struct bd_error *err)
{
	uint64_t place = bd_frame_get64(body), size = bd_frame_get64(body), at, disk = receiving->target->disk_bytes;

	if (body->bad || body->left || place > disk || size > disk - place)
		return bd_frame_fail_protocol(err);
	if (extend(receiving, size, &at, err) != 0)
		return -1;
	return receiving->copy.to_fd < 0 ? 0 : bd_range_copy_add(&receiving->copy, place, at, size, err);
}

static int take_zeros(struct receiving *receiving, struct bd_frame_body *body, struct bd_error *err)
{
	uint64_t size = bd_frame_get64(body), at;

	if (body->bad || body->left)
		return bd_frame_fail_protocol(err);
	return extend(receiving, size, &at, err); /* a hole: the file gets its length at its end */
}

static int take_data(struct receiving *receiving, struct bd_frame_body *body, struct bd_error *err)
{
	uint64_t offset = bd_frame_get64(body), at;

	if (body->bad || extend(receiving, body->left, &at, err) != 0)
		return body->bad ? bd_frame_fail_protocol(err) : -1;
	if (offset != at)
		return bd_frame_fail_protocol(err);
	int fd = receiving->target->fds[receiving->kind];
	return fd < 0 ? 0 : bd_pwrite_all(fd, body->at, body->left, at, "the copy", err);
}

/* A part of a file that grub-fstest reads. */
static int take_copy(struct receiving *receiving, struct bd_frame_body *body, struct bd_error *err)
{
	uint64_t from = bd_frame_get64(body), size = bd_frame_get64(body), at;
	const char *path = bd_frame_get_text(body);

	if (body->bad || body->left || !receiving->target->grub)
		return bd_frame_fail_protocol(err);
	if (bd_range_copy_finish(&receiving->copy, err) != 0 || extend(receiving, size, &at, err) != 0)
		return -1;
	int fd = receiving->target->fds[receiving->kind];
	return fd < 0 ? 0 : bd_grub_fstest_copy(receiving->target->grub, path, from, size, fd, at, err);
}

/* What the child has had copied, and could as well have read from the disk. */
static int read_back(struct bd_frame_reader *reader, struct receiving *receiving, struct bd_frame_body *body,
		     struct bd_error *err)
{
	uint64_t from = bd_frame_get64(body);
	uint32_t size = bd_frame_get32(body);
	int fd = receiving->kind < 0 ? -1 : receiving->target->fds[receiving->kind];
	BD_FREE char *data = NULL;

	if (body->bad || body->left || fd < 0 || reader->sandbox.request_fd < 0 || !size ||
	    size > BD_RESULT_READ_BACK_MAX)
		return bd_frame_fail_protocol(err);
	uint64_t there = receiving->result->files[receiving->kind].size_bytes;
	if (from > there || size > there - from)
		return bd_frame_fail_protocol(err);
	if (bd_range_copy_finish(&receiving->copy, err) != 0)
		return -1;
	data = malloc(size);
	if (!data)
		return bd_no_memory(err);
	ssize_t r = bd_pread_full(fd, data, size, from);
	if (r < 0)
		return bd_fail_errno(err, "cannot read the copy");
	memset(data + r, 0, size - (size_t)r); /* it may end in a hole, and has its length only at its end */
	return bd_sandbox_answer(&reader->sandbox, data, size, err);
}

/* It may end in a hole, or have been given more room. Nearly always it has its length; to set that again takes a filesystem a
 * transaction. */
static int set_length(int fd, uint64_t size_bytes, struct bd_error *err)
{
	struct stat file;

	if (fstat(fd, &file) == 0 && file.st_size == (off_t)size_bytes)
		return 0;
	return ftruncate(fd, (off_t)size_bytes) == 0 ? 0 : bd_fail_errno(err, "cannot write the copy");
}

static int end_file(struct receiving *receiving, struct bd_error *err)
{
	int fd = receiving->kind < 0 ? -1 : receiving->target->fds[receiving->kind];

	if (bd_range_copy_finish(&receiving->copy, err) != 0)
		return -1;
	return fd < 0 ? 0 : set_length(fd, receiving->result->files[receiving->kind].size_bytes, err);
}

/* --- texts -------------------------------------------------------------------------------------------------------- */

static int take_text(struct bd_frame_body *body, size_t most, char **text_out, struct bd_error *err)
{
	const char *text = bd_frame_get_text(body);

	if (body->bad || body->left || strlen(text) > most || *text_out)
		return bd_frame_fail_protocol(err);
	*text_out = strdup(text);
	return *text_out ? 0 : bd_no_memory(err);
}

static int take_file(struct receiving *receiving, struct bd_frame_body *body, struct bd_error *err)
{
	uint32_t kind = bd_frame_get32(body);

	if (end_file(receiving, err) != 0)
		return -1;
	if (kind >= BD_BOOT_FILES || receiving->result->files[kind].is_there)
		return bd_frame_fail_protocol(err);
	receiving->kind = (int)kind;
	receiving->copy.to_fd = receiving->target->fds[kind];
	receiving->result->files[kind].is_there = true;
	return take_text(body, BD_RESULT_PATH_MAX, &receiving->result->files[kind].path, err);
}

static int take_message(struct receiving *receiving, struct bd_frame_body *body, struct bd_error *err)
{
	uint32_t level = bd_frame_get32(body);
	BD_FREE char *text = NULL;

	if (level < BD_LOG_WARNING || level > BD_LOG_DEBUG || receiving->message_count == BD_RESULT_MESSAGES_MAX)
		return bd_frame_fail_protocol(err);
	receiving->message_count++;
	if (take_text(body, BD_RESULT_MESSAGE_MAX, &text, err) != 0)
		return -1;
	BD_FREE char *line = bd_printable(text);
	if (!line)
		return bd_no_memory(err);
	if (receiving->target->message)
		receiving->target->message(receiving->target->context, (enum bd_log_level)level, line);
	return 0;
}

/* --- the menu ----------------------------------------------------------------------------------------------------- */

/* *text_out is NULL where it is not there. */
static int take_menu_text(struct bd_frame_body *body, bool is_there, char **text_out, struct bd_error *err)
{
	const char *text = bd_frame_get_text(body);

	if (body->bad || strlen(text) >= BD_BOOTMENU_TEXT_MAX)
		return bd_frame_fail_protocol(err);
	*text_out = is_there ? strdup(text) : NULL;
	return is_there && !*text_out ? bd_no_memory(err) : 0;
}

static int take_entry(struct receiving *receiving, struct bd_frame_body *body, struct bd_error *err)
{
	struct bd_bootmenu_entry *entry;
	uint32_t flags = bd_frame_get32(body);

	if (receiving->result->has_menu)
		return bd_frame_fail_protocol(err);
	if (bd_bootmenu_add(&receiving->result->menu, &entry, err) != 0 ||
	    take_menu_text(body, true, &entry->title, err) != 0 ||
	    take_menu_text(body, flags & BD_RESULT_ENTRY_HAS_ID, &entry->id, err) != 0 ||
	    take_menu_text(body, flags & BD_RESULT_ENTRY_HAS_SUBMENU, &entry->submenu, err) != 0 ||
	    take_menu_text(body, flags & BD_RESULT_ENTRY_HAS_KERNEL, &entry->kernel.path, err) != 0 ||
	    take_menu_text(body, flags & BD_RESULT_ENTRY_HAS_KERNEL, &entry->kernel.device, err) != 0 ||
	    take_menu_text(body, true, &entry->arguments, err) != 0 ||
	    take_menu_text(body, flags & BD_RESULT_ENTRY_HAS_OBSTACLE, &entry->obstacle, err) != 0 ||
	    take_menu_text(body, flags & BD_RESULT_ENTRY_HAS_FILE, &entry->defined_in.path, err) != 0)
		return -1;
	if (flags & BD_RESULT_ENTRY_OPENS && bd_bootmenu_set_text(&entry->opens, "", err) != 0)
		return -1;
	uint32_t initrds = bd_frame_get32(body);
	if (body->bad || initrds > BD_BOOTMENU_INITRDS_MAX)
		return bd_frame_fail_protocol(err);
	for (; entry->initrd_count < initrds; entry->initrd_count++)
		if (take_menu_text(body, true, &entry->initrds[entry->initrd_count].path, err) != 0)
			return -1;
	return body->left ? bd_frame_fail_protocol(err) : 0;
}

static int send_choice(struct bd_frame_reader *reader, const struct bd_result_choice *choice, const char *arguments,
		       struct bd_error *err)
{
	char message[sizeof(*choice) + BD_BOOTMENU_TEXT_MAX];
	size_t size = arguments ? choice->arguments_bytes : 0;

	if (size >= BD_BOOTMENU_TEXT_MAX)
		return bd_fail(err, EFBIG, "the arguments are too long");
	memcpy(message, choice, sizeof(*choice));
	if (size)
		memcpy(message + sizeof(*choice), arguments, size);
	return bd_sandbox_answer(&reader->sandbox, message, sizeof(*choice) + size, err);
}

/* People may take their time. */
static int choose(struct bd_frame_reader *reader, struct receiving *receiving, struct bd_error *err)
{
	const struct bd_result_target *target = receiving->target;
	unsigned seconds = reader->sandbox.time_limit_s;
	struct bd_result_choice choice;
	BD_FREE char *arguments = NULL;

	if (target->choose(target->context, &receiving->result->menu, receiving->menu_count++ == 0, &choice,
			   &arguments, err) != 0)
		return -1;
	/* The next one takes its place. */
	if (receiving->result->menu.entries[choice.number].opens) {
		receiving->result->has_menu = false;
		bd_bootmenu_dispose(&receiving->result->menu);
	}
	bd_sandbox_set_deadline(&reader->sandbox, seconds);
	if (target->grub)
		target->grub->deadline_s = reader->sandbox.deadline_s;
	return send_choice(reader, &choice, arguments, err);
}

static int take_menu(struct bd_frame_reader *reader, struct receiving *receiving, struct bd_frame_body *body,
		     struct bd_error *err)
{
	struct bd_bootmenu *menu = &receiving->result->menu;
	uint32_t number = bd_frame_get32(body), timeout = bd_frame_get32(body);

	if (take_text(body, BD_BOOTMENU_REASON_MAX - 1, &menu->chosen_by, err) != 0)
		return -1;
	if (receiving->result->has_menu || number >= menu->count)
		return bd_frame_fail_protocol(err);
	receiving->result->has_menu = true;
	menu->default_index = number;
	menu->timeout_s = timeout > INT32_MAX ? -1 : (int)timeout;
	return receiving->target->choose ? choose(reader, receiving, err) : 0;
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static int take_frame(struct bd_frame_reader *reader, struct receiving *receiving, struct bd_frame *frame,
		      struct bd_error *err)
{
	switch (frame->kind) {
	case BD_RESULT_ASK:
		if (!receiving->target->grub)
			return bd_frame_fail_protocol(err);
		return bd_grub_fstest_answer(receiving->target->grub, &frame->body, &reader->sandbox, err);
	case BD_RESULT_COPY:
		return take_copy(receiving, &frame->body, err);
	case BD_RESULT_READ_BACK:
		return read_back(reader, receiving, &frame->body, err);
	case BD_RESULT_PACKED:
		return take_text(&frame->body, BD_RESULT_MESSAGE_MAX, &receiving->result->packed, err);
	case BD_RESULT_ENTRY:
		return take_entry(receiving, &frame->body, err);
	case BD_RESULT_MENU:
		return take_menu(reader, receiving, &frame->body, err);
	case BD_RESULT_FILE:
		return take_file(receiving, &frame->body, err);
	case BD_RESULT_ROOM:
		return take_room(receiving, &frame->body, err);
	case BD_RESULT_RANGE:
		return take_range(receiving, &frame->body, err);
	case BD_RESULT_ZEROS:
		return take_zeros(receiving, &frame->body, err);
	case BD_FRAME_DATA:
		return take_data(receiving, &frame->body, err);
	case BD_RESULT_ARGUMENTS:
		return take_text(&frame->body, BD_RESULT_ARGUMENTS_MAX, &receiving->result->arguments, err);
	case BD_RESULT_TITLE:
		return take_text(&frame->body, BD_RESULT_TITLE_MAX, &receiving->result->title, err);
	case BD_RESULT_MESSAGE:
		return take_message(receiving, &frame->body, err);
	case BD_FRAME_ERROR:
		return bd_frame_take_error(frame, err);
	default:
		return bd_frame_fail_protocol(err);
	}
}

static int take_frames(struct bd_frame_reader *reader, struct receiving *receiving, struct bd_error *err)
{
	struct bd_frame frame;

	for (;;) {
		if (bd_frame_reader_next(reader, &frame, err) != 0)
			return -1;
		if (frame.kind == BD_FRAME_END)
			return end_file(receiving, err);
		if (take_frame(reader, receiving, &frame, err) != 0)
			return -1;
	}
}

static int check_files(const struct bd_result *result, const struct bd_result_target *target, struct bd_error *err)
{
	if (target->without_kernel)
		return result->has_menu ? 0 : bd_frame_fail_protocol(err);
	if (!result->files[BD_BOOT_KERNEL].is_there)
		return bd_frame_fail_protocol(err);
	for (size_t i = 0; i < BD_BOOT_FILES; i++)
		if (result->files[i].is_there && !result->files[i].size_bytes && target->fds[i] >= 0)
			return bd_fail(err, EIO, "the %s is empty", bd_boot_file_word((enum bd_boot_file_kind)i));
	return 0;
}

int bd_result_read(struct bd_frame_reader *reader, const struct bd_result_target *target,
		   struct bd_result *result_out, struct bd_error *err)
{
	BD_DISPOSE(bd_result_dispose) struct bd_result result = { .arguments = NULL };
	struct receiving receiving = { .target = target, .result = &result, .kind = -1 };
	bd_range_copy_init(&receiving.copy, target->disk_fd, -1, 0);
	/* Which shares blocks, where one filesystem has both and can do that. */
	receiving.copy.way = BD_COPY_KERNEL;
	receiving.copy.from_name = "the disk";
	receiving.copy.to_name = "the copy";
	receiving.copy.stays_in_memory = true;

	int r = take_frames(reader, &receiving, err);
	bd_range_copy_dispose(&receiving.copy);
	if (r != 0 || bd_frame_reader_finish(reader, err) != 0 || check_files(&result, target, err) != 0)
		return -1;
	*result_out = bd_take_struct(result);
	return 0;
}
