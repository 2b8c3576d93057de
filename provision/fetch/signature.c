/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs gpgv, and reads its status lines. Descriptors have names for it: -&5 (--enable-special-filenames). */
#include "fetch/signature.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/file/temporary_file.h"
#include "base/process/run.h"
#include "fetch/program.h"
#include "fetch/small_file.h"
#include "sandbox/program.h"

#define STATUS_BYTES (1u << 20)

int bd_signature_check_program(struct bd_error *err)
{
	return bd_fetch_check_program(
		"gpgv", "signatures are verified by gpgv, which is not installed: install the package gpgv", err);
}

/* --- what it says ------------------------------------------------------------------------------------------------- */

/* The first word behind "[GNUPG:] KEYWORD " in the first such line; NULL: there is none. */
static const char *find_status(const char *status, const char *keyword)
{
	size_t length = strlen(keyword);

	for (const char *line = status; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (strncmp(line, "[GNUPG:] ", 9) != 0 || strncmp(line + 9, keyword, length) != 0)
			continue;
		if (line[9 + length] == ' ')
			return line + 10 + length;
		if (line[9 + length] == '\n' || !line[9 + length])
			return line + 9 + length;
	}
	return NULL;
}

int bd_signature_judge(const char *status, struct bd_error *err)
{
	static const struct {
		const char *keyword, *before, *behind;
	} refused[] = {
		{ "BADSIG", "it has been changed since the key ", " signed it" },
		{ "REVKEYSIG", "the key ", " that has signed it has been revoked" },
		{ "EXPKEYSIG", "the key ", " that has signed it has expired" },
		{ "EXPSIG", "the signature by the key ", " has expired" },
	};
	const char *key;

	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		if ((key = find_status(status, refused[i].keyword)) != NULL)
			return bd_fail(err, EACCES, "%s%.*s%s", refused[i].before, (int)strcspn(key, " \n"), key,
				       refused[i].behind);
	if (find_status(status, "GOODSIG") && find_status(status, "VALIDSIG"))
		return 0;
	if ((key = find_status(status, "NO_PUBKEY")) != NULL)
		return bd_fail(err, EACCES, "it is signed by the key %.*s, which is not in the keyring",
			       (int)strcspn(key, " \n"), key);
	if (find_status(status, "ERRSIG"))
		return bd_fail(err, EACCES, "its signature is of a kind that gpgv cannot verify");
	return bd_fail(err, EACCES, "there is no signature that gpgv can read");
}

/* --- running it --------------------------------------------------------------------------------------------------- */

struct gpgv {
	struct bd_program program; /* reads the keyring, writes its status */
	struct bd_run confined;
	int data_fd, signature_fd; /* either may be -1 */
};

static bool keep(int fd)
{
	return fd < 0 || (lseek(fd, 0, SEEK_SET) == 0 && fcntl(fd, F_SETFD, 0) == 0);
}

static bool confine(const char *path, const void *context)
{
	const struct gpgv *gpgv = context;

	return gpgv->confined.confine(path, gpgv->confined.confine_context) && keep(gpgv->data_fd) &&
	       keep(gpgv->signature_fd);
}

/* All that it writes, up to the limit; what is behind that is dropped. */
static int read_output(struct bd_child *child, char *text, size_t limit, struct bd_error *err)
{
	char spare[4096];
	size_t used = 0;

	for (;;) {
		bool full = used == limit;
		if (bd_child_wait_output(child, NULL, NULL, err) != 0)
			return -1;
		ssize_t n = read(child->output_fd, full ? spare : text + used, full ? sizeof(spare) : limit - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bd_fail_errno(err, "cannot read the output of gpgv");
		if (n == 0)
			break;
		used += full ? 0 : (size_t)n;
	}
	text[used] = '\0';
	return 0;
}

static int read_status(int fd, struct bd_error *err)
{
	BD_FREE char *status = calloc(1, STATUS_BYTES + 1);

	if (!status)
		return bd_no_memory(err);
	if (bd_pread_full(fd, status, STATUS_BYTES, 0) < 0)
		return bd_fail_errno(err, "cannot read the output of gpgv");
	return bd_signature_judge(status, err);
}

/* It fails where one of several signatures cannot be verified, and says so in its status. */
static int run(const char *const *argv, struct gpgv *gpgv, char *text, size_t limit, struct bd_error *err)
{
	BD_DISPOSE(bd_child_dispose) struct bd_child child = BD_CHILD_INIT;
	struct bd_error ended = BD_ERROR_INIT;

	gpgv->confined = bd_program_run(argv, &gpgv->program);
	struct bd_run how = gpgv->confined;
	how.confine = confine;
	how.confine_context = gpgv;
	if (bd_child_start_run(&how, &child, err) != 0 || read_output(&child, text, limit, err) != 0)
		return -1;
	if (bd_child_finish(&child, &ended) != 0 && ended.code != EIO) {
		*err = ended;
		return -1;
	}
	struct stat status;
	if (ended.code && (fstat(gpgv->program.write_fd, &status) != 0 || !status.st_size)) {
		*err = ended;
		return -1;
	}
	return read_status(gpgv->program.write_fd, err);
}

static int verify(int first_fd, int second_fd, int keyring_fd, char *text, size_t limit, struct bd_error *err)
{
	char keyring[BD_PROGRAM_PATH_SIZE], status[32], first[32], second[32];
	BD_CLOSE int status_fd = -1;

	if (bd_open_temporary(&status_fd, err) != 0)
		return -1;
	struct gpgv gpgv = { .program = { .read_fd = keyring_fd, .write_fd = status_fd, .file_bytes = STATUS_BYTES },
			     .data_fd = second_fd,
			     .signature_fd = first_fd };
	bd_program_path(keyring_fd, keyring);
	snprintf(status, sizeof(status), "%d", status_fd);
	snprintf(first, sizeof(first), "-&%d", first_fd);
	snprintf(second, sizeof(second), "-&%d", second_fd);
	const char *const argv[] = { "gpgv",
				     "--enable-special-filenames",
				     "--keyring",
				     keyring,
				     "--status-fd",
				     status,
				     "--output",
				     "-",
				     "--",
				     first,
				     second_fd >= 0 ? second : NULL,
				     NULL };
	return run(argv, &gpgv, text, limit, err);
}

int bd_signature_verify(int data_fd, int signature_fd, int keyring_fd, struct bd_error *err)
{
	char none[1];

	return verify(signature_fd, data_fd, keyring_fd, none, 0, err);
}

bool bd_is_clearsigned(const char *text)
{
	static const char begin[] = "-----BEGIN PGP SIGNED MESSAGE-----";
	const char *found = strstr(text, begin);

	return found && (found == text || found[-1] == '\n');
}

int bd_signature_read_clear(int fd, int keyring_fd, char **text_out, struct bd_error *err)
{
	BD_FREE char *text = malloc(BD_SMALL_FILE_BYTES + 1);

	if (!text)
		return bd_no_memory(err);
	if (verify(fd, -1, keyring_fd, text, BD_SMALL_FILE_BYTES, err) != 0)
		return -1;
	*text_out = bd_take_ptr(text);
	return 0;
}
