/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks names up in /etc/passwd and /etc/group of an image. */
#include "ops/inside/owner.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "inside/read_file.h"
#include "rootfs/colon_file.h"

#define FILE_BYTES_MAX (16u << 20)
#define ID_MAX (UINT32_MAX - 1) /* the last one means "none" to chown(2) */

static bool all_digits(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

/* *line_out: in *text_out. */
static int find_name(const struct image_place *place, const char *file, const char *name, char **text_out,
		     const char **line_out, struct bd_error *err)
{
	size_t size;

	if (bd_inside_read_file(place->fd, place->partition, file, FILE_BYTES_MAX, text_out, &size, err) != 0)
		return bd_wrap(err, "cannot look up \"%s\" in the image's %s", name, file);
	*line_out = bd_colon_find(*text_out, name);
	if (!*line_out)
		return bd_not_found(err, "there is no \"%s\" in %s of the image", name, file);
	return 0;
}

static int parse_id(const char *text, const char *what, int64_t *id_out, struct bd_error *err)
{
	uint64_t id;

	if (bd_parse_uint(text, what, 0, ID_MAX, &id, err) != 0)
		return -1;
	*id_out = (int64_t)id;
	return 0;
}

static int parse_field(const char *line, unsigned field, const char *what, int64_t *id_out, struct bd_error *err)
{
	size_t length;
	const char *text = bd_colon_field(line, field, &length);
	BD_FREE char *copy = strndup(text, length);

	return copy ? parse_id(copy, what, id_out, err) : bd_no_memory(err);
}

/* gid_out: NULL, or where the user's own group goes. */
static int find_user(const struct image_place *place, const char *name, int64_t *uid_out, int64_t *gid_out,
		     struct bd_error *err)
{
	BD_FREE char *text = NULL;
	const char *line;

	if (all_digits(name) && !gid_out)
		return parse_id(name, "the user", uid_out, err);
	if (find_name(place, "/etc/passwd", name, &text, &line, err) != 0 ||
	    parse_field(line, BD_PASSWD_UID, "the user's ID", uid_out, err) != 0)
		return -1;
	return gid_out ? parse_field(line, BD_PASSWD_GID, "the user's group", gid_out, err) : 0;
}

static int find_group(const struct image_place *place, const char *name, int64_t *gid_out, struct bd_error *err)
{
	BD_FREE char *text = NULL;
	const char *line;

	if (all_digits(name))
		return parse_id(name, "the group", gid_out, err);
	if (find_name(place, "/etc/group", name, &text, &line, err) != 0)
		return -1;
	return parse_field(line, BD_GROUP_GID, "the group's ID", gid_out, err);
}

int inside_owner_parse(const struct image_place *place, const char *text, int64_t *uid_out, int64_t *gid_out,
		       struct bd_error *err)
{
	const char *colon = strchr(text, ':');
	BD_FREE char *user = colon ? strndup(text, (size_t)(colon - text)) : strdup(text);

	*uid_out = *gid_out = -1;
	if (!user)
		return bd_no_memory(err);
	bool wants_own_group = colon && !colon[1];
	if (!*user && (!colon || !colon[1]))
		return bd_usage(err, "\"%s\" is no owner; write USER, USER:GROUP or :GROUP", text);
	if (*user && find_user(place, user, uid_out, wants_own_group ? gid_out : NULL, err) != 0)
		return -1;
	return colon && colon[1] ? find_group(place, colon + 1, gid_out, err) : 0;
}
