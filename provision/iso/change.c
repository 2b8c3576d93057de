/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads all that is wanted of an image, and replaces the file. */
#include "iso/change.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file/atomic_file.h"

#define FILE_BYTES_MAX ((size_t)64 << 20)

struct content {
	struct bd_iso_file *files;
	char **texts; /* of those that were read; owned */
	size_t count;
};

/* There may be a password's hash in it. */
static void dispose(struct content *content)
{
	for (size_t i = 0; i < content->count; i++) {
		if (content->texts[i])
			explicit_bzero(content->texts[i], content->files[i].size_bytes);
		free(content->texts[i]);
	}
	free(content->texts);
	free(content->files);
}

static int take(const char *path, const char *name, const struct bd_iso_file *changed, struct content *content,
		struct bd_error *err)
{
	struct bd_iso_file *file = &content->files[content->count];
	char **text = &content->texts[content->count];

	*file = (struct bd_iso_file){ .name = name };
	if (strcmp(name, changed->name) == 0)
		*file = *changed;
	else if (bd_iso_read(path, name, FILE_BYTES_MAX, text, &file->size_bytes, err) != 0)
		return err->kind == BD_KIND_NOT_FOUND ? 0 : -1;
	else
		file->text = *text;
	content->count++;
	return 0;
}

static int replace(const char *path, const char *volume, const struct content *content, int64_t now,
		   struct bd_error *err)
{
	BD_DISPOSE(bd_atomic_file_dispose) struct bd_atomic_file draft = BD_ATOMIC_FILE_INIT;

	if (bd_atomic_file_open_replacement(path, &draft, err) != 0 ||
	    bd_iso_write(draft.fd, volume, content->files, content->count, now, err) != 0 ||
	    bd_atomic_file_sync(&draft, err) != 0 || bd_atomic_file_publish(&draft, err) != 0)
		return -1;
	return bd_atomic_file_sync_folder(&draft, err);
}

int bd_iso_replace_file(const char *path, const char *volume, const char *const *names, size_t count,
			const struct bd_iso_file *changed, int64_t now, struct bd_error *err)
{
	BD_DISPOSE(dispose) struct content content = { .files = calloc(count, sizeof(*content.files)),
						       .texts = calloc(count, sizeof(*content.texts)) };

	if (!content.files || !content.texts)
		return bd_no_memory(err);
	for (size_t i = 0; i < count; i++)
		if (take(path, names[i], changed, &content, err) != 0)
			return -1;
	return replace(path, volume, &content, now, err);
}
