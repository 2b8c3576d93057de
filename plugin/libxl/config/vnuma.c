/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads vnuma = [ [ "pnode=0", "size=512", "vcpus=0-1", "vdistances=10,20" ], ... ]. */
#include "libxl/config/vnuma.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "libxl/config/cpus.h"
#include "libxl/config/pairs.h"
#include "libxl/config/values.h"

/* What all nodes have together. */
struct sums {
	unsigned long vcpus;
	uint64_t memkb;
};

static int set_pnode(struct bd_reader *reader, libxl_vnode_info *node, const char *value, struct bd_error *err)
{
	unsigned long number;
	if (bd_parse_ulong(value, &number, err))
		return -1;
	libxl_physinfo host;
	libxl_physinfo_init(&host);
	/* Without a hypervisor nobody knows how many there are. */
	bool known = reader->env->ctx && libxl_get_physinfo(reader->env->ctx, &host) == 0;
	uint32_t count = host.nr_nodes;
	libxl_physinfo_dispose(&host);
	if (known && number >= count)
		return bd_fail(err, EINVAL, "pnode=%lu: the host has %u nodes", number, count);
	node->pnode = (uint32_t)number;
	libxl_defbool_set(&reader->config->b_info.numa_placement, false);
	return 0;
}

static int set_vcpus(libxl_vnode_info *node, char *value, struct sums *sums, struct bd_error *err)
{
	char *rest = NULL;
	for (char *word = strtok_r(value, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		unsigned long first, last;
		if (bd_parse_range(word, &first, &last, err))
			return -1;
		if (last >= BD_VCPU_LIMIT)
			return bd_fail(err, EINVAL, "vcpus=%s: there are at most %d", word, BD_VCPU_LIMIT);
		for (unsigned long vcpu = first; vcpu <= last; vcpu++, sums->vcpus++)
			libxl_bitmap_set(&node->vcpus, (int)vcpu);
	}
	return 0;
}

static int set_distances(libxl_vnode_info *node, char *value, struct bd_error *err)
{
	char *rest = NULL;
	int i = 0;
	for (char *word = strtok_r(value, ",", &rest); word; word = strtok_r(NULL, ",", &rest), i++) {
		unsigned long distance;
		if (i == node->num_distances)
			return bd_fail(err, EINVAL, "vdistances has more numbers than there are nodes");
		if (bd_parse_ulong(word, &distance, err))
			return -1;
		node->distances[i] = (uint32_t)distance;
	}
	return 0;
}

static int set_size(libxl_vnode_info *node, const char *value, struct sums *sums, struct bd_error *err)
{
	unsigned long mib;
	if (bd_parse_ulong(value, &mib, err))
		return -1;
	node->memkb = (uint64_t)mib << 10;
	sums->memkb += node->memkb;
	return 0;
}

static int set_option(struct bd_reader *reader, libxl_vnode_info *node, char *text, struct sums *sums,
		      struct bd_error *err)
{
	struct bd_pair pair;
	if (bd_pair_split(text, true, &pair, err))
		return -1;
	if (!strcmp(pair.name, "pnode"))
		return set_pnode(reader, node, pair.value, err);
	if (!strcmp(pair.name, "size"))
		return set_size(node, pair.value, sums, err);
	if (!strcmp(pair.name, "vcpus"))
		return set_vcpus(node, pair.value, sums, err);
	if (!strcmp(pair.name, "vdistances"))
		return set_distances(node, pair.value, err);
	bd_reader_warn(reader, "vnuma", "vnuma: unknown key \"%s\": ignored, as xl does", pair.name);
	return 0;
}

static int read_node(struct bd_reader *reader, XLU_ConfigValue *item, libxl_vnode_info *node, struct sums *sums,
		     struct bd_error *err)
{
	XLU_ConfigList *options = NULL;
	if (xlu_cfg_value_get_list(reader->source.xlu, item, &options, 1))
		return bd_fail(err, EINVAL, "it must be a list: [ \"pnode=0\", \"size=512\", ... ]");
	XLU_ConfigValue *option;
	for (int i = 0; (option = xlu_cfg_get_listitem2(options, i)); i++) {
		char *text = NULL;
		if (xlu_cfg_value_type(option) != XLU_STRING ||
		    xlu_cfg_value_get_string(reader->source.xlu, option, &text, 1))
			continue;
		BD_FREE char *copy = strdup(text);
		if (!copy)
			return bd_no_memory(err);
		if (set_option(reader, node, copy, sums, err))
			return -1;
	}
	return 0;
}

static int make_nodes(libxl_domain_build_info *build, int count, struct bd_error *err)
{
	build->vnuma_nodes = calloc((size_t)count, sizeof(*build->vnuma_nodes));
	if (!build->vnuma_nodes)
		return bd_no_memory(err);
	for (int i = 0; i < count; i++) {
		libxl_vnode_info *node = &build->vnuma_nodes[i];
		libxl_vnode_info_init(node);
		build->num_vnuma_nodes = i + 1;
		node->distances = calloc((size_t)count, sizeof(*node->distances));
		if (!node->distances)
			return bd_no_memory(err);
		node->num_distances = count;
		if (bd_bitmap_alloc(&node->vcpus, build->max_vcpus ? build->max_vcpus : BD_VCPU_LIMIT, err))
			return -1;
	}
	return 0;
}

static int settle_vcpus(struct bd_reader *reader, unsigned long vcpus, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	if (build->max_vcpus && (unsigned long)build->max_vcpus != vcpus)
		return bd_source_fail(&reader->source, "vnuma", err, "vnuma has %lu vcpus, and maxvcpus is %d", vcpus,
				      build->max_vcpus);
	long host = reader->env->ctx ? libxl_get_online_cpus(reader->env->ctx) : sysconf(_SC_NPROCESSORS_ONLN);
	if (!build->max_vcpus && host > 0 && vcpus > (unsigned long)host)
		return bd_source_fail(
			&reader->source, "vnuma", err,
			"vnuma has %lu vcpus, and the host %ld CPUs: add maxvcpus = %lu if that is meant", vcpus,
			host, vcpus);
	build->max_vcpus = (int)vcpus;
	return 0;
}

static int settle_memory(struct bd_reader *reader, uint64_t memkb, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	if (build->max_memkb != LIBXL_MEMKB_DEFAULT && build->max_memkb != memkb)
		return bd_source_fail(&reader->source, "vnuma", err,
				      "the sizes of vnuma are %llu MiB together, and maxmem is %llu",
				      (unsigned long long)memkb >> 10, (unsigned long long)build->max_memkb >> 10);
	build->max_memkb = memkb;
	return 0;
}

int bd_read_vnuma(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	XLU_ConfigList *list = NULL;
	struct sums sums = { 0 };
	int count = 0;
	int e = xlu_cfg_get_list(reader->source.xlu, "vnuma", &list, &count, 1);
	if (e == EINVAL)
		bd_reader_warn(reader, "vnuma", "vnuma must be a list of lists: ignored, as xl does");
	if (e || !count)
		return 0;
	if (make_nodes(build, count, err))
		return -1;
	for (int i = 0; i < count; i++) {
		struct bd_error why = BD_ERROR_INIT;
		if (read_node(reader, xlu_cfg_get_listitem2(list, i), &build->vnuma_nodes[i], &sums, &why))
			return bd_reader_fail_item(reader, "vnuma", i + 1, &why, err);
	}
	return settle_vcpus(reader, sums.vcpus, err) || settle_memory(reader, sums.memkb, err) ? -1 : 0;
}
