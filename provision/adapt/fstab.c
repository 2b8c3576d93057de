/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Goes through a template's fstab line by line. */
#include "adapt/fstab.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"

#define PATH "/etc/fstab"
#define HEADER "# <file system> <mount point> <type> <options> <dump> <pass>\n"
#define SAID_SIZE 512
#define FIELD_COUNT 6

/* A part of the text: a field, a line, an option. */
struct span {
	const char *text;
	size_t size;
};

/* The fields of a line, the missing ones empty. */
struct line {
	struct span fields[FIELD_COUNT];
	size_t count;
};

enum { DEVICE, MOUNT_POINT, TYPE, OPTIONS, DUMP, PASS };

struct job {
	const struct bd_overlay *overlay;
	const struct bd_fstab_entry *entries;
	size_t count;
	bool *written; /* for each of the entries */
	FILE *out;
	char absent[SAID_SIZE], lost_options[SAID_SIZE];
};

static void split(const char *text, size_t size, struct line *line_out)
{
	const char *end = text + size;

	*line_out = (struct line){ .count = 0 };
	for (size_t i = 0; i < FIELD_COUNT; i++)
		line_out->fields[i].text = "";
	while (line_out->count < FIELD_COUNT) {
		while (text < end && (*text == ' ' || *text == '\t'))
			text++;
		const char *begin = text;
		while (text < end && *text != ' ' && *text != '\t')
			text++;
		if (text == begin)
			return;
		line_out->fields[line_out->count++] = (struct span){ begin, (size_t)(text - begin) };
	}
}

static bool is(const struct span *field, const char *text)
{
	return strlen(text) == field->size && memcmp(field->text, text, field->size) == 0;
}

static bool begins(const struct span *field, const char *text)
{
	size_t size = strlen(text);

	return field->size >= size && memcmp(field->text, text, size) == 0;
}

/* The words between commas, one by one; *at is NULL at first. */
static bool next_option(const struct span *options, const char **at, struct span *option_out)
{
	const char *end = options->text + options->size;

	if (!*at)
		*at = options->text;
	while (*at < end && **at == ',')
		++*at;
	if (*at >= end)
		return false;
	const char *begin = *at;
	while (*at < end && **at != ',')
		++*at;
	*option_out = (struct span){ begin, (size_t)(*at - begin) };
	return true;
}

static bool has_option(const struct line *line, const char *name)
{
	const char *at = NULL;
	struct span option;

	while (next_option(&line->fields[OPTIONS], &at, &option))
		if (is(&option, name))
			return true;
	return false;
}

/* mount(8), the options of all filesystems, and ext4(5). Some are left out: what cannot be given when the root filesystem
 * is remounted (data=, noload), and what needs a feature that it does not have (prjquota). */
static bool is_of_ext(const struct span *option)
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
		if (is(option, words[i]))
			return true;
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++)
		if (begins(option, beginnings[i]))
			return true;
	return false;
}

/* systemd's own words for btrfs and others begin with x-, too. */
static bool is_kept(const struct span *option)
{
	return is_of_ext(option) && !begins(option, "x-systemd.requires") && !begins(option, "x-systemd.after") &&
	       !begins(option, "x-systemd.before") && !begins(option, "x-systemd.device");
}

/* The template's options, as far as this filesystem has them; the entry's where none is left. */
static void write_root_options(struct job *job, const struct line *line, const struct bd_fstab_entry *entry)
{
	const char *at = NULL, *separator = "";
	struct span option;

	while (next_option(&line->fields[OPTIONS], &at, &option)) {
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
	else if (!begins(&line->fields[TYPE], "ext") && !is(&line->fields[TYPE], "auto"))
		fputs(",errors=remount-ro", job->out);
}

static void write_entry(struct job *job, size_t number, const struct line *line)
{
	const struct bd_fstab_entry *entry = &job->entries[number];

	fprintf(job->out, "%s %s %s ", entry->device, entry->mount_point, entry->type);
	if (number == 0 && line && line->fields[OPTIONS].size)
		write_root_options(job, line, entry);
	else
		fputs(entry->options, job->out);
	fprintf(job->out, " 0 %d\n", entry->pass);
	job->written[number] = true;
}

static bool is_swap(const struct line *line)
{
	return is(&line->fields[TYPE], "swap");
}

static bool is_same_place(const struct bd_fstab_entry *entry, const struct line *line)
{
	if (strcmp(entry->type, "swap") == 0)
		return is_swap(line);
	return !is_swap(line) && is(&line->fields[MOUNT_POINT], entry->mount_point);
}

/* The entry that takes the line's place, or job->count. */
static size_t entry_for(const struct job *job, const struct line *line)
{
	size_t i = 0;

	while (i < job->count && !is_same_place(&job->entries[i], line))
		i++;
	return i;
}

/* Filesystems that are on no disk, whatever stands in their first field. */
static bool is_virtual(const struct span *type)
{
	static const char *const types[] = { "proc",	 "sysfs",     "devpts",	    "tmpfs",   "devtmpfs",
					     "mqueue",	 "hugetlbfs", "cgroup",	    "cgroup2", "debugfs",
					     "tracefs",	 "configfs",  "securityfs", "ramfs",   "binfmt_misc",
					     "efivarfs", "pstore",    "bpf",	    "xenfs",   "overlay",
					     "fusectl" };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (is(type, types[i]))
			return true;
	return false;
}

static bool names_a_disk(const struct span *device)
{
	static const char *const beginnings[] = { "UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=", "ID=", "/dev/" };

	/* These make themselves. */
	if (begins(device, "/dev/zram") || begins(device, "/dev/loop") || begins(device, "/dev/ram"))
		return false;
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++)
		if (begins(device, beginnings[i]))
			return true;
	return false;
}

static int is_missing_swap_file(const struct job *job, const struct span *device, bool *missing_out,
				struct bd_error *err)
{
	BD_FREE char *path = strndup(device->text, device->size);
	mode_t mode;

	if (!path)
		return bd_no_memory(err);
	if (bd_overlay_mode(job->overlay, path, &mode, err) != 0)
		return -1;
	*missing_out = mode == 0;
	return 0;
}

/* Whether the guest has no such disk, and would wait for it when it boots. */
static int is_absent(const struct job *job, const struct line *line, bool *absent_out, struct bd_error *err)
{
	const struct span *device = &line->fields[DEVICE];

	*absent_out = false;
	if (has_option(line, "noauto") || has_option(line, "_netdev") || is_virtual(&line->fields[TYPE]))
		return 0;
	if (is_swap(line) && begins(device, "/") && !begins(device, "/dev/"))
		return is_missing_swap_file(job, device, absent_out, err);
	*absent_out = names_a_disk(device) || is(&line->fields[TYPE], "zfs");
	return 0;
}

/* A second line of / or of a further disk's place cannot be meant, nor can swap on another disk. */
static int is_dropped(const struct job *job, const struct line *line, size_t number, bool *dropped_out,
		      struct bd_error *err)
{
	if (number < job->count && !is_swap(line)) {
		*dropped_out = true;
		return 0;
	}
	return is_absent(job, line, dropped_out, err);
}

static void drop(struct job *job, const char *text, size_t size, const struct line *line)
{
	const struct span *place = &line->fields[is_swap(line) ? TYPE : MOUNT_POINT], *device = &line->fields[DEVICE];

	fprintf(job->out, "# Not on this guest's disks: %.*s\n", (int)size, text);
	bd_text_append(job->absent, SAID_SIZE, ", ", "%.*s (%.*s)", (int)place->size, place->text, (int)device->size,
		       device->text);
}

/* A file for swap is no partition for it. */
static bool takes_place(const struct line *line)
{
	return !is_swap(line) || names_a_disk(&line->fields[DEVICE]);
}

/* Without its newline. */
static bool next_line(const char **at, struct span *line_out)
{
	if (!**at)
		return false;
	*line_out = (struct span){ *at, strcspn(*at, "\n") };
	*at += line_out->size;
	*at += **at == '\n';
	return true;
}

static bool is_entry(const struct line *line)
{
	return line->count != 0 && *line->fields[DEVICE].text != '#';
}

static bool mounts_root(const char *text)
{
	struct span whole;
	struct line line;

	while (next_line(&text, &whole)) {
		split(whole.text, whole.size, &line);
		if (is_entry(&line) && is(&line.fields[MOUNT_POINT], "/"))
			return true;
	}
	return false;
}

static int take_entry(struct job *job, const struct span *whole, const struct line *line, struct bd_error *err)
{
	size_t number = entry_for(job, line);
	bool dropped;

	if (number < job->count && !job->written[number] && takes_place(line)) {
		write_entry(job, number, line);
		return 0;
	}
	if (is_dropped(job, line, number, &dropped, err) != 0)
		return -1;
	if (dropped)
		drop(job, whole->text, whole->size, line);
	else
		fprintf(job->out, "%.*s\n", (int)whole->size, whole->text);
	return 0;
}

/* The root filesystem comes before all that is mounted in it, swap and further disks come last. */
static int write_lines(struct job *job, const char *text, struct bd_error *err)
{
	const bool has_root = mounts_root(text);
	struct span whole;
	struct line line;

	while (next_line(&text, &whole)) {
		split(whole.text, whole.size, &line);
		if (!is_entry(&line)) {
			fprintf(job->out, "%.*s\n", (int)whole.size, whole.text);
			continue;
		}
		if (!has_root && !job->written[0])
			write_entry(job, 0, NULL);
		if (take_entry(job, &whole, &line, err) != 0)
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
