/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about disk and vif specifications: what the plugin gives libxl for each spelling of xl-disk-configuration(5) and
 * xl-network-configuration(5), what it refuses, and that the program itself (list, show, rm, doctor) sees the same file,
 * address and bridge in them. libxlutil, which parses disks and rates for xl too, runs in earnest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cfg_checks.h"
#include "guest/description.h"
#include "plugin_checks.h"
#include "xlcfg/disks.h"

static char text[2048];

static const char *with_disk(const char *spec)
{
	snprintf(text, sizeof(text), PV "disk = [ '%s' ]\n", spec);
	return text;
}

static const char *with_vif(const char *spec)
{
	snprintf(text, sizeof(text), PV "vif = [ '%s' ]\n", spec);
	return text;
}

/* libxl gets this disk; target: the file that our own reader sees, NULL: none. */
struct disk_fact {
	const char *spec, *disk, *target;
	bool read_only;
};

static void check_disks(const struct disk_fact *facts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char expected[512], spec[512], path[PATH_MAX];
		snprintf(expected, sizeof(expected), "\"disks\":[{%s}]", facts[i].disk);
		check_gives(with_disk(facts[i].spec), expected);
		snprintf(spec, sizeof(spec), "%s", facts[i].spec);
		bool found = bd_xlcfg_disk_target(spec, path);
		if (found != !!facts[i].target || (found && strcmp(path, facts[i].target) != 0))
			fail_msg("%s: the program sees %s", facts[i].spec, found ? path : "no file");
		if (found && bd_xlcfg_writes_disk(with_disk(facts[i].spec), path) == facts[i].read_only)
			fail_msg("%s: the program says that it is%s written", facts[i].spec,
				 facts[i].read_only ? "" : " not");
	}
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define VOLUME "\"pdev_path\":\"/dev/vg/root\",\"vdev\":\"hda\",\"format\":\"raw\",\"readwrite\":1"
#define CD "\"pdev_path\":\"/srv/cd.iso\",\"vdev\":\"hdc\",\"format\":\"raw\",\"removable\":1,\"is_cdrom\":1"
#define EMPTY "\"vdev\":\"hdc\",\"format\":\"empty\",\"removable\":1,\"is_cdrom\":1"

static void a_disk_is_the_same_in_each_of_its_spellings(void **state)
{
	static const struct disk_fact facts[] = {
		{ "/dev/vg/root,,hda", VOLUME, "/dev/vg/root", false },
		{ "/dev/vg/root,,hda,", VOLUME, "/dev/vg/root", false },
		{ "/dev/vg/root,raw,hda,w", VOLUME, "/dev/vg/root", false },
		{ "  /dev/vg/root, raw, hda, rw", VOLUME, "/dev/vg/root", false },
		{ "raw:/dev/vg/root,hda,rw", VOLUME, "/dev/vg/root", false },
		{ "phy:/dev/vg/root,hda,w", VOLUME, "/dev/vg/root", false },
		{ "tap2:aio:/dev/vg/root,hda,w", VOLUME, "/dev/vg/root", false },
		{ "tapdisk:/dev/vg/root,hda", VOLUME, "/dev/vg/root", false },
		{ "vdev=hda,access=rw,format=raw,target=/dev/vg/root", VOLUME, "/dev/vg/root", false },
		{ "vdev=hda, /dev/vg/root", VOLUME, "/dev/vg/root", false },
		{ "devtype=disk, vdev=hda, target=/dev/vg/root", VOLUME, "/dev/vg/root", false },
	};
	(void)state;
	check_disks(facts, COUNT(facts));
	check_refused(with_disk("target=/dev/vg/root"), "no vdev specified");
}

static void access_says_who_may_write(void **state)
{
#define READ_ONLY "\"pdev_path\":\"/a\",\"vdev\":\"xvda\",\"format\":\"raw\""
	static const struct disk_fact facts[] = {
		{ "/a,,xvda,r", READ_ONLY, "/a", true },
		{ "/a,raw,xvda,ro", READ_ONLY, "/a", true },
		{ "access=r,vdev=xvda,target=/a", READ_ONLY, "/a", true },
		{ "phy:/a,xvda,r", READ_ONLY, "/a", true },
		{ "/a,,xvda,rw", READ_ONLY ",\"readwrite\":1", "/a", false },
		{ "access=,vdev=xvda,target=/a", READ_ONLY ",\"readwrite\":1", "/a", false },
	};
	(void)state;
	check_disks(facts, COUNT(facts));
	check_refused(with_disk("/a,,xvda,x"), "unknown value for access");
	check_refused(with_disk("access=write,vdev=xvda,target=/a"), "unknown value for access");
}

static void a_cd_drive_may_be_empty(void **state)
{
	static const struct disk_fact facts[] = {
		{ "/srv/cd.iso,,hdc,cdrom", CD, "/srv/cd.iso", true },
		{ "/srv/cd.iso,raw,hdc,devtype=cdrom", CD, "/srv/cd.iso", true },
		{ "file:/srv/cd.iso,hdc:cdrom,r", CD, "/srv/cd.iso", true },
		{ "cdrom,vdev=hdc,target=/srv/cd.iso", CD, "/srv/cd.iso", true },
		{ "vdev=hdc,access=r,devtype=cdrom", EMPTY, NULL, true },
		{ "vdev=hdc,cdrom,format=empty", EMPTY, NULL, true },
		{ ",,hdc:cdrom,r", "\"pdev_path\":\"\"," EMPTY, NULL, true },
		{ ",hdc:cdrom,r", "\"pdev_path\":\"\"," EMPTY, NULL, true },
		{ ",empty,hdc:cdrom,r", "\"pdev_path\":\"\"," EMPTY, NULL, true },
		{ "devtype=cdrom,vdev=hdc,target=", "\"pdev_path\":\"\"," EMPTY, NULL, true },
	};
	(void)state;
	check_disks(facts, COUNT(facts));
	check_refused(with_disk("vdev=xvda,format=raw"), "no target specified");
	check_refused(with_disk("/srv/a,hdc:floppy,w"), "");
	check_refused(with_disk("devtype=tape,vdev=hdc,target=/a"), "unknown value for type");
}

static void formats_backends_and_flags_reach_libxl(void **state)
{
#define A "\"pdev_path\":\"/a\",\"vdev\":\"xvda\","
	static const struct disk_fact facts[] = {
		{ "/a,qcow2,xvda", A "\"format\":\"qcow2\",\"readwrite\":1", "/a", false },
		{ "qcow:/a,xvda,w", A "\"format\":\"qcow\",\"readwrite\":1", "/a", false },
		{ "vhd:/a,xvda,r", A "\"format\":\"vhd\"", "/a", true },
		{ "/a,qed,xvda", A "\"format\":\"qed\",\"readwrite\":1", "/a", false },
		{ "backendtype=phy,vdev=xvda,target=/a", A "\"backend\":\"phy\",\"format\":\"raw\",\"readwrite\":1",
		  "/a", false },
		{ "backendtype=qdisk,vdev=xvda,target=/a",
		  A "\"backend\":\"qdisk\",\"format\":\"raw\",\"readwrite\":1", "/a", false },
		{ "discard,vdev=xvda,target=/a", A "\"format\":\"raw\",\"readwrite\":1,\"discard_enable\":\"True\"",
		  "/a", false },
		{ "no-discard,vdev=xvda,target=/a",
		  A "\"format\":\"raw\",\"readwrite\":1,\"discard_enable\":\"False\"", "/a", false },
		{ "direct-io-safe,/a,,xvda", A "\"format\":\"raw\",\"readwrite\":1,\"direct_io_safe\":true", "/a",
		  false },
	};
	(void)state;
	check_disks(facts, COUNT(facts));
	check_refused(with_disk("/a,QCOW2,xvda"), "unknown value for format");
	check_refused(with_disk("/a,format=ext4,xvda"), "unknown value for format");
	check_refused(with_disk("backendtype=file,vdev=xvda,target=/a"), "unknown value for backendtype");
	check_refused(with_disk("/a,raw,xvda,w,again"), "too many positional parameters");
	check_refused(with_disk("vdev=xvda,vdev=xvdb,target=/a"), "vdev respecified");
	check_refused(with_disk("speed=9,vdev=xvda,target=/a"), "unknown parameter");
	check_refused(with_disk("zip:/a,xvda,w"), "unknown deprecated disk prefix");
}

/* It is a file for the script alone to find. */
static void a_disk_of_a_script_is_no_file_of_this_host(void **state)
{
	static const struct disk_fact facts[] = {
		{ "drbd:r0,xvda,w",
		  "\"pdev_path\":\"r0\",\"vdev\":\"xvda\",\"format\":\"raw\",\"script\":\"block-drbd\",\"readwrite\":1",
		  NULL, false },
		{ "iscsi:iqn.2010-01.org.example:0-a,xvda,w",
		  "\"pdev_path\":\"iqn.2010-01.org.example:0-a\",\"vdev\":\"xvda\",\"format\":\"raw\","
		  "\"script\":\"block-iscsi\",\"readwrite\":1",
		  NULL, false },
		{ "vdev=xvda, script=block-rbd, target=pool/image",
		  "\"pdev_path\":\"pool/image\",\"vdev\":\"xvda\",\"format\":\"raw\",\"script\":\"block-rbd\",\"readwrite\":1",
		  NULL, false },
		{ "vdev=xvda, script=block-dummy, target=/srv/a",
		  "\"pdev_path\":\"/srv/a\",\"vdev\":\"xvda\",\"format\":\"raw\",\"script\":\"block-dummy\",\"readwrite\":1",
		  "/srv/a", false },
	};
	(void)state;
	check_disks(facts, COUNT(facts));
}

static void a_target_takes_the_rest_of_the_string(void **state)
{
	static const struct disk_fact facts[] = {
		{ "vdev=xvda,target=/srv/a,b.img",
		  "\"pdev_path\":\"/srv/a,b.img\",\"vdev\":\"xvda\",\"format\":\"raw\",\"readwrite\":1",
		  "/srv/a,b.img", false },
		{ "vdev=xvda,target=/srv/vdev=b,ro",
		  "\"pdev_path\":\"/srv/vdev=b,ro\",\"vdev\":\"xvda\",\"format\":\"raw\",\"readwrite\":1",
		  "/srv/vdev=b,ro", false },
		{ "vdev=xvda,target=/srv/a b:c",
		  "\"pdev_path\":\"/srv/a b:c\",\"vdev\":\"xvda\",\"format\":\"raw\",\"readwrite\":1", "/srv/a b:c",
		  false },
	};
	(void)state;
	check_disks(facts, COUNT(facts));
}

/* libxl gets this interface. */
static void check_vif(const char *spec, const char *nic)
{
	char expected[512];

	snprintf(expected, sizeof(expected), "\"nics\":[{\"devid\":0%s%s}]", *nic ? "," : "", nic);
	check_gives(with_vif(spec), expected);
}

static void rates_are_counted_as_xl_counts_them(void **state)
{
	static const struct {
		const char *spec;
		unsigned long long bytes, usecs;
	} facts[] = {
		{ "rate=8000000b/s", 50000, 50000 },	  { "rate=1000000B/s", 50000, 50000 },
		{ "rate=1000000B/s@50ms", 50000, 50000 }, { "rate=8Kb/s", 50, 50000 },
		{ "rate=1KB/s@50ms", 50, 50000 },	  { "rate=8Mb/s", 50000, 50000 },
		{ "rate=1MB/s@20ms", 20000, 20000 },	  { "rate=16Gb/s", 100000000, 50000 },
		{ "rate=2GB/s@50ms", 100000000, 50000 },  { "rate=40Mb/s@1s", 5000000, 1000000 },
		{ "rate=1MB/s@5000us", 5000, 5000 },
	};
	static const char *const refused[] = {
		"rate=fast",
		"rate=5MB",
		"rate=5MB/m",
		"rate=5XB/s",
		"rate=0B/s",
		"rate=4294967296b/s",
		"rate=4294967296GB/s",
		"rate=5Mb/s@soon",
		"rate=5MB/s@2h",
		"rate=1B/s@4294967296us",
		"rate=1B/s@4294968ms",
		"rate=1B/s@4295s",
		"rate=1B/s@0us",
		"rate=4294967295GB/s@5us",
		"rate=4296MB/s@4294s",
		"rate=@",
		"rate=",
	};
	(void)state;
	for (size_t i = 0; i < COUNT(facts); i++) {
		char nic[128];
		snprintf(nic, sizeof(nic), "\"rate_bytes_per_interval\":%llu,\"rate_interval_usecs\":%llu",
			 facts[i].bytes, facts[i].usecs);
		errno = ERANGE; /* an earlier number's; libxlutil looks at it */
		check_vif(facts[i].spec, nic);
	}
	for (size_t i = 0; i < COUNT(refused); i++)
		check_refused(with_vif(refused[i]), "is not a rate like 10MB/s@20ms");
}

static void interfaces_are_what_xl_makes_of_them(void **state)
{
	(void)state;
	check_vif("", "");
	check_vif(" ", "");
	check_vif("bridge=br1, , model=e1000", "\"model\":\"e1000\",\"bridge\":\"br1\"");
	check_vif("mac=00:16:3E:0a:0B:0c", "\"mac\":\"00:16:3e:0a:0b:0c\"");
	check_vif("mac=00-16-3e-0a-0b-0c", "\"mac\":\"00:16:3e:0a:0b:0c\"");
	check_vif("type=ioemu", "\"nictype\":\"vif_ioemu\"");
	check_vif("type=vif", "\"nictype\":\"vif\"");
	check_vif("trusted", "\"trusted\":\"True\"");
	check_vif("untrusted", "\"trusted\":\"False\"");
	check_vif("netdev=eth0", "\"gatewaydev\":\"eth0\"");
	check_vif("bridge=a,bridge=b", "\"bridge\":\"b\"");
	check_vif("ip=192.0.2.7 2001:db8::7/64", "\"ip\":\"192.0.2.7 2001:db8::7/64\"");
	check_vif("mac=00:16-3e:0a:0b:0c", "\"mac\":\"00:16:3e:0a:0b:0c\"");
	check_vif("mac=0:16:3e:a:b:c", "\"mac\":\"00:16:3e:0a:0b:0c\"");
	check_vif("script=vif-colo,forwarddev=eth1,colo_sock_mirror_id=m,colo_checkpoint_port=9000",
		  "\"script\":\"vif-colo\",\"coloft_forwarddev\":\"eth1\",\"colo_sock_mirror_id\":\"m\","
		  "\"colo_checkpoint_port\":\"9000\"");
	check_refused(with_vif("mac=00:16:3e"), ":4: vif 1: \"00:16:3e\" is not a MAC address");
	check_refused(with_vif("devid=x"), ":4: vif 1: \"x\" is not a number");
	check_refused(with_vif("mtu="), ":4: vif 1: \"\" is not a number");
}

static void what_xl_passes_over_in_an_interface_is_told(void **state)
{
	static const struct {
		const char *spec, *warning, *nic;
	} facts[] = {
		{ "foo,bridge=b", ":4: vif 1: this is not key=value: \"foo\": ignored, as xl does",
		  "\"bridge\":\"b\"" },
		{ "vlan0=5,bridge=b", ":4: vif 1: unknown key \"vlan0\"", "\"bridge\":\"b\"" },
		{ "accel=1,bridge=b", ":4: vif 1: accel is not supported", "\"bridge\":\"b\"" },
		{ "type=tap,bridge=b", ":4: vif 1: type must be vif or ioemu", "\"bridge\":\"b\"" },
		{ "mac=00:16:3e:xx:0b:0c", ":4: vif 1: this is not a MAC address",
		  "\"mac\":\"00:16:3e:00:00:00\"" },
		{ "netdev=eth0", ":4: vif 1: netdev is deprecated: use gatewaydev for \"eth0\"",
		  "\"gatewaydev\":\"eth0\"" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(facts); i++) {
		check_vif(facts[i].spec, facts[i].nic);
		check_warns(with_vif(facts[i].spec), facts[i].warning);
	}
}

static void the_program_sees_the_same_interface(void **state)
{
	static const char *const macs[] = { "00:16:3E:0a:0B:0c", "00-16-3e-0a-0b-0c" };
	static const uint8_t mac[6] = { 0, 0x16, 0x3e, 0x0a, 0x0b, 0x0c };

	(void)state;
	for (size_t i = 0; i < COUNT(macs); i++) {
		char spec[128];
		snprintf(spec, sizeof(spec), "mac=%s, bridge=br1, ip=192.0.2.7", macs[i]);
		check_gives(with_vif(spec), "\"mac\":\"00:16:3e:0a:0b:0c\",\"ip\":\"192.0.2.7\",\"bridge\":\"br1\"");
		struct bd_cfg cfg = parsed(with_vif(spec));
		assert_int_equal(cfg.vif_count, 1);
		assert_true(cfg.vifs[0].has_mac);
		assert_memory_equal(cfg.vifs[0].mac, mac, sizeof(mac));
		assert_string_equal(cfg.vifs[0].bridge, "br1");
		assert_string_equal(cfg.vifs[0].ip, "192.0.2.7");
		bd_cfg_dispose(&cfg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_disk_is_the_same_in_each_of_its_spellings),
		cmocka_unit_test(access_says_who_may_write),
		cmocka_unit_test(a_cd_drive_may_be_empty),
		cmocka_unit_test(formats_backends_and_flags_reach_libxl),
		cmocka_unit_test(a_disk_of_a_script_is_no_file_of_this_host),
		cmocka_unit_test(a_target_takes_the_rest_of_the_string),
		cmocka_unit_test(rates_are_counted_as_xl_counts_them),
		cmocka_unit_test(interfaces_are_what_xl_makes_of_them),
		cmocka_unit_test(what_xl_passes_over_in_an_interface_is_told),
		cmocka_unit_test(the_program_sees_the_same_interface),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
