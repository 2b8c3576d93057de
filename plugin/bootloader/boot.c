/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of steps: what needs power comes first, then the child, then what needs its answer. */
#include "bootloader/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/text.h"
#include "bootloader/answer.h"
#include "bootloader/boot_file.h"
#include "bootloader/grub_fstest.h"
#include "bootloader/identity.h"
#include "bootloader/menu/list.h"
#include "bootloader/menu/terminal.h"
#include "bootloader/reading/reader.h"
#include "bootloader/reading/request.h"
#include "bootloader/result.h"
#include "bootloader/unpacking.h"
#include "bootloader/xen_release.h"
#include "sandbox/confine.h"

#define TIMEOUT_S 5 /* of a menu for which nothing is said, or no end */

struct booting {
	const struct bd_xlboot_options *options;
	int disk_fd; /* owned */
	uint64_t disk_bytes;
	bool is_file; /* of a device, libblkid looks for more in sysfs, which is refused, but no sign of anything */
	struct bd_identity identity;
	struct bd_boot_file files[BD_BOOT_FILES];
	struct bd_answer_output output;
	struct bd_result result;
};

static void booting_dispose(struct booting *booting)
{
	bd_cleanup_close(&booting->disk_fd);
	booting->disk_fd = -1;
	for (size_t i = 0; i < BD_BOOT_FILES; i++)
		bd_boot_file_dispose(&booting->files[i]);
	bd_answer_output_dispose(&booting->output);
	bd_result_dispose(&booting->result);
}

/* --- with power --------------------------------------------------------------------------------------------------- */

/* A file or a block device alike; the child inherits it, and needs no right to the path. */
static int open_disk(struct booting *booting, struct bd_error *err)
{
	const char *path = booting->options->disk;
	struct stat file;

	booting->disk_fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (booting->disk_fd < 0)
		return bd_fail_errno(err, "cannot open %s", path);
	if (fstat(booting->disk_fd, &file) != 0)
		return bd_fail_errno(err, "cannot look at %s", path);
	if (!S_ISREG(file.st_mode) && !S_ISBLK(file.st_mode))
		return bd_fail(err, ENOTBLK, "%s is neither a file nor a block device", path);
	booting->is_file = S_ISREG(file.st_mode);
	off_t size = lseek(booting->disk_fd, 0, SEEK_END);
	if (size < 0 || lseek(booting->disk_fd, 0, SEEK_SET) < 0)
		return bd_fail_errno(err, "cannot tell the size of %s", path);
	booting->disk_bytes = (uint64_t)size;
	return 0;
}

static int choose_identity(struct booting *booting, struct bd_error *err)
{
	const struct bd_identity_users users = bd_identity_host_users();
	const struct bd_xlboot_options *options = booting->options;

	if (bd_identity_choose(options->run_as, options->output_directory, &users, &booting->identity, err) != 0)
		return -1;
	if (*booting->identity.note)
		bd_warn("%s", booting->identity.note);
	bd_debug("the disk is read as uid %u, gid %u", (unsigned)booting->identity.uid,
		 (unsigned)booting->identity.gid);
	return 0;
}

static int create_files(struct booting *booting, struct bd_error *err)
{
	const struct bd_xlboot_options *options = booting->options;

	if (options->not_really)
		return 0;
	for (int kind = 0; kind < BD_BOOT_FILES; kind++)
		if ((kind == BD_BOOT_KERNEL || options->ramdisk || !options->kernel) &&
		    bd_boot_file_create(options->output_directory, BD_XLBOOT_DIRECTORY, (enum bd_boot_file_kind)kind,
					&booting->files[kind], err) != 0)
			return -1;
	return 0;
}

/* --- the child ---------------------------------------------------------------------------------------------------- */

/* The entry that somebody at the terminal chooses. A menu that waits for ever would keep a guest from starting that nobody looks at. */
static int choose(void *context, const struct bd_bootmenu *menu, bool is_first, struct bd_result_choice *choice_out,
		  char **arguments_out, struct bd_error *err)
{
	BD_DISPOSE(bd_menu_choice_dispose) struct bd_menu_choice choice = { .index = 0 };
	struct bd_bootmenu shown = *menu;
	const struct bd_menu_request request = { .menu = &shown,
						 .heading = "xen-bigdisk-boot " BD_VERSION,
						 .input_fd = STDIN_FILENO,
						 .output_fd = STDOUT_FILENO };
	(void)context;

	if (shown.timeout_s < 0)
		shown.timeout_s = TIMEOUT_S;
	/* Somebody is there who has opened it. */
	if (!is_first)
		shown.timeout_s = -1;
	if (bd_menu_ask(&request, &choice, err) != 0)
		return -1;
	choice_out->number = (uint32_t)choice.index;
	choice_out->arguments_bytes = choice.arguments ? (uint32_t)strlen(choice.arguments) : UINT32_MAX;
	*arguments_out = bd_take_ptr(choice.arguments);
	return 0;
}

static void pass_message(void *context, enum bd_log_level level, const char *text)
{
	(void)context;
	bd_log(level, "%s", text);
}

/* Of the children that look at what the disk has. */
static struct bd_sandbox_job confinement(const struct booting *booting)
{
	const struct bd_xlboot_options *options = booting->options;

	return (struct bd_sandbox_job){ .input_fd = booting->disk_fd,
					.takes_requests = true,
					.memory_bytes = options->memory_bytes_max,
					.idle_cpu_s = options->seconds_max,
					.cpu_s = options->seconds_max,
					.uid = booting->identity.uid,
					.gid = booting->identity.gid,
					.own_users = true,
					.ends_openers = booting->is_file };
}

static bool only_lists(const struct bd_xlboot_options *options)
{
	return options->list_entries || options->is_config;
}

static enum bd_reader_aim aim_of(const struct bd_xlboot_options *options)
{
	if (options->is_config)
		return BD_READER_CONFIG;
	if (options->list_entries)
		return BD_READER_LIST;
	if (options->menu != BD_XLBOOT_MENU_NEVER && !options->kernel && !options->run_as &&
	    bd_menu_can_ask(STDIN_FILENO, STDOUT_FILENO) &&
	    (options->menu == BD_XLBOOT_MENU_ALWAYS || bd_menu_is_watched(STDOUT_FILENO)))
		return BD_READER_MENU;
	return BD_READER_BOOT;
}

static struct bd_reader_request request_of(const struct booting *booting)
{
	const struct bd_xlboot_options *options = booting->options;
	struct bd_reader_request request = { .aim = aim_of(options),
					     .kernel = options->kernel,
					     .ramdisk = options->ramdisk,
					     .arguments = options->arguments,
					     .entry = options->entry,
					     .disk_bytes = booting->disk_bytes,
					     .has_offset = options->has_offset,
					     .offset_bytes = options->offset_bytes,
					     .without_content = options->not_really,
					     .unpacking = options->unpacking };

	bd_xen_release_read(&request.xen_major, &request.xen_minor, &request.libraries);
	return request;
}

static int read_disk(struct booting *booting, struct bd_error *err)
{
	const struct bd_xlboot_options *options = booting->options;
	struct bd_reader_request request = request_of(booting);
	struct bd_sandbox_job job = confinement(booting);
	BD_DISPOSE(bd_grub_fstest_dispose) struct bd_grub_fstest grub = BD_GRUB_FSTEST_INIT;
	BD_DISPOSE(bd_frame_reader_dispose) struct bd_frame_reader reader = BD_FRAME_READER_INIT;
	const struct bd_result_target target = { .disk_fd = booting->disk_fd,
						 .disk_bytes = booting->disk_bytes,
						 .fds = { booting->files[BD_BOOT_KERNEL].fd,
							  booting->files[BD_BOOT_RAMDISK].fd },
						 .file_bytes_max = options->file_bytes_max,
						 .grub = &grub,
						 .choose = request.aim == BD_READER_MENU ? choose : NULL,
						 .without_kernel = only_lists(options),
						 .message = pass_message,
						 .context = booting };

	job.work = bd_reader_work;
	job.context = &request;
	if (bd_frame_reader_start(&reader, &job, err) != 0)
		return -1;
	bd_sandbox_set_deadline(&reader.sandbox, options->seconds_max * BD_XLBOOT_WALL_FACTOR);
	grub.deadline_s = reader.sandbox.deadline_s;
	/* Not the file's owner, who may be root, as it would choose itself. */
	bool is_nobody = booting->identity.uid == 0 && geteuid() == 0;
	grub.program = (struct bd_program){ .read_fd = booting->disk_fd,
					    .write_fd = -1,
					    .uid = is_nobody ? BD_SANDBOX_NOBODY : booting->identity.uid,
					    .gid = is_nobody ? BD_SANDBOX_NOBODY : booting->identity.gid,
					    .own_root = true,
					    .memory_bytes = options->memory_bytes_max };
	grub.cpu_s = options->seconds_max;
	return bd_result_read(&reader, &target, &booting->result, err) != 0 ? bd_wrap(err, "%s", options->disk) : 0;
}

/* The kernel, where libxc cannot, into a file that takes the place of the one that there is. */
static int unpack(struct booting *booting, struct bd_error *err)
{
	const struct bd_xlboot_options *options = booting->options;
	struct bd_boot_file *packed = &booting->files[BD_BOOT_KERNEL];
	BD_DISPOSE(bd_boot_file_dispose) struct bd_boot_file file = BD_BOOT_FILE_INIT;
	const struct bd_sandbox_job job = confinement(booting);

	if (!booting->result.packed || packed->fd < 0)
		return 0;
	bd_debug("the kernel is unpacked, as this Xen cannot do that (%s)", booting->result.packed);
	if (bd_boot_file_create(options->output_directory, BD_XLBOOT_DIRECTORY, BD_BOOT_KERNEL, &file, err) != 0 ||
	    bd_unpack_kernel(packed->fd, booting->result.files[BD_BOOT_KERNEL].size_bytes, file.fd, &job,
			     options->file_bytes_max, err) != 0)
		return -1;
	bd_boot_file_dispose(packed);
	*packed = file;
	file = (struct bd_boot_file)BD_BOOT_FILE_INIT;
	return 0;
}

/* --- the answer --------------------------------------------------------------------------------------------------- */

/* NULL: there is none of that kind. The caller frees. */
static int name_file(const struct booting *booting, enum bd_boot_file_kind kind, char **name_out,
		     struct bd_error *err)
{
	if (!booting->result.files[kind].is_there)
		return 0;
	/* What pygrub means to write, too; its newer versions write "None". */
	if (booting->options->not_really)
		return bd_text_format(name_out, err, "<%s:%s>", kind == BD_BOOT_KERNEL ? "kernel" : "ramdisk",
				      booting->result.files[kind].path);
	return bd_text_format(name_out, err, "%s", booting->files[kind].path);
}

static int encode(const struct booting *booting, char **text_out, size_t *size_out, struct bd_error *err)
{
	BD_FREE char *kernel = NULL, *ramdisk = NULL;

	if (name_file(booting, BD_BOOT_KERNEL, &kernel, err) != 0 ||
	    name_file(booting, BD_BOOT_RAMDISK, &ramdisk, err) != 0)
		return -1;
	const struct bd_answer answer = { .kernel = kernel,
					  .ramdisk = ramdisk,
					  .arguments = booting->result.arguments };
	return bd_answer_encode(&answer, booting->options->format, text_out, size_out, err);
}

static int write_answer(struct booting *booting, struct bd_error *err)
{
	BD_FREE char *text = NULL;
	size_t size;

	for (int i = 0; i < BD_BOOT_FILES; i++)
		if (booting->files[i].fd >= 0 && bd_boot_file_close(&booting->files[i], err) != 0)
			return -1;
	if (encode(booting, &text, &size, err) != 0 || bd_answer_output_write(&booting->output, text, size, err) != 0)
		return -1;
	for (int i = 0; i < BD_BOOT_FILES; i++)
		if (booting->result.files[i].is_there)
			bd_boot_file_keep(&booting->files[i]);
	return 0;
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

/* What pygrub's --isconfig prints. */
static int print_choice(const struct bd_bootmenu *menu, struct bd_error *err)
{
	const struct bd_bootmenu_entry *entry = &menu->entries[menu->default_index];

	bd_print(stdout, "  kernel: %s\n", entry->kernel.path ? entry->kernel.path : "None");
	for (size_t i = 0; i < entry->initrd_count; i++)
		bd_print(stdout, "  initrd: %s\n", entry->initrds[i].path);
	bd_print(stdout, "  args: %s\n", entry->arguments);
	return fflush(stdout) == 0 ? 0 : bd_fail_errno(err, "cannot write to standard output");
}

static int print_menu(const struct booting *booting, struct bd_error *err)
{
	const struct bd_bootmenu *menu = &booting->result.menu;

	if (booting->options->is_config && !booting->options->list_entries)
		return print_choice(menu, err);
	return booting->options->json ? bd_menu_list_json(menu, stdout, err) : bd_menu_list_text(menu, stdout, err);
}

static int check_options(const struct bd_xlboot_options *options, struct bd_error *err)
{
	if ((options->kernel && strlen(options->kernel) >= PATH_MAX) ||
	    (options->ramdisk && strlen(options->ramdisk) >= PATH_MAX))
		return bd_usage(err, "a path is too long");
	return 0;
}

static int open_all(struct booting *booting, struct bd_error *err)
{
	const struct bd_xlboot_options *options = booting->options;

	if (open_disk(booting, err) != 0 || choose_identity(booting, err) != 0)
		return -1;
	if (only_lists(options))
		return 0;
	return create_files(booting, err) != 0 ? -1 : bd_answer_output_open(options->output, &booting->output, err);
}

int bd_xlboot_run(const struct bd_xlboot_options *options, struct bd_error *err)
{
	BD_DISPOSE(booting_dispose)
	struct booting booting = { .options = options,
				   .disk_fd = -1,
				   .files = { BD_BOOT_FILE_INIT, BD_BOOT_FILE_INIT },
				   .output = BD_ANSWER_OUTPUT_INIT };

	if (check_options(options, err) != 0 || open_all(&booting, err) != 0 || read_disk(&booting, err) != 0)
		return -1;
	if (only_lists(options))
		return print_menu(&booting, err);
	return unpack(&booting, err) != 0 ? -1 : write_answer(&booting, err);
}
