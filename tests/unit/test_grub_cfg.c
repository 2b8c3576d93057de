/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about bootmenu/grub/cfg.h: the menus of distributions, which entry is the default, and what a file can do
 * that means harm.
 *
 * data/grub/debian12.cfg and debian13.cfg were written by grub-mkconfig of these releases (2.06-13+deb12u2, 2.12-9+deb13u4)
 * with GRUB_DEFAULT=saved and GRUB_SAVEDEFAULT=true, for two kernels on a GPT disk; data/grub/make-debian makes them.
 * The other distributions' are our own texts in the shape that their scripts in grub.d write. */
#include "grub_checks.h"

#include "base/embed.h"
#include "bootmenu/grub/limits.h"

BD_EMBED(debian12, "tests/unit/data/grub/debian12.cfg");
BD_EMBED(debian13, "tests/unit/data/grub/debian13.cfg");
BD_EMBED(debian13_boot, "tests/unit/data/grub/debian13-boot.cfg");

#define DEBIAN_UUID "5f2ad51a-4a4d-4b0e-9a86-6e4b1f3c3d11"
#define BOOT_UUID "5f2ad51a-4a4d-4b0e-9a86-6e4b1f3c3d12"

/* What the packages of a release do differently. */
struct release {
	const char *config;
	const char *versions[2]; /* of its kernels, newest first */
	const char *recovery; /* arguments of the recovery mode beside "single" */
	const char *device, *folder; /* of /boot, where it is a filesystem of its own */
	bool has_memtest; /* whatever GRUB runs on */
};

static const struct release bookworm = { .config = bd_embedded_debian12,
					 .versions = { "6.1.0-57-amd64", "6.1.0-55-amd64" },
					 .recovery = "",
					 .device = "",
					 .folder = "/boot",
					 .has_memtest = true };
static const struct release trixie = { .config = bd_embedded_debian13,
				       .versions = { "6.12.57+deb13-amd64", "6.12.48+deb13-amd64" },
				       .recovery = " dis_ucode_ldr",
				       .device = "",
				       .folder = "/boot" };
static const struct release trixie_with_boot = { .config = bd_embedded_debian13_boot,
						 .versions = { "6.12.57+deb13-amd64", "6.12.48+deb13-amd64" },
						 .recovery = " dis_ucode_ldr",
						 .device = "hd0,gpt2",
						 .folder = "" };

static void write_debian_entry(FILE *out, const struct release *release, unsigned number, bool is_default)
{
	const char *version = release->versions[number > 2];
	bool is_recovery = number == 2 || number == 4;

	fprintf(out, "%u%s Debian GNU/Linux", number, is_default ? "*" : "");
	if (number == 0)
		fprintf(out, " [gnulinux-simple-%s]\n", DEBIAN_UUID);
	else
		fprintf(out, ", with Linux %s%s [gnulinux-%s-%s-%s] in Advanced options for Debian GNU/Linux\n",
			version, is_recovery ? " (recovery mode)" : "", version,
			is_recovery ? "recovery" : "advanced", DEBIAN_UUID);
	fprintf(out, "\tlinux %s:%s/vmlinuz-%s root=UUID=" DEBIAN_UUID " ro %s%s%sconsole=hvc0%s\n", release->device,
		release->folder, version, is_recovery ? "single" : "", is_recovery ? release->recovery : "",
		is_recovery ? " " : "", is_recovery ? "" : " quiet");
	fprintf(out, "\tinitrd %s:%s/initrd.img-%s\n", release->device, release->folder, version);
}

static void assert_debian(const struct release *release, const char *grubenv, unsigned default_index)
{
	const struct fake_file files[] = { { "(hd0,gpt1)/boot/grub/grubenv", grubenv }, { NULL, NULL } };
	static const struct fake_name names[] = { { DEBIAN_UUID, NULL, "hd0,gpt1" },
						  { BOOT_UUID, NULL, "hd0,gpt2" },
						  { NULL, NULL, NULL } };
	struct fake_disk disk = { .files = grubenv ? files : NULL, .names = names };
	char *expected = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&expected, &size);

	assert_non_null(out);
	fprintf(out, "timeout 5\n");
	for (unsigned i = 0; i < 5; i++)
		write_debian_entry(out, release, i, i == default_index);
	if (release->has_memtest)
		fputs("5 Memory test (memtest86+x64.bin)\n\tlinux :/boot/memtest86+x64.bin \n"
		      "6 Memory test (memtest86+x64.bin, serial console)\n"
		      "\tlinux :/boot/memtest86+x64.bin console=ttyS0,115200\n",
		      out);
	fclose(out);
	assert_menu_with(release->config, &disk, NULL, expected);
	free(expected);
}

#define BLOCK "# GRUB Environment Block\n"

static void debians_menu_is_read(void **state)
{
	(void)state;
	/* Debian 13 has those of memtest86+ for BIOS and EFI only. */
	assert_debian(&bookworm, "", 0);
	assert_debian(&trixie, NULL, 0);
	assert_debian(&trixie_with_boot, NULL, 0);
	assert_debian(&trixie, BLOCK "####################", 0);
}

static void debians_default_is_what_was_saved(void **state)
{
	static const struct {
		const char *saved;
		unsigned index;
	} rows[] = {
		{ "saved_entry=1>2", 3 },
		/* What savedefault saves is $chosen: ids. Kernels of Debian 13 have a "+" in theirs. */
		{ "saved_entry=gnulinux-advanced-" DEBIAN_UUID ">gnulinux-6.12.48+deb13-amd64-recovery-" DEBIAN_UUID,
		  4 },
		{ "saved_entry=Advanced options for Debian GNU/Linux>Debian GNU/Linux, with Linux 6.12.57+deb13-amd64"
		  " (recovery mode)",
		  2 },
		/* grub-reboot: once, before what is saved. */
		{ "saved_entry=1>2\nnext_entry=1>1", 2 },
		{ "saved_entry=1>2\nnext_entry=", 3 },
		/* What was saved before the last grub-reboot. */
		{ "saved_entry=1>2\nprev_saved_entry=0", 3 },
		/* An entry that is there no more. */
		{ "saved_entry=gnulinux-5.10", 0 },
		{ "saved_entry=gnulinux-advanced-" DEBIAN_UUID ">gnulinux-6.1.0-1-amd64-advanced-" DEBIAN_UUID, 1 },
		{ "saved_entry=1>7", 1 },
		{ "saved_entry=9", 0 },
		{ "saved_entry=", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char block[1024];
		snprintf(block, sizeof(block), BLOCK "%s\n####", rows[i].saved);
		assert_debian(&trixie, block, rows[i].index);
	}
	assert_debian(&bookworm,
		      BLOCK "saved_entry=gnulinux-advanced-" DEBIAN_UUID
			    ">gnulinux-6.1.0-55-amd64-recovery-" DEBIAN_UUID "\n",
		      4);
	/* GRUB takes a block with CRLF for none. */
	assert_debian(&trixie, "# GRUB Environment Block\r\nsaved_entry=1>2\r\n", 0);
	/* The last line has been cut off. */
	assert_debian(&trixie, BLOCK "saved_entry=1>2", 0);
}

/* A /boot of its own, the root's filesystem is another one; gfxmode adds a word for Plymouth unless GRUB is a PC's. */
static void ubuntus_menu_is_read(void **state)
{
	static const struct fake_name names[] = { { "aaaa-root", "cloudimg-rootfs", "hd0,gpt1" },
						  { "bbbb-boot", "BOOT", "hd0,gpt16" },
						  { NULL, NULL, NULL } };
	static const struct fake_file files[] = { { "(hd0,gpt1)/boot/grub/gfxblacklist.txt", "v1" }, { NULL, NULL } };
	struct fake_disk disk = { .files = files, .names = names };

	(void)state;
	assert_menu_with(
		"if [ -s $prefix/grubenv ]; then set have_grubenv=true; load_env; fi\n"
		"if [ \"${initrdfail}\" = 2 ]; then\n   set initrdfail=\nelif [ \"${initrdfail}\" = 1 ]; then\n"
		"   set next_entry=\"${prev_entry}\"\n   set prev_entry=\n   save_env prev_entry\n"
		"   if [ \"${next_entry}\" ]; then set initrdfail=2; fi\nfi\n"
		"if [ \"${next_entry}\" ] ; then\n   set default=\"${next_entry}\"\nelse\n   set default=\"0\"\nfi\n"
		"if [ x\"${feature_menuentry_id}\" = xy ]; then menuentry_id_option=\"--id\"\n"
		"else menuentry_id_option=\"\"; fi\nexport menuentry_id_option\n"
		"function recordfail {\n  set recordfail=1\n"
		"  if [ -n \"${have_grubenv}\" ]; then if [ -z \"${boot_once}\" ]; then save_env recordfail; fi; fi\n}\n"
		"if [ \"${recordfail}\" = 1 ] ; then set timeout=30\nelse\n"
		"  if [ x$feature_timeout_style = xy ] ; then\n    set timeout_style=hidden\n    set timeout=0\n"
		"  elif sleep --interruptible 0 ; then\n    set timeout=0\n  fi\nfi\n"
		"function gfxmode {\n\tset gfxpayload=\"${1}\"\n\tif [ \"${1}\" = \"keep\" ]; then\n"
		"\t\tset vt_handoff=vt.handoff=7\n\telse\n\t\tset vt_handoff=\n\tfi\n}\n"
		"if [ \"${recordfail}\" != 1 ]; then\n  if [ -e ${prefix}/gfxblacklist.txt ]; then\n"
		"    if [ ${grub_platform} != pc ]; then\n      set linux_gfx_mode=keep\n"
		"    elif hwmatch ${prefix}/gfxblacklist.txt 3; then set linux_gfx_mode=keep\n    fi\n"
		"  else set linux_gfx_mode=text\n  fi\nelse\n  set linux_gfx_mode=text\nfi\nexport linux_gfx_mode\n"
		"menuentry 'Ubuntu' --class ubuntu --class os $menuentry_id_option 'gnulinux-simple-aaaa-root' {\n"
		"\trecordfail\n\tgfxmode $linux_gfx_mode\n"
		"\tif [ x$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi\n"
		"\tif [ x$feature_platform_search_hint = xy ]; then\n"
		"\t  search --no-floppy --fs-uuid --set=root --hint-bios=hd0,gpt16 --hint-efi=hd0,gpt16  bbbb-boot\n"
		"\telse\n\t  search --no-floppy --fs-uuid --set=root bbbb-boot\n\tfi\n"
		"\tif [ \"${initrdfail}\" = 1 ]; then\n\t  linux /vmlinuz-6.8.0-40 root=PARTUUID=1 ro panic=-1\n"
		"\telse\n\t  linux\t/vmlinuz-6.8.0-40 root=LABEL=cloudimg-rootfs ro  console=ttyS0 $vt_handoff\n"
		"\t  initrd\t/microcode.cpio /initrd.img-6.8.0-40\n\tfi\n\tinitrdfail\n}\n",
		&disk, NULL,
		"timeout 0\n0* Ubuntu [gnulinux-simple-aaaa-root]\n"
		"\tlinux hd0,gpt16:/vmlinuz-6.8.0-40 root=LABEL=cloudimg-rootfs ro console=ttyS0 vt.handoff=7\n"
		"\tinitrd hd0,gpt16:/microcode.cpio\n\tinitrd hd0,gpt16:/initrd.img-6.8.0-40\n");
}

struct bls_reader {
	char call[512];
	const char *warning; /* the last one; owned */
	unsigned warnings;
	int code; /* it fails with; 0: it does not */
};

static char *copy(const char *text)
{
	char *is = strdup(text);

	assert_non_null(is);
	return is;
}

/* Two entries, as of two files; their options have $kernelopts. */
static int bls_read(void *context, const struct bd_grub_blscfg *call, struct bd_bootmenu *menu, struct bd_error *err)
{
	struct bls_reader *reader = context;
	const char *options = call->variable(call->variables, "kernelopts");
	static const char *const versions[] = { "6.14.5-300.fc42", "6.13.9-200.fc41" };

	if (reader->code)
		return bd_fail(err, reader->code, "cannot read the entries");
	snprintf(reader->call, sizeof(reader->call), "%s%s:%s%s%s boot=%s none=%d", call->images ? "images " : "",
		 call->device, call->path ? call->path : "-", call->entry ? " " : "", call->entry ? call->entry : "",
		 call->variable(call->variables, "boot"), call->variable(call->variables, "none") == NULL);
	for (size_t i = 0; i < 2; i++) {
		struct bd_bootmenu_entry *entry;
		char text[256];
		if (bd_bootmenu_add(menu, &entry, err) != 0)
			return -1;
		snprintf(text, sizeof(text), "Fedora Linux (%s)", versions[i]);
		entry->title = copy(text);
		snprintf(text, sizeof(text), "0a1b-%s", versions[i]);
		entry->id = copy(text);
		snprintf(text, sizeof(text), "/vmlinuz-%s", versions[i]);
		entry->kernel = (struct bd_bootmenu_path){ .device = copy(call->device), .path = copy(text) };
		entry->arguments = copy(options ? options : "none");
	}
	return 0;
}

static void keep_warning(void *context, const char *message)
{
	struct bls_reader *reader = context;

	free((char *)reader->warning);
	reader->warning = copy(message);
	reader->warnings++;
}

#define FEDORA_TOP \
	"set pager=1\n" \
	"if [ -f ${config_directory}/grubenv ]; then\n  load_env -f ${config_directory}/grubenv\n" \
	"elif [ -s $prefix/grubenv ]; then\n  load_env\nfi\n" \
	"if [ \"${env_block}\" ] ; then\n  set env_block=\"(${root})${env_block}\"\n  export env_block\n" \
	"  load_env -f \"${env_block}\"\nfi\n" \
	"if [ \"${next_entry}\" ] ; then\n   set default=\"${next_entry}\"\n   set next_entry=\n   save_env next_entry\n" \
	"   set boot_once=true\nelse\n   set default=\"${saved_entry}\"\nfi\n" \
	"if [ x$feature_timeout_style = xy ] ; then\n  set timeout_style=menu\n  set timeout=1\nelse\n  set timeout=1\nfi\n" \
	"if [ -f ${prefix}/user.cfg ]; then\n  source ${prefix}/user.cfg\n  if [ -n \"${GRUB2_PASSWORD}\" ]; then\n" \
	"    set superusers=\"root\"\n    export superusers\n    password_pbkdf2 root ${GRUB2_PASSWORD}\n  fi\nfi\n" \
	"insmod increment\nif [ -n \"${boot_counter}\" -a \"${boot_success}\" = \"0\" ]; then\n" \
	"  if  [ \"${boot_counter}\" = \"0\" -o \"${boot_counter}\" = \"-1\" ]; then\n    set default=1\n" \
	"    set boot_counter=-1\n  else\n    decrement boot_counter\n  fi\n  save_env boot_counter\nfi\n"
#define FEDORA_BLS \
	"insmod part_gpt\ninsmod xfs\nset root='hd0,gpt2'\n" \
	"search --no-floppy --fs-uuid --set=root --hint='hd0,gpt2'  2222-bbbb\n" \
	"insmod part_gpt\nset boot='hd0,gpt2'\nsearch --no-floppy --fs-uuid --set=boot 2222-BBBB\n" \
	"if [ -z \"${kernelopts}\" ]; then\n  set kernelopts=\"root=/dev/vda3 ro \"\nfi\ninsmod blscfg\nblscfg\n" \
	"set boot_success=0\nsave_env boot_success\n" \
	"if [ \"$grub_platform\" = \"efi\" ]; then\n menuentry 'UEFI Firmware Settings' $menuentry_id_option 'uefi' {\n" \
	"  fwsetup\n }\nfi\n"

static void assert_fedora(const char *grubenv, const char *arguments, unsigned default_index)
{
	const struct fake_file files[] = { { "(hd0,gpt1)/boot/grub/grubenv", grubenv },
					   { "(hd0,gpt1)/boot/grub/user.cfg",
					     "GRUB2_PASSWORD=grub.pbkdf2.sha512.1\n" },
					   { NULL, NULL } };
	static const struct fake_name names[] = { { "2222-BBBB", "boot", "hd0,gpt2" }, { NULL, NULL, NULL } };
	struct fake_disk disk = { .files = files, .names = names };
	struct bls_reader reader = { .code = 0 };
	struct bd_grub_hooks hooks = { .context = &reader, .bls = bls_read };
	char expected[1024];

	snprintf(expected, sizeof(expected),
		 "timeout 1\n0%s Fedora Linux (6.14.5-300.fc42) [0a1b-6.14.5-300.fc42]\n"
		 "\tlinux hd0,gpt2:/vmlinuz-6.14.5-300.fc42 %s\n"
		 "1%s Fedora Linux (6.13.9-200.fc41) [0a1b-6.13.9-200.fc41]\n"
		 "\tlinux hd0,gpt2:/vmlinuz-6.13.9-200.fc41 %s\n",
		 default_index == 0 ? "*" : "", arguments, default_index == 1 ? "*" : "", arguments);
	assert_menu_with(FEDORA_TOP FEDORA_BLS, &disk, &hooks, expected);
	assert_string_equal(reader.call, "hd0,gpt2:- boot=hd0,gpt2 none=1");
}

static void fedoras_entries_come_from_blscfg(void **state)
{
	(void)state;
	assert_fedora(BLOCK "#####", "root=/dev/vda3 ro ", 0);
	assert_fedora(BLOCK "kernelopts=root=UUID=33 ro rhgb\n###", "root=UUID=33 ro rhgb", 0);
	assert_fedora(BLOCK "saved_entry=0a1b-6.13.9-200.fc41\n###", "root=/dev/vda3 ro ", 1);
	assert_fedora(BLOCK "saved_entry=1\n###", "root=/dev/vda3 ro ", 1);
	assert_fedora(BLOCK "next_entry=Fedora Linux (6.13.9-200.fc41)\n###", "root=/dev/vda3 ro ", 1);
}

static void a_boot_counter_that_has_run_out_chooses_the_second_entry(void **state)
{
	(void)state;
	assert_fedora(BLOCK "boot_counter=0\nboot_success=0\n", "root=/dev/vda3 ro ", 1);
	assert_fedora(BLOCK "boot_counter=-1\nboot_success=0\n", "root=/dev/vda3 ro ", 1);
	assert_fedora(BLOCK "boot_counter=2\nboot_success=0\n", "root=/dev/vda3 ro ", 0);
	assert_fedora(BLOCK "boot_counter=0\nboot_success=1\n", "root=/dev/vda3 ro ", 0);
}

static void blscfg_is_told_where(void **state)
{
	struct fake_disk disk = { .files = NULL };
	struct bls_reader reader = { .code = 0 };
	struct bd_grub_hooks hooks = { .context = &reader, .bls = bls_read };
	struct bd_error err = BD_ERROR_INIT;
	struct bd_bootmenu menu = { 0 };

	(void)state;
	assert_int_equal(
		read_with("set boot=b\nblscfg (hd0,gpt5)/loader/entries/a.conf\n", &disk, &hooks, &menu, &err), 0);
	assert_string_equal(reader.call, "hd0,gpt5:/loader/entries/a.conf boot=b none=1");
	bd_bootmenu_dispose(&menu);
	assert_int_equal(read_with("set boot=b\nblscfg non-default\n", &disk, &hooks, &menu, &err), 0);
	assert_string_equal(reader.call, ":- boot=b none=1");
	bd_bootmenu_dispose(&menu);
	assert_int_equal(read_with("set boot=b\nuki --path (hd0,gpt6)/uki -n -e a.efi\n", &disk, &hooks, &menu, &err),
			 0);
	assert_string_equal(reader.call, "images hd0,gpt6:/uki a.efi boot=b none=1");
	bd_bootmenu_dispose(&menu);
	/* Among others, and in a submenu. */
	assert_menu_with(
		"boot=b\nmenuentry a { linux /a; }\nsubmenu s { blscfg; }\nset default=1\\>1", &disk, &hooks,
		"timeout -1\n0 a\n\tlinux :/a \n1 Fedora Linux (6.14.5-300.fc42) [0a1b-6.14.5-300.fc42] in s\n"
		"\tlinux :/vmlinuz-6.14.5-300.fc42 none\n"
		"2* Fedora Linux (6.13.9-200.fc41) [0a1b-6.13.9-200.fc41] in s\n"
		"\tlinux :/vmlinuz-6.13.9-200.fc41 none\n");
	assert_int_equal(read_with("boot=b\nwhile true; do blscfg; done", &disk, &hooks, &menu, &err), -1);
	assert_int_equal(err.code, E2BIG);
	assert_string_equal(err.message, "blscfg is called more than 16 times");
	reader.code = EIO;
	assert_int_equal(read_with("blscfg", &disk, &hooks, &menu, &err), -1);
	assert_int_equal(err.code, EIO);
	assert_string_equal(err.message, "cannot read the entries");
	hooks.bls = NULL;
	assert_int_equal(read_with("blscfg", &disk, &hooks, &menu, &err), 0);
	assert_int_equal(menu.count, 0);
}

/* The commands are in variables, which are exported for submenus; each snapshot has an entry that shows the
 * snapshot's own menu. */
static void opensuses_menu_is_read(void **state)
{
	static const struct fake_name names[] = { { "1111-AAAA", NULL, "hd0,gpt2" }, { NULL, NULL, NULL } };
	static const struct fake_file files[] = {
		{ "(hd0,gpt1)/.snapshots/grub-snapshot.cfg",
		  "if [ -f \"/.snapshots/7/snapshot/boot/grub2/grub.cfg\" ]; then\n  snapshot_found=true\n"
		  "  menuentry \"*openSUSE Tumbleweed (6.14.5,2025-05-10,pre,zypp)\" \"7\" {\n    set snapshot_num=\"$2\"\n"
		  "    export snapshot_num\n    configfile /.snapshots/7/snapshot/boot/grub2/grub.cfg\n  }\nfi\n" },
		{ "(hd0,gpt1)/.snapshots/7/snapshot/boot/grub2/grub.cfg", "menuentry never { linux /never; }\n" },
		{ NULL, NULL }
	};
	struct fake_disk disk = { .files = files, .names = names };

	(void)state;
	assert_menu_with(
		"set btrfs_relative_path=\"y\"\nexport btrfs_relative_path\n"
		"set linux=linux\nset initrd=initrd\n"
		"if [ \"${grub_cpu}\" = \"x86_64\" -o \"${grub_cpu}\" = \"i386\" ]; then\n"
		"  if [ \"${grub_platform}\" = \"efi\" ]; then\n    set linux=linuxefi\n    set initrd=initrdefi\n  fi\nfi\n"
		"export linux initrd\nmenuentry_id_option=--id\nexport menuentry_id_option\nset timeout=8\nset default=0\n"
		"if [ -n \"$extra_cmdline\" ]; then\n  submenu \"Bootable snapshot #$snapshot_num\" {\n"
		"    menuentry \"If OK, run snapper rollback and reboot.\" { true; }\n  }\nfi\n"
		"menuentry 'openSUSE Tumbleweed'  --class opensuse --class os $menuentry_id_option 'gnulinux-simple-1' {\n"
		"\tload_video\n\tset gfxpayload=keep\n\tinsmod gzio\n\tset root='hd0,gpt2'\n"
		"\tsearch --no-floppy --fs-uuid --set=root --hint='hd0,gpt2'  1111-aaaa\n"
		"\techo\t'Loading Linux 6.14.5-1-default ...'\n"
		"\t$linux\t/boot/vmlinuz-6.14.5-1-default root=UUID=1111-aaaa  ${extra_cmdline} splash=silent quiet\n"
		"\t$initrd\t/boot/initrd-6.14.5-1-default\n}\n"
		"submenu 'Advanced options for openSUSE' --hotkey=1 $menuentry_id_option 'gnulinux-advanced-1' {\n"
		"\tmenuentry 'openSUSE Tumbleweed, with Linux 6.14.5-1-default' --hotkey=2 $menuentry_id_option 'a-1' {\n"
		"\t\t$linux /boot/vmlinuz-6.14.5-1-default root=UUID=1111-aaaa single\n"
		"\t\t$initrd /boot/initrd-6.14.5-1-default\n\t}\n}\n"
		"if [ -f \"/.snapshots/grub-snapshot.cfg\" ]; then\n"
		"  submenu \"Start bootloader from a read-only snapshot\" {\n    source \"/.snapshots/grub-snapshot.cfg\"\n"
		"    if [ x$snapshot_found != xtrue ]; then\n      submenu \"Not Found\" { true; }\n    fi\n  }\nfi\n",
		&disk, NULL,
		"timeout 8\n0* openSUSE Tumbleweed [gnulinux-simple-1]\n"
		"\tlinux hd0,gpt2:/boot/vmlinuz-6.14.5-1-default root=UUID=1111-aaaa splash=silent quiet\n"
		"\tinitrd hd0,gpt2:/boot/initrd-6.14.5-1-default\n"
		"1 openSUSE Tumbleweed, with Linux 6.14.5-1-default [a-1] in Advanced options for openSUSE\n"
		"\tlinux :/boot/vmlinuz-6.14.5-1-default root=UUID=1111-aaaa single\n"
		"\tinitrd :/boot/initrd-6.14.5-1-default\n"
		"2 *openSUSE Tumbleweed (6.14.5,2025-05-10,pre,zypp) in Start bootloader from a read-only snapshot\n\topens 2>0\n"
		"\tnot here: it shows another menu (configfile)\n");
}

#define MULTI_BOOT \
	"export linux\nlinux=linux\ntimeout=3\n" \
	"menuentry own { linux /own; }\n" \
	"menuentry other { set root=(hd0,gpt2); configfile /boot/grub/grub.cfg; }\n" \
	"submenu more { menuentry third { configfile (hd0,gpt3)/grub.cfg; }\n menuentry last { linux /last; }; }\n"

static const struct fake_file multi_boot_files[] = {
	{ "(hd0,gpt2)/boot/grub/grub.cfg",
	  "set timeout=9\nset default=1\nmenuentry a { linux /a; }\nmenuentry b { $linux /b; }\n"
	  "menuentry back { configfile (hd0,gpt1)/boot/grub/grub.cfg; }\n" },
	{ "(hd0,gpt3)/grub.cfg", "menuentry c { linux /c; }\n" },
	{ "(hd0,gpt1)/boot/grub/grub.cfg", MULTI_BOOT },
	{ NULL, NULL }
};

static void assert_opened(const char *const *opened, size_t count, const char *expected)
{
	struct fake_disk disk = { .files = multi_boot_files };
	const struct bd_grub_hooks hooks = { .opened = opened, .opened_count = count };

	assert_menu_with(MULTI_BOOT, &disk, &hooks, expected);
}

/* Not before, as such menus may lead to each other. The names are those by which the entries before could be asked for. */
static void the_menu_of_an_entry_is_read_when_it_is_asked_for(void **state)
{
	(void)state;
	assert_opened(
		NULL, 0,
		"timeout 3\n0* own\n\tlinux :/own \n1 other\n\topens 1\n\tnot here: it shows another menu (configfile)\n"
		"2 third in more\n\topens 2>0\n\tnot here: it shows another menu (configfile)\n"
		"3 last in more\n\tlinux :/last \n");
	/* With the exported variables, and its default as that of all. */
	assert_opened(
		(const char *const[]){ "1" }, 1,
		"timeout 3\n0 own\n\tlinux :/own \n1 a in other\n\tlinux hd0,gpt2:/a \n2* b in other\n\tlinux hd0,gpt2:/b \n"
		"3 back in other\n\topens 1>2\n\tnot here: it shows another menu (configfile)\n"
		"4 third in more\n\topens 2>0\n\tnot here: it shows another menu (configfile)\n"
		"5 last in more\n\tlinux :/last \n");
	/* Several, also in submenus; the last one has the default. */
	assert_opened(
		(const char *const[]){ "1", "2>0" }, 2,
		"timeout 3\n0 own\n\tlinux :/own \n1 a in other\n\tlinux hd0,gpt2:/a \n2 b in other\n\tlinux hd0,gpt2:/b \n"
		"3 back in other\n\topens 1>2\n\tnot here: it shows another menu (configfile)\n"
		"4* c in more>third\n\tlinux :/c \n5 last in more\n\tlinux :/last \n");
	/* One that leads back: a menu in the menu, but its entries lead no further by themselves. */
	assert_opened(
		(const char *const[]){ "1", "1>2" }, 2,
		"timeout 3\n0 own\n\tlinux :/own \n1 a in other\n\tlinux hd0,gpt2:/a \n2 b in other\n\tlinux hd0,gpt2:/b \n"
		"3* own in other>back\n\tlinux hd0,gpt2:/own \n"
		"4 other in other>back\n\topens 1>2>1\n\tnot here: it shows another menu (configfile)\n"
		"5 third in other>back>more\n\topens 1>2>2>0\n\tnot here: it shows another menu (configfile)\n"
		"6 last in other>back>more\n\tlinux hd0,gpt2:/last \n"
		"7 third in more\n\topens 2>0\n\tnot here: it shows another menu (configfile)\n"
		"8 last in more\n\tlinux :/last \n");
	/* What is not there, or opens nothing, changes nothing. */
	assert_opened(
		(const char *const[]){ "0", "7>1" }, 2,
		"timeout 3\n0* own\n\tlinux :/own \n1 other\n\topens 1\n\tnot here: it shows another menu (configfile)\n"
		"2 third in more\n\topens 2>0\n\tnot here: it shows another menu (configfile)\n"
		"3 last in more\n\tlinux :/last \n");
}

/* Several initrds; the kernel is not under /boot's own name with a btrfs subvolume. */
static void archs_menu_is_read(void **state)
{
	(void)state;
	assert_menu(
		"insmod part_gpt\ninsmod part_msdos\nif [ x\"${feature_menuentry_id}\" = xy ]; then\n"
		"  menuentry_id_option=\"--id\"\nfi\nexport menuentry_id_option\n"
		"terminal_input console\nterminal_output gfxterm\nset timeout=5\n"
		"menuentry 'Arch Linux' --class arch --class gnu-linux $menuentry_id_option 'gnulinux-simple-1111' {\n"
		"\tload_video\n\tset gfxpayload=keep\n\tinsmod gzio\n\tinsmod btrfs\n"
		"\tsearch --no-floppy --fs-uuid --set=root 2222-bbbb\n\techo\t'Loading Linux linux ...'\n"
		"\tlinux\t/@/boot/vmlinuz-linux root=UUID=2222-bbbb rw rootflags=subvol=@  loglevel=3 quiet\n"
		"\techo\t'Loading initial ramdisk ...'\n"
		"\tinitrd\t/@/boot/intel-ucode.img /@/boot/amd-ucode.img \\\n\t\t/@/boot/initramfs-linux.img\n}\n"
		"if [ \"$grub_platform\" = \"efi\" ]; then\n\tfwsetup --is-supported\n"
		"\tif [ \"$?\" = 0 ]; then\n\t\tmenuentry 'UEFI Firmware Settings' { fwsetup; }\n\tfi\nfi\n",
		"timeout 5\n0* Arch Linux [gnulinux-simple-1111]\n"
		"\tlinux hd0,gpt2:/@/boot/vmlinuz-linux root=UUID=2222-bbbb rw rootflags=subvol=@ loglevel=3 quiet\n"
		"\tinitrd hd0,gpt2:/@/boot/intel-ucode.img\n\tinitrd hd0,gpt2:/@/boot/amd-ucode.img\n"
		"\tinitrd hd0,gpt2:/@/boot/initramfs-linux.img\n");
}

/* No initramfs at all, and a root by PARTUUID. */
static void gentoos_menu_is_read(void **state)
{
	(void)state;
	assert_menu(
		"set default=\"0\"\nset timeout=10\nfunction load_video {\n  insmod all_video\n}\n"
		"menuentry 'Gentoo GNU/Linux' --class gentoo $menuentry_id_option 'gnulinux-simple-2222' {\n"
		"\tload_video\n\tif [ \"x$grub_platform\" = xefi ]; then\n\t\tset gfxpayload=keep\n\tfi\n"
		"\tset root='hd0,gpt2'\n\tlinux\t/kernel-6.12.21-gentoo-dist root=PARTUUID=0a-02 ro  net.ifnames=0\n}\n",
		"timeout 10\n0* Gentoo GNU/Linux\n"
		"\tlinux hd0,gpt2:/kernel-6.12.21-gentoo-dist root=PARTUUID=0a-02 ro net.ifnames=0\n");
}

/* What grub-install writes on an EFI system partition. */
static void another_configuration_may_be_read_instead(void **state)
{
	static const struct fake_name names[] = { { "1111-AAAA", NULL, "hd0,gpt2" }, { NULL, NULL, NULL } };
	static const struct fake_file files[] = {
		{ "(hd0,gpt2)/boot/grub/grub.cfg",
		  "set default=1\ntimeout=7\nmenuentry a { linux $prefix/a $config_directory; }\n"
		  "menuentry b { linux /b $x$y; initrd (hd0,gpt1)/i; }\nsource ($root)/boot/grub/custom.cfg\n" },
		{ "(hd0,gpt2)/boot/grub/custom.cfg", "menuentry c { linux /c; }\nx=here\n" },
		{ "(hd0,gpt1)/empty.cfg", "x=5" },
		{ NULL, NULL }
	};
	struct fake_disk disk = { .files = files, .names = names };

	(void)state;
	assert_menu_with("search.fs_uuid 1111-aaaa root hd0,gpt2\nset prefix=($root)'/boot/grub'\ny=not_exported\n"
			 "configfile $prefix/grub.cfg\nmenuentry z { linux /z; }\n",
			 &disk, NULL,
			 /* $config_directory is that of the file only while it is read. */
			 "timeout 7\n0 a\n\tlinux hd0,gpt2:/boot/grub/a (hd0,gpt1)/boot/grub\n"
			 "1* b\n\tlinux hd0,gpt2:/b here\n\tinitrd :/i\n2 c\n\tlinux hd0,gpt2:/c \n");
	/* Nothing is shown of a menu without entries, or of one that is not there. */
	assert_menu_with("configfile /none.cfg\nx=1\nconfigfile /empty.cfg\nmenuentry z { linux /z $x; }\n", &disk,
			 NULL, "timeout -1\n0* z\n\tlinux :/z 1\n");
	/* By the entry that is the default. */
	assert_menu_with(
		"menuentry y { linux /y; }\nmenuentry z { configfile (hd0,gpt2)/boot/grub/custom.cfg; }\ndefault=z",
		&disk, NULL, "timeout -1\n0 y\n\tlinux :/y \n1* c in z\n\tlinux :/c \n");
}

static void submenus_have_what_is_exported(void **state)
{
	(void)state;
	assert_menu("a=1\nb=2\nexport b\nmenuentry m { linux /m $a $b; a=5; }\n"
		    "submenu s { c=3; menuentry n { linux /n .$a $b $c $chosen; }; submenu 't>u' --id u { export c; "
		    "menuentry o { linux /o $c $chosen $1; } } }\nmenuentry p { linux /p $a $c; }\n",
		    "timeout -1\n0* m\n\tlinux :/m 1 2\n1 n in s\n\tlinux :/n . 2 3 s>n\n"
		    "2 o in s>t>u\n\tlinux :/o s>u>o o\n3 p\n\tlinux :/p 1\n");
}

static void the_default_is_found_as_grub_finds_it(void **state)
{
	static const struct {
		const char *value;
		unsigned index;
	} rows[] = {
		{ "", 0 },    { "0", 0 },     { "2", 3 },     { "02", 3 },	    { "3", 0 },
		{ "7", 0 },   { "-1", 0 },    { "a", 0 },     { "with > sign", 0 }, { "with >> sign", 3 },
		{ "idc", 3 }, { "1>1", 2 },   { "sub>1", 2 }, { "ids>idy", 2 },	    { "sub>y", 2 },
		{ "1", 1 },   { "1>", 1 },    { "1>9", 1 },   { "sub>none", 1 },    { "none>1", 0 },
		{ "2>1", 3 }, { "y", 0 },     { "1 ", 1 },    { "1x", 0 },	    { ">", 0 },
		{ ">>", 0 },  { "saved", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fake_disk disk = { .files = NULL };
		struct bd_error err = BD_ERROR_INIT;
		struct bd_bootmenu menu = { 0 };
		char text[1024];
		snprintf(text, sizeof(text),
			 "menuentry a { linux /a; }\nsubmenu sub --id ids {\nmenuentry x { linux /x; }\n"
			 "menuentry y --id idy { linux /y; }\n}\nmenuentry 'with > sign' --id idc { linux /c; }\n"
			 "set default='%s'\n",
			 rows[i].value);
		assert_int_equal(read_with(text, &disk, NULL, &menu, &err), 0);
		assert_int_equal(menu.count, 4);
		if (menu.default_index != rows[i].index)
			fail_msg("%s is %zu", rows[i].value, menu.default_index);
		bd_bootmenu_dispose(&menu);
	}
	/* A submenu's own. */
	assert_menu("submenu s { menuentry a { linux /a; }\nmenuentry b { linux /b; }\ndefault=1; }\n",
		    "timeout -1\n0 a in s\n\tlinux :/a \n1* b in s\n\tlinux :/b \n");
}

static void the_fallback_is_taken_where_the_default_cannot_be_booted(void **state)
{
	static const struct {
		const char *variables;
		unsigned index;
	} rows[] = {
		{ "default=none fallback=other", 0 },
		{ "default=xen; fallback=1", 1 },
		{ "default=xen; fallback='2 1'", 1 }, /* that of 2 is not there */
		{ "default=gone; fallback=boots", 1 },
		{ "default=gone; fallback='  9 1'", 1 },
		{ "default=gone; fallback=gone", 2 },
		{ "default=gone; fallback=", 2 },
		{ "default=gone", 2 },
		{ "default=boots; fallback=0", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		static const struct fake_file files[] = { { "(hd0,gpt1)/boot/vmlinuz", "kernel" }, { NULL, NULL } };
		struct fake_disk disk = { .files = files };
		struct bd_error err = BD_ERROR_INIT;
		struct bd_bootmenu menu = { 0 };
		char text[1024];
		snprintf(text, sizeof(text),
			 "menuentry xen { multiboot2 /xen.gz; module2 /boot/vmlinuz; }\n"
			 "menuentry boots { linux /boot/vmlinuz; }\nmenuentry gone { linux /boot/gone; }\n%s\n",
			 rows[i].variables);
		assert_int_equal(read_with(text, &disk, NULL, &menu, &err), 0);
		if (menu.default_index != rows[i].index)
			fail_msg("%s is %zu", rows[i].variables, menu.default_index);
		bd_bootmenu_dispose(&menu);
	}
}

static void what_is_not_linux_has_an_obstacle(void **state)
{
	(void)state;
	assert_menu(
		"menuentry 'Debian, with Xen hypervisor' {\n  if [ \"$grub_platform\" = \"pc\" ]; then xen_rm_opts=\n"
		"  else xen_rm_opts='no-real-mode edd=off'; fi\n  multiboot2 /boot/xen.gz placeholder ${xen_rm_opts}\n"
		"  module2 /boot/vmlinuz placeholder root=/dev/vda1 ro\n  module2 --nounzip /boot/initrd.img\n}\n"
		"menuentry Windows { parttool ${root} hidden-; drivemap -s (hd0) ${root}; chainloader +1; }\n"
		"menuentry shim { chainloader /EFI/fedora/shimx64.efi; }\n"
		"menuentry uki { chainloader (hd0,gpt2)/EFI/Linux/a.efi quiet; }\n"
		"menuentry off { halt; }\nmenuentry setup { fwsetup; }\nmenuentry nothing { true; }\n"
		"menuentry iso { loopback loop (hd0,gpt2)/a.iso; linux (loop)/k; initrd (loop)/i; }\n"
		"menuentry two { chainloader +1; linux /k; }\n"
		"menuentry parts { linux /k; initrd newc://etc/a:(hd0,gpt2)/initrd /i; }\n"
		"menuentry wrong { linux /k; initrd newc:/etc/a; }\nmenuentry blocks { linux /k; initrd newc:a:+1; }\n"
		"menuentry lists { linux +5; initrd /i; }\n"
		"menuentry again { linux /k a; initrd /1 /2; initrd /3; }\n",
		"timeout -1\n0* Debian, with Xen hypervisor\n\tnot here: it starts a hypervisor or another system (multiboot2)\n"
		"1 Windows\n\tnot here: it starts another boot loader (chainloader)\n"
		"2 shim\n\tnot here: it starts another boot loader (chainloader)\n"
		"3 uki\n\tuki hd0,gpt2:/EFI/Linux/a.efi quiet\n"
		"4 off\n\tnot here: it boots nothing (halt)\n5 setup\n\tnot here: it boots nothing (fwsetup)\n"
		"6 nothing\n\tnot here: it loads no kernel\n"
		"7 iso\n\tlinux loop:/k \n\tinitrd loop:/i\n\tnot here: it boots from inside of a file (loopback)\n"
		"8 two\n\tlinux :/k \n"
		"9 parts\n\tlinux :/k \n\tinitrd etc/a=hd0,gpt2:/initrd\n\tinitrd :/i\n"
		"10 wrong\n\tlinux :/k \n\tnot here: its initrd newc:/etc/a names no file\n"
		"11 blocks\n\tlinux :/k \n\tnot here: its initrd newc:a:+1 names no file\n"
		"12 lists\n\tnot here: it loads no kernel\n"
		"13 again\n\tlinux :/k a\n\tinitrd :/3\n");
}

static void entries_have_options_and_parameters(void **state)
{
	(void)state;
	assert_menu(
		"menuentry \"it's $1\" --class a --class=b --users '' --hotkey=x --unrestricted --id 'i>d' second {\n"
		"  linux16 /k $# $1 $2\n}\nmenuentry --users root --id=x title --unknown { linuxefi /k $2; initrdefi /i; }\n"
		"menuentry s --source 'linux /k $1'\nmenuentry { true; }\nmenuentry none\n",
		"timeout -1\n0* it's  [i>d]\n\tlinux :/k 2 it\\'s second\n1 title [x]\n\tlinux :/k --unknown\n\tinitrd :/i\n"
		"2 s\n\tlinux :/k s\n");
}

static void a_text_may_boot_by_itself(void **state)
{
	(void)state;
	assert_menu(
		"timeout=9\nsearch --label --set=root BOOT\nlinux /vmlinuz quiet\ninitrd /initrd\nboot\nmenuentry a { true; }\n",
		"timeout 0\n0* /vmlinuz\n\tlinux hd0,gpt2:/vmlinuz quiet\n\tinitrd hd0,gpt2:/initrd\n");
	assert_menu("menuentry a { linux /a; }\nexit\nmenuentry b { linux /b; }\n",
		    "timeout -1\n0* a\n\tlinux :/a \n");
}

static void devices_are_searched(void **state)
{
	(void)state;
	assert_menu(
		"menuentry a { search -l -s root BOOT; linux /k; }\n"
		"menuentry b { search --set --fs-uuid 2222-bbbb --hint-new hd0; linux /k; }\n"
		"menuentry c { search --fs-uuid --set 2222-bbbb; linux /k; }\n"
		"menuentry d { search -n -f --set=d /initrd; linux ($d)/k; }\n"
		"menuentry e { search --file /boot/vmlinuz --hint hd0,gpt2 --set=root; linux /k; }\n"
		"menuentry f { search.fs_label BOOT root; linux /k; }\n"
		"menuentry g { search.file /initrd root hd0,gpt2; linux /k; }\n"
		"menuentry h { set root='(hd0,gpt7)'; search --fs-uuid --set=root 9999; linux /k $root; }\n"
		"menuentry i { search --set=root; search --file; linux (unclosed; linux /k; }\n"
		"menuentry j { search --file initrd --hint=hd0,gpt2 --set=root; search.file '' root; linux /k $?; }\n",
		"timeout -1\n0* a\n\tlinux hd0,gpt2:/k \n1 b\n\tlinux hd0,gpt2:/k \n2 c\n\tlinux hd0,gpt2:/k \n"
		"3 d\n\tlinux hd0,gpt2:/k \n4 e\n\tlinux :/k \n5 f\n\tlinux hd0,gpt2:/k \n"
		"6 g\n\tlinux hd0,gpt2:/k \n7 h\n\tlinux hd0,gpt7:/k hd0,gpt7\n8 i\n\tlinux :/k \n"
		"9 j\n\tlinux :/k 2\n");
}

static char *repeated(const char *head, const char *piece, size_t count, const char *tail)
{
	size_t length = strlen(piece), head_length = strlen(head);
	char *text = malloc(head_length + length * count + strlen(tail) + 1);

	assert_non_null(text);
	strcpy(text, head);
	for (size_t i = 0; i < count; i++)
		memcpy(text + head_length + i * length, piece, length);
	strcpy(text + head_length + count * length, tail);
	return text;
}

/* It fails with that error; 0: it does not. */
static void assert_code(const char *text, int code, const char *message)
{
	static const struct fake_file files[] = { { "(hd0,gpt1)/self", "source /self\n" }, { NULL, NULL } };
	struct fake_disk disk = { .files = files };
	struct bd_error err = BD_ERROR_INIT;
	struct bd_bootmenu menu = { 0 };
	int r = read_with(text, &disk, NULL, &menu, &err);

	if (r != (code ? -1 : 0) || err.code != code || (message && !strstr(err.message, message)))
		fail_msg("%d, %d: %s, of %.200s", r, err.code, err.message, text);
	if (code)
		assert_true(menu.count == 0 && !menu.entries);
	bd_bootmenu_dispose(&menu);
}

static void what_does_not_end_is_ended(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "while true; do true; done", "do not come to an end" },
		{ "until false; do x=$x; done", "do not come to an end" },
		{ "function f { f; }; f", "call each other more than" },
		{ "function f { g $*; }\nfunction g { f x $*; }\nf a", "call each other more than" },
		{ "x='eval $x'; eval $x", "call each other more than" },
		{ "source /self", "call each other more than" },
		{ "x=ab; while true; do x=$x$x; done", "longer than 16384 bytes" },
		{ "function f { f $* $*; }; f a b c d", "words" },
		{ "function f { g $* $*; }\nfunction g { f $* $*; }\nf a b c d", "words" },
		{ "x=1; while true; do x=${x}1; eval v$x=1; done", NULL },
		{ "while true; do search --file /x; done", "looks for more than 5000 files" },
		{ "x='1 1 1 1 1 1 1 1 1 1'; for i in 1 2; do x=\"$x $x $x $x $x\"; done\nwhile true; do [ $x $x $x ]; done",
		  "do not come to an end" },
		{ "while true; do [ -f /x ]; done", "looks for more than 5000 files" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_code(rows[i].text, E2BIG, rows[i].message);
}

static void what_does_not_end_in_an_entry_is_its_obstacle(void **state)
{
	(void)state;
	assert_menu(
		"function f { f; }\nmenuentry a { while true; do true; done; }\nmenuentry b { linux /b; f; }\n"
		"submenu s { menuentry c { linux /c; }; until false; do true; done; }\nmenuentry d { linux /d; }\n",
		"timeout -1\n0* a\n\tnot here: its block cannot be run: its commands do not come to an end\n"
		"1 b\n\tnot here: its block cannot be run: its commands call each other more than 96 deep\n"
		"2 s\n\tnot here: its block cannot be run: its commands do not come to an end\n3 d\n\tlinux :/d \n");
}

static void what_is_too_large_is_refused(void **state)
{
	static const struct {
		const char *head, *piece;
		size_t count;
		const char *tail;
		int code;
		const char *message;
	} rows[] = {
		{ "", "{", 1024 * 1024 - 1, "", EINVAL, "/boot/grub/grub.cfg: line 1: a command was expected" },
		{ "", "{\n", 500000, "", EINVAL, "line 1" },
		{ "", "a{", 500000, "", E2BIG, "nested more than 48 deep" },
		{ "", "menuentry a {", 80000, "", E2BIG, "nested more than 48 deep" },
		{ "", "if a; then ", 90000, "", E2BIG, "nested more than 48 deep" },
		{ "", "if ", 300000, "", E2BIG, "nested more than 48 deep" },
		{ "if a; then b; ", "elif a; then b; ", 60000, "fi", 0, NULL },
		{ "", "${", 500000, "", EINVAL, "no variable's name" },
		{ "", "\"", 1000001, "", EINVAL, "not closed" },
		{ "", "x", 1000000, "", E2BIG, "a word is longer than 16384 bytes" },
		{ "echo \"", "$x", 500000, "\"", E2BIG, "a word is longer than" },
		{ "echo ", "$x", 8000, "", 0, NULL },
		{ "echo ", "a ", 500000, "", E2BIG, NULL },
		{ "echo ", "a ", 1025, "", E2BIG, "more than 1024 words" },
		{ "", "a\n", 500000, "", E2BIG, "more commands than can be read" },
		{ "", "\n", 1048576, "", 0, NULL },
		{ "", "#\n", 524288, "", 0, NULL },
		{ "", "\n", 1048577, "", E2BIG, "longer than 1048576 bytes" },
		{ "", "[ ( ( ( ( ]\n", 1000, "", 0, NULL },
		{ "[", " (", 1000, " ]\n", 0, NULL },
		{ "linux /k", " a", 1000, "", 0, NULL },
		{ "menuentry '", "t", 5000, "' { true; }", E2BIG, "a title or id is longer" },
		{ "", "function f { true; }\n", 300, "", E2BIG, "more than 256 functions" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *text = repeated(rows[i].head, rows[i].piece, rows[i].count, rows[i].tail);
		assert_code(text, rows[i].code, rows[i].message);
		free(text);
	}
}

static void submenus_and_other_menus_end_somewhere(void **state)
{
	static const struct fake_file files[] = { { "(hd0,gpt1)/config", "menuentry x { configfile /config; }\n" },
						  { NULL, NULL } };
	struct fake_disk disk = { .files = files };

	(void)state;
	assert_menu(
		"submenu 1 { submenu 2 { submenu 3 { submenu 4 { submenu 5 { submenu 6 { submenu 7 { submenu 8 {\n"
		"submenu 9 { menuentry a { linux /a; } }\nmenuentry b { linux /b; } } } } } } } } }\n",
		"timeout -1\n0* 9 in 1>2>3>4>5>6>7>8\n\tnot here: it is in too many submenus\n"
		"1 b in 1>2>3>4>5>6>7>8\n\tlinux :/b \n");
	assert_menu_with("menuentry x { configfile /config; }\n", &disk, NULL,
			 "timeout -1\n0* x in x>x>x>x>x>x>x>x\n\tnot here: it is in too many submenus\n");
	/* Three to the power of eight are more than there may be. */
	struct bd_error err = BD_ERROR_INIT;
	struct bd_bootmenu menu = { 0 };
	assert_int_equal(read_with("function f { submenu a { f; }; submenu b { f; }; submenu c { f; }; }\nf\n", &disk,
				   NULL, &menu, &err),
			 0);
	assert_int_equal(menu.count, BD_BOOTMENU_ENTRIES_MAX);
	bd_bootmenu_dispose(&menu);
}

/* An entry more is left out, and said. */
static void a_menu_has_a_thousand_entries(void **state)
{
	char *text = repeated("", "menuentry a { linux /k; }\n", 1100, "submenu s { menuentry b { linux /b; } }\n");
	struct fake_disk disk = { .files = NULL };
	struct bls_reader reader = { .code = 0 };
	struct bd_grub_hooks hooks = { .context = &reader, .warn = keep_warning };
	struct bd_error err = BD_ERROR_INIT;
	struct bd_bootmenu menu = { 0 };

	(void)state;
	assert_int_equal(read_with(text, &disk, &hooks, &menu, &err), 0);
	assert_int_equal(menu.count, BD_BOOTMENU_ENTRIES_MAX);
	assert_string_equal(reader.warning,
			    "the menu: it has more entries than can be shown: the others are left out");
	assert_int_equal(reader.warnings, 1);
	bd_bootmenu_dispose(&menu);
	free((char *)reader.warning);
	free(text);
}

static void entries_that_are_too_large_have_an_obstacle(void **state)
{
	static const struct {
		const char *head, *piece;
		size_t count;
		const char *tail, *obstacle;
	} rows[] = {
		{ "menuentry a { linux /k", " arg", 1022, "; }", NULL },
		{ "menuentry a { linux /k", " arg12", 1000, "; }", "a command line is longer than 4095 bytes" },
		{ "menuentry a { linux /", "k", 4096, "; }", "a path is longer than 4095 bytes" },
		{ "menuentry a { linux /k; initrd", " /i", 17, "; }", "there are more than 16 initrds" },
		{ "menuentry a { linux /k; initrd", " /i", 16, "; }", NULL },
		{ "menuentry a { linux /k; ", "x=$x; ", 20000, "}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *text = repeated(rows[i].head, rows[i].piece, rows[i].count, rows[i].tail);
		struct fake_disk disk = { .files = NULL };
		struct bd_error err = BD_ERROR_INIT;
		struct bd_bootmenu menu = { 0 };
		if (read_with(text, &disk, NULL, &menu, &err) != 0)
			fail_msg("%s", err.message);
		assert_int_equal(menu.count, 1);
		if (rows[i].obstacle &&
		    (!menu.entries[0].obstacle || !strstr(menu.entries[0].obstacle, rows[i].obstacle)))
			fail_msg("%s", menu.entries[0].obstacle ? menu.entries[0].obstacle : "no obstacle");
		if (!rows[i].obstacle && menu.entries[0].obstacle)
			fail_msg("%s", menu.entries[0].obstacle);
		bd_bootmenu_dispose(&menu);
		free(text);
	}
}

static void syntax_errors_are_told(void **state)
{
	struct fake_disk disk = { .files = (const struct fake_file[]){ { "(hd0,gpt1)/x.cfg", "a\nb &&\n" },
								       { NULL, NULL } } };
	struct bls_reader reader = { .code = 0 };
	struct bd_grub_hooks hooks = { .context = &reader, .warn = keep_warning };
	struct bd_error err = BD_ERROR_INIT;
	struct bd_bootmenu menu = { 0 };
	char *text = repeated("", "}\n", 100, "menuentry a { linux /a; }\n");

	(void)state;
	assert_int_equal(read_with("true\nsource /x.cfg\n", &disk, &hooks, &menu, &err), -1);
	assert_int_equal(err.code, EINVAL);
	assert_string_equal(err.message, "(hd0,gpt1)/x.cfg: line 2: unexpected \"&\"");
	assert_string_equal(reader.warning, err.message);
	assert_int_equal(reader.warnings, 1);
	assert_int_equal(read_with(text, &disk, &hooks, &menu, &err), 0);
	assert_int_equal(menu.count, 1);
	assert_int_equal(reader.warnings, 1 + GRUB_WARNINGS_MAX);
	free((char *)reader.warning);
	free(text);
	bd_bootmenu_dispose(&menu);
	/* Nothing at all is no error. */
	assert_code("", 0, NULL);
	assert_code("set timeout=5\n", 0, NULL);
}

static void a_disk_that_cannot_be_read_is_said(void **state)
{
	static const char *const texts[] = { "[ -f /a ]",
					     "load_env",
					     "source /a",
					     "menuentry a { [ -e /a ]; }",
					     "menuentry a { linux /a; }\nfallback=0",
					     "configfile /a" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct fake_disk disk = { .fails = true };
		struct bd_error err = BD_ERROR_INIT;
		struct bd_bootmenu menu = { 0 };
		assert_int_equal(read_with(texts[i], &disk, NULL, &menu, &err), -1);
		assert_int_equal(err.code, EIO);
	}
}

/* Where GRUB's name of the device is not known. */
static void a_file_is_read_with_its_folder_as_the_prefix(void **state)
{
	static const struct fake_file disk_table[] = {
		{ "/grub2/grub.cfg",
		  "if [ -s $prefix/grubenv ]; then load_env; fi\nsource $config_directory/custom.cfg\n"
		  "menuentry b { linux $prefix/k $a; search --set=root -u 2222-BBBB; initrd /i ($root)/j; }\n" },
		{ "/grub2/grubenv", BLOCK "a=5\n" },
		{ "/grub2/custom.cfg", "menuentry a { linux /k .$root; }\n" },
		{ NULL, NULL }
	};
	static const struct fake_name names[] = { { "2222-BBBB", NULL, "hd0,gpt2" }, { NULL, NULL, NULL } };
	struct fake_disk disk = { .files = disk_table, .names = names };
	struct bd_bootmenu_files files = fake_files(&disk);
	struct bd_error err = BD_ERROR_INIT;
	struct bd_bootmenu menu = { 0 };

	(void)state;
	assert_int_equal(bd_grub_cfg_read_file(&files, "", "/grub2/grub.cfg", NULL, &menu, &err), 0);
	char *text = menu_text(&menu);
	assert_string_equal(text, "timeout -1\n0* a\n\tlinux :/k .\n1 b\n\tlinux :/grub2/k 5\n"
				  "\tinitrd hd0,gpt2:/i\n\tinitrd hd0,gpt2:/j\n");
	free(text);
	bd_bootmenu_dispose(&menu);
	assert_int_equal(bd_grub_cfg_read_file(&files, "", "/none/grub.cfg", NULL, &menu, &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_string_equal(err.message, "there is no /none/grub.cfg");
}

static void timeouts_are_numbers(void **state)
{
	static const struct {
		const char *value;
		int seconds;
	} rows[] = { { "5", 5 }, { "0", 0 },  { "-1", -1 },
		     { "", -1 }, { "x", -1 }, { "99999999999999999999", 2147483647 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[128], expected[128];
		snprintf(text, sizeof(text), "timeout=%s\nmenuentry a { linux /a; }", rows[i].value);
		snprintf(expected, sizeof(expected), "timeout %d\n0* a\n\tlinux :/a \n", rows[i].seconds);
		assert_menu(text, expected);
	}
}

static void load_env_takes_what_it_is_told(void **state)
{
	static const struct fake_file files[] = { { "(hd0,gpt1)/env", BLOCK "a=1\nb=2\nroot=(hd0,gpt3)\n" },
						  { "(hd0,gpt1)/boot/grub/grubenv", BLOCK "a=5\n" },
						  { "(hd0,gpt1)/bad", "a=9\n" },
						  { NULL, NULL } };
	struct fake_disk disk = { .files = files };

	(void)state;
	assert_menu_with("load_env --file /env a\nmenuentry a { linux /k $a $b; load_env -f /env; linux /k $a $b; }\n"
			 "menuentry b { load_env; if load_env --skip-sig -f /bad; then a=x; fi; linux /k $a; }\n",
			 &disk, NULL, "timeout -1\n0* a\n\tlinux hd0,gpt3:/k 1 2\n1 b\n\tlinux :/k 5\n");
}

/* Bytes of Debian's file are changed, taken out and put elsewhere; a fixed seed. Whatever comes of it, it is a menu
 * or an error. */
static void damaged_texts_do_no_harm(void **state)
{
	static const char bytes[] = "{}\"'\\$;\n#=[](<>|&) 1a>";
	const char *wanted = getenv("BD_TEST_MUTATIONS");
	unsigned count = wanted ? (unsigned)strtoul(wanted, NULL, 10) : 1500;
	size_t length = strlen(bd_embedded_debian12);
	uint32_t random = 77;

	(void)state;
	for (unsigned i = 0; i < count; i++) {
		const struct fake_file files[] = { { "(hd0,gpt1)/boot/grub/grubenv", BLOCK "saved_entry=1>2\n" },
						   { NULL, NULL } };
		struct fake_disk disk = { .files = files };
		struct bd_error err = BD_ERROR_INIT;
		struct bd_bootmenu menu = { 0 };
		char *text = copy(bd_embedded_debian12);
		for (unsigned k = 0; k < 1 + i % 20; k++) {
			random = random * 1664525 + 1013904223;
			size_t at = (random >> 4) % length, span = (random >> 20) % 200;
			if (k % 5 == 4 && at + span < length / 2)
				memmove(text + at, text + length / 2, span);
			else
				text[at] = bytes[(random >> 24) % (sizeof(bytes) - 1)];
		}
		int r = read_with(text, &disk, NULL, &menu, &err);
		assert_true(r == 0 ? menu.default_index <= menu.count : err.code == E2BIG || err.code == EINVAL);
		bd_bootmenu_dispose(&menu);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(debians_menu_is_read),
		cmocka_unit_test(debians_default_is_what_was_saved),
		cmocka_unit_test(ubuntus_menu_is_read),
		cmocka_unit_test(fedoras_entries_come_from_blscfg),
		cmocka_unit_test(a_boot_counter_that_has_run_out_chooses_the_second_entry),
		cmocka_unit_test(blscfg_is_told_where),
		cmocka_unit_test(opensuses_menu_is_read),
		cmocka_unit_test(the_menu_of_an_entry_is_read_when_it_is_asked_for),
		cmocka_unit_test(archs_menu_is_read),
		cmocka_unit_test(gentoos_menu_is_read),
		cmocka_unit_test(another_configuration_may_be_read_instead),
		cmocka_unit_test(submenus_have_what_is_exported),
		cmocka_unit_test(the_default_is_found_as_grub_finds_it),
		cmocka_unit_test(the_fallback_is_taken_where_the_default_cannot_be_booted),
		cmocka_unit_test(what_is_not_linux_has_an_obstacle),
		cmocka_unit_test(entries_have_options_and_parameters),
		cmocka_unit_test(a_text_may_boot_by_itself),
		cmocka_unit_test(devices_are_searched),
		cmocka_unit_test(what_does_not_end_is_ended),
		cmocka_unit_test(what_does_not_end_in_an_entry_is_its_obstacle),
		cmocka_unit_test(what_is_too_large_is_refused),
		cmocka_unit_test(submenus_and_other_menus_end_somewhere),
		cmocka_unit_test(a_menu_has_a_thousand_entries),
		cmocka_unit_test(entries_that_are_too_large_have_an_obstacle),
		cmocka_unit_test(syntax_errors_are_told),
		cmocka_unit_test(a_disk_that_cannot_be_read_is_said),
		cmocka_unit_test(a_file_is_read_with_its_folder_as_the_prefix),
		cmocka_unit_test(timeouts_are_numbers),
		cmocka_unit_test(load_env_takes_what_it_is_told),
		cmocka_unit_test(damaged_texts_do_no_harm),
	};

	return cmocka_run_group_tests_name("grub_cfg", tests, NULL, NULL);
}
