/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads cpu lists. */
#include "libxl/config/cpus.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Far above any Xen's NR_CPUS; keeps a mistyped range from becoming a huge map. */
#define HIGHEST_CPU 16383ul

struct item {
	bool all, remove, nodes;
	unsigned long first, last;
};

int bd_bitmap_alloc(libxl_bitmap *map_out, int bits, struct bd_error *err)
{
	uint32_t size = (uint32_t)(bits + 7) / 8;
	uint8_t *map = calloc(size ? size : 1, 1);
	if (!map)
		return bd_fail_errno(err, "cannot allocate a map of %d CPUs", bits);
	*map_out = (libxl_bitmap){ .size = size, .map = map };
	return 0;
}

static bool skip(const char **text, const char *prefix)
{
	size_t length = strlen(prefix);
	if (strncmp(*text, prefix, length))
		return false;
	*text += length;
	return true;
}

static bool parse_number(const char **text, unsigned long *number_out)
{
	if (!isdigit((unsigned char)**text))
		return false;
	char *end;
	*number_out = strtoul(*text, &end, 10);
	*text = end;
	return *number_out <= HIGHEST_CPU;
}

static bool parse_item(const char *text, struct item *item_out)
{
	struct item item = { 0 };
	item.remove = skip(&text, "^");
	item.nodes = skip(&text, "node:") || skip(&text, "nodes:");
	item.all = !strcmp(text, "all");
	if (item.all) {
		*item_out = item;
		return !item.remove;
	}
	if (!parse_number(&text, &item.first))
		return false;
	item.last = item.first;
	if (skip(&text, "-") && (!parse_number(&text, &item.last) || item.last < item.first))
		return false;
	*item_out = item;
	return *text == '\0';
}

static int apply_nodes(libxl_ctx *ctx, const struct item *item, libxl_bitmap *map, struct bd_error *err)
{
	if (!ctx)
		return bd_no_hypervisor(err, "which CPUs a node has can only be known where Xen runs");
	libxl_bitmap cpus;
	libxl_bitmap_init(&cpus);
	int rc = 0;
	for (unsigned long node = item->first; rc == 0 && node <= item->last; node++) {
		rc = libxl_cpu_bitmap_alloc(ctx, &cpus, 0);
		if (rc == 0)
			rc = libxl_node_to_cpumap(ctx, (int)node, &cpus);
		int cpu;
		if (rc == 0)
			libxl_for_each_set_bit(cpu, cpus) item->remove ? libxl_bitmap_reset(map, cpu)
								       : libxl_bitmap_set(map, cpu);
		libxl_bitmap_dispose(&cpus);
	}
	if (rc)
		return bd_fail(err, EINVAL, "cannot find the CPUs of the nodes %lu to %lu", item->first, item->last);
	return 0;
}

static int apply(libxl_ctx *ctx, const struct item *item, libxl_bitmap *map, struct bd_error *err)
{
	if (item->all) {
		libxl_bitmap_set_any(map);
		return 0;
	}
	if (item->nodes)
		return apply_nodes(ctx, item, map, err);
	for (unsigned long cpu = item->first; cpu <= item->last; cpu++)
		item->remove ? libxl_bitmap_reset(map, (int)cpu) : libxl_bitmap_set(map, (int)cpu);
	return 0;
}

/* How many CPUs the map must hold. */
static int count_cpus(libxl_ctx *ctx, const char *list)
{
	if (ctx)
		return libxl_get_max_cpus(ctx);
	long count = sysconf(_SC_NPROCESSORS_CONF);
	for (const char *at = list; *at;) {
		unsigned long number;
		if (!isdigit((unsigned char)*at))
			at++;
		else if (parse_number(&at, &number) && (long)number >= count)
			count = (long)number + 1;
	}
	return (int)count;
}

int bd_cpus_parse(libxl_ctx *ctx, const char *list, libxl_bitmap *map_out, struct bd_error *err)
{
	BD_FREE char *copy = strdup(list);
	if (!copy)
		return bd_fail_errno(err, "cannot read a cpu list");
	int count = count_cpus(ctx, list);
	if (count < 0)
		return bd_fail(err, EIO, "cannot get the number of CPUs from Xen");

	BD_DISPOSE(libxl_bitmap_dispose) libxl_bitmap map = { 0 };
	if (bd_bitmap_alloc(&map, count, err))
		return -1;
	char *rest = NULL;
	for (char *text = strtok_r(copy, ",", &rest); text; text = strtok_r(NULL, ",", &rest)) {
		struct item item;
		if (!parse_item(text, &item))
			return bd_fail(err, EINVAL, "\"%s\" is not a CPU, a range of CPUs, \"all\" or a node", text);
		if (apply(ctx, &item, &map, err))
			return -1;
	}
	*map_out = map;
	map = (libxl_bitmap){ 0 };
	return 0;
}
