/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libxlutil, xl's own parser of configs, for tests that hold ours against it. Where the library is not there it is not
 * asked. To be included after <cmocka.h>. */
#ifndef BD_TESTS_XLU_CHECKS_H
#define BD_TESTS_XLU_CHECKS_H

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The part of libxlutil.h that is used here. */
struct xlu {
	void *(*init)(FILE *report, const char *name);
	int (*readdata)(void *cfg, const char *data, int length);
	int (*get_string)(const void *cfg, const char *name, const char **value, int quiet);
	void (*destroy)(void *cfg);
	int (*parse_rate)(void *cfg, const char *rate, void *nic);
};

static struct xlu xlu;

/* libxlutil leaks what it had read of a text that it then refuses; asked for by the leak sanitizer only. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libxlutil";
}

static int load_xlu(void **state)
{
	void *library = dlopen("libxlutil.so", RTLD_NOW);

	(void)state;
	if (!library)
		library = dlopen("libxlutil.so.4.17", RTLD_NOW);
	if (!library)
		return 0;
	*(void **)&xlu.init = dlsym(library, "xlu_cfg_init");
	*(void **)&xlu.readdata = dlsym(library, "xlu_cfg_readdata");
	*(void **)&xlu.get_string = dlsym(library, "xlu_cfg_get_string");
	*(void **)&xlu.destroy = dlsym(library, "xlu_cfg_destroy");
	*(void **)&xlu.parse_rate = dlsym(library, "xlu_vif_parse_rate");
	return 0;
}

/* Whether xl takes the text; then the value of key, NULL where it is not set or is a list. The caller frees. */
__attribute__((unused)) static bool ask_xl(const char *text, const char *key, char **value_out)
{
	FILE *report = fopen("/dev/null", "w");
	const char *value = NULL;

	assert_non_null(report);
	void *cfg = xlu.init ? xlu.init(report, "test") : NULL;
	bool takes = cfg && xlu.readdata(cfg, text, (int)strlen(text)) == 0;
	if (takes)
		xlu.get_string(cfg, key, &value, 1);
	*value_out = value ? strdup(value) : NULL;
	if (cfg)
		xlu.destroy(cfg);
	fclose(report);
	return takes;
}

#endif
