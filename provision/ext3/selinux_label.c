/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads and writes one extended attribute through libext2fs. */
#include "ext3/selinux_label.h"

#include "ext3/error.h"

void bd_selinux_label_dispose(struct bd_selinux_label *label)
{
	if (label->value)
		ext2fs_free_mem(&label->value);
	*label = (struct bd_selinux_label){ 0 };
}

int bd_selinux_label_read(ext2_filsys fs, ext2_ino_t number, struct bd_selinux_label *label_out, struct bd_error *err)
{
	struct ext2_xattr_handle *handle;
	errcode_t ec = ext2fs_xattrs_open(fs, number, &handle);

	*label_out = (struct bd_selinux_label){ 0 };
	if (!ec) {
		ec = ext2fs_xattrs_read(handle);
		if (!ec)
			ec = ext2fs_xattr_get(handle, BD_SELINUX_LABEL, &label_out->value, &label_out->size);
		ext2fs_xattrs_close(&handle);
	}
	return ec && ec != EXT2_ET_EA_KEY_NOT_FOUND ? bd_fail_ext2(err, ec, "cannot read its SELinux label") : 0;
}

int bd_selinux_label_write(ext2_filsys fs, ext2_ino_t number, const struct bd_selinux_label *label,
			   struct bd_error *err)
{
	struct ext2_xattr_handle *handle;

	if (!label->value)
		return 0;
	errcode_t ec = ext2fs_xattrs_open(fs, number, &handle);
	if (!ec) {
		ec = ext2fs_xattrs_read(handle);
		if (!ec)
			ec = ext2fs_xattr_set(handle, BD_SELINUX_LABEL, label->value, label->size);
		ext2fs_xattrs_close(&handle);
	}
	return ec ? bd_fail_ext2(err, ec, "cannot write its SELinux label") : 0;
}
