/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about guest/bootcfg.h. grub.cfg is read here by pygrub's rules (tools/pygrub/src/GrubConf.py in Xen) and
 * checked by grub-script-check (grub-common) where it is installed. */
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/parse.h"
#include "base/process/run.h"
#include "guest/bootcfg.h"

#define KERNEL "/boot/vmlinuz-6.1.0-56-amd64"
#define INITRAMFS "/boot/initrd.img-6.1.0-56-amd64"
#define CMDLINE "root=UUID=0f3d2a18-5b7c-4d9e-8a61-2c4e6f809ab1 ro quiet console=tty0 console=ttyS0 console=hvc0"

/* By it the guest knows the files that it may write anew (templates/guest/boot-entries). */
#define MADE_BY "# Made by xen-bigdisk"

static struct bd_guest web01(void)
{
	struct bd_error err = BD_ERROR_INIT;
	struct bd_guest guest = { .name = "web01", .disk_signature = 0x0a1b2c3d };

	assert_int_equal(bd_parse_uuid("0f3d2a18-5b7c-4d9e-8a61-2c4e6f809ab1", guest.root_uuid, &err), 0);
	return guest;
}

/* The file's text; the caller frees. NULL when it is not in the tree. */
static char *file_text(const char *kernel, const char *initramfs, int menu_lst, const char *path)
{
	struct bd_error err = BD_ERROR_INIT;
	struct bd_guest guest = web01();
	struct bd_tree tree = { 0 };
	char *text = NULL;

	if (bd_bootcfg_add(&guest, kernel, initramfs, menu_lst, &tree, &err) != 0)
		fail_msg("%s", err.message);
	const struct bd_node *node = bd_tree_find(&tree, path);
	if (node)
		text = strdup(node->data);
	bd_tree_dispose(&tree);
	return text;
}

struct pygrub {
	char title[128], linux_line[512], initrd[256];
	int entries, linux_lines, initrds, default_entry, timeout;
	bool in_entry, refused;
};

/* GrubConf.py, Grub2ConfigFile.parse: lines are stripped; blank ones and comments are passed over. */
static void pygrub_line(struct pygrub *read, const char *line)
{
	regex_t menuentry;
	regmatch_t found[3];

	if (!*line || *line == '#')
		return;
	assert_int_equal(regcomp(&menuentry, "^menuentry[ \t]+[\"'](.*)[\"'](.*)\\{", REG_EXTENDED), 0);
	if (regexec(&menuentry, line, 3, found, 0) == 0) {
		read->refused |= read->in_entry;
		read->in_entry = true;
		read->entries++;
		snprintf(read->title, sizeof(read->title), "%.*s", (int)(found[1].rm_eo - found[1].rm_so),
			 line + found[1].rm_so);
	} else if (strcmp(line, "}") == 0) {
		read->refused |= !read->in_entry;
		read->in_entry = false;
	} else if (strncmp(line, "linux ", 6) == 0 && read->in_entry) {
		snprintf(read->linux_line, sizeof(read->linux_line), "%s", line + 6);
		read->linux_lines++;
	} else if (strncmp(line, "initrd ", 7) == 0 && read->in_entry) {
		snprintf(read->initrd, sizeof(read->initrd), "%s", line + 7);
		read->initrds++;
	} else if (sscanf(line, "set default=%d", &read->default_entry) != 1 &&
		   sscanf(line, "set timeout=%d", &read->timeout) != 1) {
		read->refused = true;
	}
	regfree(&menuentry);
}

static struct pygrub pygrub_read(char *text)
{
	struct pygrub read = { .default_entry = -1, .timeout = -1 };
	char *rest = NULL;

	assert_null(strchr(text, '$'));
	assert_null(strchr(text, '\r'));
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		pygrub_line(&read, line + strspn(line, " \t"));
	assert_false(read.in_entry);
	assert_false(read.refused);
	return read;
}

static void pygrub_finds_kernel_initramfs_and_arguments(void **state)
{
	char *text = file_text(KERNEL, INITRAMFS, 0, "/boot/grub/grub.cfg");
	assert_int_equal(strncmp(text, MADE_BY, strlen(MADE_BY)), 0);
	struct pygrub read = pygrub_read(text);

	(void)state;
	assert_int_equal(read.entries, 1);
	assert_int_equal(read.default_entry, 0);
	assert_in_range(read.timeout, 0, 5);
	assert_string_equal(read.title, "web01");
	assert_int_equal(read.linux_lines, 1);
	assert_string_equal(read.linux_line, KERNEL " " CMDLINE);
	assert_int_equal(read.initrds, 1);
	assert_string_equal(read.initrd, INITRAMFS);
	free(text);
}

static void a_guest_without_initramfs_has_no_initrd_line(void **state)
{
	char *text = file_text(KERNEL, NULL, 1, "/boot/grub/grub.cfg");
	char *menu = file_text(KERNEL, NULL, 1, "/boot/grub/menu.lst");
	struct pygrub read = pygrub_read(text);

	(void)state;
	assert_int_equal(read.linux_lines, 1);
	assert_int_equal(read.initrds, 0);
	assert_null(strstr(menu, "initrd"));
	free(text);
	free(menu);
}

static void a_guest_without_kernel_has_no_entry(void **state)
{
	char *text = file_text(NULL, NULL, 1, "/boot/grub/grub.cfg");
	char *menu = file_text(NULL, NULL, 1, "/boot/grub/menu.lst");

	(void)state;
	assert_int_equal(pygrub_read(text).entries, 0);
	assert_null(strstr(menu, "title"));
	free(text);
	free(menu);
}

/* GRUB Legacy's manual, "Configuration file". */
static void menu_lst_says_the_same(void **state)
{
	char *text = file_text(KERNEL, INITRAMFS, 1, "/boot/grub/menu.lst");

	(void)state;
	assert_int_equal(strncmp(text, MADE_BY, strlen(MADE_BY)), 0);
	assert_string_equal(strstr(text, "\ndefault") + 1,
			    "default 0\ntimeout 1\n\ntitle web01\nroot (hd0,0)\nkernel " KERNEL " " CMDLINE
			    "\ninitrd " INITRAMFS "\n");
	assert_null(file_text(KERNEL, INITRAMFS, 0, "/boot/grub/menu.lst"));
	free(text);
}

static void grub_script_check_accepts_it(void **state)
{
	const char *argv[] = { "grub-script-check", NULL };
	struct bd_error err = BD_ERROR_INIT;
	char path[4096];

	(void)state;
	if (bd_find_program("grub-script-check", path, sizeof(path), &err) != 0) {
		print_message("grub-script-check is not installed\n");
		skip();
	}
	char *texts[] = { file_text(KERNEL, INITRAMFS, 0, "/boot/grub/grub.cfg"),
			  file_text(KERNEL, NULL, 0, "/boot/grub/grub.cfg"),
			  file_text(NULL, NULL, 0, "/boot/grub/grub.cfg") };
	for (size_t i = 0; i < 3; i++) {
		char output[1024];
		int r = bd_run(&(struct bd_run){ .argv = argv,
						 .stdin_text = texts[i],
						 .output = output,
						 .output_size = sizeof(output) },
			       &err);
		if (r != 0)
			fail_msg("%s\n%s", err.message, texts[i]);
		free(texts[i]);
	}
}

static void the_command_line_has_the_root_and_a_console_for_every_place(void **state)
{
	struct bd_guest guest = web01();
	char cmdline[BD_CMDLINE_SIZE];

	(void)state;
	bd_kernel_cmdline(&guest, true, cmdline);
	assert_string_equal(cmdline, CMDLINE);
	/* Without an initramfs, the kernel has to find the root by itself. */
	bd_kernel_cmdline(&guest, false, cmdline);
	assert_string_equal(cmdline, "root=PARTUUID=0a1b2c3d-01 ro quiet console=tty0 console=ttyS0 console=hvc0");
}

static void what_is_appended_takes_the_place_of_what_was(void **state)
{
	static const struct {
		const char *line, *append, *want;
	} cases[] = {
		{ CMDLINE, "audit=0", CMDLINE " audit=0" },
		{ CMDLINE " audit=0 nosmt", "quiet", CMDLINE " quiet" },
		{ CMDLINE "  audit=0", NULL, CMDLINE },
		{ CMDLINE " audit=0", "", CMDLINE },
		/* None of ours. */
		{ "root=/dev/xvda1 ro", "audit=0", "root=/dev/xvda1 ro audit=0" },
		{ "root=/dev/xvda1 ro ", NULL, "root=/dev/xvda1 ro" },
		{ "", "audit=0", "audit=0" },
	};
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *line;
		assert_int_equal(bd_kernel_cmdline_append(cases[i].line, cases[i].append, &line, &err), 0);
		assert_string_equal(line, cases[i].want);
		free(line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pygrub_finds_kernel_initramfs_and_arguments),
		cmocka_unit_test(a_guest_without_initramfs_has_no_initrd_line),
		cmocka_unit_test(a_guest_without_kernel_has_no_entry),
		cmocka_unit_test(menu_lst_says_the_same),
		cmocka_unit_test(grub_script_check_accepts_it),
		cmocka_unit_test(the_command_line_has_the_root_and_a_console_for_every_place),
		cmocka_unit_test(what_is_appended_takes_the_place_of_what_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
