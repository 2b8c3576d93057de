/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds incomplete files and directories by their hidden names, and by whether a process is still working on them. */
#include "ops/doctor/leftovers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/atomic_file.h"
#include "disk/use/in_use.h"

#define REPLACEMENT_LASTS_S 60

int doctor_check_in_use(int folder_fd, const char *name, struct bd_error *err)
{
	BD_CLOSE int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	struct stat there;

	return fd >= 0 && fstat(fd, &there) == 0 && S_ISREG(there.st_mode) ? bd_disk_check_unused(fd, err) : 0;
}

/* The number at the end of ".NAME.partial-PID" and ".NAME.removed-PID"; 0: this is no such name. */
static pid_t maker_of(const char *name)
{
	const char *mark = strstr(name, ".partial-");

	if (!mark)
		mark = strstr(name, ".removed-");
	if (name[0] != '.' || !mark || mark == name)
		return 0;
	char *end;
	long pid = strtol(mark + strlen(".partial-"), &end, 10);
	return *end || pid <= 0 || pid > INT_MAX ? 0 : (pid_t)pid;
}

/* ".NAME.cfg.XXXXXX": a cfg that was being changed (base/file/replace.h). It exists for milliseconds. */
static bool is_old_replacement(int folder_fd, const char *name)
{
	const char *end = strrchr(name, '.');
	struct stat there;

	return name[0] == '.' && end && end - name > 4 && strncmp(end - 4, ".cfg", 4) == 0 && strlen(end + 1) == 6 &&
	       fstatat(folder_fd, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       time(NULL) - there.st_mtim.tv_sec > REPLACEMENT_LASTS_S;
}

static bool is_leftover(int folder_fd, const char *name)
{
	pid_t maker = maker_of(name);
	struct bd_error in_use;

	if (!maker)
		return is_old_replacement(folder_fd, name);
	/* The lock says it; the number alone may be another process's by now, and is asked only where there is no lock. */
	int in_work = bd_atomic_file_is_in_work(folder_fd, name);
	if (in_work >= 0)
		return !in_work;
	return kill(maker, 0) != 0 && errno == ESRCH && doctor_check_in_use(folder_fd, name, &in_use) == 0;
}

size_t doctor_look_for_leftovers(struct doctor *doctor, const char *check, const char *folder)
{
	BD_CLOSEDIR DIR *entries = opendir(folder);
	size_t count = 0;

	for (const struct dirent *entry; entries && (entry = readdir(entries));) {
		char path[PATH_MAX];
		if (!is_leftover(dirfd(entries), entry->d_name))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		doctor_found(doctor, check, DOCTOR_WARNING,
			     "%s is incomplete, and no process of this host is working on it", path);
		doctor_advise_command(doctor, "if no other host or container uses this directory, remove it", "rm -r",
				      path);
		count++;
	}
	return count;
}
