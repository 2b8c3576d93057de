/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Goes through a template's fstab line by line. */
#include "adapt/fstab.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "rootfs/fstab_line.h"

#define PATH "/etc/fstab"
#define HEADER "# <file system> <mount point> <type> <options> <dump> <pass>\n"
#define SAID_SIZE 512

struct job {
	const struct bd_overlay *overlay;
	const struct bd_fstab_entry *entries;
	size_t count;
	bool *written; /* for each of the entries */
	FILE *out;
	char absent[SAID_SIZE], lost_options[SAID_SIZE];
};

/* mount(8), the options of all filesystems, and ext4(5). Some are left out: what cannot be given when the root filesystem
 * is remounted (data=, noload), and what needs a feature that it does not have (prjquota). */
static bool is_of_ext(const struct bd_fstab_span *option)
{
	static const char *const words[] = {
		"defaults",
		"ro",
		"rw",
		"suid",
		"nosuid",
		"dev",
		"nodev",
		"exec",
		"noexec",
		"sync",
		"async",
		"dirsync",
		"atime",
		"noatime",
		"diratime",
		"nodiratime",
		"relatime",
		"norelatime",
		"strictatime",
		"nostrictatime",
		"lazytime",
		"nolazytime",
		"mand",
		"nomand",
		"auto",
		"noauto",
		"nofail",
		"user",
		"nouser",
		"iversion",
		"noiversion",
		"silent",
		"loud",
		"acl",
		"noacl",
		"user_xattr",
		"nouser_xattr",
		"discard",
		"nodiscard",
		"barrier",
		"nobarrier",
		"usrquota",
		"grpquota",
		"quota",
		"noquota",
		"grpid",
		"nogrpid",
		"bsdgroups",
		"sysvgroups",
		"block_validity",
		"noblock_validity",
		"_netdev",
	};
	static const char *const beginnings[] = {
		"errors=",    "commit=",    "barrier=", "context=", "fscontext=", "defcontext=", "rootcontext=",
		"usrjquota=", "grpjquota=", "jqfmt=",	"resuid=",  "resgid=",	  "x-",		 "comment="
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (bd_fstab_is(option, words[i]))
			return true;
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++)
		if (bd_fstab_begins(option, beginnings[i]))
			return true;
	return false;
}

/* systemd's own words for btrfs and others begin with x-, too. */
static bool is_kept(const struct bd_fstab_span *option)
{
	return is_of_ext(option) && !bd_fstab_begins(option, "x-systemd.requires") &&
	       !bd_fstab_begins(option, "x-systemd.after") && !bd_fstab_begins(option, "x-systemd.before") &&
	       !bd_fstab_begins(option, "x-systemd.device");
}

/* The template's options, as far as this filesystem has them; the entry's where none is left. */
static void write_root_options(struct job *job, const struct bd_fstab_line *line, const struct bd_fstab_entry *entry)
{
	const char *at = NULL, *separator = "";
	struct bd_fstab_span option;

	while (bd_fstab_next_option(&line->fields[BD_FSTAB_OPTIONS], &at, &option)) {
		if (!is_kept(&option)) {
			bd_text_append(job->lost_options, SAID_SIZE, ",", "%.*s", (int)option.size, option.text);
			continue;
		}
		fprintf(job->out, "%s%.*s", separator, (int)option.size, option.text);
		separator = ",";
	}
	/* Those of another filesystem say nothing about errors in this one. */
	if (!*separator)
		fputs(entry->options, job->out);
	else if (!bd_fstab_begins(&line->fields[BD_FSTAB_TYPE], "ext") &&
		 !bd_fstab_is(&line->fields[BD_FSTAB_TYPE], "auto"))
		fputs(",errors=remount-ro", job->out);
}

static void write_entry(struct job *job, size_t number, const struct bd_fstab_line *line)
{
	const struct bd_fstab_entry *entry = &job->entries[number];

	fprintf(job->out, "%s %s %s ", entry->device, entry->mount_point, entry->type);
	if (number == 0 && line && line->fields[BD_FSTAB_OPTIONS].size)
		write_root_options(job, line, entry);
	else
		fputs(entry->options, job->out);
	fprintf(job->out, " 0 %d\n", entry->pass);
	job->written[number] = true;
}

static bool is_swap(const struct bd_fstab_line *line)
{
	return bd_fstab_is(&line->fields[BD_FSTAB_TYPE], "swap");
}

static bool is_same_place(const struct bd_fstab_entry *entry, const struct bd_fstab_line *line)
{
	if (strcmp(entry->type, "swap") == 0)
		return is_swap(line);
	return !is_swap(line) && bd_fstab_is(&line->fields[BD_FSTAB_MOUNT_POINT], entry->mount_point);
}

/* The entry that takes the line's place, or job->count. */
static size_t entry_for(const struct job *job, const struct bd_fstab_line *line)
{
	size_t i = 0;

	while (i < job->count && !is_same_place(&job->entries[i], line))
		i++;
	return i;
}

static int is_missing_swap_file(const struct job *job, const struct bd_fstab_span *device, bool *missing_out,
				struct bd_error *err)
{
	BD_FREE char *path = strndup(device->text, device->size);
	bool there;

	if (!path)
		return bd_no_memory(err);
	if (bd_overlay_exists(job->overlay, path, &there, err) != 0)
		return -1;
	*missing_out = !there;
	return 0;
}

/* Whether the guest has no such disk, and would wait for it when it boots. */
static int is_absent(const struct job *job, const struct bd_fstab_line *line, bool *absent_out, struct bd_error *err)
{
	const struct bd_fstab_span *device = &line->fields[BD_FSTAB_DEVICE];

	*absent_out = false;
	if (bd_fstab_has_option(line, "noauto") || bd_fstab_has_option(line, "_netdev") ||
	    bd_fstab_is_virtual(&line->fields[BD_FSTAB_TYPE]))
		return 0;
	if (is_swap(line) && bd_fstab_begins(device, "/") && !bd_fstab_begins(device, "/dev/"))
		return is_missing_swap_file(job, device, absent_out, err);
	*absent_out = bd_fstab_names_disk(device) || bd_fstab_is(&line->fields[BD_FSTAB_TYPE], "zfs");
	return 0;
}

/* A second line of / or of a further disk's place cannot be meant, nor can swap on another disk. */
static int is_dropped(const struct job *job, const struct bd_fstab_line *line, size_t number, bool *dropped_out,
		      struct bd_error *err)
{
	if (number < job->count && !is_swap(line)) {
		*dropped_out = true;
		return 0;
	}
	return is_absent(job, line, dropped_out, err);
}

static void drop(struct job *job, const struct bd_fstab_line *line)
{
	const struct bd_fstab_span *place = &line->fields[is_swap(line) ? BD_FSTAB_TYPE : BD_FSTAB_MOUNT_POINT],
				   *device = &line->fields[BD_FSTAB_DEVICE];

	fprintf(job->out, "# Not on this guest's disks: %.*s\n", (int)line->whole.size, line->whole.text);
	bd_text_append(job->absent, SAID_SIZE, ", ", "%.*s (%.*s)", (int)place->size, place->text, (int)device->size,
		       device->text);
}

/* A file for swap is no partition for it. */
static bool takes_place(const struct bd_fstab_line *line)
{
	return !is_swap(line) || bd_fstab_names_disk(&line->fields[BD_FSTAB_DEVICE]);
}

static bool mounts_root(const char *text)
{
	struct bd_fstab_line line;

	while (bd_fstab_next_line(&text, &line)) {
		if (bd_fstab_is_entry(&line) && bd_fstab_is(&line.fields[BD_FSTAB_MOUNT_POINT], "/"))
			return true;
	}
	return false;
}

static bool is_above(const struct bd_fstab_entry *entry, const struct bd_fstab_span *place)
{
	size_t length = strlen(entry->mount_point);

	return place->size > length && place->text[length] == '/' &&
	       strncmp(place->text, entry->mount_point, length) == 0;
}

/* mount -a takes the lines in their order: what is mounted comes before what is mounted in it. */
static void write_above(struct job *job, const struct bd_fstab_line *line)
{
	for (size_t i = 1; i < job->count; i++)
		if (!job->written[i] && is_above(&job->entries[i], &line->fields[BD_FSTAB_MOUNT_POINT]))
			write_entry(job, i, NULL);
}

static int take_entry(struct job *job, const struct bd_fstab_line *line, struct bd_error *err)
{
	size_t number = entry_for(job, line);
	bool dropped;

	write_above(job, line);
	if (number < job->count && !job->written[number] && takes_place(line)) {
		write_entry(job, number, line);
		return 0;
	}
	if (is_dropped(job, line, number, &dropped, err) != 0)
		return -1;
	if (dropped)
		drop(job, line);
	else
		fprintf(job->out, "%.*s\n", (int)line->whole.size, line->whole.text);
	return 0;
}

/* The root filesystem comes before all that is mounted in it, swap and further disks come last. */
static int write_lines(struct job *job, const char *text, struct bd_error *err)
{
	const bool has_root = mounts_root(text);
	struct bd_fstab_line line;

	while (bd_fstab_next_line(&text, &line)) {
		if (!bd_fstab_is_entry(&line)) {
			fprintf(job->out, "%.*s\n", (int)line.whole.size, line.whole.text);
			continue;
		}
		if (!has_root && !job->written[0])
			write_entry(job, 0, NULL);
		if (take_entry(job, &line, err) != 0)
			return -1;
	}
	for (size_t i = 0; i < job->count; i++)
		if (!job->written[i])
			write_entry(job, i, NULL);
	return 0;
}

static int format(struct job *job, const char *text, char **text_out, struct bd_error *err)
{
	size_t size;

	job->out = open_memstream(text_out, &size);
	if (!job->out)
		return bd_no_memory(err);
	int r = write_lines(job, text, err);
	return fclose(job->out) != 0 && r == 0 ? bd_no_memory(err) : r;
}

static void say(const struct job *job, const char *who)
{
	if (job->absent[0])
		bd_warn("%s has no disk for what the template's " PATH " mounts, whose lines are comments now: %s",
			who, job->absent);
	if (job->lost_options[0])
		bd_warn("the template mounts / with options that %s of %s does not have, and that are left out: %s",
			job->entries[0].type, who, job->lost_options);
}

int bd_fstab_add(const struct bd_overlay *overlay, const struct bd_fstab_entry *entries, size_t count,
		 const char *who, struct bd_error *err)
{
	BD_FREE char *there = NULL, *text = NULL;
	BD_FREE bool *written = calloc(count, sizeof(*written));
	struct job job = { .overlay = overlay, .entries = entries, .count = count, .written = written };

	if (!written)
		return bd_no_memory(err);
	if (bd_overlay_read(overlay, PATH, &there, err) != 0 ||
	    format(&job, there && *there ? there : HEADER, &text, err) != 0)
		return -1;
	say(&job, who);
	return bd_overlay_rewrite(overlay, PATH, 0644, text, err);
}
