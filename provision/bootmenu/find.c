/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tries the places where boot loaders have their configuration. */
#include "bootmenu/find.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bootmenu/bls.h"
#include "bootmenu/extlinux.h"
#include "bootmenu/grub/entry_path.h"
#include "bootmenu/grubenv.h"
#include "bootmenu/menu_lst.h"
#include "bootmenu/names.h"
#include "bootmenu/snapper.h"
#include "bootmenu/words.h"

#define ENTRIES "/loader/entries"
#define IMAGES "/EFI/Linux"
#define SNAPSHOTS BD_SNAPPER_FOLDER "/"
#define GRUB_CFG_MAX (4u << 20) /* of a grub.cfg that is asked whether it takes entries in */
#define FOLDERS_MAX 64 /* that a "*" may stand for */

const struct bd_bootmenu_place bd_bootmenu_places[] = {
	{ BD_BOOTMENU_BLS, "/boot" ENTRIES },
	{ BD_BOOTMENU_BLS, ENTRIES },
	{ BD_BOOTMENU_GRUB_CFG, "/boot/grub/grub.cfg" },
	{ BD_BOOTMENU_GRUB_CFG, "/boot/grub2/grub.cfg" },
	{ BD_BOOTMENU_GRUB_CFG, "/grub/grub.cfg" },
	{ BD_BOOTMENU_GRUB_CFG, "/grub2/grub.cfg" },
	/* Seen from the top of a btrfs: Ubuntu's and Arch's subvolume of the root, openSUSE's snapshot, Fedora's subvolume. */
	{ BD_BOOTMENU_GRUB_CFG, "/@/boot/grub/grub.cfg" },
	{ BD_BOOTMENU_GRUB_CFG, "/@/boot/grub2/grub.cfg" },
	{ BD_BOOTMENU_GRUB_CFG, SNAPSHOTS "*/snapshot/boot/grub2/grub.cfg" },
	{ BD_BOOTMENU_BLS, "/root/boot" ENTRIES },
	{ BD_BOOTMENU_SYSTEMD_BOOT, "/boot" IMAGES },
	{ BD_BOOTMENU_SYSTEMD_BOOT, IMAGES },
	{ BD_BOOTMENU_GRUB_CFG, "/EFI/*/grub.cfg" },
	{ BD_BOOTMENU_EXTLINUX, "/boot/extlinux/extlinux.conf" },
	{ BD_BOOTMENU_EXTLINUX, "/boot/extlinux.conf" },
	{ BD_BOOTMENU_EXTLINUX, "/boot/syslinux/extlinux.conf" },
	{ BD_BOOTMENU_EXTLINUX, "/boot/syslinux/syslinux.cfg" },
	{ BD_BOOTMENU_EXTLINUX, "/boot/isolinux/isolinux.cfg" },
	{ BD_BOOTMENU_EXTLINUX, "/extlinux/extlinux.conf" },
	{ BD_BOOTMENU_EXTLINUX, "/extlinux.conf" },
	{ BD_BOOTMENU_EXTLINUX, "/syslinux/syslinux.cfg" },
	{ BD_BOOTMENU_EXTLINUX, "/syslinux.cfg" },
	{ BD_BOOTMENU_MENU_LST, "/boot/grub/menu.lst" },
	{ BD_BOOTMENU_MENU_LST, "/boot/grub/grub.conf" },
	{ BD_BOOTMENU_MENU_LST, "/grub/menu.lst" },
	{ BD_BOOTMENU_MENU_LST, "/grub/grub.conf" },
	{ BD_BOOTMENU_NOTHING, NULL },
};

static int look(const struct bd_bootmenu_find_request *request, const char *path, char *type_out,
		struct bd_error *err)
{
	return request->files->look(request->files->source, request->device, path, type_out, err);
}

/* "/boot" of "/boot/loader/entries". */
static int folder_before(const char *path, const char *end, char **folder_out, struct bd_error *err)
{
	size_t length = strlen(path), end_length = strlen(end);

	if (length < end_length || strcmp(path + length - end_length, end) != 0)
		return bd_fail(err, EINVAL, "%.200s does not end in %s", path, end);
	return bd_text_format(folder_out, err, "%.*s", (int)(length - end_length), path);
}

static int read_grub_cfg(const struct bd_bootmenu_find_request *request, const char *path,
			 struct bd_bootmenu *menu_out, struct bd_error *err)
{
	return request->read_grub_cfg
		       ? request->read_grub_cfg(request->grub_context, request->device, path, menu_out, err)
		       : 0;
}

static int read_systemd_boot(const struct bd_bootmenu_find_request *request, const char *folder,
			     struct bd_bootmenu *menu_out, struct bd_error *err)
{
	const struct bd_loader_place place = { request->device, folder };
	const struct bd_loader_request loader = { .files = request->files,
						  .places = &place,
						  .place_count = 1,
						  .architecture = request->architecture,
						  .list_images = request->list_images,
						  .context = request->images_context };

	return bd_loader_read(&loader, menu_out, err);
}

/* What lies beside a directory of entries. */
struct surroundings {
	char *grub_cfg, *grubenv; /* their paths; NULL: there is none; owned */
	char grubenv_device[BD_BOOTMENU_DEVICE_SIZE];
	bool is_grubenv_elsewhere; /* than the entries */
	bool takes_entries_in; /* that grub.cfg */
	bool has_loader_conf, has_grub_folder;
};

static void surroundings_dispose(struct surroundings *around)
{
	free(around->grub_cfg);
	free(around->grubenv);
}

/* GRUB's default: an id, a title, or a number, in a variable of grubenv. */
static int choose(struct bd_bootmenu *menu, const char *name, const char *wanted, const struct surroundings *around,
		  struct bd_error *err)
{
	const char *rest, *by = ", which there is not: the first entry";
	size_t length = bd_grub_path_part(wanted, &rest), number = 0;

	if (bd_grub_path_number(wanted, length, menu->count, &number))
		by = ", by number";
	for (size_t i = menu->count; i > 0; i--) {
		bool is_id = bd_grub_path_names(wanted, length, menu->entries[i - 1].id);
		if (!is_id && !bd_grub_path_names(wanted, length, menu->entries[i - 1].title))
			continue;
		number = i - 1;
		by = is_id ? ", by id" : ", by title";
	}
	menu->default_index = number;
	return bd_bootmenu_explain(menu, err, "%s=\"%.200s\" of %s%s%s%.200s%s", name, wanted,
				   around->is_grubenv_elsewhere ? "(" : "",
				   around->is_grubenv_elsewhere ? around->grubenv_device : "",
				   around->is_grubenv_elsewhere ? ")" : "", around->grubenv, by);
}

/* Sets *path_out if folder/name is a file and none is set. */
static int note_file(const struct bd_bootmenu_find_request *request, const char *folder, const char *name,
		     char **path_out, struct bd_error *err)
{
	BD_FREE char *path = NULL;
	bool is_file;

	if (*path_out)
		return 0;
	if (bd_text_format(&path, err, "%s/%s", folder, name) != 0 ||
	    bd_bootmenu_is_file(request->files, request->device, path, &is_file, err) != 0)
		return -1;
	if (is_file)
		*path_out = bd_take_ptr(path);
	return 0;
}

static int ask_grub_cfg(const struct bd_bootmenu_find_request *request, struct surroundings *around,
			struct bd_error *err)
{
	BD_FREE char *text = NULL;
	size_t size = 0;

	if (request->files->read(request->files->source, request->device, around->grub_cfg, GRUB_CFG_MAX, &text,
				 &size, err) != 0)
		return -1;
	around->takes_entries_in = text && memmem(text, size, "blscfg", strlen("blscfg"));
	return 0;
}

static int note_folder(const struct bd_bootmenu_find_request *request, const char *folder, const char *name,
		       bool *there, struct bd_error *err)
{
	BD_FREE char *path = NULL;
	char type;

	if (bd_text_format(&path, err, "%s/%s", folder, name) != 0 || look(request, path, &type, err) != 0)
		return -1;
	*there |= type == 'd';
	return 0;
}

static int survey(const struct bd_bootmenu_find_request *request, const char *folder, struct surroundings *around,
		  struct bd_error *err)
{
	BD_FREE char *loader_conf = NULL;

	snprintf(around->grubenv_device, sizeof(around->grubenv_device), "%s", request->device);
	if (note_file(request, folder, "grub2/grub.cfg", &around->grub_cfg, err) != 0 ||
	    note_file(request, folder, "grub/grub.cfg", &around->grub_cfg, err) != 0 ||
	    note_file(request, folder, "grub2/grubenv", &around->grubenv, err) != 0 ||
	    note_file(request, folder, "grub/grubenv", &around->grubenv, err) != 0 ||
	    note_file(request, folder, "loader/loader.conf", &loader_conf, err) != 0 ||
	    note_folder(request, folder, "grub2", &around->has_grub_folder, err) != 0 ||
	    note_folder(request, folder, "grub", &around->has_grub_folder, err) != 0)
		return -1;
	around->has_loader_conf = loader_conf != NULL;
	return around->grub_cfg ? ask_grub_cfg(request, around, err) : 0;
}

/* With EFI, grubenv is on the ESP, and a symlink leads there that ends nowhere within this filesystem. RHEL 8 has the kernel's
 * arguments in it. */
static int find_grubenv_of_efi(const struct bd_bootmenu_find_request *request, struct surroundings *around,
			       struct bd_error *err)
{
	static const char *const paths[] = { "/EFI/redhat/grubenv", "/EFI/centos/grubenv", "/EFI/rocky/grubenv",
					     "/EFI/almalinux/grubenv", "/EFI/fedora/grubenv" };
	bool found = false;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths) && !found; i++) {
		if (request->files->search(request->files->source, BD_BOOTMENU_SEARCH_FILE, paths[i],
					   around->grubenv_device, &found, err) != 0 ||
		    (found && bd_text_format(&around->grubenv, err, "%s", paths[i]) != 0))
			return -1;
	}
	around->is_grubenv_elsewhere = found && strcmp(around->grubenv_device, request->device) != 0;
	return 0;
}

static int read_as_grub(const struct bd_bootmenu_find_request *request, const char *entries,
			struct surroundings *around, struct bd_bootmenu *menu_out, struct bd_error *err)
{
	BD_DISPOSE(bd_grubenv_dispose) struct bd_grubenv env = { 0 };
	BD_DISPOSE(bd_bootmenu_dispose) struct bd_bootmenu menu = { .timeout_s = -1 };

	if (!around->grubenv && find_grubenv_of_efi(request, around, err) != 0)
		return -1;
	if (around->grubenv &&
	    bd_grubenv_read(request->files, around->grubenv_device, around->grubenv, &env, err) != 0)
		return -1;
	const struct bd_bls_request bls = { .files = request->files,
					    .device = request->device,
					    .folder = entries,
					    .rules = BD_BLS_GRUB,
					    .architecture = request->architecture,
					    .variable = bd_grubenv_variable,
					    .context = &env };
	if (bd_bls_add_to_menu(&bls, &menu, err) != 0)
		return -1;
	const char *once = bd_grubenv_get(&env, "next_entry"), *saved = bd_grubenv_get(&env, "saved_entry");
	int r = 0;
	if (once && *once)
		r = choose(&menu, "next_entry", once, around, err);
	else if (saved && *saved)
		r = choose(&menu, "saved_entry", saved, around, err);
	else
		r = bd_bootmenu_explain(&menu, err, "no default is set: the first by version");
	if (r != 0)
		return -1;
	*menu_out = bd_take_struct(menu);
	return 0;
}

static void take_path(struct bd_bootmenu_found *found, char **path)
{
	free(found->path);
	found->path = bd_take_ptr(*path);
}

static bool is_fatal(const struct bd_error *failure)
{
	return failure->code == ENOMEM || failure->code == BD_ECANCELED;
}

/* The first problem is kept, as that was with what was preferred. */
static void note_problem(struct bd_bootmenu_found *found, const char *message)
{
	if (!*found->problem)
		snprintf(found->problem, sizeof(found->problem), "%s", message);
}

/* By the grub.cfg that takes them in. *done_out: it gave a menu. */
static int read_by_grub_cfg(const struct bd_bootmenu_find_request *request, struct surroundings *around,
			    struct bd_bootmenu_found *found, bool *done_out, struct bd_error *err)
{
	struct bd_error failure = BD_ERROR_INIT;

	*done_out = false;
	if (read_grub_cfg(request, around->grub_cfg, &found->menu, &failure) != 0) {
		*err = failure;
		if (is_fatal(&failure))
			return -1;
		bd_wrap(&failure, "%.200s", around->grub_cfg);
		note_problem(found, failure.message);
	}
	*done_out = found->menu.count > 0;
	if (*done_out) {
		found->kind = BD_BOOTMENU_GRUB_CFG;
		take_path(found, &around->grub_cfg);
	}
	return 0;
}

/* GRUB as openSUSE has it on the ESP, where its grub.cfg is within the program: what sdbootutil sets is in a grubenv beside it. */
static int take_environment(const struct bd_bootmenu_find_request *request, struct bd_bootmenu *menu,
			    struct bd_error *err)
{
	static const char *const paths[] = { "/EFI/opensuse/grubenv", "/EFI/sles/grubenv", "/EFI/BOOT/grubenv" };
	BD_DISPOSE(bd_grubenv_dispose) struct bd_grubenv env = { 0 };

	const char *path = NULL;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths) && !env.count; i++)
		if (bd_grubenv_read(request->files, request->device, path = paths[i], &env, err) != 0)
			return -1;
	const char *wanted = bd_grubenv_get(&env, "default"), *timeout = bd_grubenv_get(&env, "timeout");
	if (timeout)
		menu->timeout_s = bd_bootmenu_number(timeout, BD_LOADER_TIMEOUT_MAX_S);
	for (size_t i = 0; wanted && i < menu->count; i++) {
		const char *id = menu->entries[i].id;
		size_t length = strlen(wanted);
		if (!id || strncmp(id, wanted, length) != 0 || (id[length] && strcmp(id + length, ".conf") != 0))
			continue;
		menu->default_index = i;
		return bd_bootmenu_explain(menu, err, "default=\"%.200s\" of %s, by id", wanted, path);
	}
	return 0;
}

/* found->path is the directory. */
static int read_entries(const struct bd_bootmenu_find_request *request, struct bd_bootmenu_found *found,
			struct bd_error *err)
{
	BD_DISPOSE(surroundings_dispose) struct surroundings around = { 0 };
	BD_FREE char *folder = NULL;
	bool done;

	if (folder_before(found->path, ENTRIES, &folder, err) != 0 || survey(request, folder, &around, err) != 0)
		return -1;
	if (around.takes_entries_in) {
		if (read_by_grub_cfg(request, &around, found, &done, err) != 0 || done)
			return done ? 0 : -1;
		return read_as_grub(request, found->path, &around, &found->menu, err);
	}
	if (!around.has_loader_conf) {
		if (around.grub_cfg)
			return 0;
		if (around.has_grub_folder)
			return read_as_grub(request, found->path, &around, &found->menu, err);
	}
	found->kind = BD_BOOTMENU_SYSTEMD_BOOT;
	if (read_systemd_boot(request, folder, &found->menu, err) != 0)
		return -1;
	return around.has_loader_conf ? 0 : take_environment(request, &found->menu, err);
}

static int read_images(const struct bd_bootmenu_find_request *request, struct bd_bootmenu_found *found,
		       struct bd_error *err)
{
	BD_FREE char *folder = NULL;

	if (!request->list_images)
		return 0;
	return folder_before(found->path, IMAGES, &folder, err) == 0
		       ? read_systemd_boot(request, folder, &found->menu, err)
		       : -1;
}

static int read_place(const struct bd_bootmenu_find_request *request, struct bd_bootmenu_found *found,
		      struct bd_error *err)
{
	switch (found->kind) {
	case BD_BOOTMENU_GRUB_CFG:
		return read_grub_cfg(request, found->path, &found->menu, err);
	case BD_BOOTMENU_BLS:
		return read_entries(request, found, err);
	case BD_BOOTMENU_SYSTEMD_BOOT:
		return read_images(request, found, err);
	case BD_BOOTMENU_EXTLINUX:
		return bd_extlinux_read(request->files, request->device, found->path, &found->menu, err);
	case BD_BOOTMENU_MENU_LST:
		return bd_menu_lst_read(request->files, request->device, found->path, &found->menu, err);
	case BD_BOOTMENU_NOTHING:
		break;
	}
	return 0;
}

/* Of a place without a "*": whether it is there and gives an entry, found_out is set then. */
static int try_path(const struct bd_bootmenu_find_request *request, enum bd_bootmenu_kind kind, const char *path,
		    struct bd_bootmenu_found *found_out, struct bd_error *err)
{
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { .kind = kind };
	bool is_folder = kind == BD_BOOTMENU_BLS || kind == BD_BOOTMENU_SYSTEMD_BOOT;
	struct bd_error failure = BD_ERROR_INIT;
	char type;

	if (look(request, path, &type, err) != 0)
		return -1;
	if (type != (is_folder ? 'd' : 'f'))
		return 0;
	if (bd_text_format(&found.path, err, "%s", path) != 0)
		return -1;
	int r = read_place(request, &found, &failure);
	if (r != 0 && is_fatal(&failure)) {
		*err = failure;
		return -1;
	}
	note_problem(found_out, found.problem);
	if (r != 0) {
		note_problem(found_out, failure.message);
		return 0;
	}
	if (found.menu.count) {
		memcpy(found.problem, found_out->problem, sizeof(found.problem));
		*found_out = bd_take_struct(found);
	}
	return 0;
}

static int try_pattern(const struct bd_bootmenu_find_request *request, const struct bd_bootmenu_place *place,
		       const char *star, struct bd_bootmenu_found *found_out, struct bd_error *err)
{
	BD_DISPOSE(bd_bootmenu_names_dispose) struct bd_bootmenu_names names = { 0 };
	BD_FREE char *folder = NULL;

	if (bd_text_format(&folder, err, "%.*s", (int)(star - 1 - place->path), place->path) != 0)
		return -1;
	struct bd_error failure = BD_ERROR_INIT;
	const struct bd_bootmenu_names_request wanted = {
		.files = request->files, .device = request->device, .folder = folder, .limit = FOLDERS_MAX
	};
	if (bd_bootmenu_list_names(&wanted, &names, &failure) != 0) {
		*err = failure;
		if (failure.code != E2BIG)
			return -1;
		note_problem(found_out, failure.message);
		return 0;
	}
	for (size_t i = 0; i < names.count && !found_out->menu.count; i++) {
		BD_FREE char *path = NULL;
		if (bd_text_format(&path, err, "%s/%s%s", folder, names.texts[i], star + 1) != 0 ||
		    try_path(request, place->kind, path, found_out, err) != 0)
			return -1;
	}
	return 0;
}

/* star: that of the snapshot's number. */
static int try_snapshot(const struct bd_bootmenu_find_request *request, const struct bd_bootmenu_place *place,
			const char *star, struct bd_bootmenu_found *found_out, struct bd_error *err)
{
	char number[BD_SNAPPER_NUMBER_SIZE];
	struct bd_error failure = BD_ERROR_INIT;
	BD_FREE char *path = NULL;
	bool found;

	if (bd_snapper_find_root(request->files, request->device, number, &found, &failure) != 0) {
		*err = failure;
		if (failure.code != E2BIG)
			return -1;
		note_problem(found_out, failure.message);
		return 0;
	}
	if (!found)
		return 0;
	return bd_text_format(&path, err, "%.*s%s%s", (int)(star - place->path), place->path, number, star + 1) == 0
		       ? try_path(request, place->kind, path, found_out, err)
		       : -1;
}

static int try_place(const struct bd_bootmenu_find_request *request, const struct bd_bootmenu_place *place,
		     struct bd_bootmenu_found *found_out, struct bd_error *err)
{
	const char *star = strchr(place->path, '*');

	if (!star)
		return try_path(request, place->kind, place->path, found_out, err);
	return (bd_text_begins_with(place->path, SNAPSHOTS) ? try_snapshot : try_pattern)(request, place, star,
											  found_out, err);
}

int bd_bootmenu_find(const struct bd_bootmenu_find_request *request, struct bd_bootmenu_found *found_out,
		     struct bd_error *err)
{
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { .kind = BD_BOOTMENU_NOTHING };
	const struct bd_bootmenu_place *place = request->places ? request->places : bd_bootmenu_places;

	for (; place->kind != BD_BOOTMENU_NOTHING && !found.menu.count; place++)
		if (try_place(request, place, &found, err) != 0)
			return -1;
	*found_out = bd_take_struct(found);
	return 0;
}

void bd_bootmenu_found_dispose(struct bd_bootmenu_found *found)
{
	free(found->path);
	bd_bootmenu_dispose(&found->menu);
	*found = (struct bd_bootmenu_found){ .kind = BD_BOOTMENU_NOTHING };
}
