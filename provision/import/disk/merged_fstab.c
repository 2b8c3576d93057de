/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Goes through the text line by line. */
#include "import/disk/merged_fstab.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "rootfs/fstab_line.h"

static bool is_one_of(const struct bd_inside_mount *items, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(items[i].path, path) == 0)
			return true;
	return false;
}

/* What the comment says; NULL: the line stays. */
static const char *reason(const struct bd_fstab_line *line, const struct bd_inside_mounts *mounts)
{
	char path[BD_MOUNT_PATH_SIZE];

	if (!bd_fstab_is_entry(line) || bd_fstab_has_option(line, "noauto") ||
	    !bd_fstab_names_disk(&line->fields[BD_FSTAB_DEVICE]) || !bd_fstab_mount_point(line, path, sizeof(path)) ||
	    strcmp(path, "/") == 0)
		return NULL;
	if (is_one_of(mounts->items, mounts->count, path))
		return "# Merged into /: ";
	return is_one_of(mounts->left_out, mounts->left_out_count, path) ? "# Left out: " : NULL;
}

int bd_merged_fstab(const char *text, const struct bd_inside_mounts *mounts, char **text_out, struct bd_error *err)
{
	struct bd_fstab_line line;
	size_t size;
	FILE *out = open_memstream(text_out, &size);

	if (!out)
		return bd_no_memory(err);
	for (const char *at = text; bd_fstab_next_line(&at, &line);) {
		const char *why = reason(&line, mounts);
		fprintf(out, "%s%.*s", why ? why : "", (int)line.whole.size, line.whole.text);
		if (line.whole.text[line.whole.size])
			putc('\n', out);
	}
	return fclose(out) == 0 ? 0 : bd_no_memory(err);
}

int bd_merged_fstab_add(struct bd_file_stream *stream, const char *path, const struct bd_file_meta *meta,
			const struct bd_inside_mounts *mounts, struct bd_sealed_writer *writer, struct bd_error *err)
{
	BD_FREE char *text = NULL, *merged = NULL;
	struct bd_file_meta changed = *meta;

	if (meta->size_bytes > BD_MOUNTS_FSTAB_BYTES_MAX)
		return bd_fail(err, EFBIG, "it is too large");
	if (bd_file_stream_content(stream, meta->size_bytes, &text, err) != 0 ||
	    bd_merged_fstab(text, mounts, &merged, err) != 0)
		return -1;
	changed.size_bytes = strlen(merged);
	if (bd_sealed_writer_add(writer, path, &changed, err) != 0)
		return -1;
	return changed.size_bytes ? bd_sealed_writer_data(writer, 0, merged, changed.size_bytes, err) : 0;
}
