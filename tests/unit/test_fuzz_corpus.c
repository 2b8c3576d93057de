/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzz targets (tests/fuzz/targets.h) promise holds for the corpus, and for what a fixed seed makes of it: bytes changed, taken out,
 * put elsewhere, words of the formats put in. `make fuzz` has libFuzzer look further. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>

#include "../fuzz/targets.h"

#define SIZE_MAX_HERE 65536 /* of a file that is changed */

static const char *mutations_per_file(void)
{
	const char *wanted = getenv("BD_TEST_MUTATIONS");

	return wanted ? wanted : "120";
}

/* Of xorshift. */
static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

struct input {
	uint8_t *data; /* owned; of exactly that size, so that a sanitizer sees what is read beyond it */
	size_t size;
};

static struct input load(const char *path)
{
	FILE *file = fopen(path, "re");
	struct input input = { malloc(SIZE_MAX_HERE), 0 };

	if (!file)
		fail_msg("cannot open %s", path);
	assert_non_null(input.data);
	input.size = fread(input.data, 1, SIZE_MAX_HERE, file);
	assert_int_equal(fclose(file), 0);
	return input;
}

static void put(struct input *input, size_t at, const void *bytes, size_t count)
{
	if (count > SIZE_MAX_HERE - input->size)
		return;
	memmove(input->data + at + count, input->data + at, input->size - at);
	memcpy(input->data + at, bytes, count);
	input->size += count;
}

static void change(struct input *input, uint32_t *random)
{
	static const char *const words[] = { "\n",	"\\",	   "\"",     "'",	   "${",   "$",
					     "{",	"}",	   ">",	     "=",	   "\r\n", "#",
					     "if ",	"fi",	   "0x",     "..",	   "/",	   "*",
					     "[",	"-",	   "+9",     "menuentry ", "\0",   "\xff\xff\xff\xff",
					     "linux /", "initrd ", "title ", "99999999999" };
	size_t at = input->size ? next_random(random) % input->size : 0;
	size_t count = next_random(random) % 64, other = input->size ? next_random(random) % input->size : 0;
	uint8_t copy[64];

	count = count < input->size - at ? count : input->size - at;
	count = count < input->size - other ? count : input->size - other;
	switch (next_random(random) % 5) {
	case 0:
		if (input->size)
			input->data[at] ^= (uint8_t)(1u << next_random(random) % 8);
		break;
	case 1:
		memmove(input->data + at, input->data + at + count, input->size - at - count);
		input->size -= count;
		break;
	case 2:
		memcpy(copy, input->data + other, count);
		put(input, at, copy, count);
		break;
	case 3: {
		const char *word = words[next_random(random) % (sizeof(words) / sizeof(*words))];
		put(input, at, word, *word ? strlen(word) : 1);
		break;
	}
	default:
		if (input->size)
			input->data[at] = (uint8_t)next_random(random);
		break;
	}
}

static void run_exactly(const struct fuzz_target *target, const struct input *input)
{
	uint8_t *exact = malloc(input->size ? input->size : 1);

	assert_non_null(exact);
	memcpy(exact, input->data, input->size);
	target->run(exact, input->size);
	free(exact);
}

static void run_file(const struct fuzz_target *target, const char *path)
{
	const struct input whole = load(path);
	unsigned long count = strtoul(mutations_per_file(), NULL, 10);
	uint32_t random = 2463534242u;

	run_exactly(target, &whole);
	for (unsigned long i = 0; i < count; i++) {
		struct input changed = { malloc(SIZE_MAX_HERE), whole.size };
		assert_non_null(changed.data);
		memcpy(changed.data, whole.data, whole.size);
		for (unsigned long k = 0; k <= i % 8; k++)
			change(&changed, &random);
		run_exactly(target, &changed);
		free(changed.data);
	}
	free(whole.data);
}

/* Beside the corpus, what other tests have. */
static const char *const further[][2] = { { "cfg", "tests/unit/data/grub" }, { "disk", "tests/unit/data/boot" } };

static size_t run_folder(const struct fuzz_target *target, const char *folder)
{
	DIR *dir = opendir(folder);
	size_t count = 0;

	for (const struct dirent *entry; dir && (entry = readdir(dir));) {
		char path[512];
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		run_file(target, path);
		count++;
	}
	if (dir)
		closedir(dir);
	return count;
}

static void promises_hold(void **state)
{
	const struct fuzz_target *target = *state;
	char folder[512];

	snprintf(folder, sizeof(folder), "tests/fuzz/corpus/%s", target->name);
	size_t count = run_folder(target, folder);
	for (size_t i = 0; i < sizeof(further) / sizeof(*further); i++)
		if (strcmp(further[i][0], target->name) == 0)
			count += run_folder(target, further[i][1]);
	/* An empty folder would be a test that cannot fail. */
	assert_true(count > 0);
}

#define TARGETS (sizeof(fuzz_targets) / sizeof(*fuzz_targets))

int main(void)
{
	struct CMUnitTest tests[TARGETS];

	for (size_t i = 0; i < TARGETS; i++)
		tests[i] = (struct CMUnitTest){ .name = fuzz_targets[i].name,
						.test_func = promises_hold,
						.initial_state = (void *)&fuzz_targets[i] };
	return cmocka_run_group_tests_name("fuzz_corpus", tests, NULL, NULL);
}
