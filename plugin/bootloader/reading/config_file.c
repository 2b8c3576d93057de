/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk that has the one file, in all the places that such files are in. */
#include "bootloader/reading/config_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "bootmenu/bls.h"
#include "bootmenu/bls_list.h"
#include "bootmenu/find.h"
#include "bootmenu/grub_menu.h"

#define PATH "/boot/configuration"

struct file {
	char *data; /* owned */
	size_t size;
};

static void file_dispose(struct file *file)
{
	free(file->data);
}

static int read_text(void *source, const char *device, const char *path, size_t limit_bytes, char **text_out,
		     size_t *size_out, struct bd_error *err)
{
	const struct file *file = source;
	(void)device;

	*text_out = NULL;
	if (strcmp(path, PATH) != 0)
		return 0;
	if (file->size > limit_bytes)
		return bd_fail(err, EFBIG, "it is too large");
	*text_out = malloc(file->size + 1);
	if (!*text_out)
		return bd_no_memory(err);
	memcpy(*text_out, file->data, file->size + 1);
	*size_out = file->size;
	return 0;
}

static int look(void *source, const char *device, const char *path, char *type_out, struct bd_error *err)
{
	(void)source;
	(void)device;
	(void)err;

	*type_out = strcmp(path, PATH) == 0 ? 'f' : '\0';
	return 0;
}

static int list(void *source, const char *device, const char *path,
		int (*visit)(void *context, const char *name, struct bd_error *err), void *context,
		struct bd_error *err)
{
	(void)source;
	(void)device;
	(void)path;
	(void)visit;
	(void)context;
	(void)err;
	return 0;
}

static int search(void *source, enum bd_bootmenu_search by, const char *what,
		  char device_out[BD_BOOTMENU_DEVICE_SIZE], bool *found_out, struct bd_error *err)
{
	(void)source;
	(void)by;
	(void)what;
	(void)device_out;
	(void)err;

	*found_out = false;
	return 0;
}

static int read_all(int fd, struct file *file, struct bd_error *err)
{
	file->data = calloc(1, file->size + 1);
	if (!file->data)
		return bd_no_memory(err);
	for (size_t done = 0; done < file->size;) {
		ssize_t r = TEMP_FAILURE_RETRY(read(fd, file->data + done, file->size - done));
		if (r <= 0)
			return bd_fail(err, EIO, "it cannot be read");
		done += (size_t)r;
	}
	return 0;
}

static int find(struct bd_bootmenu_files *files, struct bd_bootmenu_found *found_out, struct bd_error *err)
{
	static const struct bd_bootmenu_place places[] = { { BD_BOOTMENU_GRUB_CFG, PATH },
							   { BD_BOOTMENU_EXTLINUX, PATH },
							   { BD_BOOTMENU_MENU_LST, PATH },
							   { BD_BOOTMENU_NOTHING, NULL } };
	struct bd_bootmenu_grub grub = { .files = files };
	const struct bd_bootmenu_find_request request = { .files = files,
							  .device = "",
							  .places = places,
							  .read_grub_cfg = bd_bootmenu_read_grub_cfg,
							  .grub_context = &grub };

	return bd_bootmenu_find(&request, found_out, err);
}

/* An entry of the Boot Loader Specification; the text is changed. */
static int read_entry(const struct bd_bootmenu_files *files, struct file *file, struct bd_bootmenu *menu,
		      struct bd_error *err)
{
	BD_DISPOSE(bd_bls_list_dispose) struct bd_bls_list entries = { 0 };
	const struct bd_bls_request request = {
		.files = files, .device = "", .folder = "/loader/entries", .rules = BD_BLS_SPECIFICATION
	};

	if (bd_bls_parse(&request, "entry.conf", file->data, file->size, &entries, err) != 0)
		return -1;
	return bd_bls_list_move(&entries, menu, err);
}

int bd_config_file_read(int fd, uint64_t size_bytes, struct bd_bootmenu *menu_out, struct bd_error *err)
{
	BD_DISPOSE(file_dispose) struct file file = { .size = (size_t)size_bytes };
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { .kind = BD_BOOTMENU_NOTHING };
	struct bd_bootmenu_files files = {
		.source = &file, .read = read_text, .look = look, .list = list, .search = search
	};

	if (size_bytes > BD_CONFIG_FILE_MAX)
		return bd_fail(err, EFBIG, "it is larger than %u KiB", BD_CONFIG_FILE_MAX >> 10);
	if (read_all(fd, &file, err) != 0 || find(&files, &found, err) != 0)
		return -1;
	if (!found.menu.count) {
		found.menu.timeout_s = -1;
		if (read_entry(&files, &file, &found.menu, err) != 0)
			return -1;
	}
	if (!found.menu.count)
		return bd_fail(err, EINVAL, "%s", *found.problem ? found.problem : "it has no entry to boot");
	/* Which file that is, is known. */
	for (size_t i = 0; i < found.menu.count; i++)
		bd_bootmenu_path_dispose(&found.menu.entries[i].defined_in);
	*menu_out = bd_take_struct(found.menu);
	return 0;
}
