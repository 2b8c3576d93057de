/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blobs come in any order, and the file that describes them is often the last; names of 64 digits identify them
 * earlier. */
#include "import/oci/peek.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/archive_library.h"
#include "base/cleanup.h"
#include "import/archive/open.h"
#include "import/magic.h"
#include "import/wrap/disk_names.h"

#define ENTRIES_MAX 64
#define DIGITS 64 /* of a sha256 */

/* "HEX", "HEX.tar", "HEX.json", "HEX/layer.tar", "sha256:HEX": no root filesystem has such names at its top. */
static bool is_named_by_digest(const char *path)
{
	path += strncmp(path, "sha256:", 7) == 0 ? 7 : 0;
	for (int i = 0; i < DIGITS; i++)
		if (!isxdigit((unsigned char)path[i]))
			return false;
	return !isalnum((unsigned char)path[DIGITS]);
}

static bool is_at_top(const char *path)
{
	size_t size = strcspn(path, "/");

	return !path[size + strspn(path + size, "/")];
}

/* Of a file that a container image may have at its top, whatever its tool is. */
static bool may_be_of_image(const char *path)
{
	static const char *const names[] = { "blobs", "index.json", "manifest.json", "repositories", "version" };
	static const char *const ends[] = { ".json", ".tar", ".tar.gz", ".tgz", ".tar.zst" };

	if (!*path || strncmp(path, "blobs/", 6) == 0)
		return true;
	if (!is_at_top(path))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strncmp(path, names[i], strlen(names[i])) == 0 && strchr("/", path[strlen(names[i])]))
			return true;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (strlen(path) > strlen(ends[i]) && strcmp(path + strlen(path) - strlen(ends[i]), ends[i]) == 0)
			return true;
	return false;
}

static enum bd_peek judge(const char *path)
{
	while (!strncmp(path, "./", 2))
		path += 2 + strspn(path + 2, "/");
	if (!strcmp(path, "."))
		path = "";
	if (!strcmp(path, "oci-layout") || is_named_by_digest(path) ||
	    (!strncmp(path, "blobs/sha256/", 13) && is_named_by_digest(path + 13)))
		return BD_PEEK_IMAGE;
	if (bd_wrap_is_of_xva(path))
		return BD_PEEK_DISK;
	return may_be_of_image(path) || bd_wrap_is_beside_disk(path) ? BD_PEEK_UNDECIDED : BD_PEEK_ARCHIVE;
}

/* What the entry at hand begins with. */
static enum bd_peek judge_content(struct bd_file_stream *stream, struct bd_error *err)
{
	BD_FREE uint8_t *head = calloc(1, BD_MAGIC_HEAD_BYTES);
	uint64_t offset = 0, end = 0;
	const void *data;
	size_t size = 0;
	int more = 0;

	while (head && end < BD_MAGIC_HEAD_BYTES &&
	       (more = bd_file_stream_block(stream, &data, &size, &offset, err)) > 0) {
		end = offset >= BD_MAGIC_HEAD_BYTES || size > BD_MAGIC_HEAD_BYTES - offset ? BD_MAGIC_HEAD_BYTES
											   : offset + size;
		if (offset < end)
			memcpy(head + offset, data, end - offset);
	}
	if (!head || more < 0)
		return BD_PEEK_UNDECIDED;
	return bd_magic_is_image(head, end) ? BD_PEEK_DISK : BD_PEEK_ARCHIVE;
}

static enum bd_peek judge_entry(struct bd_file_stream *stream, const struct bd_stream_entry *entry,
				struct bd_error *err)
{
	if (entry->format == ARCHIVE_FORMAT_RAW)
		return BD_PEEK_DISK;
	if (S_ISREG(entry->meta.mode) && !entry->hardlink && bd_wrap_may_be_disk(entry->path))
		return judge_content(stream, err);
	return judge(entry->path);
}

static enum bd_peek peek(int fd)
{
	BD_DISPOSE(bd_file_stream_close) struct bd_file_stream *stream = NULL;
	struct bd_error ignored = BD_ERROR_INIT;
	const struct bd_stream_entry *entry;
	bool has_manifest = false;

	if (bd_archive_or_disk_open(fd, NULL, &stream, &ignored) != 0)
		return BD_PEEK_UNDECIDED;
	for (int i = 0; i < ENTRIES_MAX; i++) {
		int more = bd_file_stream_next(stream, &entry, &ignored);

		if (more < 0 || (more > 0 && !*entry->path))
			return BD_PEEK_UNDECIDED;
		/* All of its names are such that it may be one. */
		if (more == 0)
			return has_manifest ? BD_PEEK_IMAGE : BD_PEEK_ARCHIVE;
		enum bd_peek judged = judge_entry(stream, entry, &ignored);
		if (judged != BD_PEEK_UNDECIDED)
			return judged;
		has_manifest |= !strcmp(entry->path, "manifest.json") || !strcmp(entry->path, "./manifest.json");
	}
	return has_manifest ? BD_PEEK_IMAGE : BD_PEEK_ARCHIVE;
}

enum bd_peek bd_oci_peek(int fd)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	enum bd_peek found = at < 0 ? BD_PEEK_UNDECIDED : peek(fd);

	if (at >= 0 && lseek(fd, at, SEEK_SET) != at)
		return BD_PEEK_UNDECIDED;
	return found;
}
