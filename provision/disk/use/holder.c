/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks for loop devices and open files. */
#include "disk/use/holder.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "disk/use/device_look.h"

static bool read_text(const char *path, char *text_out, size_t size)
{
	BD_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text_out, size - 1);

	text_out[got < 0 ? 0 : got] = '\0';
	return got >= 0;
}

/* "": it cannot be read. */
static bool read_line(const char *path, char *text_out, size_t size)
{
	bool done = read_text(path, text_out, size);

	text_out[strcspn(text_out, "\n")] = '\0';
	return done;
}

/* The driver knows the file itself, whatever became of its name; only root may ask it. For others the name must do. */
static bool find_file(struct bd_loop *loop, const char *name)
{
	BD_CLOSE int fd = open(loop->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char path[64 + NAME_MAX], read_only[8];
	struct loop_info64 info;
	struct stat there;

	if (fd >= 0 && ioctl(fd, LOOP_GET_STATUS64, &info) == 0) {
		loop->device = (dev_t)info.lo_device;
		loop->inode = (ino_t)info.lo_inode;
		loop->is_autoclear = info.lo_flags & LO_FLAGS_AUTOCLEAR;
		loop->is_read_only = info.lo_flags & LO_FLAGS_READ_ONLY;
		return true;
	}
	if (stat(loop->file, &there) != 0)
		return false;
	snprintf(path, sizeof(path), "/sys/block/%s/ro", name);
	loop->is_read_only = read_line(path, read_only, sizeof(read_only)) && strcmp(read_only, "1") == 0;
	loop->device = there.st_dev;
	loop->inode = there.st_ino;
	return true;
}

static bool look_at_loop(const char *name, struct bd_loop *loop_out)
{
	char path[64 + NAME_MAX];

	if (strncmp(name, "loop", 4) != 0 || strlen(name) > 20)
		return false;
	*loop_out = (struct bd_loop){ 0 };
	snprintf(path, sizeof(path), "/sys/block/%s/loop/backing_file", name);
	snprintf(loop_out->path, sizeof(loop_out->path), "/dev/%.20s", name);
	return read_line(path, loop_out->file, sizeof(loop_out->file)) && find_file(loop_out, name);
}

void bd_loops_read(struct bd_loops *loops_out)
{
	BD_CLOSEDIR DIR *folder = opendir("/sys/block");
	struct bd_loop loop;
	struct bd_error none;

	*loops_out = (struct bd_loops){ 0 };
	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		if (!look_at_loop(entry->d_name, &loop))
			continue;
		if (bd_array_grow(loops_out->items, loops_out->count, &none) != 0)
			return;
		loops_out->items[loops_out->count++] = loop;
	}
}

void bd_loops_dispose(struct bd_loops *loops)
{
	free(loops->items);
	*loops = (struct bd_loops){ 0 };
}

const struct bd_loop *bd_loops_next(const struct bd_loops *loops, dev_t device, ino_t inode,
				    const struct bd_loop *last)
{
	for (size_t i = last ? (size_t)(last - loops->items) + 1 : 0; i < loops->count; i++)
		if (loops->items[i].device == device && loops->items[i].inode == inode)
			return &loops->items[i];
	return NULL;
}

/* Most users must not open it. */
bool bd_loop_is_taken(const struct bd_loop *loop)
{
	BD_CLOSE int fd = open(loop->path, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK);
	char use[BD_DEVICE_TEXT_SIZE];
	struct stat there;

	if (fd < 0 && errno == EACCES)
		return stat(loop->path, &there) == 0 && bd_device_find_use(there.st_rdev, use);
	return fd < 0 && errno == EBUSY;
}

bool bd_loop_is_ending(const struct bd_loop *loop)
{
	BD_CLOSE int fd = loop->is_autoclear ? open(loop->path, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK) : -1;

	return fd >= 0;
}

/* "flags:\t0100002": the flags of open(2), in octal. */
static bool writes(const char *pid, const char *fd_name)
{
	char path[64 + 2 * NAME_MAX], text[256];
	const char *flags;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, fd_name);
	flags = read_text(path, text, sizeof(text)) ? strstr(text, "flags:") : NULL;
	return flags && (strtoul(flags + strlen("flags:"), NULL, 8) & O_ACCMODE) != O_RDONLY;
}

static bool process_holds(const char *pid, const struct stat *file)
{
	char path[64 + NAME_MAX];

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	BD_CLOSEDIR DIR *folder = opendir(path);
	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		struct stat there;
		if (fstatat(dirfd(folder), entry->d_name, &there, 0) == 0 && there.st_dev == file->st_dev &&
		    there.st_ino == file->st_ino && writes(pid, entry->d_name))
			return true;
	}
	return false;
}

static bool find_process(const struct stat *file, struct bd_holder *holder)
{
	BD_CLOSEDIR DIR *folder = opendir("/proc");
	char path[64 + NAME_MAX];

	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		long pid = isdigit((unsigned char)entry->d_name[0]) ? strtol(entry->d_name, NULL, 10) : 0;
		if (pid <= 0 || pid == getpid() || !process_holds(entry->d_name, file))
			continue;
		holder->pid = (pid_t)pid;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		read_line(path, holder->program, sizeof(holder->program));
		return true;
	}
	return false;
}

static const struct bd_loop *find_writing_loop(const struct bd_loops *loops, const struct stat *file)
{
	const struct bd_loop *loop = NULL;

	do
		loop = bd_loops_next(loops, file->st_dev, file->st_ino, loop);
	while (loop && loop->is_read_only);
	return loop;
}

bool bd_find_holder(int fd, struct bd_holder *holder_out)
{
	BD_DISPOSE(bd_loops_dispose) struct bd_loops loops = { 0 };
	struct bd_holder holder = { 0 };
	struct stat file;

	if (fstat(fd, &file) != 0)
		return false;
	bd_loops_read(&loops);
	const struct bd_loop *loop = find_writing_loop(&loops, &file);
	if (loop) {
		memcpy(holder.loop, loop->path, sizeof(holder.loop));
		holder.is_ending = bd_loop_is_ending(loop);
	} else if (!find_process(&file, &holder)) {
		return false;
	}
	*holder_out = holder;
	return true;
}
