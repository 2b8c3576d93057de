/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of template sources share: a seal, and looks into the finished pack.
 * To be included after <cmocka.h>.
 */
#ifndef BD_TESTS_PACK_CHECKS_H
#define BD_TESTS_PACK_CHECKS_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder_checks.h"
#include "rootfs/sealed.h"
#include "rootfs/sealed_find.h"
#include "template/writer/writer.h"

/* The template that was made last. */
static struct bd_sealed_writer *writer;
static struct bd_sealed sealed;
static struct bd_sealed_reader reader = { .sealed = &sealed };
static struct bd_sealed_writer_totals totals;

static void forget_pack(void)
{
	bd_sealed_reader_dispose(&reader);
	bd_sealed_dispose(&sealed);
	bd_sealed_writer_free(&writer);
}

/* Setup and teardown of a test: it has a folder of its own as working directory. */
UNUSED static int enter_pack_folder(void **state)
{
	bd_sealed_init(&sealed);
	return enter_folder(state);
}

UNUSED static int leave_pack_folder(void **state)
{
	forget_pack();
	return leave_folder(state);
}

static void begin_pack(void)
{
	forget_pack();
	if (bd_sealed_writer_begin(".", UINT64_C(1) << 40, &writer, &err) < 0)
		fail_msg("%s", err.message);
}

static void finish_pack(void)
{
	bd_sealed_init(&sealed);
	if (bd_sealed_writer_finish(writer, &sealed, &totals, &err) < 0)
		fail_msg("%s", err.message);
	reader = (struct bd_sealed_reader){ .sealed = &sealed };
}

UNUSED static bool exists(const char *path)
{
	uint32_t index;
	if (bd_sealed_find(&sealed, path, false, &index, &err) < 0)
		fail_msg("%s: %s", path, err.message);
	return index != BD_SEALED_NONE;
}

/* Valid until the next look. */
UNUSED static struct bd_sealed_inode look(const char *path)
{
	struct bd_sealed_inode inode;
	uint32_t index;
	if (bd_sealed_find(&sealed, path, false, &index, &err) < 0)
		fail_msg("%s: %s", path, err.message);
	if (index == BD_SEALED_NONE)
		fail_msg("%s is not there", path);
	if (bd_sealed_read_inode(&reader, index, &inode, &err) < 0)
		fail_msg("%s: %s", path, err.message);
	return inode;
}

UNUSED static void assert_text(const char *path, const char *text)
{
	char *data = NULL;
	size_t size;
	if (bd_sealed_read_file(&sealed, path, 1 << 20, &data, &size, &err) < 0)
		fail_msg("%s: %s", path, err.message);
	if (!data)
		fail_msg("%s is not there", path);
	assert_string_equal(data, text);
	free(data);
}

UNUSED static void assert_target(const char *path, const char *target)
{
	struct bd_sealed_inode inode = look(path);
	assert_true(S_ISLNK(inode.mode));
	assert_int_equal(inode.size_bytes, strlen(target));
	assert_memory_equal(inode.target, target, strlen(target));
}

UNUSED static void assert_xattr(const char *path, const char *name, const void *value, size_t size)
{
	struct bd_sealed_inode inode = look(path);
	for (size_t i = 0; i < inode.xattr_count; i++) {
		if (strcmp(inode.xattrs[i].name, name))
			continue;
		assert_int_equal(inode.xattrs[i].size_bytes, size);
		assert_memory_equal(inode.xattrs[i].value, value, size);
		return;
	}
	fail_msg("%s has no %s", path, name);
}

/* Where the next data is, from a block on that no extent has: on the host, or in the next extent. UINT64_MAX: there is none. */
static uint64_t next_data_block(int fd, uint64_t block, const struct bd_sealed_inode *inode, size_t extent)
{
	off_t data = lseek(fd, (off_t)(block * BD_SEALED_BLOCK_BYTES), SEEK_DATA);
	uint64_t on_host = data < 0 ? UINT64_MAX : (uint64_t)data / BD_SEALED_BLOCK_BYTES;
	uint64_t in_extent = extent < inode->extent_count ? inode->extents[extent].logical : UINT64_MAX;
	return on_host < in_extent ? on_host : in_extent;
}

/* The same bytes as the host's file, and no block of zeros stored. */
UNUSED static void assert_content(const char *path, const char *host_path)
{
	static uint8_t ours[BD_SEALED_BLOCK_BYTES], theirs[BD_SEALED_BLOCK_BYTES];
	static const uint8_t zeros[BD_SEALED_BLOCK_BYTES];
	struct bd_sealed_inode inode = look(path);
	int fd = open(host_path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	size_t extent = 0;
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(inode.size_bytes, st.st_size);
	for (uint64_t block = 0; block * sizeof(ours) < inode.size_bytes; block++) {
		while (extent < inode.extent_count &&
		       block >= (uint64_t)inode.extents[extent].logical + inode.extents[extent].count)
			extent++;
		bool stored = extent < inode.extent_count && block >= inode.extents[extent].logical;
		uint64_t next = stored ? block : next_data_block(fd, block, &inode, extent);
		if (next == UINT64_MAX)
			break; /* nothing but holes from here on */
		if (next > block) {
			block = next - 1;
			continue;
		}
		uint64_t rest = inode.size_bytes - block * sizeof(ours);
		size_t size = rest < sizeof(ours) ? (size_t)rest : sizeof(ours);
		memset(ours, 0, sizeof(ours));
		if (stored) {
			uint64_t at = inode.extents[extent].payload + block - inode.extents[extent].logical;
			assert_int_equal(pread(sealed.payload_fd, ours, sizeof(ours), (off_t)(at * sizeof(ours))),
					 sizeof(ours));
			assert_true(memcmp(ours, zeros, sizeof(ours)));
		}
		assert_int_equal(pread(fd, theirs, size, (off_t)(block * sizeof(ours))), size);
		if (memcmp(ours, theirs, size))
			fail_msg("%s differs in block %llu", path, (unsigned long long)block);
	}
	close(fd);
}

#endif
