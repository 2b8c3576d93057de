/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands that read inside images have in common. */
#ifndef BD_CLI_INSIDE_READ_H
#define BD_CLI_INSIDE_READ_H

#include <stdbool.h>

#include "base/err.h"
#include "base/json.h"
#include "cli/command.h"
#include "filestream/file_stream.h"
#include "inside/request.h"
#include "ops/image/place.h"

/* For the descriptions. */
#define IMAGE_READ_TEXT \
	"\n\nGUEST:/path is a path on the first disk of a guest, IMAGE:/path one in a disk image or on a block device, " \
	"IMAGE@2:/path one in its second partition. Without a number it is the only ext2, ext3 or ext4 filesystem, or the " \
	"only one with a root filesystem. * ? and [ are patterns (glob(7)) of this program; quote them. Symbolic links are " \
	"followed inside the image only. Nothing is mounted and nothing is written, and root is needed only where the image " \
	"cannot be read otherwise. The image is looked at in a process without any rights, so that a crafted filesystem can " \
	"do no harm. What is read from a running guest may be out of date; that is a warning."

struct inside_reader {
	struct bd_inside_request request;
	int (*entry)(void *context, const struct bd_stream_entry *entry, struct bd_error *err);
	/* Content, in order and within the entry's size. With it only regular files are entries; all else is a failure. */
	int (*block)(void *context, const void *data, size_t size, uint64_t offset_bytes, struct bd_error *err);
	void (*incomplete)(void *context); /* the rest of the entry's content cannot be read */
	int (*end)(void *context, struct bd_error *err); /* of an argument */
	void *context; /* each of the functions but entry may be NULL */
	bool json; /* the failures are kept for inside_read_json */
	struct bd_error *failures; /* owned */
	size_t failure_count;
	char *prefix; /* "web01:" of the argument at hand, where the arguments are in several images; owned; else NULL */
};

/* What stands before the paths of the argument at hand in the output. */
const char *inside_prefix(const struct inside_reader *reader);

void inside_reader_dispose(struct inside_reader *reader); /* idempotent */

/* Reads all arguments in turn. What cannot be read is logged, and the others go on; the error is then that of the first,
 * with nothing left to say. */
int inside_read(struct inside_reader *reader, char **arguments, const char *dir, struct bd_error *err);

/* Whether the path is that of something in the directory, or below that. */
bool image_is_below(const char *path, const char *directory);

/* "file", "directory", "symlink", "block", "char", "fifo", "socket". */
const char *image_type_name(mode_t mode);

/* A line of text, path and, when not NULL, " -> " and target, in which no newline of a name is one of the output. */
void image_print_path(const char *text, const char *path, const char *target);

/* Of a symbolic link that of its target, as in ls(1). */
uint64_t image_size_bytes(const struct bd_file_meta *meta);

/* "-rw-r--r--" */
void image_format_mode(mode_t mode, char text_out[11]);

/* "2026-11-28 12:00:00" in this host's time zone. */
void image_format_time(int64_t seconds, char text_out[32]);

/* An object of an entry into an open array. */
void image_put_json(struct bd_json *json, const struct bd_stream_entry *entry);

/* As inside_read with json NULL. Else what the functions add goes into the array of that key in the document that json has
 * begun, "errors" follows, and the document is printed. */
int inside_read_json(struct inside_reader *reader, struct bd_json *json, const char *key, char **arguments,
		     const char *dir, struct bd_error *err);

#endif
