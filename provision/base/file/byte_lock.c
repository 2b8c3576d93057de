/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Locks one byte with F_OFD_SETLK and F_OFD_SETLKW. */
#include "base/file/byte_lock.h"

#include <errno.h>
#include <fcntl.h>

#include "base/hash.h"

/* The offset and the byte behind it have to fit into an off_t. */
off_t bd_byte_lock_offset(const void *key, size_t size_bytes)
{
	return (off_t)(bd_hash(BD_HASH_INIT, key, size_bytes) >> 2);
}

static struct flock byte_at(off_t offset)
{
	return (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1 };
}

int bd_byte_lock(int fd, off_t offset)
{
	struct flock byte = byte_at(offset);

	if (fcntl(fd, F_OFD_SETLK, &byte) == 0)
		return 0;
	return errno == EAGAIN || errno == EACCES ? 1 : -1;
}

int bd_byte_lock_wait(int fd, off_t offset)
{
	struct flock byte = byte_at(offset);

	return fcntl(fd, F_OFD_SETLKW, &byte);
}

int bd_byte_lock_is_held(int fd, off_t offset)
{
	struct flock byte = byte_at(offset);

	if (fcntl(fd, F_OFD_GETLK, &byte) != 0)
		return -1;
	return byte.l_type != F_UNLCK;
}
