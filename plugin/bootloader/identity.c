/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses a user, by what is given and what the host has. */
#include "bootloader/identity.h"

#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/text.h"

#define NOBODY 65534
#define DOMID_FIRST_RESERVED 0x7ff0u /* xen/include/public/xen.h */
#define ENTRY_BYTES_MAX (1u << 20)

/* --- the host's users --------------------------------------------------------------------------------------------- */

/* getpwnam_r(3) or getpwuid_r(3), with as much memory as its answer takes; name NULL: by number. */
static int look_up(const char *name, uid_t uid, struct passwd *entry_out, char **text_out, struct bd_error *err)
{
	for (size_t size = 1024; size <= ENTRY_BYTES_MAX; size *= 2) {
		BD_FREE char *text = malloc(size);
		struct passwd *found;

		if (!text)
			return bd_no_memory(err);
		int r = name ? getpwnam_r(name, entry_out, text, size, &found)
			     : getpwuid_r(uid, entry_out, text, size, &found);
		if (r == ERANGE)
			continue;
		/* What getpwnam(3) lists for "not found". */
		if (!found && (r == 0 || r == ENOENT || r == ESRCH || r == EBADF || r == EPERM))
			return 0;
		if (!found) {
			errno = r;
			return bd_fail_errno(err, "cannot look up a user");
		}
		*text_out = bd_take_ptr(text);
		return 1;
	}
	return bd_fail(err, ERANGE, "cannot look up a user: the answer is too large");
}

static int host_by_name(const char *name, uid_t *uid_out, gid_t *gid_out, struct bd_error *err)
{
	BD_FREE char *text = NULL;
	struct passwd entry;
	int r = look_up(name, 0, &entry, &text, err);

	if (r == 1) {
		*uid_out = entry.pw_uid;
		*gid_out = entry.pw_gid;
	}
	return r;
}

static int host_by_number(uid_t uid, gid_t *gid_out, char *name_out, size_t name_size, struct bd_error *err)
{
	BD_FREE char *text = NULL;
	struct passwd entry;
	int r = look_up(NULL, uid, &entry, &text, err);

	if (r == 1) {
		*gid_out = entry.pw_gid;
		snprintf(name_out, name_size, "%s", entry.pw_name);
	}
	return r;
}

struct bd_identity_users bd_identity_host_users(void)
{
	return (struct bd_identity_users){ .by_name = host_by_name, .by_number = host_by_number, .own = geteuid() };
}

/* --- choosing ----------------------------------------------------------------------------------------------------- */

bool bd_identity_domid(const char *output_directory, uint32_t *domid_out)
{
	size_t length;
	const char *name = bd_path_component(output_directory, &length);
	const char *prefix = "bootloader.";
	uint64_t domid = 0;

	if (length <= strlen(prefix) + 2 || strncmp(name, prefix, strlen(prefix)) != 0 ||
	    strncmp(name + length - 2, ".d", 2) != 0)
		return false;
	for (const char *at = name + strlen(prefix); at < name + length - 2; at++) {
		if (!isdigit((unsigned char)*at) || domid >= DOMID_FIRST_RESERVED)
			return false;
		domid = domid * 10 + (uint64_t)(*at - '0');
	}
	if (!domid || domid >= DOMID_FIRST_RESERVED)
		return false;
	*domid_out = (uint32_t)domid;
	return true;
}

/* A group of root's is no group for it. */
static gid_t harmless(gid_t gid)
{
	return gid ? gid : NOBODY;
}

/* The group of a number that need not be a user's: of the range, that of its base, as libxl gives it to QEMU. Not the group of the same
 * number, as pygrub has it: that may be somebody's. */
static int choose_group(uid_t uid, const struct bd_identity_users *users, gid_t *gid_out, struct bd_error *err)
{
	uid_t base = 0;
	gid_t gid = 0, base_gid = 0;
	char name[64];
	int r = users->by_number(uid, &gid, name, sizeof(name), err);

	if (r == 0) {
		r = users->by_name(BD_IDENTITY_RANGE_USER, &base, &base_gid, err);
		if (r == 1)
			gid = uid >= base && uid - base < DOMID_FIRST_RESERVED ? base_gid : NOBODY;
		if (r == 0)
			gid = NOBODY;
	}
	if (r < 0)
		return -1;
	*gid_out = harmless(gid);
	return 0;
}

/* A number, or the name of a user. */
static int read_run_as(const char *text, const struct bd_identity_users *users, struct bd_identity *identity,
		       struct bd_error *err)
{
	uint64_t number;

	if (isdigit((unsigned char)*text)) {
		if (bd_parse_uint(text, "--runas", 0, UINT32_MAX - 1, &number, err) != 0)
			return -1;
		identity->uid = (uid_t)number;
		return choose_group(identity->uid, users, &identity->gid, err);
	}
	int r = users->by_name(text, &identity->uid, &identity->gid, err);
	if (r == 0)
		return bd_usage(err, "--runas: there is no user %s", text);
	identity->gid = harmless(identity->gid);
	return r < 0 ? -1 : 0;
}

static int choose_run_as(const char *text, const struct bd_identity_users *users, struct bd_identity *identity,
			 struct bd_error *err)
{
	if (read_run_as(text, users, identity, err) != 0)
		return -1;
	if (identity->uid == 0)
		return bd_usage(err, "--runas must not be root");
	identity->source = BD_IDENTITY_RUN_AS;
	if (users->own == 0)
		return 0;
	if (users->own != identity->uid)
		return bd_fail(err, EPERM, "only root can read a disk as another user (--runas)");
	*identity = (struct bd_identity){ .source = BD_IDENTITY_SELF };
	return 0;
}

/* 1: it has one. 0: it has none, for a reason that may be in the note. */
static int choose_domain(const char *output_directory, const struct bd_identity_users *users,
			 struct bd_identity *identity, struct bd_error *err)
{
	uid_t base = 0;
	gid_t gid = 0, ignored;
	uint32_t domid;
	char name[64] = "";

	if (!output_directory || !bd_identity_domid(output_directory, &domid))
		return 0;
	int r = users->by_name(BD_IDENTITY_RANGE_USER, &base, &gid, err);
	if (r != 1)
		return r;
	if (base == 0 || base > UINT32_MAX - 1 - domid) {
		snprintf(identity->note, sizeof(identity->note),
			 "user %s has the number %u, from which none can be counted", BD_IDENTITY_RANGE_USER,
			 (unsigned)base);
		return 0;
	}
	r = users->by_number(base + domid, &ignored, name, sizeof(name), err);
	if (r == 1)
		snprintf(identity->note, sizeof(identity->note),
			 "uid %u (%s + %u) is not the domain's own, but user %s; nobody reads the disk instead",
			 (unsigned)(base + domid), BD_IDENTITY_RANGE_USER, (unsigned)domid, name);
	if (r != 0)
		return r < 0 ? -1 : 0;
	identity->source = BD_IDENTITY_DOMAIN;
	identity->uid = base + domid;
	identity->gid = harmless(gid);
	return 1;
}

int bd_identity_choose(const char *run_as, const char *output_directory, const struct bd_identity_users *users,
		       struct bd_identity *identity_out, struct bd_error *err)
{
	struct bd_identity identity = { .source = users->own == 0 ? BD_IDENTITY_NOBODY : BD_IDENTITY_SELF };

	if (run_as && choose_run_as(run_as, users, &identity, err) != 0)
		return -1;
	if (!run_as && users->own == 0 && choose_domain(output_directory, users, &identity, err) < 0)
		return -1;
	*identity_out = identity;
	return 0;
}
