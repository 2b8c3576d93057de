/* SPDX-License-Identifier: GPL-2.0-or-later */
/* block-bigdisk: what libxl runs as a disk's script, in place of Xen's own, which is called block.
 *
 * libxl's get_hotplug_env (tools/libs/light/libxl_linux.c) has the environment; the argument is add or remove. README.md says what is
 * different from Xen's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "hotplug/block/script.h"
#include "hotplug/libxenstore.h"
#include "hotplug/xens_script.h"

/* The first argument that is no assignment; Xen's scripts take those, too. */
static const char *find_command(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strchr(argv[i], '='))
			return argv[i];
	return "";
}

/* Xen's script. Returns only on failure. */
static int run_xens(char **argv, struct bd_error *err)
{
	char folder[PATH_MAX];

	bd_xens_scripts_folder(argv[0], folder);
	return bd_xens_script_execute(folder, "block", argv, err);
}

static int run(const char *command, struct bd_block_backend *backend, struct bd_error *err)
{
	BD_DISPOSE(bd_libxenstore_dispose) struct bd_libxenstore xenstore = { 0 };
	const struct bd_block_host host = BD_BLOCK_HOST_DEFAULT;

	if (bd_libxenstore_open(&xenstore, err) != 0)
		return -1;
	return strcmp(command, "add") == 0 ? bd_block_add(&xenstore.store, backend, &host, err)
					   : bd_block_remove(&xenstore.store, backend, err);
}

static int block_main(const char *command, char **argv, struct bd_error *err)
{
	BD_DISPOSE(bd_block_backend_dispose) struct bd_block_backend backend = { 0 };
	const char *path = getenv("XENBUS_PATH");

	if (strcmp(command, "add") != 0 && strcmp(command, "remove") != 0)
		return bd_usage(err, "Invalid command: %s", command);
	if (!path)
		return bd_usage(err, "XENBUS_PATH is not set; libxl runs this program as the script of a disk");
	if (bd_block_backend_init(&backend, path, getenv("XENBUS_BASE_PATH"), getenv("XENBUS_TYPE"), err) != 0)
		return -1;
	int result = run(command, &backend, err);
	if (result != 0 && result != BD_BLOCK_NOT_OURS)
		return bd_wrap(err, "%s %s", path, command);
	return result == BD_BLOCK_NOT_OURS ? run_xens(argv, err) : 0;
}

int main(int argc, char **argv)
{
	struct bd_error err = BD_ERROR_INIT;
	const char *command = find_command(argc, argv);

	openlog("block-bigdisk", LOG_PID, LOG_DAEMON);
	if (block_main(command, argv, &err) == 0)
		return 0;
	/* libxl shows hotplug-error to the user, so that stderr is for whoever runs the program without libxl. */
	if (isatty(STDERR_FILENO) || err.kind == BD_KIND_USAGE)
		fprintf(stderr, "block-bigdisk: %s\n", err.message);
	syslog(LOG_ERR, "%s", err.message);
	return 1;
}
