/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs iptables once or twice. */
#include "hotplug/vif/iptables.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* As a shell looks for it. */
static bool find_program(const char *search_path, const char *name, char path_out[PATH_MAX])
{
	for (const char *at = search_path;; at++) {
		size_t length = strcspn(at, ":");
		struct stat there;
		int size = snprintf(path_out, PATH_MAX, "%.*s/%s", length ? (int)length : 1, length ? at : ".", name);
		if (size > 0 && size < PATH_MAX && stat(path_out, &there) == 0 && S_ISREG(there.st_mode) &&
		    access(path_out, X_OK) == 0)
			return true;
		at += length;
		if (!*at)
			return false;
	}
}

/* Its exit status, 128 and more where a signal ended it; -1: errno. */
static int run_silently(const char *path, const char *const *argv)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status;

	int r = posix_spawn_file_actions_init(&actions);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
	if (r == 0)
		r = posix_spawn(&pid, path, &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r != 0) {
		errno = r;
		return -1;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int vif_iptables_works(const char *search_path, bool *works_out, struct bd_error *err)
{
	/* -w waits for others' locks; iptables before 2013 does not know it, and exits with 2 then (iptables_w of the script). */
	static const char *const waiting[] = { "iptables", "-w", "-L", "-n", NULL };
	static const char *const plain[] = { "iptables", "-L", "-n", NULL };
	char path[PATH_MAX];

	*works_out = false;
	if (!find_program(search_path, "iptables", path))
		return 0;
	int status = run_silently(path, waiting);
	if (status == 2)
		status = run_silently(path, plain);
	if (status < 0)
		return bd_fail_errno(err, "cannot run %s", path);
	*works_out = status == 0;
	return 0;
}
