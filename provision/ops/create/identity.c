/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the guest's identity from where the request says, and generates its unique numbers. */
#include "ops/create/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "guest/accounts.h"
#include "guest/authorized_keys.h"
#include "guest/first_boot.h"
#include "guest/nocloud.h"
#include "guest/ssh_keys.h"
#include "recipes/embedded.h"

#define TEXT_BYTES_MAX ((size_t)1 << 20)

static int read_keys(const struct bd_texts *paths, struct bd_identity *identity, struct bd_error *err)
{
	for (size_t i = 0; i < paths->count; i++) {
		BD_FREE char *text = NULL;
		if (bd_read_file(paths->items[i], TEXT_BYTES_MAX, &text, NULL, err) != 0)
			return -1;
		if (bd_ssh_keys_append(&identity->authorized_keys, text, paths->items[i], err) != 0)
			return -1;
	}
	return 0;
}

static int take_password(const struct bd_create_request *request, const char *text, struct bd_identity *identity,
			 struct bd_error *err)
{
	(void)request;
	return bd_password_hash(&identity->random, text, &identity->root_password_hash, err);
}

static int take_hash(const struct bd_create_request *request, const char *text, struct bd_identity *identity,
		     struct bd_error *err)
{
	(void)request;
	if (bd_password_check_hash(text, err) != 0)
		return -1;
	identity->root_password_hash = strdup(text);
	return identity->root_password_hash ? 0 : bd_no_memory(err);
}

static int take_seed(const struct bd_create_request *request, const char *text, struct bd_identity *identity,
		     struct bd_error *err)
{
	return bd_random_seed(&identity->random, text, request->name, err);
}

/* path: NULL: nothing is taken. Of a secret in a file its first line counts, and nothing of it stays in memory here. */
static int take_secret(const struct bd_create_request *request, const char *path,
		       int (*take)(const struct bd_create_request *request, const char *text,
				   struct bd_identity *identity, struct bd_error *err),
		       struct bd_identity *identity, struct bd_error *err)
{
	char *text;

	if (!path)
		return 0;
	if (bd_read_file(path, TEXT_BYTES_MAX, &text, NULL, err) != 0)
		return -1;
	size_t size = strlen(text);
	text[strcspn(text, "\r\n")] = '\0';
	int r = text[0] ? take(request, text, identity, err) : bd_usage(err, "the first line of %s is empty", path);
	explicit_bzero(text, size);
	free(text);
	return r;
}

static int decide_hash(const struct bd_create_request *request, struct bd_identity *identity, struct bd_error *err)
{
	return request->root_password_hash ? take_hash(request, request->root_password_hash, identity, err) : 0;
}

static int decide_run_once(const char *path, struct bd_identity *identity, struct bd_error *err)
{
	if (!path)
		return 0;
	if (bd_read_file(path, TEXT_BYTES_MAX, &identity->run_once, NULL, err) != 0)
		return -1;
	return bd_run_once_check(identity->run_once, path, err);
}

static int decide_user_data(const char *path, struct bd_identity *identity, struct bd_error *err)
{
	if (!path)
		return 0;
	if (bd_read_file(path, BD_USER_DATA_BYTES_MAX, &identity->user_data, &identity->user_data_bytes, err) != 0)
		return -1;
	return bd_user_data_check(&(struct bd_user_data){ identity->user_data, identity->user_data_bytes }, path,
				  err);
}

static int of_field(int r, enum bd_field field, struct bd_error *err)
{
	if (r != 0)
		err->field = (int)field;
	return r;
}

static int check_secrets(const struct bd_create_request *request, struct bd_error *err)
{
	if (request->root_password_hash && request->root_password_file)
		return bd_usage_field(err, BD_FIELD_ROOT_PASSWORD_FILE,
				      "the hash of a password is given, too, and only one of them can be used");
	if (request->root_password_hash_file && (request->root_password_hash || request->root_password_file))
		return bd_usage_field(
			err, BD_FIELD_ROOT_PASSWORD_HASH_FILE,
			"the password or its hash is given in another way, too, and only one of them can be used");
	if (request->seed && request->seed_file)
		return bd_usage_field(err, BD_FIELD_SEED_FILE,
				      "the seed itself is given, too, and only one of them can be used");
	return 0;
}

static int decide_seed(const struct bd_create_request *request, struct bd_identity *identity, struct bd_error *err)
{
	if (request->seed)
		return take_seed(request, request->seed, identity, err);
	return of_field(take_secret(request, request->seed_file, take_seed, identity, err), BD_FIELD_SEED_FILE, err);
}

int create_decide_identity(const struct bd_create_request *request, struct bd_identity *identity,
			   struct bd_error *err)
{
	if (check_secrets(request, err) != 0 || decide_seed(request, identity, err) != 0)
		return -1;
	if (request->user && !(identity->user = strdup(request->user)))
		return bd_no_memory(err);
	identity->xenstore_put = bd_embedded_text("xenstore-put");
	if (of_field(read_keys(&request->ssh_keys, identity, err), BD_FIELD_SSH_KEYS, err) != 0 ||
	    of_field(decide_hash(request, identity, err), BD_FIELD_ROOT_PASSWORD_HASH, err) != 0 ||
	    of_field(take_secret(request, request->root_password_file, take_password, identity, err),
		     BD_FIELD_ROOT_PASSWORD_FILE, err) != 0 ||
	    of_field(take_secret(request, request->root_password_hash_file, take_hash, identity, err),
		     BD_FIELD_ROOT_PASSWORD_HASH_FILE, err) != 0 ||
	    of_field(decide_user_data(request->user_data, identity, err), BD_FIELD_USER_DATA, err) != 0 ||
	    of_field(decide_run_once(request->run_once, identity, err), BD_FIELD_RUN_ONCE, err) != 0)
		return -1;
	for (size_t i = 0; i < request->files.count; i++)
		if (of_field(bd_identity_add_file(identity, request->files.items[i], err), BD_FIELD_FILES, err) != 0)
			return -1;
	return 0;
}

int create_draw_mount_uuid(const struct bd_random *random, size_t index, uint8_t uuid_out[16], struct bd_error *err)
{
	char label[48];

	if (bd_guest_disk_is_partition(index))
		snprintf(label, sizeof(label), "filesystem uuid of mount %zu", index - BD_FURTHER_DISKS_MAX + 1);
	else
		snprintf(label, sizeof(label), "filesystem uuid of disk %zu", index + 2);
	return bd_random_fill_uuid(random, label, uuid_out, err);
}

/* Of those that get a filesystem here. */
static int decide_mount_uuids(struct create_job *job, struct bd_error *err)
{
	struct bd_guest_disk *disks = job->guest.disks.items;

	for (size_t i = 0; i < BD_GUEST_MOUNTS_MAX; i++)
		if (disks[i].mount && create_draw_mount_uuid(&job->identity.random, i, disks[i].uuid, err) != 0)
			return -1;
	return 0;
}

/* What the image needs in addition to the guest's description. */
int create_decide_numbers(struct create_job *job, struct bd_error *err)
{
	const struct bd_random *random = &job->identity.random;

	if (bd_random_fill(random, "disk signature", &job->guest.disk_signature, sizeof(job->guest.disk_signature),
			   err) != 0)
		return -1;
	if (job->guest.disk_signature == 0)
		job->guest.disk_signature = 1; /* 0 would be none */
	if (bd_random_fill_uuid(random, "domain uuid", job->guest.uuid, err) != 0 ||
	    bd_random_fill_uuid(random, "root filesystem uuid", job->guest.root_uuid, err) != 0 ||
	    bd_random_fill_uuid(random, "swap uuid", job->guest.swap_uuid, err) != 0 ||
	    decide_mount_uuids(job, err) != 0)
		return -1;
	return bd_random_fill_uuid(random, "directory hash seed", job->hash_seed, err);
}
