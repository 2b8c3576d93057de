/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A folder of its own for a test to work in, and programs that are run there. To be included after <cmocka.h>. */
#ifndef BD_TESTS_FOLDER_CHECKS_H
#define BD_TESTS_FOLDER_CHECKS_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/process/run.h"

#define UNUSED __attribute__((unused))

static struct bd_error err;
/* What the last program of RUN printed. */
static char output[1024 * 1024];

/* Setup and teardown of a test: its working directory is the folder. */
static int enter_folder(void **state)
{
	static char folder[4096];
	const char *parent = getenv("TMPDIR");
	snprintf(folder, sizeof(folder), "%s/xen-bigdisk-test-XXXXXX", parent ? parent : "/tmp");
	*state = folder;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

/* A test that has failed may have left a filesystem mounted in it: what the kernel says of that tells why. */
static const char tell_and_unmount[] = "! mountpoint -q mnt || { exec >&2; df . ; free -m; dmesg | tail -n 20; umount -l mnt; }";

static int leave_folder(void **state)
{
	const char *const unmount[] = { "sh", "-c", tell_and_unmount, NULL };
	const char *const argv[] = { "rm", "-rf", *state, NULL };
	if (access("mnt", F_OK) == 0)
		bd_run(&(struct bd_run){ .argv = unmount }, &err);
	return chdir("/") == 0 ? bd_run(&(struct bd_run){ .argv = argv }, &err) : -1;
}

/* Ends the test when the program fails. */
#define RUN(...) run_program((const char *const[]){ __VA_ARGS__, NULL }, NULL)
#define SH(script) run_program((const char *const[]){ "sh", "-euc", script, NULL }, NULL)
UNUSED static void run_program(const char *const *argv, const char *text)
{
	struct bd_run run = { .argv = argv, .stdin_text = text, .output = output, .output_size = sizeof(output) };
	if (bd_run(&run, &err) < 0)
		fail_msg("%s: %s\n%s", argv[0], err.message, output);
}

#endif
