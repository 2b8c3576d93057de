/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks a template before it is used and, on request, to its last byte. */
#include "template/store_verify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/checksum.h"
#include "base/cleanup.h"
#include "base/progress.h"
#include "rootfs/sealed_check.h"
#include "template/disk/sums.h"
#include "template/store_folder.h"

static void report(void *context, uint64_t bytes_done)
{
	const uint64_t *before = context;

	bd_progress_update(*before + bytes_done);
}

/* done: bytes of other files that the progress bar has counted already; NULL: there is no bar. */
static int check_sum(int fd, const char *name, const struct bd_manifest_file *expected, uint64_t *done,
		     struct bd_error *err)
{
	char text[BD_CHECKSUM_SIZE], what[64];

	snprintf(what, sizeof(what), "the template's %s", name);
	if (bd_checksum_file(fd, what, done ? report : NULL, done, text, err) != 0)
		return -1;
	if (strcmp(text, expected->blake2b) == 0)
		return 0;
	return bd_fail(err, EINVAL, "the template's %s is damaged: its BLAKE2b-256 is %.16s..., not %.16s...", name,
		       text, expected->blake2b);
}

static int check_counts(const struct bd_stored *stored, struct bd_error *err)
{
	const struct bd_manifest *manifest = &stored->manifest;
	const struct bd_sealed *sealed = &stored->sealed;

	if (manifest->inodes == sealed->inode_count && manifest->directories == sealed->dir_count &&
	    manifest->payload_bytes == sealed->payload_blocks * BD_SEALED_BLOCK_BYTES)
		return 0;
	return bd_fail(err, EINVAL, "the template's manifest and index disagree on the number of inodes or bytes");
}

static int read_sums(const struct bd_stored *stored, struct bd_disk_sums *sums_out, struct bd_error *err)
{
	const struct bd_manifest *manifest = &stored->manifest;

	if (check_sum(stored->sums_fd, BD_STORE_TREE, &manifest->tree, NULL, err) != 0 ||
	    bd_disk_sums_read(stored->sums_fd, sums_out, err) != 0)
		return -1;
	if (sums_out->disk_bytes == manifest->disk.size_bytes && sums_out->disk_bytes == manifest->payload.size_bytes)
		return 0;
	return bd_fail(err, EINVAL, "the template's manifest and checksums disagree on the size of the disk");
}

static int check_disk(const struct bd_stored *stored, struct bd_error *err)
{
	BD_DISPOSE(bd_disk_sums_dispose) struct bd_disk_sums sums = { 0 };

	if (read_sums(stored, &sums, err) != 0)
		return -1;
	return stored->manifest.payload_bytes <= BD_STORED_SMALL_BYTES
		       ? bd_disk_sums_verify(&sums, stored->disk_fd, NULL, err)
		       : 0;
}

static int check_root(const struct bd_stored *stored, struct bd_error *err)
{
	const struct bd_manifest *manifest = &stored->manifest;
	const struct bd_sealed *sealed = &stored->sealed;
	bool is_small = manifest->payload.size_bytes <= BD_STORED_SMALL_BYTES;

	if (check_sum(sealed->index_fd, BD_STORE_TREE, &manifest->tree, NULL, err) != 0 ||
	    check_counts(stored, err) != 0 || bd_sealed_check(sealed, err) != 0)
		return -1;
	return is_small ? check_sum(sealed->payload_fd, BD_STORE_PAYLOAD, &manifest->payload, NULL, err) : 0;
}

int bd_stored_check(const struct bd_stored *stored, struct bd_error *err)
{
	bool is_disk = stored->manifest.kind == BD_TEMPLATE_DISK;

	if ((is_disk ? check_disk(stored, err) : check_root(stored, err)) == 0)
		return 0;
	return err->code == EINVAL
		       ? bd_wrap(err, "cannot use the template %s; recreate it by import or build", stored->path)
		       : -1;
}

static int verify_disk(const struct bd_stored *stored, struct bd_error *err)
{
	BD_DISPOSE(bd_disk_sums_dispose) struct bd_disk_sums sums = { 0 };

	bd_progress_stage("reading it", stored->manifest.payload_bytes);
	if (read_sums(stored, &sums, err) != 0)
		return -1;
	return bd_disk_sums_verify(&sums, stored->disk_fd, bd_progress_update, err);
}

static int verify_root(const struct bd_stored *stored, struct bd_error *err)
{
	const struct bd_manifest *manifest = &stored->manifest;
	uint64_t done = 0;

	bd_progress_stage("reading it", manifest->tree.size_bytes + manifest->payload.size_bytes);
	if (check_sum(stored->sealed.index_fd, BD_STORE_TREE, &manifest->tree, &done, err) != 0)
		return -1;
	done = manifest->tree.size_bytes;
	if (check_sum(stored->sealed.payload_fd, BD_STORE_PAYLOAD, &manifest->payload, &done, err) != 0)
		return -1;
	bd_progress_stage("checking its index", 0);
	return bd_sealed_check(&stored->sealed, err) == 0 ? check_counts(stored, err) : -1;
}

int bd_store_verify(const struct bd_store *store, const char *name, char path_out[PATH_MAX],
		    struct bd_manifest *manifest_out, struct bd_error *err)
{
	BD_DISPOSE(bd_stored_dispose) struct bd_stored stored;

	bd_stored_init(&stored);
	if (bd_store_get(store, name, &stored, err) != 0)
		return -1;
	bool is_disk = stored.manifest.kind == BD_TEMPLATE_DISK;
	if ((is_disk ? verify_disk(&stored, err) : verify_root(&stored, err)) != 0)
		return -1;
	strcpy(path_out, stored.path);
	*manifest_out = stored.manifest;
	return 0;
}
