/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ACL of an entry, brought into the kernel's order and checked. */
#include "rootfs/posix_acl.h"

#include <archive_entry.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/cleanup.h"

#define ENTRIES_MAX 8000 /* a value of 64 KiB, XATTR_SIZE_MAX, has not more */

struct acl_entry {
	uint16_t tag, permissions;
	uint32_t id;
};

static uint16_t tag_of(int tag)
{
	switch (tag) {
	case ARCHIVE_ENTRY_ACL_USER_OBJ:
		return ACL_USER_OBJ;
	case ARCHIVE_ENTRY_ACL_USER:
		return ACL_USER;
	case ARCHIVE_ENTRY_ACL_GROUP_OBJ:
		return ACL_GROUP_OBJ;
	case ARCHIVE_ENTRY_ACL_GROUP:
		return ACL_GROUP;
	case ARCHIVE_ENTRY_ACL_MASK:
		return ACL_MASK;
	case ARCHIVE_ENTRY_ACL_OTHER:
		return ACL_OTHER;
	default:
		return 0;
	}
}

/* tar --acls writes names without numbers; like tar itself, we ask this host which number a name has. */
static int id_of(uint16_t tag, int32_t id, const char *name, uint32_t *id_out, struct bd_error *err)
{
	if (id >= 0 && id != INT_MAX) { /* libarchive cuts what is larger down to INT_MAX */
		*id_out = (uint32_t)id;
		return 0;
	}
	const struct passwd *user = tag == ACL_USER && *name ? getpwnam(name) : NULL;
	const struct group *group = tag == ACL_GROUP && *name ? getgrnam(name) : NULL;
	if (!user && !group)
		return bd_fail(err, EINVAL,
			       "its ACL names the %s %.80s, whose number nobody here knows: make the archive with "
			       "tar --numeric-owner",
			       tag == ACL_USER ? "user" : "group", *name ? name : "?");
	*id_out = user ? user->pw_uid : group->gr_gid;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct acl_entry *one = a, *other = b;

	if (one->tag != other->tag)
		return one->tag < other->tag ? -1 : 1;
	return one->id < other->id ? -1 : one->id > other->id;
}

/* As the kernel's posix_acl_valid: each of the three classes once, nobody twice, a mask when somebody is named. What
 * has no mask gets one that takes nothing away. */
static int check(struct acl_entry *entries, size_t *count, struct bd_error *err)
{
	unsigned tags = 0, granted = 0;

	for (size_t i = 0; i < *count; i++) {
		if (i > 0 && compare(&entries[i - 1], &entries[i]) == 0)
			return bd_fail(err, EINVAL, "its ACL names somebody twice");
		tags |= entries[i].tag;
		if (entries[i].tag & (ACL_USER | ACL_GROUP_OBJ | ACL_GROUP))
			granted |= entries[i].permissions;
	}
	if ((tags & (ACL_USER_OBJ | ACL_GROUP_OBJ | ACL_OTHER)) != (ACL_USER_OBJ | ACL_GROUP_OBJ | ACL_OTHER))
		return bd_fail(err, EINVAL, "its ACL lacks the entry of the owner, the group or the others");
	if ((tags & (ACL_USER | ACL_GROUP)) && !(tags & ACL_MASK)) {
		entries[*count] = (struct acl_entry){ ACL_MASK, (uint16_t)granted, (uint32_t)ACL_UNDEFINED_ID };
		++*count;
		qsort(entries, *count, sizeof(*entries), compare);
	}
	return 0;
}

/* entries: has room for one more than there are. */
static int collect(const struct bd_posix_acl_entry *acl, size_t acl_count, bool want_default,
		   struct acl_entry *entries, size_t *count, struct bd_error *err)
{
	size_t used = 0;

	for (size_t i = 0; i < acl_count; i++) {
		if (acl[i].is_default != want_default)
			continue;
		struct acl_entry *one = &entries[used++];
		*one = (struct acl_entry){ tag_of((int)acl[i].tag), (uint16_t)(acl[i].permissions & 7),
					   (uint32_t)ACL_UNDEFINED_ID };
		if (!one->tag)
			return bd_fail(err, EINVAL, "its ACL has an entry of an unknown kind");
		if ((one->tag == ACL_USER || one->tag == ACL_GROUP) &&
		    id_of(one->tag, acl[i].id, acl[i].name, &one->id, err) != 0)
			return -1;
	}
	*count = used;
	qsort(entries, used, sizeof(*entries), compare);
	return check(entries, count, err);
}

int bd_posix_acl_read(const struct bd_posix_acl_entry *acl, size_t acl_count, bool want_default, mode_t *mode,
		      void **value_out, size_t *size_out, struct bd_error *err)
{
	size_t count = 0;

	*value_out = NULL;
	for (size_t i = 0; i < acl_count; i++)
		count += acl[i].is_default == want_default;
	/* The access ACL's three basic entries are the mode. */
	if (count <= (want_default ? 0 : 3))
		return 0;
	if (count > ENTRIES_MAX)
		return bd_fail(err, E2BIG, "its ACL has %zu entries", count);
	BD_FREE struct acl_entry *entries = calloc(count + 1, sizeof(*entries));
	if (!entries)
		return bd_no_memory(err);
	if (collect(acl, acl_count, want_default, entries, &count, err) != 0)
		return -1;
	uint8_t *value = malloc(sizeof(struct posix_acl_xattr_header) + count * sizeof(struct posix_acl_xattr_entry));
	if (!value)
		return bd_no_memory(err);
	put_le32(value, POSIX_ACL_XATTR_VERSION);
	for (size_t i = 0; i < count; i++) {
		uint8_t *at =
			value + sizeof(struct posix_acl_xattr_header) + i * sizeof(struct posix_acl_xattr_entry);
		put_le16(at, entries[i].tag);
		put_le16(at + 2, entries[i].permissions);
		put_le32(at + 4, entries[i].id);
		if (entries[i].tag == ACL_MASK && !want_default)
			*mode = (*mode & ~(mode_t)070) | (mode_t)(entries[i].permissions << 3);
	}
	*value_out = value;
	*size_out = sizeof(struct posix_acl_xattr_header) + count * sizeof(struct posix_acl_xattr_entry);
	return 0;
}
