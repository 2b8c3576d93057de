/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small sealed template in memory, and a guest that is made from it. */
#ifndef TEST_IDENTITY_FIXTURE_H
#define TEST_IDENTITY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "guest/identity.h"
#include "template/writer/writer.h"

struct row {
	const char *path; /* as in an archive: "etc/passwd" */
	mode_t mode;
	const char *text; /* content, or a symlink's target */
	uint32_t gid;
};

struct world {
	struct bd_sealed_writer *writer;
	struct bd_sealed sealed;
	struct bd_network networks[BD_NETWORKS_MAX]; /* the guest's; it has the first */
	struct bd_guest guest;
	struct bd_system system;
	struct bd_identity identity;
	struct bd_tree overlay;
	struct bd_identity_result result;
};

static void seal_row(struct bd_sealed_writer *writer, const struct row *row)
{
	struct bd_error err = BD_ERROR_INIT;
	struct bd_file_meta meta = { .mode = row->mode, .gid = row->gid };

	if (S_ISREG(row->mode))
		meta.size_bytes = strlen(row->text);
	if (S_ISLNK(row->mode))
		meta.target = row->text;
	if (bd_sealed_writer_add(writer, row->path, &meta, &err) != 0)
		fail_msg("%s", err.message);
	if (S_ISREG(row->mode) && meta.size_bytes &&
	    bd_sealed_writer_data(writer, 0, row->text, meta.size_bytes, &err) != 0)
		fail_msg("%s", err.message);
}

static void world_init(struct world *world, const struct row *rows, size_t count)
{
	struct bd_error err = BD_ERROR_INIT;
	struct bd_sealed_writer_totals totals;

	*world = (struct world){ .system.systemd = true };
	world->guest.networks = (struct bd_networks){ world->networks, 1 };
	assert_int_equal(bd_guest_set_name(&world->guest, "web01", &err), 0);
	assert_int_equal(bd_mac_parse("00:16:3e:12:34:56", world->networks[0].mac, &err), 0);
	for (int i = 0; i < 16; i++)
		world->guest.uuid[i] = (uint8_t)(0x30 + i);
	world->overlay = (struct bd_tree){ 0 };
	bd_sealed_init(&world->sealed);
	if (bd_sealed_writer_begin("/tmp", 1 << 20, &world->writer, &err) != 0)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < count; i++)
		seal_row(world->writer, &rows[i]);
	if (bd_sealed_writer_finish(world->writer, &world->sealed, &totals, &err) != 0)
		fail_msg("%s", err.message);
}

static void world_dispose(struct world *world)
{
	bd_tree_dispose(&world->overlay);
	bd_identity_dispose(&world->identity);
	bd_sealed_dispose(&world->sealed);
	bd_sealed_writer_free(&world->writer);
}

static int world_try(struct world *world, struct bd_error *err)
{
	bd_tree_dispose(&world->overlay);
	return bd_identity_apply(&world->identity, &world->guest, &world->system, &world->sealed, &world->overlay,
				 &world->result, err);
}

static void world_apply(struct world *world)
{
	struct bd_error err = BD_ERROR_INIT;

	if (world_try(world, &err) != 0)
		fail_msg("%s", err.message);
}

static const char *world_text(const struct world *world, const char *path, mode_t permissions)
{
	const struct bd_node *node = bd_tree_find(&world->overlay, path);

	if (!node)
		fail_msg("%s is not in the overlay", path);
	if (node->mode != (S_IFREG | permissions))
		fail_msg("%s has mode %o", path, node->mode);
	return node->data;
}

/* 1: a whiteout. 0: the overlay says nothing of it. */
static int world_removes(const struct world *world, const char *path)
{
	const struct bd_node *node = bd_tree_find(&world->overlay, path);

	return node && node->mode == 0;
}

static inline void world_refuses(struct world *world, const char *part)
{
	struct bd_error err = BD_ERROR_INIT;

	assert_int_equal(world_try(world, &err), -1);
	if (!strstr(err.message, part))
		fail_msg("\"%s\" lacks \"%s\"", err.message, part);
}

#define COUNT(rows) (sizeof(rows) / sizeof(*(rows)))

#endif
