/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of keys. What exists in later releases only stands behind libxl's own LIBXL_HAVE_... */
#include "libxl/config/table.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "libxl/config/hvm.h"

/* 1 PiB: more than any host has, and safe to count in KiB. */
#define MEMORY_LIMIT_MIB (1l << 30)
/* Between what is below 4 GiB and what Xen keeps for itself there (HVM_BELOW_4G_MMIO_LENGTH and _START). */
#define MMIO_HOLE_LEAST_MIB 256
#define MMIO_HOLE_LIMIT_MIB 3840

/* xl's own words, which are not libxl's. */
const libxl_enum_string_table bd_action_words[] = {
	{ "destroy", LIBXL_ACTION_ON_SHUTDOWN_DESTROY },
	{ "restart", LIBXL_ACTION_ON_SHUTDOWN_RESTART },
	{ "rename-restart", LIBXL_ACTION_ON_SHUTDOWN_RESTART_RENAME },
	{ "preserve", LIBXL_ACTION_ON_SHUTDOWN_PRESERVE },
	{ "coredump-destroy", LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_DESTROY },
	{ "coredump-restart", LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART },
	{ "soft-reset", LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET },
	{ NULL, 0 },
};
static const libxl_enum_string_table vga_words[] = {
	{ "stdvga", LIBXL_VGA_INTERFACE_TYPE_STD },
	{ "cirrus", LIBXL_VGA_INTERFACE_TYPE_CIRRUS },
	{ "none", LIBXL_VGA_INTERFACE_TYPE_NONE },
	{ "qxl", LIBXL_VGA_INTERFACE_TYPE_QXL },
	{ NULL, 0 },
};
static const libxl_enum_string_table device_model_words[] = {
	{ "qemu-xen", LIBXL_DEVICE_MODEL_VERSION_QEMU_XEN },
	{ "qemu-xen-traditional", LIBXL_DEVICE_MODEL_VERSION_QEMU_XEN_TRADITIONAL },
	{ NULL, 0 },
};

#define AT(member) .offset = offsetof(libxl_domain_config, member)
#define BUILD(member) AT(b_info.member)
#define HVM_AT(member) AT(b_info.u.hvm.member)
#define ANY_INT .minimum = INT_MIN, .maximum = INT_MAX
#define NATURAL .minimum = 0, .maximum = INT_MAX
#define ANY_MIB .minimum = 0, .maximum = MEMORY_LIMIT_MIB

/* Rows without a reader belong to the functions that config.c calls, or are only told of. */
static const struct bd_key keys[] = {
	{ .name = "type", .types = BD_ANY },
	{ .name = "builder", .types = BD_ANY },
	{ .name = "name", .types = BD_ANY },
	{ .name = "uuid", .types = BD_ANY },
	{ .name = "init_seclabel", .types = BD_ANY },
	{ .name = "seclabel", .types = BD_ANY },
	{ "pool", BD_ANY, bd_read_string, AT(c_info.pool_name) },
	{ "hap", BD_ANY, bd_read_defbool, AT(c_info.hap) },
	{ "oos", BD_ANY, bd_read_defbool, AT(c_info.oos) },
	{ "driver_domain", BD_ANY, bd_read_defbool, AT(c_info.driver_domain) },
	{ "passthrough", BD_ANY, bd_read_word, AT(c_info.passthrough), .words = libxl_passthrough_string_table },
	{ "xend_suspend_evtchn_compat", BD_ANY, bd_read_defbool, AT(c_info.xend_suspend_evtchn_compat) },

	{ "memory", BD_ANY, bd_read_mib, BUILD(target_memkb), 1, MEMORY_LIMIT_MIB },
	{ "maxmem", BD_ANY, bd_read_mib, BUILD(max_memkb), 1, MEMORY_LIMIT_MIB },
	{ "shadow_memory", BD_ANY, bd_read_mib, BUILD(shadow_memkb), ANY_MIB },
	{ "videoram", BD_ANY, bd_read_mib, BUILD(video_memkb), ANY_MIB },
	{ .name = "vcpus", .types = BD_ANY },
	{ .name = "maxvcpus", .types = BD_ANY },
	{ .name = "cpus", .types = BD_ANY },
	{ .name = "cpus_soft", .types = BD_ANY },
	{ .name = "vnuma", .types = BD_ANY },
	{ "cpu_weight", BD_ANY, bd_read_int, BUILD(sched_params.weight), ANY_INT },
	{ "cap", BD_ANY, bd_read_int, BUILD(sched_params.cap), ANY_INT },
	{ "period", BD_ANY, bd_read_int, BUILD(sched_params.period), ANY_INT },
	{ "slice", BD_ANY, bd_read_int, BUILD(sched_params.slice), ANY_INT },
	{ "latency", BD_ANY, bd_read_int, BUILD(sched_params.latency), ANY_INT },
	{ "extratime", BD_ANY, bd_read_int, BUILD(sched_params.extratime), ANY_INT },

	{ "max_grant_frames", BD_ANY, bd_read_bounded, BUILD(max_grant_frames), NATURAL },
	{ "max_maptrack_frames", BD_ANY, bd_read_bounded, BUILD(max_maptrack_frames), NATURAL },
	{ "max_grant_version", BD_ANY, bd_read_bounded, BUILD(max_grant_version), NATURAL },
	{ "max_event_channels", BD_ANY, bd_read_int, BUILD(event_channels), ANY_INT },

	{ "on_poweroff", BD_ANY, bd_read_word, AT(on_poweroff), .words = bd_action_words },
	{ "on_reboot", BD_ANY, bd_read_word, AT(on_reboot), .words = bd_action_words },
	{ "on_watchdog", BD_ANY, bd_read_word, AT(on_watchdog), .words = bd_action_words },
	{ "on_crash", BD_ANY, bd_read_word, AT(on_crash), .words = bd_action_words },
	{ "on_soft_reset", BD_ANY, bd_read_word, AT(on_soft_reset), .words = bd_action_words },

	{ "nomigrate", BD_ANY, bd_read_defbool, BUILD(disable_migrate) },
	{ "rtc_timeoffset", BD_ANY, bd_read_int, BUILD(rtc_timeoffset), ANY_INT },
	{ "localtime", BD_ANY, bd_read_defbool, BUILD(localtime) },
	{ "tsc_mode", BD_ANY, bd_read_choice, BUILD(tsc_mode), LIBXL_TSC_MODE_DEFAULT, LIBXL_TSC_MODE_NATIVE_PARAVIRT,
	  libxl_tsc_mode_string_table },
	/* BD_ANY, as xl ends with an error for a PV guest. */
	{ "timer_mode", BD_ANY, bd_read_timer_mode, BUILD(timer_mode), LIBXL_TIMER_MODE_DELAY_FOR_MISSED_TICKS,
	  LIBXL_TIMER_MODE_ONE_MISSED_TICK_PENDING, libxl_timer_mode_string_table },
	{ "acpi", BD_ANY, bd_read_defbool, BUILD(acpi) },
	{ "nestedhvm", BD_ANY, bd_read_defbool, BUILD(nested_hvm) },
	{ "altp2m", BD_ANY, bd_read_choice, BUILD(altp2m), LIBXL_ALTP2M_MODE_DISABLED, LIBXL_ALTP2M_MODE_LIMITED,
	  libxl_altp2m_mode_string_table },
	{ "vmtrace_buf_kb", BD_ANY, bd_read_int, BUILD(vmtrace_buf_kb), ANY_INT },
	{ "vpmu", BD_ANY, bd_read_defbool, BUILD(vpmu) },
	{ "msr_relaxed", BD_ANY, bd_read_defbool, BUILD(arch_x86.msr_relaxed),
	  .note = "msr_relaxed will be removed from a later Xen" },
	{ .name = "cpuid", .types = BD_ANY },
	{ .name = "ioports", .types = BD_ANY },
	{ .name = "irqs", .types = BD_ANY },
	{ .name = "iomem", .types = BD_ANY },

	{ "kernel", BD_ANY, bd_read_string, BUILD(kernel) },
	{ "ramdisk", BD_ANY, bd_read_string, BUILD(ramdisk) },
	{ "device_tree", BD_ANY, bd_read_string, BUILD(device_tree) },
	{ .name = "cmdline", .types = BD_ANY },
	{ .name = "root", .types = BD_ANY },
	{ .name = "extra", .types = BD_ANY },
	{ "bootloader", BD_ANY, bd_read_string, BUILD(bootloader) },
	{ .name = "bootloader_args", .types = BD_ANY },
#ifdef LIBXL_HAVE_BOOTLOADER_RESTRICT
	{ "bootloader_restrict", BD_ANY, bd_read_defbool, BUILD(bootloader_restrict) },
	{ "bootloader_user", BD_ANY, bd_read_string, BUILD(bootloader_user) },
#else
	{ .name = "bootloader_restrict", .types = BD_ANY },
	{ .name = "bootloader_user", .types = BD_ANY },
#endif
	{ .name = "firmware", .types = BD_ANY },

	{ "device_model_override", BD_ANY, bd_read_string, BUILD(device_model) },
	{ "device_model_version", BD_ANY, bd_read_word, BUILD(device_model_version), .words = device_model_words },
	{ "device_model_stubdomain_override", BD_ANY, bd_read_defbool, BUILD(device_model_stubdomain) },
	{ "device_model_stubdomain_seclabel", BD_ANY, bd_read_string, BUILD(device_model_ssid_label) },
	{ "device_model_user", BD_ANY, bd_read_string, BUILD(device_model_user) },
	{ "device_model_args", BD_ANY, bd_read_strings, BUILD(extra) },
	{ "device_model_args_pv", BD_ANY, bd_read_strings, BUILD(extra_pv) },
	{ "device_model_args_hvm", BD_ANY, bd_read_strings, BUILD(extra_hvm) },
	{ "dm_restrict", BD_ANY, bd_read_defbool, BUILD(dm_restrict) },
	{ "stubdomain_kernel", BD_ANY, bd_read_string, BUILD(stubdomain_kernel) },
	{ "stubdomain_cmdline", BD_ANY, bd_read_string, BUILD(stubdomain_cmdline) },
	{ "stubdomain_ramdisk", BD_ANY, bd_read_string, BUILD(stubdomain_ramdisk) },
	{ "stubdomain_memory", BD_ANY, bd_read_mib, BUILD(stubdomain_memkb), ANY_MIB },

	/* devices/ */
	{ .name = "disk", .types = BD_ANY },
	{ .name = "vif", .types = BD_ANY },
	{ .name = "pci", .types = BD_ANY },
	{ .name = "pci_msitranslate", .types = BD_ANY },
	{ .name = "pci_power_mgmt", .types = BD_ANY },
	{ .name = "pci_permissive", .types = BD_ANY },
	{ .name = "pci_seize", .types = BD_ANY },
	{ .name = "rdm", .types = BD_ANY },
	{ .name = "dtdev", .types = BD_ANY },
	{ .name = "usbctrl", .types = BD_ANY },
	{ .name = "usbdev", .types = BD_ANY },
	{ .name = "p9", .types = BD_ANY },
	{ .name = "vtpm", .types = BD_ANY },
	{ .name = "channel", .types = BD_ANY },
	{ .name = "pvcalls", .types = BD_ANY },
	{ .name = "vfb", .types = BD_ANY },
	{ .name = "vkb", .types = BD_ANY },
	{ .name = "vdispl", .types = BD_ANY },
	{ .name = "vsnd", .types = BD_ANY },

	/* PV and PVH */
	{ "e820_host", BD_PV, bd_read_defbool, AT(b_info.u.pv.e820_host) },
	{ "pvshim", BD_PVH, bd_read_defbool, AT(b_info.u.pvh.pvshim) },
	{ "pvshim_path", BD_PVH, bd_read_string, AT(b_info.u.pvh.pvshim_path) },
	{ "pvshim_cmdline", BD_PVH, bd_read_string, AT(b_info.u.pvh.pvshim_cmdline) },
	{ "pvshim_extra", BD_PVH, bd_read_string, AT(b_info.u.pvh.pvshim_extra) },

	/* The screen: of an HVM guest here, of a PV guest in devices/screen.c. */
	{ .name = "vnc", .types = BD_PV | BD_HVM },
	{ .name = "vnclisten", .types = BD_PV | BD_HVM },
	{ .name = "vncpasswd", .types = BD_PV | BD_HVM },
	{ .name = "vncdisplay", .types = BD_PV | BD_HVM },
	{ .name = "vncunused", .types = BD_PV | BD_HVM },
	{ .name = "sdl", .types = BD_PV | BD_HVM },
	{ .name = "opengl", .types = BD_PV | BD_HVM },
	{ .name = "display", .types = BD_PV | BD_HVM },
	{ .name = "xauthority", .types = BD_PV | BD_HVM },
	{ .name = "keymap", .types = BD_PV | BD_HVM },
	{ "vga", BD_HVM, bd_read_word, HVM_AT(vga.kind), .words = vga_words },
	{ .name = "stdvga", .types = BD_HVM },
	{ "nographic", BD_HVM, bd_read_defbool, HVM_AT(nographic) },
	{ "gfx_passthru", BD_HVM, bd_read_gfx_passthru, HVM_AT(gfx_passthru_kind),
	  .words = libxl_gfx_passthru_kind_string_table },
	{ "spice", BD_HVM, bd_read_defbool, HVM_AT(spice.enable) },
	{ "spiceport", BD_HVM, bd_read_int, HVM_AT(spice.port), ANY_INT },
	{ "spicetls_port", BD_HVM, bd_read_int, HVM_AT(spice.tls_port), ANY_INT },
	{ "spicehost", BD_HVM, bd_read_string, HVM_AT(spice.host) },
	{ "spicedisable_ticketing", BD_HVM, bd_read_defbool, HVM_AT(spice.disable_ticketing) },
	{ "spicepasswd", BD_HVM, bd_read_string, HVM_AT(spice.passwd) },
	{ "spiceagent_mouse", BD_HVM, bd_read_defbool, HVM_AT(spice.agent_mouse) },
	{ "spicevdagent", BD_HVM, bd_read_defbool, HVM_AT(spice.vdagent) },
	{ "spice_clipboard_sharing", BD_HVM, bd_read_defbool, HVM_AT(spice.clipboard_sharing) },
	{ "spiceusbredirection", BD_HVM, bd_read_int, HVM_AT(spice.usbredirection), ANY_INT },
	{ "spice_image_compression", BD_HVM, bd_read_string, HVM_AT(spice.image_compression) },
	{ "spice_streaming_video", BD_HVM, bd_read_string, HVM_AT(spice.streaming_video) },

	/* The machine of an HVM guest. */
	{ "boot", BD_HVM, bd_read_string, HVM_AT(boot) },
	{ "hdtype", BD_HVM, bd_read_word, HVM_AT(hdtype), .words = libxl_hdtype_string_table },
	{ .name = "serial", .types = BD_HVM },
	{ "usb", BD_HVM, bd_read_defbool, HVM_AT(usb) },
	{ "usbversion", BD_HVM, bd_read_int, HVM_AT(usbversion), ANY_INT },
	{ .name = "usbdevice", .types = BD_HVM },
	{ "vkb_device", BD_HVM, bd_read_defbool, HVM_AT(vkb_device) },
	{ "soundhw", BD_HVM, bd_read_string, HVM_AT(soundhw) },
	{ "xen_platform_pci", BD_HVM, bd_read_defbool, HVM_AT(xen_platform_pci) },
	{ "vendor_device", BD_HVM, bd_read_word, HVM_AT(vendor_device), .words = libxl_vendor_device_string_table },
	{ "firmware_override", BD_HVM, bd_read_string, HVM_AT(firmware) },
	{ "bios_path_override", BD_HVM, bd_read_string, HVM_AT(system_firmware) },
	{ "bios", BD_HVM, bd_read_word, HVM_AT(bios), .words = libxl_bios_type_string_table },
	{ "pae", BD_HVM, bd_read_defbool, HVM_AT(pae) },
	{ "apic", BD_HVM, bd_read_defbool, BUILD(apic) },
	{ "nx", BD_HVM, bd_read_defbool, HVM_AT(nx) },
	{ "hpet", BD_HVM, bd_read_defbool, HVM_AT(hpet) },
	{ "vpt_align", BD_HVM, bd_read_defbool, HVM_AT(vpt_align) },
	{ "acpi_s3", BD_HVM, bd_read_defbool, HVM_AT(acpi_s3) },
	{ "acpi_s4", BD_HVM, bd_read_defbool, HVM_AT(acpi_s4) },
	{ "acpi_laptop_slate", BD_HVM, bd_read_defbool, HVM_AT(acpi_laptop_slate) },
	{ "acpi_firmware", BD_HVM, bd_read_string, HVM_AT(acpi_firmware) },
	{ "smbios_firmware", BD_HVM, bd_read_string, HVM_AT(smbios_firmware) },
	{ .name = "viridian", .types = BD_HVM },
	{ "mmio_hole", BD_HVM, bd_read_mib, HVM_AT(mmio_hole_memkb), MMIO_HOLE_LEAST_MIB, MMIO_HOLE_LIMIT_MIB },
	{ "altp2mhvm", BD_HVM, bd_read_defbool, HVM_AT(altp2m), .note = "altp2mhvm is deprecated: use altp2m" },
	{ .name = "ms_vm_genid", .types = BD_HVM },
	{ "rdm_mem_boundary", BD_HVM, bd_read_mib, HVM_AT(rdm_mem_boundary_memkb), ANY_MIB },
	{ .name = "mca_caps", .types = BD_HVM },

	/* Arm. */
	{ "gic_version", BD_ANY, bd_read_word, BUILD(arch_arm.gic_version), .words = libxl_gic_version_string_table },
	{ "vuart", BD_ANY, bd_read_word, BUILD(arch_arm.vuart), .words = libxl_vuart_type_string_table },
	{ "tee", BD_ANY, bd_read_word, BUILD(tee), .words = libxl_tee_type_string_table },

#ifdef LIBXL_HAVE_BUILDINFO_ARCH_ARM_SVE_VL /* 4.18, as the virtio devices, which have no such word */
	{ "sve", BD_ANY, bd_read_word, BUILD(arch_arm.sve_vl), .words = libxl_sve_type_string_table },
	{ .name = "virtio", .types = BD_ANY },
#endif
#ifdef LIBXL_HAVE_BUILDINFO_HVM_SMBIOS
	{ .name = "smbios", .types = BD_HVM },
#endif
#ifdef LIBXL_HAVE_BUILDINFO_ARCH_NR_SPIS
	{ "nr_spis", BD_ANY, bd_read_int, BUILD(arch_arm.nr_spis), ANY_INT },
#endif
#ifdef LIBXL_HAVE_HVM_PIRQ
	{ "hvm_pirq", BD_HVM, bd_read_defbool, HVM_AT(pirq) },
#endif
#ifdef LIBXL_HAVE_BUILDINFO_LLC_COLORS
	{ .name = "llc_colors", .types = BD_ANY },
#endif

	/* What xl only knows in order to say that it is of no use. */
	{ "vncviewer", BD_ANY, .note = "vncviewer is ignored, as xl does" },
	{ "vif2", BD_ANY, .note = "vif2 is ignored, as xl does: netchannel2 is not supported" },
	{ "device_model", BD_ANY, .note = "device_model is ignored, as xl does: use device_model_override" },
};

const struct bd_key *bd_key_find(const char *name)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

bool bd_key_goes_with_type(const struct bd_reader *reader, const struct bd_key *key)
{
	libxl_domain_type type = reader->config->c_info.type;
	unsigned bit = type == LIBXL_DOMAIN_TYPE_HVM ? BD_HVM : type == LIBXL_DOMAIN_TYPE_PVH ? BD_PVH : BD_PV;
	return key->types & bit;
}

int bd_read_table(struct bd_reader *reader, struct bd_error *err)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct bd_key *key = &keys[i];
		if (!bd_is_used(reader, key->name) || !bd_key_goes_with_type(reader, key))
			continue;
		if (key->note)
			bd_reader_warn(reader, key->name, "%s", key->note);
		if (key->read && bd_try(reader, key->read(reader, key, err), err))
			return -1;
	}
	return 0;
}
