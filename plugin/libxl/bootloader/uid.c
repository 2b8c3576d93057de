/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses a restricted boot loader's uid.
 *
 * libxl takes the first uid of the range plus the domid, so that no two guests have the same. Here there is no domid yet, and
 * to ask Xen for a certain one would change the order in which it gives them out. A boot loader's uid counts only while
 * it runs, so that any number does which nobody has in that time: they are taken from the end of the range, which Xen, counting
 * up from 1, comes to last, and a lock keeps two boot loaders apart. */
#include "libxl/bootloader/uid.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/byte_lock.h"
#include "libxl/config/bootloader.h"

#define LOCK_FOLDER "/run/xen-bigdisk"
#define LOCK_FILE LOCK_FOLDER "/bootloaders"
/* More boot loaders than this do not run at a time. */
#define NUMBERS 1024

static int open_lock(struct bd_error *err)
{
	if (mkdir(LOCK_FOLDER, 0700) != 0 && errno != EEXIST)
		return bd_fail_errno(err, "cannot create the directory " LOCK_FOLDER);
	int fd = open(LOCK_FILE, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd >= 0 ? fd : bd_fail_errno(err, "cannot open " LOCK_FILE);
}

static bool has_number(const libxl_dominfo *domains, int count, uint32_t number)
{
	for (int i = 0; i < count; i++)
		if (domains[i].domid == number)
			return true;
	return false;
}

/* 1: taken; 0: it is somebody's; -1. libxl refuses a uid that is an account's. */
static int take_number(uid_t base, uint32_t number, struct bd_bootloader_uid *uid, struct bd_error *err)
{
	if (__builtin_add_overflow(base, number, &uid->uid) || getpwuid(uid->uid))
		return 0;
	int r = bd_byte_lock(uid->lock_fd, (off_t)number);
	if (r < 0)
		return bd_fail_errno(err, "cannot lock " LOCK_FILE);
	uid->number = number;
	return r == 0;
}

static int take_of_range(const struct bd_xen *xen, uid_t base, struct bd_bootloader_uid *uid_out,
			 struct bd_error *err)
{
	BD_DISPOSE(bd_bootloader_uid_release) struct bd_bootloader_uid uid = BD_BOOTLOADER_UID_INIT;
	int count = 0, r = 0;

	uid.lock_fd = open_lock(err);
	if (uid.lock_fd < 0)
		return -1;
	libxl_dominfo *domains = libxl_list_domain(xen->ctx, &count);
	if (!domains)
		return bd_xen_fail(xen, ERROR_FAIL, err, "cannot list the domains");
	for (uint32_t i = 0; i < NUMBERS && r == 0; i++)
		if (!has_number(domains, count, BD_BOOTLOADER_DOMID_LAST - i))
			r = take_number(base, BD_BOOTLOADER_DOMID_LAST - i, &uid, err);
	libxl_dominfo_list_free(domains, count);
	if (r < 0)
		return -1;
	if (r == 0)
		return bd_fail(err, EBUSY, "none of the last %d uids from %s on is free for the boot loader", NUMBERS,
			       BD_BOOTLOADER_RANGE_BASE);
	*uid_out = uid;
	uid.lock_fd = -1;
	return 0;
}

static int take_account(const struct passwd *account, struct bd_bootloader_uid *uid_out, struct bd_error *err)
{
	if (account->pw_uid == 0)
		return bd_fail(err, EINVAL, "the user %s of the boot loader is root, which is not restricted",
			       account->pw_name);
	*uid_out = (struct bd_bootloader_uid){ account->pw_uid, BD_XEN_NO_DOMID, -1 };
	return 0;
}

int bd_bootloader_uid_choose(const struct bd_xen *xen, const char *user, struct bd_bootloader_uid *uid_out,
			     bool *shared_out, struct bd_error *err)
{
	const struct passwd *account;

	*shared_out = false;
	if (user) {
		account = getpwnam(user);
		return account ? take_account(account, uid_out, err)
			       : bd_fail(err, EINVAL, "there is no user %s to run the boot loader as", user);
	}
	account = getpwnam(BD_BOOTLOADER_RANGE_BASE);
	if (account)
		return take_of_range(xen, account->pw_uid, uid_out, err);
	account = getpwnam(BD_BOOTLOADER_SHARED);
	*shared_out = account != NULL;
	return account ? take_account(account, uid_out, err)
		       : bd_fail(err, EINVAL,
				 "there is no user %s or %s, so the boot loader cannot be run restricted",
				 BD_BOOTLOADER_SHARED, BD_BOOTLOADER_RANGE_BASE);
}

void bd_bootloader_uid_release(struct bd_bootloader_uid *uid)
{
	if (uid->lock_fd >= 0)
		close(uid->lock_fd);
	*uid = (struct bd_bootloader_uid)BD_BOOTLOADER_UID_INIT;
}
