/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a file, or what curl gets. */
#include "fetch/small_file.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "fetch/curl.h"
#include "fetch/reference.h"

static int download(const char *url, bool may_be_plain, char **data_out, size_t *size_bytes_out, struct bd_error *err)
{
	const struct bd_curl_request request = {
		.url = url, .may_be_plain = may_be_plain, .what = "the file", .limit_bytes = BD_SMALL_FILE_BYTES
	};
	BD_CLOSE int fd = memfd_create("download", MFD_CLOEXEC);
	struct bd_curl_answer answer;

	if (fd < 0)
		return bd_fail_errno(err, "cannot make a memory file");
	if (bd_curl_get(&request, fd, &answer, err) != 0)
		return -1;
	BD_FREE char *data = calloc(1, answer.size_bytes + 1);
	if (!data)
		return bd_no_memory(err);
	if (bd_pread_all(fd, data, answer.size_bytes, 0, "the download", err) != 0)
		return -1;
	*size_bytes_out = answer.size_bytes;
	*data_out = bd_take_ptr(data);
	return 0;
}

int bd_small_file_get(const char *location, bool may_be_plain, char **data_out, size_t *size_bytes_out,
		      struct bd_error *err)
{
	BD_DISPOSE(bd_reference_dispose) struct bd_reference reference = { .kind = BD_REFERENCE_PATH };

	if (!bd_is_tls_url(location) && !bd_is_plain_url(location))
		return bd_read_file(location, BD_SMALL_FILE_BYTES, data_out, size_bytes_out, err);
	if (bd_reference_parse(location, &reference, err) != 0)
		return -1;
	if (download(location, may_be_plain, data_out, size_bytes_out, err) != 0)
		return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "cannot download %s", reference.name);
	return 0;
}
