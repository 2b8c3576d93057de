/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encodes and writes the answer. */
#include "bootloader/answer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/printable.h"
#include "base/process/cancel.h"

#define WAIT_MS 50 /* between two looks for a FIFO's reader */
#define ITEM_MAX (2 * PATH_MAX - 1) /* libxl's buffer, of which it needs one byte for itself */
/* isspace(3) in the C locale; libxl has no other. */
#define WHITE_SPACE " \t\n\v\f\r"

static const char *const format_names[] = {
	[BD_ANSWER_SXP] = "sxp",
	[BD_ANSWER_SIMPLE] = "simple",
	[BD_ANSWER_SIMPLE0] = "simple0",
};

bool bd_answer_format_find(const char *name, enum bd_answer_format *format_out)
{
	for (size_t i = 0; i < sizeof(format_names) / sizeof(*format_names); i++) {
		if (strcmp(format_names[i], name) == 0) {
			*format_out = (enum bd_answer_format)i;
			return true;
		}
	}
	return false;
}

/* --- encoding ----------------------------------------------------------------------------------------------------- */

struct item {
	const char *name, *word; /* word: for messages */
	const char *value;
	size_t size; /* how much of the value there is */
};

static int check_item(const struct item *item, enum bd_answer_format format, struct bd_error *err)
{
	size_t room = ITEM_MAX - strlen(item->name) - 1;

	if (item->size > room)
		return bd_fail(err, EFBIG, "the %s is too long for libxl: %zu bytes; maximum is %zu", item->word,
			       item->size, room);
	if (format == BD_ANSWER_SIMPLE && memchr(item->value, '\n', item->size))
		return bd_fail(err, EINVAL,
			       "the %s for the guest have a newline in them, which this format cannot have",
			       item->name);
	return 0;
}

static int set_path(struct item *item, const char *name, const char *word, const char *path,
		    enum bd_answer_format format, struct bd_error *err)
{
	if (!*path || strchr(WHITE_SPACE, *path))
		return bd_fail(err, EINVAL, "the %s is empty or begins with white space", word);
	*item = (struct item){ name, word, path, strlen(path) };
	return check_item(item, format, err);
}

static void trim(struct item *item)
{
	size_t skipped = strspn(item->value, WHITE_SPACE);

	item->value += skipped;
	item->size -= skipped;
	while (item->size && strchr(WHITE_SPACE, item->value[item->size - 1]))
		item->size--;
}

/* Up to three of them; *count_out: how many. */
static int collect(const struct bd_answer *answer, enum bd_answer_format format, struct item items[3],
		   size_t *count_out, struct bd_error *err)
{
	const char *arguments = answer->arguments ? answer->arguments : "";
	struct item last = { "args", "command line", arguments, strlen(arguments) };
	size_t count = 0;

	if (set_path(&items[count++], "kernel", "kernel's path", answer->kernel, format, err) != 0 ||
	    (answer->ramdisk &&
	     set_path(&items[count++], "ramdisk", "initrd's path", answer->ramdisk, format, err) != 0))
		return -1;
	trim(&last);
	if (last.size && check_item(&last, format, err) != 0)
		return -1;
	if (last.size)
		items[count++] = last;
	*count_out = count;
	return 0;
}

static void put_items(FILE *out, const struct item *items, size_t count, char separator)
{
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "%s ", items[i].name);
		fwrite(items[i].value, 1, items[i].size, out);
		fputc(separator, out);
	}
	fputc(separator, out);
}

/* What Python's repr() writes for a character that has an escape of its own. */
static char escape_of(char byte)
{
	switch (byte) {
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	case '\\':
		return '\\';
	default:
		return '\0';
	}
}

/* The bytes from text on that stand for themselves; 0: the first one is to be written by its number. */
static size_t plain_length(const char *text)
{
	unsigned char first = (unsigned char)*text;
	size_t length = bd_utf8_length(text);

	/* Controls of ISO 8859, and the soft hyphen: U+0080 to U+009F, U+00AD. */
	if (length == 2 && first == 0xc2 && ((unsigned char)text[1] < 0xa0 || (unsigned char)text[1] == 0xad))
		return 0;
	return first < 0x20 || first == 0x7f ? 0 : length;
}

static void put_quoted(FILE *out, const struct item *item)
{
	bool has_single = memchr(item->value, '\'', item->size), has_double = memchr(item->value, '"', item->size);
	char quote = has_single && !has_double ? '"' : '\'';

	fputc(quote, out);
	for (size_t at = 0; at < item->size;) {
		const char *text = item->value + at;
		size_t length = plain_length(text);
		char escape = escape_of(*text);
		if (*text == quote || escape) {
			fprintf(out, "\\%c", escape ? escape : quote);
			length = 1;
		} else if (length) {
			fwrite(text, 1, length, out);
		} else {
			/* A character of two bytes is one number. */
			size_t bytes = bd_utf8_length(text) == 2 ? 2 : 1;
			fprintf(out, "\\x%02x", (unsigned char)text[bytes - 1]);
			length = bytes;
		}
		at += length;
	}
	fputc(quote, out);
}

static void put_sxp(FILE *out, const struct item *items, size_t count)
{
	fputs("linux ", out);
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "(%s ", items[i].name);
		put_quoted(out, &items[i]);
		fputc(')', out);
	}
}

int bd_answer_encode(const struct bd_answer *answer, enum bd_answer_format format, char **text_out, size_t *size_out,
		     struct bd_error *err)
{
	struct item items[3];
	size_t count, size;
	char *text;

	if (collect(answer, format, items, &count, err) != 0)
		return -1;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return bd_no_memory(err);
	if (format == BD_ANSWER_SXP)
		put_sxp(out, items, count);
	else
		put_items(out, items, count, format == BD_ANSWER_SIMPLE ? '\n' : '\0');
	bool is_whole = !ferror(out);
	if (fclose(out) != 0 || !is_whole) {
		free(text);
		return bd_no_memory(err);
	}
	*text_out = text;
	*size_out = size;
	return 0;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

/* Not blocking: a signal that comes just before a blocking open(2) of a FIFO would not end that. */
static int open_or_make(const char *path, bool *made_out)
{
	const int flags = O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	int fd = open(path, flags);

	*made_out = fd < 0 && errno == ENOENT;
	return *made_out ? open(path, flags | O_CREAT | O_EXCL, 0600) : fd;
}

static bool is_fifo(const char *path)
{
	struct stat file;

	return stat(path, &file) == 0 && S_ISFIFO(file.st_mode);
}

/* ENXIO is what a FIFO without a reader says; a socket says it, too, and for ever. */
static int open_waiting(const char *path, bool *made_out, struct bd_error *err)
{
	int fd;

	while ((fd = open_or_make(path, made_out)) < 0 && errno == ENXIO && is_fifo(path)) {
		poll(&(struct pollfd){ .fd = bd_cancel_fd(), .events = POLLIN }, 1, WAIT_MS);
		if (bd_cancel_check(err) != 0)
			return -1;
	}
	if (fd < 0 || fcntl(fd, F_SETFL, O_WRONLY) != 0) {
		bd_fail_errno(err, "cannot open %s for the answer", path);
		bd_cleanup_close(&fd);
		return -1;
	}
	return fd;
}

int bd_answer_output_open(const char *path, struct bd_answer_output *output_out, struct bd_error *err)
{
	struct bd_answer_output output = { .fd = STDOUT_FILENO, .path = path };
	struct stat file;

	if (path) {
		output.fd = open_waiting(path, &output.was_made, err);
		if (output.fd < 0)
			return -1;
		output.is_file = fstat(output.fd, &file) == 0 && S_ISREG(file.st_mode);
	}
	*output_out = output;
	return 0;
}

static int write_all(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t r = write(fd, text, size);
		if (r < 0 && errno == EINTR && !bd_cancel_signal())
			continue;
		if (r < 0)
			return -1;
		text += r;
		size -= (size_t)r;
	}
	return 0;
}

/* An ext4 brings what has been emptied, even if there was nothing in it, to its disk when it is closed. */
static int make_empty(const struct bd_answer_output *output)
{
	struct stat file;

	if (!output->is_file || (fstat(output->fd, &file) == 0 && file.st_size == 0))
		return 0;
	return ftruncate(output->fd, 0);
}

static int close_output(struct bd_answer_output *output)
{
	int fd = bd_take_fd(&output->fd);

	return output->path && fd >= 0 ? close(fd) : 0;
}

int bd_answer_output_write(struct bd_answer_output *output, const char *text, size_t size, struct bd_error *err)
{
	const char *name = output->path ? output->path : "standard output";

	if (make_empty(output) != 0)
		return bd_fail_errno(err, "cannot empty %s", name);
	if (write_all(output->fd, text, size) != 0) {
		bd_fail_errno(err, "cannot write the answer to %s", name);
		/* Nothing is better than a part; where even that fails, the exit status says it. */
		if (make_empty(output) != 0)
			bd_wrap(err, "%s has a part of it", name);
		return -1;
	}
	if (close_output(output) != 0)
		return bd_fail_errno(err, "cannot write the answer to %s", name);
	output->was_made = false;
	return 0;
}

void bd_answer_output_dispose(struct bd_answer_output *output)
{
	close_output(output);
	if (output->was_made)
		unlink(output->path);
	*output = (struct bd_answer_output)BD_ANSWER_OUTPUT_INIT;
}
