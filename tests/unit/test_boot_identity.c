/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about bootloader/identity: as whom a disk is read. The users are a test's own, but for one look at the host's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "base/printable.h"
#include "bootloader/identity.h"

static struct bd_error err;
static struct bd_identity identity;

struct user {
	const char *name;
	uid_t uid;
	gid_t gid;
};

static const struct user with_range[] = {
	{ "root", 0, 0 },
	{ "toor", 0, 0 },
	{ "alice", 1000, 1000 },
	{ "wheel", 1001, 0 },
	{ BD_IDENTITY_RANGE_USER, 131072, 131072 },
	{ "clash", 131081, 1002 },
	{ NULL, 0, 0 },
};
static const struct user without_range[] = { { "root", 0, 0 }, { "alice", 1000, 1000 }, { NULL, 0, 0 } };
static const struct user range_of_root[] = { { "root", 0, 0 }, { BD_IDENTITY_RANGE_USER, 0, 0 }, { NULL, 0, 0 } };
static const struct user range_at_end[] = { { BD_IDENTITY_RANGE_USER, UINT32_MAX - 4, 100 }, { NULL, 0, 0 } };
static const struct user *known;

static int by_name(const char *name, uid_t *uid_out, gid_t *gid_out, struct bd_error *e)
{
	(void)e;
	for (const struct user *user = known; user->name; user++) {
		if (strcmp(user->name, name) == 0) {
			*uid_out = user->uid;
			*gid_out = user->gid;
			return 1;
		}
	}
	return 0;
}

static int by_number(uid_t uid, gid_t *gid_out, char *name_out, size_t name_size, struct bd_error *e)
{
	(void)e;
	for (const struct user *user = known; user->name; user++) {
		if (user->uid == uid) {
			*gid_out = user->gid;
			bd_copy_text(name_out, name_size, user->name);
			return 1;
		}
	}
	return 0;
}

static int choose(const struct user *users, uid_t own, const char *run_as, const char *directory)
{
	const struct bd_identity_users all = { by_name, by_number, own };

	known = users;
	err = (struct bd_error)BD_ERROR_INIT;
	memset(&identity, 0xee, sizeof(identity));
	return bd_identity_choose(run_as, directory, &all, &identity, &err);
}

#define IS(source_, uid_, gid_) \
	do { \
		assert_int_equal(identity.source, source_); \
		assert_int_equal(identity.uid, uid_); \
		assert_int_equal(identity.gid, gid_); \
	} while (0)

static void the_domain_is_in_the_directorys_name(void **state)
{
	static const struct {
		const char *path;
		uint32_t domid; /* 0: none */
	} names[] = {
		{ "/var/lib/xen/bootloader.7.d", 7 },
		{ "/var/run/xen/bootloader.32751.d/", 32751 },
		{ "bootloader.1.d", 1 },
		{ "/var/lib/xen/bootloader.0.d", 0 },
		{ "/var/lib/xen/bootloader.32752.d", 0 }, /* DOMID_FIRST_RESERVED */
		{ "/var/lib/xen/bootloader.99999999999999999999.d", 0 },
		{ "/var/lib/xen/bootloader..d", 0 },
		{ "/var/lib/xen/bootloader.7", 0 },
		{ "/var/lib/xen/bootloader.7.out", 0 },
		{ "/var/lib/xen/bootloader.7x.d", 0 },
		{ "/var/lib/xen/bootloader.-7.d", 0 },
		{ "/var/lib/xen/xbootloader.7.d", 0 },
		{ "/bootloader.7.d/x", 0 },
		{ "/", 0 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		uint32_t domid = 0;
		print_message("# %s\n", names[i].path);
		assert_int_equal(bd_identity_domid(names[i].path, &domid), names[i].domid != 0);
		assert_int_equal(domid, names[i].domid);
	}
}

/* As libxl passes it: a number of the range, which no user has. */
static void runas_is_a_number(void **state)
{
	(void)state;
	assert_int_equal(choose(with_range, 0, "131079", "/var/lib/xen/bootloader.7.d"), 0);
	IS(BD_IDENTITY_RUN_AS, 131079, 131072);
	assert_int_equal(choose(without_range, 0, "131079", NULL), 0);
	IS(BD_IDENTITY_RUN_AS, 131079, 65534);
	/* Not the group of the same number. */
	assert_int_equal(choose(with_range, 0, "4", NULL), 0);
	IS(BD_IDENTITY_RUN_AS, 4, 65534);
	assert_int_equal(choose(with_range, 0, "1000", NULL), 0);
	IS(BD_IDENTITY_RUN_AS, 1000, 1000);
}

static void runas_is_a_name(void **state)
{
	(void)state;
	assert_int_equal(choose(with_range, 0, "alice", "/var/lib/xen/bootloader.7.d"), 0);
	IS(BD_IDENTITY_RUN_AS, 1000, 1000);
	/* A group of root's gives rights. */
	assert_int_equal(choose(with_range, 0, "wheel", NULL), 0);
	IS(BD_IDENTITY_RUN_AS, 1001, 65534);
	assert_string_equal(identity.note, "");
}

static void runas_is_never_root(void **state)
{
	static const char *const names[] = { "0", "00", "root", "toor" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		assert_int_equal(choose(with_range, 0, names[i], NULL), -1);
		assert_int_equal(err.kind, BD_KIND_USAGE);
		assert_string_equal(err.message, "--runas must not be root");
	}
	assert_int_equal(choose(with_range, 0, "bob", NULL), -1);
	assert_string_equal(err.message, "--runas: there is no user bob");
	static const char *const numbers[] = { "4294967295", "4294967296", "12x", "1 " };
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		assert_int_equal(choose(with_range, 0, numbers[i], NULL), -1);
		assert_int_equal(err.kind, BD_KIND_USAGE);
	}
	assert_int_equal(choose(with_range, 0, "", NULL), -1);
	assert_int_equal(choose(with_range, 0, "-1", NULL), -1);
}

/* The number that libxl would choose. */
static void without_runas_it_is_the_domains_own(void **state)
{
	(void)state;
	assert_int_equal(choose(with_range, 0, NULL, "/var/lib/xen/bootloader.7.d"), 0);
	IS(BD_IDENTITY_DOMAIN, 131079, 131072);
	assert_string_equal(identity.note, "");
}

static void otherwise_it_is_nobody(void **state)
{
	(void)state;
	assert_int_equal(choose(without_range, 0, NULL, "/var/lib/xen/bootloader.7.d"), 0);
	IS(BD_IDENTITY_NOBODY, 0, 0);
	assert_string_equal(identity.note, "");
	assert_int_equal(choose(with_range, 0, NULL, "/tmp"), 0);
	IS(BD_IDENTITY_NOBODY, 0, 0);
	assert_int_equal(choose(with_range, 0, NULL, NULL), 0);
	IS(BD_IDENTITY_NOBODY, 0, 0);
}

static void a_number_that_is_somebodys_is_not_taken(void **state)
{
	(void)state;
	assert_int_equal(choose(with_range, 0, NULL, "/var/lib/xen/bootloader.9.d"), 0);
	IS(BD_IDENTITY_NOBODY, 0, 0);
	assert_string_equal(identity.note,
			    "uid 131081 (xen-qemuuser-range-base + 9) is not the domain's own, but user clash; "
			    "nobody reads the disk instead");
	assert_int_equal(choose(range_of_root, 0, NULL, "/var/lib/xen/bootloader.9.d"), 0);
	IS(BD_IDENTITY_NOBODY, 0, 0);
	assert_non_null(strstr(identity.note, "has the number 0"));
	/* The last number is none (it is -1). */
	assert_int_equal(choose(range_at_end, 0, NULL, "/var/lib/xen/bootloader.3.d"), 0);
	IS(BD_IDENTITY_DOMAIN, UINT32_MAX - 1, 100);
	assert_int_equal(choose(range_at_end, 0, NULL, "/var/lib/xen/bootloader.4.d"), 0);
	IS(BD_IDENTITY_NOBODY, 0, 0);
}

static void only_root_can_become_another(void **state)
{
	(void)state;
	assert_int_equal(choose(with_range, 1000, NULL, "/var/lib/xen/bootloader.7.d"), 0);
	IS(BD_IDENTITY_SELF, 0, 0);
	assert_int_equal(choose(with_range, 1000, "alice", NULL), 0);
	IS(BD_IDENTITY_SELF, 0, 0);
	assert_int_equal(choose(with_range, 1000, "131079", NULL), -1);
	assert_int_equal(err.code, EPERM);
}

static void the_hosts_users_are_looked_up(void **state)
{
	const struct bd_identity_users users = bd_identity_host_users();
	uid_t uid = 1;
	gid_t gid = 1;
	char name[16];

	(void)state;
	assert_int_equal(users.own, geteuid());
	assert_int_equal(users.by_name("root", &uid, &gid, &err), 1);
	assert_int_equal(uid, 0);
	assert_int_equal(gid, 0);
	gid = 1;
	assert_int_equal(users.by_number(0, &gid, name, sizeof(name), &err), 1);
	assert_string_equal(name, "root");
	assert_int_equal(gid, 0);
	assert_int_equal(users.by_name("no-such-user-here", &uid, &gid, &err), 0);
	assert_int_equal(users.by_number(4000000001u, &gid, name, sizeof(name), &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_domain_is_in_the_directorys_name),
		cmocka_unit_test(runas_is_a_number),
		cmocka_unit_test(runas_is_a_name),
		cmocka_unit_test(runas_is_never_root),
		cmocka_unit_test(without_runas_it_is_the_domains_own),
		cmocka_unit_test(otherwise_it_is_nobody),
		cmocka_unit_test(a_number_that_is_somebodys_is_not_taken),
		cmocka_unit_test(only_root_can_become_another),
		cmocka_unit_test(the_hosts_users_are_looked_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
