/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hooks, a row each: which file, and what shows that something would call it. */
#include "guest/kernel_hooks.h"

#include <sys/types.h>

#define MADE "# Made by xen-bigdisk: the boot entries follow the kernels that are installed.\n"
/* A package must not fail for it; what is wrong is said in a line. */
#define OR_WARN " || echo \"xen-bigdisk: warning: the boot entries could not be written anew\" >&2\nexit 0\n"
#define CALL "[ ! -x " BD_BOOT_ENTRIES_PATH " ] || " BD_BOOT_ENTRIES_PATH

/* The arguments, a version and a path or two, are of no use: the folders say what is there. */
static const char hook[] = "#!/bin/sh\n" MADE CALL OR_WARN;
static const char silent_hook[] = "#!/bin/sh\n" MADE CALL " --silent" OR_WARN;

/* kernel-install(8) calls it with add|remove VERSION FOLDER [KERNEL [INITRD...]]. */
static const char install_plugin[] =
	"#!/bin/sh\n" MADE "case $1 in\n"
	"add) without= ;;\n"
	"remove) without=$2 ;; # its files are still there\n"
	"*) exit 0 ;;\n"
	"esac\n"
	"silent=--silent\n"
	"[ \"${KERNEL_INSTALL_VERBOSE:-0}\" = 0 ] || silent=\n" CALL " --without \"$without\" $silent" OR_WARN;

/* alpm-hooks(5). mkinitcpio's own hooks are called 60- and 90-. */
static const char pacman_hook[] = MADE "[Trigger]\n"
				       "Type = Path\n"
				       "Operation = Install\n"
				       "Operation = Upgrade\n"
				       "Operation = Remove\n"
				       "Target = usr/lib/modules/*/vmlinuz\n"
				       "Target = boot/*\n"
				       "\n"
				       "[Action]\n"
				       "Description = Writing the boot entries anew...\n"
				       "When = PostTransaction\n"
				       "Exec = " BD_BOOT_ENTRIES_PATH " --silent\n";

static const char grub_script[] =
	"#!/bin/sh\n"
	"# Made by xen-bigdisk: its boot entries come first in what grub-mkconfig writes. pygrub\n"
	"# cannot read all of GRUB's language.\n" CALL " --grub-mkconfig" OR_WARN;

#define GRUB_SCRIPT "/etc/grub.d/09_xen-bigdisk"

/* In their folders they come last: the initramfs is made by then, and a GRUB of the guest's own has written its menu. */
static const struct row {
	const char *path;
	const char *text;
	mode_t permissions;
	bool of_kernels; /* packages of kernels call it; otherwise only what writes the menu does */
	const char *signs[5]; /* one of them is there; the last is NULL */
} rows[] = {
	/* Debian, Ubuntu, and whoever else has run-parts of these */
	{ "/etc/kernel/postinst.d/zz-xen-bigdisk", hook, 0755, true, { "/etc/kernel/postinst.d", "/var/lib/dpkg" } },
	{ "/etc/kernel/postrm.d/zz-xen-bigdisk", hook, 0755, true, { "/etc/kernel/postinst.d", "/var/lib/dpkg" } },
	{ "/etc/initramfs/post-update.d/zz-xen-bigdisk",
	  hook,
	  0755,
	  true,
	  { "/etc/kernel/postinst.d", "/var/lib/dpkg" } },
	/* Fedora, RHEL and their relatives */
	{ "/etc/kernel/install.d/99-xen-bigdisk.install",
	  install_plugin,
	  0755,
	  true,
	  { "/usr/bin/kernel-install", "/bin/kernel-install" } },
	/* Arch */
	{ "/etc/pacman.d/hooks/zz-xen-bigdisk.hook", pacman_hook, 0644, true, { "/usr/bin/pacman" } },
	/* Alpine. Its package kernel-hooks calls it, and may be installed later. Without it a kernel keeps its name over an upgrade
	 * (vmlinuz-lts), and so does its initramfs. */
	{ "/etc/kernel-hooks.d/xen-bigdisk.hook", silent_hook, 0755, true, { "/etc/kernel-hooks.d", "/sbin/apk" } },
	/* Void */
	{ "/etc/kernel.d/post-install/zz-xen-bigdisk", silent_hook, 0755, true, { "/etc/kernel.d/post-install" } },
	{ "/etc/kernel.d/post-remove/zz-xen-bigdisk", silent_hook, 0755, true, { "/etc/kernel.d/post-install" } },
	/* SUSE: its kernels' scriptlets have grub2-mkconfig run through update-bootloader, after the initramfs was made. */
	{ GRUB_SCRIPT,
	  grub_script,
	  0755,
	  true,
	  { "/usr/lib/bootloader/bootloader_entry", "/sbin/update-bootloader" } },
	/* Those whose grub-mkconfig writes /boot/grub/grub.cfg, by itself or by the administrator; it may be installed later. */
	{ GRUB_SCRIPT, grub_script, 0755, false, { "/etc/grub.d", "/var/lib/dpkg", "/usr/bin/pacman", "/sbin/apk" } },
};

int bd_kernel_hooks_add(const char *boot_entries, const struct bd_overlay *overlay, bool *added_out,
			struct bd_error *err)
{
	bool any = false, called[sizeof(rows) / sizeof(*rows)];

	/* All are asked for before the first is there: a hook's folder is a sign itself. */
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (bd_overlay_has_any(overlay, rows[i].signs, &called[i], err) != 0)
			return -1;
	*added_out = false;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (!called[i])
			continue;
		if (bd_overlay_put_text(overlay, rows[i].path, rows[i].permissions, rows[i].text, err) != 0)
			return -1;
		any = true;
		*added_out |= rows[i].of_kernels;
	}
	return any ? bd_overlay_put_text(overlay, BD_BOOT_ENTRIES_PATH, 0755, boot_entries, err) : 0;
}
