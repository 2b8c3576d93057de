/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks through /proc. */
#include "ops/doctor/process.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

/* The kernel's word behind the path of a file that has lost its name. */
#define DELETED " (deleted)"

const char *doctor_next_process(void *proc, char comm_out[DOCTOR_COMM_SIZE])
{
	size_t length;

	for (const struct dirent *entry; (entry = readdir(proc));) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !doctor_read_proc(entry->d_name, "comm", comm_out, DOCTOR_COMM_SIZE, &length))
			continue;
		comm_out[strcspn(comm_out, "\n")] = '\0';
		return entry->d_name;
	}
	return NULL;
}

bool doctor_read_proc(const char *pid, const char *name, char *text_out, size_t size, size_t *length_out)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.16s/%s", pid, name);
	BD_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text_out, size - 1);
	if (got < 0)
		return false;
	text_out[got] = '\0';
	*length_out = (size_t)got;
	return true;
}

bool doctor_program_is_replaced(const char *pid)
{
	char path[64], program[PATH_MAX];
	const size_t word = sizeof(DELETED) - 1;

	snprintf(path, sizeof(path), "/proc/%.16s/exe", pid);
	ssize_t length = readlink(path, program, sizeof(program) - 1);
	return length > (ssize_t)word && memcmp(program + length - word, DELETED, word) == 0;
}
