/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `check`: fsck(8) for a disk image as a whole, with its exit statuses. */
#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/progress.h"
#include "base/terminal.h"
#include "cli/command.h"
#include "cli/dir_option.h"
#include "ops/check/check.h"

struct check_options {
	const char *dir;
	bool json, repair;
};

#define AT(member) offsetof(struct check_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_FLAG, "repair", NULL, "repair what can be repaired safely", AT(repair) },
	DIR_OPTION_ROW(struct check_options),
	{ BD_OPTION_FLAG, "json", NULL, "print the findings as a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

/* Codes of errors that say how it ended; their message is empty, as the findings are printed. */
#define CODE_CORRECTED 10101
#define CODE_LEFT 10102

enum { STATUS_CORRECTED = 1, STATUS_LEFT = 4, STATUS_OPERATION = 8, STATUS_USAGE = 16 };

static const struct bd_exit_status statuses[] = {
	{ "0", "nothing is wrong, or there are warnings only" },
	{ "1", "problems were found, and all of them have been corrected" },
	{ "4", "problems were found that are not corrected" },
	{ "8",
	  "the check or the repair could not be made; an error on stderr says why (no such guest, it is running, ...)" },
	{ "16", "usage error" },
	{ "128+N", "terminated by signal N (130: Ctrl-C)" },
	{ NULL, NULL },
};

static int exit_status(const struct bd_error *err)
{
	if (err->code == CODE_CORRECTED)
		return STATUS_CORRECTED;
	if (err->code == CODE_LEFT)
		return STATUS_LEFT;
	return err->kind == BD_KIND_USAGE ? STATUS_USAGE : STATUS_OPERATION;
}

static const char *state_of(const struct finding *finding)
{
	return finding->corrected ? "corrected" : finding->level == FINDING_PROBLEM ? "problem" : "warning";
}

static void print_finding(const struct check_result *result, const struct finding *finding, bool can_repair)
{
	enum bd_style style = finding->corrected		  ? BD_STYLE_GOOD
			      : finding->level == FINDING_PROBLEM ? BD_STYLE_BAD
								  : BD_STYLE_WARNING;

	fputs(bd_style(stdout, style), stdout);
	bd_print(stdout, "%s", state_of(finding));
	fputs(bd_style(stdout, BD_STYLE_PLAIN), stdout);
	bd_print(stdout, " %s: ", finding->id);
	if (result->disk_count > 1)
		bd_print(stdout, "%s: ", result->images[finding->disk]);
	if (finding->partition)
		bd_print(stdout, "partition %d: ", finding->partition);
	bd_print(stdout, "%s", finding->found);
	if (!finding->corrected && finding->advice)
		bd_print(stdout, "; %s%s", finding->advice,
			 can_repair && finding->repair != FINDING_NO_REPAIR ? " (--repair does)" : "");
	bd_print(stdout, "\n");
}

static void print(const struct check_result *result, bool repaired)
{
	const struct findings *findings = &result->findings;
	bool all = bd_log_level() >= BD_LOG_INFO;

	for (size_t i = 0; all && i < result->disk_count; i++)
		for (size_t j = 0; j < result->lines[i].count; j++)
			bd_print(stdout, "%s: %s\n", result->images[i], result->lines[i].items[j]);
	for (size_t i = 0; i < findings->count; i++)
		print_finding(result, &findings->items[i], !repaired && !result->is_running);
	if (all && !findings->count)
		bd_print(stdout, "nothing is wrong\n");
}

static const char *verdict(const struct check_result *result)
{
	return check_count(result, FINDING_PROBLEM)   ? "problems"
	       : check_corrected(result)	      ? "corrected"
	       : check_count(result, FINDING_WARNING) ? "warnings"
						      : "clean";
}

static int print_json(const struct check_result *result, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();

	bd_json_string(json, "guest", result->guest);
	bd_json_bool(json, "running", result->is_running);
	bd_json_string(json, "state", verdict(result));
	bd_json_open_array(json, "disks");
	for (size_t i = 0; i < result->disk_count; i++) {
		bd_json_open_object(json, NULL);
		bd_json_string(json, "image", result->images[i]);
		bd_json_open_array(json, "checked");
		for (size_t j = 0; j < result->lines[i].count; j++)
			bd_json_string(json, NULL, result->lines[i].items[j]);
		bd_json_close_array(json);
		bd_json_close_object(json);
	}
	bd_json_close_array(json);
	bd_json_open_array(json, "findings");
	for (size_t i = 0; i < result->findings.count; i++) {
		const struct finding *finding = &result->findings.items[i];
		bd_json_open_object(json, NULL);
		bd_json_string(json, "id", finding->id);
		bd_json_string(json, "state", state_of(finding));
		bd_json_string(json, "image", result->images[finding->disk]);
		bd_json_uint(json, "partition", (uint64_t)finding->partition);
		bd_json_string(json, "found", finding->found);
		bd_json_string(json, "advice", finding->advice);
		bd_json_bool(json, "repairable", finding->repair != FINDING_NO_REPAIR);
		bd_json_close_object(json);
	}
	bd_json_close_array(json);
	return bd_json_finish(json, err);
}

static int end_with(struct bd_error *err, int code)
{
	*err = (struct bd_error)BD_ERROR_INIT;
	err->code = code;
	return -1;
}

static int run_check(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct check_options *options = options_pointer;
	BD_DISPOSE(check_result_dispose) struct check_result result = { 0 };
	const struct check_request request = { .place = arguments[0],
					       .dir = options->dir,
					       .repair = options->repair };

	if (image_check(&request, &result, err) != 0)
		return -1;
	bd_progress_end(0);
	if (result.is_running)
		bd_warn("%s is running: its disk may change during the check, so findings may be wrong, and e2fsck was not run",
			result.guest);
	if (!options->json)
		print(&result, options->repair);
	else if (print_json(&result, err) != 0)
		return -1;
	if (check_count(&result, FINDING_PROBLEM))
		return end_with(err, CODE_LEFT);
	return check_corrected(&result) ? end_with(err, CODE_CORRECTED) : 0;
}

const struct bd_command bd_command_check = {
	.name = "check",
	.arguments = "GUEST|IMAGE",
	.summary = "check a guest's disks or an image as a whole, and repair what is safe",
	.description =
		"Checks a disk as a whole, and whether its parts agree with each other:\n\n"
		"Partition table: whether each partition lies within the image, partitions overlap, or a filesystem lies in a gap; of "
		"a GPT both copies and the protective MBR; of an MBR the chain of logical partitions.\n\n"
		"Filesystems: whether the superblock of each ext2, ext3 or ext4 filesystem fits its partition and agrees with its "
		"backup, so that it can tell which of them is lying; then e2fsck -fn.\n\n"
		"Booting: whether GRUB's boot sector finds its core.img, or the stages of GRUB Legacy; whether the kernels, the "
		"initramfs files and the root= of the boot entries that pygrub would read exist; of a guest that boots by bigdisk, "
		"whether xen-bigdisk-boot finds a kernel on its disk.\n\n"
		"Of a GUEST all disks that it writes to are checked, and whether its config fits them: the disks and their format, kernel, "
		"initramfs, and root= of a direct kernel boot. GUEST@2 or IMAGE@2 checks, of the filesystems, only that in partition 2 of "
		"the first disk. Other boot loaders, other filesystems and LVM are not checked; images in other formats than raw are "
		"only recognised.\n\n"
		"Prints what was checked, then one line for each finding: problem, warning or corrected; a name for scripts; what is "
		"wrong; what to do. --quiet prints only the findings. Shut the guest down before you run a command that a finding gives.\n\n"
		"--repair repairs what leaves no choice, then checks everything again: a damaged copy of a GPT from the other copy, the "
		"backup of a GPT that is not at the end of the disk, a missing protective MBR, a partition's entry in an MBR where its "
		"filesystem and its neighbours allow only one, the signature of an MBR, a superblock from its backup where only the backup "
		"fits, filesystems by e2fsck -fp and then -fy, GRUB 2's boot sector on disks that xen-bigdisk made, and a change that was "
		"interrupted. Partition tables and boot sectors are written all or nothing. e2fsck -fy may remove damaged files or put "
		"them into /lost+found: back up an image that matters. An image whose guest is running, or that another program has open, is "
		"not repaired. The filesystems of a running guest are not checked by e2fsck, and other findings may be wrong.\n\n"
		"Images are read in a sandboxed process without privileges.\n\n"
		"The exit status is that of fsck(8), unlike that of the other commands. --json prints an object: guest, running, state "
		"(clean, warnings, corrected, problems), disks (image, checked) and findings, each with id, state, image, partition (0: "
		"none), found, advice and repairable.",
	.examples = "xen-bigdisk check web01\tcheck all disks of web01, and its config\n"
		    "xen-bigdisk check disk.img --repair\trepair an image\n"
		    "xen-bigdisk check --quiet /dev/vg/web02\tprint only what is wrong\n",
	.options = option_table,
	.options_size = sizeof(struct check_options),
	.own_statuses = statuses,
	.exit_status = exit_status,
	.run = run_check,
};
