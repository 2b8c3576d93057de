/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names in the folder: 64 hexadecimal digits, and "url-" with those of a checksum of the URL, which may have secrets in it. */
#include "fetch/download_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file/cache.h"
#include "base/file/file.h"
#include "base/file/temporary_file.h"
#include "base/log.h"
#include "base/text.h"

#define DIGITS 64
#define URL_PREFIX "url-"
#define NAME_SIZE (DIGITS + 8)
#define RECORD_SIZE 1024

/* Behind "sha256:". */
static const char *digits_of(const char *sha256)
{
	return sha256 + strlen("sha256:");
}

static int name_of_url(const char *url, char name_out[NAME_SIZE], struct bd_error *err)
{
	char sum[BD_CHECKSUM_SIZE];

	if (bd_checksum_data(url, strlen(url), sum, err) != 0)
		return -1;
	snprintf(name_out, NAME_SIZE, URL_PREFIX "%s", sum);
	return 0;
}

void bd_download_cache_open(struct bd_download_cache *cache_out)
{
	struct bd_error err = BD_ERROR_INIT;
	char path[PATH_MAX];

	cache_out->folder_fd = -1;
	if (bd_cache_subdir("downloads", path, sizeof(path), &err) == 0) {
		cache_out->folder_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (cache_out->folder_fd < 0)
			bd_fail_errno(&err, "cannot open %s", path);
	}
	if (cache_out->folder_fd < 0)
		bd_info("downloads are not kept: %s", err.message);
}

/* --- finding ------------------------------------------------------------------------------------------------------ */

/* Its time is that of its last use. */
static int check_content(int fd, const char *sha256, bool *is_whole_out, struct bd_error *err)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_NOW } };
	char found[BD_DIGEST_TEXT_SIZE];
	struct stat there;

	*is_whole_out = false;
	if (fstat(fd, &there) != 0 || !S_ISREG(there.st_mode))
		return 0;
	if (bd_digest_file(fd, BD_DIGEST_SHA256, "checking the download in the cache", found, err) != 0)
		return err->kind == BD_KIND_CANCELED ? -1 : 0;
	*is_whole_out = strcmp(found, sha256) == 0;
	futimens(fd, times);
	return 0;
}

int bd_download_cache_find(const struct bd_download_cache *cache, const char *sha256,
			   struct bd_kept_download *kept_out, struct bd_error *err)
{
	const char *name = digits_of(sha256);
	bool is_whole;

	if (cache->folder_fd < 0)
		return 0;
	BD_CLOSE int fd = openat(cache->folder_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (check_content(fd, sha256, &is_whole, err) != 0)
		return -1;
	if (!is_whole) {
		unlinkat(cache->folder_fd, name, 0);
		return 0;
	}
	kept_out->fd = bd_take_fd(&fd);
	snprintf(kept_out->sha256, sizeof(kept_out->sha256), "%s", sha256);
	return 0;
}

/* The value of a line "NAME VALUE". */
static void take_value(const char *record, const char *name, char *out, size_t size)
{
	size_t length = strlen(name);

	*out = '\0';
	for (const char *line = record; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, name, length) == 0 && line[length] == ' ' &&
		    strcspn(line + length + 1, "\n") < size)
			snprintf(out, size, "%.*s", (int)strcspn(line + length + 1, "\n"), line + length + 1);
}

static bool read_record(int folder_fd, const char *name, struct bd_kept_download *kept)
{
	char record[RECORD_SIZE] = "", text[BD_DIGEST_TEXT_SIZE];
	enum bd_digest_kind kind;
	BD_CLOSE int fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || bd_pread_full(fd, record, sizeof(record) - 1, 0) <= 0)
		return false;
	take_value(record, "content", text, sizeof(text));
	take_value(record, "etag", kept->etag, sizeof(kept->etag));
	take_value(record, "last-modified", kept->last_modified, sizeof(kept->last_modified));
	return bd_digest_parse(text, &kind, kept->sha256) && kind == BD_DIGEST_SHA256;
}

int bd_download_cache_find_url(const struct bd_download_cache *cache, const char *url,
			       struct bd_kept_download *kept_out, struct bd_error *err)
{
	struct bd_kept_download kept = BD_KEPT_DOWNLOAD_INIT;
	char name[NAME_SIZE], sha256[BD_DIGEST_TEXT_SIZE];

	if (cache->folder_fd < 0)
		return 0;
	if (name_of_url(url, name, err) != 0)
		return -1;
	if (!read_record(cache->folder_fd, name, &kept))
		return 0;
	snprintf(sha256, sizeof(sha256), "%s", kept.sha256);
	if (bd_download_cache_find(cache, sha256, &kept, err) != 0)
		return -1;
	if (kept.fd >= 0)
		*kept_out = kept;
	return 0;
}

/* --- keeping ------------------------------------------------------------------------------------------------------ */

int bd_download_cache_draft(const struct bd_download_cache *cache, int *fd_out, bool *is_ours_out,
			    struct bd_error *err)
{
	int fd = cache->folder_fd < 0 ? -1 : openat(cache->folder_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	*is_ours_out = fd >= 0;
	if (fd < 0)
		return bd_open_temporary(fd_out, err);
	*fd_out = fd;
	return 0;
}

/* For a moment there is none, in which somebody else downloads in vain. */
static void write_record(int folder_fd, const char *name, const struct bd_curl_answer *answer)
{
	struct bd_error ignored = BD_ERROR_INIT;
	char record[RECORD_SIZE];
	BD_CLOSE int fd = openat(folder_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	snprintf(record, sizeof(record), "content %s\netag %s\nlast-modified %s\n", answer->sha256, answer->head.etag,
		 answer->head.last_modified);
	if (fd < 0 || bd_pwrite_all(fd, record, strlen(record), 0, name, &ignored) != 0)
		return;
	unlinkat(folder_fd, name, 0);
	bd_link_unnamed(fd, folder_fd, name);
}

/* What was used longest ago, of all but one. False: there is nothing else. */
static bool find_oldest(int folder_fd, const char *but, char name_out[NAME_SIZE], uint64_t *total_bytes_out)
{
	BD_CLOSEDIR DIR *folder = bd_open_entries(folder_fd);
	struct timespec oldest = { 0 };
	struct stat there;

	*name_out = '\0';
	*total_bytes_out = 0;
	for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
		if (strlen(entry->d_name) != DIGITS ||
		    fstatat(folder_fd, entry->d_name, &there, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		*total_bytes_out += (uint64_t)there.st_size;
		if ((*name_out && bd_compare_times(&there.st_mtim, &oldest) >= 0) || strcmp(entry->d_name, but) == 0)
			continue;
		oldest = there.st_mtim;
		snprintf(name_out, NAME_SIZE, "%.*s", DIGITS, entry->d_name);
	}
	return *name_out;
}

static void make_room(int folder_fd, const char *kept)
{
	char name[NAME_SIZE];
	uint64_t total_bytes;

	while (find_oldest(folder_fd, kept, name, &total_bytes) && total_bytes > BD_DOWNLOADS_BYTES)
		if (unlinkat(folder_fd, name, 0) != 0)
			return;
}

/* What is noted of URLs whose content is gone. */
static void remove_useless_records(int folder_fd)
{
	BD_CLOSEDIR DIR *folder = bd_open_entries(folder_fd);

	for (const struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
		struct bd_kept_download kept = BD_KEPT_DOWNLOAD_INIT;
		if (strncmp(entry->d_name, URL_PREFIX, strlen(URL_PREFIX)) == 0 &&
		    (!read_record(folder_fd, entry->d_name, &kept) ||
		     (faccessat(folder_fd, digits_of(kept.sha256), F_OK, 0) != 0 && errno == ENOENT)))
			unlinkat(folder_fd, entry->d_name, 0);
	}
}

void bd_download_cache_keep(const struct bd_download_cache *cache, const char *url,
			    const struct bd_curl_answer *answer, int fd)
{
	struct bd_kept_download before = BD_KEPT_DOWNLOAD_INIT;
	struct bd_error ignored = BD_ERROR_INIT;
	const char *digits = digits_of(answer->sha256);
	char name[NAME_SIZE];

	if (name_of_url(url, name, &ignored) != 0)
		return;
	/* The version before is not asked for again. */
	if (read_record(cache->folder_fd, name, &before) && strcmp(before.sha256, answer->sha256) != 0)
		unlinkat(cache->folder_fd, digits_of(before.sha256), 0);
	/* One that is there already may be damaged, or it would have been used. */
	unlinkat(cache->folder_fd, digits, 0);
	if (bd_link_unnamed(fd, cache->folder_fd, digits) != 0)
		return;
	write_record(cache->folder_fd, name, answer);
	make_room(cache->folder_fd, digits);
	remove_useless_records(cache->folder_fd);
}

void bd_kept_download_dispose(struct bd_kept_download *kept)
{
	bd_cleanup_close(&kept->fd);
	*kept = (struct bd_kept_download)BD_KEPT_DOWNLOAD_INIT;
}

void bd_download_cache_dispose(struct bd_download_cache *cache)
{
	bd_cleanup_close(&cache->folder_fd);
	cache->folder_fd = -1;
}
