/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of bd_ext3_write share: a file to write into, and what the filesystem is to be like. To be included after
 * <cmocka.h>. */
#ifndef BD_TESTS_IMAGE_CHECKS_H
#define BD_TESTS_IMAGE_CHECKS_H

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ext3/ext3.h"
#include "folder_checks.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define NOW 1700000000

UNUSED static void make_sparse(const char *path, uint64_t size_bytes)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size_bytes), 0);
	close(fd);
}

static enum bd_fs_type fs_type = BD_FS_EXT3; /* that params_for makes */

UNUSED static int as_ext4(void **state)
{
	(void)state;
	fs_type = BD_FS_EXT4;
	return 0;
}

UNUSED static struct bd_ext3_params params_for(uint64_t offset_bytes, uint64_t size_bytes)
{
	struct bd_ext3_params params = {
		.type = fs_type,
		.offset_bytes = offset_bytes,
		.size_bytes = size_bytes,
		.now = NOW,
		.label = "guestroot",
	};
	memset(params.uuid, 0x11, sizeof(params.uuid));
	memset(params.hash_seed, 0x22, sizeof(params.hash_seed));
	return params;
}

#endif
