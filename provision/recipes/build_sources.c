/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Derives package sources for another suite from the mirrors that this machine itself uses. */
#include "recipes/build_sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/process/run.h"

int bd_words_add(struct bd_words *words, const char *word, struct bd_error *err)
{
	if (bd_array_reserve(words->words, words->capacity, words->count + 2, err) != 0)
		return -1;
	words->words[words->count] = strdup(word);
	if (!words->words[words->count])
		return bd_no_memory(err);
	words->words[++words->count] = NULL;
	return 0;
}

void bd_words_dispose(struct bd_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free((char *)words->words[i]);
	free(words->words);
	*words = (struct bd_words){ 0 };
}

static int add_once(struct bd_words *words, const char *line, struct bd_error *err)
{
	for (size_t i = 0; i < words->count; i++)
		if (strcmp(words->words[i], line) == 0)
			return 0;
	return bd_words_add(words, line, err);
}

/* "bookworm-security" of this machine stands for the security updates of the suite. */
static int add_target(struct bd_words *words, const char *suite, const char *uri, const char *codename,
		      struct bd_error *err)
{
	const char *pocket = strchr(codename, '-');
	char line[1024];

	if (pocket && strcmp(pocket, "-updates") != 0 && strcmp(pocket, "-security") != 0)
		return 0;
	/* sid has neither. */
	if (pocket && (strcmp(suite, "sid") == 0 || strcmp(suite, "unstable") == 0))
		return 0;
	snprintf(line, sizeof(line), "deb %s %s%s main", uri, suite, pocket ? pocket : "");
	return add_once(words, line, err);
}

int bd_build_sources_from(struct bd_words *words, const char *suite, const char *targets, struct bd_error *err)
{
	BD_FREE char *text = strdup(targets);
	char *rest = NULL;

	if (!text)
		return bd_no_memory(err);
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *blank = strchr(line, ' ');
		if (!blank || blank == line || !blank[1] || strchr(blank + 1, ' ') || !strstr(line, ":/"))
			continue;
		*blank = '\0';
		if (add_target(words, suite, line, blank + 1, err) != 0)
			return -1;
	}
	return 0;
}

int bd_build_add_sources(struct bd_words *words, const char *suite, struct bd_error *err)
{
	static const char *const argv[] = {
		"apt-get",	  "indextargets",    "--format", "$(REPO_URI) $(CODENAME)", "Created-By: Packages",
		"Origin: Debian", "Component: main", NULL
	};
	char output[16384];
	struct bd_error none = BD_ERROR_INIT;

	if (bd_run(&(struct bd_run){ .argv = argv, .output = output, .output_size = sizeof(output) }, &none) != 0)
		return none.code == BD_ECANCELED ? bd_fail_as(err, &none, "%s", none.message) : 0;
	return bd_build_sources_from(words, suite, output, err);
}
