/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scratch folder per test, and files in it. Include after cmocka.h. */
#ifndef TEST_TEMPLATE_FIXTURE_H
#define TEST_TEMPLATE_FIXTURE_H

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/process/run.h"

static char scratch[] = "/tmp/bd-test-XXXXXX";

static inline int make_scratch(void **state)
{
	(void)state;
	memcpy(scratch + strlen(scratch) - 6, "XXXXXX", 6);
	return mkdtemp(scratch) ? 0 : -1;
}

static inline int remove_scratch(void **state)
{
	(void)state;
	struct bd_error err = BD_ERROR_INIT;
	const char *argv[] = { "rm", "-rf", scratch, NULL };
	return bd_run(&(struct bd_run){ .argv = argv }, &err);
}

/* SCRATCH/name, in one of a few buffers that take turns. */
static inline const char *at(const char *name)
{
	static char paths[8][4096];
	static unsigned turn;
	char *path = paths[turn++ % 8];
	snprintf(path, sizeof(paths[0]), "%s/%s", scratch, name);
	return path;
}

/* With the folders on the way. */
static inline const char *write_bytes(const char *name, const void *data, size_t size, mode_t mode)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s", at(name));
	for (char *slash = path + strlen(scratch); (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
	return at(name);
}

static inline const char *write_text(const char *name, const char *text)
{
	return write_bytes(name, text, strlen(text), 0644);
}

static inline const char *write_script(const char *name, const char *text)
{
	return write_bytes(name, text, strlen(text), 0755);
}

/* filter: "xz", "zstd", "gzip" */
static inline void write_compressed(const char *name, const char *filter, const void *data, size_t size)
{
	write_text(name, "");
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	assert_int_equal(archive_write_add_filter_by_name(archive, filter), ARCHIVE_OK);
	assert_int_equal(archive_write_set_format_raw(archive), ARCHIVE_OK);
	assert_int_equal(archive_write_open_filename(archive, at(name)), ARCHIVE_OK);
	archive_entry_set_filetype(entry, AE_IFREG);
	assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
	assert_int_equal(archive_write_data(archive, data, size), size);
	assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
	archive_entry_free(entry);
	archive_write_free(archive);
}

#endif
