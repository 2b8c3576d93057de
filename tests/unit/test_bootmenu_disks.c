/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about what is booted from the disks of distributions. data/boot/ has a file for each: the files of its boot configuration, each
 * behind its path. They are our own texts in the shape that the distributions' tools write: Ubuntu's and Debian's grub-mkconfig, Fedora's
 * 10_linux and kernel-install's plugin, openSUSE's grub2-snapper-plugin and sdbootutil, grub-btrfs, update-extlinux. */
#include "base/embed.h"
#include "bootmenu_checks.h"

BD_EMBED(ubuntu22, "tests/unit/data/boot/ubuntu-22.04.disk");
BD_EMBED(ubuntu24, "tests/unit/data/boot/ubuntu-24.04.disk");
BD_EMBED(fedora42, "tests/unit/data/boot/fedora-42.disk");
BD_EMBED(rocky9, "tests/unit/data/boot/rocky-9.disk");
BD_EMBED(tumbleweed, "tests/unit/data/boot/opensuse-tumbleweed.disk");
BD_EMBED(suse_systemd, "tests/unit/data/boot/opensuse-systemd-boot.disk");
BD_EMBED(arch, "tests/unit/data/boot/arch.disk");
BD_EMBED(gentoo, "tests/unit/data/boot/gentoo.disk");
BD_EMBED(alpine_extlinux, "tests/unit/data/boot/alpine-extlinux.disk");
BD_EMBED(alpine_grub, "tests/unit/data/boot/alpine-grub.disk");

static struct bd_error err;

#define FILES_MAX 64

/* A disk of data/boot/: the files of a filesystem. */
struct parsed {
	char *text; /* owned */
	struct fake_file files[FILES_MAX];
	char *paths[FILES_MAX]; /* owned */
	size_t count;
};

static void parsed_dispose(struct parsed *parsed)
{
	for (size_t i = 0; i < parsed->count; i++)
		free(parsed->paths[i]);
	free(parsed->text);
}

static void add_file(struct parsed *parsed, const char *device, const char *path, const char *text)
{
	char **copy = &parsed->paths[parsed->count];

	assert_true(parsed->count < FILES_MAX - 1);
	assert_int_equal(bd_text_format(copy, &err, "(%s)%s", device, path), 0);
	parsed->files[parsed->count++] = (struct fake_file){ *copy, text };
}

/* Without the last newline of each file. */
static void parse(const char *disk, const char *device, struct parsed *parsed)
{
	char *at = parsed->text = strdup(disk);

	assert_non_null(at);
	while (at) {
		assert_memory_equal(at, "==> ", strlen("==> "));
		char *path = at + strlen("==> "), *text = strchr(path, '\n');
		assert_non_null(text);
		*text++ = '\0';
		char *next = strstr(text, "\n==> ");
		if (next)
			*next++ = '\0';
		add_file(parsed, device, path, text);
		at = next;
	}
}

struct disk {
	const char *content, *device;
	const struct fake_name *names;
};

/* Among the disk's files is one more, be it instead of one of them; path NULL: there is not. */
static void assert_boots_with(const struct disk *disk, const char *path, const char *text, const char *expected)
{
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };
	BD_DISPOSE(parsed_dispose) struct parsed parsed = { .count = 0 };
	char warnings[1024] = "";

	if (path)
		add_file(&parsed, disk->device, path, text);
	parse(disk->content, disk->device, &parsed);
	struct fake_disk fake = { .files = parsed.files, .names = disk->names };
	find_on_device(&fake, disk->device, warnings, &found);
	BD_FREE char *is = booted(&found);
	assert_string_equal(is, expected);
	assert_string_equal(found.problem, "");
	assert_string_equal(warnings, "");
}

static void assert_boots(const struct disk *disk, const char *expected)
{
	assert_boots_with(disk, NULL, NULL, expected);
}

#define NO_NAME \
	{ \
		NULL, NULL, NULL \
	}

#define R22 "3f8f1b5c-9a3e-4f5b-8f0a-0d7a7a4b2201"
#define ADVANCED(root, version) "gnulinux-advanced-" root ">gnulinux-" version "-advanced-" root
static const struct fake_name names22[] = { { R22, "cloudimg-rootfs", "hd0,gpt1" }, NO_NAME };
static const struct disk ubuntu22_disk = { bd_embedded_ubuntu22, "hd0,gpt1", names22 };

static void ubuntu_22_boots_its_newest_kernel(void **state)
{
	(void)state;
	assert_boots(&ubuntu22_disk,
		     "/boot/grub/grub.cfg\n0 of 6 Ubuntu [gnulinux-simple-" R22 "]\n"
		     "linux :/boot/vmlinuz-5.15.0-144-generic "
		     "root=PARTUUID=d0f1e2a3-0001-4b5c-9d8e-220400000001 ro console=tty1 console=ttyS0 "
		     "vt.handoff=7\ninitrd :/boot/initrd.img-5.15.0-144-generic\n");
	/* grub-reboot to the older one's recovery mode, by numbers. */
	assert_boots_with(&ubuntu22_disk, "/boot/grub/grubenv", GRUBENV("next_entry=1>3\n"),
			  "/boot/grub/grub.cfg\n4 of 6 Ubuntu, with Linux 5.15.0-143-generic (recovery mode) "
			  "[gnulinux-5.15.0-143-generic-recovery-" R22 "]\n"
			  "linux :/boot/vmlinuz-5.15.0-143-generic root=LABEL=cloudimg-rootfs ro recovery nomodeset "
			  "dis_ucode_ldr console=tty1 console=ttyS0\ninitrd :/boot/initrd.img-5.15.0-143-generic\n");
}

/* What its own GRUB has noted of a boot that failed: text mode, and no initrd the next time. */
static void ubuntu_22_after_a_failed_boot(void **state)
{
	(void)state;
	assert_boots_with(
		&ubuntu22_disk, "/boot/grub/grubenv", GRUBENV("recordfail=1\ninitrdfail=1\nprev_entry=1>2\n"),
		"/boot/grub/grub.cfg\n3 of 6 Ubuntu, with Linux 5.15.0-143-generic "
		"[gnulinux-5.15.0-143-generic-advanced-" R22 "]\n"
		"linux :/boot/vmlinuz-5.15.0-143-generic root=PARTUUID=d0f1e2a3-0001-4b5c-9d8e-220400000001 ro "
		"console=tty1 console=ttyS0\ninitrd :/boot/initrd.img-5.15.0-143-generic\n");
	assert_boots_with(
		&ubuntu22_disk, "/boot/grub/grubenv", GRUBENV("recordfail=1\ninitrdfail=1\n"),
		"/boot/grub/grub.cfg\n0 of 6 Ubuntu [gnulinux-simple-" R22 "]\n"
		"linux :/boot/vmlinuz-5.15.0-144-generic root=PARTUUID=d0f1e2a3-0001-4b5c-9d8e-220400000001 ro "
		"console=tty1 console=ttyS0 panic=-1\n");
}

/* /boot is the filesystem of partition 16, and paths have no /boot; microcode comes first. */
static void ubuntu_24_boots_from_a_boot_of_its_own(void **state)
{
#define R24 "7c0f9b1e-2d3a-4c5b-8e6f-1a2b3c4d2401"
	static const struct fake_name names[] = { { R24, "cloudimg-rootfs", "hd0,gpt1" },
						  { "7c0f9b1e-2d3a-4c5b-8e6f-1a2b3c4d2416", "BOOT", "hd0,gpt16" },
						  NO_NAME };
	static const struct disk disk = { bd_embedded_ubuntu24, "hd0,gpt16", names };

	(void)state;
	assert_boots(&disk, "/grub/grub.cfg\n0 of 5 Ubuntu [gnulinux-simple-" R24 "]\n"
			    "linux :/vmlinuz-6.8.0-64-generic root=PARTUUID=d0f1e2a3-0001-4b5c-9d8e-240400000001 ro "
			    "console=tty1 console=ttyS0 vt.handoff=7\n"
			    "initrd :/microcode.cpio\ninitrd :/initrd.img-6.8.0-64-generic\n");
	assert_boots_with(&disk, "/grub/grubenv", GRUBENV("next_entry=" ADVANCED(R24, "6.8.0-63-generic") "\n"),
			  "/grub/grub.cfg\n3 of 5 Ubuntu, with Linux 6.8.0-63-generic "
			  "[gnulinux-6.8.0-63-generic-advanced-" R24 "]\n"
			  "linux :/vmlinuz-6.8.0-63-generic root=PARTUUID=d0f1e2a3-0001-4b5c-9d8e-240400000001 ro "
			  "console=tty1 console=ttyS0 vt.handoff=7\n"
			  "initrd :/microcode.cpio\ninitrd :/initrd.img-6.8.0-63-generic\n");
	assert_boots_with(&disk, "/grub/custom.cfg",
			  "set default='My > own'\nmenuentry 'My > own' { linux /my-vmlinuz a=\"b c\" }\n",
			  "/grub/grub.cfg\n0 of 6 Ubuntu [gnulinux-simple-" R24 "]\n"
			  "linux :/vmlinuz-6.8.0-64-generic root=PARTUUID=d0f1e2a3-0001-4b5c-9d8e-240400000001 ro "
			  "console=tty1 console=ttyS0 vt.handoff=7\n"
			  "initrd :/microcode.cpio\ninitrd :/initrd.img-6.8.0-64-generic\n");
	/* ">" in a title is doubled where an entry is named. */
	assert_boots_with(&disk, "/grub/custom.cfg",
			  "set default='My >> own'\nmenuentry 'My > own' { linux /my-vmlinuz a=\"b c\" }\n",
			  "/grub/grub.cfg\n5 of 6 My > own []\nlinux :/my-vmlinuz \"a=b c\"\n");
}

#define MACHINE "4f1c2d3e5a6b47c8909192a3b4c5d6e7"
#define FEDORA_ARGUMENTS \
	"root=UUID=0e5d1c2b-3a49-4857-9665-fed0fed0f007 ro rootflags=subvol=root no_timer_check console=tty1 " \
	"console=ttyS0,115200n8"

static void fedora_boots_the_saved_entry(void **state)
{
	static const struct fake_name names[] = { { "0e5d1c2b-3a49-4857-9665-fed0fed0b007", "BOOT", "hd0,gpt3" },
						  NO_NAME };
	static const struct disk disk = { bd_embedded_fedora42, "hd0,gpt3", names };
	static const char newest[] = "/grub2/grub.cfg\n"
				     "0 of 3 Fedora Linux (6.14.5-300.fc42.x86_64) 42 (Cloud Edition) [" MACHINE
				     "-6.14.5-300.fc42.x86_64]\n"
				     "linux hd0,gpt3:/vmlinuz-6.14.5-300.fc42.x86_64 " FEDORA_ARGUMENTS
				     "\ninitrd hd0,gpt3:/initramfs-6.14.5-300.fc42.x86_64.img\n";
	static const char older[] =
		"/grub2/grub.cfg\n"
		"1 of 3 Fedora Linux (6.14.0-63.fc42.x86_64) 42 (Cloud Edition) [" MACHINE "-6.14.0-63.fc42.x86_64]\n"
		"linux hd0,gpt3:/vmlinuz-6.14.0-63.fc42.x86_64 " FEDORA_ARGUMENTS
		"\ninitrd hd0,gpt3:/initramfs-6.14.0-63.fc42.x86_64.img\n";

	(void)state;
	assert_boots(&disk, newest);
	assert_boots_with(&disk, "/grub2/grubenv", GRUBENV("saved_entry=" MACHINE "-6.14.0-63.fc42.x86_64\n"), older);
	/* The boots of the newest one have failed. */
	assert_boots_with(&disk, "/grub2/grubenv",
			  GRUBENV("saved_entry=" MACHINE "-6.14.5-300.fc42.x86_64\nboot_counter=0\nboot_success=0\n"),
			  older);
	/* A block that somebody has edited with CRLF is none, nor is one without an end to its line. */
	assert_boots_with(&disk, "/grub2/grubenv", "# GRUB Environment Block\r\nsaved_entry=1\r\n", newest);
	assert_boots_with(&disk, "/grub2/grubenv", "# GRUB Environment Block\nsaved_entry=1", newest);
}

/* XFS; the arguments have variables of tuned, whose overlay is an initrd behind the kernel's own. */
static void rocky_boots_with_tuneds_variables(void **state)
{
	static const struct fake_name names[] = { { "c9a1b2d3-e4f5-4061-8273-849501cc9b00", "BOOT", "hd0,gpt3" },
						  NO_NAME };
	static const struct disk disk = { bd_embedded_rocky9, "hd0,gpt3", names };

	(void)state;
	assert_boots(&disk,
		     "/grub2/grub.cfg\n0 of 3 Rocky Linux (5.14.0-570.25.1.el9_6.x86_64) 9.6 (Blue Onyx) [" MACHINE
		     "-5.14.0-570.25.1.el9_6.x86_64]\n"
		     "linux hd0,gpt3:/vmlinuz-5.14.0-570.25.1.el9_6.x86_64 "
		     "root=UUID=c9a1b2d3-e4f5-4061-8273-849501cc9f00 ro console=ttyS0,115200n8 no_timer_check "
		     "crashkernel=1G-4G:192M,4G-64G:256M,64G-:512M net.ifnames=0 skew_tick=1 tsc=reliable\n"
		     "initrd hd0,gpt3:/initramfs-5.14.0-570.25.1.el9_6.x86_64.img\n"
		     "initrd hd0,gpt3:/tuned/initramfs-tuned.img\n");
	/* Without a grubenv: the default is the newest kernel, by its version and not by its name. */
	assert_boots_with(&disk, "/grub2/grubenv", "",
			  "/grub2/grub.cfg\n"
			  "0 of 3 Rocky Linux (5.14.0-570.25.1.el9_6.x86_64) 9.6 (Blue Onyx) [" MACHINE
			  "-5.14.0-570.25.1.el9_6.x86_64]\n"
			  "linux hd0,gpt3:/vmlinuz-5.14.0-570.25.1.el9_6.x86_64 "
			  "root=UUID=c9a1b2d3-e4f5-4061-8273-849501cc9f00 ro console=ttyS0,115200n8 no_timer_check "
			  "crashkernel=1G-4G:192M,4G-64G:256M,64G-:512M net.ifnames=0\n"
			  "initrd hd0,gpt3:/initramfs-5.14.0-570.25.1.el9_6.x86_64.img\n");
}

#define SUSE "5e1a9c0d-7b6a-4f3e-9d21-0b5e5e5e0002"
#define SUSE_ENTRY(snapshot, version, arguments) \
	"linux :/@/.snapshots/" snapshot "/snapshot/boot/vmlinuz-" version " root=UUID=" SUSE " " arguments \
	"\ninitrd :/@/.snapshots/" snapshot "/snapshot/boot/initrd-" version "\n"

/* Paths are below the snapshot that is the root; seen from the top of the filesystem they have more before them. */
static void tumbleweed_boots_from_its_root_snapshot(void **state)
{
	static const struct fake_name names[] = { { SUSE, NULL, "hd0,gpt2" }, NO_NAME };
	static const struct disk disk = { bd_embedded_tumbleweed, "hd0,gpt2", names };

	(void)state;
	assert_boots(
		&disk,
		"/@/.snapshots/1/snapshot/boot/grub2/grub.cfg\n0 of 7 openSUSE Tumbleweed [gnulinux-simple-" SUSE
		"]\n" SUSE_ENTRY("1", "6.14.5-1-default", "splash=silent mitigations=auto quiet security=selinux"));
	assert_boots_with(
		&disk, "/@/.snapshots/1/snapshot/boot/grub2/grubenv",
		GRUBENV("saved_entry=" ADVANCED(SUSE, "6.14.4-1-default") "\n"),
		"/@/.snapshots/1/snapshot/boot/grub2/grub.cfg\n"
		"3 of 7 openSUSE Tumbleweed, with Linux 6.14.4-1-default [gnulinux-6.14.4-1-default-advanced-" SUSE
		"]\n" SUSE_ENTRY("1", "6.14.4-1-default", "splash=silent mitigations=auto quiet security=selinux"));
}

/* By grub-reboot: the snapshot's own grub.cfg is read, with the arguments that make the kernel take the snapshot. */
static void tumbleweed_boots_a_snapshot_that_was_asked_for(void **state)
{
	static const struct fake_name names[] = { { SUSE, NULL, "hd0,gpt2" }, NO_NAME };
	static const struct disk disk = { bd_embedded_tumbleweed, "hd0,gpt2", names };

	(void)state;
	assert_boots_with(&disk, "/@/.snapshots/1/snapshot/boot/grub2/grubenv",
			  GRUBENV("next_entry=Start bootloader from a read-only snapshot>1\n"),
			  "/@/.snapshots/1/snapshot/boot/grub2/grub.cfg\n"
			  "7 of 10 openSUSE Tumbleweed [gnulinux-simple-" SUSE "]\n" SUSE_ENTRY(
				  "11", "6.14.4-1-default",
				  "rootflags=subvol=@/.snapshots/11/snapshot splash=silent mitigations=auto quiet "
				  "security=selinux"));
	/* Without a saved entry the first one that boots is the default: not the submenu that says what to do with a snapshot. */
	assert_boots_with(&disk, "/@/.snapshots/1/snapshot/boot/grub2/grubenv",
			  GRUBENV("next_entry=Start bootloader from a read-only snapshot>0\n"),
			  "/@/.snapshots/1/snapshot/boot/grub2/grub.cfg\n"
			  "6 of 10 openSUSE Tumbleweed [gnulinux-simple-" SUSE "]\n" SUSE_ENTRY(
				  "12", "6.14.5-1-default",
				  "rootflags=subvol=@/.snapshots/12/snapshot splash=silent mitigations=auto quiet "
				  "security=selinux"));
}

#define MANY 400

/* Each has a file that makes its entry, and its grub.cfg is looked for. */
static void hundreds_of_snapshots_are_within_the_limits(void **state)
{
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };
	BD_DISPOSE(parsed_dispose) struct parsed parsed = { .count = 0 };
	static const struct fake_name names[] = { { SUSE, NULL, "hd0,gpt2" }, NO_NAME };
	struct fake_file *files = calloc(FILES_MAX + 2 * MANY, sizeof(*files));
	char *texts[3 * MANY + 1] = { NULL }, warnings[1024] = "";
	size_t count = 0, made = 0, size = 128 * MANY + 1024;
	char *list = texts[made++] = calloc(1, size);

	(void)state;
	assert_true(files && list);
	parse(bd_embedded_tumbleweed, "hd0,gpt2", &parsed);
	bd_text_append(list, size, "", "submenu \"Start bootloader from a read-only snapshot\" {\n");
	for (unsigned i = 2; i < MANY + 2; i++) {
		bd_text_append(list, size, "",
			       "if [ -f /.snapshots/%u/grub-snapshot.cfg ]; then\n"
			       "source /.snapshots/%u/grub-snapshot.cfg\nfi\n",
			       i, i);
		char **path = &texts[made], **grub_cfg = &texts[made + 1], **text = &texts[made + 2];
		made += 3;
		assert_int_equal(bd_text_format(path, &err, "(hd0,gpt2)/@/.snapshots/%u/grub-snapshot.cfg", i), 0);
		assert_int_equal(
			bd_text_format(grub_cfg, &err, "(hd0,gpt2)/@/.snapshots/%u/snapshot/boot/grub2/grub.cfg", i),
			0);
		assert_int_equal(
			bd_text_format(text, &err,
				       "if [ -f /.snapshots/%u/snapshot/boot/grub2/grub.cfg ]; then\n"
				       "menuentry \"%u\" \"/.snapshots/%u/snapshot\" { btrfs_subvol=\"@$2\"\n"
				       "configfile \"$2/boot/grub2/grub.cfg\"; }\nfi\n",
				       i, i, i),
			0);
		files[count++] = (struct fake_file){ *path, *text };
		files[count++] = (struct fake_file){ *grub_cfg, "" };
	}
	bd_text_append(list, size, "", "}\n");
	files[count++] = (struct fake_file){ "(hd0,gpt2)/@/.snapshots/grub-snapshot.cfg", list };
	for (size_t i = 0; i < parsed.count; i++)
		files[count++] = parsed.files[i];
	struct fake_disk fake = { .files = files, .names = names };
	find_on_device(&fake, "hd0,gpt2", warnings, &found);
	assert_string_equal(found.path, "/@/.snapshots/1/snapshot/boot/grub2/grub.cfg");
	assert_int_equal(found.menu.count, 5 + MANY);
	assert_int_equal(found.menu.default_index, 0);
	assert_string_equal(found.menu.entries[MANY + 4].title, "401");
	assert_string_equal(warnings, "");
	for (size_t i = 0; i < made; i++)
		free(texts[i]);
	free(files);
}

/* Kernels and entries of all snapshots are on the ESP; those of read-only ones are sorted behind the others. */
static void tumbleweed_boots_with_systemd_boot(void **state)
{
	static const struct disk disk = { bd_embedded_suse_systemd, "hd0,gpt1", NULL };

	(void)state;
	assert_boots(&disk, "/loader/entries\n0 of 4 openSUSE Tumbleweed (1@6.14.5-1-default) "
			    "[opensuse-tumbleweed-6.14.5-1-default-1.conf]\n"
			    "linux hd0,gpt1:/opensuse-tumbleweed/6.14.5-1-default/linux-a3c1 root=UUID=" SUSE
			    " splash=silent mitigations=auto quiet security=selinux "
			    "rootflags=subvol=@/.snapshots/1/snapshot "
			    "systemd.machine_id=0123456789abcdef0123456789abcdef\n"
			    "initrd hd0,gpt1:/opensuse-tumbleweed/6.14.5-1-default/initrd-a3c1\n");
	/* Where there are no EFI variables, sdbootutil has it in loader.conf. */
	assert_boots_with(
		&disk, "/loader/loader.conf", "timeout 8\ndefault opensuse-tumbleweed-6.14.4-1-default-11.conf\n",
		"/loader/entries\n3 of 4 Snapper: openSUSE Tumbleweed (11,6.14.4-1-default,2025-05-12 06:28:01, "
		"pre, zypp(zypper)) [opensuse-tumbleweed-6.14.4-1-default-11.conf]\n"
		"linux hd0,gpt1:/opensuse-tumbleweed/6.14.4-1-default/linux-77e2 root=UUID=" SUSE
		" splash=silent mitigations=auto quiet security=selinux "
		"rootflags=subvol=@/.snapshots/11/snapshot "
		"systemd.machine_id=0123456789abcdef0123456789abcdef\n"
		"initrd hd0,gpt1:/opensuse-tumbleweed/6.14.4-1-default/initrd-77e2\n");
}

/* The same entries, by GRUB: there is no loader.conf, and what sdbootutil sets is in a grubenv. */
static void tumbleweed_boots_with_grub_on_the_esp(void **state)
{
	static const struct {
		const char *grubenv;
		size_t index;
		int timeout_s;
	} rows[] = {
		{ NULL, 0, -1 },
		{ GRUBENV("timeout=8\n"), 0, 8 },
		{ GRUBENV("default=opensuse-tumbleweed-6.14.4-1-default-11.conf\ntimeout=-1\n"), 3, -1 },
		{ GRUBENV("default=opensuse-tumbleweed-6.14.4-1-default-1\n"), 1, -1 },
		{ GRUBENV("default=opensuse-tumbleweed-6.14.4\n"), 0, -1 },
		{ GRUBENV("default=\n"), 0, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };
		BD_DISPOSE(parsed_dispose) struct parsed parsed = { .count = 0 };
		parse(strstr(bd_embedded_suse_systemd, "==> /loader/entries/"), "hd0,gpt1", &parsed);
		if (rows[i].grubenv)
			add_file(&parsed, "hd0,gpt1", "/EFI/opensuse/grubenv", rows[i].grubenv);
		struct fake_disk fake = { .files = parsed.files };
		find_on_device(&fake, "hd0,gpt1", NULL, &found);
		assert_int_equal(found.menu.count, 4);
		assert_int_equal(found.menu.default_index, rows[i].index);
		assert_int_equal(found.menu.timeout_s, rows[i].timeout_s);
	}
}

#define ARCH "a4c80000-1111-4222-8333-a4c8a4c80002"
static const struct fake_name arch_names[] = { { ARCH, NULL, "hd0,gpt2" }, NO_NAME };
static const struct disk arch_disk = { bd_embedded_arch, "hd0,gpt2", arch_names };

static void arch_boots_from_its_subvolume(void **state)
{
	(void)state;
	assert_boots(&arch_disk,
		     "/@/boot/grub/grub.cfg\n0 of 6 Arch Linux [gnulinux-simple-" ARCH "]\n"
		     "linux :/@/boot/vmlinuz-linux root=UUID=" ARCH " rw rootflags=subvol=@ zswap.enabled=0 "
		     "rootfstype=btrfs loglevel=3 quiet\ninitrd :/@/boot/intel-ucode.img\n"
		     "initrd :/@/boot/amd-ucode.img\ninitrd :/@/boot/initramfs-linux.img\n");
	assert_boots_with(&arch_disk, "/@/boot/grub/grubenv",
			  GRUBENV("next_entry=Advanced options for Arch Linux>Arch Linux, with Linux linux-lts "
				  "(fallback initramfs)\n"),
			  "/@/boot/grub/grub.cfg\n4 of 6 Arch Linux, with Linux linux-lts (fallback initramfs) "
			  "[gnulinux-linux-lts-fallback-" ARCH "]\n"
			  "linux :/@/boot/vmlinuz-linux-lts root=UUID=" ARCH " rw rootflags=subvol=@ zswap.enabled=0 "
			  "rootfstype=btrfs loglevel=3 quiet\ninitrd :/@/boot/intel-ucode.img\n"
			  "initrd :/@/boot/amd-ucode.img\ninitrd :/@/boot/initramfs-linux-lts-fallback.img\n");
}

/* grub-btrfs keeps its entries in a file of their own, which is read when its submenu is opened. What is chosen in there cannot be told
 * by a default: it is the first, of the newest snapshot. */
static void arch_boots_a_snapshot_of_grub_btrfs(void **state)
{
	(void)state;
	assert_boots_with(
		&arch_disk, "/@/boot/grub/grubenv", GRUBENV("next_entry=Arch Linux snapshots\n"),
		"/@/boot/grub/grub.cfg\n5 of 7   vmlinuz-linux & initramfs-linux.img & amd-ucode.img "
		"[gnulinux-snapshots-" ARCH "]\n"
		"linux :/@snapshots/9/snapshot/boot/vmlinuz-linux root=UUID=" ARCH " loglevel=3 quiet "
		"rootflags=subvol=@snapshots/9/snapshot\ninitrd :/@snapshots/9/snapshot/boot/amd-ucode.img\n"
		"initrd :/@snapshots/9/snapshot/boot/initramfs-linux.img\n");
}

/* 600 entries in a file of their own, as a submenu that is opened: the menu takes them. */
static void hundreds_of_entries_of_grub_btrfs_are_taken(void **state)
{
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };
	BD_DISPOSE(parsed_dispose) struct parsed parsed = { .count = 0 };
	const size_t size = 600 * 1200;
	BD_FREE char *text = calloc(1, size);
	char warnings[1024] = "", *at = text;

	(void)state;
	assert_non_null(text);
	for (unsigned i = 0; i < 600; i++)
		at += snprintf(at, size - (size_t)(at - text),
			       "submenu '%u' {\n  submenu '---' { echo }\n  menuentry 'k & i' --class snapshots "
			       "\"$menuentry_id_option\" 'gnulinux-snapshots-" ARCH "' {\n"
			       "  if [ x$feature_all_video_module = xy ]; then\n  insmod all_video\n  fi\n"
			       "  set gfxpayload=keep\n  insmod btrfs\n"
			       "  if [ x$feature_platform_search_hint = xy ]; then\n"
			       "    search --no-floppy --fs-uuid  --set=root --hint-bios=hd0,gpt2 " ARCH "\n  else\n"
			       "    search --no-floppy --fs-uuid  --set=root " ARCH
			       "\n  fi\n  echo 'Loading Snapshot: %u'\n"
			       "  linux \"/@snapshots/%u/snapshot/boot/vmlinuz-linux\" root=UUID=" ARCH
			       " rootflags=subvol=\"@snapshots/%u/snapshot\"\n"
			       "  initrd \"/@snapshots/%u/snapshot/boot/initramfs-linux.img\"\n  }\n}\n",
			       i, i, i, i, i);
	add_file(&parsed, "hd0,gpt2", "/@/boot/grub/grub-btrfs.cfg", text);
	add_file(&parsed, "hd0,gpt2", "/@/boot/grub/grubenv", GRUBENV("next_entry=Arch Linux snapshots\n"));
	parse(bd_embedded_arch, "hd0,gpt2", &parsed);
	struct fake_disk fake = { .files = parsed.files, .names = arch_names };
	find_on_device(&fake, "hd0,gpt2", warnings, &found);
	assert_int_equal(found.menu.count, 605);
	assert_int_equal(found.menu.default_index, 5);
	assert_string_equal(found.menu.entries[604].kernel.path, "/@snapshots/599/snapshot/boot/vmlinuz-linux");
	assert_string_equal(warnings, "");
}

static void gentoo_boots_the_kernel_that_it_is_told(void **state)
{
#define GENTOO "6e700000-aaaa-4bbb-8ccc-6e7006e70002"
	static const struct fake_name names[] = { { NULL, "gentoo-boot", "hd0,gpt1" }, NO_NAME };
	static const struct disk disk = { bd_embedded_gentoo, "hd0,gpt1", names };

	(void)state;
	assert_boots(&disk, "/grub/grub.cfg\n2 of 3 Gentoo GNU/Linux, with Linux 6.12.21-gentoo-dist "
			    "[gnulinux-6.12.21-gentoo-dist-advanced-" GENTOO "]\n"
			    "linux :/kernel-6.12.21-gentoo-dist root=UUID=" GENTOO " ro net.ifnames=0\n"
			    "initrd :/early_ucode.cpio\ninitrd :/amd-uc.img\n"
			    "initrd :/initramfs-6.12.21-gentoo-dist.img\n");
}

static void alpine_boots_by_extlinux_and_by_grub(void **state)
{
#define ALPINE "a1b1e000-0321-4abc-8def-a1b1ea1b1e03"
	static const struct fake_name names[] = { { ALPINE, NULL, "hd0,gpt3" }, NO_NAME };
	static const struct disk extlinux = { bd_embedded_alpine_extlinux, "hd0,gpt3", names };
	static const struct disk grub = { bd_embedded_alpine_grub, "hd0,gpt3", names };

	(void)state;
	assert_boots(&extlinux, "/boot/extlinux.conf\n1 of 2 Linux virt [virt]\n"
				"linux hd0,gpt3:/boot/vmlinuz-virt root=UUID=" ALPINE
				" modules=sd-mod,usb-storage,ext4 quiet rootfstype=ext4 console=tty0 "
				"console=ttyS0,115200\ninitrd hd0,gpt3:/boot/initramfs-virt\n");
	assert_boots(&grub,
		     "/boot/grub/grub.cfg\n1 of 2 Alpine Linux v3.21, with Linux lts [gnulinux-lts-advanced-" ALPINE
		     "]\nlinux :/boot/vmlinuz-lts root=UUID=" ALPINE
		     " ro modules=sd-mod,usb-storage,ext4 quiet rootfstype=ext4\n"
		     "initrd :/boot/amd-ucode.img\ninitrd :/boot/initramfs-lts\n");
}

/* Seconds, whether the menu is hidden meanwhile or not. */
static void the_menu_waits_as_it_is_told(void **state)
{
	static const struct fake_name names[] = { { "0e5d1c2b-3a49-4857-9665-fed0fed0b007", "BOOT", "hd0,gpt1" },
						  NO_NAME };
	static const struct {
		const char *disk, *path, *grubenv;
		int timeout_s;
	} rows[] = {
		{ bd_embedded_ubuntu24, NULL, NULL, 0 },
		{ bd_embedded_ubuntu24, "/grub/grubenv", GRUBENV("recordfail=1\n"), 30 },
		{ bd_embedded_fedora42, NULL, NULL, 1 },
		{ bd_embedded_fedora42, "/grub2/grubenv", GRUBENV("menu_show_once=1\nboot_success=1\n"), 60 },
		{ bd_embedded_fedora42, "/grub2/grubenv", GRUBENV("menu_auto_hide=1\nfastboot=1\nboot_success=1\n"),
		  0 },
		{ bd_embedded_tumbleweed, NULL, NULL, 8 },
		{ bd_embedded_tumbleweed, "/@/.snapshots/1/snapshot/boot/grub2/grubenv", GRUBENV("next_entry=1\n"),
		  0 },
		{ bd_embedded_suse_systemd, NULL, NULL, 8 },
		{ bd_embedded_arch, NULL, NULL, 5 },
		{ bd_embedded_gentoo, NULL, NULL, 10 },
		{ bd_embedded_alpine_extlinux, NULL, NULL, 1 },
		{ bd_embedded_alpine_grub, NULL, NULL, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };
		BD_DISPOSE(parsed_dispose) struct parsed parsed = { .count = 0 };
		if (rows[i].path)
			add_file(&parsed, "hd0,gpt1", rows[i].path, rows[i].grubenv);
		parse(rows[i].disk, "hd0,gpt1", &parsed);
		struct fake_disk fake = { .files = parsed.files, .names = names };
		find_on_device(&fake, "hd0,gpt1", NULL, &found);
		if (found.menu.timeout_s != rows[i].timeout_s)
			fail_msg("%s, %zu: %d", found.path, i, found.menu.timeout_s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ubuntu_22_boots_its_newest_kernel),
		cmocka_unit_test(ubuntu_22_after_a_failed_boot),
		cmocka_unit_test(ubuntu_24_boots_from_a_boot_of_its_own),
		cmocka_unit_test(fedora_boots_the_saved_entry),
		cmocka_unit_test(rocky_boots_with_tuneds_variables),
		cmocka_unit_test(tumbleweed_boots_from_its_root_snapshot),
		cmocka_unit_test(tumbleweed_boots_a_snapshot_that_was_asked_for),
		cmocka_unit_test(hundreds_of_snapshots_are_within_the_limits),
		cmocka_unit_test(tumbleweed_boots_with_systemd_boot),
		cmocka_unit_test(tumbleweed_boots_with_grub_on_the_esp),
		cmocka_unit_test(arch_boots_from_its_subvolume),
		cmocka_unit_test(arch_boots_a_snapshot_of_grub_btrfs),
		cmocka_unit_test(hundreds_of_entries_of_grub_btrfs_are_taken),
		cmocka_unit_test(gentoo_boots_the_kernel_that_it_is_told),
		cmocka_unit_test(alpine_boots_by_extlinux_and_by_grub),
		cmocka_unit_test(the_menu_waits_as_it_is_told),
	};

	return cmocka_run_group_tests_name("bootmenu_disks", tests, NULL, NULL);
}
