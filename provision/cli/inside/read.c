/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arguments, streams and entries of the commands that read inside images. */
#include "cli/inside/read.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/printable.h"
#include "ops/inside/change.h"

void inside_reader_dispose(struct inside_reader *reader)
{
	free(reader->failures);
	free(reader->prefix);
	reader->failures = NULL;
	reader->prefix = NULL;
	reader->failure_count = 0;
}

const char *inside_prefix(const struct inside_reader *reader)
{
	return reader->prefix ? reader->prefix : "";
}

static int set_prefix(struct inside_reader *reader, const char *argument, struct bd_error *err)
{
	free(reader->prefix);
	reader->prefix = strndup(argument, (size_t)(image_place_colon(argument) + 1 - argument));
	return reader->prefix ? 0 : bd_no_memory(err);
}

static bool has_several_images(char **arguments)
{
	for (size_t i = 1; arguments[i]; i++)
		if (!inside_is_same_image(arguments[0], arguments[i]))
			return true;
	return false;
}

/* The first failure counts; each is logged. */
static void note_failure(struct inside_reader *reader, struct bd_error *first, const struct bd_error *err)
{
	struct bd_error ignored;

	bd_log(BD_LOG_ERROR, "%s", err->message);
	if (reader->json && bd_array_grow(reader->failures, reader->failure_count, &ignored) == 0)
		reader->failures[reader->failure_count++] = *err;
	if (!first->code)
		*first = *err;
}

/* Content comes in order and within the size that the entry has. */
static int read_blocks(struct inside_reader *reader, struct bd_file_stream *stream, uint64_t size_bytes,
		       struct bd_error *err)
{
	const void *data;
	uint64_t offset_bytes, end_bytes = 0;
	size_t size;
	int more;

	while ((more = bd_file_stream_block(stream, &data, &size, &offset_bytes, err)) > 0) {
		if (offset_bytes < end_bytes || offset_bytes > size_bytes || size > size_bytes - offset_bytes)
			return bd_fail(err, EBADMSG,
				       "internal error: the reader process sent content in the wrong place");
		end_bytes = offset_bytes + size;
		if (reader->block(reader->context, data, size, offset_bytes, err) != 0)
			return -1;
	}
	return more;
}

/* 1: it is not a file, and what reads content has nothing of it. */
static int take_entry(struct inside_reader *reader, struct bd_file_stream *stream,
		      const struct bd_stream_entry *entry, struct bd_error *err)
{
	uint64_t size_bytes = entry->meta.size_bytes;

	if (reader->block && !S_ISREG(entry->meta.mode)) {
		if (S_ISDIR(entry->meta.mode))
			bd_fail(err, EISDIR, "%s: it is a directory", entry->path);
		else
			bd_fail(err, EINVAL, "%s: it is not a regular file", entry->path);
		return 1;
	}
	if (reader->entry(reader->context, entry, err) != 0)
		return -1;
	return reader->block ? read_blocks(reader, stream, size_bytes, err) : 0;
}

/* An error about a path inside becomes one about the argument. */
static void name_argument(const char *argument, const struct image_place *place, struct bd_error *err)
{
	bd_fail_as(err, err, "%.*s:%s", (int)strlen(argument) - (int)strlen(place->path) - 1, argument, err->message);
}

static int read_one(struct inside_reader *reader, const char *argument, const char *dir, struct bd_error *first,
		    struct bd_error *err)
{
	BD_DISPOSE(image_place_dispose) struct image_place place = IMAGE_PLACE_INIT;
	BD_DISPOSE(bd_file_stream_close) struct bd_file_stream *stream = NULL;
	struct bd_inside_request request = reader->request;
	const struct bd_stream_entry *entry;
	int more;

	if (image_place_open(argument, dir, &place, err) != 0)
		return -1;
	if (image_place_read(&place, &request, &stream, err) != 0)
		return bd_wrap(err, "%s", place.image);
	while ((more = bd_file_stream_next(stream, &entry, err)) > 0) {
		int r = 1;
		if (more == 2 && bd_file_stream_is_incomplete(stream) && reader->incomplete)
			reader->incomplete(reader->context);
		else if (more != 2)
			r = take_entry(reader, stream, entry, err);
		if (r < 0)
			return -1;
		if (r == 0)
			continue;
		name_argument(argument, &place, err);
		note_failure(reader, first, err);
	}
	if (more < 0)
		return bd_wrap(err, "%s", place.image);
	image_place_warn(&place, stream);
	return reader->end ? reader->end(reader->context, err) : 0;
}

int inside_read(struct inside_reader *reader, char **arguments, const char *dir, struct bd_error *err)
{
	struct bd_error first = BD_ERROR_INIT;

	signal(SIGPIPE, SIG_DFL); /* `... | head` is no failure that anybody wants to read about */
	for (size_t i = 0; arguments[i]; i++)
		if (image_place_check(arguments[i], err) != 0)
			return -1;
	bool is_prefixed = has_several_images(arguments);
	for (size_t i = 0; arguments[i]; i++) {
		if (is_prefixed && set_prefix(reader, arguments[i], err) != 0)
			return -1;
		if (read_one(reader, arguments[i], dir, &first, err) == 0)
			continue;
		if (err->kind == BD_KIND_CANCELED)
			return -1;
		note_failure(reader, &first, err);
	}
	if (!first.code)
		return 0;
	*err = first;
	err->message[0] = '\0';
	return -1;
}

bool image_is_below(const char *path, const char *directory)
{
	size_t size = strlen(directory);

	if (size && directory[size - 1] == '/')
		size--;
	return strncmp(path, directory, size) == 0 && path[size] == '/' && path[size + 1];
}

const char *image_type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFLNK:
		return "symlink";
	case S_IFBLK:
		return "block";
	case S_IFCHR:
		return "char";
	case S_IFIFO:
		return "fifo";
	default:
		return "socket";
	}
}

void image_print_path(const char *text, const char *path, const char *target)
{
	BD_FREE char *clean = bd_printable(path), *clean_target = target ? bd_printable(target) : NULL;

	bd_print(stdout, "%s%s%s%s\n", text, clean ? clean : "(out of memory)", clean_target ? " -> " : "",
		 clean_target ? clean_target : "");
}

uint64_t image_size_bytes(const struct bd_file_meta *meta)
{
	return S_ISLNK(meta->mode) && meta->target ? strlen(meta->target) : meta->size_bytes;
}

void image_format_mode(mode_t mode, char text_out[11])
{
	static const struct {
		mode_t type;
		char letter;
	} types[] = { { S_IFREG, '-' }, { S_IFDIR, 'd' }, { S_IFLNK, 'l' }, { S_IFBLK, 'b' },
		      { S_IFCHR, 'c' }, { S_IFIFO, 'p' }, { S_IFSOCK, 's' } };

	strcpy(text_out, "?rwxrwxrwx");
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if ((mode & S_IFMT) == types[i].type)
			text_out[0] = types[i].letter;
	for (int bit = 0; bit < 9; bit++)
		if (!(mode & (0400u >> bit)))
			text_out[1 + bit] = '-';
	if (mode & S_ISUID)
		text_out[3] = text_out[3] == 'x' ? 's' : 'S';
	if (mode & S_ISGID)
		text_out[6] = text_out[6] == 'x' ? 's' : 'S';
	if (mode & S_ISVTX)
		text_out[9] = text_out[9] == 'x' ? 't' : 'T';
}

void image_format_time(int64_t seconds, char text_out[32])
{
	time_t time = (time_t)seconds;
	struct tm parts;

	if (!localtime_r(&time, &parts) || !strftime(text_out, 32, "%Y-%m-%d %H:%M:%S", &parts))
		strcpy(text_out, "?");
}

void image_put_json(struct bd_json *json, const struct bd_stream_entry *entry)
{
	const struct bd_file_meta *meta = &entry->meta;
	char mode[8], time[32];

	snprintf(mode, sizeof(mode), "%04o", (unsigned)(meta->mode & 07777));
	bd_json_open_object(json, NULL);
	bd_json_string(json, "path", entry->path);
	bd_json_string(json, "type", image_type_name(meta->mode));
	bd_json_string(json, "mode", mode);
	bd_json_uint(json, "uid", meta->uid);
	bd_json_uint(json, "gid", meta->gid);
	bd_json_uint(json, "links", entry->links);
	bd_json_uint(json, "inode", entry->inode);
	bd_json_uint(json, "size_bytes", image_size_bytes(meta));
	bd_json_uint(json, "allocated_bytes", entry->allocated_bytes);
	time_t seconds = (time_t)meta->mtime_s;
	struct tm parts;
	bd_json_string(json, "modified",
		       gmtime_r(&seconds, &parts) && strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%SZ", &parts)
			       ? time
			       : NULL);
	bd_json_string(json, "target", meta->target && *meta->target ? meta->target : NULL);
	bd_json_close_object(json);
}

int inside_read_json(struct inside_reader *reader, struct bd_json *json, const char *key, char **arguments,
		     const char *dir, struct bd_error *err)
{
	struct bd_error failure;

	reader->json = json != NULL;
	if (!json)
		return inside_read(reader, arguments, dir, err);
	bd_json_open_array(json, key);
	int r = inside_read(reader, arguments, dir, err);
	if (r != 0 && !reader->failure_count)
		return -1;
	bd_json_close_array(json);
	bd_json_open_array(json, "errors");
	for (size_t i = 0; i < reader->failure_count; i++)
		bd_json_error(json, NULL, &reader->failures[i]);
	bd_json_close_array(json);
	if (bd_json_finish(json, &failure) != 0) {
		*err = failure;
		return -1;
	}
	return r != 0 ? bd_reported(err) : 0;
}
