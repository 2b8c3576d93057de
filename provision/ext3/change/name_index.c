/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hash tables of names, each with the block that it is in. Entries are changed in that block alone, through libext2fs, which
 * checks and makes its checksum. Format: the kernel's Documentation/filesystems/ext4/directory.rst. */
#include "ext3/change/name_index.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/hash.h"

#define DIRECTORIES_MAX 8 /* that are kept */
#define SMALLEST_BYTES 16384u /* of a directory that is worth it */
#define FIRST_SLOTS 1024u /* a power of two */
#define ENTRY_HEADER_BYTES 8u
#define FREE_SLOT UINT32_MAX
#define UNKNOWN_BLOCK UINT32_MAX

struct slot {
	uint32_t name_at; /* in names; FREE_SLOT: nothing was ever here */
	uint32_t block; /* of the directory, when it was read; in a stale one perhaps it is in another one now */
	ext2_ino_t number; /* 0: the name was removed */
};

struct directory {
	ext2_ino_t number; /* 0: none */
	uint64_t used_at; /* the least was not used for longest */
	struct slot *slots;
	size_t slot_count, slots_taken; /* a power of two; removed names count */
	char *names; /* each terminated */
	size_t names_size, names_capacity;
	uint32_t block_count;
	uint32_t fit_block; /* all before it were full when they were tried last */
	bool is_hash_tree; /* libext2fs adds the names, and may move others to other blocks, */
	bool is_stale; /* which it may have done since the directory was read */
};

struct bd_name_index {
	ext2_filsys fs; /* borrowed */
	struct directory directories[DIRECTORIES_MAX];
	uint64_t uses;
	uint8_t *block; /* of the filesystem's block size */
};

static void directory_clear(struct directory *directory)
{
	free(directory->slots);
	free(directory->names);
	*directory = (struct directory){ 0 };
}

struct bd_name_index *bd_name_index_new(ext2_filsys fs)
{
	struct bd_name_index *index = calloc(1, sizeof(*index));

	if (!index)
		return NULL;
	index->fs = fs;
	index->block = malloc(fs->blocksize);
	if (!index->block) {
		free(index);
		return NULL;
	}
	return index;
}

void bd_name_index_free(struct bd_name_index *index)
{
	if (!index)
		return;
	for (size_t i = 0; i < DIRECTORIES_MAX; i++)
		directory_clear(&index->directories[i]);
	free(index->block);
	free(index);
}

void bd_name_index_forget(struct bd_name_index *index, ext2_ino_t directory)
{
	for (size_t i = 0; i < DIRECTORIES_MAX; i++)
		if (index->directories[i].number == directory)
			directory_clear(&index->directories[i]);
}

/* --- the table of one directory ----------------------------------------------------------------------------------- */

/* Where the name is, or the free slot where it would be. */
static struct slot *find_slot(const struct directory *directory, const char *name, size_t size)
{
	size_t mask = directory->slot_count - 1, at = (size_t)bd_hash(BD_HASH_INIT, name, size) & mask;

	while (directory->slots[at].name_at != FREE_SLOT) {
		const char *other = directory->names + directory->slots[at].name_at;
		if (strncmp(other, name, size) == 0 && !other[size])
			break;
		at = (at + 1) & mask;
	}
	return &directory->slots[at];
}

static errcode_t set_slot_count(struct directory *directory, size_t count)
{
	struct slot *old = directory->slots;
	size_t old_count = directory->slot_count;

	directory->slots = malloc(count * sizeof(*directory->slots));
	if (!directory->slots) {
		directory->slots = old;
		return ENOMEM;
	}
	directory->slot_count = count;
	for (size_t i = 0; i < count; i++)
		directory->slots[i] = (struct slot){ .name_at = FREE_SLOT };
	for (size_t i = 0; i < old_count; i++) {
		const char *name = directory->names + old[i].name_at;
		if (old[i].name_at != FREE_SLOT)
			*find_slot(directory, name, strlen(name)) = old[i];
	}
	free(old);
	return 0;
}

static errcode_t put_name(struct directory *directory, const char *name, size_t size, ext2_ino_t number,
			  uint32_t block)
{
	struct bd_error none;

	if (directory->slots_taken >= directory->slot_count / 2) {
		errcode_t ec =
			set_slot_count(directory, directory->slot_count ? directory->slot_count * 2 : FIRST_SLOTS);
		if (ec)
			return ec;
	}
	struct slot *slot = find_slot(directory, name, size);
	if (slot->name_at != FREE_SLOT) {
		if (slot->number)
			return EXT2_ET_DIR_EXISTS; /* twice: damaged */
		slot->number = number;
		slot->block = block;
		return 0;
	}
	if (directory->names_size + size + 1 >= FREE_SLOT ||
	    bd_array_reserve(directory->names, directory->names_capacity, directory->names_size + size + 1, &none) !=
		    0)
		return ENOMEM;
	*slot = (struct slot){ (uint32_t)directory->names_size, block, number };
	memcpy(directory->names + directory->names_size, name, size);
	directory->names[directory->names_size + size] = '\0';
	directory->names_size += size + 1;
	directory->slots_taken++;
	return 0;
}

/* --- blocks of a directory ---------------------------------------------------------------------------------------- */

/* What entries may take of a block; a checksum is behind them. */
static uint32_t entries_end(ext2_filsys fs)
{
	return fs->blocksize -
	       (ext2fs_has_feature_metadata_csum(fs->super) ? (uint32_t)sizeof(struct ext2_dir_entry_tail) : 0);
}

static uint32_t entry_bytes(size_t name_size)
{
	return (uint32_t)(ENTRY_HEADER_BYTES + name_size + 3) & ~3u;
}

static errcode_t read_block(struct bd_name_index *index, ext2_ino_t directory, uint32_t block, blk64_t *place_out)
{
	errcode_t ec = ext2fs_bmap2(index->fs, directory, NULL, NULL, 0, block, NULL, place_out);

	if (!ec && !*place_out)
		ec = EXT2_ET_DIR_CORRUPTED; /* a hole */
	return ec ? ec : ext2fs_read_dir_block4(index->fs, *place_out, index->block, 0, directory);
}

/* The entry at an offset of the block, and its length; NULL: none that can be one, or of which a part is behind the end. */
static struct ext2_dir_entry *entry_at(const struct bd_name_index *index, uint32_t offset, uint32_t end,
				       uint32_t *length_out)
{
	struct ext2_dir_entry *entry = (struct ext2_dir_entry *)(index->block + offset);
	unsigned length;

	if (offset + ENTRY_HEADER_BYTES > end || ext2fs_get_rec_len(index->fs, entry, &length) != 0 ||
	    length < ENTRY_HEADER_BYTES || length % 4 || length > end - offset ||
	    ENTRY_HEADER_BYTES + (uint32_t)ext2fs_dirent_name_len(entry) > length)
		return NULL;
	*length_out = length;
	return entry;
}

/* Whatever is odd is left to libext2fs: EXT2_ET_DIR_CORRUPTED. */
static errcode_t load_block(struct bd_name_index *index, struct directory *directory, uint32_t block)
{
	blk64_t place;
	uint32_t length, size_of_block = index->fs->blocksize;
	errcode_t ec = read_block(index, directory->number, block, &place);

	for (uint32_t at = 0; !ec && at < size_of_block; at += length) {
		const struct ext2_dir_entry *entry = entry_at(index, at, size_of_block, &length);
		if (!entry)
			return EXT2_ET_DIR_CORRUPTED;
		size_t size = (size_t)ext2fs_dirent_name_len(entry);
		if (!entry->inode)
			continue;
		if (!size || memchr(entry->name, '\0', size))
			return EXT2_ET_DIR_CORRUPTED;
		ec = put_name(directory, entry->name, size, entry->inode, block);
	}
	return ec;
}

static errcode_t load(struct bd_name_index *index, struct directory *directory)
{
	for (uint32_t block = 0; block < directory->block_count; block++) {
		errcode_t ec = load_block(index, directory, block);
		if (ec)
			return ec;
	}
	return 0;
}

static struct directory *oldest(struct bd_name_index *index)
{
	struct directory *found = &index->directories[0];

	for (size_t i = 1; i < DIRECTORIES_MAX; i++)
		if (index->directories[i].used_at < found->used_at)
			found = &index->directories[i];
	return found;
}

/* NULL: it is none of ours. */
static struct directory *find_directory(struct bd_name_index *index, ext2_ino_t number)
{
	struct ext2_inode inode;

	for (size_t i = 0; i < DIRECTORIES_MAX; i++)
		if (index->directories[i].number == number) {
			index->directories[i].used_at = ++index->uses;
			return &index->directories[i];
		}
	if (ext2fs_read_inode(index->fs, number, &inode) != 0 || !LINUX_S_ISDIR(inode.i_mode) ||
	    (inode.i_flags & EXT4_INLINE_DATA_FL) || EXT2_I_SIZE(&inode) < SMALLEST_BYTES ||
	    EXT2_I_SIZE(&inode) / index->fs->blocksize > UINT32_MAX)
		return NULL;
	struct directory *directory = oldest(index);
	directory_clear(directory);
	directory->number = number;
	directory->used_at = ++index->uses;
	directory->block_count = (uint32_t)(EXT2_I_SIZE(&inode) / index->fs->blocksize);
	directory->is_hash_tree = (inode.i_flags & EXT2_INDEX_FL) != 0;
	if (load(index, directory) == 0)
		return directory;
	directory_clear(directory);
	return NULL;
}

errcode_t bd_name_index_find(struct bd_name_index *index, ext2_ino_t directory, const char *name, bool *known_out,
			     ext2_ino_t *number_out)
{
	const struct directory *found = find_directory(index, directory);

	*known_out = found != NULL;
	if (!found)
		return 0;
	const struct slot *slot = find_slot(found, name, strlen(name));
	*number_out = slot->name_at == FREE_SLOT ? 0 : slot->number;
	return 0;
}

/* --- adding ------------------------------------------------------------------------------------------------------- */

static void write_entry(ext2_filsys fs, struct ext2_dir_entry *entry, const char *name, size_t size,
			ext2_ino_t number, int type)
{
	entry->inode = number;
	ext2fs_dirent_set_name_len(entry, (int)size);
	ext2fs_dirent_set_file_type(entry, ext2fs_has_feature_filetype(fs->super) ? type : 0);
	memcpy(entry->name, name, size);
}

/* In the block that was read last; false: it has no room. */
static bool insert(struct bd_name_index *index, const char *name, ext2_ino_t number, int type)
{
	ext2_filsys fs = index->fs;
	uint32_t end = entries_end(fs), length;
	size_t size = strlen(name);
	struct ext2_dir_entry *entry;

	for (uint32_t at = 0; (entry = entry_at(index, at, end, &length)); at += length) {
		uint32_t used = entry->inode ? entry_bytes((size_t)ext2fs_dirent_name_len(entry)) : 0;
		if (used > length || length - used < entry_bytes(size))
			continue;
		if (used) {
			ext2fs_set_rec_len(fs, used, entry);
			entry = (struct ext2_dir_entry *)(index->block + at + used);
			ext2fs_set_rec_len(fs, length - used, entry);
		}
		write_entry(fs, entry, name, size, number, type);
		return true;
	}
	return false;
}

static errcode_t add_to_blocks(struct bd_name_index *index, struct directory *directory, const char *name,
			       ext2_ino_t number, int type)
{
	blk64_t place;

	for (;; directory->fit_block++) {
		if (directory->fit_block == directory->block_count) {
			errcode_t ec = ext2fs_expand_dir(index->fs, directory->number);
			if (ec)
				return ec;
			directory->block_count++;
		}
		errcode_t ec = read_block(index, directory->number, directory->fit_block, &place);
		if (ec)
			return ec;
		if (!insert(index, name, number, type))
			continue;
		ec = ext2fs_write_dir_block4(index->fs, place, index->block, 0, directory->number);
		return ec ? ec : put_name(directory, name, strlen(name), number, directory->fit_block);
	}
}

errcode_t bd_directory_link(ext2_filsys fs, ext2_ino_t directory, const char *name, ext2_ino_t number, int type)
{
	errcode_t ec = ext2fs_link(fs, directory, name, number, type);

	if (ec != EXT2_ET_DIR_NO_SPACE)
		return ec;
	ec = ext2fs_expand_dir(fs, directory);
	return ec ? ec : ext2fs_link(fs, directory, name, number, type);
}

/* By its hash. */
static errcode_t add_to_tree(struct bd_name_index *index, struct directory *directory, const char *name,
			     ext2_ino_t number, int type)
{
	directory->is_stale = true;
	errcode_t ec = bd_directory_link(index->fs, directory->number, name, number, type);
	return ec ? ec : put_name(directory, name, strlen(name), number, UNKNOWN_BLOCK);
}

errcode_t bd_name_index_add(struct bd_name_index *index, ext2_ino_t directory, const char *name, ext2_ino_t number,
			    int type, bool *known_out)
{
	struct directory *found = find_directory(index, directory);

	*known_out = found != NULL;
	if (!found)
		return 0;
	errcode_t ec = found->is_hash_tree ? add_to_tree(index, found, name, number, type)
					   : add_to_blocks(index, found, name, number, type);
	if (ec)
		bd_name_index_forget(index, directory);
	return ec;
}

/* --- removing ----------------------------------------------------------------------------------------------------- */

/* In the block that was read last. */
static errcode_t remove_entry(struct bd_name_index *index, const char *name, ext2_ino_t number)
{
	struct ext2_dir_entry *entry, *before = NULL;
	uint32_t length, length_before = 0;
	size_t size = strlen(name);

	for (uint32_t at = 0; (entry = entry_at(index, at, index->fs->blocksize, &length)); at += length) {
		if (entry->inode == number && (size_t)ext2fs_dirent_name_len(entry) == size &&
		    memcmp(entry->name, name, size) == 0) {
			if (!before) {
				entry->inode = 0;
				return 0;
			}
			return ext2fs_set_rec_len(index->fs, length_before + length, before);
		}
		before = entry;
		length_before = length;
	}
	return EXT2_ET_FILE_NOT_FOUND;
}

static errcode_t remove_known(struct bd_name_index *index, struct directory *directory, const char *name,
			      ext2_ino_t number)
{
	struct slot *slot = find_slot(directory, name, strlen(name));
	blk64_t place;

	if (slot->name_at == FREE_SLOT || slot->number != number || slot->block == UNKNOWN_BLOCK)
		return EXT2_ET_FILE_NOT_FOUND;
	errcode_t ec = read_block(index, directory->number, slot->block, &place);
	if (!ec)
		ec = remove_entry(index, name, number);
	if (!ec)
		ec = ext2fs_write_dir_block4(index->fs, place, index->block, 0, directory->number);
	if (ec)
		return ec;
	slot->number = 0;
	if (slot->block < directory->fit_block)
		directory->fit_block = slot->block;
	return 0;
}

errcode_t bd_name_index_remove(struct bd_name_index *index, ext2_ino_t directory, const char *name, ext2_ino_t number,
			       bool *known_out)
{
	struct directory *found = find_directory(index, directory);

	*known_out = found != NULL;
	if (!found)
		return 0;
	errcode_t ec = remove_known(index, found, name, number);
	if (ec == EXT2_ET_FILE_NOT_FOUND && found->is_stale) {
		bd_name_index_forget(index, directory);
		found = find_directory(index, directory);
		*known_out = found != NULL;
		ec = found ? remove_known(index, found, name, number) : 0;
	}
	if (ec)
		bd_name_index_forget(index, directory);
	return ec;
}
