/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls Landlock by the numbers of its system calls: the C library has no functions for them. */
#include "sandbox/landlock.h"

#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__NR_landlock_create_ruleset) && defined(__NR_landlock_add_rule) && defined(__NR_landlock_restrict_self)

#define VERSION 1 /* LANDLOCK_CREATE_RULESET_VERSION */
#define PATH_BENEATH 1 /* LANDLOCK_RULE_PATH_BENEATH */

/* Kernels know more rights from version to version of the ABI, and refuse those that they do not know. Source: linux/landlock.h, of
 * which build hosts may have an older one. */
void bd_landlock_init(struct bd_landlock *rules_out)
{
	static const struct {
		uint64_t files, network, scopes;
	} rights[] = {
		{ 0x1fff, 0, 0 }, /* execute, read, write, remove, make */
		{ 0x3fff, 0, 0 }, /* refer */
		{ 0x7fff, 0, 0 }, /* truncate */
		{ 0x7fff, 3, 0 }, /* bind and connect by TCP */
		{ 0xffff, 3, 0 }, /* ioctl on devices */
		{ 0xffff, 3, 3 }, /* abstract Unix sockets, signals */
	};
	static const size_t sizes[] = { 8, 8, 8, 16, 16, 24 }; /* of struct landlock_ruleset_attr */
	const size_t last = sizeof(sizes) / sizeof(*sizes);

	*rules_out = (struct bd_landlock){ .fd = -1 };
	long version = syscall(__NR_landlock_create_ruleset, NULL, 0, VERSION);
	if (version < 1)
		return;
	size_t known = (size_t)version < last ? (size_t)version : last;
	rules_out->fd = (int)syscall(__NR_landlock_create_ruleset, &rights[known - 1], sizes[known - 1], 0);
	rules_out->rights = rights[known - 1].files;
}

bool bd_landlock_allow(const struct bd_landlock *rules, int fd, uint64_t rights)
{
	struct __attribute__((packed)) {
		uint64_t rights;
		int32_t fd;
	} beneath = { rights & rules->rights, fd };

	return rules->fd < 0 || syscall(__NR_landlock_add_rule, rules->fd, PATH_BENEATH, &beneath, 0) == 0;
}

bool bd_landlock_enforce(struct bd_landlock *rules)
{
	if (rules->fd < 0)
		return true;
	bool is_done = syscall(__NR_landlock_restrict_self, rules->fd, 0) == 0;
	close(rules->fd);
	rules->fd = -1;
	return is_done;
}

#else

void bd_landlock_init(struct bd_landlock *rules_out)
{
	*rules_out = (struct bd_landlock){ .fd = -1 };
}

bool bd_landlock_allow(const struct bd_landlock *rules, int fd, uint64_t rights)
{
	(void)rules;
	(void)fd;
	(void)rights;
	return true;
}

bool bd_landlock_enforce(struct bd_landlock *rules)
{
	(void)rules;
	return true;
}

#endif
