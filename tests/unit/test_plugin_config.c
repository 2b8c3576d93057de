/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about the libxl plugin's reading of xl configs. No hypervisor is needed.
 *
 * The plugin is $BD_TEST_PLUGIN or the one in the build folder. The goldens were printed by Debian's xl 4.17.7 and
 * 4.20.3, `xl create --dryrun`, for the same configs. xl.conf is empty here, unless a test says so.
 */
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin_checks.h"

static void a_pv_config_is_what_xl_makes_of_it(void **state)
{
	(void)state;
	check_gives(
		"# a guest\nname = 'db_1.x'\n" UUID "bootloader = \"pygrub\"; bootloader_args = [ \"--quiet\" ]\n"
		"memory = 512\nmaxmem = 1024\nvcpus = 2\nmaxvcpus = 4\ncpus = [\"1,3\", \"0-2,^1\"]\n"
		"disk = [ \"format=raw, vdev=xvda, access=rw, target=/var/lib/xen/images/a b.img\",\n"
		"  '/dev/vg/x,raw,xvdb,r', # second\n  \"phy:/dev/sda3,xvdc,w\" ]\n"
		"vif = [ '', 'mac=00:16:3E:01:02:03, bridge=xenbr1, rate=10MB/s@20ms, ip=10.0.0.2, script=vif-nat' ]\n"
		"on_crash = \"coredump-restart\"\n",
		"{\"c_info\":{\"type\":\"pv\",\"name\":\"db_1.x\","
		"\"uuid\":\"11111111-2222-3333-4444-555555555555\",\"run_hotplug_scripts\":\"True\"},"
		"\"b_info\":{\"max_vcpus\":4,\"avail_vcpus\":[0,1],\"vcpu_hard_affinity\":[[1,3],[0,2]],"
		"\"numa_placement\":\"False\",\"max_memkb\":1048576,\"target_memkb\":524288,\"sched_params\":{},"
		"\"claim_mode\":\"True\",\"bootloader\":\"pygrub\",\"bootloader_args\":[\"--quiet\"],"
		"\"type.pv\":{},\"arch_arm\":{},\"arch_x86\":{}},"
		"\"disks\":[{\"pdev_path\":\"/var/lib/xen/images/a b.img\",\"vdev\":\"xvda\",\"format\":\"raw\","
		"\"readwrite\":1},{\"pdev_path\":\"/dev/vg/x\",\"vdev\":\"xvdb\",\"format\":\"raw\"},"
		"{\"pdev_path\":\"/dev/sda3\",\"vdev\":\"xvdc\",\"format\":\"raw\","
		"\"readwrite\":1}],"
		"\"nics\":[{\"devid\":0},{\"devid\":1,\"mac\":\"00:16:3e:01:02:03\",\"ip\":\"10.0.0.2\","
		"\"bridge\":\"xenbr1\",\"script\":\"vif-nat\",\"rate_bytes_per_interval\":200000,"
		"\"rate_interval_usecs\":20000}],"
		"\"on_reboot\":\"restart\",\"on_crash\":\"coredump_restart\",\"on_soft_reset\":\"soft_reset\"}");
}

static void a_pvh_config_is_what_xl_makes_of_it(void **state)
{
	(void)state;
	check_gives("name = \"k\"\n" UUID "type = \"pvh\"\nkernel = \"/boot/vmlinuz\"\nramdisk = \"/boot/initrd\"\n"
		    "root = \"/dev/xvda1 ro\"\nextra = \"quiet\"\nmemory = 256\nvcpus = 1\n",
		    "{\"c_info\":{\"type\":\"pvh\",\"name\":\"k\",\"uuid\":\"11111111-2222-3333-4444-555555555555\","
		    "\"run_hotplug_scripts\":\"True\"},\"b_info\":{\"max_vcpus\":1,\"avail_vcpus\":[0],"
		    "\"max_memkb\":262144,\"target_memkb\":262144,\"sched_params\":{},\"claim_mode\":\"True\","
		    "\"kernel\":\"/boot/vmlinuz\",\"cmdline\":\"root=/dev/xvda1 ro quiet\","
		    "\"ramdisk\":\"/boot/initrd\",\"type.pvh\":{},\"arch_arm\":{},\"arch_x86\":{}},"
		    "\"on_reboot\":\"restart\",\"on_soft_reset\":\"soft_reset\"}");
}

static void an_hvm_config_is_what_xl_makes_of_it(void **state)
{
	(void)state;
	check_gives(
		HVM
		"memory = 1024\nvcpus = 1\nboot = \"c\"\nserial = \"pty\"\nvnc = 1\nvnclisten = \"127.0.0.1\"\n"
		"disk = [ \"/a.img,raw,hda,rw\", \"/x.iso,raw,hdc,cdrom\" ]\nvif = [ \"model=e1000,type=ioemu\" ]\n",
		"{\"c_info\":{\"type\":\"hvm\",\"name\":\"web01\","
		"\"uuid\":\"11111111-2222-3333-4444-555555555555\",\"run_hotplug_scripts\":\"True\"},"
		"\"b_info\":{\"max_vcpus\":1,\"avail_vcpus\":[0],\"max_memkb\":1048576,\"target_memkb\":1048576,"
		"\"sched_params\":{},\"claim_mode\":\"True\",\"type.hvm\":{\"vga\":{},\"vnc\":{\"enable\":\"True\","
		"\"listen\":\"127.0.0.1\"},\"sdl\":{},\"spice\":{},\"serial\":\"pty\",\"boot\":\"c\",\"rdm\":{}},"
		"\"arch_arm\":{},\"arch_x86\":{}},"
		"\"disks\":[{\"pdev_path\":\"/a.img\",\"vdev\":\"hda\",\"format\":\"raw\",\"readwrite\":1},"
		"{\"pdev_path\":\"/x.iso\",\"vdev\":\"hdc\",\"format\":\"raw\",\"removable\":1,\"is_cdrom\":1}],"
		"\"nics\":[{\"devid\":0,\"model\":\"e1000\",\"nictype\":\"vif_ioemu\"}],"
		"\"on_reboot\":\"restart\",\"on_soft_reset\":\"soft_reset\"}");
}

static void every_key_reaches_libxl(void **state)
{
	static const char *const facts[][2] = {
		{ PV "pool = \"Pool-1\"\n", "\"pool_name\":\"Pool-1\"" },
		{ PV "memory = 100\n", "\"max_memkb\":102400,\"target_memkb\":102400," },
		{ PV "memory = \"0x40\"\n", "\"target_memkb\":65536," },
		{ PV "maxmem = 200\n", "\"b_info\":{\"max_memkb\":204800,\"sched" },
		{ PV, "\"b_info\":{\"sched_params\":{}," },
		{ PV "vcpus = 3\n", "\"max_vcpus\":3,\"avail_vcpus\":[0,1,2]" },
		{ PV "maxvcpus = 3\n", "\"b_info\":{\"max_vcpus\":3,\"sched" },
		{ PV "vcpus = 2\ncpus = \"1,3\"\n", "\"vcpu_hard_affinity\":[[1,3],[1,3]]" },
		{ PV "vcpus = 1\ncpus = [ \"1\", \"2\" ]\n",
		  "\"vcpu_hard_affinity\":[[1]],\"numa_placement\":\"False\"" },
		{ PV "cpu_weight = 512\ncap = 50\n", "\"sched_params\":{\"weight\":512,\"cap\":50}" },
		{ PV "max_grant_frames = 64\n", "\"max_grant_frames\":64" },
		{ PV "max_maptrack_frames = 65\n", "\"max_maptrack_frames\":65" },
		{ PV "max_grant_version = 1\n", "\"max_grant_version\":1" },
		{ PV "max_event_channels = 99\n", "\"event_channels\":99" },
		{ PV "on_poweroff = \"preserve\"\n", "\"on_poweroff\":\"preserve\"" },
		{ PV "on_reboot = \"rename-restart\"\n", "\"on_reboot\":\"restart_rename\"" },
		{ PV "on_watchdog = \"coredump-destroy\"\n", "\"on_watchdog\":\"coredump_destroy\"" },
		{ PV "on_crash = \"restart\"\n", "\"on_crash\":\"restart\"" },
		{ PV "on_soft_reset = \"restart\"\n", "\"on_soft_reset\":\"restart\"" },
		{ PV "nomigrate = 1\n", "\"disable_migrate\":\"True\"" },
		{ PV "localtime = 1\nrtc_timeoffset = 60\n", "\"rtc_timeoffset\":60,\"localtime\":\"True\"" },
		{ PV "cmdline = \"a b\"\n", "\"cmdline\":\"a b\"" },
		{ PV "root = \"/dev/x\"\n", "\"cmdline\":\"root=/dev/x\"" },
		{ PV "extra = \"quiet\"\n", "\"cmdline\":\"quiet\"" },
		{ PV "kernel = \"/k\"\nramdisk = \"/r\"\n", "\"kernel\":\"/k\",\"ramdisk\":\"/r\"" },
		{ PV "bootloader_args = \"--a  --b=c\"\n", "\"bootloader_args\":[\"--a\",\"--b=c\"]" },
		{ PV "firmware = \"pvgrub64\"\n", "/boot/pvgrub64.bin\"" },
		{ PV "vif = [ 'backend=net,vifname=v0,mtu=9000,devid=7,gatewaydev=eth0,trusted' ]\n",
		  "\"nics\":[{\"backend_domname\":\"net\",\"devid\":7,\"mtu\":9000,\"ifname\":\"v0\","
		  "\"gatewaydev\":\"eth0\"," },
		{ PV "vif = [ 'untrusted' ]\n", "\"trusted\":\"False\"" },
		{ HVM "firmware = \"uefi\"\n", "\"bios\":\"ovmf\"" },
		{ HVM "firmware = \"\"\n", "\"bios\":\"ovmf\"" }, /* to xl, the beginning of uefi */
		{ HVM "firmware = \"ue\"\n", "\"bios\":\"ovmf\"" },
		{ PV "firmware = \"pvgrub\"\n", "/boot/pvgrub.bin\"" },
		{ HVM "firmware = \"seabios\"\n", "\"bios\":\"seabios\"" },
		{ HVM "firmware = \"/f.bin\"\n", "\"firmware\":\"/f.bin\"" },
		{ HVM "serial = [ \"pty\", \"null\" ]\n", "\"serial_list\":[\"pty\",\"null\"]" },
		{ HVM "vncpasswd = \"p\"\nvncdisplay = 3\nvncunused = 0\n",
		  "\"vnc\":{\"passwd\":\"p\",\"display\":3,\"findunused\":\"False\"}" },
		{ HVM "sdl = 0\nnographic = 1\nkeymap = \"de\"\n",
		  "\"nographic\":\"True\",\"vga\":{},\"vnc\":{},\"keymap\":\"de\",\"sdl\":{\"enable\":\"False\"}" },
		{ HVM "vga = \"stdvga\"\nvideoram = 16\n", "\"video_memkb\":16384" },
		{ HVM "vga = \"none\"\n", "\"kind\":\"none\"" },
		{ HVM "hdtype = \"ahci\"\n", "\"hdtype\":\"ahci\"" },
		{ HVM "usb = 1\nusbdevice = \"tablet\"\n", "\"usb\":\"True\",\"usbdevice\":\"tablet\"" },
		{ HVM "usbdevice = [ \"tablet\" ]\n", "\"usbdevice_list\":[\"tablet\"]" },
		{ HVM "device_model_version = \"qemu-xen\"\n", "\"device_model_version\":\"qemu_xen\"" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		check_gives(facts[i][0], facts[i][1]);
}

/* libxl of 4.17 has no member for them: it takes them from the environment. */
static void bootloader_restrict_is_taken(void **state)
{
	(void)state;
	const char *text = PV "bootloader_restrict = 1\nbootloader_user = \"nobody\"\n";
	check_warns(PV "bootloader_restrict = [ 1 ]\n", ":4: bootloader_restrict must be a number");
	if (!plugin->restricts_bootloader())
		check_refused(text, ":4: bootloader_restrict needs Xen 4.18");
	else if (!strcmp(plugin->xen_version, "4.17"))
		check_gives(text, "\"bootloader\":\"pygrub\"");
	else
		check_gives(text, "\"bootloader_restrict\":\"True\",\"bootloader_user\":\"nobody\"");
}

static void strings_keep_what_xl_keeps(void **state)
{
	(void)state;
	check_gives(PV "extra = \"a \\\"b\\\" \\\\ \\' # c\"\n", "\"cmdline\":\"a \\\"b\\\" \\\\ ' # c\"");
	check_gives(PV "extra = 'pci = \"x\" # no key'   # vif = 3\n", "\"cmdline\":\"pci = \\\"x\\\" # no key\"");
	check_warns(PV "extra = \"a\\101b\"\n", ":4: xl drops octal escapes");
	assert_non_null(strstr(json, "\"cmdline\":\"ab\""));
	check_refused(PV "extra = \"\\x41\"\n", ":4: ");
	check_refused(PV "extra = \"\\q\"\n", ":4: ");
	check_refused(PV "extra = \"open\n", ":4: ");
}

static void a_list_may_be_added_to(void **state)
{
	(void)state;
	check_gives(PV "vif = [ 'bridge=a' ]\nvif += [ 'bridge=b' ]\n",
		    "\"nics\":[{\"devid\":0,\"bridge\":\"a\"},{\"devid\":1,\"bridge\":\"b\"}]");
	check_gives(PV "extra = 'a'\nextra += 'b'\n", "\"cmdline\":\"ab\"");
	check_warns(PV "memory = 5\nmemory += 5\n", ":5: memory must be a number: ignored, as xl does");
}

static void an_unknown_key_is_ignored_with_a_warning_that_has_its_line(void **state)
{
	(void)state;
	check_warns(PV "\n# two lines on\ndhcp = 'dhcp'\n", ":6: unknown key \"dhcp\": ignored, as xl does");
	check_warns(HVM "firmware = \"\"\n", ":4: firmware = \"\" is \"uefi\", as xl has it");
	check_warns(PV "memory = 5; nonsense.x_1 = 5\n", ":4: unknown key \"nonsense.x_1\": ignored");
	check_warns(PV "x = [ 'a' ]\nx += [ 'b' ]\n", ":4: unknown key \"x\"");
	assert_int_equal(describe(PV "on_xend_stop = 'shutdown'\nmaxcpus = 4\n"), 0);
	assert_non_null(strstr(warnings, ":4: unknown key \"on_xend_stop\": ignored, as xl does\n"));
	assert_non_null(strstr(warnings, ":5: unknown key \"maxcpus\": ignored, as xl does\n"));
}

static void all_that_is_refused_is_told_at_once(void **state)
{
	(void)state;
	check_refused(
		"builder = 'xen'\n" HVM "memory = 0\nmmio_hole = 1\nvga = 'cga'; hdtype = 'scsi'\n"
		"disk = [ 'speed=9,/b', '/a,raw,xvda,w', 'fast=1,/c' ]\nvif = [ 'rate=1', 'bridge=a', 'mtu=big' ]\n"
		"irqs = [ 'x', '5' ]\nviridian = [ 'off' ]\nms_vm_genid = 'yes'\n",
		":1: builder = \"xen\": must be hvm or generic");
	static const char *const parts[] = {
		"; line 5: memory = 0: must be from 1",
		"; line 6: mmio_hole = 1: must be from 256 to 3840;",
		"; line 8: disk 1: \"speed=9,/b\": ",
		"; line 8: disk 3: \"fast=1,/c\": ",
		"; line 9: vif 1: \"1\" is not a rate",
		"; line 9: vif 3: \"big\" is not a number",
		"; line 10: irqs 1: \"x\" is not the number of an interrupt",
	};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strstr(err.message, parts[i]))
			fail_msg("\"%s\" is not in \"%s\"", parts[i], err.message);
	/* The path is told once. */
	assert_null(strstr(strstr(err.message, cfg_path) + 1, cfg_path));

	check_refused(HVM "vga = 'cga'\nhdtype = 'scsi'\nviridian = [ 'off' ]\nms_vm_genid = 'yes'\nmca_caps = 1\n",
		      ":4: vga = \"cga\": must be stdvga, cirrus, none or qxl");
	assert_non_null(strstr(err.message, "; line 5: hdtype = \"scsi\": must be ide or ahci"));
	assert_non_null(strstr(err.message, "; line 6: viridian: \"off\": must be "));
	assert_non_null(strstr(err.message, "; line 7: ms_vm_genid = \"yes\": must be generate or none"));
	assert_non_null(strstr(err.message, "; line 8: mca_caps must be a list"));

	check_refused("type = 'xen'\nname = '../x'\nuuid = '1'\nserial = [ [] ]\nmemory = '0'\ntimer_mode = 1\n",
		      ":1: type = \"xen\": must be pv");
	assert_non_null(strstr(err.message, "; line 2: a name has no \"/\""));
	assert_non_null(strstr(err.message, "; line 3: \"1\" is not a UUID"));
	assert_non_null(strstr(err.message, "; line 5: memory = 0: must be"));
	assert_null(strstr(err.message, "needs a bootloader"));
	assert_null(strstr(err.message, "timer_mode"));
	check_refused("disk = 5\n", ": name is missing: add");
	assert_non_null(strstr(err.message, "; a pv guest needs a bootloader"));
}

static void a_message_of_very_many_faults_says_how_many_are_left_out(void **state)
{
	(void)state;
	char text[16384] = PV "vif = [ ";
	for (int i = 0; i < 100; i++)
		strcat(text, "'rate=1', ");
	strcat(text, "]\n");
	check_refused(text, ":4: vif 1: ");
	assert_non_null(strstr(err.message, "; and "));
	assert_string_equal(strrchr(err.message, ' '), " more");
}

static void of_a_key_that_is_set_twice_the_last_counts(void **state)
{
	(void)state;
	check_warns(PV "memory = 1\nname = \"other\"\n", ":5: name is set twice: the value of line 1 is ignored");
	assert_non_null(strstr(json, "\"name\":\"other\""));
	assert_int_equal(describe(PV "memory = 2; memory = 3\nmemory = 4\n"), 0);
	assert_non_null(strstr(json, "\"target_memkb\":4096"));
	assert_non_null(strstr(warnings, ":4: memory is set twice: the value of line 4 is ignored"));
	assert_non_null(strstr(warnings, ":5: memory is set twice: the value of line 4 is ignored"));
}

static void a_key_of_another_guest_type_is_ignored_with_a_warning(void **state)
{
	(void)state;
	check_warns(PV "serial = \"pty\"\n", ":4: serial has no meaning for a guest of type \"pv\": ignored");
	check_warns(PV "type = \"pvh\"\nboot = \"c\"\n", ":5: boot has no meaning for a guest of type \"pvh\"");
	check_warns(PV "type = \"pvh\"\nvnc = 1\n", ":5: vnc has no meaning for a guest of type \"pvh\"");
	check_warns(HVM "pvshim = 1\n", ":4: pvshim has no meaning for a guest of type \"hvm\"");
}

static void a_value_of_the_wrong_form_is_ignored_with_a_warning(void **state)
{
	static const char *const facts[][2] = {
		{ PV "memory = \"many\"\n", ":4: memory must be a number" },
		{ PV "memory = [ 1 ]\n", ":4: memory must be a number" },
		{ PV "memory = 99999999999999999999\n", ":4: memory must be a number" },
		{ PV "maxmem = 1\nmemory = 2\n", ":4: maxmem is less than memory" },
		{ PV "localtime = \"yes\"\n", ":4: localtime must be a number" },
		{ PV "vif = \"x\"\n", ":4: vif must be a list" },
		{ PV "vif = [ 'bridge=b', [ 'bridge=a' ] ]\n", ":4: item 2 of vif is a list" },
		{ PV "on_crash = [ \"restart\" ]\n", ":4: on_crash must be one value, not a list" },
		{ PV "cpuid = \"guest,x\"\n", ":4: cpuid must begin with \"host\"" },
		{ PV "cpuid = \"host,nosuchflag=1\"\n", ":4: cpuid: libxl does not understand \"nosuchflag=1\"" },
		{ PV "cpuid = [ '1:exx=0' ]\n", ":4: cpuid: libxl does not understand \"1:exx=0\"" },
		{ PV "rdm = \"strategy=most\"\n", ":4: rdm = \"strategy=most\" cannot be read" },
		{ PV "rdm = 'most'\npci = [ '01:00.0', '02:00.0' ]\n", ":4: rdm = \"most\" cannot be read" },
		{ PV "pci = [ '01:00.0', '02:00.0' ]\npci_seize = 'yes'\n", ":5: pci_seize must be a number" },
		{ PV "pci_permissive = 'no'\n", ":4: pci_permissive must be a number" },
		{ PV "bootloader_args = \"-q\"\n", ":4: bootloader_args as a string is deprecated" },
		{ PV "tsc_mode = 1\n", ":4: tsc_mode as a number is deprecated: tsc_mode = \"always_emulate\"" },
		{ PV "vfb = [ 'vnc=1,speed=9' ]\n", ":4: vfb 1: unknown key \"speed\": ignored" },
		{ PV "vfb = [ 'type=vfb, vnc=1' ]\n", ":4: vfb 1: unknown key \"type\": ignored" },
		{ PV "vfb = [ 'vnc=yes' ]\n", ":4: vfb 1: this is not a number" },
		{ PV "vncviewer = 1\n", ":4: vncviewer is ignored" },
		{ PV "device_model = '/x'\n", ":4: device_model is ignored" },
		{ PV "device_model_override = '/x'\n", ":4: device_model_override is there" },
		{ PV "vnclisten = '::'\n", ":4: vnclisten and what belongs to it is ignored" },
		{ PV "vnc = 1\nvfb = [ 'vnc=1' ]\n", ":4: vnc and what belongs to it is ignored, as xl does: vfb" },
		{ PV "channel = [ 'connection=pty, colour=red' ]\n", ":4: channel 1: unknown key \"colour\"" },
		{ PV "msr_relaxed = 1\n", ":4: msr_relaxed will be removed" },
		{ HVM "kernel = \"/usr/lib/xen/boot/hvmloader\"\n", ":4: hvmloader is loaded without" },
		{ HVM "altp2mhvm = 1\n", ":4: altp2mhvm is deprecated" },
		{ HVM "bios_path_override = '/x'\n", ":4: bios_path_override is there" },
		{ HVM "vga = 'qxl'\nstdvga = 1\n", ":5: stdvga is ignored, because vga is there" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		check_warns(facts[i][0], facts[i][1]);
}

static void bad_values_are_refused_with_their_line(void **state)
{
	static const char *const facts[][2] = {
		{ PV "memory = 0\n", ":4: memory = 0: must be from 1" },
		{ PV "memory = \"-5\"\n", ":4: memory = -5: must be from 1" },
		{ PV "memory = -5\n", ":4: " },
		{ PV "vcpus = 0\n", ":4: vcpus = 0" },
		{ PV "vcpus = 4\nmaxvcpus = 2\n", ":5: maxvcpus is less than vcpus" },
		{ PV "cpus = \"1-x\"\n", ":4: cpus: \"1-x\"" },
		{ PV "cpus = \"3-1\"\n", ":4: cpus: \"3-1\"" },
		{ PV "cpus = \"^all\"\n", ":4: cpus: \"^all\"" },
		{ PV "max_grant_frames = \"x\"\n", ":4: max_grant_frames must be a number" },
		{ PV "type = \"xen\"\n", ":4: type = \"xen\": must be pv, pvh or hvm" },
		{ PV "builder = \"linux\"\n", ":4: builder = \"linux\": must be hvm or generic" },
		{ PV "type = \"pvh\"\nbuilder = \"generic\"\n", ":5: builder = \"generic\" contradicts type" },
		{ "bootloader = \"x\"\nname = \"x\"\nuuid = \"1\"\n", ":3: \"1\" is not a UUID" },
		{ "bootloader = \"x\"\nname = [ \"x\" ]\n", ": name is missing" },
		{ "bootloader = \"x\"\nname = \"../x\"\n", ":2: a name has no \"/\"" },
		{ "bootloader = \"x\"\nname = \"\"\n", ":2: a name has 1 to 255" },
		{ "bootloader = \"x\"\n", ": name is missing" },
		{ "name = \"x\"\n", ": a pv guest needs a bootloader" },
		{ PV "on_crash = \"explode\"\n", ":4: on_crash = \"explode\"" },
		{ PV "firmware = \"bios\"\n", ":4: firmware = \"bios\": must be pvgrub32 or pvgrub64" },
		{ PV "kernel = \"/k\"\nfirmware = \"pvgrub64\"\n", ":5: kernel and firmware" },
		{ PV "timer_mode = 1\n", ":4: timer_mode is not supported for PV guests" },
		{ PV "tsc_mode = 9\n", ":4: tsc_mode = 9: must be from 0 to 3" },
		{ PV "tsc_mode = 'fast'\n", ":4: tsc_mode = \"fast\": must be default, always_emulate, native" },
		{ PV "altp2m = 'all'\n", ":4: altp2m = \"all\": must be disabled, mixed, external or limited" },
		{ PV "passthrough = 'yes'\n", ":4: passthrough = \"yes\": must be " },
		{ PV "device_model_args = '-x'\n", ":4: device_model_args must be a list" },
		{ PV "device_model_version = 'qemu'\n", ":4: device_model_version = \"qemu\": must be qemu-xen or" },
		{ PV "vif = [ 'mac=00:16:3e:00:00' ]\n", ":4: vif 1: \"00:16:3e:00:00\" is not a MAC" },
		{ PV "vif = [ 'rate=fast' ]\n", ":4: vif 1: \"fast\" is not a rate" },
		{ PV "vif = [ 'mtu=big' ]\n", ":4: vif 1: \"big\" is not a number" },
		{ PV "disk = [ '/a,raw,xvda,w',\n 'speed=9,/b' ]\n", ":4: disk 2: \"speed=9,/b\": " },
		{ PV "pci = [ 'x' ]\n", ":4: pci 1: \"x\" is not a PCI device" },
		{ PV "ioports = [ 'x' ]\n", ":4: ioports 1: \"x\" is not a port" },
		{ PV "ioports = [ '2ff-2f8' ]\n", ":4: ioports 1: " },
		{ PV "iomem = [ 'a0' ]\n", ":4: iomem 1: \"a0\" is not START,NUMBER[@GFN]" },
		{ PV "usbctrl = [ 'type=ehci' ]\n", ":4: usbctrl 1: type=\"ehci\": must be auto, pv" },
		{ PV "usbdev = [ 'bus=1' ]\n", ":4: usbdev 1: unknown key \"bus\"" },
		{ PV "vtpm = [ 'uuid=" "11111111-2222-3333-4444-555555555555" "' ]\n", ":4: vtpm 1: backend is missing" },
		{ PV "vtpm = [ 'backend=d,uuid=1' ]\n", ":4: vtpm 1: \"1\" is not a UUID" },
		{ PV "channel = [ 'name=x' ]\n", ":4: channel 1: connection is missing" },
		{ PV "channel = [ 'connection=socket' ]\n", ":4: channel 1: connection=socket needs a path" },
		{ PV "channel = [ 'x' ]\n", ":4: channel 1: \"x\" is not key=value" },
		{ PV "vkb = [ 'width=5' ]\n", ":4: vkb 1: backend-type is missing" },
		{ PV "vkb = [ 'backend-type=linux,feature-multi-touch=1' ]\n", ":4: vkb 1: feature-multi-touch needs" },
		{ PV "vdispl = [ 'backend=0' ]\n", ":4: vdispl 1: connectors is missing" },
		{ PV "vdispl = [ 'connectors=id0:wide' ]\n", ":4: vdispl 1: connectors=id0:wide: must be" },
		{ PV "vsnd = [ 'card' ]\n", ":4: vsnd 1: it must be a list" },
		{ PV "vsnd = [ [ 'cart, short-name=x' ] ]\n", ":4: vsnd 1: \"cart\": must be card, pcm or stream" },
		{ PV "maxvcpus = 2\nvnuma = [ [ 'pnode=0', 'size=5', 'vcpus=0' ] ]\n", ":5: vnuma has 1 vcpus" },
		{ PV "maxmem = 9\nvnuma = [ [ 'pnode=0', 'size=5', 'vcpus=0' ] ]\n", ":5: the sizes of vnuma are 5" },
		{ HVM "vga = \"cga\"\n", ":4: vga = \"cga\"" },
		{ HVM "hdtype = \"scsi\"\n", ":4: hdtype = \"scsi\": must be ide or ahci" },
		{ HVM "bios = \"amibios\"\n", ":4: bios = \"amibios\": must be rombios, seabios or ovmf" },
		{ HVM "gfx_passthru = \"amd\"\n", ":4: gfx_passthru = \"amd\": must be default or igd" },
		{ HVM "vendor_device = \"x\"\n", ":4: vendor_device = \"x\": must be none or xenserver" },
		{ HVM "mca_caps = [ \"x\" ]\n", ":4: mca_caps: \"x\": must be lmce" },
		{ HVM "vnclisten = \"::1:3\"\nvncdisplay = 3\n", ":5: vnclisten and vncdisplay both" },
		{ PV "def f(): pass\n", ":4: " },
		{ "name = web01\n", ":1: " },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		check_refused(facts[i][0], facts[i][1]);
}

static void the_bytes_of_the_file_matter(void **state)
{
	(void)state;
	check_gives("bootloader = 'x'\nname = 'n'", "\"name\":\"n\"");
	check_refused(PV "# the end", ":4: the file ends in a comment without a newline");
	check_refused("name = \"x\"\r\nmemory = 5\r\n", ":1: the line ends in CR LF");
	assert_int_equal(describe_bytes("name = \"a\0b\"\n", 13), -1);
	assert_non_null(strstr(err.message, ":1: contains a NUL byte"));

	char *big = calloc(1, (1 << 20) + 2);
	assert_non_null(big);
	memset(big, '\n', (1 << 20) + 1);
	assert_int_equal(describe(big), -1);
	assert_int_equal(err.code, EFBIG);
	free(big);

	write_file(cfg_path, "", 0);
	struct bd_toolstack_host host = { .struct_size = sizeof(host), .log = log_line, .cancel_fd = -1 };
	assert_int_equal(plugin->describe(&host, "/nonexistent/x.cfg", collect, NULL, &err), -1);
	assert_int_equal(err.code, ENOENT);
}

static void what_is_odd_but_taken_is_a_warning(void **state)
{
	(void)state;
	check_gives(PV "root = \"a\"\ncmdline = \"b\"\n", "\"cmdline\":\"b\"");
	assert_non_null(strstr(warnings, "root and extra are ignored"));
	check_gives(PV, "web01");
	assert_string_equal(warnings, "");
}

static void a_uuid_is_made_where_there_is_none(void **state)
{
	(void)state;
	check_gives("name = 'n'\nbootloader = 'b'\n", "\"uuid\":\"");
	char first[sizeof(json)];
	memcpy(first, json, sizeof(first));
	check_gives("name = 'n'\nbootloader = 'b'\n", "\"uuid\":\"");
	assert_string_not_equal(first, json);
}

static void check_xlconf(const char *xlconf, const char *text, const char *part)
{
	write_file(xlconf_path, xlconf, strlen(xlconf));
	check_gives(text, part);
	write_file(xlconf_path, "", 0);
}

static void xl_conf_changes_what_it_changes_for_xl(void **state)
{
	(void)state;
	check_xlconf("claim_mode=0\nrun_hotplug_scripts=0\n", PV,
		     "\"run_hotplug_scripts\":\"False\"},\"b_info\":{"
		     "\"sched_params\":{},\"claim_mode\":\"False\"");
	check_xlconf("max_grant_frames=77\nmax_maptrack_frames=88\nmax_grant_version=2\n", PV "max_grant_frames=1\n",
		     "\"max_grant_frames\":1,\"max_maptrack_frames\":88,\"max_grant_version\":2");
	check_xlconf("vif.default.bridge=\"br9\"\nvifscript='old'\nvif.default.script=\"vif-x\"\n"
		     "vif.default.gatewaydev=\"e\"\nvif.default.backend=\"d\"\n",
		     PV "vif = [ '', 'bridge=mine' ]\n",
		     "\"nics\":[{\"backend_domname\":\"d\",\"devid\":0,\"bridge\":\"br9\",\"script\":\"vif-x\","
		     "\"gatewaydev\":\"e\"},{\"backend_domname\":\"d\",\"devid\":1,\"bridge\":\"mine\"");
	check_xlconf("vm.cpumask=\"0-1\"\nvm.pv.cpumask=\"1,2\"\n", PV "vcpus = 2\n",
		     "\"vcpu_hard_affinity\":[[1],[1]]");
	check_xlconf("vm.cpumask=\"0-1\"\n", PV "vcpus = 1\ncpus = \"1-3\"\n", "\"vcpu_hard_affinity\":[[1]]");
	check_xlconf("blkdev_start=\"xvdq\"\n", PV, "\"blkdev_start\":\"xvdq\"");
	check_xlconf("unknown_key=1\nlockfile=\"/l\"\nautoballoon=\"auto\"\n", PV, "web01");

	const char bad[] = "\nautoballoon=\"perhaps\"\n";
	write_file(xlconf_path, bad, strlen(bad));
	assert_int_equal(describe(PV), -1);
	write_file(xlconf_path, "", 0);
	assert_non_null(strstr(err.message, xlconf_path));
	assert_non_null(strstr(err.message, ":2: autoballoon must be on, off or auto"));
}

static void where_no_xen_runs_the_plugin_says_so(void **state)
{
	(void)state;
	struct bd_toolstack_host host = {
		.struct_size = sizeof(host), .log = log_line, .cancel_fd = -1, .log_dir = "/tmp"
	};
	struct bd_toolstack_create request = { .struct_size = sizeof(request), .cfg_path = cfg_path };
	struct bd_toolstack *toolstack = NULL;
	uint32_t domid = 77;
	if (access("/dev/xen/privcmd", F_OK) == 0)
		skip();
	assert_int_equal(plugin->open(&host, &toolstack, &err), -1);
	assert_int_equal(err.code, ENODEV);
	assert_non_null(strstr(err.message, "no Xen is running here"));
	assert_null(toolstack);

	write_file(cfg_path, PV, strlen(PV));
	err.code = 0;
	assert_int_equal(plugin->create(&host, &request, &domid, &err), -1);
	assert_int_equal(err.code, ENODEV);
	assert_non_null(strstr(err.message, "no Xen is running here"));
	assert_int_equal(domid, 77);

	request.cfg_path = "/nonexistent/x.cfg";
	assert_int_equal(plugin->create(&host, &request, &domid, &err), -1);
	assert_int_equal(err.code, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pv_config_is_what_xl_makes_of_it),
		cmocka_unit_test(a_pvh_config_is_what_xl_makes_of_it),
		cmocka_unit_test(an_hvm_config_is_what_xl_makes_of_it),
		cmocka_unit_test(every_key_reaches_libxl),
		cmocka_unit_test(bootloader_restrict_is_taken),
		cmocka_unit_test(strings_keep_what_xl_keeps),
		cmocka_unit_test(a_list_may_be_added_to),
		cmocka_unit_test(an_unknown_key_is_ignored_with_a_warning_that_has_its_line),
		cmocka_unit_test(all_that_is_refused_is_told_at_once),
		cmocka_unit_test(a_message_of_very_many_faults_says_how_many_are_left_out),
		cmocka_unit_test(of_a_key_that_is_set_twice_the_last_counts),
		cmocka_unit_test(a_key_of_another_guest_type_is_ignored_with_a_warning),
		cmocka_unit_test(a_value_of_the_wrong_form_is_ignored_with_a_warning),
		cmocka_unit_test(bad_values_are_refused_with_their_line),
		cmocka_unit_test(the_bytes_of_the_file_matter),
		cmocka_unit_test(what_is_odd_but_taken_is_a_warning),
		cmocka_unit_test(a_uuid_is_made_where_there_is_none),
		cmocka_unit_test(xl_conf_changes_what_it_changes_for_xl),
		cmocka_unit_test(where_no_xen_runs_the_plugin_says_so),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
