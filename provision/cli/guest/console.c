/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `console`: connects to a running guest's console. */
#include <stddef.h>

#include "base/cleanup.h"
#include "base/progress.h"
#include "cli/command.h"
#include "cli/guest/advice.h"
#include "ops/guest/names.h"
#include "ops/host/boot.h"
#include "ops/host/boot_domain.h"

struct console_options {
	const char *dir;
};

static const struct bd_option option_table[] = {
	{ BD_OPTION_TEXT, "dir", "DIR", "directory of NAME.cfg [" BD_SYSCONFDIR "/xen]",
	  offsetof(struct console_options, dir) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static int run_console(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct console_options *options = options_pointer;
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg cfg = { 0 };
	BD_DISPOSE(boot_dispose) struct boot boot = { 0 };
	struct bd_toolstack_domain domain;

	if (guest_open(arguments[0], options->dir, &cfg, err) != 0)
		return -1;
	if (guest_running(&boot, &cfg, &domain, err) != 0)
		return guest_advise(cfg.path, err);
	return boot_console(&boot, err);
}

const struct bd_command bd_command_console = {
	.name = "console",
	.arguments = "NAME|CFG",
	.summary = "connect to the console of a running guest",
	.description =
		"Connects this terminal to the guest's console, as xl console does. Ctrl-] leaves it; the guest "
		"keeps running. There is no --json, as the output is the guest's.",
	.examples = "xen-bigdisk console web01\tleave it with Ctrl-]\n",
	.statuses = "457",
	.options = option_table,
	.options_size = sizeof(struct console_options),
	.run = run_console,
};
