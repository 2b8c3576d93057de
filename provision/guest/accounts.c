/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hashes passwords with libcrypt, and edits root's line in /etc/shadow. */
#include "guest/accounts.h"

#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "rootfs/colon_file.h"

#define SALT_BYTES 16

/* struct crypt_data takes 32 KiB. */
static struct crypt_data *new_crypt_data(void)
{
	return calloc(1, sizeof(struct crypt_data));
}

/* The hash of any password under this setting is as long as the one that is looked at, if that is complete. */
static bool is_complete(const char *hash, struct crypt_data *data)
{
	const char *other = crypt_rn("", hash, data, sizeof(*data));

	return other && strlen(other) == strlen(hash);
}

int bd_password_check_hash(const char *hash, struct bd_error *err)
{
	BD_FREE struct crypt_data *data = new_crypt_data();
	int kind;

	if (!data)
		return bd_no_memory(err);
	/* The hashes of the seventies have no mark: a plain password of 13 letters would be taken for one. */
	if (hash[0] != '$' || strpbrk(hash, ": \t\n"))
		return bd_usage(err, "that is not a hash in crypt(5)'s form ($y$..., $6$...); "
				     "a password itself is given in a file");
	kind = crypt_checksalt(hash);
	if (kind == CRYPT_SALT_INVALID || kind == CRYPT_SALT_METHOD_DISABLED)
		return bd_usage(err, "that is not a hash of a method that crypt(5) has; `openssl passwd "
				     "-6` makes one");
	if (!is_complete(hash, data))
		return bd_usage(err, "that hash is not complete");
	return 0;
}

int bd_password_hash(const struct bd_random *random, const char *password, char **hash_out, struct bd_error *err)
{
	char salt[SALT_BYTES], setting[CRYPT_GENSALT_OUTPUT_SIZE];
	struct crypt_data *data = new_crypt_data();
	const char *hash = NULL;

	if (!data)
		return bd_no_memory(err);
	int r = bd_random_fill(random, "root password salt", salt, sizeof(salt), err);
	if (r == 0 && crypt_gensalt_rn("$y$", 0, salt, sizeof(salt), setting, sizeof(setting)))
		hash = crypt_rn(password, setting, data, sizeof(*data));
	if (r == 0 && !hash)
		r = bd_fail_errno(err, "cannot hash root's password");
	if (r == 0 && !(*hash_out = strdup(hash)))
		r = bd_no_memory(err);
	explicit_bzero(data, sizeof(*data));
	free(data);
	return r;
}

int bd_shadow_set_root(const char *shadow, const char *hash, char **shadow_out, struct bd_error *err)
{
	const char *line = bd_colon_find(shadow, "root");

	return line ? bd_colon_set(shadow, line, BD_SHADOW_PASSWORD, hash, shadow_out, err)
		    : bd_text_format(shadow_out, err, "root:%s::0:99999:7:::\n%s", hash, shadow);
}
