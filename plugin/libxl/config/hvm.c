/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the keys of an HVM guest's machine that are more than one plain value. */
#include "libxl/config/hvm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <xen/xen.h>

#include <xen/hvm/params.h>

#include "base/cleanup.h"
#include "libxl/config/cpus.h"
#include "libxl/config/set_string.h"
#include "libxl/config/values.h"

/* What xl takes; the 100th is an error. */
#define OEM_STRINGS_LIMIT 99

int bd_read_timer_mode(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err)
{
	if (reader->has_type && reader->config->c_info.type == LIBXL_DOMAIN_TYPE_PV)
		return bd_source_fail(&reader->source, key->name, err, "%s is not supported for PV guests",
				      key->name);
	return bd_read_choice(reader, key, err);
}

static int read_ports(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	const char *serial = NULL, *usbdevice = NULL;
	if (bd_get_list_or_string(reader, "serial", &build->u.hvm.serial_list, &serial, err) ||
	    bd_get_list_or_string(reader, "usbdevice", &build->u.hvm.usbdevice_list, &usbdevice, err))
		return -1;
	if (serial && bd_set_string(&build->u.hvm.serial, serial, err))
		return -1;
	return usbdevice ? bd_set_string(&build->u.hvm.usbdevice, usbdevice, err) : 0;
}

/* The old way to write vga, which has precedence. */
static void read_stdvga(struct bd_reader *reader)
{
	const char *vga = NULL;
	long stdvga = 0;
	if (xlu_cfg_get_string(reader->source.xlu, "vga", &vga, 1) && bd_get_long(reader, "stdvga", &stdvga))
		reader->config->b_info.u.hvm.vga.kind =
			stdvga ? LIBXL_VGA_INTERFACE_TYPE_STD : LIBXL_VGA_INTERFACE_TYPE_CIRRUS;
	else if (vga && bd_is_used(reader, "stdvga"))
		bd_reader_warn(reader, "stdvga", "stdvga is ignored, because vga is there");
}

int bd_read_gfx_passthru(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err)
{
	libxl_defbool *wanted = &reader->config->b_info.u.hvm.gfx_passthru;
	const char *kind = NULL;
	long number = 0;
	if (!xlu_cfg_get_long(reader->source.xlu, key->name, &number, 1)) {
		libxl_defbool_set(wanted, number != 0);
		return 0;
	}
	bd_get_string(reader, key->name, &kind);
	if (!kind)
		return 0;
	libxl_defbool_set(wanted, true);
	return bd_read_word(reader, key, err);
}

static int read_enlightenment(struct bd_reader *reader, const char *word, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	libxl_bitmap *set = &build->u.hvm.viridian_enable, *reset = &build->u.hvm.viridian_disable;
	int bit = 0;
	if (!strcmp(word, "all")) {
		libxl_bitmap_set_any(set);
		return 0;
	}
	if (!strcmp(word, "defaults")) {
		libxl_defbool_set(&build->u.hvm.viridian, true);
		return 0;
	}
	bool negated = *word == '!';
	struct bd_error why = BD_ERROR_INIT;
	if (bd_parse_word(word + negated, libxl_viridian_enlightenment_string_table, &bit, &why))
		return bd_source_fail(&reader->source, "viridian", err, "viridian: %s", why.message);
	libxl_bitmap_set(negated ? reset : set, bit);
	libxl_bitmap_reset(negated ? set : reset, bit);
	return 0;
}

static int read_viridian(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	XLU_ConfigList *list = NULL;
	const char *string = NULL;
	int count = 0;
	if (!xlu_cfg_get_string(reader->source.xlu, "viridian", &string, 1)) {
		bd_copy_defbool(reader, "viridian", &build->u.hvm.viridian);
		return 0;
	}
	bd_get_list(reader, "viridian", &list, &count);
	if (count &&
	    (bd_bitmap_alloc(&build->u.hvm.viridian_enable, LIBXL_BUILDINFO_HVM_VIRIDIAN_ENABLE_DISABLE_WIDTH, err) ||
	     bd_bitmap_alloc(&build->u.hvm.viridian_disable, LIBXL_BUILDINFO_HVM_VIRIDIAN_ENABLE_DISABLE_WIDTH, err)))
		return -1;
	for (int i = 0; i < count; i++)
		if (bd_try(reader, read_enlightenment(reader, xlu_cfg_get_listitem(list, i), err), err))
			return -1;
	return 0;
}

static int read_genid(struct bd_reader *reader, struct bd_error *err)
{
	libxl_ms_vm_genid *genid = &reader->config->b_info.u.hvm.ms_vm_genid;
	const char *word = NULL;
	bd_get_string(reader, "ms_vm_genid", &word);
	if (!word || !strcmp(word, "none"))
		return 0;
	if (strcmp(word, "generate"))
		return bd_source_fail(&reader->source, "ms_vm_genid", err,
				      "ms_vm_genid = \"%s\": must be generate or none", word);
	if (getrandom(genid->bytes, sizeof(genid->bytes), 0) != (ssize_t)sizeof(genid->bytes))
		return bd_fail_errno(err, "cannot generate a VM generation ID");
	return 0;
}

static int read_mca_caps(struct bd_reader *reader, struct bd_error *err)
{
	XLU_ConfigList *list = NULL;
	const char *string = NULL;
	int count = 0;
	if (!xlu_cfg_get_string(reader->source.xlu, "mca_caps", &string, 1))
		return bd_source_fail(&reader->source, "mca_caps", err,
				      "mca_caps must be a list: mca_caps = [ \"lmce\" ]");
	bd_get_list(reader, "mca_caps", &list, &count);
	for (int i = 0; i < count; i++) {
		if (strcmp(xlu_cfg_get_listitem(list, i), "lmce"))
			return bd_source_fail(&reader->source, "mca_caps", err, "mca_caps: \"%s\": must be lmce",
					      xlu_cfg_get_listitem(list, i));
		reader->config->b_info.u.hvm.mca_caps |= XEN_HVM_MCA_CAP_LMCE;
	}
	return 0;
}

#ifdef LIBXL_HAVE_BUILDINFO_HVM_SMBIOS

static int read_smbios_item(const char *text, libxl_smbios *item, struct bd_error *err)
{
	int type = 0;
	const char *equals = strchr(text, '=');
	if (!equals || !equals[1])
		return bd_fail(err, EINVAL, "\"%s\" is not key=value", text);
	BD_FREE char *name = strndup(text, (size_t)(equals - text));
	if (!name)
		return bd_no_memory(err);
	if (bd_parse_word(name, libxl_smbios_type_string_table, &type, err))
		return -1;
	item->key = (libxl_smbios_type)type;
	return bd_set_string(&item->value, equals + 1, err);
}

static int read_smbios(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	XLU_ConfigList *list = NULL;
	const char *string = NULL;
	int count = 0, oem = 0;
	if (!xlu_cfg_get_string(reader->source.xlu, "smbios", &string, 1))
		return bd_source_fail(&reader->source, "smbios", err, "smbios must be a list: smbios = [ \"...\" ]");
	bd_get_list(reader, "smbios", &list, &count);
	build->u.hvm.smbios = calloc((size_t)count + 1, sizeof(*build->u.hvm.smbios));
	if (!build->u.hvm.smbios)
		return bd_no_memory(err);
	for (int i = 0; i < count; i++) {
		struct bd_error why = BD_ERROR_INIT;
		libxl_smbios_init(&build->u.hvm.smbios[i]);
		build->u.hvm.num_smbios = i + 1;
		if (read_smbios_item(xlu_cfg_get_listitem(list, i), &build->u.hvm.smbios[i], &why))
			return bd_reader_fail_item(reader, "smbios", i + 1, &why, err);
		oem += build->u.hvm.smbios[i].key == LIBXL_SMBIOS_TYPE_OEM;
	}
	if (oem > OEM_STRINGS_LIMIT)
		return bd_source_fail(&reader->source, "smbios", err, "smbios: there can be at most %d oem strings",
				      OEM_STRINGS_LIMIT);
	return 0;
}

#else

static int read_smbios(struct bd_reader *reader, struct bd_error *err)
{
	(void)reader;
	(void)err;
	return 0;
}

#endif

static void check_kernel(struct bd_reader *reader)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	const char *slash = build->kernel ? strrchr(build->kernel, '/') : NULL;
	if (!build->kernel || strcmp(slash ? slash + 1 : build->kernel, "hvmloader") != 0)
		return;
	bd_reader_warn(
		reader, "kernel",
		"hvmloader is loaded without being named: kernel is ignored, as xl does; another firmware is named by "
		"firmware_override");
	free(build->kernel);
	build->kernel = NULL;
}

static void check_overrides(struct bd_reader *reader)
{
	if (bd_is_used(reader, "bios_path_override") && !bd_is_used(reader, "bios"))
		bd_reader_warn(reader, "bios_path_override",
			       "bios_path_override is there, and bios does not say which it is");
}

int bd_read_hvm(struct bd_reader *reader, struct bd_error *err)
{
	static int (*const readers[])(struct bd_reader *, struct bd_error *) = {
		read_ports, read_viridian, read_genid, read_mca_caps, read_smbios,
	};
	check_kernel(reader);
	check_overrides(reader);
	read_stdvga(reader);
	for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++)
		if (bd_try(reader, readers[i](reader, err), err))
			return -1;
	return 0;
}
