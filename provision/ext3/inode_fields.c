/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encodes times and device numbers of inodes. */
#include "ext3/inode_fields.h"

#include <errno.h>

void bd_ext_put_time(uint32_t *low, uint32_t *extra, int64_t seconds, uint32_t nanoseconds)
{
	int64_t last = extra ? (INT64_C(1) << 34) + INT32_MIN - 1 : INT32_MAX;

	if (seconds < INT32_MIN)
		seconds = INT32_MIN;
	if (seconds > last)
		seconds = last;
	*low = (uint32_t)seconds;
	if (!extra)
		return;
	/* Bits 32 and 33 of a time, counted from its low half as a signed number; then the nanoseconds. */
	*extra = ((uint32_t)((uint64_t)(seconds - (int32_t)seconds) >> 32) & 3) | nanoseconds << 2;
}

int bd_ext_check_device(uint32_t major_number, uint32_t minor_number, struct bd_error *err)
{
	if (major_number > 0xfff || minor_number > 0xfffff)
		return bd_fail(err, EINVAL, "ext3 cannot store the device number %u:%u", major_number, minor_number);
	return 0;
}

void bd_ext_put_device(uint32_t *i_block, uint32_t major_number, uint32_t minor_number)
{
	if (major_number < 256 && minor_number < 256)
		i_block[0] = major_number << 8 | minor_number;
	else
		i_block[1] = (minor_number & 0xff) | major_number << 8 | (minor_number & ~0xffu) << 12;
}
