/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an identity holds: files of the host, and texts. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "guest/identity.h"

void bd_identity_dispose(struct bd_identity *identity)
{
	for (size_t i = 0; i < identity->file_count; i++) {
		free(identity->files[i].host_path);
		free(identity->files[i].guest_path);
	}
	free(identity->files);
	free(identity->authorized_keys);
	free(identity->root_password_hash);
	free(identity->run_once);
	*identity = (struct bd_identity){ 0 };
}

/* Said now rather than when half of the image is written. */
static int look_at(const char *host_path, mode_t *permissions_out, struct bd_error *err)
{
	struct stat there;

	if (stat(host_path, &there) != 0 || access(host_path, R_OK) != 0)
		return bd_fail_errno(err, "--file: cannot read %s", host_path);
	if (!S_ISREG(there.st_mode))
		return bd_usage(err, "--file: %s is not a regular file", host_path);
	/* Owned by root in the guest: a setuid bit would mean something else there. */
	*permissions_out = there.st_mode & 0777;
	return 0;
}

static int check_guest_path(const char *path, struct bd_error *err)
{
	BD_DISPOSE(bd_tree_dispose) struct bd_tree tree;

	bd_tree_init(&tree);
	if (path[1] && bd_tree_add_parents(&tree, path, err) == 0)
		return 0;
	return bd_usage(err, "--file: \"%s\" is not an absolute path of a file, without . and .. in it", path);
}

int bd_identity_add_file(struct bd_identity *identity, const char *text, struct bd_error *err)
{
	const char *colon = strstr(text, ":/");
	mode_t permissions = 0;

	if (!colon || colon == text)
		return bd_usage(
			err, "--file: \"%s\" is not HOST:GUEST, a file here and an absolute path in the guest", text);
	BD_FREE char *host_path = strndup(text, (size_t)(colon - text)), *guest_path = strdup(colon + 1);
	if (!host_path || !guest_path)
		return bd_no_memory(err);
	if (check_guest_path(guest_path, err) != 0 || look_at(host_path, &permissions, err) != 0)
		return -1;
	if (bd_array_grow(identity->files, identity->file_count, err) != 0)
		return -1;
	identity->files[identity->file_count++] = (struct bd_identity_file){ .host_path = bd_take_ptr(host_path),
									     .guest_path = bd_take_ptr(guest_path),
									     .permissions = permissions };
	return 0;
}
