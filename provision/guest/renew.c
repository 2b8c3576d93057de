/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replaces words in the files of a copied guest. */
#include "guest/renew.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "guest/description.h"

#define GRUBENV_BYTES 1024

/* Only a file itself: where a symlink leads to has a name of its own here. text_out: NULL when it is none, or not there. */
static int read_own(const struct bd_overlay *overlay, const char *path, char **text_out, struct bd_error *err)
{
	mode_t mode;

	if (bd_overlay_mode(overlay, path, &mode, err) != 0)
		return -1;
	return S_ISREG(mode) ? bd_overlay_read(overlay, path, text_out, err) : 0;
}

/* GRUB's environment block is 1024 bytes, filled up with "#"; grub-editenv(1) takes no other size. */
static int put_grubenv(const struct bd_overlay *overlay, const char *path, const char *text, struct bd_error *err)
{
	char block[GRUBENV_BYTES + 1];
	size_t size = strlen(text);

	while (size && text[size - 1] == '#')
		size--;
	if (size > GRUBENV_BYTES)
		return bd_fail(err, ENOSPC, "%s has no room for the new names of the disk", path);
	memset(block, '#', GRUBENV_BYTES);
	memcpy(block, text, size);
	block[GRUBENV_BYTES] = '\0';
	return bd_overlay_rewrite(overlay, path, 0644, block, err);
}

static int put(const struct bd_overlay *overlay, const char *path, const char *text, struct bd_error *err)
{
	return strcmp(bd_path_last(path), "grubenv") == 0 ? put_grubenv(overlay, path, text, err)
							  : bd_overlay_rewrite(overlay, path, 0644, text, err);
}

/* changed_out: NULL when nothing is to be changed. text may be written to. */
typedef int (*changer)(const void *context, char *text, char **changed_out, struct bd_error *err);

static int renew_file(const struct bd_overlay *overlay, const char *path, changer change, const void *context,
		      struct bd_error *err)
{
	BD_FREE char *text = NULL, *changed = NULL;

	if (read_own(overlay, path, &text, err) != 0)
		return -1;
	if (!text || change(context, text, &changed, err) != 0)
		return text ? -1 : 0;
	return changed ? put(overlay, path, changed, err) : 0;
}

static int change_words(const void *changes, char *text, char **changed_out, struct bd_error *err)
{
	return bd_words_replace(text, changes, changed_out, err);
}

int bd_renew_words(const struct bd_word_changes *changes, const struct bd_overlay *overlay, const char *path,
		   struct bd_error *err)
{
	return renew_file(overlay, path, change_words, changes, err);
}

struct entries {
	const struct bd_overlay *overlay;
	const struct bd_word_changes *changes;
};

#define LOADER_ENTRIES "/boot/loader/entries"

static int renew_entry(void *context, const char *name, uint8_t type, struct bd_error *err)
{
	const struct entries *entries = context;
	BD_FREE char *path = NULL;

	(void)type;
	if (!bd_text_ends_in(name, ".conf"))
		return 0;
	if (bd_text_format(&path, err, LOADER_ENTRIES "/%s", name) != 0)
		return -1;
	return bd_renew_words(entries->changes, entries->overlay, path, err);
}

int bd_renew_boot_files(const struct bd_word_changes *changes, const struct bd_overlay *overlay, struct bd_error *err)
{
	static const char *const paths[] = { "/etc/default/grub", "/etc/kernel/cmdline", "/boot/grub2/grub.cfg",
					     "/boot/grub/grubenv", "/boot/grub2/grubenv" };
	struct entries entries = { overlay, changes };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (bd_renew_words(changes, overlay, paths[i], err) != 0)
			return -1;
	return overlay->root->list(overlay->root->source, LOADER_ENTRIES, renew_entry, &entries, err);
}

/* As LABEL=web01 and /dev/disk/by-label/web01, with or without quotes; a PARTLABEL counts, too. */
static bool names_label_by(const char *text, const char *prefix, const char *label)
{
	size_t size = strlen(label);

	for (const char *at = text; (at = strstr(at, prefix));) {
		at += strlen(prefix);
		at += strspn(at, "\"'\\");
		if (strncmp(at, label, size) == 0 && !bd_word_is_inner(at[size]))
			return true;
	}
	return false;
}

/* As GRUB's `search --label web01`, `search -l web01` and `search.fs_label web01`, in a line of its own. */
static bool searches_label(const char *text, const char *label)
{
	static const char *const blanks = " \t\"'=";

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		bool searches = false;
		const char *at = line;
		for (size_t size; (at += strspn(at, blanks), size = strcspn(at, " \t\"'=\n")) > 0; at += size) {
			if (searches && strlen(label) == size && strncmp(at, label, size) == 0)
				return true;
			searches |= strncmp(at, "search", strlen("search")) == 0;
		}
	}
	return false;
}

struct label_search {
	const struct bd_overlay *overlay;
	const char *label;
	bool *named_out;
};

static int look_for_label(const struct label_search *search, const char *path, struct bd_error *err)
{
	BD_FREE char *text = NULL;

	if (bd_overlay_read(search->overlay, path, &text, err) != 0)
		return -1;
	*search->named_out |=
		text && (names_label_by(text, "LABEL=", search->label) ||
			 names_label_by(text, "by-label/", search->label) || searches_label(text, search->label));
	return 0;
}

static int look_for_label_in_entry(void *context, const char *name, uint8_t type, struct bd_error *err)
{
	BD_FREE char *path = NULL;

	(void)type;
	if (bd_text_format(&path, err, LOADER_ENTRIES "/%s", name) != 0)
		return -1;
	return look_for_label(context, path, err);
}

static int label_is_named(const char *label, const struct bd_overlay *overlay, bool *named_out, struct bd_error *err)
{
	static const char *const paths[] = { "/etc/fstab",
					     "/etc/crypttab",
					     "/etc/default/grub",
					     "/etc/grub.d/40_custom",
					     "/etc/initramfs-tools/conf.d/resume",
					     "/etc/kernel/cmdline",
					     "/boot/cmdline.txt",
					     "/boot/extlinux.conf",
					     "/boot/extlinux/extlinux.conf",
					     "/boot/grub/custom.cfg",
					     "/boot/grub/grub.cfg",
					     "/boot/grub/grub.conf",
					     "/boot/grub/grubenv",
					     "/boot/grub/menu.lst",
					     "/boot/grub2/grub.cfg",
					     "/boot/grub2/grubenv" };
	struct label_search search = { overlay, label, named_out };

	*named_out = false;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (look_for_label(&search, paths[i], err) != 0)
			return -1;
	return overlay->root->list(overlay->root->source, LOADER_ENTRIES, look_for_label_in_entry, &search, err);
}

int bd_renewal_label(const struct bd_renewal *renewal, const char *label, const struct bd_overlay *overlay,
		     char label_out[17], struct bd_error *err)
{
	char old[17];
	bool named;

	*label_out = '\0';
	bd_guest_disk_label(renewal->old_name, old);
	if (!*label || strcmp(label, old) != 0)
		return 0;
	if (label_is_named(label, overlay, &named, err) != 0)
		return -1;
	if (!named)
		bd_guest_disk_label(renewal->new_name, label_out);
	else
		bd_info("the filesystem's label stays %s, as what boots or mounts it goes by that", label);
	return 0;
}

/* Where the disk is called by its UUIDs. */
static int renew_disk(const struct bd_renewal *renewal, const struct bd_overlay *overlay, struct bd_error *err)
{
	static const char *const paths[] = { "/etc/fstab", "/etc/crypttab", "/etc/initramfs-tools/conf.d/resume" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (bd_renew_words(&renewal->disk, overlay, paths[i], err) != 0)
			return -1;
	return bd_renew_boot_files(&renewal->disk, overlay, err);
}

/* An entry's, or which one is chosen. */
static bool is_title(const char *line)
{
	static const char *const begins[] = { "menuentry", "submenu",	   "title",	  "set default=",
					      "default=",  "saved_entry=", "next_entry=", "prev_saved_entry=" };

	line += strspn(line, " \t");
	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++)
		if (bd_text_begins_with(line, begins[i]))
			return true;
	return false;
}

/* The guest's name is the title that `new` gave to its entries. Elsewhere it may be a word of the menu's own: a guest can be
 * called "boot" or "linux". NULL: nothing has changed. */
static int change_menu(const void *context, char *text, char **changed_out, struct bd_error *err)
{
	const struct bd_renewal *renewal = context;
	struct bd_word_changes titles = renewal->disk;
	bool any = false;
	size_t size;

	if (bd_word_changes_add(&titles, renewal->old_name, renewal->new_name, err) != 0)
		return -1;
	FILE *out = open_memstream(changed_out, &size);
	if (!out)
		return bd_no_memory(err);
	int r = 0;
	for (char *line = text, *end; r == 0 && *line; line = end) {
		BD_FREE char *changed = NULL;
		end = line + strcspn(line, "\n");
		char last = *end;
		*end = '\0';
		r = bd_words_replace(line, is_title(line) ? &titles : &renewal->disk, &changed, err);
		any |= changed != NULL;
		fputs(changed ? changed : line, out);
		if (last) {
			fputc(last, out);
			end++;
		}
	}
	if (fclose(out) != 0 && r == 0)
		r = bd_no_memory(err);
	if (r != 0 || !any) {
		free(*changed_out);
		*changed_out = NULL;
	}
	return r;
}

static int renew_menus(const struct bd_renewal *renewal, const struct bd_overlay *overlay, struct bd_error *err)
{
	static const char *const paths[] = { "/boot/grub/grub.cfg", "/boot/grub/menu.lst", "/boot/grub/grubenv" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (renew_file(overlay, paths[i], change_menu, renewal, err) != 0)
			return -1;
	return 0;
}

/* A domain behind the guest's name stays. */
static int format_host(const struct bd_renewal *renewal, const char *old, char **host_out, struct bd_error *err)
{
	size_t length = strlen(renewal->old_name);
	bool has_domain = strncasecmp(old, renewal->old_name, length) == 0 && old[length] == '.' &&
			  !strchr(renewal->new_name, '.');

	return bd_text_format(host_out, err, "%s%s", renewal->new_name, has_domain ? old + length : "");
}

struct hosts_changes {
	struct bd_hosts_names names;
	const struct bd_word_changes *addresses;
};

static int change_hosts(const void *context, char *text, char **changed_out, struct bd_error *err)
{
	const struct hosts_changes *changes = context;

	return bd_hosts_renew(text, &changes->names, changes->addresses, changed_out, err);
}

/* The name of the guest, the name that it calls itself, and the address. */
static int renew_names(const struct bd_renewal *renewal, const struct bd_overlay *overlay, struct bd_error *err)
{
	BD_FREE char *hostname = NULL, *host = NULL, *line = NULL;

	if (bd_overlay_read(overlay, "/etc/hostname", &hostname, err) != 0)
		return -1;
	char *old = hostname ? hostname + strspn(hostname, " \t\r\n") : "";
	if (hostname)
		old[strcspn(old, " \t\r\n")] = '\0';
	if (format_host(renewal, old, &host, err) != 0)
		return -1;
	const struct hosts_changes changes = { .names = { .old_host = bd_hosts_is_no_name(old) ? "" : old,
							  .new_host = host,
							  .old_guest = renewal->old_name,
							  .new_guest = renewal->new_name },
					       .addresses = &renewal->addresses };
	if (renew_file(overlay, "/etc/hosts", change_hosts, &changes, err) != 0 ||
	    bd_text_format(&line, err, "%s\n", host) != 0)
		return -1;
	return bd_overlay_put_text(overlay, "/etc/hostname", 0644, line, err);
}

static bool is_lease(const char *name)
{
	return strstr(name, ".lease") || strcmp(name, "duid") == 0;
}

/* What a DHCP server knew the other guest by. */
static int remove_leases(const struct bd_overlay *overlay, struct bd_error *err)
{
	static const char *const folders[] = { "/var/lib/dhcp", "/var/lib/dhclient", "/var/lib/dhcpcd",
					       "/var/lib/NetworkManager" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (bd_overlay_remove_all(overlay, folders[i], is_lease, err) != 0)
			return -1;
	return 0;
}

int bd_renewal_apply(const struct bd_renewal *renewal, const struct bd_overlay *overlay, struct bd_error *err)
{
	if (renew_disk(renewal, overlay, err) != 0 || renew_menus(renewal, overlay, err) != 0 ||
	    renew_names(renewal, overlay, err) != 0)
		return -1;
	return renewal->only_name ? 0 : remove_leases(overlay, err);
}
