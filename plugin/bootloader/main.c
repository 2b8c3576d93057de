/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xen-bigdisk-boot: the boot loader that xl runs for a guest (README.md). Prints the error, and exits. */
#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "base/process/cancel.h"
#include "bootloader/boot.h"
#include "bootloader/options.h"

static int run(int argc, char **argv, struct bd_error *err)
{
	struct bd_xlboot_options options;

	if (bd_xlboot_options_parse(argc, argv, &options, err) != 0)
		return -1;
	if (options.help)
		bd_xlboot_options_help(stdout);
	if (options.version && !options.help)
		puts("xen-bigdisk-boot " BD_VERSION);
	if (options.help || options.version)
		return 0;
	bd_log_set_level(options.debug ? BD_LOG_DEBUG : BD_LOG_INFO);
	if (bd_cancel_init(err) != 0)
		return -1;
	return bd_xlboot_run(&options, err);
}

int main(int argc, char **argv)
{
	struct bd_error err = BD_ERROR_INIT;

	bd_log_set_name("xen-bigdisk-boot");
	if (run(argc, argv, &err) == 0)
		return 0;
	/* A call that the signal has interrupted fails as others do, and says EINTR. */
	if (err.code == EINTR && err.kind == BD_KIND_FAILED)
		bd_cancel_check(&err);
	bd_log(BD_LOG_ERROR, "%s", err.message);
	if (err.kind == BD_KIND_CANCELED && bd_cancel_signal())
		return 128 + bd_cancel_signal();
	return err.kind == BD_KIND_USAGE ? 2 : 1;
}
