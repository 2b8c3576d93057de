/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listings and texts, and when they are asked for. */
#include "bootloader/reading/by_grub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "bootloader/reading/asking.h"
#include "bootloader/reading/path.h"

#define FOLDERS_MAX 1024 /* that are asked for in all */
#define TEXTS_MAX 2048
#define LISTINGS_TEXT_MAX (4u << 20)
#define SMALL_BYTES (64u << 10)

/* Where boot loaders have their configuration (bootmenu/find.h): the most common ones are asked for first, and, of the others, only what
 * that shows to be there. A directory that is not there takes a tenth of the time of another run. */
#define FIRST_COUNT 7
static const char *const usual[] = {
	"",
	"/boot",
	"/boot/grub",
	"/boot/grub2",
	"/grub2",
	"/loader",
	"/loader/entries",
	/* the others */
	"/grub",
	"/boot/loader",
	"/boot/loader/entries",
	"/EFI",
	"/EFI/Linux",
	"/boot/EFI",
	"/boot/extlinux",
	"/boot/syslinux",
	"/boot/isolinux",
	"/extlinux",
	"/syslinux",
};
#define USUAL_COUNT (sizeof(usual) / sizeof(*usual))
_Static_assert(USUAL_COUNT <= BD_BY_GRUB_TOGETHER_MAX, "they are asked for together");

/* --- directories -------------------------------------------------------------------------------------------------- */

static bool is_same_path(const struct bd_boot_device *device, const char *one, const char *other)
{
	return (device->ignores_case ? strcasecmp(one, other) : strcmp(one, other)) == 0;
}

static struct bd_boot_folder *find_folder(const struct bd_boot_disk *disk, const struct bd_boot_device *device,
					  const char *path)
{
	for (size_t i = 0; i < disk->folder_count; i++)
		if (disk->folders[i].device == device && is_same_path(device, disk->folders[i].path, path))
			return &disk->folders[i];
	return NULL;
}

static int add_folder(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *path,
		      struct bd_grub_listing *listing, struct bd_error *err)
{
	if (disk->folder_count == FOLDERS_MAX)
		return bd_fail(err, E2BIG, "the boot configuration looks into too many directories");
	if (bd_array_grow(disk->folders, disk->folder_count, err) != 0)
		return -1;
	char *copy = strdup(path);
	if (!copy)
		return bd_no_memory(err);
	disk->folders[disk->folder_count++] =
		(struct bd_boot_folder){ .device = device, .path = copy, .listing = bd_take_struct(*listing) };
	return 0;
}

/* The answer has the listing of each, and a separator behind it. */
static int take_listings(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *const *paths,
			 size_t count, char *text, struct bd_error *err)
{
	for (size_t i = 0; i < count; i++) {
		BD_DISPOSE(bd_grub_listing_dispose) struct bd_grub_listing listing = { 0 };
		if (bd_grub_listing_next(&text, &listing, err) != 0 ||
		    add_folder(disk, device, paths[i], &listing, err) != 0)
			return -1;
	}
	return 0;
}

struct paths {
	char *texts[BD_BY_GRUB_TOGETHER_MAX]; /* owned */
};

static void paths_dispose(struct paths *paths)
{
	for (size_t i = 0; i < sizeof(paths->texts) / sizeof(*paths->texts); i++)
		free(paths->texts[i]);
}

static const struct bd_grub_name *find_name(const struct bd_boot_device *device,
					    const struct bd_grub_listing *listing, const char *name, size_t size)
{
	for (size_t i = 0; i < listing->count; i++)
		if (strlen(listing->names[i].name) == size &&
		    (device->ignores_case ? strncasecmp : strncmp)(listing->names[i].name, name, size) == 0)
			return &listing->names[i];
	return NULL;
}

/* By the directories that are known: without "loader" in "/boot", there is no "/boot/loader/entries". That is not so where "loader" is a
 * symbolic link, which GRUB does not list: what is asked for by name is asked for all the same. path is clean. */
static bool is_ruled_out(const struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *path)
{
	char above[BD_BOOTMENU_TEXT_MAX];
	size_t size = strlen(path);

	if (size >= sizeof(above))
		return true;
	memcpy(above, path, size + 1);
	for (char *slash = strrchr(above, '/'); slash; slash = strrchr(above, '/')) {
		*slash = '\0';
		const struct bd_boot_folder *folder = find_folder(disk, device, above);
		if (!folder)
			continue;
		const char *name = path + (slash - above) + 1;
		const struct bd_grub_name *item = find_name(device, &folder->listing, name, strcspn(name, "/"));
		return !item || item->type != 'd';
	}
	return false;
}

/* 1: they cannot be listed. */
static int ask_listings(struct bd_boot_disk *disk, const struct bd_asking *asking, char **text_out,
			struct bd_error *failure, struct bd_error *err)
{
	size_t size;

	if (bd_ask_grub(&disk->writer, asking, text_out, &size, failure) == 0)
		return 0;
	if (failure->code == ENOPKG)
		bd_boot_disk_lacks_grub(disk, failure->message);
	if (failure->code != ENOMEM)
		return 1;
	*err = *failure;
	return -1;
}

/* All at once. 1: they cannot be listed, or not all of them. */
static int ask_at_once(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *const *paths,
		       size_t count, struct bd_error *failure, struct bd_error *err)
{
	BD_DISPOSE(paths_dispose) struct paths full = { { NULL } };
	const char *asked[2 * BD_BY_GRUB_TOGETHER_MAX];
	BD_FREE char *text = NULL;

	for (size_t i = 0; i < count; i++) {
		if (bd_text_format(&full.texts[i], err, "(%s)%s/", device->grub_name, paths[i]) != 0)
			return -1;
		asked[2 * i] = full.texts[i];
		asked[2 * i + 1] = BD_ASK_SEPARATOR;
	}
	const struct bd_asking asking = {
		.what = BD_ASK_LIST, .paths = asked, .count = 2 * count, .limit_bytes = LISTINGS_TEXT_MAX
	};
	int r = ask_listings(disk, &asking, &text, failure, err);
	return r ? r : take_listings(disk, device, paths, count, text, err);
}

static int add_nothing(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *path,
		       struct bd_error *err)
{
	struct bd_grub_listing nothing = { 0 };

	return add_folder(disk, device, path, &nothing, err);
}

/* What cannot be listed is empty. */
static int ask_alone(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *path,
		     struct bd_error *err)
{
	struct bd_error failure = BD_ERROR_INIT;

	if (disk->may_ask) {
		int r = ask_at_once(disk, device, &path, 1, &failure, err);
		if (r <= 0)
			return r;
		if (disk->may_ask)
			bd_boot_disk_tell(disk, BD_LOG_WARNING, "%s%s: %s", device->name, path, failure.message);
	}
	return add_nothing(disk, device, path, err);
}

/* One that is damaged or too large does not hide the others: then each is asked for by itself, as far as it may be there. */
static int ask_folders(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *const *paths,
		       size_t count, struct bd_error *err)
{
	struct bd_error failure = BD_ERROR_INIT;

	if (count > 1 && disk->may_ask) {
		int r = ask_at_once(disk, device, paths, count, &failure, err);
		if (r <= 0)
			return r;
	}
	for (size_t i = 0; i < count; i++) {
		bool is_out = count > 1 && is_ruled_out(disk, device, paths[i]);
		if ((is_out ? add_nothing : ask_alone)(disk, device, paths[i], err) != 0)
			return -1;
	}
	return 0;
}

/* Those that are not known yet, which they are then. count <= BD_BY_GRUB_TOGETHER_MAX. */
static int ask_new(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *const *paths,
		   size_t count, struct bd_error *err)
{
	const char *others[BD_BY_GRUB_TOGETHER_MAX];
	size_t other_count = 0;

	for (size_t i = 0; i < count; i++) {
		if (find_folder(disk, device, paths[i]))
			continue;
		if (!is_ruled_out(disk, device, paths[i]))
			others[other_count++] = paths[i];
		else if (add_nothing(disk, device, paths[i], err) != 0)
			return -1;
	}
	return other_count ? ask_folders(disk, device, others, other_count, err) : 0;
}

/* root: "" or "/@". */
static int ask_usual(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *root,
		     struct bd_error *err)
{
	BD_DISPOSE(paths_dispose) struct paths paths = { { NULL } };
	const char *const *texts = (const char *const *)paths.texts;

	for (size_t i = 0; i < USUAL_COUNT; i++)
		if (bd_text_format(&paths.texts[i], err, "%s%s", root, usual[i]) != 0)
			return -1;
	if (find_folder(disk, device, texts[FIRST_COUNT - 1]))
		return 0;
	if (ask_new(disk, device, texts, FIRST_COUNT, err) != 0)
		return -1;
	return ask_new(disk, device, texts + FIRST_COUNT, USUAL_COUNT - FIRST_COUNT, err);
}

int bd_by_grub_load_folders(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *const *paths,
			    size_t count, struct bd_error *err)
{
	return ask_new(disk, device, paths, count, err);
}

int bd_by_grub_load_usual(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *root,
			  struct bd_error *err)
{
	BD_FREE char *path = NULL;

	return bd_text_format(&path, err, "/%s", root) == 0 ? ask_usual(disk, device, path, err) : -1;
}

/* path is clean. */
static int find_listing(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *path,
			const struct bd_grub_listing **listing_out, struct bd_error *err)
{
	if (ask_usual(disk, device, "", err) != 0 ||
	    (!find_folder(disk, device, path) && ask_folders(disk, device, &path, 1, err) != 0))
		return -1;
	*listing_out = &find_folder(disk, device, path)->listing;
	return 0;
}

int bd_by_grub_list(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *path,
		    const struct bd_grub_listing **listing_out, struct bd_error *err)
{
	char clean[BD_BOOTMENU_TEXT_MAX];

	if (!bd_boot_path_clean(path, clean))
		return bd_fail(err, ENAMETOOLONG, "a path is too long");
	return find_listing(disk, device, clean, listing_out, err);
}

int bd_by_grub_look(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *path, char *type_out,
		    uint64_t *size_out, struct bd_error *err)
{
	const struct bd_grub_listing *listing;
	char clean[BD_BOOTMENU_TEXT_MAX];

	*type_out = '\0';
	*size_out = 0;
	if (!bd_boot_path_clean(path, clean))
		return 0;
	char *slash = strrchr(clean, '/');
	if (!slash) {
		*type_out = 'd';
		return 0;
	}
	*slash = '\0';
	if (find_listing(disk, device, clean, &listing, err) != 0)
		return -1;
	const struct bd_grub_name *name = find_name(device, listing, slash + 1, strlen(slash + 1));
	if (name) {
		*type_out = name->type;
		*size_out = name->size_bytes;
	}
	return 0;
}

/* --- files -------------------------------------------------------------------------------------------------------- */

static const struct bd_boot_text *find_text(const struct bd_boot_disk *disk, const struct bd_boot_device *device,
					    const char *path)
{
	for (size_t i = 0; i < disk->text_count; i++)
		if (disk->texts[i].device == device && is_same_path(device, disk->texts[i].path, path))
			return &disk->texts[i];
	return NULL;
}

static int read_file(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *path, size_t size,
		     char **data_out, struct bd_error *err)
{
	BD_FREE char *asked = NULL, *data = NULL;
	size_t got;

	if (bd_boot_disk_grub_path(device, path, &asked, err) != 0)
		return -1;
	const struct bd_asking asking = { .what = BD_ASK_READ,
					  .paths = (const char *const *)&asked,
					  .count = 1,
					  .size_bytes = BD_ASK_ALL,
					  .limit_bytes = size };
	if (bd_ask_grub(&disk->writer, &asking, &data, &got, err) != 0)
		return -1;
	if (got != size)
		return bd_fail(err, EIO, "%.200s on %s cannot be read", path, device->name);
	*data_out = bd_take_ptr(data);
	return 0;
}

/* A small one is kept: it may be read again. */
static int keep_text(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *path,
		     const char *data, size_t size, struct bd_error *err)
{
	if (size > SMALL_BYTES || disk->text_count == TEXTS_MAX)
		return 0;
	if (bd_array_grow(disk->texts, disk->text_count, err) != 0)
		return -1;
	struct bd_boot_text *text = &disk->texts[disk->text_count];
	*text = (struct bd_boot_text){
		.device = device, .path = strdup(path), .data = bd_bytes_copy(data, size), .size = size
	};
	disk->text_count++;
	return text->path && text->data ? 0 : bd_no_memory(err);
}

int bd_by_grub_read(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *path, size_t size,
		    char **data_out, struct bd_error *err)
{
	char clean[BD_BOOTMENU_TEXT_MAX];

	if (!bd_boot_path_clean(path, clean))
		return bd_fail(err, ENAMETOOLONG, "a path is too long");
	const struct bd_boot_text *text = find_text(disk, device, clean);
	if (text || !size) {
		*data_out = text ? bd_bytes_copy(text->data, text->size) : bd_bytes_copy("", 0);
		return *data_out ? 0 : bd_no_memory(err);
	}
	BD_FREE char *data = NULL;
	if (read_file(disk, device, clean, size, &data, err) != 0 ||
	    keep_text(disk, device, clean, data, size, err) != 0)
		return -1;
	*data_out = bd_take_ptr(data);
	return 0;
}
