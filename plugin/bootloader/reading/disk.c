/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices, and what their filesystems are opened by. */
#include "bootloader/reading/disk.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bootloader/reading/asking.h"
#include "bootloader/reading/path.h"
#include "bootloader/result_frame.h"

#define NOTES_MAX 48 /* of BD_RESULT_MESSAGES_MAX */
#define DEVICES_TEXT_MAX (256u << 10)

void bd_boot_disk_tell(struct bd_boot_disk *disk, enum bd_log_level level, const char *format, ...)
{
	char text[BD_RESULT_MESSAGE_MAX + 1];
	va_list args;

	if (disk->note_count++ >= NOTES_MAX)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	bd_result_send_message(&disk->writer, level, text);
}

void bd_boot_disk_dispose(struct bd_boot_disk *disk)
{
	bd_boot_devices_dispose(&disk->devices);
	for (size_t i = 0; i < disk->folder_count; i++) {
		free(disk->folders[i].path);
		bd_grub_listing_dispose(&disk->folders[i].listing);
	}
	for (size_t i = 0; i < disk->text_count; i++) {
		free(disk->texts[i].path);
		free(disk->texts[i].data);
	}
	free(disk->folders);
	free(disk->texts);
	disk->folders = NULL;
	disk->texts = NULL;
	disk->folder_count = disk->text_count = 0;
}

int bd_boot_disk_open(int fd, uint64_t disk_bytes, bool has_offset, uint64_t offset_bytes, struct bd_boot_disk *disk,
		      struct bd_error *err)
{
	disk->fd = fd;
	disk->disk_bytes = disk_bytes;
	disk->may_ask = !has_offset;
	return bd_boot_devices_read(fd, has_offset, offset_bytes, &disk->devices, err);
}

struct bd_places_fs *bd_boot_disk_ext(struct bd_boot_disk *disk, struct bd_boot_device *device)
{
	struct bd_error err = BD_ERROR_INIT;
	bool may_be_old = false;

	if (device->fs || device->is_dropped)
		return device->fs;
	if (bd_places_open(disk->fd, device->offset_bytes, disk->disk_bytes, &device->fs, &may_be_old, &err) != 0) {
		device->is_dropped = true;
		bd_boot_disk_tell(disk, BD_LOG_WARNING, "the filesystem on %s cannot be read: %s", device->name,
				  err.message);
		return NULL;
	}
	if (may_be_old)
		bd_boot_disk_tell(
			disk, BD_LOG_WARNING,
			"the filesystem on %s was not unmounted, and its journal cannot be read through: files may be old",
			device->name);
	if (!*device->uuid) {
		char uuid[BD_UUID_TEXT_SIZE], label[17];
		bd_places_identity(device->fs, uuid, label);
		snprintf(device->uuid, sizeof(device->uuid), "%s", uuid);
		snprintf(device->label, sizeof(device->label), "%s", label);
	}
	return device->fs;
}

/* --- grub-fstest -------------------------------------------------------------------------------------------------- */

static int take_device(void *context, const char *grub_name, const char *type, const char *uuid, const char *label,
		       struct bd_error *err)
{
	struct bd_boot_disk *disk = context;

	return bd_boot_devices_take(&disk->devices, grub_name, type, uuid, label, err);
}

void bd_boot_disk_lacks_grub(struct bd_boot_disk *disk, const char *reason)
{
	disk->may_ask = false;
	bd_boot_disk_tell(disk, BD_LOG_WARNING, "filesystems other than ext2, ext3 and ext4 are not read: %s",
			  reason);
}

bool bd_boot_disk_reads(const struct bd_boot_disk *disk, const struct bd_boot_device *device)
{
	if (device->is_dropped)
		return false;
	return device->is_ext || (disk->may_ask && (device->is_known || disk->was_asked));
}

int bd_boot_disk_ask_devices(struct bd_boot_disk *disk, struct bd_error *err)
{
	const struct bd_asking asking = { .what = BD_ASK_LIST, .limit_bytes = DEVICES_TEXT_MAX };
	struct bd_error failure = BD_ERROR_INIT;
	BD_FREE char *text = NULL;
	size_t size;

	if (disk->was_asked || !disk->may_ask)
		return 0;
	disk->was_asked = true;
	if (bd_ask_grub(&disk->writer, &asking, &text, &size, &failure) != 0) {
		bd_boot_disk_lacks_grub(disk, failure.message);
		return 0;
	}
	return bd_grub_devices_parse(text, take_device, disk, err);
}

int bd_boot_disk_grub_path(const struct bd_boot_device *device, const char *path, char **path_out,
			   struct bd_error *err)
{
	char clean[BD_BOOTMENU_TEXT_MAX];

	if (!bd_boot_path_clean(path, clean))
		return bd_fail(err, ENAMETOOLONG, "a path is too long");
	return bd_text_format(path_out, err, "(%s)%s", device->grub_name, clean);
}
