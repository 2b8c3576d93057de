/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps the metadata blocks of a new filesystem in memory, and writes them into the file in order. */
#include "ext3/writer/block_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/file/file.h"

#define SLAB_BYTES (256u * 1024)
/* A filesystem of 64 GiB has 13 MiB of metadata that is not zero; larger ones are written in several rounds. */
#define MEMORY_LIMIT_BYTES (16u * 1024 * 1024)
#define NO_SLOT UINT32_MAX
#define MAX_VECTORS 256

void bd_block_cache_init(struct bd_block_cache *cache, int fd, uint64_t offset_bytes, uint32_t block_size)
{
	*cache = (struct bd_block_cache){ .fd = fd, .offset_bytes = offset_bytes, .block_size = block_size };
}

void bd_block_cache_dispose(struct bd_block_cache *cache)
{
	for (size_t i = 0; i < cache->slab_count; i++)
		free(cache->slabs[i]);
	free(cache->slabs);
	free(cache->table);
	bd_block_cache_init(cache, -1, 0, cache->block_size);
}

/* The place of the block, or the empty place where it would go. The table is never full. */
static struct bd_cached_block *find_place(const struct bd_block_cache *cache, uint64_t block)
{
	size_t mask = cache->table_size - 1;
	size_t at = (size_t)((block * 0x9e3779b97f4a7c15u) >> 32) & mask;
	while (cache->table[at].number_plus_1 && cache->table[at].number_plus_1 != block + 1)
		at = (at + 1) & mask;
	return &cache->table[at];
}

static int grow_table(struct bd_block_cache *cache)
{
	struct bd_cached_block *old = cache->table;
	size_t old_size = cache->table_size;
	size_t size = old_size ? old_size * 2 : 2048;
	struct bd_cached_block *table = calloc(size, sizeof(*table));
	if (!table)
		return ENOMEM;

	cache->table = table;
	cache->table_size = size;
	for (size_t i = 0; i < old_size; i++)
		if (old[i].number_plus_1)
			*find_place(cache, old[i].number_plus_1 - 1) = old[i];
	free(old);
	return 0;
}

static const struct bd_cached_block *look_up(const struct bd_block_cache *cache, uint64_t block)
{
	if (!cache->table_size)
		return NULL;
	const struct bd_cached_block *place = find_place(cache, block);
	return place->number_plus_1 ? place : NULL;
}

static uint8_t *slot_bytes(const struct bd_block_cache *cache, uint32_t slot)
{
	uint32_t per_slab = SLAB_BYTES / cache->block_size;
	return cache->slabs[slot / per_slab] + (size_t)(slot % per_slab) * cache->block_size;
}

/* Memory for one more block; its bytes are whatever was there. */
static int take_slot(struct bd_block_cache *cache, uint32_t *slot_out)
{
	uint32_t per_slab = SLAB_BYTES / cache->block_size;
	if (cache->slots_used == cache->slab_count * per_slab) {
		struct bd_error none;
		if (bd_array_grow(cache->slabs, cache->slab_count, &none) != 0)
			return ENOMEM;
		cache->slabs[cache->slab_count] = malloc(SLAB_BYTES);
		if (!cache->slabs[cache->slab_count])
			return ENOMEM;
		cache->slab_count++;
	}
	*slot_out = cache->slots_used++;
	return 0;
}

static off_t file_offset(const struct bd_block_cache *cache, uint64_t block)
{
	return (off_t)(cache->offset_bytes + block * cache->block_size);
}

static int read_from_file(const struct bd_block_cache *cache, uint64_t block, size_t begin, size_t size,
			  void *data_out)
{
	ssize_t n = bd_pread_full(cache->fd, data_out, size, (uint64_t)file_offset(cache, block) + begin);

	if (n < 0)
		return errno;
	return (size_t)n == size ? 0 : EIO;
}

int bd_block_cache_read(struct bd_block_cache *cache, uint64_t block, size_t begin, size_t size, void *data_out)
{
	const struct bd_cached_block *place = look_up(cache, block);
	if (!place) {
		memset(data_out, 0, size);
		return 0;
	}
	if (place->slot == NO_SLOT)
		return read_from_file(cache, block, begin, size, data_out);
	memcpy(data_out, slot_bytes(cache, place->slot) + begin, size);
	return 0;
}

/* The block's bytes in memory, with what it held before. */
static int bring_in(struct bd_block_cache *cache, uint64_t block, uint8_t **bytes_out)
{
	if ((uint64_t)cache->slots_used * cache->block_size >= MEMORY_LIMIT_BYTES) {
		int r = bd_block_cache_flush(cache);
		if (r)
			return r;
	}
	if (cache->table_used * 2 >= cache->table_size) {
		int r = grow_table(cache);
		if (r)
			return r;
	}

	struct bd_cached_block *place = find_place(cache, block);
	bool known = place->number_plus_1 != 0;
	if (!known || place->slot == NO_SLOT) {
		uint32_t slot;
		int r = take_slot(cache, &slot);
		if (!r && known)
			r = read_from_file(cache, block, 0, cache->block_size, slot_bytes(cache, slot));
		else if (!r)
			memset(slot_bytes(cache, slot), 0, cache->block_size);
		if (r)
			return r;
		cache->table_used += !known;
		*place = (struct bd_cached_block){ block + 1, slot, known };
	}
	*bytes_out = slot_bytes(cache, place->slot);
	return 0;
}

int bd_block_cache_write(struct bd_block_cache *cache, uint64_t block, size_t begin, size_t size, const void *data)
{
	if (!cache->is_clone && !look_up(cache, block) && bd_all_zero(data, size))
		return 0;

	uint8_t *bytes;
	int r = bring_in(cache, block, &bytes);
	if (r)
		return r;
	memcpy(bytes + begin, data, size);
	return 0;
}

static int by_number(const void *left, const void *right)
{
	uint64_t a = (*(struct bd_cached_block *const *)left)->number_plus_1;
	uint64_t b = (*(struct bd_cached_block *const *)right)->number_plus_1;
	return (a > b) - (a < b);
}

static int write_vectors(const struct bd_block_cache *cache, off_t at, struct iovec *vectors, int count)
{
	while (count > 0) {
		ssize_t r = TEMP_FAILURE_RETRY(pwritev(cache->fd, vectors, count, at));

		if (r <= 0)
			return r ? errno : EIO;
		at += r;
		for (; count > 0 && (size_t)r >= vectors->iov_len; vectors++, count--)
			r -= (ssize_t)vectors->iov_len;
		if (count > 0) {
			vectors->iov_base = (uint8_t *)vectors->iov_base + r;
			vectors->iov_len -= (size_t)r;
		}
	}
	return 0;
}

/* Writes the blocks that follow one another from dirty[0]; *written_out says how many these were. */
static int write_run(const struct bd_block_cache *cache, struct bd_cached_block *const *dirty, size_t count,
		     size_t *written_out)
{
	struct iovec vectors[MAX_VECTORS];
	int used = 0;
	size_t n = 0;
	for (; n < count && dirty[n]->number_plus_1 == dirty[0]->number_plus_1 + n; n++) {
		uint8_t *bytes = slot_bytes(cache, dirty[n]->slot);
		struct iovec *last = used ? &vectors[used - 1] : NULL;
		if (last && (uint8_t *)last->iov_base + last->iov_len == bytes) {
			last->iov_len += cache->block_size;
			continue;
		}
		if (used == MAX_VECTORS)
			break;
		vectors[used++] = (struct iovec){ bytes, cache->block_size };
	}
	*written_out = n;
	return write_vectors(cache, file_offset(cache, dirty[0]->number_plus_1 - 1), vectors, used);
}

/* Leaves the blocks out that the clone has already. */
static int drop_equal(const struct bd_block_cache *cache, struct bd_cached_block **dirty, size_t *count)
{
	size_t kept = 0, per_read = SLAB_BYTES / cache->block_size;
	uint8_t *there = malloc(SLAB_BYTES);
	int r = there ? 0 : ENOMEM;

	for (size_t at = 0, n; !r && at < *count; at += n) {
		for (n = 1; n < per_read && at + n < *count; n++)
			if (dirty[at + n]->number_plus_1 != dirty[at]->number_plus_1 + n)
				break;
		r = read_from_file(cache, dirty[at]->number_plus_1 - 1, 0, n * cache->block_size, there);
		for (size_t i = 0; !r && i < n; i++)
			if (memcmp(there + i * cache->block_size, slot_bytes(cache, dirty[at + i]->slot),
				   cache->block_size) != 0)
				dirty[kept++] = dirty[at + i];
	}
	free(there);
	*count = kept;
	return r;
}

int bd_block_cache_flush(struct bd_block_cache *cache)
{
	struct bd_cached_block **dirty = malloc((cache->slots_used + 1u) * sizeof(struct bd_cached_block *));
	if (!dirty)
		return ENOMEM;

	size_t count = 0;
	for (size_t i = 0; i < cache->table_size; i++) {
		struct bd_cached_block *place = &cache->table[i];
		if (!place->number_plus_1 || place->slot == NO_SLOT)
			continue;
		if (cache->is_clone || place->on_disk ||
		    !bd_all_zero(slot_bytes(cache, place->slot), cache->block_size))
			dirty[count++] = place;
	}
	qsort(dirty, count, sizeof(*dirty), by_number);

	int r = cache->is_clone ? drop_equal(cache, dirty, &count) : 0;
	for (size_t at = 0, written; !r && at < count; at += written)
		r = write_run(cache, dirty + at, count - at, &written);
	free(dirty);
	if (r)
		return r;

	/* A block that stayed zero is now read from the hole that it is. */
	for (size_t i = 0; i < cache->table_size; i++) {
		cache->table[i].slot = NO_SLOT;
		cache->table[i].on_disk = cache->table[i].number_plus_1 != 0;
	}
	cache->slots_used = 0;
	return 0;
}
