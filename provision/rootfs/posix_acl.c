/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encodes and decodes POSIX ACLs; those of archives are sorted as the kernel requires, and checked. */
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
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"

#define ENTRIES_MAX 8000 /* a value of 64 KiB, XATTR_SIZE_MAX, has not more */

struct acl_entry {
	uint16_t tag, permissions;
	uint32_t id;
};

#define HEADER_BYTES sizeof(struct posix_acl_xattr_header)
#define ENTRY_BYTES sizeof(struct posix_acl_xattr_entry)

#define EXT_VERSION 1 /* EXT4_ACL_VERSION */
#define EXT_HEADER_BYTES 4
#define EXT_SHORT_BYTES 4 /* tag, permissions */
#define EXT_LONG_BYTES 8 /* and an ID */

bool bd_xattr_is_acl(const char *name)
{
	return !strcmp(name, BD_XATTR_ACL_ACCESS) || !strcmp(name, BD_XATTR_ACL_DEFAULT);
}

static bool has_id(unsigned tag)
{
	return tag == ACL_USER || tag == ACL_GROUP;
}

static struct acl_entry get_entry(const uint8_t *value, size_t i)
{
	const uint8_t *at = value + HEADER_BYTES + i * ENTRY_BYTES;
	return (struct acl_entry){ get_le16(at), get_le16(at + 2), get_le32(at + 4) };
}

static void put_entry(uint8_t *value, size_t i, struct acl_entry entry)
{
	uint8_t *at = value + HEADER_BYTES + i * ENTRY_BYTES;
	put_le16(at, entry.tag);
	put_le16(at + 2, entry.permissions);
	put_le32(at + 4, entry.id);
}

/* How many entries a value has; false: it is none. */
static bool count_entries(const void *value, size_t size, size_t *count_out)
{
	if (size < HEADER_BYTES || (size - HEADER_BYTES) % ENTRY_BYTES || get_le32(value) != POSIX_ACL_XATTR_VERSION)
		return false;
	*count_out = (size - HEADER_BYTES) / ENTRY_BYTES;
	return true;
}

static const struct {
	uint16_t tag;
	uint32_t archive_tag;
} tags[] = {
	{ ACL_USER_OBJ, ARCHIVE_ENTRY_ACL_USER_OBJ },	{ ACL_USER, ARCHIVE_ENTRY_ACL_USER },
	{ ACL_GROUP_OBJ, ARCHIVE_ENTRY_ACL_GROUP_OBJ }, { ACL_GROUP, ARCHIVE_ENTRY_ACL_GROUP },
	{ ACL_MASK, ARCHIVE_ENTRY_ACL_MASK },		{ ACL_OTHER, ARCHIVE_ENTRY_ACL_OTHER },
};
#define TAG_COUNT (sizeof(tags) / sizeof(*tags))

/* 0: there is no such tag. */
static uint16_t tag_of(uint32_t archive_tag)
{
	for (size_t i = 0; i < TAG_COUNT; i++)
		if (tags[i].archive_tag == archive_tag)
			return tags[i].tag;
	return 0;
}

static uint32_t archive_tag_of(uint16_t tag)
{
	for (size_t i = 0; i < TAG_COUNT; i++)
		if (tags[i].tag == tag)
			return tags[i].archive_tag;
	return 0;
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
		return bd_fail(
			err, EINVAL,
			"its ACL names the %s %.80s, which has no number on this host: create the archive with tar --numeric-owner",
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
	unsigned seen = 0, granted = 0;

	for (size_t i = 0; i < *count; i++) {
		if (i > 0 && compare(&entries[i - 1], &entries[i]) == 0)
			return bd_fail(err, EINVAL, "its ACL has a duplicate entry");
		seen |= entries[i].tag;
		if (entries[i].tag & (ACL_USER | ACL_GROUP_OBJ | ACL_GROUP))
			granted |= entries[i].permissions;
	}
	if ((seen & (ACL_USER_OBJ | ACL_GROUP_OBJ | ACL_OTHER)) != (ACL_USER_OBJ | ACL_GROUP_OBJ | ACL_OTHER))
		return bd_fail(err, EINVAL, "its ACL lacks the entry for the owner, the group or others");
	if ((seen & (ACL_USER | ACL_GROUP)) && !(seen & ACL_MASK)) {
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
		*one = (struct acl_entry){ tag_of(acl[i].tag), (uint16_t)(acl[i].permissions & 7),
					   (uint32_t)ACL_UNDEFINED_ID };
		if (!one->tag)
			return bd_fail(err, EINVAL, "its ACL has an entry of an unknown kind");
		if (has_id(one->tag) && id_of(one->tag, acl[i].id, acl[i].name, &one->id, err) != 0)
			return -1;
	}
	*count = used;
	qsort(entries, used, sizeof(*entries), compare);
	return check(entries, count, err);
}

int bd_posix_acl_from_entries(const struct bd_posix_acl_entry *acl, size_t acl_count, bool want_default, mode_t *mode,
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
	uint8_t *value = malloc(HEADER_BYTES + count * ENTRY_BYTES);
	if (!value)
		return bd_no_memory(err);
	put_le32(value, POSIX_ACL_XATTR_VERSION);
	for (size_t i = 0; i < count; i++) {
		put_entry(value, i, entries[i]);
		if (entries[i].tag == ACL_MASK && !want_default)
			*mode = (*mode & ~(mode_t)070) | (mode_t)(entries[i].permissions << 3);
	}
	*value_out = value;
	*size_out = HEADER_BYTES + count * ENTRY_BYTES;
	return 0;
}

/* Whether the mode's bits are the ACL's, as the kernel keeps them. */
static bool fits_mode(const struct acl_entry *entry, mode_t mode)
{
	if (entry->tag == ACL_USER_OBJ)
		return entry->permissions == (mode >> 6 & 7);
	if (entry->tag == ACL_MASK)
		return entry->permissions == (mode >> 3 & 7);
	return entry->tag != ACL_OTHER || entry->permissions == (mode & 7);
}

static bool archives_keep_it(const uint8_t *value, size_t count, bool is_default, mode_t mode)
{
	const unsigned basic = ACL_USER_OBJ | ACL_GROUP_OBJ | ACL_OTHER;
	struct acl_entry before = { 0, 0, 0 };
	unsigned seen = 0;

	for (size_t i = 0; i < count; i++) {
		struct acl_entry entry = get_entry(value, i);
		bool is_named = has_id(entry.tag);
		if (entry.tag < before.tag || (entry.tag == before.tag && !(is_named && entry.id > before.id)) ||
		    entry.permissions > 7 || (is_named ? entry.id >= INT_MAX : entry.id != UINT32_MAX) ||
		    (!is_default && !fits_mode(&entry, mode)))
			return false;
		seen |= entry.tag;
		before = entry;
	}
	return (seen & basic) == basic && (seen & ACL_MASK || !(seen & (ACL_USER | ACL_GROUP)));
}

int bd_posix_acl_to_entries(const void *value, size_t size, bool is_default, mode_t mode,
			    struct bd_posix_acl_entry **entries_out, size_t *count_out, struct bd_error *err)
{
	size_t count = 0;

	*entries_out = NULL;
	if (!count_entries(value, size, &count) || count < (is_default ? 3 : 4) ||
	    !archives_keep_it(value, count, is_default, mode))
		return 0;
	struct bd_posix_acl_entry *entries = calloc(count, sizeof(*entries));
	if (!entries)
		return bd_no_memory(err);
	for (size_t i = 0; i < count; i++) {
		struct acl_entry from = get_entry(value, i);
		entries[i] = (struct bd_posix_acl_entry){ .is_default = is_default,
							  .permissions = from.permissions,
							  .tag = archive_tag_of(from.tag),
							  .id = has_id(from.tag) ? (int32_t)from.id : -1 };
	}
	*entries_out = entries;
	*count_out = count;
	return 0;
}

int bd_posix_acl_from_ext(const void *disk, size_t disk_size, void **value_out, size_t *size_out,
			  struct bd_error *err)
{
	const uint8_t *at = disk, *end = at + disk_size;
	size_t count = 0;

	if (disk_size < EXT_HEADER_BYTES || get_le32(at) != EXT_VERSION)
		return bd_fail(err, EIO, "the ACL is damaged");
	BD_FREE uint8_t *value = malloc(HEADER_BYTES + disk_size / EXT_SHORT_BYTES * ENTRY_BYTES);
	if (!value)
		return bd_no_memory(err);
	put_le32(value, POSIX_ACL_XATTR_VERSION);
	at += EXT_HEADER_BYTES;
	while (at < end) {
		size_t left = (size_t)(end - at);
		if (left < EXT_SHORT_BYTES || (has_id(get_le16(at)) && left < EXT_LONG_BYTES))
			return bd_fail(err, EIO, "the ACL is damaged");
		struct acl_entry entry = { get_le16(at), get_le16(at + 2), (uint32_t)ACL_UNDEFINED_ID };
		if (has_id(entry.tag))
			entry.id = get_le32(at + 4);
		put_entry(value, count++, entry);
		at += has_id(entry.tag) ? EXT_LONG_BYTES : EXT_SHORT_BYTES;
	}
	*value_out = bd_take_ptr(value);
	*size_out = HEADER_BYTES + count * ENTRY_BYTES;
	return 0;
}

int bd_posix_acl_to_ext(const void *value, size_t size, void **disk_out, size_t *disk_size_out, struct bd_error *err)
{
	size_t count;

	if (!count_entries(value, size, &count))
		return bd_fail(err, EINVAL, "its ACL is damaged");
	uint8_t *disk = malloc(size), *at = disk;
	if (!disk)
		return bd_no_memory(err);
	put_le32(at, EXT_VERSION);
	at += EXT_HEADER_BYTES;
	for (size_t i = 0; i < count; i++) {
		struct acl_entry entry = get_entry(value, i);
		put_le16(at, entry.tag);
		put_le16(at + 2, entry.permissions);
		if (has_id(entry.tag))
			put_le32(at + 4, entry.id);
		at += has_id(entry.tag) ? EXT_LONG_BYTES : EXT_SHORT_BYTES;
	}
	*disk_out = disk;
	*disk_size_out = (size_t)(at - disk);
	return 0;
}
