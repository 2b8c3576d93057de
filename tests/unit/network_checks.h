/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A network of a test's own: a namespace without any device but lo, with /sys to match, and ip(8) in it. Needs root.
 * To be included after <cmocka.h>. */
#ifndef BD_TESTS_NETWORK_CHECKS_H
#define BD_TESTS_NETWORK_CHECKS_H

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "base/process/run.h"

static char ip_output[65536];

/* Whether `ip WORDS` succeeded; what it printed is in ip_output. */
static bool ip(const char *words)
{
	struct bd_error failed = BD_ERROR_INIT;
	const char *argv[32] = { "ip" };
	char copy[512];
	size_t count = 1;

	snprintf(copy, sizeof(copy), "%s", words);
	for (char *rest = copy, *word = strtok_r(rest, " ", &rest); word && count < 31;
	     word = strtok_r(NULL, " ", &rest))
		argv[count++] = word;
	return bd_run(&(struct bd_run){ .argv = argv, .output = ip_output, .output_size = sizeof(ip_output) },
		      &failed) == 0;
}

/* This process then has an empty network; NULL, or why it cannot be had. To be called again for another one. */
static const char *enter_network(void)
{
	static char reason[128];
	char path[256];
	struct bd_error failed = BD_ERROR_INIT;

	if (bd_find_program("ip", path, sizeof(path), &failed) != 0)
		return "ip is not installed";
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0) {
		snprintf(reason, sizeof(reason), "no network namespace can be had: %s", strerror(errno));
		return reason;
	}
	if (!ip("link add name probe type bridge") || !ip("link del probe"))
		return "the kernel has no bridges";
	if (!ip("link add probe0 type veth peer name probe1") || !ip("link del probe0"))
		return "the kernel has no veth devices";
	return NULL;
}

/* enter_network, or the test is skipped. */
static void need_network(void)
{
	const char *missing = enter_network();
	if (missing) {
		print_message("%s\n", missing);
		skip();
	}
}

#endif
