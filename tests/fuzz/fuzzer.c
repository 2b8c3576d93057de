/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program for libFuzzer: the target is named by FUZZ_TARGET in the environment. `make fuzz` runs them all. */
#include "targets.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fuzz_target *target;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = getenv("FUZZ_TARGET");

	(void)argc;
	(void)argv;
	for (size_t i = 0; name && i < sizeof(fuzz_targets) / sizeof(*fuzz_targets); i++)
		if (strcmp(fuzz_targets[i].name, name) == 0)
			target = &fuzz_targets[i];
	if (target)
		return 0;
	fputs("FUZZ_TARGET has to be one of", stderr);
	for (size_t i = 0; i < sizeof(fuzz_targets) / sizeof(*fuzz_targets); i++)
		fprintf(stderr, " %s", fuzz_targets[i].name);
	fputc('\n', stderr);
	exit(2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	target->run(data, size);
	return 0;
}
