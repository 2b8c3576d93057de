/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about bootloader/result: what a parent takes of its reader's frames, and what it refuses, whatever the reader has become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "bootloader/result.h"
#include "bootloader/result_frame.h"
#include "folder_checks.h"

#define DISK_BYTES (1u << 20)
#define FILE_BYTES_MAX (256u << 10)

static struct bd_result result;
static char messages[8192];
static int disk_fd, kernel_fd, ramdisk_fd;

/* Byte n of the disk is n modulo 251. */
static int set_up(void **state)
{
	static uint8_t disk[DISK_BYTES];

	if (enter_folder(state) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(disk); i++)
		disk[i] = (uint8_t)(i % 251);
	disk_fd = open("disk", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	kernel_fd = open("kernel", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ramdisk_fd = open("ramdisk", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	*messages = '\0';
	result = (struct bd_result){ .arguments = NULL };
	return write(disk_fd, disk, sizeof(disk)) == (ssize_t)sizeof(disk) && kernel_fd >= 0 && ramdisk_fd >= 0 ? 0
														: -1;
}

static int tear_down(void **state)
{
	bd_result_dispose(&result);
	close(disk_fd);
	close(kernel_fd);
	close(ramdisk_fd);
	return leave_folder(state);
}

static void take_message(void *context, enum bd_log_level level, const char *text)
{
	(void)context;
	snprintf(messages + strlen(messages), sizeof(messages) - strlen(messages), "%d:%s;", (int)level, text);
}

static struct bd_result_target target(void)
{
	return (struct bd_result_target){ .disk_fd = disk_fd,
					  .disk_bytes = DISK_BYTES,
					  .fds = { kernel_fd, ramdisk_fd },
					  .file_bytes_max = FILE_BYTES_MAX,
					  .message = take_message };
}

typedef void (*telling)(struct bd_frame_writer *writer);

static void tell(void *context, int input_fd, int output_fd)
{
	struct bd_frame_writer writer;
	(void)input_fd;

	if (!bd_frame_writer_init(&writer, output_fd))
		_exit(1);
	(*(telling *)context)(&writer);
	bd_frame_flush(&writer);
}

static bool takes_requests = true;

static int take_for(telling what, const struct bd_result_target *to, unsigned seconds)
{
	BD_DISPOSE(bd_frame_reader_dispose) struct bd_frame_reader reader = BD_FRAME_READER_INIT;
	const struct bd_sandbox_job job = { .input_fd = disk_fd,
					    .work = tell,
					    .context = &what,
					    .memory_bytes = 32 << 20,
					    .idle_cpu_s = 60,
					    .takes_requests = takes_requests };

	err = (struct bd_error)BD_ERROR_INIT;
	bd_result_dispose(&result);
	assert_int_equal(bd_frame_reader_start(&reader, &job, &err), 0);
	bd_sandbox_set_deadline(&reader.sandbox, seconds);
	return bd_result_read(&reader, to, &result, &err);
}

static int take(telling what)
{
	const struct bd_result_target to = target();

	return take_for(what, &to, 0);
}

/* Whether a file has so many bytes, those of the disk from `place` on, from byte `at` of it. */
static void has_of_disk(int fd, size_t at, size_t place, size_t size)
{
	static uint8_t bytes[DISK_BYTES];

	assert_int_equal(pread(fd, bytes, size, (off_t)at), size);
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != (place + i) % 251)
			fail_msg("byte %zu is not that of the disk", at + i);
}

static size_t size_of(int fd)
{
	struct stat file;

	assert_int_equal(fstat(fd, &file), 0);
	return (size_t)file.st_size;
}

static void tell_all(struct bd_frame_writer *writer)
{
	bd_result_send_text(writer, BD_RESULT_TITLE, "Debian GNU/Linux");
	bd_result_send_message(writer, BD_LOG_WARNING, "an escape \x1b[31m");
	bd_result_send_text(writer, BD_RESULT_ARGUMENTS, "root=/dev/xvda1 ro");
	bd_result_send_file(writer, BD_BOOT_KERNEL, "/boot/vmlinuz");
	bd_result_send_range(writer, 4096, 4096);
	bd_result_send_range(writer, 8192, 1000); /* one range with the one before */
	bd_result_send_range(writer, 100, 7);
	bd_result_send_zeros(writer, 5000);
	bd_frame_data(writer, 4096 + 1000 + 7 + 5000, "unpacked", 8);
	bd_result_send_range(writer, DISK_BYTES - 1, 1);
	bd_result_send_message(writer, BD_LOG_DEBUG, "two");
	bd_result_send_file(writer, BD_BOOT_RAMDISK, "/boot/initrd");
	bd_result_send_range(writer, 0, FILE_BYTES_MAX - 8);
	bd_result_send_zeros(writer, 8); /* at its end */
	bd_frame_end_stream(writer, 0);
}

static void files_are_made_of_the_disk(void **state)
{
	char text[16];

	(void)state;
	assert_int_equal(take(tell_all), 0);
	assert_string_equal(result.title, "Debian GNU/Linux");
	assert_string_equal(result.arguments, "root=/dev/xvda1 ro");
	assert_string_equal(messages, "1:an escape \\x1b[31m;3:two;");
	assert_true(result.files[BD_BOOT_KERNEL].is_there && result.files[BD_BOOT_RAMDISK].is_there);
	assert_string_equal(result.files[BD_BOOT_KERNEL].path, "/boot/vmlinuz");
	assert_string_equal(result.files[BD_BOOT_RAMDISK].path, "/boot/initrd");
	assert_int_equal(result.files[BD_BOOT_KERNEL].size_bytes, 10112);
	assert_int_equal(result.files[BD_BOOT_RAMDISK].size_bytes, FILE_BYTES_MAX);
	assert_int_equal(size_of(kernel_fd), 10112);
	has_of_disk(kernel_fd, 0, 4096, 5096);
	has_of_disk(kernel_fd, 5096, 100, 7);
	static uint8_t zeros[5000];
	assert_int_equal(pread(kernel_fd, zeros, 5000, 5103), 5000);
	assert_true(bd_all_zero(zeros, sizeof(zeros)));
	assert_int_equal(pread(kernel_fd, text, 8, 10103), 8);
	assert_memory_equal(text, "unpacked", 8);
	has_of_disk(kernel_fd, 10111, DISK_BYTES - 1, 1);
	assert_int_equal(size_of(ramdisk_fd), FILE_BYTES_MAX);
	has_of_disk(ramdisk_fd, 0, 0, FILE_BYTES_MAX - 8);
	/* The child's offset in the disk is its own affair, too. */
	assert_int_equal(lseek(disk_fd, 0, SEEK_CUR), DISK_BYTES);
}

static void tell_kernel_alone(struct bd_frame_writer *writer)
{
	bd_result_send_file(writer, BD_BOOT_KERNEL, "/vmlinuz");
	bd_result_send_range(writer, 0, 1);
	bd_frame_end_stream(writer, 0);
}

static void an_initrd_and_arguments_need_not_be(void **state)
{
	(void)state;
	assert_int_equal(take(tell_kernel_alone), 0);
	assert_false(result.files[BD_BOOT_RAMDISK].is_there);
	assert_null(result.arguments);
	assert_null(result.title);
	assert_int_equal(size_of(kernel_fd), 1);
}

static void tell_names(struct bd_frame_writer *writer)
{
	bd_result_send_file(writer, BD_BOOT_KERNEL, "/vmlinuz");
	bd_result_send_file(writer, BD_BOOT_RAMDISK, "/initrd");
	bd_frame_end_stream(writer, 0);
}

/* As for --not-really: without files, content is not wanted. */
static void without_files_names_are_enough(void **state)
{
	struct bd_result_target to = target();

	(void)state;
	to.fds[BD_BOOT_KERNEL] = to.fds[BD_BOOT_RAMDISK] = -1;
	assert_int_equal(take_for(tell_names, &to, 0), 0);
	assert_string_equal(result.files[BD_BOOT_RAMDISK].path, "/initrd");
	assert_int_equal(take_for(tell_all, &to, 0), 0);
	assert_int_equal(size_of(kernel_fd), 0);
	assert_int_equal(take(tell_names), -1);
	assert_string_equal(err.message, "the kernel is empty");
}

/* --- what is refused ---------------------------------------------------------------------------------------------- */

static void kernel(struct bd_frame_writer *writer)
{
	bd_result_send_file(writer, BD_BOOT_KERNEL, "/k");
}

static void past_disk(struct bd_frame_writer *writer)
{
	kernel(writer);
	bd_result_send_range(writer, DISK_BYTES - 10, 11);
}

static void past_numbers(struct bd_frame_writer *writer)
{
	kernel(writer);
	bd_result_send_range(writer, UINT64_MAX, 2);
}

static void huge_range(struct bd_frame_writer *writer)
{
	kernel(writer);
	bd_result_send_range(writer, 1, UINT64_MAX);
}

static void empty_range(struct bd_frame_writer *writer)
{
	kernel(writer);
	bd_result_send_range(writer, 0, 0);
}

static void content_of_nothing(struct bd_frame_writer *writer)
{
	bd_result_send_range(writer, 0, 10);
}

static void data_of_nothing(struct bd_frame_writer *writer)
{
	bd_frame_data(writer, 0, "x", 1);
}

static void zeros_of_nothing(struct bd_frame_writer *writer)
{
	bd_result_send_zeros(writer, 1);
}

static void data_elsewhere(struct bd_frame_writer *writer)
{
	kernel(writer);
	bd_frame_data(writer, 1, "x", 1);
}

static void data_over_again(struct bd_frame_writer *writer)
{
	kernel(writer);
	bd_frame_data(writer, 0, "xx", 2);
	bd_frame_data(writer, 1, "x", 1);
}

static void two_kernels(struct bd_frame_writer *writer)
{
	kernel(writer);
	bd_result_send_range(writer, 0, 1);
	kernel(writer);
}

static void no_kernel(struct bd_frame_writer *writer)
{
	bd_result_send_file(writer, BD_BOOT_RAMDISK, "/initrd");
	bd_result_send_range(writer, 0, 1);
	bd_frame_end_stream(writer, 0);
}

static void unknown_file(struct bd_frame_writer *writer)
{
	bd_result_send_file(writer, BD_BOOT_FILES, "/x");
}

static void unknown_frame(struct bd_frame_writer *writer)
{
	bd_frame_begin(writer, (enum bd_frame_kind)4711);
	bd_frame_end(writer);
}

static void frame_of_another(struct bd_frame_writer *writer)
{
	bd_frame_begin(writer, BD_FRAME_COPY);
	bd_frame_end(writer);
}

static void long_range_frame(struct bd_frame_writer *writer)
{
	kernel(writer);
	bd_frame_begin(writer, (enum bd_frame_kind)BD_RESULT_RANGE);
	for (int i = 0; i < 3; i++)
		bd_frame_put64(writer, 1);
	bd_frame_end(writer);
}

static void short_range_frame(struct bd_frame_writer *writer)
{
	kernel(writer);
	bd_frame_begin(writer, (enum bd_frame_kind)BD_RESULT_RANGE);
	bd_frame_put64(writer, 1);
	bd_frame_end(writer);
}

static void text_with_nul(struct bd_frame_writer *writer)
{
	bd_frame_begin(writer, (enum bd_frame_kind)BD_RESULT_ARGUMENTS);
	bd_frame_put32(writer, 3);
	bd_frame_put_bytes(writer, "a\0b", 4);
	bd_frame_end(writer);
}

static void arguments_twice(struct bd_frame_writer *writer)
{
	bd_result_send_text(writer, BD_RESULT_ARGUMENTS, "");
	bd_result_send_text(writer, BD_RESULT_ARGUMENTS, "b");
}

static char *long_text(size_t length)
{
	static char text[BD_RESULT_ARGUMENTS_MAX + 2];

	memset(text, 'x', length);
	text[length] = '\0';
	return text;
}

static void long_arguments(struct bd_frame_writer *writer)
{
	bd_result_send_text(writer, BD_RESULT_ARGUMENTS, long_text(BD_RESULT_ARGUMENTS_MAX + 1));
}

static void long_title(struct bd_frame_writer *writer)
{
	bd_result_send_text(writer, BD_RESULT_TITLE, long_text(BD_RESULT_TITLE_MAX + 1));
}

static void long_path(struct bd_frame_writer *writer)
{
	bd_result_send_file(writer, BD_BOOT_KERNEL, long_text(BD_RESULT_PATH_MAX + 1));
}

static void long_message(struct bd_frame_writer *writer)
{
	bd_result_send_message(writer, BD_LOG_DEBUG, long_text(BD_RESULT_MESSAGE_MAX + 1));
}

static void many_messages(struct bd_frame_writer *writer)
{
	for (int i = 0; i <= BD_RESULT_MESSAGES_MAX; i++)
		bd_result_send_message(writer, BD_LOG_DEBUG, "");
}

/* It cannot speak as an error of ours. */
static void message_as_error(struct bd_frame_writer *writer)
{
	bd_result_send_message(writer, BD_LOG_ERROR, "x");
}

static void no_end(struct bd_frame_writer *writer)
{
	kernel(writer);
	bd_result_send_range(writer, 0, 1);
}

static void odd_error(struct bd_frame_writer *writer)
{
	struct bd_error error = { .code = BD_ECANCELED, .kind = BD_KIND_CANCELED, .message = "stopped" };

	bd_frame_error(writer, BD_FRAME_ERROR, &error);
}

static void room_of_nothing(struct bd_frame_writer *writer)
{
	bd_result_send_room(writer, 1);
}

static void no_room(struct bd_frame_writer *writer)
{
	kernel(writer);
	bd_result_send_room(writer, 0);
}

static void room_for_what_is_there(struct bd_frame_writer *writer)
{
	kernel(writer);
	bd_result_send_range(writer, 0, 4096);
	bd_result_send_room(writer, 8192);
}

static void back_of_nothing(struct bd_frame_writer *writer)
{
	bd_result_send_read_back(writer, 0, 1);
}

static void back_past_end(struct bd_frame_writer *writer)
{
	kernel(writer);
	bd_result_send_range(writer, 0, 4096);
	bd_result_send_read_back(writer, 4000, 97);
}

static void back_past_numbers(struct bd_frame_writer *writer)
{
	kernel(writer);
	bd_result_send_range(writer, 0, 4096);
	bd_result_send_read_back(writer, UINT64_MAX, 2);
}

static void back_without_bytes(struct bd_frame_writer *writer)
{
	kernel(writer);
	bd_result_send_range(writer, 0, 4096);
	bd_result_send_read_back(writer, 0, 0);
}

static void too_much_back(struct bd_frame_writer *writer)
{
	kernel(writer);
	bd_result_send_range(writer, 0, BD_RESULT_READ_BACK_MAX);
	bd_result_send_read_back(writer, 0, BD_RESULT_READ_BACK_MAX + 1);
}

/* Of a menu: an entry whose file is that text, of which the default is `number` for that reason. */
static void tell_menu(struct bd_frame_writer *writer, const char *file, uint32_t number, const char *reason)
{
	static const char *const texts[] = { "Debian", "", "", "/vmlinuz", "hd0,gpt1", "ro", "" };

	bd_frame_begin(writer, (enum bd_frame_kind)BD_RESULT_ENTRY);
	bd_frame_put32(writer, BD_RESULT_ENTRY_HAS_KERNEL | BD_RESULT_ENTRY_HAS_FILE);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		bd_frame_put_text(writer, texts[i]);
	bd_frame_put_text(writer, file);
	bd_frame_put32(writer, 0);
	bd_frame_end(writer);
	bd_frame_begin(writer, (enum bd_frame_kind)BD_RESULT_MENU);
	bd_frame_put32(writer, number);
	bd_frame_put32(writer, 5);
	bd_frame_put_text(writer, reason);
	bd_frame_end(writer);
}

static void long_reason(struct bd_frame_writer *writer)
{
	tell_menu(writer, "/f", 0, long_text(BD_BOOTMENU_REASON_MAX));
}

static void long_file(struct bd_frame_writer *writer)
{
	tell_menu(writer, long_text(BD_BOOTMENU_TEXT_MAX), 0, "r");
}

static void default_that_is_no_entry(struct bd_frame_writer *writer)
{
	tell_menu(writer, "/f", 1, "r");
}

static void two_menus(struct bd_frame_writer *writer)
{
	tell_menu(writer, "/f", 0, "r");
	bd_frame_begin(writer, (enum bd_frame_kind)BD_RESULT_MENU);
	bd_frame_put32(writer, 0);
	bd_frame_put32(writer, 5);
	bd_frame_put_text(writer, "r");
	bd_frame_end(writer);
}

static void menu_without_reason(struct bd_frame_writer *writer)
{
	bd_frame_begin(writer, (enum bd_frame_kind)BD_RESULT_MENU);
	bd_frame_put32(writer, 0);
	bd_frame_put32(writer, 5);
	bd_frame_end(writer);
}

static void what_is_malformed_is_refused(void **state)
{
	static const telling tellings[] = {
		past_disk,
		past_numbers,
		huge_range,
		empty_range,
		content_of_nothing,
		data_of_nothing,
		zeros_of_nothing,
		data_elsewhere,
		data_over_again,
		two_kernels,
		no_kernel,
		unknown_file,
		unknown_frame,
		frame_of_another,
		long_range_frame,
		short_range_frame,
		text_with_nul,
		arguments_twice,
		long_arguments,
		long_title,
		long_path,
		long_message,
		many_messages,
		message_as_error,
		no_end,
		odd_error,
		long_reason,
		long_file,
		default_that_is_no_entry,
		two_menus,
		menu_without_reason,
		back_of_nothing,
		back_past_end,
		back_past_numbers,
		back_without_bytes,
		too_much_back,
		room_of_nothing,
		no_room,
		room_for_what_is_there,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(tellings) / sizeof(*tellings); i++) {
		print_message("# %zu\n", i);
		assert_int_equal(take(tellings[i]), -1);
		assert_int_equal(err.code, EBADMSG);
		assert_string_equal(err.message, "internal error: the reader process sent a malformed answer");
		assert_null(result.arguments);
	}
}

/* Looks at the kernel: what was copied last, a hole that is still behind the end, all of it; and says what it has seen as the initrd. */
static void look_at_copy(struct bd_frame_writer *writer)
{
	static char seen[BD_RESULT_READ_BACK_MAX];

	bd_result_send_file(writer, BD_BOOT_KERNEL, "/vmlinuz");
	bd_result_send_range(writer, 1000, 60000);
	bd_result_send_range(writer, 5, 440);
	bd_result_send_zeros(writer, 1000);
	bd_result_send_read_back(writer, 0, BD_RESULT_READ_BACK_MAX);
	bd_frame_flush(writer);
	if (!bd_sandbox_receive(seen, BD_RESULT_READ_BACK_MAX))
		_exit(3);
	bd_result_send_range(writer, 7, 1);
	bd_result_send_file(writer, BD_BOOT_RAMDISK, "/initrd");
	bd_frame_data(writer, 0, seen, BD_RESULT_READ_BACK_MAX);
	bd_frame_end_stream(writer, 0);
}

static void the_child_can_look_at_what_it_has_had_copied(void **state)
{
	static uint8_t bytes[1000];
	const size_t hole = 60000 + 440;

	(void)state;
	assert_int_equal(take(look_at_copy), 0);
	assert_int_equal(size_of(ramdisk_fd), BD_RESULT_READ_BACK_MAX);
	has_of_disk(ramdisk_fd, 0, 1000, 60000);
	has_of_disk(ramdisk_fd, 60000, 5, 440);
	assert_int_equal(pread(ramdisk_fd, bytes, 1000, (off_t)hole), BD_RESULT_READ_BACK_MAX - hole);
	assert_true(bd_all_zero(bytes, BD_RESULT_READ_BACK_MAX - hole));
	has_of_disk(kernel_fd, hole + 1000, 7, 1);
	/* Where nothing is copied, there is nothing to look at; nor for a child that has no way to receive it. */
	struct bd_result_target names = target();
	names.fds[BD_BOOT_KERNEL] = names.fds[BD_BOOT_RAMDISK] = -1;
	assert_int_equal(take_for(look_at_copy, &names, 0), -1);
	assert_int_equal(err.code, EBADMSG);
	takes_requests = false;
	assert_int_equal(take(look_at_copy), -1);
	takes_requests = true;
	assert_int_equal(err.code, EBADMSG);
}

static void tell_room(struct bd_frame_writer *writer)
{
	kernel(writer);
	bd_result_send_room(writer, FILE_BYTES_MAX);
	bd_result_send_zeros(writer, 100);
	bd_result_send_range(writer, 0, 4000);
	bd_result_send_file(writer, BD_BOOT_RAMDISK, "/initrd");
	bd_result_send_room(writer, 1);
	bd_result_send_range(writer, 0, 50000);
	bd_frame_end_stream(writer, 0);
}

static void room_is_made_and_is_not_content(void **state)
{
	static uint8_t zeros[100];

	(void)state;
	assert_int_equal(take(tell_room), 0);
	assert_int_equal(size_of(kernel_fd), 4100);
	assert_int_equal(pread(kernel_fd, zeros, 100, 0), 100);
	assert_true(bd_all_zero(zeros, sizeof(zeros)));
	has_of_disk(kernel_fd, 100, 0, 4000);
	assert_int_equal(size_of(ramdisk_fd), 50000);
	has_of_disk(ramdisk_fd, 0, 0, 50000);
}

static void long_texts(struct bd_frame_writer *writer)
{
	bd_result_send_text(writer, BD_RESULT_ARGUMENTS, long_text(BD_RESULT_ARGUMENTS_MAX));
	bd_result_send_text(writer, BD_RESULT_TITLE, long_text(BD_RESULT_TITLE_MAX));
	for (int i = 0; i < BD_RESULT_MESSAGES_MAX; i++)
		bd_result_send_message(writer, BD_LOG_DEBUG, i ? "" : long_text(BD_RESULT_MESSAGE_MAX));
	bd_result_send_file(writer, BD_BOOT_KERNEL, long_text(BD_RESULT_PATH_MAX));
	bd_result_send_range(writer, 0, FILE_BYTES_MAX);
	bd_frame_end_stream(writer, 0);
}

static void texts_may_be_as_long_as_they_may(void **state)
{
	(void)state;
	assert_int_equal(take(long_texts), 0);
	assert_int_equal(strlen(result.arguments), BD_RESULT_ARGUMENTS_MAX);
	assert_int_equal(strlen(result.files[BD_BOOT_KERNEL].path), BD_RESULT_PATH_MAX);
}

/* What the parent answers to a menu. */
static void await_choice(struct bd_frame_writer *writer)
{
	struct bd_result_choice choice;

	bd_frame_flush(writer);
	if (!bd_sandbox_receive(&choice, sizeof(choice)) || choice.number != 0)
		_exit(1);
}

static void tell_two_menus(struct bd_frame_writer *writer)
{
	tell_menu(writer, "/f", 0, "r");
	await_choice(writer);
	tell_menu(writer, "/f", 0, "r");
}

/* An entry that opens another menu, and that menu. */
static void tell_opening(struct bd_frame_writer *writer)
{
	bd_frame_begin(writer, (enum bd_frame_kind)BD_RESULT_ENTRY);
	bd_frame_put32(writer, BD_RESULT_ENTRY_OPENS);
	for (size_t i = 0; i < 8; i++)
		bd_frame_put_text(writer, i ? "" : "Other");
	bd_frame_put32(writer, 0);
	bd_frame_end(writer);
	bd_frame_begin(writer, (enum bd_frame_kind)BD_RESULT_MENU);
	bd_frame_put32(writer, 0);
	bd_frame_put32(writer, 5);
	bd_frame_put_text(writer, "r");
	bd_frame_end(writer);
	await_choice(writer);
	tell_menu(writer, "/f", 0, "other");
	await_choice(writer);
	tell_kernel_alone(writer);
}

/* The first entry, whatever it is. What was shown is noted. */
static int choose_first(void *context, const struct bd_bootmenu *menu, bool is_first,
			struct bd_result_choice *choice_out, char **arguments_out, struct bd_error *error)
{
	(void)context;
	(void)error;
	snprintf(messages + strlen(messages), sizeof(messages) - strlen(messages), "%s%zu %s;",
		 is_first ? "first " : "", menu->count, menu->entries[0].title);
	*choice_out = (struct bd_result_choice){ .number = 0, .arguments_bytes = UINT32_MAX };
	*arguments_out = NULL;
	return 0;
}

static void a_menu_that_is_opened_takes_the_place_of_the_other(void **state)
{
	struct bd_result_target to = target();

	(void)state;
	to.choose = choose_first;
	assert_int_equal(take_for(tell_opening, &to, 0), 0);
	assert_string_equal(messages, "first 1 Other;1 Debian;");
	assert_int_equal(result.menu.count, 1);
	assert_string_equal(result.menu.chosen_by, "other");
	/* Behind an entry that is booted there is no other menu. */
	*messages = '\0';
	assert_int_equal(take_for(tell_two_menus, &to, 0), -1);
	assert_int_equal(err.code, EBADMSG);
	assert_string_equal(messages, "first 1 Debian;");
}

static void tell_longest_menu(struct bd_frame_writer *writer)
{
	static char file[BD_BOOTMENU_TEXT_MAX];

	memset(file, 'f', sizeof(file) - 1);
	tell_menu(writer, file, 0, long_text(BD_BOOTMENU_REASON_MAX - 1));
	bd_frame_end_stream(writer, 0);
}

static void an_entry_says_its_file_and_the_menu_why_it_is_the_default(void **state)
{
	struct bd_result_target to = target();

	(void)state;
	to.without_kernel = true;
	assert_int_equal(take_for(tell_longest_menu, &to, 0), 0);
	assert_int_equal(result.menu.count, 1);
	assert_int_equal(strlen(result.menu.entries[0].defined_in.path), BD_BOOTMENU_TEXT_MAX - 1);
	assert_int_equal(strlen(result.menu.chosen_by), BD_BOOTMENU_REASON_MAX - 1);
	assert_string_equal(result.menu.entries[0].kernel.device, "hd0,gpt1");
}

static void large_range(struct bd_frame_writer *writer)
{
	kernel(writer);
	bd_result_send_range(writer, 0, FILE_BYTES_MAX);
	bd_result_send_range(writer, 0, 1);
}

static void large_hole(struct bd_frame_writer *writer)
{
	kernel(writer);
	bd_result_send_zeros(writer, UINT64_MAX);
}

static void large_data(struct bd_frame_writer *writer)
{
	static uint8_t bytes[FILE_BYTES_MAX / 2 + 1];

	bd_result_send_file(writer, BD_BOOT_RAMDISK, "/i");
	bd_frame_data(writer, 0, bytes, sizeof(bytes));
	bd_frame_data(writer, sizeof(bytes), bytes, sizeof(bytes));
}

static void large_room(struct bd_frame_writer *writer)
{
	kernel(writer);
	bd_result_send_room(writer, FILE_BYTES_MAX + 1);
}

static void a_file_has_a_maximum(void **state)
{
	(void)state;
	assert_int_equal(take(large_range), -1);
	assert_int_equal(err.code, EFBIG);
	assert_string_equal(err.message, "the kernel is larger than 256 KiB");
	assert_int_equal(take(large_hole), -1);
	assert_string_equal(err.message, "the kernel is larger than 256 KiB");
	assert_int_equal(take(large_data), -1);
	assert_string_equal(err.message, "the initrd is larger than 256 KiB");
	assert_int_equal(take(large_room), -1);
	assert_string_equal(err.message, "the kernel is larger than 256 KiB");
	assert_true(size_of(kernel_fd) <= FILE_BYTES_MAX && size_of(ramdisk_fd) <= FILE_BYTES_MAX);
}

static void tell_error(struct bd_frame_writer *writer)
{
	struct bd_error error = { .code = ENOENT, .kind = BD_KIND_NOT_FOUND, .message = "no \x1b kernel" };

	kernel(writer);
	bd_frame_error(writer, BD_FRAME_ERROR, &error);
}

static void its_own_error_is_passed_on(void **state)
{
	(void)state;
	assert_int_equal(take(tell_error), -1);
	assert_int_equal(err.code, ENOENT);
	assert_int_equal(err.kind, BD_KIND_NOT_FOUND);
	assert_string_equal(err.message, "no \\x1b kernel");
}

static void tell_for_ever(struct bd_frame_writer *writer)
{
	kernel(writer);
	for (;;)
		bd_result_send_zeros(writer, 1);
}

static void stay_silent(struct bd_frame_writer *writer)
{
	kernel(writer);
	bd_frame_flush(writer);
	for (volatile unsigned i = 0;; i++)
		;
}

static void it_comes_to_an_end(void **state)
{
	struct bd_result_target to = target();

	(void)state;
	assert_int_equal(take_for(tell_for_ever, &to, 60), -1);
	assert_int_equal(err.code, EFBIG);
	/* Without that limit, by the clock. */
	to.file_bytes_max = UINT64_MAX;
	assert_int_equal(take_for(tell_for_ever, &to, 1), -1);
	assert_int_equal(err.code, ETIME);
	assert_int_equal(take_for(stay_silent, &to, 1), -1);
	assert_int_equal(err.code, ETIME);
}

static void a_disk_that_is_cut_short_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(ftruncate(disk_fd, 4096), 0);
	assert_int_equal(take(large_range), -1);
	assert_int_equal(err.code, EFBIG); /* before anything is read */
	assert_int_equal(take(tell_all), -1);
	assert_int_equal(err.code, EIO);
	assert_non_null(strstr(err.message, "the disk"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_are_made_of_the_disk, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_initrd_and_arguments_need_not_be, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_files_names_are_enough, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_malformed_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(room_is_made_and_is_not_content, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_child_can_look_at_what_it_has_had_copied, set_up, tear_down),
		cmocka_unit_test_setup_teardown(texts_may_be_as_long_as_they_may, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_entry_says_its_file_and_the_menu_why_it_is_the_default, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_menu_that_is_opened_takes_the_place_of_the_other, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_file_has_a_maximum, set_up, tear_down),
		cmocka_unit_test_setup_teardown(its_own_error_is_passed_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_comes_to_an_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_disk_that_is_cut_short_is_an_error, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
