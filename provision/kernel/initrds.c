/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes first, then copies. */
#include "kernel/initrds.h"

#include <errno.h>

#include "base/parse.h"

uint64_t bd_initrds_padding(uint64_t at_bytes)
{
	return (BD_INITRDS_ALIGN_BYTES - at_bytes % BD_INITRDS_ALIGN_BYTES) % BD_INITRDS_ALIGN_BYTES;
}

int bd_initrds_size(const struct bd_kernel_source *sources, size_t count, uint64_t limit_bytes, uint64_t *size_out,
		    struct bd_error *err)
{
	uint64_t size = 0;
	char limit[32];

	for (size_t i = 0; i < count; i++) {
		if (__builtin_add_overflow(size, bd_initrds_padding(size), &size) ||
		    __builtin_add_overflow(size, sources[i].size_bytes, &size) || size > limit_bytes) {
			bd_format_size(limit_bytes, limit, sizeof(limit));
			return bd_fail(err, EFBIG, "the initrd%s larger than %s, which is the limit",
				       count > 1 ? "s together are" : " is", limit);
		}
	}
	*size_out = size;
	return 0;
}

int bd_initrds_join(const struct bd_kernel_source *sources, size_t count, uint64_t limit_bytes,
		    const struct bd_kernel_sink *sink, struct bd_error *err)
{
	static const uint8_t zeros[BD_INITRDS_ALIGN_BYTES];
	uint64_t at = 0, size;

	if (bd_initrds_size(sources, count, limit_bytes, &size, err) != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		size_t before = (size_t)bd_initrds_padding(at);
		if ((before && sink->write(sink, zeros, before, err) != 0) ||
		    bd_kernel_copy(&sources[i], sink, err) != 0)
			return -1;
		at += before + sources[i].size_bytes;
	}
	return 0;
}
