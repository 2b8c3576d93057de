/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Examines the directories for a guest's files. */
#include "ops/create/room.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/parse.h"
#include "base/text.h"
#include "guest/create_request.h"
#include "ops/create/prepared.h"
#include "template/store.h"

/* A kernel, and busybox in the root and in the initramfs: no distribution's are smaller. */
#define MINI_LEAST_BYTES (UINT64_C(8) << 20)

static int check_writable(const char *path, struct bd_error *err)
{
	char folder[PATH_MAX];

	bd_path_folder(path, folder);
	if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0)
		return bd_fail_errno(err, "cannot make %s", path);
	return 0;
}

int create_check_writable(const struct create_job *job, struct bd_error *err)
{
	if (check_writable(job->cfg_path, err) != 0)
		return -1;
	return job->on_device ? 0 : check_writable(job->image_path, err);
}

int create_free_bytes(const struct create_job *job, char folder_out[PATH_MAX], uint64_t *bytes_out,
		      struct bd_error *err)
{
	struct statvfs room;

	bd_path_folder(job->image_path, folder_out);
	if (statvfs(folder_out, &room) == 0)
		*bytes_out = bd_free_bytes(&room) + create_replaced_bytes(job->replaced, folder_out);
	else if (errno == ENOENT && job->in_system_folders)
		*bytes_out = UINT64_MAX; /* it is made with the first guest */
	else
		return bd_fail_errno(err, "cannot use the directory %s", folder_out);
	return 0;
}

int create_check_room(const struct create_job *job, const struct bd_template *template, struct bd_error *err)
{
	char folder[PATH_MAX], need[32], there[32];
	bool is_mini = strcmp(job->template, BD_TEMPLATE_MINI) == 0;
	uint64_t bytes = template ? bd_template_content_bytes(template) : is_mini ? MINI_LEAST_BYTES : 0;
	uint64_t free_bytes;

	if (job->on_device)
		return 0;
	if (create_free_bytes(job, folder, &free_bytes, err) != 0)
		return -1;
	if (bytes <= free_bytes ||
	    (template && bd_template_pack(template) && create_shares_blocks(bd_template_pack(template), folder)))
		return 0;
	bd_format_size(bytes, need, sizeof(need));
	bd_format_size(free_bytes, there, sizeof(there));
	return bd_no_room(err, "the template %s takes %s%s, and %s has %s free", job->template,
			  template ? "" : "at least ", need, folder, there);
}

int create_check_fits(const char *template, uint64_t payload_bytes, uint64_t room_bytes, struct bd_error *err)
{
	char need[32], there[32];

	if (payload_bytes <= room_bytes)
		return 0;
	bd_format_size(payload_bytes, need, sizeof(need));
	bd_format_size(room_bytes, there, sizeof(there));
	return bd_no_room(err,
			  "the files of the template %s take %s, and the guest has room for %s; use a larger disk",
			  template, need, there);
}

int create_check_memory(const char *template, uint64_t need_bytes, uint64_t memory_mib, struct bd_error *err)
{
	char need[32];

	if (need_bytes <= memory_mib << 20)
		return 0;
	bd_format_size(need_bytes, need, sizeof(need));
	bd_fail(err, EINVAL,
		"the kernel and initramfs of the template %s alone need %s of memory, but the guest has only %llu MiB; give it more memory",
		template, need, (unsigned long long)memory_mib);
	return bd_set_field(err, BD_FIELD_MEMORY);
}
