/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs skopeo copy. */
#include "fetch/skopeo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/process/run.h"
#include "base/progress.h"
#include "base/text.h"
#include "fetch/program.h"

int bd_skopeo_check(struct bd_error *err)
{
	return bd_fetch_check_program("skopeo",
				      "container images by reference are copied by skopeo, which is not installed: "
				      "install the package skopeo, or give an image that is saved in a file",
				      err);
}

struct copy {
	const struct bd_scratch *scratch;
	uint64_t limit_bytes;
};

static int follow(void *context, struct bd_error *err)
{
	const struct copy *copy = context;
	uint64_t bytes = bd_scratch_bytes(copy->scratch);

	bd_progress_update(bytes);
	return bytes <= copy->limit_bytes ? 0 : bd_fetch_too_large("the image", copy->limit_bytes, err);
}

/* Ours, but for TMPDIR: what it keeps for a moment is to be gone with the rest. The caller frees the array, and the text that is in
 * its first place. */
static int make_environment(const char *path, char ***environment_out, struct bd_error *err)
{
	size_t count = 0, used = 1;

	while (environ[count])
		count++;
	char **environment = calloc(count + 2, sizeof(*environment));
	if (!environment)
		return bd_no_memory(err);
	if (bd_text_format(&environment[0], err, "TMPDIR=%s", path) != 0) {
		free(environment);
		return -1;
	}
	for (size_t i = 0; i < count; i++)
		if (strncmp(environ[i], "TMPDIR=", 7) != 0)
			environment[used++] = environ[i];
	*environment_out = environment;
	return 0;
}

/* time="2025-01-31T12:00:00Z" level=fatal msg="initializing source docker://x: ..." */
static int fail_as_skopeo(const struct bd_child *child, struct bd_error *err)
{
	BD_FREE char *log = bd_child_log_tail(child, UINT_MAX);
	struct bd_error cause = *err;
	char reason[600];
	const char *at = NULL;

	for (const char *next = log; next && (next = strstr(next, "level=fatal msg=")); next++)
		at = next + strlen("level=fatal msg=");
	if (err->kind == BD_KIND_CANCELED || !at)
		return -1;
	snprintf(reason, sizeof(reason), "%.*s", (int)strcspn(at, "\n"), at);
	char *from = reason[0] == '"' ? reason + 1 : reason, *to = reason;
	for (; *from && !(*from == '"' && !from[1]); from++) {
		from += *from == '\\' && from[1];
		*to++ = *from;
	}
	*to = '\0';
	return bd_fail_as(err, &cause, "skopeo cannot copy it: %s", reason);
}

static int run(const char *const *argv, struct copy *copy, struct bd_error *err)
{
	BD_DISPOSE(bd_child_dispose) struct bd_child child = BD_CHILD_INIT;
	char **environment = NULL;
	char text[4096];
	const pid_t parent = getpid();
	ssize_t got = 0;

	if (make_environment(copy->scratch->path, &environment, err) != 0)
		return -1;
	const struct bd_run run = { .argv = argv,
				    .environment = (const char *const *)environment,
				    .confine = bd_fetch_end_with,
				    .confine_context = &parent };
	int r = bd_child_start_run(&run, &child, err);
	do
		r = r != 0 ? r : bd_child_wait_output(&child, follow, copy, err);
	while (r == 0 && (got = read(child.output_fd, text, sizeof(text))) > 0);
	if (r == 0 && bd_child_finish(&child, err) != 0)
		r = fail_as_skopeo(&child, err);
	free(environment[0]);
	free(environment);
	return r != 0 ? -1 : follow(copy, err);
}

/* "linux", "arm" and "v7" of "linux/arm/v7". */
static void split_platform(const char *platform, char parts_out[3][64])
{
	for (size_t i = 0; i < 3; i++) {
		size_t size = strcspn(platform, "/");
		snprintf(parts_out[i], 64, "%.*s", (int)(size < 63 ? size : 63), platform);
		platform += size + (platform[size] == '/');
	}
}

static int open_copy(const struct bd_scratch *scratch, int *folder_fd_out, char digest_out[BD_DIGEST_TEXT_SIZE],
		     struct bd_error *err)
{
	BD_CLOSE int folder_fd = openat(scratch->fd, "image", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	BD_CLOSE int manifest_fd = folder_fd < 0 ? -1 : openat(folder_fd, "manifest.json", O_RDONLY | O_CLOEXEC);

	if (manifest_fd < 0)
		return bd_fail_errno(err, "skopeo has left no image");
	if (bd_digest_file(manifest_fd, BD_DIGEST_SHA256, NULL, digest_out, err) != 0)
		return -1;
	*folder_fd_out = bd_take_fd(&folder_fd);
	return 0;
}

int bd_skopeo_copy(const char *reference, const char *platform, uint64_t limit_bytes, struct bd_scratch *scratch,
		   int *folder_fd_out, char digest_out[BD_DIGEST_TEXT_SIZE], struct bd_error *err)
{
	struct copy copy = { .scratch = scratch, .limit_bytes = limit_bytes };
	BD_FREE char *to = NULL;
	char parts[3][64];
	const char *argv[16] = { "skopeo" };
	size_t count = 1;

	split_platform(platform ? platform : "linux/amd64", parts);
	if (bd_text_format(&to, err, "dir:%s/image", scratch->path) != 0)
		return -1;
	argv[count++] = "--override-os";
	argv[count++] = parts[0];
	argv[count++] = "--override-arch";
	argv[count++] = parts[1];
	if (*parts[2]) {
		argv[count++] = "--override-variant";
		argv[count++] = parts[2];
	}
	argv[count++] = "copy";
	argv[count++] = "--";
	argv[count++] = reference;
	argv[count++] = to;
	bd_progress_stage("copying the image", 0);
	return run(argv, &copy, err) == 0 ? open_copy(scratch, folder_fd_out, digest_out, err) : -1;
}
