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
#define SMALL_BYTES (64u << 10) /* of a file that is read with its neighbours */
#define TOGETHER_BYTES (512u << 10)

/* Where boot loaders have their configuration (bootmenu/find.h): what is asked for first, and, of the others, only what that shows to be
 * there. */
#define FIRST_COUNT 2
static const char *const usual[] = {
	"",	     "/boot",		"/boot/grub",	  "/boot/grub2",    "/boot/loader", "/boot/loader/entries",
	"/loader",   "/loader/entries", "/grub",	  "/grub2",	    "/EFI",	    "/EFI/Linux",
	"/boot/EFI", "/boot/extlinux",	"/boot/syslinux", "/boot/isolinux", "/extlinux",    "/syslinux",
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

/* The answer has the listing of each, and a device behind it. */
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

/* Paths that are asked for, with the device behind each where their listings are to be told apart. */
struct paths {
	char *texts[2 * BD_BY_GRUB_TOGETHER_MAX]; /* owned */
};

static void paths_dispose(struct paths *paths)
{
	for (size_t i = 0; i < sizeof(paths->texts) / sizeof(*paths->texts); i++)
		free(paths->texts[i]);
}

static int ask_folders(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *const *paths,
		       size_t count, struct bd_error *err)
{
	BD_DISPOSE(paths_dispose) struct paths asked = { { NULL } };
	struct bd_error failure = BD_ERROR_INIT;
	BD_FREE char *text = NULL;
	size_t size;

	for (size_t i = 0; i < count; i++)
		if (bd_text_format(&asked.texts[2 * i], err, "(%s)%s/", device->grub_name, paths[i]) != 0 ||
		    bd_text_format(&asked.texts[2 * i + 1], err, "(%s)", device->grub_name) != 0)
			return -1;
	const struct bd_asking asking = { .what = BD_ASK_LIST,
					  .paths = (const char *const *)asked.texts,
					  .count = 2 * count,
					  .limit_bytes = LISTINGS_TEXT_MAX };
	if (bd_ask_grub(&disk->writer, &asking, &text, &size, &failure) != 0) {
		if (failure.code == ENOMEM) {
			*err = failure;
			return -1;
		}
		bd_boot_disk_tell(disk, BD_LOG_WARNING, "%s: %s", device->name, failure.message);
		free(text);
		text = strdup("");
	}
	return text ? take_listings(disk, device, paths, count, text, err) : bd_no_memory(err);
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

/* Those that are not known yet, which they are then. count <= BD_BY_GRUB_TOGETHER_MAX. */
static int ask_new(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *const *paths,
		   size_t count, struct bd_error *err)
{
	const char *others[BD_BY_GRUB_TOGETHER_MAX];
	size_t other_count = 0;

	for (size_t i = 0; i < count; i++) {
		struct bd_grub_listing nothing = { 0 };
		if (find_folder(disk, device, paths[i]))
			continue;
		if (!is_ruled_out(disk, device, paths[i]))
			others[other_count++] = paths[i];
		else if (add_folder(disk, device, paths[i], &nothing, err) != 0)
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

/* What is read at once. */
struct together {
	char *paths[BD_ASK_TEXTS_MAX], *asked[BD_ASK_TEXTS_MAX]; /* owned */
	size_t sizes[BD_ASK_TEXTS_MAX];
	size_t count, bytes;
};

static void together_dispose(struct together *together)
{
	for (size_t i = 0; i < together->count; i++) {
		free(together->paths[i]);
		free(together->asked[i]);
	}
	together->count = 0;
}

static int put_together(const struct bd_boot_device *device, const char *path, size_t size, struct together *together,
			struct bd_error *err)
{
	size_t i = together->count++;

	together->paths[i] = together->asked[i] = NULL;
	together->sizes[i] = size;
	together->bytes += size;
	return bd_text_format(&together->paths[i], err, "%s", path) == 0 &&
			       bd_boot_disk_grub_path(device, path, &together->asked[i], err) == 0
		       ? 0
		       : -1;
}

/* The small files beside a small one whose names end as its does: the entries of a directory. path is clean. */
static int add_neighbours(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *path,
			  struct together *together, struct bd_error *err)
{
	const struct bd_grub_listing *listing;
	const char *name = bd_path_last(path), *suffix = strrchr(name, '.');
	BD_FREE char *folder = strndup(path, (size_t)(name - path - 1));

	if (!folder)
		return bd_no_memory(err);
	if (!suffix)
		return 0;
	if (find_listing(disk, device, folder, &listing, err) != 0)
		return -1;
	for (size_t i = 0; i < listing->count && together->count < BD_ASK_TEXTS_MAX; i++) {
		const struct bd_grub_name *other = &listing->names[i];
		if (other->type != 'f' || !other->size_bytes || other->size_bytes > SMALL_BYTES ||
		    together->bytes + other->size_bytes > TOGETHER_BYTES || !bd_text_ends_in(other->name, suffix) ||
		    is_same_path(device, other->name, name))
			continue;
		BD_FREE char *beside = NULL;
		if (bd_text_format(&beside, err, "%s/%s", folder, other->name) != 0 ||
		    put_together(device, beside, (size_t)other->size_bytes, together, err) != 0)
			return -1;
	}
	return 0;
}

static int keep_texts(struct bd_boot_disk *disk, const struct bd_boot_device *device, struct together *together,
		      const char *data, struct bd_error *err)
{
	for (size_t i = 0; i < together->count; data += together->sizes[i++]) {
		if (disk->text_count == TEXTS_MAX)
			return 0;
		if (bd_array_grow(disk->texts, disk->text_count, err) != 0)
			return -1;
		char *copy = bd_bytes_copy(data, together->sizes[i]);
		if (!copy)
			return bd_no_memory(err);
		disk->texts[disk->text_count++] = (struct bd_boot_text){ .device = device,
									 .path = bd_take_ptr(together->paths[i]),
									 .data = copy,
									 .size = together->sizes[i] };
	}
	return 0;
}

/* *data_out NULL: they are not as long as they should be. */
static int read_together(struct bd_boot_disk *disk, const struct together *together, char **data_out,
			 struct bd_error *err)
{
	const struct bd_asking asking = { .what = BD_ASK_READ,
					  .paths = (const char *const *)together->asked,
					  .count = together->count,
					  .size_bytes = BD_ASK_ALL,
					  .limit_bytes = together->bytes };
	BD_FREE char *data = NULL;
	size_t size;

	if (bd_ask_grub(&disk->writer, &asking, &data, &size, err) != 0)
		return -1;
	*data_out = size == together->bytes ? bd_take_ptr(data) : NULL;
	return 0;
}

/* The file and its neighbours. False: they could not be read together. */
static int read_with_neighbours(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *path,
				size_t size, struct bd_error *err)
{
	BD_DISPOSE(together_dispose) struct together together = { .count = 0 };
	struct bd_error failure = BD_ERROR_INIT;
	BD_FREE char *data = NULL;

	if (put_together(device, path, size, &together, err) != 0 ||
	    add_neighbours(disk, device, path, &together, err) != 0)
		return -1;
	if (together.count == 1 || read_together(disk, &together, &data, &failure) != 0 || !data)
		return 0;
	return keep_texts(disk, device, &together, data, err);
}

/* As far as they are there, small, and not known. Whatever fails is asked for by itself, later. */
int bd_by_grub_load_files(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *const *paths,
			  size_t count, struct bd_error *err)
{
	BD_DISPOSE(together_dispose) struct together together = { .count = 0 };
	struct bd_error failure = BD_ERROR_INIT;
	BD_FREE char *data = NULL;

	for (size_t i = 0; i < count; i++) {
		uint64_t size;
		char type;
		if (bd_by_grub_look(disk, device, paths[i], &type, &size, err) != 0)
			return -1;
		if (type != 'f' || !size || size > SMALL_BYTES || together.bytes + size > TOGETHER_BYTES ||
		    find_text(disk, device, paths[i]))
			continue;
		if (put_together(device, paths[i], (size_t)size, &together, err) != 0)
			return -1;
	}
	if (!together.count || read_together(disk, &together, &data, &failure) != 0 || !data)
		return 0;
	return keep_texts(disk, device, &together, data, err);
}

static int read_alone(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *path, size_t size,
		      char **data_out, struct bd_error *err)
{
	BD_DISPOSE(together_dispose) struct together together = { .count = 0 };

	if (put_together(device, path, size, &together, err) != 0 ||
	    read_together(disk, &together, data_out, err) != 0)
		return -1;
	return *data_out ? 0 : bd_fail(err, EIO, "%.200s on %s cannot be read", path, device->name);
}

int bd_by_grub_read(struct bd_boot_disk *disk, const struct bd_boot_device *device, const char *path, size_t size,
		    char **data_out, struct bd_error *err)
{
	char clean[BD_BOOTMENU_TEXT_MAX];

	if (!bd_boot_path_clean(path, clean))
		return bd_fail(err, ENAMETOOLONG, "a path is too long");
	const struct bd_boot_text *text = find_text(disk, device, clean);
	if (!text && size && size <= SMALL_BYTES) {
		if (read_with_neighbours(disk, device, clean, size, err) != 0)
			return -1;
		text = find_text(disk, device, clean);
	}
	if (!text && size)
		return read_alone(disk, device, clean, size, data_out, err);
	*data_out = text ? bd_bytes_copy(text->data, text->size) : bd_bytes_copy("", 0);
	return *data_out ? 0 : bd_no_memory(err);
}
