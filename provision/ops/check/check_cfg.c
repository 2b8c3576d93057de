/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks for the files of a config, and for the magic numbers of disk formats. */
#include "ops/check/check_cfg.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "virtual_disk/magic.h"

static int check_file(const char *path, const char *what, const char *id, struct findings *findings,
		      struct bd_error *err)
{
	struct stat there;

	if (!path || (stat(path, &there) == 0 && S_ISREG(there.st_mode) && there.st_size))
		return 0;
	return finding_advise(findings_add(findings, id, FINDING_PROBLEM, 0, err,
					   "the config names the %s %s, which is missing or empty", what, path),
			      err, "restore that file, or correct the config");
}

int check_cfg_files(const struct bd_cfg *cfg, struct findings *findings, struct bd_error *err)
{
	return check_file(cfg->kernel, "kernel", "cfg-kernel-missing", findings, err) != 0 ||
			       check_file(cfg->ramdisk, "initramfs", "cfg-initramfs-missing", findings, err) != 0
		       ? -1
		       : 0;
}

/* Whether the disk's specification, which is in quotes around its target, has a format other than raw. */
static bool cfg_says_format(const char *text, const char *target)
{
	const char *at = strstr(text, target), *begin = at, *end = at;

	if (!at)
		return false;
	while (begin > text && !strchr("\"'\n", begin[-1]))
		begin--;
	end += strcspn(at, "\"'\n");
	size_t length = (size_t)(end - begin);
	return memmem(begin, length, "qcow", 4) || memmem(begin, length, "vhd", 3) || memmem(begin, length, "qed", 3);
}

int check_cfg_format(const struct image_place *place, const struct bd_cfg *cfg, const char *text, bool *is_raw_out,
		     struct findings *findings, struct bd_error *err)
{
	const char *format = bd_virtual_disk_name_of(place->fd);
	bool says = cfg && text && cfg_says_format(text, place->image);

	*is_raw_out = !format;
	if (!format)
		return says ? finding_advise(
				      findings_add(
					      findings, "cfg-format-wrong", FINDING_PROBLEM, 0, err,
					      "the config gives %s a format other than raw, but it is a raw image",
					      place->image),
				      err, "set format=raw for that disk in the config")
			    : 0;
	if (cfg && !says)
		return finding_advise(
			findings_add(findings, "cfg-format-wrong", FINDING_PROBLEM, 0, err,
				     "the image %s is in %s format, but the config says raw", place->image, format),
			err, "set format=%s for that disk in the config, or convert the image to raw", format);
	return finding_advise(findings_add(findings, "image-not-raw", FINDING_WARNING, 0, err,
					   "the image is in %s format, so nothing in it was checked", format),
			      err, "check it with qemu-img check, or convert it to raw and check that");
}
