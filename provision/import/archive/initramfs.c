/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is not compressed is gone through by its headers; the rest is libarchive's. */
#include "import/archive/initramfs.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/archive_library.h"
#include "base/cleanup.h"
#include "sandbox/sandbox.h"

#define HEADER_BYTES 110
#define FIELD_DIGITS 8
#define SIZE_FIELD 54
#define NAME_SIZE_FIELD 94
#define MEMORY_BYTES ((UINT64_C(512) << 20) + BD_INITRAMFS_BYTES_MAX)
#define IDLE_CPU_S 60u
#define ENTRIES_MAX 1000000

struct looking {
	const struct bd_archive_functions *la;
	const char *module;
	uint8_t *data;
	size_t size, at;
	bool is_given; /* to libarchive, from at on */
};

/* --- the child ---------------------------------------------------------------------------------------------------- */

/* "xen-blkfront.ko", "xen_blkfront.ko.xz". */
static bool is_module(const char *path, const char *module)
{
	const char *name = strrchr(path, '/');
	size_t size = strlen(module);

	name = name ? name + 1 : path;
	for (size_t i = 0; i < size; i++)
		if (name[i] != module[i] && !(module[i] == '-' && name[i] == '_'))
			return false;
	return strncmp(name + size, ".ko", 3) == 0 && (!name[size + 3] || name[size + 3] == '.');
}

static bool get_field(const uint8_t *header, size_t offset, size_t *value_out)
{
	char digits[FIELD_DIGITS + 1] = "", *end;

	memcpy(digits, header + offset, FIELD_DIGITS);
	*value_out = strtoul(digits, &end, 16);
	return end == digits + FIELD_DIGITS;
}

static size_t align(size_t at)
{
	return (at + 3) & ~(size_t)3;
}

static bool is_header(const struct looking *looking)
{
	const uint8_t *header = looking->data + looking->at;

	return looking->size - looking->at >= HEADER_BYTES &&
	       (!memcmp(header, "070701", 6) || !memcmp(header, "070702", 6));
}

/* One entry that is not compressed. False: it is damaged. */
static bool pass_entry(struct looking *looking, bool *found)
{
	const uint8_t *header = looking->data + looking->at;
	size_t name_size, size, name = looking->at + HEADER_BYTES;

	if (!get_field(header, NAME_SIZE_FIELD, &name_size) || !get_field(header, SIZE_FIELD, &size) || !name_size ||
	    name_size > looking->size - name || looking->data[name + name_size - 1])
		return false;
	size_t content = align(name + name_size);
	if (content > looking->size || size > looking->size - content)
		return false;
	*found |= is_module((const char *)looking->data + name, looking->module);
	looking->at = align(content + size) < looking->size ? align(content + size) : looking->size;
	return true;
}

static la_ssize_t give(struct archive *archive, void *context, const void **data_out)
{
	struct looking *looking = context;
	(void)archive;

	*data_out = looking->data + looking->at;
	if (looking->is_given)
		return 0;
	looking->is_given = true;
	return (la_ssize_t)(looking->size - looking->at);
}

/* What is compressed, from at on; NULL: it cannot be read. */
static struct archive *open_compressed(struct looking *looking, int (*support_format)(struct archive *))
{
	const struct bd_archive_functions *la = looking->la;
	BD_DISPOSE(bd_archive_dispose_read) struct archive *archive = la->read_new();
	struct bd_error ignored = BD_ERROR_INIT;

	looking->is_given = false;
	if (!archive || bd_archive_support_filters(la, archive, &ignored) != 0 ||
	    support_format(archive) != ARCHIVE_OK || la->read_set_read_callback(archive, give) != ARCHIVE_OK ||
	    la->read_set_callback_data(archive, looking) != ARCHIVE_OK || la->read_open1(archive) != ARCHIVE_OK)
		return NULL;
	return bd_take_ptr(archive);
}

/* One archive to its end. */
static enum bd_initramfs_module look_in_compressed(struct looking *looking)
{
	const struct bd_archive_functions *la = looking->la;
	BD_DISPOSE(bd_archive_dispose_read)
	struct archive *archive = open_compressed(looking, la->read_support_format_cpio);
	struct archive_entry *entry;
	int r = ARCHIVE_FATAL;

	for (int i = 0; archive && i < ENTRIES_MAX; i++) {
		r = la->read_next_header(archive, &entry);
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			break;
		const char *path = la->entry_pathname(entry);
		if (path && is_module(path, looking->module))
			return BD_INITRAMFS_THERE;
	}
	return r == ARCHIVE_EOF ? BD_INITRAMFS_ABSENT : BD_INITRAMFS_UNKNOWN;
}

/* An archive may end before what is compressed does. False: where that ends is not known. */
static bool pass_compressed(struct looking *looking)
{
	const struct bd_archive_functions *la = looking->la;
	BD_DISPOSE(bd_archive_dispose_read)
	struct archive *archive = open_compressed(looking, la->read_support_format_raw);
	struct archive_entry *entry;
	char chunk[65536];
	la_ssize_t got = -1;

	if (!archive || la->read_next_header(archive, &entry) != ARCHIVE_OK)
		return false;
	while ((got = la->read_data(archive, chunk, sizeof(chunk))) > 0)
		;
	la_int64_t consumed = la->filter_bytes(archive, -1);
	if (got != 0 || consumed <= 0 || (uint64_t)consumed > looking->size - looking->at)
		return false;
	looking->at += (size_t)consumed;
	return true;
}

static enum bd_initramfs_module look(struct looking *looking)
{
	bool found = false;

	while (!found) {
		/* Archives are padded, to whatever size. */
		while (looking->at < looking->size && !looking->data[looking->at])
			looking->at++;
		if (looking->at == looking->size)
			return BD_INITRAMFS_ABSENT;
		if (is_header(looking)) {
			if (!pass_entry(looking, &found))
				return BD_INITRAMFS_UNKNOWN;
			continue;
		}
		enum bd_initramfs_module answer = look_in_compressed(looking);
		if (answer != BD_INITRAMFS_ABSENT)
			return answer;
		if (!pass_compressed(looking))
			return BD_INITRAMFS_UNKNOWN;
	}
	return BD_INITRAMFS_THERE;
}

static bool read_all(int fd, const struct looking *looking)
{
	size_t done = 0;

	while (done < looking->size) {
		ssize_t got = TEMP_FAILURE_RETRY(read(fd, looking->data + done, looking->size - done));
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

static void work(void *context, int input_fd, int output_fd)
{
	struct looking *looking = context;
	uint8_t answer = BD_INITRAMFS_UNKNOWN;

	looking->data = malloc(looking->size + 1);
	if (looking->data && read_all(input_fd, looking))
		answer = (uint8_t)look(looking);
	if (write(output_fd, &answer, 1) != 1)
		_exit(1);
}

/* --- its parent --------------------------------------------------------------------------------------------------- */

int bd_initramfs_find_module(int fd, const char *module, enum bd_initramfs_module *found_out, struct bd_error *err)
{
	BD_DISPOSE(bd_sandbox_dispose) struct bd_sandbox sandbox = BD_SANDBOX_INIT;
	struct looking looking = { .module = module };
	uint8_t answer;
	struct stat there;
	size_t got;

	*found_out = BD_INITRAMFS_UNKNOWN;
	if (fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot read the initramfs");
	if (there.st_size > BD_INITRAMFS_BYTES_MAX)
		return 0;
	looking.size = (size_t)there.st_size;
	if (bd_archive_load(&looking.la, err) != 0)
		return -1;
	const struct bd_sandbox_job job = { .input_fd = fd,
					    .work = work,
					    .context = &looking,
					    .memory_bytes = MEMORY_BYTES,
					    .idle_cpu_s = IDLE_CPU_S };
	if (bd_sandbox_start(&job, &sandbox, err) != 0)
		return -1;
	/* One that takes too long, or ends the child, is one of which nothing is known. */
	if (bd_sandbox_read(&sandbox, &answer, 1, &got, err) != 0)
		return err->kind == BD_KIND_CANCELED ? -1 : 0;
	if (got == 1 && answer <= BD_INITRAMFS_THERE)
		*found_out = (enum bd_initramfs_module)answer;
	return 0;
}
