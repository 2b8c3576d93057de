/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets up an unprivileged bootloader, through libxl's fields or its environment, with a separate uid per domain if
 * a range of uids is reserved for that. */
#include "libxl/config/bootloader.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/acl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <acl/libacl.h>

#include "base/cleanup.h"
#include "libxl/config/set_string.h"

/* libxl__bootloader_run looks for them. */
#define RESTRICT_VARIABLE "LIBXL_BOOTLOADER_RESTRICT"
#define USER_VARIABLE "LIBXL_BOOTLOADER_USER"

void bd_bootloader_user_dispose(struct bd_bootloader_user *user)
{
	free(user->user);
	*user = (struct bd_bootloader_user){ 0 };
}

bool bd_bootloader_runs(const libxl_domain_config *config)
{
	return config->c_info.type != LIBXL_DOMAIN_TYPE_HVM && config->b_info.bootloader;
}

#ifdef LIBXL_HAVE_BOOTLOADER_RESTRICT

bool bd_bootloader_can_restrict(void)
{
	return true;
}

static int tell_libxl(const struct bd_bootloader_user *user, const char *name, libxl_domain_config *config,
		      struct bd_error *err)
{
	(void)user;
	return bd_set_string(&config->b_info.bootloader_user, name, err);
}

/* As libxl__domain_build_info_setdefault has it: the environment first, and a user is a wish to be restricted. */
bool bd_bootloader_is_restricted(const libxl_domain_config *config, const char **user_out)
{
	const libxl_domain_build_info *build = &config->b_info;
	const char *user = getenv(USER_VARIABLE);

	*user_out = user ? user : build->bootloader_user;
	if (user || getenv(RESTRICT_VARIABLE))
		return true;
	return libxl_defbool_is_default(build->bootloader_restrict) ? build->bootloader_user != NULL
								    : libxl_defbool_val(build->bootloader_restrict);
}

#else

/* There is no LIBXL_HAVE_ for it: it came with a security update. A library that looks for the variable has its name in
 * its data. */
static bool looks_for_variable(const char *library)
{
	BD_CLOSE int fd = open(library, O_RDONLY | O_CLOEXEC);
	struct stat there;

	if (fd < 0 || fstat(fd, &there) != 0 || there.st_size <= 0)
		return false;
	void *data = mmap(NULL, (size_t)there.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return false;
	bool found = memmem(data, (size_t)there.st_size, RESTRICT_VARIABLE, sizeof(RESTRICT_VARIABLE)) != NULL;
	munmap(data, (size_t)there.st_size);
	return found;
}

bool bd_bootloader_can_restrict(void)
{
	Dl_info library;

	return dladdr((const void *)(uintptr_t)libxl_ctx_free, &library) != 0 &&
	       looks_for_variable(library.dli_fname);
}

static int tell_libxl(const struct bd_bootloader_user *user, const char *name, libxl_domain_config *config,
		      struct bd_error *err)
{
	(void)config;
	/* This is the monitor's own environment. What the config does not say is left as whoever started it had it. */
	if (!user->said)
		return 0;
	if (!user->restricted)
		return unsetenv(RESTRICT_VARIABLE) == 0 ? 0 : bd_fail_errno(err, "cannot change the environment");
	if (setenv(RESTRICT_VARIABLE, "1", 1) != 0 ||
	    (name ? setenv(USER_VARIABLE, name, 1) : unsetenv(USER_VARIABLE)) != 0)
		return bd_fail_errno(err, "cannot change the environment");
	return 0;
}

bool bd_bootloader_is_restricted(const libxl_domain_config *config, const char **user_out)
{
	(void)config;
	*user_out = getenv(USER_VARIABLE);
	return (*user_out || getenv(RESTRICT_VARIABLE)) && bd_bootloader_can_restrict();
}

#endif

static bool has_entry(acl_entry_t entry, uid_t first, uid_t last)
{
	acl_tag_t tag;

	if (acl_get_tag_type(entry, &tag) != 0 || tag != ACL_USER)
		return false;
	uid_t *uid = acl_get_qualifier(entry);
	bool found = uid && *uid >= first && *uid <= last;
	acl_free(uid);
	return found;
}

static int drop_range(acl_t acl, uid_t base)
{
	acl_entry_t entry;

	for (int which = ACL_FIRST_ENTRY; acl_get_entry(acl, which, &entry) == 1; which = ACL_NEXT_ENTRY)
		if (has_entry(entry, base, base + BD_BOOTLOADER_DOMID_LAST) && acl_delete_entry(acl, entry) != 0)
			return -1;
	return 0;
}

static int add_reader(acl_t *acl, uid_t uid)
{
	acl_entry_t entry;
	acl_permset_t permissions;

	if (acl_create_entry(acl, &entry) != 0 || acl_set_tag_type(entry, ACL_USER) != 0 ||
	    acl_set_qualifier(entry, &uid) != 0 || acl_get_permset(entry, &permissions) != 0 ||
	    acl_clear_perms(permissions) != 0 || acl_add_perm(permissions, ACL_READ) != 0)
		return -1;
	return acl_set_permset(entry, permissions);
}

/* uid 0: nobody of the range may read it any more. */
static int change_acl(const struct bd_bootloader_loan *loan, uid_t uid)
{
	acl_t acl = acl_get_fd(loan->fd);
	int r = -1;

	if (acl && drop_range(acl, loan->base) == 0 && (!uid || add_reader(&acl, uid) == 0) &&
	    acl_calc_mask(&acl) == 0)
		r = acl_set_fd(loan->fd, acl);
	int saved = errno;
	if (acl)
		acl_free(acl);
	errno = saved;
	return r;
}

/* A range, and a disk in a file that can be lent; -1 otherwise. */
static int open_disk(const struct bd_bootloader_user *user, const libxl_domain_config *config, uid_t *base_out)
{
	const struct passwd *base = getpwnam(BD_BOOTLOADER_RANGE_BASE);
	bool shared = !user->user || strcmp(user->user, BD_BOOTLOADER_SHARED) == 0;
	struct stat there;

	if (!base || !base->pw_uid || !shared || !config->num_disks || !config->disks[0].pdev_path)
		return -1;
	*base_out = base->pw_uid;
	BD_CLOSE int fd = open(config->disks[0].pdev_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &there) != 0 || !S_ISREG(there.st_mode))
		return -1;
	/* Also what a monitor that was killed has left. */
	const struct bd_bootloader_loan loan = { .fd = fd, .base = *base_out };
	return change_acl(&loan, 0) == 0 ? bd_take_fd(&fd) : -1;
}

int bd_bootloader_choose(const struct bd_bootloader_user *user, libxl_domain_config *config,
			 struct bd_bootloader_loan *loan_out, struct bd_error *err)
{
	struct bd_bootloader_loan loan = BD_BOOTLOADER_LOAN_INIT;

	if (bd_bootloader_runs(config) && user->said && user->restricted)
		loan.fd = open_disk(user, config, &loan.base);
	if (tell_libxl(user, loan.fd >= 0 ? NULL : user->user, config, err) != 0) {
		bd_bootloader_take_back(&loan);
		return -1;
	}
	*loan_out = loan;
	return 0;
}

int bd_bootloader_lend(struct bd_bootloader_loan *loan, uint32_t domid, struct bd_error *err)
{
	if (loan->fd < 0)
		return 0;
	if (__builtin_add_overflow(loan->base, domid, &loan->uid) || change_acl(loan, loan->uid) != 0)
		return bd_fail_errno(err, "cannot allow the uid of domain %u to read the guest's disk", domid);
	return 0;
}

void bd_bootloader_take_back(struct bd_bootloader_loan *loan)
{
	if (loan->fd < 0)
		return;
	change_acl(loan, 0);
	close(bd_take_fd(&loan->fd));
}
