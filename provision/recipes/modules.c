/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads modules.dep, computes closures, and unpacks modules. */
#include "recipes/modules.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/archive_library.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/file/file.h"

#define INDEX_LIMIT_BYTES (64u << 20)
#define MODULE_LIMIT_BYTES (64u << 20)

void bd_module_index_dispose(struct bd_module_index *index)
{
	free(index->folder);
	free(index->text);
	free(index->builtin);
	free(index->modules);
	*index = (struct bd_module_index){ 0 };
}

void bd_module_list_dispose(struct bd_module_list *list)
{
	free(list->modules);
	*list = (struct bd_module_list){ 0 };
}

/* "path: needs..." lines; the text is cut up in place. */
static int parse_index(struct bd_module_index *index, struct bd_error *err)
{
	size_t lines = 1;
	for (const char *c = index->text; *c; c++)
		lines += *c == '\n';
	index->modules = calloc(lines, sizeof(*index->modules));
	if (!index->modules)
		return bd_fail_errno(err, "cannot read modules.dep");

	char *rest = NULL;
	for (char *line = strtok_r(index->text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *colon = strchr(line, ':');
		if (!colon)
			return bd_fail(err, EINVAL, "%s/modules.dep: a line has no colon: %.80s", index->folder,
				       line);
		*colon = '\0';
		index->modules[index->count++] = (struct bd_module){ .path = line, .needs = colon + 1 };
	}
	return 0;
}

int bd_module_index_open(const char *folder, struct bd_module_index *index_out, struct bd_error *err)
{
	BD_DISPOSE(bd_module_index_dispose) struct bd_module_index index = { 0 };
	char path[PATH_MAX];

	index.folder = strdup(folder);
	if (!index.folder)
		return bd_fail_errno(err, "cannot read modules.dep");
	if ((size_t)snprintf(path, sizeof(path), "%s/modules.builtin", folder) >= sizeof(path))
		return bd_fail(err, ENAMETOOLONG, "the path %s is too long", folder);
	if (bd_read_file(path, INDEX_LIMIT_BYTES, &index.builtin, NULL, err) != 0 && err->code != ENOENT)
		return -1;
	snprintf(path, sizeof(path), "%s/modules.dep", folder);
	if (bd_read_file(path, INDEX_LIMIT_BYTES, &index.text, NULL, err) != 0 || parse_index(&index, err) != 0)
		return -1;
	*index_out = bd_take_struct(index);
	return 0;
}

static bool same_letter(char a, char b)
{
	return a == b || ((a == '-' || a == '_') && (b == '-' || b == '_'));
}

/* Whether the path's last component is name with ".ko" and perhaps a compression behind it. The path may end at a
 * newline. */
static bool is_called(const char *path, size_t path_length, const char *name)
{
	const char *slash = memrchr(path, '/', path_length);
	const char *file = slash ? slash + 1 : path;
	const char *end = path + path_length;
	for (; *name; name++, file++)
		if (file == end || !same_letter(*file, *name))
			return false;
	return end - file >= 3 && memcmp(file, ".ko", 3) == 0 && (end - file == 3 || file[3] == '.');
}

static bool is_builtin(const struct bd_module_index *index, const char *name)
{
	for (const char *line = index->builtin; line && *line;) {
		size_t length = strcspn(line, "\n");
		if (is_called(line, length, name))
			return true;
		line += length + (line[length] == '\n');
	}
	return false;
}

static const struct bd_module *find_path(const struct bd_module_index *index, const char *path, size_t length)
{
	for (size_t i = 0; i < index->count; i++)
		if (strncmp(index->modules[i].path, path, length) == 0 && index->modules[i].path[length] == '\0')
			return &index->modules[i];
	return NULL;
}

static bool contains(const struct bd_module_list *list, const struct bd_module *module)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->modules[i] == module)
			return true;
	return false;
}

static int append(struct bd_module_list *list, const struct bd_module *module, struct bd_error *err)
{
	if (bd_array_grow(list->modules, list->count, err) != 0)
		return -1;
	list->modules[list->count++] = module;
	return 0;
}

/* Post-order over each module's own line: kmod writes the whole closure there, last one first, and busybox in no
 * order at all. depth: a cycle is a broken modules.dep. */
static int add_closure(struct bd_module_list *list, const struct bd_module_index *index,
		       const struct bd_module *module, unsigned depth, struct bd_error *err)
{
	if (contains(list, module))
		return 0;
	if (depth > 32)
		return bd_fail(err, ELOOP, "%s/modules.dep: dependency loop at %s", index->folder, module->path);

	for (const char *need = module->needs;;) {
		need += strspn(need, " \t");
		size_t length = strcspn(need, " \t");
		if (length == 0)
			break;
		const struct bd_module *found = find_path(index, need, length);
		if (!found)
			return bd_fail(err, EINVAL, "%s/modules.dep: %s depends on %.*s, which is not listed",
				       index->folder, module->path, (int)length, need);
		if (add_closure(list, index, found, depth + 1, err) != 0)
			return -1;
		need += length;
	}
	return append(list, module, err);
}

int bd_module_list_add(struct bd_module_list *list, const struct bd_module_index *index, const char *name,
		       enum bd_module_state *state_out, struct bd_error *err)
{
	for (size_t i = 0; i < index->count; i++) {
		const struct bd_module *module = &index->modules[i];
		if (!is_called(module->path, strlen(module->path), name))
			continue;
		if (add_closure(list, index, module, 0, err) != 0)
			return -1;
		*state_out = BD_MODULE_LOADABLE;
		return 0;
	}
	*state_out = is_builtin(index, name) ? BD_MODULE_BUILTIN : BD_MODULE_ABSENT;
	return 0;
}

size_t bd_module_plain_length(const char *path)
{
	static const char *const suffixes[] = { ".gz", ".xz", ".zst" };
	size_t length = strlen(path);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		size_t n = strlen(suffixes[i]);
		if (length > n && strcmp(path + length - n, suffixes[i]) == 0)
			return length - n;
	}
	return length;
}

/* libarchive's "raw" format: one entry, whatever the filters (gzip, xz, zstd) leave of the file. */
static int decompress(const char *path, void **data_out, size_t *size_bytes_out, struct bd_error *err)
{
	const struct bd_archive_functions *la;
	if (bd_archive_load(&la, err) != 0)
		return -1;
	BD_DISPOSE(bd_archive_dispose_read) struct archive *archive = la->read_new();
	struct archive_entry *entry;
	if (!archive)
		return bd_no_memory(err);
	if (bd_archive_support_filters(la, archive, err) != 0)
		return bd_wrap(err, "cannot unpack %s", path);
	la->read_support_format_raw(archive);
	if (la->read_open_filename(archive, path, 1 << 16) != ARCHIVE_OK ||
	    la->read_next_header(archive, &entry) != ARCHIVE_OK)
		return bd_fail(err, EIO, "cannot unpack %s: %s", path, la->error_string(archive));

	BD_FREE char *data = NULL;
	for (size_t used = 0, capacity = 1 << 17;; capacity *= 2) {
		char *grown = capacity <= MODULE_LIMIT_BYTES ? realloc(data, capacity) : NULL;
		if (!grown)
			return bd_fail(err, EFBIG, "cannot unpack %s: it is too large", path);
		data = grown;
		la_ssize_t n = 0;
		while (used < capacity && (n = la->read_data(archive, data + used, capacity - used)) > 0)
			used += (size_t)n;
		if (used == capacity)
			continue;
		if (n < 0)
			return bd_fail(err, EIO, "cannot unpack %s: %s", path, la->error_string(archive));
		*size_bytes_out = used;
		*data_out = bd_take_ptr(data);
		return 0;
	}
}

int bd_module_read(const struct bd_module_index *index, const struct bd_module *module, void **data_out,
		   size_t *size_bytes_out, struct bd_error *err)
{
	char path[PATH_MAX];
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", index->folder, module->path) >= sizeof(path))
		return bd_fail(err, ENAMETOOLONG, "the path of the module %s is too long", module->path);
	if (bd_module_plain_length(path) < strlen(path))
		return decompress(path, data_out, size_bytes_out, err);

	char *data;
	if (bd_read_file(path, MODULE_LIMIT_BYTES, &data, size_bytes_out, err) != 0)
		return -1;
	*data_out = data;
	return 0;
}
