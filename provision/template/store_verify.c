/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a template to its last byte: checksums, then what the index says. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/cancel.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/progress.h"
#include "template/store.h"
#include "template/store_folder.h"

#define SUM_BYTES 32
#define CHUNK_BYTES (1u << 20)

static int read_chunk(int fd, uint8_t *chunk, uint64_t at, size_t *size_out, const char *name, struct bd_error *err)
{
	ssize_t n = bd_pread_full(fd, chunk, CHUNK_BYTES, at);

	if (n < 0)
		return bd_fail_errno(err, "cannot read the template's %s", name);
	*size_out = (size_t)n;
	return bd_cancel_check(err);
}

/* done: bytes of other files that the progress bar has counted already. */
static int check_sum(int fd, const char *name, const struct bd_manifest_file *expected, uint64_t done,
		     struct bd_error *err)
{
	BD_FREE uint8_t *chunk = malloc(CHUNK_BYTES);
	crypto_generichash_state sum;
	uint8_t digest[SUM_BYTES];
	char text[2 * SUM_BYTES + 1];
	uint64_t at = 0;
	size_t size = 0;

	if (!chunk || sodium_init() < 0)
		return bd_fail(err, ENOMEM, "out of memory");
	crypto_generichash_init(&sum, NULL, 0, SUM_BYTES);
	do {
		if (read_chunk(fd, chunk, at, &size, name, err) != 0)
			return -1;
		crypto_generichash_update(&sum, chunk, size);
		at += size;
		bd_progress_update(done + at);
	} while (size > 0);
	crypto_generichash_final(&sum, digest, sizeof(digest));
	sodium_bin2hex(text, sizeof(text), digest, sizeof(digest));
	if (strcmp(text, expected->blake2b) == 0)
		return 0;
	return bd_fail(err, EINVAL, "the template's %s is damaged: its BLAKE2b-256 is %.16s..., not %.16s...", name,
		       text, expected->blake2b);
}

/* What is counted on the way through the index. */
struct walk {
	const struct bd_pack *pack;
	uint32_t *names; /* of each inode: how many directory entries lead to it */
	uint32_t *links; /* what its record says */
	uint8_t *types;
};

static void walk_dispose(struct walk *walk)
{
	free(walk->names);
	free(walk->links);
	free(walk->types);
}

static int damaged(struct bd_error *err, uint32_t inode, const char *what)
{
	return bd_fail(err, EINVAL, "the template's index is damaged: inode %" PRIu32 " %s", inode, what);
}

/* The type of a directory entry, as in ext2 (linux/fs.h, FT_*). */
static uint8_t entry_type(uint32_t mode)
{
	static const struct {
		mode_t mode;
		uint8_t type;
	} types[] = { { S_IFREG, 1 }, { S_IFDIR, 2 },  { S_IFCHR, 3 }, { S_IFBLK, 4 },
		      { S_IFIFO, 5 }, { S_IFSOCK, 6 }, { S_IFLNK, 7 } };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if ((mode & S_IFMT) == types[i].mode)
			return types[i].type;
	return 0;
}

static int check_inode(struct walk *walk, const struct bd_pack_inode *inode, struct bd_error *err)
{
	uint8_t type = entry_type(inode->mode);

	if (!type)
		return damaged(err, inode->index, "has no known type");
	walk->types[inode->index] = type;
	walk->links[inode->index] = inode->links;
	if (type != 1)
		return inode->extent_count ? damaged(err, inode->index, "has content, but is no file") : 0;
	uint64_t blocks = (inode->size_bytes + BD_PACK_BLOCK_BYTES - 1) / BD_PACK_BLOCK_BYTES;
	for (size_t i = 0; i < inode->extent_count; i++)
		if ((uint64_t)inode->extents[i].logical + inode->extents[i].count > blocks)
			return damaged(err, inode->index, "has content behind its end");
	return 0;
}

static int walk_inodes(struct walk *walk, struct bd_error *err)
{
	struct bd_pack_reader reader;
	struct bd_pack_inode inode = { 0 };
	uint32_t count = 0;
	int r;

	bd_pack_reader_init(&reader, walk->pack);
	while ((r = bd_pack_next_inode(&reader, &inode, err)) > 0) {
		r = check_inode(walk, &inode, err);
		if (r == 0 && ++count % 1024 == 0)
			r = bd_cancel_check(err);
		if (r != 0)
			break;
	}
	bd_pack_reader_dispose(&reader);
	return r;
}

/* Every directory but the root comes behind its parent, so that none can be its own ancestor. */
static int check_dir(struct walk *walk, uint32_t index, struct bd_pack_dir *dir, struct bd_error *err)
{
	struct bd_pack_entry entry;

	if (index == 0 ? dir->parent != 0 : dir->parent >= index)
		return damaged(err, index, "is a directory in the wrong place");
	while (bd_pack_next_entry(dir, &entry)) {
		if (entry.type != walk->types[entry.inode])
			return damaged(err, entry.inode, "is of another type than its name says");
		if (entry.type == 2 && entry.inode <= index)
			return damaged(err, entry.inode, "is a directory in the wrong place");
		if (memchr(entry.name, '/', entry.name_size) || memchr(entry.name, '\0', entry.name_size))
			return damaged(err, entry.inode, "has a name that no file can have");
		walk->names[entry.inode]++;
	}
	return 0;
}

static int walk_dirs(struct walk *walk, struct bd_error *err)
{
	struct bd_pack_reader inodes, dirs;
	struct bd_pack_inode inode = { 0 };
	struct bd_pack_dir dir;
	int r = 0;

	bd_pack_reader_init(&inodes, walk->pack);
	bd_pack_reader_init(&dirs, walk->pack);
	for (uint32_t i = 0; r == 0 && i < walk->pack->dir_count; i++) {
		r = bd_pack_next_inode(&inodes, &inode, err) > 0 ? 0 : -1;
		if (r == 0)
			r = bd_pack_read_dir(&dirs, inode.dir_at, &dir, err);
		if (r == 0)
			r = check_dir(walk, i, &dir, err);
	}
	bd_pack_reader_dispose(&inodes);
	bd_pack_reader_dispose(&dirs);
	return r;
}

static int check_links(const struct walk *walk, struct bd_error *err)
{
	for (uint32_t i = 0; i < walk->pack->inode_count; i++) {
		/* A directory's links are counted by who makes the filesystem; the root has no name. */
		uint32_t expected = walk->types[i] == 2 ? i != 0 : walk->links[i];
		if (walk->names[i] != expected)
			return damaged(err, i, "has another number of names than of links");
	}
	return 0;
}

static int check_index(const struct bd_sealed *sealed, struct bd_error *err)
{
	const struct bd_pack *pack = &sealed->pack;
	size_t count = pack->inode_count;
	BD_DISPOSE(walk_dispose) struct walk walk = { .pack = pack };

	walk.names = calloc(count, sizeof(*walk.names));
	walk.links = calloc(count, sizeof(*walk.links));
	walk.types = calloc(count, sizeof(*walk.types));
	if (!walk.names || !walk.links || !walk.types)
		return bd_fail(err, ENOMEM, "out of memory");
	if (walk_inodes(&walk, err) != 0 || walk_dirs(&walk, err) != 0 || check_links(&walk, err) != 0)
		return -1;
	if (sealed->manifest.inodes != pack->inode_count || sealed->manifest.directories != pack->dir_count ||
	    sealed->manifest.payload_bytes != pack->payload_blocks * BD_PACK_BLOCK_BYTES)
		return bd_fail(err, EINVAL, "the template's manifest counts other inodes or bytes than its index");
	return 0;
}

int bd_store_verify(const struct bd_store *store, const char *name, char path_out[PATH_MAX],
		    struct bd_manifest *manifest_out, struct bd_error *err)
{
	BD_DISPOSE(bd_sealed_dispose) struct bd_sealed sealed;

	bd_sealed_init(&sealed);
	if (bd_store_get(store, name, &sealed, err) != 0)
		return -1;
	const struct bd_manifest *manifest = &sealed.manifest;
	bd_progress_stage("reading it", manifest->tree.size_bytes + manifest->payload.size_bytes);
	if (check_sum(sealed.pack.index_fd, BD_STORE_TREE, &manifest->tree, 0, err) != 0 ||
	    check_sum(sealed.pack.payload_fd, BD_STORE_PAYLOAD, &manifest->payload, manifest->tree.size_bytes, err) !=
		    0)
		return -1;
	bd_progress_stage("checking its index", 0);
	if (check_index(&sealed, err) != 0)
		return -1;
	strcpy(path_out, sealed.path);
	*manifest_out = *manifest;
	return 0;
}
