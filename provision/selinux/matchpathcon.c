/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs matchpathcon for each type of file, with as many paths as one run takes, and checks what it answers. */
#include "selinux/matchpathcon.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/process/run.h"
#include "base/text.h"
#include "sandbox/program.h"

/* Of the paths in one run. execve(2) takes 128 KiB at least, and the environment is a part of that. */
#define ARGUMENTS_BYTES_LEAST ((size_t)32 << 10)
#define ARGUMENTS_BYTES_MAX ((size_t)1 << 20)
#define FIXED_ARGUMENTS 7
#define LABEL_BYTES_MAX 1023
#define LABELS_BYTES_MAX ((size_t)256 << 20) /* of all answers: how long they are is up to the policy */
#define CPU_S_MAX 20.0 /* compiling Fedora's takes less than one */

static const struct type {
	mode_t type;
	const char *letter;
} types[] = { { S_IFREG, "f" }, { S_IFDIR, "d" }, { S_IFLNK, "l" }, { S_IFCHR, "c" },
	      { S_IFBLK, "b" }, { S_IFIFO, "p" }, { S_IFSOCK, "s" } };

struct asking {
	const char *specs;
	struct bd_selinux_query **asked; /* in the next run; has room for all */
	size_t count; /* of those */
	size_t label_bytes; /* of the answers so far */
};

void bd_selinux_queries_free(struct bd_selinux_query *queries, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(queries[i].path);
		free(queries[i].label);
	}
	free(queries);
}

/* A regular expression can be made so that it takes very long to match. */
static int check_time(void *context, struct bd_error *err)
{
	const struct bd_child *child = context;

	return bd_cpu_seconds(child->pid) <= CPU_S_MAX
		       ? 0
		       : bd_fail(err, ETIME,
				 "its policy is damaged or malicious: matchpathcon takes too long with it");
}

static int read_all(struct bd_child *child, char *text_out, size_t size, struct bd_error *err)
{
	size_t used = 0;
	ssize_t got;

	do {
		if (bd_child_wait_output(child, check_time, child, err) != 0)
			return -1;
		got = read(child->output_fd, text_out + used, size - used);
		used += got > 0 ? (size_t)got : 0;
	} while (got > 0 && used < size);
	if (used == size)
		return bd_fail(err, EINVAL, "matchpathcon writes too much");
	text_out[used] = '\0';
	return bd_child_finish(child, err);
}

static bool is_label(const char *text, size_t size)
{
	if (!size || size > LABEL_BYTES_MAX)
		return false;
	for (size_t i = 0; i < size; i++)
		if (!isgraph((unsigned char)text[i]))
			return false;
	return true;
}

static int take_label(struct asking *asking, struct bd_selinux_query *query, const char *text, size_t size,
		      struct bd_error *err)
{
	if (strncmp(text, "<<none>>", size) == 0)
		return 0;
	asking->label_bytes += size + 1;
	if (asking->label_bytes > LABELS_BYTES_MAX)
		return bd_fail(err, E2BIG, "the labels of its policy take too much memory");
	query->label = strndup(text, size);
	return query->label ? 0 : bd_no_memory(err);
}

/* A line for each path. */
static int take_labels(struct asking *asking, const char *text, struct bd_error *err)
{
	for (size_t i = 0; i < asking->count; i++) {
		size_t size = strcspn(text, "\n");
		if (text[size] != '\n' || !is_label(text, size))
			return bd_fail(err, EINVAL, "matchpathcon answers what is no label");
		if (take_label(asking, asking->asked[i], text, size, err) != 0)
			return -1;
		text += size + 1;
	}
	return *text ? bd_fail(err, EINVAL, "matchpathcon answers more than it was asked") : 0;
}

static int ask(struct asking *asking, const struct type *type, struct bd_error *err)
{
	BD_DISPOSE(bd_child_dispose) struct bd_child child = BD_CHILD_INIT;
	const char *const fixed[FIXED_ARGUMENTS - 1] = { "matchpathcon", "-n", "-N", "-m", type->letter, "-f" };
	char input[BD_PROGRAM_PATH_SIZE];
	size_t size = asking->count * (LABEL_BYTES_MAX + 1) + 2;
	BD_FREE char *text = malloc(size);
	BD_FREE const char **argv = (const char **)calloc(FIXED_ARGUMENTS + asking->count + 1, sizeof(*argv));
	const struct bd_program program = { .read_fd = -1, .write_fd = -1 };

	if (!text || !argv)
		return bd_no_memory(err);
	bd_program_path(STDIN_FILENO, input);
	memcpy(argv, fixed, sizeof(fixed));
	argv[FIXED_ARGUMENTS - 1] = input;
	for (size_t i = 0; i < asking->count; i++)
		argv[FIXED_ARGUMENTS + i] = asking->asked[i]->path;
	struct bd_run run = bd_program_run(argv, &program);
	run.stdin_text = asking->specs;
	if (bd_child_start_run(&run, &child, err) != 0)
		return err->code == ENOPKG
			       ? bd_fail(err, ENOPKG,
					 "matchpathcon is not installed; Debian: apt-get install selinux-utils")
			       : -1;
	if (read_all(&child, text, size, err) != 0)
		return -1;
	return take_labels(asking, text, err);
}

static size_t argument_room(void)
{
	long most = sysconf(_SC_ARG_MAX);
	size_t room = most > 0 ? (size_t)most / 4 : 0;

	if (room < ARGUMENTS_BYTES_LEAST)
		return ARGUMENTS_BYTES_LEAST;
	return room < ARGUMENTS_BYTES_MAX ? room : ARGUMENTS_BYTES_MAX;
}

static int ask_for_type(struct asking *asking, const struct type *type, struct bd_selinux_query *queries,
			size_t count, struct bd_error *err)
{
	size_t bytes = 0, room = argument_room();

	asking->count = 0;
	for (size_t i = 0; i < count; i++) {
		if ((queries[i].mode & S_IFMT) != type->type)
			continue;
		size_t needed = strlen(queries[i].path) + 1 + sizeof(char *);
		if (asking->count && needed > room - bytes) {
			if (ask(asking, type, err) != 0)
				return -1;
			asking->count = bytes = 0;
		}
		asking->asked[asking->count++] = &queries[i];
		bytes = needed < room - bytes ? bytes + needed : room;
	}
	return asking->count ? ask(asking, type, err) : 0;
}

int bd_selinux_ask(const char *contexts, struct bd_selinux_query *queries, size_t count, struct bd_error *err)
{
	BD_FREE struct bd_selinux_query **asked = (struct bd_selinux_query **)calloc(count + 1, sizeof(*asked));
	BD_FREE char *specs = NULL;

	if (!asked)
		return bd_no_memory(err);
	/* What begins so is not taken for a compiled one, whatever the template has. */
	if (bd_text_format(&specs, err, "# file_contexts\n%s", contexts) != 0)
		return -1;
	struct asking asking = { .specs = specs, .asked = asked };
	for (size_t t = 0; t < sizeof(types) / sizeof(*types); t++)
		if (ask_for_type(&asking, &types[t], queries, count, err) != 0)
			return -1;
	return 0;
}
