/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recreates the xl config of a running domain from libxl's data about it. */
#include "libxl/recover.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <libxl_utils.h>

#include "base/cleanup.h"
#include "libxl/async.h"
#include "libxl/config/table.h"

/* A config's string. Control characters cannot stand in one. */
static void put_quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, out);
	}
	fputc('"', out);
}

static void put_string(FILE *out, const char *key, const char *value)
{
	if (!value)
		return;
	fprintf(out, "%s = ", key);
	put_quoted(out, value);
	fputc('\n', out);
}

static void put_list(FILE *out, const char *key, char **items)
{
	if (!items || !*items)
		return;
	fprintf(out, "%s = [ ", key);
	for (char **item = items; *item; item++) {
		if (item != items)
			fputs(", ", out);
		put_quoted(out, *item);
	}
	fputs(" ]\n", out);
}

static void put_true(FILE *out, const char *key, libxl_defbool value)
{
	if (!libxl_defbool_is_default(value))
		fprintf(out, "%s = %d\n", key, libxl_defbool_val(value));
}

static void put_identity(FILE *out, const libxl_domain_config *config)
{
	const libxl_domain_build_info *build = &config->b_info;
	int vcpus = libxl_bitmap_count_set(&build->avail_vcpus);

	put_string(out, "name", config->c_info.name);
	fprintf(out, "uuid = \"" LIBXL_UUID_FMT "\"\n", LIBXL_UUID_BYTES(config->c_info.uuid));
	put_string(out, "type", libxl_domain_type_to_string(config->c_info.type));
	if (build->target_memkb != LIBXL_MEMKB_DEFAULT)
		fprintf(out, "memory = %" PRIu64 "\n", build->target_memkb / 1024);
	if (build->max_memkb != LIBXL_MEMKB_DEFAULT && build->max_memkb / 1024 != build->target_memkb / 1024)
		fprintf(out, "maxmem = %" PRIu64 "\n", build->max_memkb / 1024);
	if (vcpus)
		fprintf(out, "vcpus = %d\n", vcpus);
	if (build->max_vcpus && build->max_vcpus != vcpus)
		fprintf(out, "maxvcpus = %d\n", build->max_vcpus);
}

static void put_hvm(FILE *out, const libxl_domain_build_info *build)
{
	put_string(out, "boot", build->u.hvm.boot);
	if (build->u.hvm.bios == LIBXL_BIOS_TYPE_OVMF)
		put_string(out, "firmware", "uefi");
	put_string(out, "firmware", build->u.hvm.firmware);
	put_string(out, "serial", build->u.hvm.serial);
	put_list(out, "serial", build->u.hvm.serial_list);
	put_true(out, "vnc", build->u.hvm.vnc.enable);
	put_string(out, "vnclisten", build->u.hvm.vnc.listen);
	put_string(out, "keymap", build->u.hvm.keymap);
	put_true(out, "usb", build->u.hvm.usb);
	put_string(out, "usbdevice", build->u.hvm.usbdevice);
	put_list(out, "usbdevice", build->u.hvm.usbdevice_list);
}

static void put_boot(FILE *out, const libxl_domain_config *config)
{
	const libxl_domain_build_info *build = &config->b_info;

	put_string(out, "bootloader", build->bootloader);
	put_list(out, "bootloader_args", build->bootloader_args);
#ifdef LIBXL_HAVE_BOOTLOADER_RESTRICT
	put_true(out, "bootloader_restrict", build->bootloader_restrict);
	put_string(out, "bootloader_user", build->bootloader_user);
#endif
	put_string(out, "kernel", build->kernel);
	put_string(out, "ramdisk", build->ramdisk);
	put_string(out, "cmdline", build->cmdline);
	if (config->c_info.type == LIBXL_DOMAIN_TYPE_HVM)
		put_hvm(out, build);
}

/* target= comes last, as it takes the rest of the string. */
static void put_disk(FILE *out, const libxl_domain_config *config, int number)
{
	const libxl_device_disk *disk = &config->disks[number];

	fprintf(out, "vdev=%s, access=%s", disk->vdev, disk->readwrite ? "rw" : "ro");
	if (disk->format != LIBXL_DISK_FORMAT_UNKNOWN)
		fprintf(out, ", format=%s", libxl_disk_format_to_string(disk->format));
	if (disk->is_cdrom)
		fputs(", devtype=cdrom", out);
	if (disk->backend == LIBXL_DISK_BACKEND_QDISK || disk->backend == LIBXL_DISK_BACKEND_TAP)
		fprintf(out, ", backendtype=%s", libxl_disk_backend_to_string(disk->backend));
	if (disk->script && *disk->script)
		fprintf(out, ", script=%s", disk->script);
	if (disk->backend_domname)
		fprintf(out, ", backend=%s", disk->backend_domname);
	if (disk->pdev_path && *disk->pdev_path)
		fprintf(out, ", target=%s", disk->pdev_path);
}

static bool is_default_script(const char *script)
{
	const char *slash = strrchr(script, '/');

	return !strcmp(slash ? slash + 1 : script, "vif-bridge");
}

static void put_nic(FILE *out, const libxl_domain_config *config, int number)
{
	const libxl_device_nic *nic = &config->nics[number];
	bool is_hvm = config->c_info.type == LIBXL_DOMAIN_TYPE_HVM;
	const struct {
		const char *key, *value;
	} texts[] = { { "bridge", nic->bridge },
		      { "gatewaydev", nic->gatewaydev },
		      { "ip", nic->ip },
		      { "script", nic->script && !is_default_script(nic->script) ? nic->script : NULL },
		      { "backend", nic->backend_domname },
		      { "model", is_hvm ? nic->model : NULL } };

	fprintf(out, "mac=" LIBXL_MAC_FMT, LIBXL_MAC_BYTES(nic->mac));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].value && *texts[i].value)
			fprintf(out, ", %s=%s", texts[i].key, texts[i].value);
	if (is_hvm && nic->nictype == LIBXL_NIC_TYPE_VIF)
		fputs(", type=vif", out);
}

/* A list of specifications, each written by itself first, and then quoted as a whole. -1: out of memory. */
static int put_specs(FILE *out, const char *key,
		     void (*put)(FILE *out, const libxl_domain_config *config, int number),
		     const libxl_domain_config *config, int count)
{
	for (int i = 0; i < count; i++) {
		BD_FREE char *spec = NULL;
		size_t size;
		FILE *spec_out = open_memstream(&spec, &size);
		if (!spec_out)
			return -1;
		put(spec_out, config, i);
		if (fclose(spec_out) != 0)
			return -1;
		if (i == 0)
			fprintf(out, "%s = [", key);
		fputs(i ? ",\n  " : "\n  ", out);
		put_quoted(out, spec);
	}
	fputs(count ? "\n]\n" : "", out);
	return 0;
}

static void put_action(FILE *out, const char *key, libxl_action_on_shutdown action)
{
	const libxl_enum_string_table *word = bd_action_words;

	while (word->s && word->v != (int)action)
		word++;
	put_string(out, key, word->s);
}

/* What a guest can have and these lines do not tell. */
static void put_missing(FILE *out, const libxl_domain_config *config)
{
	const struct {
		const char *what;
		int count;
	} others[] = { { "vfb", config->num_vfbs },	  { "vkb", config->num_vkbs },
		       { "pci", config->num_pcidevs },	  { "usbctrl", config->num_usbctrls },
		       { "usbdev", config->num_usbdevs }, { "p9", config->num_p9s },
		       { "vtpm", config->num_vtpms },	  { "channel", config->num_channels },
		       { "rdm", config->num_rdms },	  { "cpus", config->b_info.num_vcpu_hard_affinity } };
	const char *before = "# Not told here, though the guest has it: ";

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (!others[i].count)
			continue;
		fprintf(out, "%s%s", before, others[i].what);
		before = ", ";
	}
	if (*before == ',')
		fputs("; see xl list -l.\n", out);
}

static int put_all(FILE *out, uint32_t domid, const libxl_domain_config *config)
{
	fprintf(out,
		"# Written by xen-bigdisk from what libxl keeps of the running domain %u; review it. Keys not listed have xl's defaults.\n",
		domid);
	put_missing(out, config);
	put_identity(out, config);
	put_boot(out, config);
	if (put_specs(out, "disk", put_disk, config, config->num_disks) ||
	    put_specs(out, "vif", put_nic, config, config->num_nics))
		return -1;
	put_action(out, "on_poweroff", config->on_poweroff);
	put_action(out, "on_reboot", config->on_reboot);
	put_action(out, "on_crash", config->on_crash);
	return 0;
}

static int emit_config(uint32_t domid, const libxl_domain_config *config, bd_emit_fn *emit, void *context,
		       struct bd_error *err)
{
	BD_FREE char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int r = out ? put_all(out, domid, config) : -1;

	if ((out && fclose(out) != 0) || r)
		return bd_no_memory(err);
	emit(context, text, size);
	return 0;
}

int bd_recover(struct bd_toolstack *toolstack, uint32_t domid, bd_emit_fn *emit, void *context, struct bd_error *err)
{
	BD_DISPOSE(libxl_domain_config_dispose) libxl_domain_config config;

	bd_xen_forget(&toolstack->xen);
	libxl_domain_config_init(&config);
	if (domid == 0)
		return bd_fail(err, EPERM, "domain 0 is this host's own, and has no config");
	if (!bd_xen_has_domain(&toolstack->xen, domid))
		return bd_fail(err, ESRCH, "there is no domain %u", domid);
	int rc = libxl_retrieve_domain_configuration(toolstack->xen.ctx, domid, &config, NULL);
	if (rc)
		return bd_xen_fail(&toolstack->xen, rc, err, "cannot read what libxl keeps of domain %u", domid);
	return emit_config(domid, &config, emit, context, err);
}
