/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about initramfs/module.h, as the kernel's init/initramfs.c has them. The archives are made by cpio, gzip and zstd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file/file.h"
#include "folder_checks.h"
#include "initramfs/module.h"

/* What the script writes is an initramfs. In it, "pack FILE..." writes an archive of such modules, which ends as cpio ends one; "zeros
 * N" so many. */
#define FINDS(expected, script) \
	do { \
		SH("pack() { rm -rf r; mkdir -p r/lib/modules; (cd r/lib/modules && : >other.ko && for f; do echo x >$f; done); " \
		   "(cd r && find . | LC_ALL=C sort | cpio -o -H newc --quiet); }; " \
		   "zeros() { head -c $1 /dev/zero; }; { " script " } >initramfs"); \
		assert_int_equal(find(), expected); \
	} while (0)

static enum bd_initramfs_module find(void)
{
	enum bd_initramfs_module found;
	char *data = NULL;
	size_t size;

	if (bd_read_file("initramfs", 16 << 20, &data, &size, &err) != 0 ||
	    bd_initramfs_find_module(data, size, "xen-blkfront", &found, &err) != 0)
		fail_msg("%s", err.message);
	free(data);
	return found;
}

static void archives_that_are_compressed_together_all_count(void **state)
{
	(void)state;
	FINDS(BD_INITRAMFS_THERE, "{ pack a.ko; pack xen-blkfront.ko; } | gzip -1;");
	FINDS(BD_INITRAMFS_THERE, "{ pack; zeros 4096; pack; pack xen_blkfront.ko.xz; } | zstd -q -1;");
	FINDS(BD_INITRAMFS_ABSENT, "{ pack a.ko; pack b.ko; zeros 512; } | gzip -1;");
	/* Behind others, and before others. */
	FINDS(BD_INITRAMFS_THERE,
	      "pack; { pack; pack; } | gzip -1; zeros 3; { pack; zeros 8; pack xen-blkfront.ko; } | zstd -q -1;");
	FINDS(BD_INITRAMFS_ABSENT,
	      "pack; { pack; pack; } | gzip -1; zeros 3; { pack; zeros 8; pack; } | zstd -q -1;");
	/* What is not compressed begins at a multiple of 4. */
	FINDS(BD_INITRAMFS_THERE,
	      "{ pack; pack; } | gzip -1 | dd bs=512 conv=sync iflag=fullblock status=none; pack xen-blkfront.ko;");
}

static void of_what_is_damaged_nothing_is_known(void **state)
{
	(void)state;
	FINDS(BD_INITRAMFS_UNKNOWN, "{ pack; echo and then; } | gzip -1;");
	FINDS(BD_INITRAMFS_UNKNOWN, "{ pack; pack | head -c 200; } | gzip -1;");
	FINDS(BD_INITRAMFS_UNKNOWN, "{ pack; pack; } | gzip -1 | head -c 100;");
	FINDS(BD_INITRAMFS_UNKNOWN, "pack | head -c 200;");
	FINDS(BD_INITRAMFS_UNKNOWN, "pack; echo and then;");
	FINDS(BD_INITRAMFS_UNKNOWN, "pack | sed s/^070701/070707/;");
	/* It was there before. */
	FINDS(BD_INITRAMFS_THERE, "{ pack xen-blkfront.ko; echo and then; } | gzip -1;");
}

static void an_archive_may_lack_its_padding(void **state)
{
	(void)state;
	FINDS(BD_INITRAMFS_ABSENT, "pack >all; head -c $(($(grep -abo 'TRAILER!!!' all | cut -d: -f1) + 11)) all;");
	FINDS(BD_INITRAMFS_ABSENT, "zeros 0;");
}

int main(void)
{
#define FACT(name) cmocka_unit_test_setup_teardown(name, enter_folder, leave_folder)
	const struct CMUnitTest tests[] = {
		FACT(archives_that_are_compressed_together_all_count),
		FACT(of_what_is_damaged_nothing_is_known),
		FACT(an_archive_may_lack_its_padding),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
