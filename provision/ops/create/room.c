/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at the folders that a guest's files go into. */
#include "ops/create/room.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "ops/create/prepared.h"
#include "template/store.h"

static void folder_of(const char *path, char folder_out[PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	snprintf(folder_out, PATH_MAX, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

static int check_writable(const char *path, struct bd_error *err)
{
	char folder[PATH_MAX];

	folder_of(path, folder);
	if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0)
		return bd_fail_errno(err, "cannot make %s", path);
	return 0;
}

/* What of the template is written into an image in this folder. What the built-in ones take is known only when they are
 * put together. */
static int template_bytes(const struct create_job *job, const char *folder, uint64_t *bytes_out, struct bd_error *err)
{
	BD_DISPOSE(bd_stored_dispose) struct bd_stored stored;
	struct bd_store store;

	bd_stored_init(&stored);
	*bytes_out = 0;
	if (bd_template_is_built_in(job->template))
		return 0;
	if (bd_store_open(job->templates, &store, err) != 0 || bd_store_get(&store, job->template, &stored, err) != 0)
		return -1;
	if (!create_shares_blocks(&stored.sealed, folder))
		*bytes_out = stored.manifest.payload_bytes;
	return 0;
}

int create_check_room(const struct create_job *job, struct bd_error *err)
{
	char folder[PATH_MAX], need[32], there[32];
	struct statvfs room;
	uint64_t bytes;

	if (check_writable(job->cfg_path, err) != 0)
		return -1;
	if (job->on_device)
		return 0;
	if (check_writable(job->image_path, err) != 0)
		return -1;
	folder_of(job->image_path, folder);
	if (template_bytes(job, folder, &bytes, err) != 0)
		return -1;
	if (statvfs(folder, &room) != 0)
		return bd_fail_errno(err, "cannot use the folder %s", folder);
	/* Some of it is kept for root. */
	uint64_t free_bytes = (uint64_t)(geteuid() == 0 ? room.f_bfree : room.f_bavail) * room.f_frsize;
	if (bytes <= free_bytes)
		return 0;
	bd_format_size(bytes, need, sizeof(need));
	bd_format_size(free_bytes, there, sizeof(there));
	return bd_no_room(err, "the template %s takes %s, and %s has %s free", job->template, need, folder, there);
}

int create_check_fits(const char *template, uint64_t payload_bytes, uint64_t root_bytes, struct bd_error *err)
{
	char need[32], there[32];

	if (payload_bytes <= root_bytes)
		return 0;
	bd_format_size(payload_bytes, need, sizeof(need));
	bd_format_size(root_bytes, there, sizeof(there));
	return bd_no_room(err, "the files of the template %s take %s, and the root partition has %s; use a larger disk",
			  template, need, there);
}
