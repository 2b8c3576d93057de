/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads, changes, renames and removes the records of guests. */
#include "events/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/byte_lock.h"
#include "base/hash.h"

#define SYSTEM_FOLDER BD_LOCALSTATEDIR "/lib/xen-bigdisk"
#define FOLDER SYSTEM_FOLDER "/guests"
#define FIRST_LINE "xen-bigdisk record 1\n"
#define LAST_START "last_start"
#define LOCK_NAME ".lock"
#define NEW_SUFFIX ".new"
#define HASH_DIGITS 16

/* The lock is held while a small file is written; a disk that takes longer is not waited for. */
#define LOCK_TRIES 50
#define LOCK_PAUSE_NS 10000000

static const char *const counter_names[BD_RECORD_COUNTERS] = {
	[BD_RECORD_STARTS] = "starts",	   [BD_RECORD_START_FAILURES] = "start_failures",
	[BD_RECORD_RESTARTS] = "restarts", [BD_RECORD_POWEROFFS] = "poweroffs",
	[BD_RECORD_REBOOTS] = "reboots",   [BD_RECORD_CRASHES] = "crashes",
};

/* Where the record of a config is. */
struct place {
	char folder[PATH_MAX];
	char cfg_path[PATH_MAX]; /* without links */
	char name[NAME_MAX + 1 - sizeof(NEW_SUFFIX)];
};

/* Everybody may read root's. */
static bool find_folder(bool writes, char folder_out[PATH_MAX])
{
	const char *chosen = secure_getenv("XEN_BIGDISK_STATE");

	if (!chosen && writes && geteuid() != 0)
		return false;
	return snprintf(folder_out, PATH_MAX, "%s", chosen ? chosen : FOLDER) < PATH_MAX && folder_out[0] == '/';
}

/* Of a file that may be gone. */
static bool resolve(const char *path, char resolved_out[PATH_MAX])
{
	char folder[PATH_MAX], real[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (realpath(path, resolved_out))
		return true;
	if (snprintf(folder, sizeof(folder), "%.*s/", slash ? (int)(slash - path) : 1, slash ? path : ".") >=
		    PATH_MAX ||
	    !realpath(folder, real))
		return false;
	return snprintf(resolved_out, PATH_MAX, "%s/%s", strcmp(real, "/") == 0 ? "" : real,
			slash ? slash + 1 : path) < PATH_MAX;
}

/* "web01.cfg-0123456789abcdef": the file's name is for people, the hash of its path tells one from another. A path with a newline
 * would not be one line of the record. */
static bool find_place(const char *cfg_path, bool writes, struct place *place_out)
{
	struct place *place = place_out;

	if (!find_folder(writes, place->folder) || !resolve(cfg_path, place->cfg_path) ||
	    strchr(place->cfg_path, '\n'))
		return false;
	snprintf(place->name, sizeof(place->name), "%.200s-%016" PRIx64, strrchr(place->cfg_path, '/') + 1,
		 bd_hash(BD_HASH_INIT, place->cfg_path, strlen(place->cfg_path)));
	return true;
}

static bool is_counter(const char *name, enum bd_record_counter *counter_out)
{
	for (int i = 0; i < BD_RECORD_COUNTERS; i++)
		if (strcmp(name, counter_names[i]) == 0) {
			*counter_out = (enum bd_record_counter)i;
			return true;
		}
	return false;
}

static bool is_word(const char *text)
{
	return *text && text[strspn(text, "abcdefghijklmnopqrstuvwxyz_")] == '\0';
}

static bool has_stage(const struct bd_record *record, const char *name)
{
	for (size_t i = 0; i < record->stage_count; i++)
		if (strcmp(record->stages[i].name, name) == 0)
			return true;
	return false;
}

static bool take_stage(const char *text, struct bd_record *record)
{
	char name[BD_RECORD_STAGE_SIZE];
	double seconds;
	int length;

	if (sscanf(text, "%23s %lf%n", name, &seconds, &length) != 2 || text[length] != '\0' || !is_word(name) ||
	    !isfinite(seconds) || seconds < 0 || has_stage(record, name))
		return false;
	if (record->stage_count == BD_RECORD_STAGES_MAX)
		return true;
	memcpy(record->stages[record->stage_count].name, name, sizeof(name));
	record->stages[record->stage_count++].seconds = seconds;
	return true;
}

static bool take_number(const char *text, uint64_t *number_out)
{
	char *end;

	errno = 0;
	*number_out = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
}

/* A line that is not known is a newer version's. False: one of ours is damaged. */
static bool take_line(char *line, struct bd_record *record)
{
	enum bd_record_counter counter;
	uint64_t number;
	char *value = line + strcspn(line, " ");

	if (!*value)
		return true;
	*value++ = '\0';
	if (strcmp(line, "stage") == 0)
		return take_stage(value, record);
	if (is_counter(line, &counter))
		return take_number(value, &record->counts[counter]);
	if (strcmp(line, LAST_START) != 0)
		return true;
	bool valid = take_number(value, &number) && number <= INT64_MAX;
	record->last_start_s = valid ? (int64_t)number : 0;
	return valid;
}

/* The config of the record that is in the stream, whose first lines are read; false: it is no record. */
static bool read_head(FILE *in, char cfg_path_out[PATH_MAX])
{
	char line[PATH_MAX + 16];

	if (!fgets(line, sizeof(line), in) || strcmp(line, FIRST_LINE) != 0 || !fgets(line, sizeof(line), in) ||
	    strncmp(line, "cfg /", 5) != 0)
		return false;
	line[strcspn(line, "\n")] = '\0';
	return snprintf(cfg_path_out, PATH_MAX, "%s", line + 4) < PATH_MAX;
}

/* What follows the head. The file was cut short where a line does not end, or that behind the counters is missing. */
static bool read_lines(FILE *in, struct bd_record *record)
{
	bool has_counters = false;
	char line[256];

	while (fgets(line, sizeof(line), in)) {
		size_t length = strcspn(line, "\n");
		if (line[length] == '\0')
			return false;
		line[length] = '\0';
		if (!take_line(line, record))
			return false;
		has_counters |= strcmp(line, LAST_START) == 0; /* its value is cut off now */
	}
	return has_counters && !ferror(in);
}

/* errno EINVAL or ELOOP: it is no regular file. */
static FILE *open_stream(int folder_fd, const char *name)
{
	int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat there;
	FILE *stream = fd >= 0 && fstat(fd, &there) == 0 && S_ISREG(there.st_mode) ? fdopen(fd, "r") : NULL;

	if (!stream && fd >= 0) {
		close(fd);
		errno = EINVAL;
	}
	return stream;
}

/* 1: it was read. 0: there is none, or it is another config's. -1: errno; EBADMSG: it is damaged. */
static int read_record(int folder_fd, const struct place *place, struct bd_record *record_out)
{
	char cfg_path[PATH_MAX];

	*record_out = (struct bd_record){ 0 };
	errno = 0;
	BD_FCLOSE FILE *in = open_stream(folder_fd, place->name);
	if (!in)
		return errno == ENOENT ? 0 : -1;
	bool has_head = read_head(in, cfg_path);
	if (has_head && strcmp(cfg_path, place->cfg_path) != 0)
		return 0;
	if (has_head && read_lines(in, record_out))
		return 1;
	*record_out = (struct bd_record){ 0 };
	errno = EBADMSG;
	return -1;
}

static int open_folder(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int bd_record_read(const char *cfg_path, struct bd_record *record_out, struct bd_error *err)
{
	struct place place;

	*record_out = (struct bd_record){ 0 };
	if (!find_place(cfg_path, false, &place))
		return 0;
	BD_CLOSE int folder_fd = open_folder(place.folder);
	if (folder_fd < 0 && errno == ENOENT)
		return 0;
	if (folder_fd >= 0 && read_record(folder_fd, &place, record_out) >= 0)
		return 0;
	if (errno == EBADMSG)
		return bd_fail(err, EBADMSG, "the record %s/%s is damaged", place.folder, place.name);
	if (errno == EINVAL || errno == ELOOP)
		return bd_fail(err, EINVAL, "the record %s/%s is not a regular file", place.folder, place.name);
	return bd_fail_errno(err, "cannot read the record %s/%s", place.folder, place.name);
}

static void write_text(FILE *out, const struct place *place, const struct bd_record *record)
{
	fprintf(out, FIRST_LINE "cfg %s\n", place->cfg_path);
	for (int i = 0; i < BD_RECORD_COUNTERS; i++)
		fprintf(out, "%s %" PRIu64 "\n", counter_names[i], record->counts[i]);
	fprintf(out, LAST_START " %" PRId64 "\n", record->last_start_s);
	for (size_t i = 0; i < record->stage_count; i++)
		fprintf(out, "stage %s %.6f\n", record->stages[i].name, record->stages[i].seconds);
}

/* What a process that was killed has left under the new file's name is overwritten: the lock is held. */
static bool write_record(int folder_fd, const struct place *place, const struct bd_record *record)
{
	char new_name[NAME_MAX + 1];

	snprintf(new_name, sizeof(new_name), "%s" NEW_SUFFIX, place->name);
	int fd = openat(folder_fd, new_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (!out) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	write_text(out, place, record);
	bool written = fflush(out) == 0 && fdatasync(fd) == 0;
	written &= fclose(out) == 0;
	if (written && renameat(folder_fd, new_name, folder_fd, place->name) == 0)
		return true;
	unlinkat(folder_fd, new_name, 0);
	return false;
}

static void remove_record(int folder_fd, const struct place *place)
{
	char new_name[NAME_MAX + 1];

	snprintf(new_name, sizeof(new_name), "%s" NEW_SUFFIX, place->name);
	unlinkat(folder_fd, new_name, 0);
	unlinkat(folder_fd, place->name, 0);
}

/* The descriptor that holds it; -1: it is not to be had. */
static int lock(int folder_fd, const struct place *place)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };
	BD_CLOSE int fd = openat(folder_fd, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r = 1;

	for (int try = 0; fd >= 0 && r > 0 && try < LOCK_TRIES; try++) {
		if (try > 0)
			nanosleep(&pause, NULL);
		r = bd_byte_lock(fd, bd_byte_lock_offset(place->name, strlen(place->name)));
	}
	return fd >= 0 && r == 0 ? bd_take_fd(&fd) : -1;
}

/* The folder, which is made where a record is to be made. */
static int open_or_make_folder(const struct place *place, bool makes)
{
	if (makes && mkdir(place->folder, 0755) != 0 && errno == ENOENT && strcmp(place->folder, FOLDER) == 0 &&
	    mkdir(SYSTEM_FOLDER, 0755) == 0)
		(void)!mkdir(place->folder, 0755);
	return open_folder(place->folder);
}

void bd_record_change(const char *cfg_path, bool creates, void (*change)(void *context, struct bd_record *record),
		      void *context)
{
	struct bd_record record;
	struct place place;

	if (!find_place(cfg_path, true, &place))
		return;
	BD_CLOSE int folder_fd = open_or_make_folder(&place, creates);
	BD_CLOSE int lock_fd = folder_fd >= 0 ? lock(folder_fd, &place) : -1;
	if (lock_fd < 0)
		return;
	int r = read_record(folder_fd, &place, &record);
	if ((r < 0 && errno != EBADMSG) || (r <= 0 && !creates))
		return;
	change(context, &record);
	write_record(folder_fd, &place, &record);
}

static void count_one(void *context, struct bd_record *record)
{
	record->counts[*(const enum bd_record_counter *)context]++;
}

void bd_record_count(const char *cfg_path, enum bd_record_counter counter)
{
	bd_record_change(cfg_path, false, count_one, &counter);
}

void bd_record_remove(const char *cfg_path)
{
	struct place place;

	if (!find_place(cfg_path, true, &place))
		return;
	BD_CLOSE int folder_fd = open_folder(place.folder);
	if (folder_fd < 0)
		return;
	/* Without the lock it goes all the same: a guest of that name that comes later is another. */
	BD_CLOSE int lock_fd = lock(folder_fd, &place);
	remove_record(folder_fd, &place);
}

void bd_record_move(const char *old_path, const char *new_path)
{
	struct place old, new;
	struct bd_record record;

	if (!find_place(old_path, true, &old) || !find_place(new_path, true, &new) || strcmp(old.name, new.name) == 0)
		return;
	BD_CLOSE int folder_fd = open_folder(old.folder);
	BD_CLOSE int old_lock_fd = folder_fd >= 0 ? lock(folder_fd, &old) : -1;
	BD_CLOSE int new_lock_fd = old_lock_fd >= 0 ? lock(folder_fd, &new) : -1;
	if (new_lock_fd < 0 || read_record(folder_fd, &old, &record) <= 0)
		return;
	if (write_record(folder_fd, &new, &record))
		remove_record(folder_fd, &old);
}

/* As find_place makes it; not that of a record that is being written, nor of what somebody else has in the folder. */
static bool is_record_name(const char *name)
{
	const char *hash = strrchr(name, '-');

	return hash && hash > name && strlen(hash + 1) == HASH_DIGITS &&
	       strspn(hash + 1, "0123456789abcdef") == HASH_DIGITS;
}

int bd_record_each(int (*each)(void *context, const char *path, const char *cfg_path), void *context,
		   struct bd_error *err)
{
	char folder[PATH_MAX], cfg_path[PATH_MAX], path[2 * PATH_MAX];

	if (!find_folder(false, folder))
		return 0;
	BD_CLOSEDIR DIR *entries = opendir(folder);
	if (!entries)
		return errno == ENOENT ? 0 : bd_fail_errno(err, "cannot read the records in %s", folder);
	for (const struct dirent *entry; (entry = readdir(entries));) {
		struct bd_record record = { 0 };
		if (!is_record_name(entry->d_name))
			continue;
		BD_FCLOSE FILE *in = open_stream(dirfd(entries), entry->d_name);
		if (!in && errno != EINVAL && errno != ELOOP)
			continue;
		bool whole = in && read_head(in, cfg_path) && read_lines(in, &record);
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		int r = each(context, path, whole ? cfg_path : NULL);
		if (r != 0)
			return r;
	}
	return 0;
}
