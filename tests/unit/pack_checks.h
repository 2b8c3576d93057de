/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of template sources share: a folder to work in, programs, a seal, and looks into the finished pack.
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

#include "base/pack.h"
#include "base/run.h"
#include "template/seal.h"

#define UNUSED __attribute__((unused))

static struct bd_error err;
static char output[256 * 1024];
/* The template that was made last. */
static struct bd_seal *seal;
static struct bd_pack pack;
static struct bd_pack_reader reader;
static struct bd_seal_totals totals;

static void forget_pack(void)
{
	bd_pack_reader_dispose(&reader);
	bd_pack_dispose(&pack);
	bd_seal_free(&seal);
}

/* Every test has a folder of its own as working directory. */
static int enter_folder(void **state)
{
	static char folder[4096];
	const char *parent = getenv("TMPDIR");
	snprintf(folder, sizeof(folder), "%s/test-source-XXXXXX", parent ? parent : "/tmp");
	*state = folder;
	bd_pack_init(&pack);
	bd_pack_reader_init(&reader, &pack);
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
	const char *const argv[] = { "rm", "-rf", *state, NULL };
	forget_pack();
	return chdir("/") == 0 ? bd_run(&(struct bd_run){ .argv = argv }, &err) : -1;
}

/* Ends the test when the program fails. */
#define RUN(...) run_program((const char *const[]){ __VA_ARGS__, NULL }, NULL)
#define SH(script) run_program((const char *const[]){ "sh", "-euc", script, NULL }, NULL)
UNUSED static void run_program(const char *const *argv, const char *text)
{
	struct bd_run run = { .argv = argv, .stdin_text = text, .output = output, .output_size = sizeof(output) };
	if (bd_run(&run, &err) < 0)
		fail_msg("%s: %s\n%s", argv[0], err.message, output);
}

static void begin_pack(void)
{
	forget_pack();
	if (bd_seal_begin(".", UINT64_C(1) << 40, &seal, &err) < 0)
		fail_msg("%s", err.message);
}

static void finish_pack(void)
{
	bd_pack_init(&pack);
	if (bd_seal_finish(seal, &pack, &totals, &err) < 0)
		fail_msg("%s", err.message);
	bd_pack_reader_init(&reader, &pack);
}

UNUSED static bool exists(const char *path)
{
	uint32_t index;
	if (bd_pack_find(&pack, path, false, &index, &err) < 0)
		fail_msg("%s: %s", path, err.message);
	return index != BD_PACK_NONE;
}

/* Valid until the next look. */
UNUSED static struct bd_pack_inode look(const char *path)
{
	struct bd_pack_inode inode;
	uint32_t index;
	if (bd_pack_find(&pack, path, false, &index, &err) < 0)
		fail_msg("%s: %s", path, err.message);
	if (index == BD_PACK_NONE)
		fail_msg("%s is not there", path);
	if (bd_pack_read_inode(&reader, index, &inode, &err) < 0)
		fail_msg("%s: %s", path, err.message);
	return inode;
}

UNUSED static void assert_text(const char *path, const char *text)
{
	char *data = NULL;
	size_t size;
	if (bd_pack_read_file(&pack, path, 1 << 20, &data, &size, &err) < 0)
		fail_msg("%s: %s", path, err.message);
	if (!data)
		fail_msg("%s is not there", path);
	assert_string_equal(data, text);
	free(data);
}

UNUSED static void assert_target(const char *path, const char *target)
{
	struct bd_pack_inode inode = look(path);
	assert_true(S_ISLNK(inode.mode));
	assert_int_equal(inode.size_bytes, strlen(target));
	assert_memory_equal(inode.target, target, strlen(target));
}

UNUSED static void assert_xattr(const char *path, const char *name, const void *value, size_t size)
{
	struct bd_pack_inode inode = look(path);
	for (size_t i = 0; i < inode.xattr_count; i++) {
		if (strcmp(inode.xattrs[i].name, name))
			continue;
		assert_int_equal(inode.xattrs[i].size_bytes, size);
		assert_memory_equal(inode.xattrs[i].value, value, size);
		return;
	}
	fail_msg("%s has no %s", path, name);
}

/* The same bytes as the host's file, and no block of zeros stored. */
UNUSED static void assert_content(const char *path, const char *host_path)
{
	static uint8_t ours[BD_PACK_BLOCK_BYTES], theirs[BD_PACK_BLOCK_BYTES];
	static const uint8_t zeros[BD_PACK_BLOCK_BYTES];
	struct bd_pack_inode inode = look(path);
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
		uint64_t rest = inode.size_bytes - block * sizeof(ours);
		size_t size = rest < sizeof(ours) ? (size_t)rest : sizeof(ours);
		if (!stored && lseek(fd, (off_t)(block * sizeof(ours)), SEEK_DATA) < 0)
			break; /* nothing but holes from here on */
		memset(ours, 0, sizeof(ours));
		if (stored) {
			uint64_t at = inode.extents[extent].payload + block - inode.extents[extent].logical;
			assert_int_equal(pread(pack.payload_fd, ours, sizeof(ours), (off_t)(at * sizeof(ours))),
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
