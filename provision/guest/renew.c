/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replaces words in the files of a copied guest. */
#include "guest/renew.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"

#define GRUBENV_BYTES 1024

int bd_word_changes_add(struct bd_word_changes *changes, const char *from, const char *to, struct bd_error *err)
{
	if (!*from || strcmp(from, to) == 0)
		return 0;
	if (changes->count == BD_RENEWAL_WORDS_MAX || strlen(from) >= BD_RENEWAL_TEXT_SIZE ||
	    strlen(to) >= BD_RENEWAL_TEXT_SIZE)
		return bd_fail(err, ENOSPC, "too many names to replace: %.60s", from);
	struct bd_word_change *change = &changes->items[changes->count++];
	strcpy(change->from, from);
	strcpy(change->to, to);
	return 0;
}

static bool is_inner(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* The change whose word begins at `at`; NULL: none does. */
static const struct bd_word_change *word_at(const char *text, const char *at, const struct bd_word_changes *changes)
{
	if (at > text && (is_inner(at[-1]) || at[-1] == '.'))
		return NULL;
	for (size_t i = 0; i < changes->count; i++) {
		size_t size = strlen(changes->items[i].from);
		if (strncasecmp(at, changes->items[i].from, size) == 0 && !is_inner(at[size]))
			return &changes->items[i];
	}
	return NULL;
}

int bd_words_replace(const char *text, const struct bd_word_changes *changes, char **text_out, struct bd_error *err)
{
	BD_FREE char *changed = NULL;
	size_t size;
	bool any = false;
	FILE *out = open_memstream(&changed, &size);

	if (!out)
		return bd_no_memory(err);
	for (const char *at = text; *at;) {
		const struct bd_word_change *change = word_at(text, at, changes);
		if (change) {
			fputs(change->to, out);
			at += strlen(change->from);
			any = true;
		} else {
			fputc(*at++, out);
		}
	}
	if (fclose(out) != 0)
		return bd_no_memory(err);
	*text_out = any ? bd_take_ptr(changed) : NULL;
	return 0;
}

/* Only a file itself: where a symlink leads to has a name of its own here. text_out: NULL when it is none, or not there. */
static int read_own(const struct bd_overlay *overlay, const char *path, char **text_out, struct bd_error *err)
{
	mode_t mode;

	if (bd_overlay_mode(overlay, path, &mode, err) != 0)
		return -1;
	return S_ISREG(mode) ? bd_overlay_read(overlay, path, text_out, err) : 0;
}

static int renew_file(const struct bd_overlay *overlay, const char *path, const struct bd_word_changes *changes,
		      struct bd_error *err)
{
	BD_FREE char *text = NULL, *changed = NULL;

	if (read_own(overlay, path, &text, err) != 0)
		return -1;
	if (!text || bd_words_replace(text, changes, &changed, err) != 0)
		return text ? -1 : 0;
	return changed ? bd_overlay_rewrite(overlay, path, 0644, changed, err) : 0;
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
	return renew_file(entries->overlay, path, entries->changes, err);
}

/* GRUB's environment block is 1024 bytes, filled up with "#"; grub-editenv(1) takes no other size. */
static int renew_grubenv(const struct bd_overlay *overlay, const char *path, const struct bd_word_changes *changes,
			 struct bd_error *err)
{
	BD_FREE char *text = NULL, *changed = NULL;
	char block[GRUBENV_BYTES + 1];

	if (read_own(overlay, path, &text, err) != 0)
		return -1;
	if (!text || bd_words_replace(text, changes, &changed, err) != 0)
		return text ? -1 : 0;
	if (!changed)
		return 0;
	size_t size = strlen(changed);
	while (size && changed[size - 1] == '#')
		size--;
	if (size > GRUBENV_BYTES)
		return bd_fail(err, ENOSPC, "%s has no room for the new names of the disk", path);
	memset(block, '#', GRUBENV_BYTES);
	memcpy(block, changed, size);
	block[GRUBENV_BYTES] = '\0';
	return bd_overlay_rewrite(overlay, path, 0644, block, err);
}

int bd_renew_boot_files(const struct bd_word_changes *changes, const struct bd_overlay *overlay, struct bd_error *err)
{
	static const char *const paths[] = { "/etc/default/grub", "/etc/kernel/cmdline", "/boot/grub2/grub.cfg" };
	static const char *const blocks[] = { "/boot/grub/grubenv", "/boot/grub2/grubenv" };
	struct entries entries = { overlay, changes };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (renew_file(overlay, paths[i], changes, err) != 0)
			return -1;
	for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++)
		if (renew_grubenv(overlay, blocks[i], changes, err) != 0)
			return -1;
	return overlay->root->list(overlay->root->source, LOADER_ENTRIES, renew_entry, &entries, err);
}

int bd_renew_words(const struct bd_word_changes *changes, const struct bd_overlay *overlay, const char *path,
		   struct bd_error *err)
{
	return renew_file(overlay, path, changes, err);
}

/* Where the disk is called by its UUIDs. */
static int renew_disk(const struct bd_renewal *renewal, const struct bd_overlay *overlay, struct bd_error *err)
{
	static const char *const paths[] = { "/etc/fstab", "/etc/crypttab", "/etc/initramfs-tools/conf.d/resume" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (renew_file(overlay, paths[i], &renewal->disk, err) != 0)
			return -1;
	return bd_renew_boot_files(&renewal->disk, overlay, err);
}

static bool is_title(const char *line)
{
	line += strspn(line, " \t");
	return strncmp(line, "menuentry", 9) == 0 || strncmp(line, "title", 5) == 0;
}

/* The guest's name is the title that `new` gave to its entries. Elsewhere it may be a word of the menu's own: a guest can be
 * called "boot" or "linux". NULL: nothing has changed. */
static int renew_menu_text(const struct bd_renewal *renewal, char *text, char **text_out, struct bd_error *err)
{
	struct bd_word_changes titles = renewal->disk;
	bool any = false;
	size_t size;

	if (bd_word_changes_add(&titles, renewal->old_name, renewal->new_name, err) != 0)
		return -1;
	FILE *out = open_memstream(text_out, &size);
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
		free(*text_out);
		*text_out = NULL;
	}
	return r;
}

static int renew_menu(const struct bd_renewal *renewal, const struct bd_overlay *overlay, const char *path,
		      struct bd_error *err)
{
	BD_FREE char *text = NULL, *changed = NULL;

	if (read_own(overlay, path, &text, err) != 0)
		return -1;
	if (!text || renew_menu_text(renewal, text, &changed, err) != 0)
		return text ? -1 : 0;
	return changed ? bd_overlay_rewrite(overlay, path, 0644, changed, err) : 0;
}

static int renew_menus(const struct bd_renewal *renewal, const struct bd_overlay *overlay, struct bd_error *err)
{
	static const char *const paths[] = { "/boot/grub/grub.cfg", "/boot/grub/menu.lst" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (renew_menu(renewal, overlay, paths[i], err) != 0)
			return -1;
	return 0;
}

/* A domain behind the guest's name stays, as it does in /etc/hosts. */
static int renew_hostname(const struct bd_renewal *renewal, const char *old, const struct bd_overlay *overlay,
			  struct bd_error *err)
{
	size_t length = strlen(renewal->old_name);
	bool has_domain = strncasecmp(old, renewal->old_name, length) == 0 && old[length] == '.' &&
			  !strchr(renewal->new_name, '.');
	BD_FREE char *text = NULL;

	if (bd_text_format(&text, err, "%s%s\n", renewal->new_name, has_domain ? old + length : "") != 0)
		return -1;
	return bd_overlay_put_text(overlay, "/etc/hostname", 0644, text, err);
}

/* What follows a name with a domain in /etc/hosts. */
static int add_short_name(const struct bd_renewal *renewal, struct bd_word_changes *changes, struct bd_error *err)
{
	size_t old_length = strcspn(renewal->old_name, "."), new_length = strcspn(renewal->new_name, ".");
	char old[BD_RENEWAL_TEXT_SIZE], new[BD_RENEWAL_TEXT_SIZE];

	if (!renewal->old_name[old_length] || old_length >= sizeof(old) || new_length >= sizeof(new))
		return 0;
	snprintf(old, sizeof(old), "%.*s", (int)old_length, renewal->old_name);
	snprintf(new, sizeof(new), "%.*s", (int)new_length, renewal->new_name);
	return bd_word_changes_add(changes, old, new, err);
}

/* The name of the guest, the name that it calls itself, and the address. */
static int renew_names(const struct bd_renewal *renewal, const struct bd_overlay *overlay, struct bd_error *err)
{
	struct bd_word_changes changes = renewal->addresses;
	BD_FREE char *hostname = NULL;

	if (bd_word_changes_add(&changes, renewal->old_name, renewal->new_name, err) != 0 ||
	    bd_overlay_read(overlay, "/etc/hostname", &hostname, err) != 0)
		return -1;
	char *old = hostname ? hostname + strspn(hostname, " \t\r\n") : "";
	if (hostname)
		old[strcspn(old, " \t\r\n")] = '\0';
	if (add_short_name(renewal, &changes, err) != 0)
		return -1;
	if (strlen(old) < BD_RENEWAL_TEXT_SIZE && strcasecmp(old, "localhost") != 0 &&
	    bd_word_changes_add(&changes, old, renewal->new_name, err) != 0)
		return -1;
	if (renew_file(overlay, "/etc/hosts", &changes, err) != 0)
		return -1;
	return renew_hostname(renewal, old, overlay, err);
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
