/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the keys that are more than one plain value: the guest's name and UUID, its CPUs, how it boots, the machine
 * of an HVM guest. */
#include "libxl/config/guest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "libxl/config/cpus.h"
#include "libxl/config/set_string.h"
#include "libxl/config/values.h"

/* Xen's own limit for PV guests, the highest of all types. */
#define VCPU_LIMIT 8192
/* Where xl looks for the firmware of PV and PVH guests (its XENFIRMWAREDIR); Debian's, unless the build says. */
#ifndef BD_XENFIRMWAREDIR
#define BD_XENFIRMWAREDIR "/usr/lib/xen-" BD_XEN_RELEASE "/boot"
#endif

static int read_name(struct bd_reader *reader, struct bd_error *err)
{
	const char *name = NULL;
	if (bd_get_string(reader, "name", &name, err))
		return -1;
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

/* xl still heeds it where there is no type; it is refused, but what else the config says is judged by what it means. */
static int read_builder(struct bd_reader *reader, const char **type_out, struct bd_error *err)
{
	const char *builder = NULL;
	if (bd_get_string(reader, "builder", &builder, err))
		return -1;
	*type_out = builder && !strcmp(builder, "hvm") ? "hvm" : "pv"; /* xl's default on x86 */
	return builder ? bd_try(reader,
				bd_source_fail(&reader->source, "builder", err,
					       "builder is obsolete: write type = \"%s\" instead", *type_out),
				err)
		       : 0;
}

static int read_type(struct bd_reader *reader, struct bd_error *err)
{
	const char *type = NULL;
	if (bd_get_string(reader, "type", &type, err) || (!type && read_builder(reader, &type, err)))
		return -1;
	if (strcmp(type, "pv") && strcmp(type, "pvh") && strcmp(type, "hvm"))
		return bd_source_fail(&reader->source, "type", err, "type = \"%s\": must be pv, pvh or hvm", type);
	if (libxl_domain_type_from_string(type, &reader->config->c_info.type))
		return bd_source_fail(&reader->source, "type", err, "this libxl does not know the type \"%s\"", type);
	return 0;
}

static int read_uuid(struct bd_reader *reader, struct bd_error *err)
{
	libxl_uuid *uuid = &reader->config->c_info.uuid;
	const char *text = NULL;
	if (bd_get_string(reader, "uuid", &text, err))
		return -1;
	if (!text)
		libxl_uuid_generate(uuid);
	else if (libxl_uuid_from_string(uuid, text))
		return bd_source_fail(&reader->source, "uuid", err, "\"%s\" is not a UUID", text);
	return 0;
}

int bd_read_identity(struct bd_reader *reader, struct bd_error *err)
{
	int r = read_type(reader, err);
	reader->has_type = r == 0;
	if (r)
		reader->config->c_info.type = LIBXL_DOMAIN_TYPE_PV;
	if (bd_try(reader, r, err) || bd_try(reader, read_name(reader, err), err))
		return -1;
	return bd_try(reader, read_uuid(reader, err), err);
}

static bool has_masks(const struct bd_xlconf *xlconf)
{
	return xlconf->cpumask || xlconf->pv_cpumask || xlconf->hvm_cpumask;
}

int bd_read_vcpus(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	long vcpus = 0, maximum = 0;
	if (bd_get_long(reader, "vcpus", 1, VCPU_LIMIT, &vcpus, err) ||
	    bd_get_long(reader, "maxvcpus", 1, VCPU_LIMIT, &maximum, err))
		return -1;
	/* Without both, libxl makes it one. The maps of `cpus` must be counted here (xl before 4.21 loses them). */
	if (!vcpus && !maximum && (bd_is_used(reader, "cpus") || has_masks(reader->env->xlconf)))
		vcpus = 1;
	if (maximum && maximum < vcpus)
		return bd_source_fail(&reader->source, "maxvcpus", err, "maxvcpus is less than vcpus");

	build->max_vcpus = (int)(maximum ? maximum : vcpus);
	if (!vcpus)
		return 0;
	if (bd_bitmap_alloc(&build->avail_vcpus, (int)vcpus, err))
		return -1;
	for (int vcpu = 0; vcpu < vcpus; vcpu++)
		libxl_bitmap_set(&build->avail_vcpus, vcpu);
	return 0;
}

/* Gives the first `count` virtual CPUs a map each: that of list[i], or of `every` where it is not NULL. */
static int set_affinity(struct bd_reader *reader, int count, const char *every, char **list, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	build->vcpu_hard_affinity = calloc((size_t)count, sizeof(libxl_bitmap));
	if (!build->vcpu_hard_affinity)
		return bd_fail_errno(err, "cannot allocate the maps of %d virtual CPUs", count);
	build->num_vcpu_hard_affinity = count;
	for (int i = 0; i < count; i++)
		if (bd_cpus_parse(reader->env->ctx, every ? every : list[i], &build->vcpu_hard_affinity[i], err))
			return -1;
	return 0;
}

static int read_cpus(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	BD_DISPOSE(libxl_string_list_dispose) libxl_string_list list = NULL;
	const char *every = NULL;
	if (bd_get_list_or_string(reader, "cpus", &list, &every, err))
		return -1;

	int count = every ? build->max_vcpus : list ? libxl_string_list_length(&list) : 0;
	if (count > build->max_vcpus)
		count = build->max_vcpus;
	if (list)
		libxl_defbool_set(&build->numa_placement, false);
	struct bd_error why = BD_ERROR_INIT;
	if (count && set_affinity(reader, count, every, list, &why))
		return bd_source_fail(&reader->source, "cpus", err, "cpus: %s", why.message);
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
	if (!build->num_vcpu_hard_affinity && set_affinity(reader, build->max_vcpus, "all", NULL, err))
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
	return read_cpus(reader, err) || apply_masks(reader, err) ? -1 : 0;
}

static int read_cmdline(struct bd_reader *reader, struct bd_error *err)
{
	const char *cmdline = NULL, *root = NULL, *extra = NULL;
	if (bd_get_string(reader, "cmdline", &cmdline, err) || bd_get_string(reader, "root", &root, err) ||
	    bd_get_string(reader, "extra", &extra, err))
		return -1;
	char **member = &reader->config->b_info.cmdline;
	if (cmdline) {
		if ((root || extra) && reader->env->warn)
			reader->env->warn(reader->env->context,
					  "root and extra are ignored, because cmdline is there");
		return bd_set_string(member, cmdline, err);
	}
	if (!root)
		return extra ? bd_set_string(member, extra, err) : 0;
	BD_FREE char *both = NULL;
	if (asprintf(&both, "root=%s%s%s", root, extra ? " " : "", extra ? extra : "") < 0)
		return bd_no_memory(err);
	return bd_set_string(member, both, err);
}

/* The old way to write bootloader_args: one string, split at blanks. */
static int split_words(const char *text, libxl_string_list *list_out, struct bd_error *err)
{
	BD_FREE char *copy = strdup(text);
	libxl_string_list words = calloc(strlen(text) / 2 + 2, sizeof(*words));
	if (!copy || !words) {
		free(words);
		return bd_no_memory(err);
	}
	*list_out = words;
	char *rest = NULL;
	for (char *word = strtok_r(copy, " \t\n", &rest); word; word = strtok_r(NULL, " \t\n", &rest))
		if (bd_set_string(words++, word, err))
			return -1;
	return 0;
}

static int read_bootloader_args(struct bd_reader *reader, struct bd_error *err)
{
	const char *text = NULL;
	libxl_string_list *list = &reader->config->b_info.bootloader_args;
	if (bd_get_list_or_string(reader, "bootloader_args", list, &text, err))
		return -1;
	return text ? split_words(text, list, err) : 0;
}

static int read_hvm_firmware(struct bd_reader *reader, const char *firmware, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	if (!firmware || !strcmp(firmware, "bios") || !libxl_bios_type_from_string(firmware, &build->u.hvm.bios))
		return 0;
	if (!strcmp(firmware, "uefi")) {
		build->u.hvm.bios = LIBXL_BIOS_TYPE_OVMF;
		return 0;
	}
	return bd_set_string(&build->u.hvm.firmware, firmware, err); /* a path */
}

static int read_pv_firmware(struct bd_reader *reader, const char *firmware, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	if (!firmware)
		return 0;
	if (build->kernel)
		return bd_source_fail(&reader->source, "firmware", err,
				      "kernel and firmware cannot be used together");
	if (strcmp(firmware, "pvgrub32") && strcmp(firmware, "pvgrub64"))
		return bd_source_fail(&reader->source, "firmware", err,
				      "firmware = \"%s\": must be pvgrub32 or pvgrub64 for a %s guest", firmware,
				      libxl_domain_type_to_string(reader->config->c_info.type));
	if (asprintf(&build->kernel, "%s/%s.bin", BD_XENFIRMWAREDIR, firmware) < 0)
		return bd_no_memory(err);
	return 0;
}

#ifdef LIBXL_HAVE_BOOTLOADER_RESTRICT

/* The rows of the table have read them into the members that libxl has. */
static int read_bootloader_user(struct bd_reader *reader, struct bd_bootloader_user *user, struct bd_error *err)
{
	const libxl_domain_build_info *build = &reader->config->b_info;

	user->said = !libxl_defbool_is_default(build->bootloader_restrict);
	user->restricted = user->said && libxl_defbool_val(build->bootloader_restrict);
	return build->bootloader_user ? bd_set_string(&user->user, build->bootloader_user, err) : 0;
}

#else

static int read_bootloader_user(struct bd_reader *reader, struct bd_bootloader_user *user, struct bd_error *err)
{
	const char *name = NULL;
	long restricted = 0;

	if (bd_get_long(reader, "bootloader_restrict", 0, 1, &restricted, err) ||
	    bd_get_string(reader, "bootloader_user", &name, err))
		return -1;
	if (restricted && !bd_bootloader_can_restrict())
		return bd_source_fail(
			&reader->source, "bootloader_restrict", err,
			"bootloader_restrict needs Xen 4.18, or a libxl of Xen %s with the fixes for XSA-443",
			BD_XEN_RELEASE);
	user->said = bd_is_used(reader, "bootloader_restrict");
	user->restricted = restricted;
	return name ? bd_set_string(&user->user, name, err) : 0;
}

#endif

int bd_read_boot(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	const char *firmware = NULL;
	BD_DISPOSE(bd_bootloader_user_dispose) struct bd_bootloader_user ignored = { 0 };
	struct bd_bootloader_user *user = reader->env->bootloader_user;
	if (bd_try(reader, read_bootloader_user(reader, user ? user : &ignored, err), err) ||
	    bd_try(reader, read_cmdline(reader, err), err) || bd_try(reader, read_bootloader_args(reader, err), err))
		return -1;
	if (bd_get_string(reader, "firmware", &firmware, err))
		return bd_try(reader, -1, err);
	if (!reader->has_type)
		return 0;
	if (reader->config->c_info.type == LIBXL_DOMAIN_TYPE_HVM)
		return read_hvm_firmware(reader, firmware, err);
	if (read_pv_firmware(reader, firmware, err))
		return bd_try(reader, -1, err);
	if (!build->bootloader && !build->kernel)
		return bd_fail(err, EINVAL, "%s: a %s guest needs a bootloader, a kernel or a firmware",
			       reader->source.path, libxl_domain_type_to_string(reader->config->c_info.type));
	return 0;
}
