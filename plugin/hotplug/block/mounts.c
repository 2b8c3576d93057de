/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the mounts of dom0. */
#include "hotplug/block/mounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"

/* Of a line "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue". */
struct mount {
	unsigned major_number, minor_number;
	const char *options, *source, *filesystem_options;
};

/* The word at *rest, which is ended there; *rest is behind it. NULL: there is none. */
static char *next_word(char **rest)
{
	char *word = strsep(rest, " ");

	return word && *word ? word : NULL;
}

static bool parse_line(char *line, struct mount *mount_out)
{
	char *rest = line, *word, *words[6];

	for (size_t i = 0; i < 6; i++)
		if (!(words[i] = next_word(&rest)))
			return false;
	if (sscanf(words[2], "%9u:%9u", &mount_out->major_number, &mount_out->minor_number) != 2)
		return false;
	mount_out->options = words[5];
	do
		if (!(word = next_word(&rest)))
			return false;
	while (strcmp(word, "-") != 0);
	if (!next_word(&rest)) /* the filesystem's type */
		return false;
	/* A source may be empty, as of some tmpfs; then there are two blanks. */
	mount_out->source = strsep(&rest, " ");
	mount_out->filesystem_options = rest ? rest : "";
	return mount_out->source != NULL;
}

/* The kernel writes blanks, tabs, newlines and backslashes as \040, \011, \012 and \134. */
static void unescape(const char *text, char *text_out, size_t size)
{
	size_t used = 0;

	while (*text && used < size - 1) {
		if (text[0] == '\\' && strspn(text + 1, "01234567") >= 3) {
			text_out[used++] = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
			text += 4;
		} else {
			text_out[used++] = *text++;
		}
	}
	text_out[used] = '\0';
}

static bool is_read_only(const char *options)
{
	return strcmp(options, "ro") == 0 || strncmp(options, "ro,", 3) == 0;
}

static bool is_of(const struct mount *mount, const struct bd_block_devices *devices, dev_t *found_out)
{
	char source[4096];
	struct stat there;

	*found_out = makedev(mount->major_number, mount->minor_number);
	if (bd_block_devices_have(devices, *found_out))
		return true;
	unescape(mount->source, source, sizeof(source));
	if (source[0] != '/' || stat(source, &there) != 0 || !S_ISBLK(there.st_mode))
		return false;
	*found_out = there.st_rdev;
	return bd_block_devices_have(devices, *found_out);
}

int bd_block_find_mount(const char *mountinfo, const struct bd_block_devices *devices, bool writable_only,
			dev_t *found_out, struct bd_error *err)
{
	BD_FCLOSE FILE *file = fopen(mountinfo, "re");
	BD_FREE char *line = NULL;
	size_t size = 0;
	struct mount mount;
	dev_t found;

	if (!file)
		return bd_fail_errno(err, "cannot open %s", mountinfo);
	for (ssize_t length; (length = getline(&line, &size, file)) > 0;) {
		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		if (!parse_line(line, &mount))
			continue;
		/* As /proc/mounts has it: by the mount, or by the filesystem as a whole. */
		if (writable_only && (is_read_only(mount.options) || is_read_only(mount.filesystem_options)))
			continue;
		if (is_of(&mount, devices, &found)) {
			*found_out = found;
			return 1;
		}
	}
	return ferror(file) ? bd_fail_errno(err, "cannot read %s", mountinfo) : 0;
}
