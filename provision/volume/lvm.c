/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LVM by its commands: liblvm2app is gone since LVM 2.03, and lvmdbusd is not installed everywhere. */
#include "volume/lvm.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/process/run.h"

bool bd_lvm_is_usable(void)
{
	char path[PATH_MAX];
	struct bd_error none;

	return geteuid() == 0 && bd_find_program("lvs", path, sizeof(path), &none) == 0;
}

static int start(const char *const *argv, struct bd_child *child, struct bd_error *err)
{
	const struct bd_run run = { .argv = argv, .uninterrupted = true };

	if (geteuid() != 0)
		return bd_fail(err, EPERM, "logical volumes are for root only");
	if (bd_child_start_run(&run, child, err) == 0)
		return 0;
	return err->code == ENOPKG
		       ? bd_fail_as(err, err, "logical volumes need LVM (Debian's package lvm2): %s", err->message)
		       : -1;
}

int bd_lvm_run(const char *const *argv, struct bd_error *err)
{
	BD_DISPOSE(bd_child_dispose) struct bd_child child = BD_CHILD_INIT;

	return start(argv, &child, err) != 0 ? -1 : bd_child_finish(&child, err);
}

int bd_lvm_report(const char *const *argv, char **text_out, size_t *size_out, struct bd_error *err)
{
	BD_DISPOSE(bd_child_dispose) struct bd_child child = BD_CHILD_INIT;
	BD_FREE char *text = NULL;
	char chunk[4096];
	size_t size;
	ssize_t got;

	if (start(argv, &child, err) != 0)
		return -1;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return bd_no_memory(err);
	while ((got = TEMP_FAILURE_RETRY(read(child.output_fd, chunk, sizeof(chunk)))) > 0)
		fwrite(chunk, 1, (size_t)got, out);
	if (fclose(out) != 0)
		return bd_no_memory(err);
	if (bd_child_finish(&child, err) != 0)
		return -1;
	*text_out = bd_take_ptr(text);
	*size_out = size;
	return 0;
}
