/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds out what the template calls its root filesystem, and replaces that. */
#include "guest/boot_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "disk/mbr.h"
#include "guest/renew.h"
#include "rootfs/fstab_line.h"

#define GRUB_CFG "/boot/grub/grub.cfg"

/* By which root= and fstab name a filesystem, and what the guest's is called so. */
struct naming {
	const char *prefix; /* "UUID=" */
	char old[BD_WORD_TEXT_SIZE], own[BD_WORD_TEXT_SIZE];
	bool ambiguous; /* the menu names several */
};

#define NAMING_COUNT 2

static void take_old(struct naming *naming, const char *text, size_t size)
{
	if (size == 0 || size >= sizeof(naming->old))
		return;
	if (naming->old[0] && (strlen(naming->old) != size || strncmp(naming->old, text, size) != 0))
		naming->ambiguous = true;
	else
		snprintf(naming->old, sizeof(naming->old), "%.*s", (int)size, text);
}

static void take_from_fstab(struct naming *naming, const char *text)
{
	struct bd_fstab_line line;

	while (bd_fstab_next_line(&text, &line)) {
		const struct bd_fstab_span *device = &line.fields[BD_FSTAB_DEVICE];
		if (bd_fstab_is_entry(&line) && bd_fstab_is(&line.fields[BD_FSTAB_MOUNT_POINT], "/") &&
		    bd_fstab_begins(device, naming->prefix))
			take_old(naming, device->text + strlen(naming->prefix),
				 device->size - strlen(naming->prefix));
	}
}

/* The value of the next root=UUID=..., or NULL. */
static const char *next_root(const char **at, const char *prefix, size_t *size_out)
{
	while ((*at = strstr(*at, "root="))) {
		*at += strlen("root=");
		if (strncmp(*at, prefix, strlen(prefix)) != 0)
			continue;
		const char *value = *at + strlen(prefix);
		*size_out = strspn(value, "0123456789abcdefABCDEF-");
		return value;
	}
	return NULL;
}

static void take_from_menu(struct naming *naming, const char *text)
{
	size_t size;

	for (const char *at = text, *value; (value = next_root(&at, naming->prefix, &size));)
		take_old(naming, value, size);
}

/* fstab says it; without it, the menu does where it names one only. */
static int find_old(struct naming namings[NAMING_COUNT], const struct bd_overlay *overlay, struct bd_error *err)
{
	static const char *const menus[] = { GRUB_CFG, "/boot/grub2/grub.cfg", "/etc/kernel/cmdline" };
	BD_FREE char *fstab = NULL;

	if (bd_overlay_read(overlay, "/etc/fstab", &fstab, err) != 0)
		return -1;
	for (size_t i = 0; fstab && i < NAMING_COUNT; i++)
		take_from_fstab(&namings[i], fstab);
	for (size_t menu = 0; menu < sizeof(menus) / sizeof(*menus); menu++) {
		BD_FREE char *text = NULL;
		if (bd_overlay_read(overlay, menus[menu], &text, err) != 0)
			return -1;
		for (size_t i = 0; text && i < NAMING_COUNT; i++)
			if (!namings[i].old[0])
				take_from_menu(&namings[i], text);
	}
	for (size_t i = 0; i < NAMING_COUNT; i++)
		if (namings[i].ambiguous)
			namings[i].old[0] = '\0';
	return 0;
}

static void warn_of_foreign(const struct naming *naming, const char *text, const char *who)
{
	size_t size;

	for (const char *at = text, *value; (value = next_root(&at, naming->prefix, &size));)
		if (strncmp(value, naming->own, size) != 0 || strlen(naming->own) != size) {
			bd_warn("the template's own grub.cfg boots root=%s%.*s, which %s does not have: it cannot be told what is "
				"meant, so the guest will not find its root filesystem by that entry",
				naming->prefix, (int)(size > 64 ? 64 : size), value, who);
			return;
		}
}

static int look_for_foreign(const struct naming namings[NAMING_COUNT], const struct bd_overlay *overlay,
			    const char *who, struct bd_error *err)
{
	BD_FREE char *text = NULL;

	if (bd_overlay_read(overlay, GRUB_CFG, &text, err) != 0)
		return -1;
	for (size_t i = 0; text && i < NAMING_COUNT; i++)
		warn_of_foreign(&namings[i], text, who);
	return 0;
}

static int change_in_files(const struct bd_word_changes *changes, bool own_grub_cfg, const struct bd_overlay *overlay,
			   struct bd_error *err)
{
	if (bd_renew_boot_files(changes, overlay, err) != 0)
		return -1;
	return own_grub_cfg ? bd_renew_words(changes, overlay, GRUB_CFG, err) : 0;
}

int bd_boot_names_change(const struct bd_guest *guest, bool own_grub_cfg, const struct bd_overlay *overlay,
			 struct bd_error *err)
{
	struct naming namings[NAMING_COUNT] = { { .prefix = "UUID=" }, { .prefix = "PARTUUID=" } };
	struct bd_word_changes changes = { .count = 0 };

	if (!overlay->root)
		return 0;
	bd_format_uuid(guest->root_uuid, namings[0].own);
	bd_mbr_partition_uuid(guest->disk_signature, 1, namings[1].own);
	if (find_old(namings, overlay, err) != 0)
		return -1;
	for (size_t i = 0; i < NAMING_COUNT; i++)
		if (bd_word_changes_add(&changes, namings[i].old, namings[i].own, err) != 0)
			return -1;
	if (changes.count && change_in_files(&changes, own_grub_cfg, overlay, err) != 0)
		return -1;
	return own_grub_cfg ? look_for_foreign(namings, overlay, guest->name, err) : 0;
}
