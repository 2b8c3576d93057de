/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SEEK_DATA and SEEK_HOLE. */
#include "base/file/data_range.h"

#include <errno.h>
#include <unistd.h>

bool bd_next_data(int fd, uint64_t at, uint64_t end, uint64_t unit, uint64_t *begin_out, uint64_t *end_out)
{
	off_t begin = lseek(fd, (off_t)at, SEEK_DATA);

	if (begin < 0 && errno == ENXIO)
		return false;
	off_t hole = begin < 0 ? -1 : lseek(fd, begin, SEEK_HOLE);
	if (begin < 0 || hole < 0) {
		begin = (off_t)at;
		hole = (off_t)end;
	}
	*begin_out = (uint64_t)begin / unit * unit;
	*end_out = ((uint64_t)hole + unit - 1) / unit * unit;
	if (*begin_out < at)
		*begin_out = at;
	if (*end_out > end)
		*end_out = end;
	return *begin_out < *end_out;
}

bool bd_hides_holes(int fd, const struct stat *st)
{
	if (!S_ISREG(st->st_mode) || (uint64_t)st->st_blocks * 512 >= (uint64_t)st->st_size)
		return false;
	off_t hole = lseek(fd, 0, SEEK_HOLE);
	return hole < 0 || hole >= st->st_size;
}
