/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A seal in a folder of its own, and what it made as text, for the tests of template/writer/writer.h and
 * rootfs/sealed.h. */
#ifndef TEST_SEAL_FIXTURE_H
#define TEST_SEAL_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "template/writer/writer.h"
#include "rootfs/sealed_find.h"

static struct bd_error err;
static char folder[64];
static struct bd_sealed_writer *writer;
static struct bd_sealed sealed;
static struct bd_sealed_writer_totals totals;

static inline void begin_limited(uint64_t limit_bytes)
{
	bd_sealed_init(&sealed);
	assert_int_equal(bd_sealed_writer_begin(folder, limit_bytes, &writer, &err), 0);
}

static inline int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "%s", "/tmp/xen-bigdisk-test-seal-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static inline int begin(void **state)
{
	if (make_folder(state) != 0)
		return -1;
	begin_limited(UINT64_C(1) << 30);
	return 0;
}

static inline void end_seal(void)
{
	bd_sealed_writer_free(&writer);
	bd_sealed_writer_free(&writer);
	bd_sealed_dispose(&sealed);
	bd_sealed_dispose(&sealed);
}

/* Fails when anything but the published files is left in the folder. */
static inline int end(void **state)
{
	char path[80];

	(void)state;
	end_seal();
	snprintf(path, sizeof(path), "%s/tree", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/payload", folder);
	unlink(path);
	return rmdir(folder);
}

/* 0, or the error's code. */
static inline int code(int status)
{
	return status == 0 ? 0 : err.code;
}

static inline int add(const char *path, mode_t mode)
{
	struct bd_file_meta meta = { .mode = mode };
	return code(bd_sealed_writer_add(writer, path, &meta, &err));
}

static inline int add_dir(const char *path)
{
	return add(path, S_IFDIR | 0750);
}

static inline int add_file(const char *path, const char *content)
{
	struct bd_file_meta meta = { .mode = S_IFREG | 0644, .size_bytes = strlen(content) };

	if (bd_sealed_writer_add(writer, path, &meta, &err) != 0)
		return err.code;
	return code(bd_sealed_writer_data(writer, 0, content, strlen(content), &err));
}

static inline int add_symlink(const char *path, const char *target)
{
	struct bd_file_meta meta = { .mode = S_IFLNK | 0777, .target = target };
	return code(bd_sealed_writer_add(writer, path, &meta, &err));
}

static inline int add_link(const char *path, const char *target)
{
	return code(bd_sealed_writer_link(writer, path, target, &err));
}

static inline int take_away(const char *path)
{
	return code(bd_sealed_writer_remove(writer, path, false, &err));
}

static inline void finish(void)
{
	if (bd_sealed_writer_finish(writer, &sealed, &totals, &err) != 0)
		fail_msg("bd_sealed_writer_finish: %s", err.message);
}

static inline void put_text(FILE *out, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (text[i] > ' ' && text[i] < 0x7f)
			fputc(text[i], out);
		else
			fprintf(out, "\\x%02x", (unsigned char)text[i]);
}

static inline void put_inode(FILE *out, const char *path, const struct bd_sealed_inode *inode)
{
	static const char letters[] = "?pc?d?b?f?l?s???";
	char absolute[8200], *data;
	size_t size;

	fprintf(out, "%c ", letters[inode->mode >> 12]);
	put_text(out, path, strlen(path));
	fprintf(out, " %o %u", inode->mode & 07777, inode->links);
	if (S_ISLNK(inode->mode))
		fprintf(out, " -> %.*s", (int)inode->size_bytes, inode->target);
	if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode))
		fprintf(out, " %u:%u", inode->rdev_major, inode->rdev_minor);
	if (S_ISREG(inode->mode)) {
		snprintf(absolute, sizeof(absolute), "/%s", path);
		assert_int_equal(bd_sealed_read_file(&sealed, absolute, 1 << 20, &data, &size, &err), 0);
		assert_non_null(data);
		assert_int_equal(size, inode->size_bytes);
		fputs(size ? " = " : "", out);
		put_text(out, data, size);
		free(data);
	}
	fputc('\n', out);
}

/* One line for each name below, in the order of the index. */
static inline void put_dir(FILE *out, uint32_t index, uint32_t parent, const char *prefix)
{
	struct bd_sealed_reader dirs, inodes;
	struct bd_sealed_inode inode;
	struct bd_sealed_dir dir;
	struct bd_sealed_entry entry;
	char path[8192];

	dirs = (struct bd_sealed_reader){ .sealed = &sealed };
	inodes = (struct bd_sealed_reader){ .sealed = &sealed };
	assert_int_equal(bd_sealed_read_inode(&inodes, index, &inode, &err), 0);
	assert_int_equal(bd_sealed_read_dir(&dirs, inode.dir_at, &dir, &err), 0);
	assert_int_equal(dir.parent, parent);
	while (bd_sealed_next_entry(&dir, &entry)) {
		snprintf(path, sizeof(path), "%s%s%.*s", prefix, *prefix ? "/" : "", entry.name_size, entry.name);
		assert_int_equal(bd_sealed_read_inode(&inodes, entry.inode, &inode, &err), 0);
		assert_int_equal(entry.type, "\0\5\3\0\2\0\4\0\1\0\7\0\6"[inode.mode >> 12]);
		put_inode(out, path, &inode);
		if (S_ISDIR(inode.mode)) {
			assert_true(entry.inode > index);
			put_dir(out, entry.inode, index, path);
		}
	}
	bd_sealed_reader_dispose(&dirs);
	bd_sealed_reader_dispose(&inodes);
}

/* The whole pack as text, without the root; the caller frees. */
static inline char *dump(void)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	put_dir(out, 0, 0, "");
	fclose(out);
	return text;
}

static inline void expect_tree(const char *expected)
{
	finish();
	char *text = dump();
	assert_string_equal(text, expected);
	free(text);
}

static inline void read_inode_of(struct bd_sealed_reader *reader, const char *path, struct bd_sealed_inode *inode_out)
{
	uint32_t index;

	assert_int_equal(bd_sealed_find(&sealed, path, false, &index, &err), 0);
	assert_int_not_equal(index, BD_SEALED_NONE);
	assert_int_equal(bd_sealed_read_inode(reader, index, inode_out, &err), 0);
}

/* xorshift64*: the same numbers everywhere. */
static inline uint32_t random_below(uint64_t *state, uint32_t limit)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)((*state * UINT64_C(0x2545f4914f6cdd1d)) >> 32) % limit;
}

#endif
