/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a guest's description and identity to the files in an ISO 9660 image. */
#include "ops/create/seed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "guest/first_boot.h"
#include "guest/nocloud.h"
#include "inside/change/put_tree.h"
#include "iso/iso.h"
#include "rootfs/tree.h"

enum { META_DATA, USER_DATA, VENDOR_DATA, NETWORK_CONFIG, FILE_COUNT };

static const char *const names[FILE_COUNT] = {
	[META_DATA] = BD_NOCLOUD_META_DATA,
	[USER_DATA] = BD_NOCLOUD_USER_DATA,
	[VENDOR_DATA] = BD_NOCLOUD_VENDOR_DATA,
	[NETWORK_CONFIG] = BD_NOCLOUD_NETWORK_CONFIG,
};

static void write_text(FILE *out, const struct create_job *job, const char *ready_script, int which)
{
	if (which == META_DATA)
		bd_nocloud_write_meta_data(out, &job->guest);
	else if (which == VENDOR_DATA)
		bd_nocloud_write_vendor_data(out, ready_script);
	else if (which == NETWORK_CONFIG)
		bd_nocloud_write_network_config(out, &job->guest);
	else
		bd_nocloud_write_user_data(
			out, &(struct bd_nocloud_user_data){
				     .authorized_keys = job->identity.authorized_keys,
				     .user = job->identity.user,
				     .root_password_hash = job->identity.root_password_hash,
				     .run_once = job->identity.run_once,
				     .own = { job->identity.user_data, job->identity.user_data_bytes } });
}

struct texts {
	char *items[FILE_COUNT];
	size_t sizes[FILE_COUNT];
};

/* There may be a password's hash in it. */
static void dispose_texts(struct texts *texts)
{
	for (size_t i = 0; i < FILE_COUNT; i++) {
		if (texts->items[i])
			explicit_bzero(texts->items[i], texts->sizes[i]);
		free(texts->items[i]);
	}
}

static int fill_texts(const struct create_job *job, struct texts *texts, struct bd_error *err)
{
	BD_FREE char *ready_script = NULL;

	if (bd_ready_script(job->identity.xenstore_put, &ready_script, err) != 0)
		return -1;
	for (int i = 0; i < FILE_COUNT; i++) {
		FILE *out = open_memstream(&texts->items[i], &texts->sizes[i]);
		if (!out)
			return bd_no_memory(err);
		write_text(out, job, ready_script, i);
		if (fclose(out) != 0)
			return bd_no_memory(err);
	}
	return 0;
}

static int write_image(const struct create_job *job, int fd, struct bd_error *err)
{
	BD_DISPOSE(dispose_texts) struct texts texts = { { NULL }, { 0 } };
	struct bd_iso_file files[FILE_COUNT];
	int64_t now;

	if (fill_texts(job, &texts, err) != 0)
		return -1;
	for (int i = 0; i < FILE_COUNT; i++)
		files[i] = (struct bd_iso_file){ .name = names[i],
						 .text = texts.items[i],
						 .size_bytes = texts.sizes[i] };
	return bd_now(&now, err) == 0 ? bd_iso_write(fd, BD_NOCLOUD_LABEL, files, FILE_COUNT, now, err) : -1;
}

int create_seed_make(const struct create_job *job, struct bd_atomic_file *seed, struct bd_error *err)
{
	/* As private as the disk. */
	if (bd_atomic_file_open(job->seed_path, 0600, seed, err) != 0)
		return -1;
	return write_image(job, seed->fd, err) == 0 ? 0 : bd_wrap(err, "cannot make %s", job->seed_path);
}

static int fill_tree(const struct texts *texts, struct bd_tree *tree, struct bd_error *err)
{
	for (int i = 0; i < FILE_COUNT; i++) {
		BD_FREE char *path = NULL;
		if (bd_text_format(&path, err, BD_NOCLOUD_FOLDER "/%s", names[i]) != 0 ||
		    bd_tree_add_parents(tree, path, err) != 0 ||
		    bd_tree_add_data(tree, path, 0600, texts->items[i], texts->sizes[i], err) != 0)
			return -1;
	}
	return bd_tree_add_parents(tree, BD_NOCLOUD_CONFIG, err) != 0
		       ? -1
		       : bd_tree_add_text(tree, BD_NOCLOUD_CONFIG, 0644,
					  "# Made by xen-bigdisk.\ndatasource_list: [ NoCloud, None ]\n", err);
}

int create_seed_put(const struct create_job *job, int fd, struct bd_error *err)
{
	BD_DISPOSE(dispose_texts) struct texts texts = { { NULL }, { 0 } };
	BD_DISPOSE(bd_tree_dispose) struct bd_tree tree = { 0 };
	struct bd_change_request request = { .is_draft = true, .labels_for = job->guest.name };

	if (fill_texts(job, &texts, err) != 0 || fill_tree(&texts, &tree, err) != 0 || bd_now(&request.now, err) != 0)
		return -1;
	return bd_inside_put_tree(fd, &tree, &request, err) == 0
		       ? 0
		       : bd_wrap(err, "cannot put what cloud-init is to read into the root filesystem");
}
