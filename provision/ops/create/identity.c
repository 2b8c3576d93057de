/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of `new` that make a guest itself: keys, passwords, files, and the seed that everything random comes from.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "guest/accounts.h"
#include "guest/authorized_keys.h"
#include "guest/first_boot.h"
#include "guest/ssh_keys.h"
#include "ops/create/create.h"
#include "recipes/embedded.h"
#include "template/store.h"

#define TEXT_BYTES_MAX ((size_t)1 << 20)

static int read_keys(const struct bd_texts *paths, struct bd_identity *identity, struct bd_error *err)
{
	for (size_t i = 0; i < paths->count; i++) {
		BD_FREE char *text = NULL;
		if (bd_read_file(paths->items[i], TEXT_BYTES_MAX, &text, NULL, err) != 0)
			return bd_wrap(err, "--ssh-key");
		if (bd_ssh_keys_append(&identity->authorized_keys, text, paths->items[i], err) != 0)
			return -1;
	}
	return 0;
}

static int hash_first_line(const char *path, struct bd_identity *identity, struct bd_error *err)
{
	char *text;

	if (bd_read_file(path, TEXT_BYTES_MAX, &text, NULL, err) != 0)
		return bd_wrap(err, "--root-password-file");
	size_t size = strlen(text);
	text[strcspn(text, "\r\n")] = '\0';
	int r = text[0] ? bd_password_hash(&identity->random, text, &identity->root_password_hash, err)
			: bd_usage(err, "--root-password-file: the first line of %s is empty", path);
	explicit_bzero(text, size);
	free(text);
	return r;
}

static int decide_password(const struct new_options *options, struct bd_identity *identity, struct bd_error *err)
{
	if (options->root_password_file)
		return hash_first_line(options->root_password_file, identity, err);
	if (!options->root_password_hash)
		return 0;
	if (bd_password_check_hash(options->root_password_hash, err) != 0)
		return -1;
	identity->root_password_hash = strdup(options->root_password_hash);
	return identity->root_password_hash ? 0 : bd_no_memory(err);
}

static int decide_run_once(const char *path, struct bd_identity *identity, struct bd_error *err)
{
	if (!path)
		return 0;
	if (bd_read_file(path, TEXT_BYTES_MAX, &identity->run_once, NULL, err) != 0)
		return bd_wrap(err, "--run-once");
	return bd_run_once_check(identity->run_once, path, err);
}

/* An empty disk has nobody who could be let in. */
static int check_template(const struct new_options *options, struct bd_error *err)
{
	const struct {
		bool given;
		const char *name;
	} rows[] = {
		{ options->ssh_keys.count > 0, "--ssh-key" },
		{ options->root_password_hash, "--root-password-hash" },
		{ options->root_password_file, "--root-password-file" },
		{ options->files.count > 0, "--file" },
		{ options->run_once, "--run-once" },
	};

	for (size_t i = 0; strcmp(options->template, BD_TEMPLATE_NONE) == 0 && i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].given)
			return bd_usage(err, "%s goes with a template; --template none makes an empty disk",
					rows[i].name);
	return 0;
}

int new_identity_decide(const struct new_options *options, struct new_job *job, struct bd_error *err)
{
	struct bd_identity *identity = &job->identity;

	if (check_template(options, err) != 0)
		return -1;
	if (options->seed && bd_random_seed(&identity->random, options->seed, job->guest.name, err) != 0)
		return -1;
	identity->xenstore_put = bd_embedded_text("xenstore-put");
	if (read_keys(&options->ssh_keys, identity, err) != 0 || decide_password(options, identity, err) != 0 ||
	    decide_run_once(options->run_once, identity, err) != 0)
		return -1;
	for (size_t i = 0; i < options->files.count; i++)
		if (bd_identity_add_file(identity, options->files.items[i], err) != 0)
			return -1;
	return 0;
}

/* What the image needs beside the guest's own description. */
int new_numbers_decide(struct new_job *job, struct bd_error *err)
{
	const struct bd_random *random = &job->identity.random;

	if (bd_random_fill(random, "disk signature", &job->disk_signature, sizeof(job->disk_signature), err) != 0)
		return -1;
	if (job->disk_signature == 0)
		job->disk_signature = 1; /* 0 would be none */
	if (bd_random_fill_uuid(random, "domain uuid", job->guest.uuid, err) != 0 ||
	    bd_random_fill_uuid(random, "root filesystem uuid", job->guest.root_uuid, err) != 0 ||
	    bd_random_fill_uuid(random, "swap uuid", job->guest.swap_uuid, err) != 0)
		return -1;
	return bd_random_fill_uuid(random, "directory hash seed", job->hash_seed, err);
}
