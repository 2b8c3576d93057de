/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each key of xl.cfg(5) becomes: the parts of the JSON that `xl create --dryrun` has for it and not without it, as
 * tools/xl/xl_parse.c of Xen 4.17 has them; tests/lab/suite/60-configs.t compares with xl itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugin_checks.h"

#define PVH "name = \"web01\"\n" UUID "type = \"pvh\"\nkernel = \"/k\"\n"
#define PARTS_MAX 3

static void check_parts(const char *text, const char *const *parts)
{
	for (size_t i = 0; i < PARTS_MAX && parts[i]; i++)
		check_gives(text, parts[i]);
}

static void every_key_reaches_libxl_as_xl_hands_it_over(void **state)
{
	static const struct {
		const char *text, *parts[PARTS_MAX];
	} facts[] = {
		{ PV "init_seclabel = \"system_u:system_r:domU_t\"\n", {
		  "\"ssid_label\":\"system_u:system_r:domU_t\"" } },
		{ PV "init_seclabel = \"a\"\nseclabel = \"system_u:system_r:domU_r\"\n", {
		  "\"exec_ssid_label\":\"system_u:system_r:domU_r\"" } },
		{ PV "pool = \"Pool-0\"\n", { "\"pool_name\":\"Pool-0\"" } },
		{ PV "hap = 1\n", { "\"hap\":\"True\"" } },
		{ PV "oos = 0\n", { "\"oos\":\"False\"" } },
		{ PV "driver_domain = 1\n", { "\"driver_domain\":\"True\"" } },
		{ PV "passthrough = \"disabled\"\n", { "\"passthrough\":\"disabled\"" } },
		{ PV "xend_suspend_evtchn_compat = 1\n", { "\"xend_suspend_evtchn_compat\":\"True\"" } },
		{ PV "memory = 256\n", { "\"max_memkb\":262144", "\"target_memkb\":262144" } },
		{ PV "maxmem = 512\n", { "\"max_memkb\":524288" } },
		{ PV "shadow_memory = 8\n", { "\"shadow_memkb\":8192" } },
		{ PV "videoram = 4\n", { "\"video_memkb\":4096" } },
		{ PV "vcpus = 2\n", { "\"max_vcpus\":2", "\"avail_vcpus\":[0,1]" } },
		{ PV "maxvcpus = 4\n", { "\"max_vcpus\":4" } },
		{ PV "vcpus = 2\ncpus = [ \"0\", \"0\" ]\n", { "\"vcpu_hard_affinity\":[[0],[0]]",
		  "\"numa_placement\":\"False\"" } },
		{ PV "maxvcpus = 2\ncpus_soft = \"0\"\n", { "\"vcpu_soft_affinity\":[[0],[0]]",
		  "\"numa_placement\":\"False\"" } },
		{ PV "cpu_weight = 300\n", { "\"weight\":300" } },
		{ PV "cap = 50\n", { "\"cap\":50" } },
		{ PV "period = 1\n", { "\"period\":1" } },
		{ PV "slice = 2\n", { "\"slice\":2" } },
		{ PV "latency = 3\n", { "\"latency\":3" } },
		{ PV "extratime = 0\n", { "\"extratime\":0" } },
		{ PV "max_event_channels = 500\n", { "\"event_channels\":500" } },
		{ PV "max_grant_frames = 64\n", { "\"max_grant_frames\":64" } },
		{ PV "max_maptrack_frames = 65\n", { "\"max_maptrack_frames\":65" } },
		{ PV "max_grant_version = 1\n", { "\"max_grant_version\":1" } },
		{ PV "nomigrate = 1\n", { "\"disable_migrate\":\"True\"" } },
		{ PV "rtc_timeoffset = 60\n", { "\"rtc_timeoffset\":60" } },
		{ PV "localtime = 1\n", { "\"localtime\":\"True\"" } },
		{ PV "tsc_mode = \"native\"\n", { "\"tsc_mode\":\"native\"" } },
		{ PV "acpi = 0\n", { "\"acpi\":\"False\"" } },
		{ PV "nestedhvm = 0\n", { "\"nested_hvm\":\"False\"" } },
		{ PV "altp2m = \"external\"\n", { "\"altp2m\":\"external\"" } },
		{ PV "vmtrace_buf_kb = 64\n", { "\"vmtrace_buf_kb\":64" } },
		{ PV "vpmu = 1\n", { "\"vpmu\":\"True\"" } },
		{ PV "msr_relaxed = 1\n", { "\"msr_relaxed\":\"True\"" } },
		{ PV "cpuid = \"host,htt=0,family=6\"\n", {
		  "\"cpuid\":{\"cpuid\":[{\"leaf\":1,\"eax\":\"xxxx00000000xxxxxxxx0110xxxxxxxx\","
		  "\"edx\":\"xxx0xxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}],\"msr\":[]}" } },
		{ PV "ioports = [ \"2f8-2ff\", \"60\" ]\n", {
		  "\"ioports\":[{\"first\":760,\"number\":8},{\"first\":96,\"number\":1}]" } },
		{ PV "irqs = [ \"5\", \"10\" ]\n", { "\"irqs\":[5,10]" } },
		{ PV "iomem = [ \"a0,20\", \"f0000,1@e0000\" ]\n", {
		  "\"iomem\":[{\"start\":160,\"number\":32},{\"start\":983040,\"number\":1,\"gfn\":917504}]" } },
		{ PV "kernel = \"/k\"\n", { "\"kernel\":\"/k\"" } },
		{ PV "ramdisk = \"/r\"\n", { "\"ramdisk\":\"/r\"" } },
		{ PV "device_tree = \"/dt\"\n", { "\"device_tree\":\"/dt\"" } },
		{ PV "root = \"/dev/xvda1 ro\"\n", { "\"cmdline\":\"root=/dev/xvda1 ro\"" } },
		{ PV "extra = \"quiet\"\n", { "\"cmdline\":\"quiet\"" } },
		{ PV "bootloader_args = [ \"--quiet\", \"-x\" ]\n", { "\"bootloader_args\":[\"--quiet\",\"-x\"]" } },
		{ PV "device_model_override = \"/usr/bin/qemu\"\n", { "\"device_model\":\"/usr/bin/qemu\"" } },
		{ PV "device_model_version = \"qemu-xen-traditional\"\n", {
		  "\"device_model_version\":\"qemu_xen_traditional\"" } },
		{ PV "device_model_stubdomain_override = 1\n", { "\"device_model_stubdomain\":\"True\"" } },
		{ PV "device_model_stubdomain_seclabel = \"x\"\n", { "\"device_model_ssid_label\":\"x\"" } },
		{ PV "device_model_user = \"nobody\"\n", { "\"device_model_user\":\"nobody\"" } },
		{ PV "device_model_args = [ \"-a\" ]\n", { "\"extra\":[\"-a\"]" } },
		{ PV "device_model_args_pv = [ \"-b\", \"-c\" ]\n", { "\"extra_pv\":[\"-b\",\"-c\"]" } },
		{ PV "device_model_args_hvm = [ \"-d\" ]\n", { "\"extra_hvm\":[\"-d\"]" } },
		{ PV "dm_restrict = 1\n", { "\"dm_restrict\":\"True\"" } },
		{ PV "stubdomain_kernel = \"/sk\"\n", { "\"stubdomain_kernel\":\"/sk\"" } },
		{ PV "stubdomain_cmdline = \"sc\"\n", { "\"stubdomain_cmdline\":\"sc\"" } },
		{ PV "stubdomain_ramdisk = \"/sr\"\n", { "\"stubdomain_ramdisk\":\"/sr\"" } },
		{ PV "stubdomain_memory = 99\n", { "\"stubdomain_memkb\":101376" } },
		{ PV "e820_host = 1\n", { "\"e820_host\":\"True\"" } },
		{ PV "pci = [ \"01:00.0\" ]\npci_msitranslate = 1\n", {
		  "\"pcidevs\":[{\"bus\":1,\"vfunc_mask\":1,\"msitranslate\":true," "\"rdm_policy\":\"strict\"}]"
		  } },
		{ PV "pci = [ \"01:00.0\" ]\npci_power_mgmt = 1\n", {
		  "\"pcidevs\":[{\"bus\":1,\"vfunc_mask\":1,\"power_mgmt\":true,\"rdm_policy\":\"strict\"}]" } },
		{ PV "pci = [ \"01:00.0\" ]\npci_permissive = 1\n", {
		  "\"pcidevs\":[{\"bus\":1,\"vfunc_mask\":1,\"permissive\":true,\"rdm_policy\":\"strict\"}]" } },
		{ PV "pci = [ \"01:00.0\" ]\npci_seize = 1\n", {
		  "\"pcidevs\":[{\"bus\":1,\"vfunc_mask\":1,\"seize\":true,\"rdm_policy\":\"strict\"}]" } },
		{ PV "pci = [ \"01:00.0\", \"0000:02:01.2@5,permissive=0,rdm_policy=strict\" ]\n", {
		  "\"e820_host\":\"True\"",
		  "\"pcidevs\":[{\"bus\":1,\"vfunc_mask\":1,\"rdm_policy\":\"strict\"},{\"func\":2,"
		  "\"dev\":1,\"bus\":2,\"vdevfn\":40,\"vfunc_mask\":1,\"rdm_policy\":\"strict\"}]" } },
		{ PV "dtdev = [ \"/soc/a\", \"/soc/b\" ]\n", {
		  "\"dtdevs\":[{\"path\":\"/soc/a\"},{\"path\":\"/soc/b\"}]" } },
		{ PV "usbctrl = [ \"type=pv, version=2, ports=4\", \"version=1\" ]\n", {
		  "\"usbctrls\":[{\"type\":\"pv\",\"devid\":0,\"version\":2,\"ports\":4},{\"devid\":1,"
		  "\"version\":1}]" } },
		{ PV "usbdev = [ \"type=hostdev, hostbus=1, hostaddr=3, controller=0, port=2\" ]\n", {
		  "\"usbdevs\":[{\"ctrl\":0,\"port\":2,\"type.hostdev\":{\"hostbus\":1,\"hostaddr\":3}}]" } },
		{ PV "p9 = [ \"tag=share,path=/srv,security_model=none,backend=0\" ]\n", {
		  "\"p9s\":[{\"backend_domname\":\"0\",\"tag\":\"share\",\"path\":\"/srv\","
		  "\"security_model\":\"none\"}]" } },
		{ PV "vtpm = [ \"backend=vtpmd, uuid=22222222-2222-3333-4444-555555555555\" ]\n", {
		  "\"vtpms\":[{\"backend_domname\":\"vtpmd\",\"devid\":0,"
		  "\"uuid\":\"22222222-2222-3333-4444-555555555555\"}]" } },
		{ PV "channel = [ \"connection=pty, name=a\", \"name = b, connection = socket,"
		  " path = /run/b.sock, backend = 0\" ]\n", {
		  "\"channels\":[{\"name\":\"a\",\"connection.pty\":{}},{\"backend_domname\":\"0\","
		  "\"name\":\"b\",\"connection.socket\":{\"path\":\"/run/b.sock\"}}]" } },
		{ PV "pvcalls = [ \"backend=0\", \"\" ]\n", {
		  "\"pvcallsifs\":[{\"backend_domname\":\"0\",\"devid\":0},{\"devid\":1}]" } },
		{ PV "vfb = [ \"vnc=1,vnclisten=0.0.0.0,vncpasswd=x,vncdisplay=3,vncunused=0,keymap=de\","
		  " \"sdl=1,opengl=1,display=:0,xauthority=/x\" ]\n", {
		  "\"vfbs\":[{\"devid\":0,\"vnc\":{\"enable\":\"True\",\"listen\":\"0.0.0.0\","
		  "\"passwd\":\"x\",\"display\":3,\"findunused\":\"False\"},\"sdl\":{},\"keymap\":\"de\"},"
		  "{\"devid\":1,\"vnc\":{},\"sdl\":{\"enable\":\"True\",\"opengl\":\"True\","
		  "\"display\":\":0\",\"xauthority\":\"/x\"}}]", "\"vkbs\":[{\"devid\":0},{\"devid\":1}]" } },
		{ PV "vkb = [ \"backend-type=linux,unique-id=k,width=640,height=480,feature-abs-pointer=1,"
		  "multi-touch-width=6,multi-touch-height=5,multi-touch-num-contacts=2\","
		  " \"backend-type=qemu,feature-disable-keyboard=1,feature-raw-pointer=0x1,backend=b\" ]\n", {
		  "\"vkbs\":[{\"devid\":0,\"backend_type\":\"linux\",\"unique_id\":\"k\","
		  "\"feature_abs_pointer\":true,\"feature_multi_touch\":true,\"width\":640,\"height\":480,"
		  "\"multi_touch_width\":6,\"multi_touch_height\":5,\"multi_touch_num_contacts\":2},"
		  "{\"backend_domname\":\"b\",\"devid\":1,\"backend_type\":\"qemu\","
		  "\"feature_disable_keyboard\":true,\"feature_raw_pointer\":true}]" } },
		{ PV "vdispl = [ \"backend=dd,be-alloc=1,connectors=id0:1920x1080;id1:800x600\" ]\n", {
		  "\"vdispls\":[{\"backend_domname\":\"dd\",\"devid\":0,\"be_alloc\":true,"
		  "\"connectors\":[{\"unique_id\":\"id0\",\"width\":1920,\"height\":1080},"
		  "{\"unique_id\":\"id1\",\"width\":800,\"height\":600}]}]" } },
		{ PV "vsnd = [ [ \"card, backend=sd, buffer-size=65536, short-name=Card, long-name=A card,"
		  " sample-rates=44100;48000\", \"pcm, name=dev1, sample-formats=s8;u8;s16_le\", \"stream,"
		  " unique-id=s1, type=p, channels-max=6\", \"stream, unique-id=s2, type=c\", \"pcm,"
		  " name=dev2\" ], [ \"STREAM, unique-id=s3, type=P, channels-min=2\" ] ]\n", {
		  "\"vsnds\":[{\"backend_domname\":\"sd\",\"devid\":0,\"short_name\":\"Card\","
		  "\"long_name\":\"A card\",\"params\":{\"sample_rates\":[44100,48000],"
		  "\"buffer_size\":65536},\"pcms\":[{\"name\":\"dev1\","
		  "\"params\":{\"sample_formats\":[\"s8\",\"u8\",\"s16_le\"]},"
		  "\"streams\":[{\"unique_id\":\"s1\",\"type\":\"p\",\"params\":{\"channels_max\":6}},"
		  "{\"unique_id\":\"s2\",\"type\":\"c\",\"params\":{}}]},{\"name\":\"dev2\","
		  "\"params\":{}}]},{\"devid\":1,\"params\":{},\"pcms\":[{\"params\":{},"
		  "\"streams\":[{\"unique_id\":\"s3\",\"type\":\"p\",\"params\":{\"channels_min\":2}}]}]}]" } },
		{ PV "gic_version = \"v2\"\n", { "\"gic_version\":\"v2\"" } },
		{ PV "vuart = \"sbsa_uart\"\n", { "\"vuart\":\"sbsa_uart\"" } },
		{ HVM "builder = \"hvm\"\n", { "\"type\":\"hvm\"" } },
		{ HVM "maxvcpus = 4\nvnuma = [ [ \"pnode=0\", \"size=256\", \"vcpus=0,2-3\", \"vdistances=10,"
		  "20\" ], [ \"pnode=0\", \"size=256\", \"vcpus=1\", \"vdistances=20,10\" ] ]\n", {
		  "\"numa_placement\":\"False\"", "\"max_memkb\":524288",
		  "\"vnuma_nodes\":[{\"memkb\":262144,\"distances\":[10,20],\"vcpus\":[0,2,3]},"
		  "{\"memkb\":262144,\"distances\":[20,10],\"vcpus\":[1]}]" } },
		{ HVM "maxvcpus = 4\n", { "\"max_vcpus\":4" } },
		{ HVM "timer_mode = \"no_delay_for_missed_ticks\"\n", {
		  "\"timer_mode\":\"no_delay_for_missed_ticks\"" } },
		{ HVM "tsc_mode = 2\n", { "\"tsc_mode\":\"native\"" } },
		{ HVM "altp2m = 1\n", { "\"altp2m\":\"mixed\"" } },
		{ HVM "vnc = 1\n", { "\"enable\":\"True\"" } },
		{ HVM "vnclisten = \"0.0.0.0\"\n", { "\"listen\":\"0.0.0.0\"" } },
		{ HVM "vncpasswd = \"\"\n", { "\"passwd\":\"\"" } },
		{ HVM "vncdisplay = 1\n", { "\"display\":1" } },
		{ HVM "vncunused = 1\n", { "\"findunused\":\"True\"" } },
		{ HVM "sdl = 0\n", { "\"enable\":\"False\"" } },
		{ HVM "opengl = 1\n", { "\"opengl\":\"True\"" } },
		{ HVM "display = \":1\"\n", { "\"display\":\":1\"" } },
		{ HVM "xauthority = \"/x\"\n", { "\"xauthority\":\"/x\"" } },
		{ HVM "keymap = \"de\"\n", { "\"keymap\":\"de\"" } },
		{ HVM "stdvga = 1\n", { "\"kind\":\"std\"" } },
		{ HVM "nographic = 0\n", { "\"nographic\":\"False\"" } },
		{ HVM "gfx_passthru = \"igd\"\n", { "\"gfx_passthru\":\"True\"", "\"gfx_passthru_kind\":\"igd\"" } },
		{ HVM "spice = 1\n", { "\"enable\":\"True\"" } },
		{ HVM "spiceport = 6000\n", { "\"port\":6000" } },
		{ HVM "spicetls_port = 6001\n", { "\"tls_port\":6001" } },
		{ HVM "spicehost = \"0.0.0.0\"\n", { "\"host\":\"0.0.0.0\"" } },
		{ HVM "spicedisable_ticketing = 1\n", { "\"disable_ticketing\":\"True\"" } },
		{ HVM "spicepasswd = \"p\"\n", { "\"passwd\":\"p\"" } },
		{ HVM "spiceagent_mouse = 0\n", { "\"agent_mouse\":\"False\"" } },
		{ HVM "spicevdagent = 1\n", { "\"vdagent\":\"True\"" } },
		{ HVM "spice_clipboard_sharing = 1\n", { "\"clipboard_sharing\":\"True\"" } },
		{ HVM "spiceusbredirection = 4\n", { "\"usbredirection\":4" } },
		{ HVM "spice_image_compression = \"lz\"\n", { "\"image_compression\":\"lz\"" } },
		{ HVM "spice_streaming_video = \"all\"\n", { "\"streaming_video\":\"all\"" } },
		{ HVM "boot = \"dc\"\n", { "\"boot\":\"dc\"" } },
		{ HVM "hdtype = \"AHCI\"\n", { "\"hdtype\":\"ahci\"" } },
		{ HVM "serial = [ \"pty\", \"null\" ]\n", { "\"serial_list\":[\"pty\",\"null\"]" } },
		{ HVM "usb = 1\n", { "\"usb\":\"True\"" } },
		{ HVM "usbversion = 2\n", { "\"usbversion\":2" } },
		{ HVM "usbdevice = [ \"host:1.1\", \"tablet\" ]\n", { "\"usbdevice_list\":[\"host:1.1\",\"tablet\"]"
		  } },
		{ HVM "vkb_device = 1\n", { "\"vkb_device\":\"True\"" } },
		{ HVM "soundhw = \"es1370\"\n", { "\"soundhw\":\"es1370\"" } },
		{ HVM "xen_platform_pci = 0\n", { "\"xen_platform_pci\":\"False\"" } },
		{ HVM "vendor_device = \"xenserver\"\n", { "\"vendor_device\":\"xenserver\"" } },
		{ HVM "firmware_override = \"/f\"\n", { "\"firmware\":\"/f\"" } },
		{ HVM "bios_path_override = \"/b\"\n", { "\"system_firmware\":\"/b\"" } },
		{ HVM "bios = \"seabios\"\n", { "\"bios\":\"seabios\"" } },
		{ HVM "pae = 0\n", { "\"pae\":\"False\"" } },
		{ HVM "apic = 0\n", { "\"apic\":\"False\"" } },
		{ HVM "nx = 0\n", { "\"nx\":\"False\"" } },
		{ HVM "hpet = 0\n", { "\"hpet\":\"False\"" } },
		{ HVM "vpt_align = 0\n", { "\"vpt_align\":\"False\"" } },
		{ HVM "acpi_s3 = 0\n", { "\"acpi_s3\":\"False\"" } },
		{ HVM "acpi_s4 = 0\n", { "\"acpi_s4\":\"False\"" } },
		{ HVM "acpi_laptop_slate = 1\n", { "\"acpi_laptop_slate\":\"True\"" } },
		{ HVM "acpi_firmware = \"/a\"\n", { "\"acpi_firmware\":\"/a\"" } },
		{ HVM "smbios_firmware = \"/s\"\n", { "\"smbios_firmware\":\"/s\"" } },
		{ HVM "viridian = [ \"defaults\", \"stimer\", \"!time_ref_count\" ]\n", { "\"viridian\":\"True\"",
		  "\"viridian_enable\":[8]", "\"viridian_disable\":[2]" } },
		{ HVM "mmio_hole = 1024\n", { "\"mmio_hole_memkb\":1048576" } },
		{ HVM "rdm = \"strategy=host\"\n", { "\"strategy\":\"host\"" } },
		{ HVM "rdm_mem_boundary = 1024\n", { "\"rdm_mem_boundary_memkb\":1048576" } },
		{ HVM "mca_caps = [ \"lmce\" ]\n", { "\"mca_caps\":1" } },
		{ HVM "altp2mhvm = 1\n", { "\"altp2m\":\"True\"" } },
		{ HVM "cpuid = [ \"1:ecx=xxxxxxxxxxxxxxxxxxxxxxxxxx0xxxxx\", \"0x7,"
		  "0:ebx=xxxxxxxxxxxxxxxxxxxxxxxxxxxxx0xx\" ]\n", {
		  "\"cpuid\":{\"cpuid\":[{\"leaf\":1,\"ecx\":\"xxxxxxxxxxxxxxxxxxxxxxxxxx0xxxxx\"},"
		  "{\"leaf\":7,\"subleaf\":0,\"ebx\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxx0xx\"}],\"msr\":[]}" } },
		{ HVM "vif = [ \"\" , \"model=e1000,type=ioemu,rate=10MB/s\" ]\n", {
		  "\"nics\":[{\"devid\":0},{\"devid\":1,\"model\":\"e1000\",\"nictype\":\"vif_ioemu\","
		  "\"rate_bytes_per_interval\":500000,\"rate_interval_usecs\":50000}]" } },
		{ PVH "pvshim = 1\n", { "\"pvshim\":\"True\"" } },
		{ PVH "pvshim_path = \"/p\"\n", { "\"pvshim_path\":\"/p\"" } },
		{ PVH "pvshim_cmdline = \"c\"\n", { "\"pvshim_cmdline\":\"c\"" } },
		{ PVH "pvshim_extra = \"e\"\n", { "\"pvshim_extra\":\"e\"" } },
		{ PVH "timer_mode = 1\n", { "\"timer_mode\":\"no_delay_for_missed_ticks\"" } },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		check_parts(facts[i].text, facts[i].parts);
}

/* The keys that xl_parse.c of Xen 4.17 asks for. */
static const char *const keys_of_xl[] = {
	"acpi", "acpi_firmware", "acpi_laptop_slate", "acpi_s3", "acpi_s4", "altp2m", "altp2mhvm", "apic", "bios",
	"bios_path_override", "boot", "bootloader", "bootloader_args", "bootloader_restrict", "bootloader_user",
	"builder", "cap", "channel", "cmdline", "cpu_weight", "cpuid", "cpus", "cpus_soft", "device_model",
	"device_model_args", "device_model_args_hvm", "device_model_args_pv", "device_model_override",
	"device_model_stubdomain_override", "device_model_stubdomain_seclabel", "device_model_user",
	"device_model_version", "device_tree", "disk", "display", "dm_restrict", "driver_domain", "dtdev",
	"e820_host", "extra", "extratime", "firmware", "firmware_override", "gfx_passthru", "gic_version", "hap",
	"hdtype", "hpet", "init_seclabel", "iomem", "ioports", "irqs", "kernel", "keymap", "latency", "localtime",
	"max_event_channels", "max_grant_frames", "max_grant_version", "max_maptrack_frames", "maxmem", "maxvcpus",
	"mca_caps", "memory", "mmio_hole", "ms_vm_genid", "msr_relaxed", "name", "nestedhvm", "nographic",
	"nomigrate", "nx", "on_crash", "on_poweroff", "on_reboot", "on_soft_reset", "on_watchdog", "oos", "opengl",
	"p9", "pae", "passthrough", "pci", "pci_msitranslate", "pci_permissive", "pci_power_mgmt", "pci_seize",
	"period", "pool", "pvcalls", "pvshim", "pvshim_cmdline", "pvshim_extra", "pvshim_path", "ramdisk", "rdm",
	"rdm_mem_boundary", "root", "rtc_timeoffset", "sdl", "seclabel", "serial", "shadow_memory", "slice",
	"smbios_firmware", "soundhw", "spice", "spice_clipboard_sharing", "spice_image_compression",
	"spice_streaming_video", "spiceagent_mouse", "spicedisable_ticketing", "spicehost", "spicepasswd",
	"spiceport", "spicetls_port", "spiceusbredirection", "spicevdagent", "stdvga", "stubdomain_cmdline",
	"stubdomain_kernel", "stubdomain_memory", "stubdomain_ramdisk", "tee", "timer_mode", "tsc_mode", "type",
	"usb", "usbctrl", "usbdev", "usbdevice", "usbversion", "uuid", "vcpus", "vdispl", "vendor_device", "vfb",
	"vga", "videoram", "vif", "vif2", "viridian", "vkb", "vkb_device", "vmtrace_buf_kb", "vnc", "vncdisplay",
	"vnclisten", "vncpasswd", "vncunused", "vncviewer", "vnuma", "vpmu", "vpt_align", "vsnd", "vtpm", "vuart",
	"xauthority", "xen_platform_pci", "xend_suspend_evtchn_compat",
};

static void no_key_of_xl_is_unknown(void **state)
{
	static const char *const types[] = { PV, PVH, HVM };
	(void)state;
	for (size_t i = 0; i < sizeof(keys_of_xl) / sizeof(keys_of_xl[0]); i++)
		for (size_t j = 0; j < sizeof(types) / sizeof(types[0]); j++) {
			char text[512];
			snprintf(text, sizeof(text), "%s%s = []\n", types[j], keys_of_xl[i]);
			(void)describe(text); /* it may be refused: for its value */
			if (strstr(warnings, "unknown key"))
				fail_msg("%s", warnings);
		}
}

/* Which release of xl has begun to know a key. */
static void a_key_of_a_later_release_is_unknown_before(void **state)
{
	static const struct {
		const char *text, *since;
	} facts[] = {
		{ PV "virtio = [ 'type=virtio,device22,transport=mmio' ]\n", "4.18" },
		{ PV "sve = 'disabled'\n", "4.18" },
		{ HVM "smbios = [ 'bios_vendor=Xen' ]\n", "4.18" },
		{ HVM "hvm_pirq = 1\n", "4.19" },
		{ PV "nr_spis = 64\n", "4.19" },
		{ PV "llc_colors = [ '0-3', '7' ]\n", "4.20" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		if (describe(facts[i].text))
			fail_msg("refused: %s", err.message);
		bool unknown = strstr(warnings, "unknown key") != NULL;
		if (unknown != (strcmp(plugin->xen_version, facts[i].since) < 0))
			fail_msg("%s: %s", facts[i].text, warnings);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_reaches_libxl_as_xl_hands_it_over),
		cmocka_unit_test(no_key_of_xl_is_unknown),
		cmocka_unit_test(a_key_of_a_later_release_is_unknown_before),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
