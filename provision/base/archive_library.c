/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads libarchive with dlopen and dlsym. */
#include "base/archive_library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

#include "base/cleanup.h"

/* The ABI that archive.h has described since libarchive 3.0. */
#define SONAME "libarchive.so.13"

int bd_archive_load(const struct bd_archive_functions **functions_out, struct bd_error *err)
{
	static const struct {
		const char *name;
		size_t offset;
	} members[] = {
#define ROW(name) { "archive_" #name, offsetof(struct bd_archive_functions, name) },
		BD_ARCHIVE_FUNCTIONS(ROW)
#undef ROW
	};
	/* Filled once, then only read. */
	static struct bd_archive_functions functions;
	static const struct bd_archive_functions *loaded;

	if (!loaded) {
		void *handle = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);
		if (!handle)
			return bd_fail(err, ENOPKG, "libarchive is not installed (Debian: libarchive13): %s",
				       dlerror());
		for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
			void *symbol = dlsym(handle, members[i].name);
			if (!symbol)
				return bd_fail(err, ELIBBAD, SONAME " has no %s", members[i].name);
			*(void **)((char *)&functions + members[i].offset) = symbol;
		}
		loaded = &functions;
	}
	*functions_out = loaded;
	return 0;
}

/* Something that libarchive made is there, so the functions are. */
static const struct bd_archive_functions *loaded_functions(void)
{
	const struct bd_archive_functions *functions = NULL;
	struct bd_error ignored;

	bd_archive_load(&functions, &ignored);
	return functions;
}

int bd_archive_support_filters(const struct bd_archive_functions *la, struct archive *archive, struct bd_error *err)
{
	int (*const filters[])(struct archive *) = {
		la->read_support_filter_gzip, la->read_support_filter_bzip2, la->read_support_filter_xz,
		la->read_support_filter_zstd, la->read_support_filter_lz4,   la->read_support_filter_lzma,
		la->read_support_filter_lzip, la->read_support_filter_rpm,   la->read_support_filter_compress,
		la->read_support_filter_uu,
	};

	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		/* ARCHIVE_WARN: it would run a program, and says so only once it is prepared to. */
		BD_DISPOSE(bd_archive_dispose_read) struct archive *trial = la->read_new();
		if (!trial)
			return bd_no_memory(err);
		if (filters[i](trial) == ARCHIVE_OK && filters[i](archive) != ARCHIVE_OK)
			return bd_no_memory(err);
	}
	return 0;
}

void bd_archive_dispose_read(struct archive **archive)
{
	if (*archive)
		loaded_functions()->read_free(*archive);
}

void bd_archive_dispose_write(struct archive **archive)
{
	if (!*archive)
		return;
	/* Otherwise what is missing of an unfinished entry would be filled up with zeros, and compressed. */
	loaded_functions()->write_fail(*archive);
	loaded_functions()->write_free(*archive);
}

void bd_archive_dispose_entry(struct archive_entry **entry)
{
	if (*entry)
		loaded_functions()->entry_free(*entry);
}
