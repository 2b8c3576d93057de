/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about bootmenu/grub_menu.h: a grub.cfg with the entries that blscfg takes in, as bd_bootmenu_find reads it. */
#include "bootmenu/grub/cfg.h"
#include "bootmenu_checks.h"

#define ID "6a9857a393724b7a981ebb5b8495b9ea"

static struct bd_error err;

static void find_on(struct fake_disk *disk, char *warnings, struct bd_bootmenu_found *found_out)
{
	find_on_device(disk, "", warnings, found_out);
}

static void assert_boots(struct fake_disk disk, const char *expected)
{
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };

	find_on(&disk, NULL, &found);
	BD_FREE char *is = booted(&found);
	assert_string_equal(is, expected);
	assert_string_equal(found.problem, "");
}

#define ON(...) ((struct fake_disk){ .files = FAKE_FILES(__VA_ARGS__), .names = names })

#define FEDORA_CFG \
	"if [ -f ${config_directory}/grubenv ]; then\n  load_env -f ${config_directory}/grubenv\n" \
	"elif [ -s $prefix/grubenv ]; then\n  load_env\nfi\n" \
	"if [ \"${next_entry}\" ] ; then\n   set default=\"${next_entry}\"\n   set next_entry=\n" \
	"   save_env next_entry\n   set boot_once=true\nelse\n   set default=\"${saved_entry}\"\nfi\n" \
	"set timeout=1\nsearch --no-floppy --fs-uuid --set=root 2222-bbbb\nset boot='hd0,gpt2'\n" \
	"if [ -z \"${kernelopts}\" ]; then\n  set kernelopts=\"root=/dev/vda3 ro \"\nfi\ninsmod blscfg\nblscfg\n"
#define FEDORA_ENTRY(folder, version) \
	{ \
		folder "/loader/entries/" ID "-" version ".conf", \
			"title Fedora Linux (" version ")\nversion " version "\nlinux /vmlinuz-" version \
			"\ninitrd /initramfs-" version ".img $tuned_initrd\noptions $kernelopts $tuned_params\n" \
			"grub_users $grub_users\ngrub_arg --unrestricted\ngrub_class fedora\n" \
	}

static void entries_have_the_variables_of_the_grub_cfg(void **state)
{
	static const struct fake_name names[] = { { "2222-BBBB", "boot", "hd0,gpt2" }, { NULL, NULL, NULL } };

	(void)state;
	/* /boot is a filesystem of its own, in which the kernels have no folder. */
	assert_boots(ON({ "/grub2/grub.cfg", FEDORA_CFG }, FEDORA_ENTRY("", "6.9.12-200.fc40.x86_64"),
			FEDORA_ENTRY("", "6.14.5-300.fc42.x86_64"),
			FEDORA_ENTRY("(hd0,gpt2)", "6.14.5-300.fc42.x86_64"),
			FEDORA_ENTRY("(hd0,gpt2)", "6.9.12-200.fc40.x86_64")),
		     "/grub2/grub.cfg\n0 of 2 Fedora Linux (6.14.5-300.fc42.x86_64) [" ID "-6.14.5-300.fc42.x86_64]\n"
		     "linux hd0,gpt2:/vmlinuz-6.14.5-300.fc42.x86_64 root=/dev/vda3 ro\n"
		     "initrd hd0,gpt2:/initramfs-6.14.5-300.fc42.x86_64.img\n");
	assert_boots(ON({ "/grub2/grub.cfg", FEDORA_CFG },
			{ "/grub2/grubenv", GRUBENV("saved_entry=" ID "-6.9.12-200.fc40.x86_64\n"
						    "kernelopts=root=UUID=33 ro rhgb quiet \n"
						    "tuned_params=skew_tick=1\ntuned_initrd=/overlay.img\n") },
			FEDORA_ENTRY("", "6.9.12-200.fc40.x86_64"),
			FEDORA_ENTRY("(hd0,gpt2)", "6.14.5-300.fc42.x86_64"),
			FEDORA_ENTRY("(hd0,gpt2)", "6.9.12-200.fc40.x86_64")),
		     "/grub2/grub.cfg\n1 of 2 Fedora Linux (6.9.12-200.fc40.x86_64) [" ID "-6.9.12-200.fc40.x86_64]\n"
		     "linux hd0,gpt2:/vmlinuz-6.9.12-200.fc40.x86_64 root=UUID=33 ro rhgb quiet  skew_tick=1\n"
		     "initrd hd0,gpt2:/initramfs-6.9.12-200.fc40.x86_64.img\ninitrd hd0,gpt2:/overlay.img\n");
}

/* A /boot that is a folder of the root: the entries are in /boot/loader/entries, and their paths have no /boot. */
static void entries_of_a_boot_folder_are_found(void **state)
{
	static const struct fake_name names[] = { { "2222-BBBB", "root", "" }, { NULL, NULL, NULL } };

	(void)state;
	assert_boots(
		ON({ "/boot/grub2/grub.cfg", FEDORA_CFG }, { "/boot/vmlinuz-6.14.5-300.fc42.x86_64", "k" },
		   { "/boot/grub2/grubenv", GRUBENV("next_entry=1\nsaved_entry=0\n") },
		   FEDORA_ENTRY("/boot", "6.14.5-300.fc42.x86_64"), FEDORA_ENTRY("/boot", "6.14.3-300.fc42.x86_64")),
		"/boot/grub2/grub.cfg\n1 of 2 Fedora Linux (6.14.3-300.fc42.x86_64) [" ID "-6.14.3-300.fc42.x86_64]\n"
		"linux :/boot/vmlinuz-6.14.3-300.fc42.x86_64 root=/dev/vda3 ro\n"
		"initrd :/boot/initramfs-6.14.3-300.fc42.x86_64.img\n");
}

static void one_entry_can_be_asked_for(void **state)
{
	static const struct fake_name names[] = { { NULL, NULL, NULL } };

	(void)state;
	assert_boots(ON({ "/grub/grub.cfg", "blscfg --path /e --entry b.conf" }, { "/e/a.conf", "linux /a\n" },
			{ "/e/b.conf", "linux /b\n" }, { "/b.conf", "linux /c\n" }),
		     "/grub/grub.cfg\n0 of 1 /b [b]\nlinux :/b \n");
	assert_boots(ON({ "/grub/grub.cfg", "blscfg -e ../b.conf\nmenuentry m { linux /m; }" },
			{ "/loader/entries/a.conf", "linux /a\n" }, { "/loader/b.conf", "linux /b\n" }),
		     "/grub/grub.cfg\n0 of 1 m []\nlinux :/m \n");
}

static void images_are_taken_in_by_uki(void **state)
{
	static const struct fake_name names[] = { { NULL, NULL, NULL } };

	(void)state;
	assert_boots(ON({ "/grub/grub.cfg", "uki" }, { "/EFI/Linux/a-6.2.efi", "" }, { "/EFI/Linux/a-6.12.efi", "" }),
		     "/grub/grub.cfg\n0 of 2 a-6.12.efi [a-6.12.efi]\nuki :/EFI/Linux/a-6.12.efi \n");
	assert_boots(ON({ "/grub/grub.cfg", "uki -p (hd0,gpt5)/u -e a-6.1.efi" }, { "/u/a-6.2.efi", "" },
			{ "(hd0,gpt5)/u/a-6.12.efi", "" }, { "(hd0,gpt5)/u/a-6.1.efi", "" },
			{ "(hd0,gpt5)/u/a-6.2.efi", "" }),
		     "/grub/grub.cfg\n0 of 1 a-6.1.efi [a-6.1.efi]\nuki hd0,gpt5:/u/a-6.1.efi \n");
}

static void warnings_are_passed_on(void **state)
{
	struct fake_disk disk = { .files = FAKE_FILES(
					  { "/grub/grub.cfg", "if true\nmenuentry m { linux /m; }\nfi }\n" },
					  { "/boot/grub/grub.cfg", "menuentry n { linux /n; }\n}\n" }) };
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };
	char warnings[1024] = "";

	(void)state;
	find_on(&disk, warnings, &found);
	BD_FREE char *is = booted(&found);
	assert_string_equal(is, "/boot/grub/grub.cfg\n0 of 1 n []\nlinux :/n \n");
	assert_string_equal(warnings, "/boot/grub/grub.cfg: line 2: a command was expected");
}

/* Entries that cannot be read make the file unreadable; the entries alone are tried then. */
static void what_blscfg_cannot_read_is_a_problem(void **state)
{
	struct fake_disk disk = { .files = FAKE_FILES({ "/grub2/grub.cfg", "blscfg\n" },
						      { "/loader/entries/0.conf", "linux /k\n" }),
				  .generated = 70000 };
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };

	(void)state;
	find_on(&disk, NULL, &found);
	assert_int_equal(found.menu.count, 0);
	assert_string_equal(found.problem,
			    "/grub2/grub.cfg: cannot read /loader/entries: there are more than 1024 entries");
}

/* Of /grub/grub.cfg: "linux ..." and "initrd ..." of the entry that is booted. */
static void assert_loads_of(struct fake_disk *disk, const char *expected)
{
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };

	find_on(disk, NULL, &found);
	BD_FREE char *is = booted(&found);
	assert_true(found.menu.count > 0);
	assert_string_equal(strchr(strchr(is, '\n') + 1, '\n') + 1, expected);
}

#define assert_loads(text, expected, ...) \
	assert_loads_of( \
		&(struct fake_disk){ .files = FAKE_FILES({ "/grub/grub.cfg", text }, __VA_ARGS__), .names = names }, \
		expected)

static const struct fake_name names[] = { { "1111-AAAA", "ROOT", "" },
					  { "2222-bbbb", NULL, "hd0,gpt2" },
					  { NULL, NULL, NULL } };

static void names_of_files_have_patterns(void **state)
{
	static const struct {
		const char *words, *expected;
	} rows[] = {
		{ "/boot/v*", "/boot/v-1 /boot/v-2" },
		{ "/boot/v-?", "/boot/v-1 /boot/v-2" },
		{ "/b*/?-1", "/boot/i-1 /boot/v-1" },
		/* Between, and behind it, only what is there. */
		{ "/d*/x/k /b*/v-2", "/d1/x/k /d2/x/k /boot/v-2" },
		{ "/d*/*/k", "/d1/x/k /d2/x/k" },
		{ "/*/none", "/*/none" },
		{ "(hd0,gpt2)/*", "(hd0,gpt2)/K (hd0,gpt2)/k (hd0,gpt2)/k[1]" },
		/* The case matters, and a set is none. */
		{ "(hd0,gpt2)/k* (hd0,gpt2)/[kK]*", "(hd0,gpt2)/k (hd0,gpt2)/k[1] (hd0,gpt2)/[kK]*" },
		{ "(hd0,gpt2)/?[1]", "(hd0,gpt2)/k[1]" },
		/* What is quoted is no pattern, nor is what is no path, or a device. */
		{ "'/boot/v*' \"/boot/v-?\" /boot/v\\* /boot/'*'-1", "/boot/v* /boot/v-? /boot/v* /boot/*-1" },
		{ "v* * (hd*)/k x=/boot/v*", "v* * (hd*)/k x=/boot/v*" },
		{ "/boot/v*$one", "/boot/v-1" },
		/* In variables' values, too, as long as they are not quoted. */
		{ "$glob ${glob}1 \"$glob\" $two", "/boot/v-1 /boot/v-2 /boot/v-1 /boot/v* /boot/i-1 /boot/v-2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		BD_FREE char *text = NULL, *expected = NULL;
		assert_int_equal(bd_text_format(&text, &err,
						"one=1; glob='/boot/v*'; two='/boot/i-? /boot/*2'\n"
						"menuentry m { linux /boot/v-1 %s; }\n",
						rows[i].words),
				 0);
		assert_int_equal(bd_text_format(&expected, &err, "linux :/boot/v-1 %s\n", rows[i].expected), 0);
		assert_loads(text, expected, { "/boot/v-2", "" }, { "/boot/v-1", "" }, { "/boot/i-1", "" },
			     { "/d2/x/k", "" }, { "/d1/x/k", "" }, { "/d3/y", "" }, { "(hd0,gpt2)/k", "" },
			     { "(hd0,gpt2)/K", "" }, { "(hd0,gpt2)/k[1]", "" });
	}
}

/* As people write it who keep their kernels without a tool. */
static void a_loop_over_kernels_makes_entries(void **state)
{
	struct fake_disk disk = {
		.files = FAKE_FILES(
			{ "/boot/grub/grub.cfg",
			  "insmod regexp\nset default=1\nfor k in /boot/vmlinuz-*; do\n"
			  "  if regexp --set=1:v '^/boot/vmlinuz-(.*)$' \"$k\"; then\n"
			  "    menuentry \"Linux $v\" \"$k\" \"$v\" { linux \"$2\" ro; initrd /boot/initrd-$3 }\n"
			  "  fi\ndone\n" },
			{ "/boot/vmlinuz-6.2", "" }, { "/boot/vmlinuz-6.1", "" })
	};

	(void)state;
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };
	find_on(&disk, NULL, &found);
	BD_FREE char *is = booted(&found);
	assert_string_equal(is, "/boot/grub/grub.cfg\n1 of 2 Linux 6.2 []\nlinux :/boot/vmlinuz-6.2 ro\n"
				"initrd :/boot/initrd-6.2\n");
}

static void what_patterns_may_cost_is_bounded(void **state)
{
	struct fake_disk disk = { .files = FAKE_FILES({ "/grub/grub.cfg", "menuentry m { linux /*; }\n" }),
				  .generated = 2000 };

	(void)state;
	assert_loads_of(&disk,
			"not here: its block cannot be run: cannot read /: there are more than 1024 entries\n");
	disk.files = FAKE_FILES(
		{ "/grub/grub.cfg", "menuentry m { while true; do for i in /x*; do true; done; done; }\n" });
	assert_loads_of(&disk, "not here: its block cannot be run: its commands do not come to an end\n");
	/* 65 of them: no pattern. */
	disk = (struct fake_disk){
		.files = FAKE_FILES({ "/grub/grub.cfg", "s='****************'\nmenuentry m { linux /k /grub/$s$s$s$s "
							"/grub/$s$s$s$s*; }\n" })
	};
	assert_loads_of(&disk, "linux :/k /grub/grub.cfg "
			       "/grub/*****************************************************************\n");
}

static void regular_expressions_are_matched(void **state)
{
	static const struct {
		const char *command, *expected;
	} rows[] = {
		{ "regexp 'b+' abbc", "0 - -" },
		{ "regexp '^b' abbc", "1 - -" },
		{ "regexp --set a '(b+)(c)' abbc", "0 bb -" },
		{ "regexp --set=1:a -s 2:b '(b+)(c)' abbc", "0 bb c" },
		{ "regexp -s 0:a -s 3:b '(b+)(c)|(d)' abbc", "0 bbc -" },
		{ "regexp --set=1:a '^\\((.*)\\)/' '(hd0,gpt2)/boot/k'", "0 hd0,gpt2 -" },
		{ "regexp --set=9:a '(b)' b", "0 - -" },
		{ "regexp --set=x:a '(b)' b", "2 old -" },
		{ "regexp --set=1:a '[[:digit:]]{1,3}(x)[]{}]' 12x]", "0 x -" },
		/* What was matched before stays where nothing is. */
		{ "regexp --set=1:a '(x)' abbc", "1 old -" },
		{ "regexp '(' a", "2 old -" },
		{ "regexp a", "2 old -" },
		{ "regexp a b c", "2 old -" },
		/* What the C library could be busy with for long. */
		{ "regexp '(a)\\1' aa", "2 old -" },
		{ "regexp '((a{1,100}){1,100})' aa", "2 old -" },
		{ "regexp 'a{99999999999999999999}' aa", "2 old -" },
		{ "regexp 'a{1000}' aa", "1 old -" },
		{ "regexp '[{]a{9}[[.{.]{999}]x{100}' aa", "1 old -" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		BD_FREE char *text = NULL, *expected = NULL;
		bool sets = strstr(rows[i].expected, "old") || strstr(rows[i].command, ":a") ||
			    strstr(rows[i].command, "set a");
		assert_int_equal(bd_text_format(&text, &err,
						"%s\nmenuentry m { %s; s=$?\nif [ -z \"$a\" ]; then a=-; fi\n"
						"if [ -z \"$b\" ]; then b=-; fi\nlinux /k $s $a $b; }\n",
						sets ? "a=old" : "", rows[i].command),
				 0);
		assert_int_equal(bd_text_format(&expected, &err, "linux :/k %s\n", rows[i].expected), 0);
		assert_loads(text, expected, { "/k", "" });
	}
}

static void expressions_have_limits(void **state)
{
	char text[1024] = "menuentry m { regexp '", groups[1024] = "menuentry m { regexp '";

	(void)state;
	memset(text + strlen(text), 'a', 257);
	strcat(text, "' a; linux /k $?; }");
	assert_loads(text, "linux :/k 2\n", { "/k", "" });
	for (size_t i = 0; i < 33; i++)
		strcat(groups, "(a)");
	strcat(groups, "' a; linux /k $?; }");
	assert_loads(groups, "linux :/k 2\n", { "/k", "" });
}

/* With what takes the C library long. */
static void many_expressions_end_somewhere(void **state)
{
	BD_FREE char *text = NULL;
	char a[1025];

	(void)state;
	memset(a, 'a', sizeof(a) - 1);
	a[sizeof(a) - 1] = '\0';
	assert_int_equal(
		bd_text_format(&text, &err,
			       "a=%s\nmenuentry m { while true; do regexp '((a|b)*a(a|b){20})*c' $a$a; done; }\n", a),
		0);
	assert_loads(text, "not here: its block cannot be run: its commands do not come to an end\n", { "/k", "" });
}

static void a_device_is_probed(void **state)
{
	static const struct {
		const char *command, *expected;
	} rows[] = {
		{ "search --set=root -u 2222-bbbb; probe --set=a -u $root", "0 2222-bbbb" },
		{ "probe -s a --fs-uuid ($root)", "0 1111-AAAA" },
		{ "probe --set=a --label ($root)", "0 ROOT" },
		{ "probe -u --set=a (hd0,gpt2)", "0 2222-bbbb" },
		{ "probe -u (hd0,gpt2)", "0" },
		{ "probe -l --set=a (hd0,gpt2)", "2" },
		{ "probe -u --set=a (hd0,gpt9)", "2" },
		{ "probe --set=a --fs (hd0,gpt2)", "2" },
		{ "probe --set=a --part-uuid -u (hd0,gpt2)", "2" },
		{ "probe --set=a -u", "2" },
		{ "probe", "2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		BD_FREE char *text = NULL, *expected = NULL;
		assert_int_equal(bd_text_format(&text, &err, "menuentry m { %s; s=$?; root=; linux /k $s $a; }\n",
						rows[i].command),
				 0);
		assert_int_equal(bd_text_format(&expected, &err, "linux :/k %s\n", rows[i].expected), 0);
		assert_loads(text, expected, { "/k", "" });
	}
}

/* A Xen guest of x86_64, without firmware. */
static void what_the_machine_is_asked_is_answered(void **state)
{
	(void)state;
	assert_loads(
		"if cpuid -l; then a=64; else a=32; fi\nif cpuid --pae; then b=pae; fi\n"
		"if smbios -t 1 -s 5 --set c; then d=known; fi\nif keystatus --shift; then e=shift; fi\n"
		"if file --is-x86_64-xen-domu /k; then f=xen; fi\nif insmod gfxterm; then g=gfx; fi\n"
		"if loadfont unicode; then h=font; set gfxmode=auto; terminal_output gfxterm; fi\n"
		"terminal_input at_keyboard\nserial --unit=0 --speed=115200\nplay 480 440 1\n"
		"menuentry m { set gfxpayload=keep; linux /k $a $b .$c .$d .$e .$f $g $h $grub_platform $grub_cpu; }",
		"linux :/k 64 pae . . . . gfx font xen x86_64\n", { "/k", "" });
}

/* The grub.cfg of a snapshot, seen from the top of its filesystem. */
static void assert_relative_in(const char *prefix, const char *commands, const char *expected)
{
	struct fake_disk disk = { .files = FAKE_FILES({ "(hd0,gpt2)/@/.snapshots/7/snapshot/boot/k", "" },
						      { "(hd0,gpt2)/@/srv/x", "" }, { "(hd0,gpt1)/k", "" },
						      { "(top)/@/.snapshots/7/snapshot/boot/k", "" }),
				  .names = names };
	struct bd_bootmenu_files files = fake_files(&disk);
	BD_DISPOSE(bd_bootmenu_found_dispose) struct bd_bootmenu_found found = { 0 };
	BD_FREE char *text = NULL, *is = NULL;

	assert_int_equal(bd_text_format(&text, &err, "menuentry m { %s; }\n", commands), 0);
	if (bd_grub_cfg_read(text, &files, "hd0,gpt2", prefix, NULL, &found.menu, &err) != 0)
		fail_msg("%s", err.message);
	const struct bd_bootmenu_entry *entry = &found.menu.entries[0];
	if (entry->obstacle)
		assert_int_equal(bd_text_format(&is, &err, "%s", entry->obstacle), 0);
	else
		assert_int_equal(bd_text_format(&is, &err, "%s:%s", entry->kernel.device, entry->kernel.path), 0);
	assert_string_equal(is, expected);
}

#define ROOT7 "/@/.snapshots/7/snapshot"

static void assert_relative(const char *commands, const char *expected)
{
	assert_relative_in(ROOT7 "/boot/grub2", commands, expected);
}

static void paths_may_be_those_of_a_subvolume(void **state)
{
	(void)state;
	assert_relative("linux /boot/k", ":/boot/k");
	assert_relative("btrfs_relative_path=y; linux /boot/k", ":" ROOT7 "/boot/k");
	assert_relative("btrfs_relative_path=1; linux ($root)/boot/../k", ":" ROOT7 "/k");
	assert_relative("btrfs_relative_path=no; linux /boot/k", ":/boot/k");
	/* $prefix is the whole path. */
	assert_relative("btrfs_relative_path=y; linux $prefix/k", ":" ROOT7 "/boot/grub2/k");
	/* By another name it is the same filesystem; another one has no such folder. */
	assert_relative("btrfs_relative_path=y; linux (top)/boot/k", "top:" ROOT7 "/boot/k");
	assert_relative("btrfs_relative_path=y; root=hd0,gpt1; linux /k", "hd0,gpt1:/k");
	assert_relative("btrfs_relative_path=y; btrfs_subvol=@/srv; linux /x", ":/@/srv/x");
	assert_relative("btrfs_relative_path=y; btrfs_subvol=/@/srv; linux /x", ":/@/srv/x");
	assert_relative("btrfs_relative_path=y; btrfs_subvolid=5; linux /@/srv/x", ":/@/srv/x");
	assert_relative("btrfs_relative_path=y; btrfs-mount-subvol ($root) /srv @/srv; linux /srv/x", ":/@/srv/x");
	assert_relative("btrfs_relative_path=y; btrfs-mount-subvol ($root) /srv @/srv; linux /srvs/x",
			":" ROOT7 "/srvs/x");
	/* All snapshots are below the root's own folder of them. */
	assert_relative("btrfs_relative_path=y; linux /.snapshots/3/snapshot/boot/k",
			":/@/.snapshots/3/snapshot/boot/k");
	assert_relative("btrfs_relative_path=y; btrfs_subvol=@/srv; if [ -f /x ]; then linux /x; fi", ":/@/srv/x");
	assert_relative("while true; do btrfs-mount-subvol ($root) /a /b; done",
			"its block cannot be run: it mounts more than 16 subvolumes");
	/* Whoever reads the files sees the root's subvolume at the top. */
	assert_relative_in("/boot/grub2", "btrfs_relative_path=y; linux /boot/k", ":/boot/k");
	assert_relative_in("/boot/grub2", "btrfs_relative_path=y; linux /.snapshots/3/snapshot/boot/k",
			   ":/@/.snapshots/3/snapshot/boot/k");
	assert_relative_in("/boot/grub2",
			   "btrfs_relative_path=y; btrfs_subvol=@/.snapshots/3/snapshot; linux /boot/k",
			   ":/@/.snapshots/3/snapshot/boot/k");
	assert_relative_in("/boot/grub2", "btrfs_relative_path=y; root=hd0,gpt1; linux /.snapshots/k",
			   "hd0,gpt1:/.snapshots/k");
	assert_relative_in("/boot/grub2", "linux /.snapshots/k", ":/.snapshots/k");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_have_the_variables_of_the_grub_cfg),
		cmocka_unit_test(entries_of_a_boot_folder_are_found),
		cmocka_unit_test(one_entry_can_be_asked_for),
		cmocka_unit_test(images_are_taken_in_by_uki),
		cmocka_unit_test(warnings_are_passed_on),
		cmocka_unit_test(what_blscfg_cannot_read_is_a_problem),
		cmocka_unit_test(names_of_files_have_patterns),
		cmocka_unit_test(a_loop_over_kernels_makes_entries),
		cmocka_unit_test(what_patterns_may_cost_is_bounded),
		cmocka_unit_test(regular_expressions_are_matched),
		cmocka_unit_test(expressions_have_limits),
		cmocka_unit_test(many_expressions_end_somewhere),
		cmocka_unit_test(a_device_is_probed),
		cmocka_unit_test(what_the_machine_is_asked_is_answered),
		cmocka_unit_test(paths_may_be_those_of_a_subvolume),
	};

	return cmocka_run_group_tests_name("bootmenu_grub", tests, NULL, NULL);
}
