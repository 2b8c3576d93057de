/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked for, from the disk to the frames. */
#include "bootloader/reading/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bootloader/reading/choose.h"
#include "bootloader/reading/config_file.h"
#include "bootloader/reading/disk.h"
#include "bootloader/reading/files.h"
#include "bootloader/reading/load.h"
#include "bootloader/reading/request.h"
#include "bootloader/result_frame.h"
#include "bootmenu/menu.h"
#include "sandbox/sandbox.h"

/* --- a kernel by its path ----------------------------------------------------------------------------------------- */

/* *found_out: a device that has it. In pygrub's order: the active partition first; what takes longer to read is last. */
static int find_kernel(struct bd_boot_disk *disk, const char *path, const struct bd_boot_device **found_out,
		       struct bd_error *err)
{
	struct bd_bootmenu_files files = bd_boot_files(disk);
	char type;

	for (int pass = 0; pass < 2 * BD_BOOT_DEVICE_KINDS; pass++) {
		enum bd_boot_device_kind kind = (enum bd_boot_device_kind)(pass / 2);
		bool active = pass % 2 == 0;
		if (kind == BD_BOOT_DEVICE_OTHER && bd_boot_disk_ask_devices(disk, err) != 0)
			return -1;
		for (size_t i = 0; i < disk->devices.count; i++) {
			const struct bd_boot_device *device = disk->devices.items[i];
			if (bd_boot_device_kind(device) != kind || device->is_active != active)
				continue;
			if (files.look(files.source, device->name, path, &type, err) != 0)
				return -1;
			if (type) {
				*found_out = device;
				return 0;
			}
		}
	}
	return bd_not_found(err, "there is no %.300s on the disk", path);
}

static int boot_kernel(struct bd_boot_disk *disk, const struct bd_reader_request *request, struct bd_error *err)
{
	struct bd_bootmenu_entry entry = { .kernel = { .path = (char *)request->kernel },
					   .initrds = { { .path = (char *)request->ramdisk } },
					   .initrd_count = request->ramdisk ? 1 : 0 };
	const struct bd_boot_device *device = NULL;

	if (find_kernel(disk, request->kernel, &device, err) != 0)
		return -1;
	return bd_boot_load(disk, request, device->name, &entry, err);
}

/* --- the menu ----------------------------------------------------------------------------------------------------- */

/* As GRUB writes it; device "": without one. */
static void put_place(struct bd_boot_disk *disk, const char *device, const struct bd_bootmenu_path *path)
{
	char text[BD_BOOTMENU_TEXT_MAX + BD_BOOTMENU_DEVICE_SIZE + BD_BOOTMENU_NEWC_NAME_MAX + 16] = "";
	const char *member = path->newc_name;

	snprintf(text, sizeof(text), "%s%s%s%s%s%s%s", member ? "newc:" : "", member ? member : "", member ? ":" : "",
		 *device ? "(" : "", device, *device ? ")" : "", path->path ? path->path : "");
	text[BD_BOOTMENU_TEXT_MAX - 1] = '\0';
	bd_frame_put_text(&disk->writer, text);
}

/* device: of the configuration; "" in a path means it, and so does one that the disk has not (reading/load.c). */
static const char *device_of(struct bd_boot_disk *disk, const struct bd_bootmenu_path *path, const char *device)
{
	return path->device && bd_boot_devices_find(&disk->devices, path->device) ? path->device : device;
}

/* With its device where that is another than the configuration's. */
static void put_path(struct bd_boot_disk *disk, const struct bd_bootmenu_path *path, const char *device)
{
	const char *its = device_of(disk, path, device);

	put_place(disk, strcmp(its, device) != 0 ? its : "", path);
}

/* With its device in any case. */
static void put_file(struct bd_boot_disk *disk, const struct bd_bootmenu_path *path, const char *device)
{
	put_place(disk, path->path ? device_of(disk, path, device) : "", path);
}

static void send_entry(struct bd_boot_disk *disk, const struct bd_bootmenu_entry *entry, const char *device)
{
	struct bd_frame_writer *writer = &disk->writer;

	bd_frame_begin(writer, (enum bd_frame_kind)BD_RESULT_ENTRY);
	bd_frame_put32(writer, (entry->id ? BD_RESULT_ENTRY_HAS_ID : 0) |
				       (entry->submenu ? BD_RESULT_ENTRY_HAS_SUBMENU : 0) |
				       (entry->kernel.path ? BD_RESULT_ENTRY_HAS_KERNEL : 0) |
				       (entry->obstacle ? BD_RESULT_ENTRY_HAS_OBSTACLE : 0) |
				       (entry->defined_in.path ? BD_RESULT_ENTRY_HAS_FILE : 0) |
				       (entry->opens ? BD_RESULT_ENTRY_OPENS : 0));
	bd_frame_put_text(writer, entry->title);
	bd_frame_put_text(writer, entry->id);
	bd_frame_put_text(writer, entry->submenu);
	put_path(disk, &entry->kernel, device);
	bd_frame_put_text(writer, device_of(disk, &entry->kernel, device));
	bd_frame_put_text(writer, entry->arguments);
	bd_frame_put_text(writer, entry->obstacle);
	put_file(disk, &entry->defined_in, device);
	bd_frame_put32(writer, (uint32_t)entry->initrd_count);
	for (size_t i = 0; i < entry->initrd_count; i++)
		put_path(disk, &entry->initrds[i], device);
	bd_frame_end(writer);
}

static void send_menu(struct bd_boot_disk *disk, const struct bd_bootmenu *menu, const char *device)
{
	for (size_t i = 0; i < menu->count; i++)
		send_entry(disk, &menu->entries[i], device);
	bd_frame_begin(&disk->writer, (enum bd_frame_kind)BD_RESULT_MENU);
	bd_frame_put32(&disk->writer, (uint32_t)menu->default_index);
	bd_frame_put32(&disk->writer, menu->timeout_s < 0 ? UINT32_MAX : (uint32_t)menu->timeout_s);
	bd_frame_put_text(&disk->writer, menu->chosen_by);
	bd_frame_end(&disk->writer);
	bd_frame_flush(&disk->writer);
}

/* The entry that a person has chosen, with the arguments that it then has. */
static int receive_choice(struct bd_bootmenu *menu, size_t *number_out, struct bd_error *err)
{
	struct bd_result_choice choice;

	if (!bd_sandbox_receive(&choice, sizeof(choice)) || choice.number >= menu->count)
		return bd_fail(err, EIO, "the parent process has ended");
	*number_out = choice.number;
	if (choice.arguments_bytes == UINT32_MAX)
		return 0;
	if (choice.arguments_bytes >= BD_BOOTMENU_TEXT_MAX)
		return bd_fail(err, EIO, "the arguments are too long");
	char **arguments = &menu->entries[choice.number].arguments;
	free(*arguments);
	*arguments = calloc(1, choice.arguments_bytes + 1);
	if (!*arguments)
		return bd_no_memory(err);
	return bd_sandbox_receive(*arguments, choice.arguments_bytes) ? 0 : bd_fail(err, EIO, "the parent has ended");
}

/* Until an entry is chosen that does not open another menu. */
static int ask(struct bd_boot_disk *disk, struct bd_boot_choice *choice, size_t *number_out, struct bd_error *err)
{
	for (;;) {
		BD_DISPOSE(bd_boot_choice_dispose) struct bd_boot_choice opened = { .device = NULL };
		send_menu(disk, &choice->menu, choice->device->name);
		if (receive_choice(&choice->menu, number_out, err) != 0)
			return -1;
		if (!choice->menu.entries[*number_out].opens)
			return 0;
		if (bd_boot_choose_opened(disk, choice, *number_out, &opened, err) != 0)
			return -1;
		bd_boot_choice_dispose(choice);
		*choice = bd_take_struct(opened);
	}
}

static int boot_entry(struct bd_boot_disk *disk, const struct bd_reader_request *request, struct bd_error *err)
{
	BD_DISPOSE(bd_boot_choice_dispose) struct bd_boot_choice choice = { .device = NULL };

	if (bd_boot_choose_menu(disk, &choice, err) != 0 || bd_boot_choose(disk, &choice, request->entry, err) != 0)
		return -1;
	size_t number = choice.menu.default_index;
	if (request->aim == BD_READER_LIST) {
		send_menu(disk, &choice.menu, choice.device->name);
		return 0;
	}
	if (request->aim == BD_READER_MENU && ask(disk, &choice, &number, err) != 0)
		return -1;
	const struct bd_bootmenu_entry *entry = &choice.menu.entries[number];
	bd_boot_disk_tell(disk, BD_LOG_DEBUG, "%s: %s", choice.origin, entry->title);
	if (number == choice.menu.default_index && choice.menu.chosen_by)
		bd_boot_disk_tell(disk, BD_LOG_DEBUG, "it is chosen by %s", choice.menu.chosen_by);
	bd_result_send_text(&disk->writer, BD_RESULT_TITLE, entry->title);
	if (bd_boot_load(disk, request, choice.device->name, entry, err) != 0)
		return bd_wrap(err, "%.200s: %.200s", choice.origin, entry->title);
	return 0;
}

static int list_config(struct bd_boot_disk *disk, const struct bd_reader_request *request, int fd,
		       struct bd_error *err)
{
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { 0 };

	if (bd_config_file_read(fd, request->disk_bytes, &menu, err) != 0 ||
	    bd_boot_choose_entry(disk, &menu, request->entry, err) != 0)
		return -1;
	send_menu(disk, &menu, "");
	return 0;
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static int read_disk(struct bd_boot_disk *disk, const struct bd_reader_request *request, int fd, struct bd_error *err)
{
	if (request->aim == BD_READER_CONFIG)
		return list_config(disk, request, fd, err);
	if (bd_boot_disk_open(fd, request->disk_bytes, request->has_offset, request->offset_bytes, disk, err) != 0)
		return -1;
	return request->kernel && request->aim == BD_READER_BOOT ? boot_kernel(disk, request, err)
								 : boot_entry(disk, request, err);
}

void bd_reader_work(void *context, int input_fd, int output_fd)
{
	struct bd_boot_disk disk = { .fd = input_fd };
	struct bd_error err = BD_ERROR_INIT;

	if (!bd_frame_writer_init(&disk.writer, output_fd))
		_exit(1);
	if (read_disk(&disk, context, input_fd, &err) == 0)
		bd_frame_end_stream(&disk.writer, 0);
	else
		bd_frame_error(&disk.writer, BD_FRAME_ERROR, &err);
	bd_frame_flush(&disk.writer);
	bd_boot_disk_dispose(&disk);
}
