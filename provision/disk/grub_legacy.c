/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Installs GRUB Legacy 0.97 into a plain file, by the commands `device`, `root` and `setup` of its shell. */

#include "disk/grub_legacy.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/process/run.h"

#define NOT_INSTALLED "GRUB Legacy is not installed (Debian up to 12 has it in grub-legacy)"

/* grub-legacy of Debian, then GNU's own place. */
static int find_stages(char *folder_out, size_t size, struct bd_error *err)
{
	static const char *const folders[] = { "/usr/lib/grub/x86_64-pc", "/usr/lib/grub/i386-pc",
					       "/usr/share/grub/x86_64-redhat" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		char path[PATH_MAX];
		struct stat there;
		snprintf(path, sizeof(path), "%s/e2fs_stage1_5", folders[i]);
		if (stat(path, &there) == 0) {
			snprintf(folder_out, size, "%s", folders[i]);
			return 0;
		}
	}
	return bd_fail(err, ENOPKG, NOT_INSTALLED);
}

int bd_grub_legacy_add_stages(struct bd_tree *tree, struct bd_error *err)
{
	static const char *const stages[] = { "stage1", "stage2", "e2fs_stage1_5" };
	char folder[PATH_MAX / 2], program[PATH_MAX];

	if (find_stages(folder, sizeof(folder), err) != 0)
		return -1;
	if (bd_find_program("grub", program, sizeof(program), err) != 0)
		return bd_fail(err, ENOPKG, NOT_INSTALLED);
	if (bd_tree_add_dir(tree, "/boot", 0755, err) != 0 || bd_tree_add_dir(tree, "/boot/grub", 0755, err) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++) {
		char host[PATH_MAX], guest[64];
		snprintf(host, sizeof(host), "%s/%s", folder, stages[i]);
		snprintf(guest, sizeof(guest), "/boot/grub/%s", stages[i]);
		if (bd_tree_add_host_file(tree, guest, 0644, host, err) != 0)
			return -1;
	}
	return 0;
}

/* Its shell ends with status 0 whatever happened, so its output has to be read. */
static int judge_output(char *output, struct bd_error *err)
{
	char *rest = NULL;

	if (strstr(output, "Running \"install") && strstr(output, "succeeded") && strstr(output, "Done."))
		return 0;
	for (char *line = strtok_r(output, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (strncmp(line, "Error ", 6) == 0)
			return bd_fail(err, EIO, "GRUB Legacy's setup failed: %s", line);
	return bd_fail(err, EIO, "GRUB Legacy's setup did not report success");
}

int bd_grub_legacy_setup(const char *image_path, struct bd_error *err)
{
	char commands[PATH_MAX + 64], output[8192];
	const char *argv[] = { "grub", "--batch", "--no-floppy", "--no-curses", "--device-map=/dev/null", NULL };

	snprintf(commands, sizeof(commands), "device (hd0) %s\nroot (hd0,0)\nsetup (hd0)\nquit\n", image_path);
	if (bd_run(
		    &(struct bd_run){
			    .argv = argv, .stdin_text = commands, .output = output, .output_size = sizeof(output) },
		    err) != 0)
		return -1;
	return judge_output(output, err);
}
