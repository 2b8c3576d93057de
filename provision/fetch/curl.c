/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The URL, which may have a password in it, and the headers go to curl as a configuration file, by standard input: the arguments of
 * processes can be read by everybody. The heads of answers come through a memory file. */
#include "fetch/curl.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/log.h"
#include "base/process/run.h"
#include "base/progress.h"
#include "base/text.h"
#include "fetch/program.h"

#define CHUNK_BYTES 262144
#define HEADS_SIZE 262144
#define ATTEMPTS 50

struct transfer {
	const struct bd_curl_request *request;
	int fd, heads_fd;
	pid_t parent;
	uint64_t at_bytes; /* how much is there */
	struct bd_digest *digest; /* of it */
	bool has_head;
	struct bd_http_head head; /* of the answer that is being read; of one that broke until then */
	char validator[256]; /* of what is there; "": it cannot be taken up */
};

int bd_curl_check(struct bd_error *err)
{
	return bd_fetch_check_program(
		"curl",
		"URLs are downloaded by curl, which is not installed: install the package curl, "
		"or give the path of a file",
		err);
}

/* NAME = "value", with curl's escapes. The text has no control characters. */
static void put(FILE *config, const char *name, const char *prefix, const char *value)
{
	fprintf(config, "%s = \"%s", name, prefix);
	for (; *value; value++)
		fprintf(config, "%s%c", *value == '"' || *value == '\\' ? "\\" : "", *value);
	fputs("\"\n", config);
}

static int make_config(const struct transfer *transfer, char **text_out, struct bd_error *err)
{
	const struct bd_curl_request *request = transfer->request;
	const char *protocols = request->may_be_plain ? "=http,https" : "=https";
	size_t size;
	FILE *config = open_memstream(text_out, &size);

	if (!config)
		return bd_no_memory(err);
	fputs("silent\nshow-error\nfail\ngloboff\nlocation\nmax-redirs = 10\nno-buffer\nsuppress-connect-headers\n"
	      "connect-timeout = 30\nspeed-limit = 1\nspeed-time = 60\n",
	      config);
	put(config, "proto", "", protocols);
	put(config, "proto-redir", "", protocols);
	fprintf(config, "dump-header = \"/proc/self/fd/%d\"\n", transfer->heads_fd);
	if (transfer->at_bytes) {
		fprintf(config, "range = \"%" PRIu64 "-\"\n", transfer->at_bytes);
		put(config, "header", "If-Range: ", transfer->validator);
	} else {
		if (request->etag && *request->etag)
			put(config, "header", "If-None-Match: ", request->etag);
		if (request->last_modified && *request->last_modified)
			put(config, "header", "If-Modified-Since: ", request->last_modified);
	}
	put(config, "url", "", request->url);
	bool failed = ferror(config);
	return fclose(config) != 0 || failed ? bd_no_memory(err) : 0;
}

/* It needs no right of root's, and inherits one descriptor. */
static bool confine(const char *path, const void *context)
{
	const struct transfer *transfer = context;

	for (unsigned long capability = 0; capability < 64; capability++)
		prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
	return bd_fetch_end_with(path, &transfer->parent) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       fcntl(transfer->heads_fd, F_SETFD, 0) == 0;
}

static int restart(struct transfer *transfer, struct bd_error *err)
{
	bd_digest_free(&transfer->digest);
	transfer->at_bytes = 0;
	*transfer->validator = '\0';
	if (ftruncate(transfer->fd, 0) != 0)
		return bd_fail_errno(err, "cannot write the download");
	return bd_digest_begin(BD_DIGEST_SHA256, &transfer->digest, err);
}

static bool read_head(struct transfer *transfer)
{
	BD_FREE char *text = calloc(1, HEADS_SIZE + 1);
	ssize_t n = text ? bd_pread_full(transfer->heads_fd, text, HEADS_SIZE, 0) : -1;

	return n > 0 && bd_http_head_parse(text, &transfer->head);
}

/* Before the first byte of an answer's body: where it belongs. */
static int take_head(struct transfer *transfer, struct bd_error *err)
{
	const uint64_t had_bytes = transfer->at_bytes;
	const char *validator;

	if (!read_head(transfer))
		return bd_fail(err, EIO, "curl does not say what the server has answered");
	transfer->has_head = true;
	if (transfer->head.status == 206) {
		if (!had_bytes || !transfer->head.has_range || transfer->head.range_at_bytes != had_bytes)
			return bd_fail(err, EIO, "the server sends another part of it than it was asked for");
	} else if (restart(transfer, err) != 0) {
		return -1;
	}
	validator = bd_http_head_validator(&transfer->head);
	snprintf(transfer->validator, sizeof(transfer->validator), "%s", validator ? validator : "");
	if (transfer->request->stage && !had_bytes)
		bd_progress_stage(transfer->request->stage, transfer->head.length_bytes);
	return 0;
}

static int take_chunk(struct transfer *transfer, const char *chunk, size_t size_bytes, struct bd_error *err)
{
	if (!transfer->has_head && take_head(transfer, err) != 0)
		return -1;
	if (size_bytes > transfer->request->limit_bytes - transfer->at_bytes)
		return bd_fetch_too_large(transfer->request->what, transfer->request->limit_bytes, err);
	if (bd_pwrite_all(transfer->fd, chunk, size_bytes, transfer->at_bytes, "the download", err) != 0)
		return -1;
	bd_digest_add(transfer->digest, chunk, size_bytes);
	transfer->at_bytes += size_bytes;
	if (transfer->request->stage)
		bd_progress_update(transfer->at_bytes);
	return 0;
}

/* The broken connections of curl(1), EXIT CODES: partial file, timeout, nothing answered, sending, receiving, stream of HTTP/2 or 3. */
static bool is_broken(unsigned code)
{
	static const unsigned codes[] = { 18, 28, 52, 55, 56, 92, 95 };

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* "curl: (22) The requested URL returned error: 404" */
static int fail_as_curl(const struct bd_child *child, bool *is_broken_out, struct bd_error *err)
{
	BD_FREE char *log = bd_child_log_tail(child, UINT_MAX);
	const char *line = log ? strstr(log, "curl: (") : NULL;
	struct bd_error cause = *err;

	if (err->kind == BD_KIND_CANCELED || !line)
		return -1;
	*is_broken_out = is_broken((unsigned)strtoul(line + 7, NULL, 10));
	line += strcspn(line, ")\n");
	line += strspn(line, ") ");
	return bd_fail_as(err, &cause, "%.*s", (int)strcspn(line, "\n"), line);
}

static int attempt(struct transfer *transfer, bool *is_broken_out, struct bd_error *err)
{
	static const char *const argv[] = { "curl", "--disable", "--config", "-", NULL };
	BD_DISPOSE(bd_child_dispose) struct bd_child child = BD_CHILD_INIT;
	BD_FREE char *config = NULL;
	BD_FREE char *chunk = malloc(CHUNK_BYTES);
	ssize_t got = 0;

	*is_broken_out = false;
	transfer->has_head = false;
	if (!chunk)
		return bd_no_memory(err);
	if (make_config(transfer, &config, err) != 0)
		return -1;
	const struct bd_run run = {
		.argv = argv, .stdin_text = config, .confine = confine, .confine_context = transfer
	};
	if (ftruncate(transfer->heads_fd, 0) != 0)
		return bd_fail_errno(err, "cannot run curl");
	if (bd_child_start_run(&run, &child, err) != 0)
		return -1;
	do {
		if (got > 0 && take_chunk(transfer, chunk, (size_t)got, err) != 0)
			return -1;
		if (bd_child_wait_output(&child, NULL, NULL, err) != 0)
			return -1;
		got = read(child.output_fd, chunk, CHUNK_BYTES);
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (bd_child_finish(&child, err) != 0)
		return fail_as_curl(&child, is_broken_out, err);
	/* An empty file, or nothing new. */
	return transfer->has_head || take_head(transfer, err) == 0 ? 0 : -1;
}

static int get(struct transfer *transfer, struct bd_error *err)
{
	uint64_t most_bytes = 0;
	bool broken;

	for (int i = 0; attempt(transfer, &broken, err) != 0; i++) {
		/* As long as each one brings more than those before. */
		if (!broken || transfer->at_bytes <= most_bytes || i == ATTEMPTS)
			return -1;
		most_bytes = transfer->at_bytes;
		bd_debug("the connection broke after %" PRIu64 " bytes: %s", most_bytes, err->message);
		if (!*transfer->validator && restart(transfer, err) != 0)
			return -1;
	}
	return 0;
}

static int check_url(const char *url, struct bd_error *err)
{
	for (const char *at = url; *at; at++)
		if (*at > 0 && (*at <= 0x20 || *at == 0x7f))
			return bd_usage(err, "a URL has no blanks or control characters in it");
	return 0;
}

int bd_curl_get(const struct bd_curl_request *request, int fd, struct bd_curl_answer *answer_out,
		struct bd_error *err)
{
	BD_CLOSE int heads_fd = memfd_create("heads", MFD_CLOEXEC);
	struct transfer transfer = { .request = request, .fd = fd, .heads_fd = heads_fd, .parent = getpid() };

	if (heads_fd < 0)
		return bd_fail_errno(err, "cannot run curl");
	int r = check_url(request->url, err) == 0 && restart(&transfer, err) == 0 ? get(&transfer, err) : -1;
	if (r == 0) {
		*answer_out = (struct bd_curl_answer){ .is_unchanged = transfer.head.status == 304,
						       .head = transfer.head,
						       .size_bytes = transfer.at_bytes };
		bd_digest_end(transfer.digest, answer_out->sha256);
	}
	bd_digest_free(&transfer.digest);
	return r;
}
