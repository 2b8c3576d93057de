/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a config file through libxlutil's xlu_cfg_*, which is also xl's parser. */
#include "libxl/config/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

/* No config is that long; libxlutil takes an int. */
#define SIZE_LIMIT_BYTES (1 << 20)

static int read_whole(int fd, const char *path, char **text_out, size_t *size_out, struct bd_error *err)
{
	BD_FREE char *text = malloc(SIZE_LIMIT_BYTES + 1);
	if (!text)
		return bd_fail_errno(err, "cannot read %s", path);
	size_t size = 0;
	for (;;) {
		ssize_t got = read(fd, text + size, SIZE_LIMIT_BYTES + 1 - size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return bd_fail_errno(err, "cannot read %s", path);
		if (got == 0)
			break;
		size += (size_t)got;
		if (size > SIZE_LIMIT_BYTES)
			return bd_fail(err, EFBIG, "cannot read %s: a config is at most 1 MiB long", path);
	}
	*text_out = bd_take_ptr(text);
	*size_out = size;
	return 0;
}

static int read_file(const char *path, char **text_out, size_t *size_out, struct bd_error *err)
{
	BD_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return bd_fail_errno(err, "cannot open %s", path);
	return read_whole(fd, path, text_out, size_out, err);
}

static int parse(struct bd_source *source, const char *text, size_t size_bytes, struct bd_error *err)
{
	if (bd_keys_scan(source->path, text, size_bytes, &source->keys, err))
		return -1;
	if (xlu_cfg_readdata(source->xlu, text, (int)size_bytes) == 0)
		return 0;
	const char *report = bd_source_report(source);
	return bd_fail(err, EINVAL, "%s:%s", source->path, *report ? report : " not a config that xl accepts");
}

static int open_xlu(struct bd_source *source, const char *path, struct bd_error *err)
{
	source->path = strdup(path);
	source->report = open_memstream(&source->report_text, &source->report_size);
	if (!source->path || !source->report)
		return bd_fail_errno(err, "cannot read %s", path);
	source->xlu = xlu_cfg_init(source->report, path);
	if (!source->xlu)
		return bd_no_memory(err);
	return 0;
}

int bd_source_read(struct bd_source *source, const char *path, struct bd_error *err)
{
	BD_FREE char *text = NULL;
	size_t size_bytes = 0;
	*source = (struct bd_source){ 0 };
	if (read_file(path, &text, &size_bytes, err))
		return -1;
	if (open_xlu(source, path, err) || parse(source, text, size_bytes, err)) {
		bd_source_dispose(source);
		return -1;
	}
	return 0;
}

void bd_source_dispose(struct bd_source *source)
{
	if (source->xlu)
		xlu_cfg_destroy(source->xlu);
	if (source->report)
		fclose(source->report);
	free(source->report_text);
	bd_key_uses_dispose(&source->keys);
	free(source->path);
	*source = (struct bd_source){ 0 };
}

unsigned bd_source_line(const struct bd_source *source, const char *name)
{
	for (size_t i = source->keys.count; i > 0; i--)
		if (!strcmp(source->keys.items[i - 1].name, name))
			return source->keys.items[i - 1].line;
	return 0;
}

int bd_source_fail(const struct bd_source *source, const char *key, struct bd_error *err, const char *format, ...)
{
	char message[BD_ERROR_MESSAGE_SIZE];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);

	unsigned line = bd_source_line(source, key);
	if (line)
		return bd_fail(err, EINVAL, "%s:%u: %s", source->path, line, message);
	return bd_fail(err, EINVAL, "%s: %s", source->path, message);
}

const char *bd_source_report(struct bd_source *source)
{
	fflush(source->report);
	char *text = source->report_text;
	char *newline = strchr(text, '\n');
	if (newline)
		*newline = '\0';
	rewind(source->report);

	size_t prefix = strlen(source->path);
	if (!strncmp(text, source->path, prefix) && text[prefix] == ':')
		text += prefix + 1;
	return text;
}
