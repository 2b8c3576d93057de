/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about kernel/xen_unpacks.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <glob.h>

#include "kernel/xen_unpacks.h"
#include "kernel_checks.h"

#define MIB (UINT64_C(1) << 20)

static struct bd_error err;

/* What is in the Depends of libxenmisc4.17 (Debian 12) and libxenmisc4.20 (Debian 13). */
static const struct bd_xen_libraries debian = { .is_known = true, .lzma = true, .zstd = true };
static const struct bd_xen_libraries unknown;

static enum bd_xen_unpacks unpacks(unsigned minor, const struct bd_xen_libraries *libraries,
				   enum bd_compression compression)
{
	return bd_xen_unpacks(4, minor, libraries, compression, 0);
}

static void debian_unpacks_what_it_is_linked_with(void **state)
{
	static const unsigned minors[] = { 17, 20 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(unpacks(minors[i], &debian, BD_COMPRESSION_GZIP), BD_XEN_UNPACKS);
		assert_int_equal(unpacks(minors[i], &debian, BD_COMPRESSION_XZ), BD_XEN_UNPACKS);
		assert_int_equal(unpacks(minors[i], &debian, BD_COMPRESSION_LZMA), BD_XEN_UNPACKS);
		assert_int_equal(unpacks(minors[i], &debian, BD_COMPRESSION_ZSTD), BD_XEN_UNPACKS);
		assert_int_equal(unpacks(minors[i], &debian, BD_COMPRESSION_LZ4), BD_XEN_UNPACKS);
		assert_int_equal(unpacks(minors[i], &debian, BD_COMPRESSION_BZIP2), BD_XEN_UNPACKS_NOT);
		assert_int_equal(unpacks(minors[i], &debian, BD_COMPRESSION_LZO), BD_XEN_UNPACKS_NOT);
	}
}

static void without_its_libraries_only_what_needs_none_is_certain(void **state)
{
	(void)state;
	for (unsigned minor = 17; minor <= 30; minor++) {
		assert_int_equal(unpacks(minor, &unknown, BD_COMPRESSION_GZIP), BD_XEN_UNPACKS);
		assert_int_equal(unpacks(minor, &unknown, BD_COMPRESSION_XZ), BD_XEN_UNPACKS_IF_BUILT);
		assert_int_equal(unpacks(minor, &unknown, BD_COMPRESSION_BZIP2), BD_XEN_UNPACKS_IF_BUILT);
		assert_int_equal(unpacks(minor, &unknown, BD_COMPRESSION_LZO), BD_XEN_UNPACKS_IF_BUILT);
		assert_int_equal(unpacks(minor, &unknown, BD_COMPRESSION_ZSTD), BD_XEN_UNPACKS_IF_BUILT);
		assert_int_equal(unpacks(minor, &unknown, BD_COMPRESSION_LZ4),
				 minor < 22 ? BD_XEN_UNPACKS : BD_XEN_UNPACKS_IF_BUILT);
	}
}

static void lz4_takes_a_library_since_4_22(void **state)
{
	struct bd_xen_libraries with = debian;

	(void)state;
	assert_int_equal(unpacks(21, &debian, BD_COMPRESSION_LZ4), BD_XEN_UNPACKS);
	assert_int_equal(unpacks(22, &debian, BD_COMPRESSION_LZ4), BD_XEN_UNPACKS_NOT);
	with.lz4 = true;
	assert_int_equal(unpacks(22, &with, BD_COMPRESSION_LZ4), BD_XEN_UNPACKS);
	assert_int_equal(bd_xen_unpacks(5, 0, &with, BD_COMPRESSION_LZ4, 0), BD_XEN_UNPACKS);
	assert_int_equal(bd_xen_unpacks(5, 0, &debian, BD_COMPRESSION_LZ4, 0), BD_XEN_UNPACKS_NOT);
}

/* Linux from 6.12 on: xz with a dictionary of 128 MiB. */
static void xz_has_a_limit_of_memory(void **state)
{
	(void)state;
	assert_int_equal(bd_xen_unpacks(4, 17, &debian, BD_COMPRESSION_XZ, 64 * MIB), BD_XEN_UNPACKS);
	assert_int_equal(bd_xen_unpacks(4, 17, &debian, BD_COMPRESSION_XZ, 128 * MIB), BD_XEN_UNPACKS_NOT);
	assert_int_equal(bd_xen_unpacks(4, 17, &unknown, BD_COMPRESSION_LZMA, 128 * MIB), BD_XEN_UNPACKS_NOT);
	assert_int_equal(bd_xen_unpacks(4, 20, &debian, BD_COMPRESSION_XZ, 128 * MIB), BD_XEN_UNPACKS);
	assert_int_equal(bd_xen_unpacks(4, 20, &debian, BD_COMPRESSION_XZ, 256 * MIB), BD_XEN_UNPACKS_NOT);
	assert_int_equal(bd_xen_unpacks(4, 17, &debian, BD_COMPRESSION_ZSTD, 128 * MIB), BD_XEN_UNPACKS);
}

static void what_is_not_compressed_or_unknown_is_not_unpacked(void **state)
{
	(void)state;
	assert_int_equal(unpacks(20, &debian, BD_COMPRESSION_NONE), BD_XEN_UNPACKS_NOT);
	assert_int_equal(unpacks(20, &debian, BD_COMPRESSION_UNKNOWN), BD_XEN_UNPACKS_NOT);
	assert_int_equal(unpacks(16, &debian, BD_COMPRESSION_GZIP), BD_XEN_UNPACKS_NOT);
	assert_int_equal(bd_xen_unpacks(3, 4, &debian, BD_COMPRESSION_GZIP, 0), BD_XEN_UNPACKS_NOT);
}

/* --- libraries ---------------------------------------------------------------------------------------------------- */

#define NAMES_AT 600u
#define DYNAMIC_AT 300u

/* A library with a segment that is loaded elsewhere than where it is in the file, and two that it needs. */
static struct bytes make_library(void)
{
	static const char names[] = "\0libbz2.so.1.0\0liblz4.so.1\0libc.so.6";
	static const uint64_t dynamic[][2] = { { 1, 1 }, { 5, 0x10000 + NAMES_AT }, { 1, 15 }, { 1, 27 }, { 0, 0 },
					       { 1, 1 } };
	struct bytes library = bytes_new(NAMES_AT + sizeof(names));

	memcpy(library.data, "\177ELF\2\1\1", 7);
	put_le16(library.data + 16, 3);
	put_le16(library.data + 18, 62);
	put_le64(library.data + 32, 64);
	put_le16(library.data + 54, 56);
	put_le16(library.data + 56, 2);
	put_le32(library.data + 64, 1);
	put_le64(library.data + 64 + 16, 0x10000);
	put_le64(library.data + 64 + 32, library.size);
	put_le32(library.data + 120, 2);
	put_le64(library.data + 120 + 8, DYNAMIC_AT);
	put_le64(library.data + 120 + 32, sizeof(dynamic));
	for (size_t i = 0; i < sizeof(dynamic) / sizeof(*dynamic); i++) {
		put_le64(library.data + DYNAMIC_AT + i * 16, dynamic[i][0]);
		put_le64(library.data + DYNAMIC_AT + i * 16 + 8, dynamic[i][1]);
	}
	memcpy(library.data + NAMES_AT, names, sizeof(names));
	return library;
}

static int read_library(struct bytes *library, struct bd_xen_libraries *libraries_out)
{
	struct bd_kernel_source source = bytes_source(library);

	err = (struct bd_error)BD_ERROR_INIT;
	return bd_xen_libraries_read(&source, libraries_out, &err);
}

static void a_library_tells_what_it_is_linked_with(void **state)
{
	struct bytes library = make_library();
	struct bd_xen_libraries libraries;

	(void)state;
	if (read_library(&library, &libraries) != 0)
		fail_msg("%s", err.message);
	assert_true(libraries.is_known && libraries.bzip2 && libraries.lz4);
	assert_false(libraries.lzma || libraries.lzo || libraries.zstd);
	free(library.data);
}

static void damaged_libraries_are_refused(void **state)
{
	static const struct {
		size_t at;
		uint64_t value;
		int code;
	} changes[] = {
		{ 0, 0, ENOEXEC },
		{ 32, UINT64_MAX, EINVAL },
		{ 32, 100000, EINVAL },
		{ 120, 0, EINVAL }, /* no dynamic section */
		{ 120 + 8, UINT64_MAX, EINVAL },
		{ 120 + 32, UINT64_MAX, EINVAL },
		{ 120 + 32, 0, EINVAL },
		{ DYNAMIC_AT + 24, 1, EINVAL }, /* names outside of all segments */
		{ DYNAMIC_AT + 8, UINT64_MAX - 100, EINVAL },
		{ DYNAMIC_AT + 8, 100000, EINVAL },
	};
	struct bd_xen_libraries libraries;

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		struct bytes library = make_library();
		put_le64(library.data + changes[i].at, changes[i].value);
		assert_int_equal(read_library(&library, &libraries), -1);
		if (err.code != changes[i].code)
			fail_msg("change %zu: %s", i, err.message);
		free(library.data);
	}
}

static void each_bit_may_be_wrong_and_a_file_end_anywhere(void **state)
{
	struct bytes library = make_library();
	struct bd_xen_libraries libraries;

	(void)state;
	for (size_t bit = 0; bit < library.size * 8; bit++) {
		library.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		read_library(&library, &libraries);
		library.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t size = 0; size < library.size; size++) {
		struct bytes cut = bytes_new(size);
		memcpy(cut.data, library.data, size);
		read_library(&cut, &libraries);
		free(cut.data);
	}
	free(library.data);
}

static void libxenguest_of_this_machine_is_read(void **state)
{
	struct bd_xen_libraries libraries;
	glob_t found;

	(void)state;
	if (glob("/usr/lib/*/libxenguest.so.4.*", 0, NULL, &found) != 0) {
		print_message("there is no libxenguest\n");
		skip();
	}
	struct bytes library = bytes_load(found.gl_pathv[0]);
	globfree(&found);
	if (read_library(&library, &libraries) != 0)
		fail_msg("%s", err.message);
	/* As Debian builds it; others will have that at least. */
	assert_true(libraries.lzma);
	free(library.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(debian_unpacks_what_it_is_linked_with),
		cmocka_unit_test(without_its_libraries_only_what_needs_none_is_certain),
		cmocka_unit_test(lz4_takes_a_library_since_4_22),
		cmocka_unit_test(xz_has_a_limit_of_memory),
		cmocka_unit_test(what_is_not_compressed_or_unknown_is_not_unpacked),
		cmocka_unit_test(a_library_tells_what_it_is_linked_with),
		cmocka_unit_test(damaged_libraries_are_refused),
		cmocka_unit_test(each_bit_may_be_wrong_and_a_file_end_anywhere),
		cmocka_unit_test(libxenguest_of_this_machine_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
