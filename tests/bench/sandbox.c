/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the sandbox costs a command: a sandboxed child that does nothing, against a plain one, in turn, in one process that has all of
 * the program in it but main. The plain child has the same pipe, so the difference is what confines the child, and ends it.
 *
 *     sandbox FILE ROUNDS
 *
 * FILE is what the child may read. Prints the median times in ms: sandboxed and plain. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/sandbox.h"

#define MEMORY_BYTES (UINT64_C(1) << 30)
#define IDLE_CPU_S 60

static void do_nothing(void *context, int input_fd, int output_fd)
{
	(void)context, (void)input_fd, (void)output_fd;
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int fail(const char *what)
{
	fprintf(stderr, "sandbox: %s\n", what);
	return 1;
}

static int run_sandboxed(int input_fd)
{
	const struct bd_sandbox_job job = {
		.input_fd = input_fd, .work = do_nothing, .memory_bytes = MEMORY_BYTES, .idle_cpu_s = IDLE_CPU_S
	};
	struct bd_sandbox sandbox = BD_SANDBOX_INIT;
	struct bd_error err = BD_ERROR_INIT;
	char byte;
	size_t got;
	int r = 0;

	if (bd_sandbox_start(&job, &sandbox, &err) != 0 || bd_sandbox_read(&sandbox, &byte, 1, &got, &err) != 0 ||
	    bd_sandbox_finish(&sandbox, &err) != 0)
		r = fail(err.message);
	else if (got)
		r = fail("output of a child that writes nothing");
	bd_sandbox_dispose(&sandbox);
	return r;
}

static int run_plain(void)
{
	int ends[2], status;
	char byte;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return fail("no pipe");
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	close(ends[1]);
	if (pid < 0)
		return fail("no child");
	int r = read(ends[0], &byte, 1) == 0 && waitpid(pid, &status, 0) == pid && status == 0
			? 0
			: fail("the plain child failed");
	close(ends[0]);
	return r;
}

static int compare(const void *a_pointer, const void *b_pointer)
{
	const double *a = a_pointer, *b = b_pointer;

	return (*a > *b) - (*a < *b);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

int main(int argc, char **argv)
{
	long rounds = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	int input_fd = argc == 3 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;

	if (rounds < 1 || rounds > 1000000 || input_fd < 0)
		return fail("usage: sandbox FILE ROUNDS");
	double *times[2] = { calloc((size_t)rounds, sizeof(double)), calloc((size_t)rounds, sizeof(double)) };
	if (!times[0] || !times[1])
		return fail("no memory");
	/* The first round warms up and does not count. */
	for (long i = -1; i < rounds; i++) {
		double begin = now_ms();
		if (run_sandboxed(input_fd) != 0)
			return 1;
		double middle = now_ms();
		if (run_plain() != 0)
			return 1;
		if (i >= 0) {
			times[0][i] = middle - begin;
			times[1][i] = now_ms() - middle;
		}
	}
	printf("%.3f %.3f\n", median(times[0], (size_t)rounds), median(times[1], (size_t)rounds));
	free(times[0]);
	free(times[1]);
	return 0;
}
