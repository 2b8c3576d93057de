/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Archives are gone through by their headers; what they are compressed by is libarchive's. */
#include "initramfs/module.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/archive_library.h"
#include "base/cleanup.h"
#include "sandbox/sandbox.h"

#define HEADER_BYTES 110
#define FIELD_DIGITS 8
#define SIZE_FIELD 54
#define NAME_SIZE_FIELD 94
#define MEMORY_BYTES (UINT64_C(512) << 20)
#define IDLE_CPU_S 60u

#define NAME_BYTES_MAX 4096 /* the kernel's PATH_MAX: what has a longer one is no file for it */

/* Archives one behind the other, as they come. */
struct scan {
	const char *module;
	uint64_t at; /* from the beginning of what is scanned: entries are aligned to that */
	uint64_t pass_bytes; /* of content and padding, up to the next header */
	size_t have, name_size; /* have: bytes of the header and the name behind it */
	char head[HEADER_BYTES + NAME_BYTES_MAX];
	bool found, is_damaged;
};

struct looking {
	const struct bd_archive_functions *la;
	const uint8_t *data; /* the parent's: the child, a fork of it, has it too */
	size_t size, at;
	bool is_given; /* to libarchive, from at on */
	struct scan scan;
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

static bool get_field(const char *header, size_t offset, size_t *value_out)
{
	char digits[FIELD_DIGITS + 1] = "", *end;

	memcpy(digits, header + offset, FIELD_DIGITS);
	*value_out = strtoul(digits, &end, 16);
	return end == digits + FIELD_DIGITS;
}

static uint64_t align(uint64_t at)
{
	return (at + 3) & ~UINT64_C(3);
}

static void scan_start(struct scan *scan)
{
	const char *module = scan->module;

	*scan = (struct scan){ .module = module };
}

/* The last one may be without its padding. */
static bool is_between_entries(const struct scan *scan)
{
	return !scan->have && scan->pass_bytes < 4;
}

/* The header is complete; then the name. */
static void take_head(struct scan *scan)
{
	const char *name = scan->head + HEADER_BYTES;
	size_t size;

	if (memcmp(scan->head, "070701", 6) != 0 && memcmp(scan->head, "070702", 6) != 0)
		scan->is_damaged = true;
	else if (!get_field(scan->head, NAME_SIZE_FIELD, &scan->name_size) || !scan->name_size ||
		 scan->name_size > NAME_BYTES_MAX || !get_field(scan->head, SIZE_FIELD, &size))
		scan->is_damaged = true;
	else if (scan->have == HEADER_BYTES + scan->name_size) {
		scan->is_damaged = name[scan->name_size - 1] != '\0';
		scan->found = scan->found || (!scan->is_damaged && is_module(name, scan->module));
		scan->pass_bytes = align(align(scan->at) + size) - scan->at;
		scan->have = scan->name_size = 0;
	}
}

/* Returns how much of it belongs to archives: between two of them, and behind the last one, there are zeros, as many as there may be,
 * and what is none there is something else (the kernel's init/initramfs.c). */
static size_t scan_take(struct scan *scan, const uint8_t *data, size_t size)
{
	size_t at = 0;

	while (at < size && !scan->is_damaged && !scan->found) {
		size_t part = 1, wanted = HEADER_BYTES + scan->name_size - scan->have;
		if (scan->pass_bytes) {
			part = scan->pass_bytes < size - at ? (size_t)scan->pass_bytes : size - at;
			scan->pass_bytes -= part;
		} else if (scan->have || data[at] == '0') {
			part = wanted < size - at ? wanted : size - at;
			memcpy(scan->head + scan->have, data + at, part);
			scan->have += part;
		} else if (data[at]) {
			break;
		}
		at += part;
		scan->at += part;
		if (scan->have == HEADER_BYTES + scan->name_size && scan->have)
			take_head(scan);
	}
	return at;
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

/* What is compressed, from at on, as it is; NULL: it cannot be read. */
static struct archive *open_compressed(struct looking *looking)
{
	const struct bd_archive_functions *la = looking->la;
	BD_DISPOSE(bd_archive_dispose_read) struct archive *archive = la->read_new();
	struct archive_entry *entry;
	struct bd_error ignored = BD_ERROR_INIT;

	looking->is_given = false;
	if (!archive || bd_archive_support_filters(la, archive, &ignored) != 0 ||
	    la->read_support_format_raw(archive) != ARCHIVE_OK ||
	    la->read_set_read_callback(archive, give) != ARCHIVE_OK ||
	    la->read_set_callback_data(archive, looking) != ARCHIVE_OK || la->read_open1(archive) != ARCHIVE_OK ||
	    la->read_next_header(archive, &entry) != ARCHIVE_OK)
		return NULL;
	return bd_take_ptr(archive);
}

/* Archives that are compressed together. False: they cannot be read to their end, or where that is is not known. */
static bool scan_compressed(struct looking *looking)
{
	const struct bd_archive_functions *la = looking->la;
	BD_DISPOSE(bd_archive_dispose_read) struct archive *archive = open_compressed(looking);
	struct scan *scan = &looking->scan;
	uint8_t chunk[65536];
	la_ssize_t got = -1;

	scan_start(scan);
	while (archive && (got = la->read_data(archive, chunk, sizeof(chunk))) > 0)
		if (scan_take(scan, chunk, (size_t)got) != (size_t)got)
			return false;
	if (got != 0 || !is_between_entries(scan))
		return false;
	la_int64_t consumed = la->filter_bytes(archive, -1);
	if (consumed <= 0 || (uint64_t)consumed > looking->size - looking->at)
		return false;
	looking->at += (size_t)consumed;
	return true;
}

static enum bd_initramfs_module look(struct looking *looking)
{
	struct scan *scan = &looking->scan;
	bool whole = true;

	while (whole && looking->at < looking->size) {
		scan_start(scan);
		/* Aligned to the whole of it. */
		scan->at = looking->at;
		looking->at += scan_take(scan, looking->data + looking->at, looking->size - looking->at);
		whole = is_between_entries(scan) && !scan->is_damaged;
		if (whole && !scan->found && looking->at < looking->size)
			whole = scan_compressed(looking);
		if (scan->found)
			return BD_INITRAMFS_THERE;
	}
	return whole ? BD_INITRAMFS_ABSENT : BD_INITRAMFS_UNKNOWN;
}

static void work(void *context, int input_fd, int output_fd)
{
	uint8_t answer = (uint8_t)look(context);
	(void)input_fd;

	if (write(output_fd, &answer, 1) != 1)
		_exit(1);
}

/* --- its parent --------------------------------------------------------------------------------------------------- */

int bd_initramfs_find_module(const void *data, size_t size_bytes, const char *module,
			     enum bd_initramfs_module *found_out, struct bd_error *err)
{
	BD_DISPOSE(bd_sandbox_dispose) struct bd_sandbox sandbox = BD_SANDBOX_INIT;
	struct looking looking = { .data = data, .size = size_bytes, .scan.module = module };
	BD_CLOSE int nothing_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	uint8_t answer;
	size_t got;

	*found_out = BD_INITRAMFS_UNKNOWN;
	if (nothing_fd < 0)
		return bd_fail_errno(err, "cannot open /dev/null");
	if (bd_archive_load(&looking.la, err) != 0)
		return -1;
	const struct bd_sandbox_job job = { .input_fd = nothing_fd,
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
