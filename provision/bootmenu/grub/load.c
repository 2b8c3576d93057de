/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each of them takes the place of what was loaded before. */
#include "bootmenu/grub/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bootmenu/grub/place.h"

#define NEWC "newc:"

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A command line while it is written. */
struct line {
	char text[BD_BOOTMENU_TEXT_MAX];
	size_t length;
};

static int put(struct line *line, char c, struct bd_error *err)
{
	if (line->length == sizeof(line->text) - 1)
		return bd_fail(err, E2BIG, "a command line is longer than %d bytes", BD_BOOTMENU_TEXT_MAX - 1);
	line->text[line->length++] = c;
	line->text[line->length] = '\0';
	return 0;
}

/* As grub-core/lib/cmdline.c: a word with a blank is put in double quotes, and quotes and backslashes get a backslash
 * before them, but that of \xHH. */
static int put_word(struct line *line, const char *word, struct bd_error *err)
{
	const char *quote = strchr(word, ' ');

	if (quote && put(line, '"', err) != 0)
		return -1;
	for (; *word; word++) {
		bool is_escape = word[0] == '\\' && word[1] == 'x' && is_hex(word[2]) && is_hex(word[3]);
		if (strchr("\\'\"", *word) && !is_escape && put(line, '\\', err) != 0)
			return -1;
		if (put(line, *word, err) != 0)
			return -1;
	}
	return quote ? put(line, '"', err) : 0;
}

static int join(char *const *words, size_t count, char **text_out, struct bd_error *err)
{
	struct line line = { .length = 0 };

	for (size_t i = 0; i < count; i++)
		if ((i > 0 && put(&line, ' ', err) != 0) || put_word(&line, words[i], err) != 0)
			return -1;
	*text_out = strdup(line.text);
	return *text_out ? 0 : bd_no_memory(err);
}

/* A file that is not on a filesystem of the disk. */
static int check_device(struct grub_session *session, const struct grub_place *place, struct bd_error *err)
{
	if (!*session->loopback || strcmp(place->device, session->loopback) != 0 || session->loaded.obstacle)
		return 0;
	return bd_text_format(&session->loaded.obstacle, err, "it boots from inside of a file (loopback)");
}

static int load_kernel(struct grub_session *session, char *const *words, size_t count, int *status_out,
		       struct bd_error *err)
{
	struct grub_place place;
	bool is_place;

	*status_out = GRUB_FAILED;
	if (count < 2)
		return 0;
	if (grub_place_of(&session->run, words[1], &place, &is_place, err) != 0)
		return -1;
	if (!is_place)
		return 0;
	grub_session_unload(session);
	if (grub_place_copy(&place, &session->loaded.kernel, err) != 0 ||
	    join(words + 2, count - 2, &session->loaded.arguments, err) != 0 ||
	    check_device(session, &place, err) != 0)
		return -1;
	session->is_loaded = true;
	*status_out = GRUB_TRUE;
	return 0;
}

/* "newc:NAME:FILE": slashes before the name count for nothing. *name: the file then. */
static int take_newc(const char **name, char **newc_name_out, struct bd_error *err)
{
	*newc_name_out = NULL;
	if (!bd_text_begins_with(*name, NEWC))
		return 0;
	const char *part = *name + strlen(NEWC);
	part += strspn(part, "/");
	const char *colon = strchr(part, ':');
	if (!colon)
		return 0;
	if (colon - part > BD_BOOTMENU_NEWC_NAME_MAX)
		return bd_fail(err, E2BIG, "the name of a part of its initrd is longer than %d bytes",
			       BD_BOOTMENU_NEWC_NAME_MAX);
	*newc_name_out = strndup(part, (size_t)(colon - part));
	*name = colon + 1;
	return *newc_name_out ? 0 : bd_no_memory(err);
}

static int add_initrd(struct grub_session *session, const char *name, int *status_out, struct bd_error *err)
{
	struct bd_bootmenu_entry *loaded = &session->loaded;
	BD_FREE char *newc_name = NULL;
	const char *file = name;
	struct grub_place place;
	bool is_place;

	if (take_newc(&file, &newc_name, err) != 0)
		return -1;
	if (grub_place_of(&session->run, file, &place, &is_place, err) != 0)
		return -1;
	if (!is_place) {
		*status_out = GRUB_FAILED;
		if (!bd_text_begins_with(name, NEWC) || loaded->obstacle)
			return 0;
		return bd_text_format(&loaded->obstacle, err, "its initrd %.100s names no file", name);
	}
	if (loaded->initrd_count == BD_BOOTMENU_INITRDS_MAX)
		return bd_fail(err, E2BIG, "there are more than %d initrds", BD_BOOTMENU_INITRDS_MAX);
	struct bd_bootmenu_path *initrd = &loaded->initrds[loaded->initrd_count++];
	initrd->newc_name = bd_take_ptr(newc_name);
	return grub_place_copy(&place, initrd, err) != 0 ? -1 : check_device(session, &place, err);
}

static int load_initrd(struct grub_session *session, char *const *words, size_t count, int *status_out,
		       struct bd_error *err)
{
	struct bd_bootmenu_entry *loaded = &session->loaded;

	if (count < 2 || !loaded->kernel.path) {
		*status_out = GRUB_FAILED;
		return 0;
	}
	for (size_t i = 0; i < loaded->initrd_count; i++)
		bd_bootmenu_path_dispose(&loaded->initrds[i]);
	loaded->initrd_count = 0;
	*status_out = GRUB_TRUE;
	for (size_t i = 1; i < count && *status_out == GRUB_TRUE; i++)
		if (add_initrd(session, words[i], status_out, err) != 0)
			return -1;
	return 0;
}

/* Unified kernel images are EFI programs by their format; by the Boot Loader Specification they lie in EFI/Linux. */
static bool is_unified(const char *path)
{
	size_t length = strlen(path);

	return strcasestr(path, "/EFI/Linux/") && length > 4 && strcasecmp(path + length - 4, ".efi") == 0;
}

static int load_other(struct grub_session *session, const char *name, const char *what, struct bd_error *err)
{
	grub_session_unload(session);
	session->is_loaded = true;
	return bd_text_format(&session->loaded.obstacle, err, "it %s (%s)", what, name);
}

static int chain(struct grub_session *session, char *const *words, size_t count, int *status_out,
		 struct bd_error *err)
{
	struct grub_place place;
	bool is_place = false;

	if (count > 1 && grub_place_of(&session->run, words[1], &place, &is_place, err) != 0)
		return -1;
	if (!is_place || !is_unified(place.path)) {
		*status_out = GRUB_TRUE;
		return load_other(session, words[0], "starts another boot loader", err);
	}
	if (load_kernel(session, words, count, status_out, err) != 0)
		return -1;
	session->loaded.is_uki = true;
	return 0;
}

/* What is booted instead of Linux. */
static const struct other {
	const char *name, *what;
} others[] = {
	{ "appleloader", "starts another boot loader" },
	{ "freedos", "starts another system" },
	{ "kfreebsd", "starts another system" },
	{ "knetbsd", "starts another system" },
	{ "kopenbsd", "starts another system" },
	{ "legacy_configfile", "reads a configuration of another boot loader" },
	{ "legacy_kernel", "starts what GRUB Legacy would" },
	{ "multiboot", "starts a hypervisor or another system" },
	{ "multiboot2", "starts a hypervisor or another system" },
	{ "ntldr", "starts another system" },
	{ "plan9", "starts another system" },
	{ "syslinux_configfile", "reads a configuration of another boot loader" },
	{ "truecrypt", "starts another boot loader" },
	{ "xen_hypervisor", "starts a hypervisor" },
	{ "xnu_kernel", "starts another system" },
	{ "xnu_kernel64", "starts another system" },
};

static const struct other *find_other(const char *name)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (strcmp(others[i].name, name) == 0)
			return &others[i];
	return NULL;
}

int grub_load(struct grub_session *session, char *const *words, size_t count, bool *found_out, int *status_out,
	      struct bd_error *err)
{
	static const char *const kernels[] = { "linux", "linux16", "linuxefi", NULL };
	static const char *const initrds[] = { "initrd", "initrd16", "initrdefi", NULL };
	const struct other *other = find_other(words[0]);

	*found_out = true;
	*status_out = GRUB_TRUE;
	if (bd_text_is_any(words[0], kernels))
		return load_kernel(session, words, count, status_out, err);
	if (bd_text_is_any(words[0], initrds))
		return load_initrd(session, words, count, status_out, err);
	if (strcmp(words[0], "chainloader") == 0)
		return chain(session, words, count, status_out, err);
	if (other)
		return load_other(session, words[0], other->what, err);
	*found_out = false;
	return 0;
}
