/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the boot loader as a program that tells what it would do. */
#include "ops/host/boot_preview.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/process/run.h"
#include "base/text.h"
#include "guest/description.h"
#include "ops/host/bootloader.h"

#define ANSWER_BYTES_MAX (16u << 20) /* a menu has some hundred entries, of some KiB each */
#define LOG_LINES 20
#define OPTIONS_MAX 4
#define ERROR_MARK BD_BOOTLOADER_BIGDISK ": error: "
#define WARNING_MARK BD_BOOTLOADER_BIGDISK ": warning: "

void boot_preview_dispose(struct boot_preview *preview)
{
	bd_json_tree_dispose(&preview->tree);
	free(preview->notes);
	*preview = (struct boot_preview){ .entry_count = 0 };
}

/* --- the program -------------------------------------------------------------------------------------------------- */

/* Ours come last, so that they count: what a config has there must not make it write anywhere. */
static int start(const struct boot_preview_request *request, const char *const *options, struct bd_child *child_out,
		 struct bd_error *err)
{
	BD_FREE const char **argv = calloc(request->argument_count + OPTIONS_MAX + 4, sizeof(*argv));
	char program[PATH_MAX];
	size_t count = 0;

	if (!argv)
		return bd_no_memory(err);
	if (bd_host_find_bootloader(BD_BOOTLOADER_BIGDISK, program, sizeof(program), NULL, err) != 0)
		return -1;
	argv[count++] = program;
	for (size_t i = 0; i < request->argument_count; i++)
		argv[count++] = request->arguments[i];
	while (*options)
		argv[count++] = *options++;
	argv[count++] = "--";
	argv[count++] = request->disk;
	return bd_child_start(argv, child_out, err);
}

static int take_output(struct bd_child *child, char **text_out, size_t *size_out, struct bd_error *err)
{
	char chunk[16384];
	BD_FREE char *text = NULL;
	size_t size = 0;
	ssize_t got;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return bd_no_memory(err);
	while ((got = TEMP_FAILURE_RETRY(read(child->output_fd, chunk, sizeof(chunk)))) > 0 &&
	       size + (size_t)got <= ANSWER_BYTES_MAX) {
		fwrite(chunk, 1, (size_t)got, out);
		fflush(out);
	}
	if (fclose(out) != 0)
		return bd_no_memory(err);
	if (got != 0)
		return bd_fail(err, EFBIG, "the list of boot entries is longer than %u MiB", ANSWER_BYTES_MAX >> 20);
	*text_out = bd_take_ptr(text);
	*size_out = size;
	return 0;
}

/* The last line that begins so, without that; NULL: there is none. The caller frees. */
static char *line_of_log(const struct bd_child *child, const char *mark)
{
	BD_FREE char *log = bd_child_log_tail(child, LOG_LINES);
	char *rest = NULL, *found = NULL;

	for (char *line = log ? strtok_r(log, "\n", &rest) : NULL; line; line = strtok_r(NULL, "\n", &rest))
		if (bd_text_begins_with(line, mark))
			found = line + strlen(mark);
	return found ? strdup(found) : NULL;
}

/* Whatever its end was, what it says of it is what counts. */
static int finish(struct bd_child *child, struct bd_error *err)
{
	struct bd_error ended = BD_ERROR_INIT;

	if (bd_child_finish(child, &ended) == 0)
		return 0;
	BD_FREE char *why = line_of_log(child, ERROR_MARK);
	if (ended.kind == BD_KIND_CANCELED || !why)
		return bd_fail_as(err, &ended, "%s", ended.message);
	return bd_fail(err, ENOEXEC, "%s", why);
}

/* Runs it to its end. What it has written to standard error stays in the child's log. */
static int ask(const struct boot_preview_request *request, const char *const *options, struct bd_child *child,
	       char **text_out, size_t *size_out, struct bd_error *err)
{
	if (start(request, options, child, err) != 0 || take_output(child, text_out, size_out, err) != 0)
		return -1;
	return finish(child, err);
}

static int take_notes(const struct bd_child *child, char **notes_out, struct bd_error *err)
{
	BD_FREE char *log = bd_child_log_tail(child, LOG_LINES), *notes = NULL;
	char *rest = NULL;

	for (char *line = log ? strtok_r(log, "\n", &rest) : NULL; line; line = strtok_r(NULL, "\n", &rest)) {
		BD_FREE char *before = bd_take_ptr(notes);
		if (!bd_text_begins_with(line, WARNING_MARK))
			notes = bd_take_ptr(before);
		else if (bd_text_format(&notes, err, "%s%s%s", before ? before : "", before ? "\n" : "",
					line + strlen(WARNING_MARK)) != 0)
			return -1;
	}
	*notes_out = bd_take_ptr(notes);
	return 0;
}

/* --- what it says ------------------------------------------------------------------------------------------------- */

static int take_entries(struct boot_preview *preview, struct bd_error *err)
{
	const struct bd_json_node *root = preview->tree.root;
	const struct bd_json_node *entries = bd_json_member_of(root, "entries", BD_JSON_ARRAY);
	uint64_t index = 0;

	if (!entries || !entries->child_count ||
	    !bd_json_whole_number(bd_json_member(root, "default"), entries->child_count - 1, &index))
		return bd_fail(err, ENOEXEC, "its boot configuration has no entry");
	const struct bd_json_node *entry = &entries->children[index];
	preview->entry_count = entries->child_count;
	preview->index = index;
	preview->title = bd_json_text(bd_json_member(entry, "title"));
	preview->submenu = bd_json_text(bd_json_member(entry, "submenu"));
	preview->kernel = bd_json_text(bd_json_member(entry, "kernel"));
	preview->arguments = bd_json_text(bd_json_member(entry, "arguments"));
	preview->file = bd_json_text(bd_json_member(entry, "file"));
	preview->chosen_by = bd_json_text(bd_json_member(root, "chosen_by"));
	preview->obstacle = bd_json_text(bd_json_member(entry, "obstacle"));
	preview->initrds = bd_json_member_of(entry, "initrds", BD_JSON_ARRAY);
	return preview->initrds ? 0 : bd_fail(err, ENOEXEC, "its boot entry has no list of initrds");
}

static int read_menu(const struct boot_preview_request *request, struct boot_preview *preview, struct bd_error *err)
{
	static const char *const options[] = { "--list-entries", "--json", NULL };
	BD_DISPOSE(bd_child_dispose) struct bd_child child = BD_CHILD_INIT;
	BD_FREE char *text = NULL;
	size_t size;

	if (ask(request, options, &child, &text, &size, err) != 0 || take_notes(&child, &preview->notes, err) != 0 ||
	    bd_json_parse(text, size, "what " BD_BOOTLOADER_BIGDISK " says", &preview->tree, err) != 0)
		return -1;
	return take_entries(preview, err) == 0 ? 0 : bd_wrap(err, "%s", request->disk);
}

int boot_preview_read(const struct boot_preview_request *request, struct boot_preview *preview_out,
		      struct bd_error *err)
{
	struct boot_preview preview = { .entry_count = 0 };

	if (read_menu(request, &preview, err) != 0) {
		boot_preview_dispose(&preview);
		return -1;
	}
	*preview_out = preview;
	return 0;
}

int boot_preview_check(const struct boot_preview_request *request, struct bd_error *err)
{
	static const char *const options[] = { "--quiet", "--not-really", "--output=-", "--output-format=simple",
					       NULL };
	BD_DISPOSE(bd_child_dispose) struct bd_child child = BD_CHILD_INIT;
	BD_FREE char *text = NULL;
	size_t size;

	_Static_assert(sizeof(options) / sizeof(*options) <= OPTIONS_MAX + 1, "there is room for them");
	return ask(request, options, &child, &text, &size, err);
}

/* --- kernel and initrd -------------------------------------------------------------------------------------------- */

void boot_files_dispose(struct boot_files *files)
{
	bd_cleanup_close(&files->kernel_fd);
	bd_cleanup_close(&files->initrd_fd);
	files->kernel_fd = files->initrd_fd = -1;
	bd_scratch_dispose(&files->scratch);
}

static int open_file(const char *path, int *fd_out, struct bd_error *err)
{
	bd_cleanup_close(fd_out);
	*fd_out = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return *fd_out < 0 ? bd_fail_errno(err, "cannot read %s", path) : 0;
}

/* In the format "simple", a line each; "args" may have anything in it, and comes last. */
static int open_files(char *answer, struct boot_files *files, struct bd_error *err)
{
	char *rest = NULL;

	for (char *line = strtok_r(answer, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (bd_text_begins_with(line, "args"))
			break;
		if ((bd_text_begins_with(line, "kernel ") && open_file(line + 7, &files->kernel_fd, err) != 0) ||
		    (bd_text_begins_with(line, "ramdisk ") && open_file(line + 8, &files->initrd_fd, err) != 0))
			return -1;
	}
	return files->kernel_fd < 0 ? bd_fail(err, ENOEXEC, "the boot loader has named no kernel") : 0;
}

int boot_preview_copy(const struct boot_preview_request *request, struct boot_files *files, struct bd_error *err)
{
	BD_DISPOSE(bd_child_dispose) struct bd_child child = BD_CHILD_INIT;
	BD_FREE char *text = NULL, *directory = NULL;
	size_t size;

	if (bd_scratch_make(&files->scratch, err) != 0 ||
	    bd_text_format(&directory, err, "--output-directory=%s", files->scratch.path) != 0)
		return -1;
	const char *const options[] = { "--quiet", "--output=-", "--output-format=simple", directory, NULL };
	return ask(request, options, &child, &text, &size, err) != 0 ? -1 : open_files(text, files, err);
}
