/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the guest's type, name, UUID and label, and its CPUs. */
#include "libxl/config/guest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "libxl/config/cpus.h"
#include "libxl/config/set_string.h"
#include "libxl/config/values.h"
#include "libxl/config/vnuma.h"

static int read_name(struct bd_reader *reader, struct bd_error *err)
{
	const char *name = NULL;
	bd_get_string(reader, "name", &name);
	if (!name)
		return bd_fail(err, EINVAL, "%s: name is missing: add name = \"...\"", reader->source.path);
	if (!*name || strlen(name) > 255)
		return bd_source_fail(&reader->source, "name", err, "a name has 1 to 255 characters");
	/* It becomes part of paths: the logs', xenstore's. */
	for (const char *at = name; *at; at++)
		if (*at == '/' || (unsigned char)*at < 0x20 || *at == 0x7f)
			return bd_source_fail(&reader->source, "name", err,
					      "a name has no \"/\" and no control characters");
	return bd_set_string(&reader->config->c_info.name, name, err);
}

/* xl takes the beginning of a word for the word, and of several the first. */
static bool begins(const char *word, const char *beginning)
{
	return strncmp(word, beginning, strlen(beginning)) == 0;
}

static int read_type(struct bd_reader *reader, libxl_domain_type *type, struct bd_error *err)
{
	const char *text = NULL;
	bd_get_string(reader, "type", &text);
	if (!text)
		return 0;
	*type = begins("hvm", text)   ? LIBXL_DOMAIN_TYPE_HVM
		: begins("pv", text)  ? LIBXL_DOMAIN_TYPE_PV
		: begins("pvh", text) ? LIBXL_DOMAIN_TYPE_PVH
				      : LIBXL_DOMAIN_TYPE_INVALID;
	if (*type == LIBXL_DOMAIN_TYPE_INVALID)
		return bd_source_fail(&reader->source, "type", err, "type = \"%s\": must be pv, pvh or hvm", text);
	return 0;
}

/* What said it before there was type. */
static int read_builder(struct bd_reader *reader, libxl_domain_type *type, struct bd_error *err)
{
	const char *text = NULL;
	bd_get_string(reader, "builder", &text);
	if (!text)
		return 0;
	if (!begins("hvm", text) && !begins("generic", text))
		return bd_source_fail(
			&reader->source, "builder", err,
			"builder = \"%s\": must be hvm or generic; write type = \"pv\", \"pvh\" or \"hvm\" "
			"instead",
			text);
	libxl_domain_type meant = begins("hvm", text) ? LIBXL_DOMAIN_TYPE_HVM : LIBXL_DOMAIN_TYPE_PV;
	if (*type != LIBXL_DOMAIN_TYPE_INVALID && *type != meant)
		return bd_source_fail(&reader->source, "builder", err,
				      "builder = \"%s\" contradicts type = \"%s\": remove it", text,
				      libxl_domain_type_to_string(*type));
	*type = meant;
	return 0;
}

static int read_uuid(struct bd_reader *reader, struct bd_error *err)
{
	libxl_uuid *uuid = &reader->config->c_info.uuid;
	const char *text = NULL;
	bd_get_string(reader, "uuid", &text);
	if (!text)
		libxl_uuid_generate(uuid);
	else if (libxl_uuid_from_string(uuid, text))
		return bd_source_fail(&reader->source, "uuid", err, "\"%s\" is not a UUID", text);
	return 0;
}

/* With init_seclabel, seclabel is the label from the end of the building on. */
static int read_labels(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_config *config = reader->config;
	char **first = &config->c_info.ssid_label;
	if (bd_copy_string(reader, "init_seclabel", first, err))
		return -1;
	return bd_copy_string(reader, "seclabel", *first ? &config->b_info.exec_ssid_label : first, err);
}

int bd_read_identity(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_type type = LIBXL_DOMAIN_TYPE_INVALID;
	int r = read_type(reader, &type, err);
	reader->has_type = r == 0;
	if (bd_try(reader, r, err))
		return -1;
	r = read_builder(reader, &type, err);
	reader->has_type = reader->has_type && r == 0;
	if (bd_try(reader, r, err))
		return -1;
	/* xl's default on x86. */
	reader->config->c_info.type = type == LIBXL_DOMAIN_TYPE_INVALID ? LIBXL_DOMAIN_TYPE_PV : type;
	if (bd_try(reader, read_name(reader, err), err) || bd_try(reader, read_uuid(reader, err), err))
		return -1;
	return read_labels(reader, err);
}

static bool has_masks(const struct bd_xlconf *xlconf)
{
	return xlconf->cpumask || xlconf->pv_cpumask || xlconf->hvm_cpumask;
}

static int read_vcpu_count(struct bd_reader *reader, const char *key, long *count, struct bd_error *err)
{
	if (bd_get_long(reader, key, count) && (*count < 1 || *count > BD_VCPU_LIMIT))
		return bd_source_fail(&reader->source, key, err, "%s = %ld: must be from 1 to %d", key, *count,
				      BD_VCPU_LIMIT);
	return 0;
}

int bd_read_vcpus(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	long vcpus = 0, maximum = 0;
	if (read_vcpu_count(reader, "vcpus", &vcpus, err) || read_vcpu_count(reader, "maxvcpus", &maximum, err))
		return -1;
	build->max_vcpus = (int)maximum;
	/* It counts for what neither says. */
	if (bd_read_vnuma(reader, err))
		return -1;
	/* Without both, libxl makes it one. The maps of `cpus` must be counted here (xl before 4.21 loses them). */
	if (!vcpus && !build->max_vcpus && (bd_is_used(reader, "cpus") || has_masks(reader->env->xlconf)))
		vcpus = 1;
	if (!build->max_vcpus)
		build->max_vcpus = (int)vcpus;
	if (build->max_vcpus < vcpus)
		return bd_source_fail(&reader->source, "maxvcpus", err, "maxvcpus is less than vcpus");
	if (!vcpus)
		return 0;
	if (bd_bitmap_alloc(&build->avail_vcpus, (int)vcpus, err))
		return -1;
	for (int vcpu = 0; vcpu < vcpus; vcpu++)
		libxl_bitmap_set(&build->avail_vcpus, vcpu);
	return 0;
}

/* Where the maps of the virtual CPUs are: the CPUs that they must run on, or should. */
struct affinity {
	libxl_bitmap **maps;
	int *count;
};

static struct affinity hard_affinity(libxl_domain_build_info *build)
{
	return (struct affinity){ &build->vcpu_hard_affinity, &build->num_vcpu_hard_affinity };
}

static struct affinity soft_affinity(libxl_domain_build_info *build)
{
	return (struct affinity){ &build->vcpu_soft_affinity, &build->num_vcpu_soft_affinity };
}

/* Gives the first `count` virtual CPUs a map each: that of list[i], or of `every` where it is not NULL. */
static int set_affinity(struct bd_reader *reader, struct affinity affinity, int count, const char *every, char **list,
			struct bd_error *err)
{
	*affinity.maps = calloc((size_t)count, sizeof(libxl_bitmap));
	if (!*affinity.maps)
		return bd_fail_errno(err, "cannot allocate the maps of %d virtual CPUs", count);
	*affinity.count = count;
	for (int i = 0; i < count; i++)
		if (bd_cpus_parse(reader->env->ctx, every ? every : list[i], &(*affinity.maps)[i], err))
			return -1;
	return 0;
}

/* Reads cpus or cpus_soft. */
static int read_cpus(struct bd_reader *reader, const char *key, struct affinity affinity, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	BD_DISPOSE(libxl_string_list_dispose) libxl_string_list list = NULL;
	const char *every = NULL;
	if (bd_get_list_or_string(reader, key, &list, &every, err))
		return -1;

	int count = every ? build->max_vcpus : list ? libxl_string_list_length(&list) : 0;
	if (count > build->max_vcpus)
		count = build->max_vcpus;
	/* Who chooses CPUs himself does not have libxl choose a node. */
	if (list || (every && affinity.count == &build->num_vcpu_soft_affinity))
		libxl_defbool_set(&build->numa_placement, false);
	struct bd_error why = BD_ERROR_INIT;
	if (count && set_affinity(reader, affinity, count, every, list, &why))
		return bd_source_fail(&reader->source, key, err, "%s: %s", key, why.message);
	return 0;
}

/* The CPUs that xl.conf leaves to guests of this type. */
static int read_masks(struct bd_reader *reader, libxl_bitmap *mask_out, struct bd_error *err)
{
	const struct bd_xlconf *xlconf = reader->env->xlconf;
	bool pv = reader->config->c_info.type == LIBXL_DOMAIN_TYPE_PV;
	const char *own = pv ? xlconf->pv_cpumask : xlconf->hvm_cpumask;
	BD_DISPOSE(libxl_bitmap_dispose) libxl_bitmap by_type = { 0 };
	if (bd_cpus_parse(reader->env->ctx, own ? own : "all", &by_type, err) ||
	    bd_cpus_parse(reader->env->ctx, xlconf->cpumask ? xlconf->cpumask : "all", mask_out, err))
		return bd_wrap(err, "cannot use the CPU masks of xl.conf");
	int cpu;
	libxl_for_each_bit(cpu, *mask_out) if (!libxl_bitmap_test(&by_type, cpu)) libxl_bitmap_reset(mask_out, cpu);
	return 0;
}

static int apply_masks(struct bd_reader *reader, struct bd_error *err)
{
	const struct bd_xlconf *xlconf = reader->env->xlconf;
	libxl_domain_build_info *build = &reader->config->b_info;
	if (!has_masks(xlconf))
		return 0;
	BD_DISPOSE(libxl_bitmap_dispose) libxl_bitmap mask = { 0 };
	if (read_masks(reader, &mask, err))
		return -1;
	if (libxl_bitmap_is_full(&mask))
		return 0;
	if (!build->num_vcpu_hard_affinity &&
	    set_affinity(reader, hard_affinity(build), build->max_vcpus, "all", NULL, err))
		return -1;
	for (int i = 0; i < build->num_vcpu_hard_affinity; i++) {
		int cpu;
		libxl_for_each_set_bit(cpu, build->vcpu_hard_affinity[i]) if (!libxl_bitmap_test(&mask, cpu))
			libxl_bitmap_reset(&build->vcpu_hard_affinity[i], cpu);
	}
	return 0;
}

int bd_read_affinity(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	if (bd_try(reader, read_cpus(reader, "cpus", hard_affinity(build), err), err) ||
	    bd_try(reader, read_cpus(reader, "cpus_soft", soft_affinity(build), err), err))
		return -1;
	return apply_masks(reader, err);
}
