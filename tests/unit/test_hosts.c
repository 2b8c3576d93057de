/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about adapt/hosts.h: which names in /etc/hosts become others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "adapt/hosts.h"
#include "text_checks.h"

static struct bd_error err;

/* A host of the guest's name. expected NULL: nothing changes. */
static void becomes(const char *text, const char *old, const char *new, const char *expected)
{
	const struct bd_hosts_names names = { old, new, old, new };
	struct bd_word_changes addresses = { .count = 0 };
	char *changed;

	assert_int_equal(bd_word_changes_add(&addresses, "192.0.2.1", "192.0.2.2", &err), 0);
	assert_int_equal(bd_hosts_renew(text, &names, &addresses, &changed, &err), 0);
	is_changed_to(changed, expected);
}

static void other_hosts_keep_their_names(void **state)
{
	(void)state;
	becomes("198.51.100.7 mail.provider.net\n127.0.0.1 localhost mail.provider.net\n", "mail.example.com",
		"web2.example.com", NULL);
	becomes("198.51.100.7 mail.provider.net mail\n", "mail.example.com", "web2.example.com", NULL);
	becomes("198.51.100.7 web01.other.net\n", "web01", "shop", NULL);
	becomes("127.0.0.10 web010 web01-old my-web01 sub.web01 # web01\n", "web01", "shop", NULL);
}

static void the_guest_s_own_lines_get_the_new_name(void **state)
{
	(void)state;
	becomes("127.0.1.1\tweb01.example.org  WEB01 alias # web01\n", "web01", "shop",
		"127.0.1.1\tshop.example.org  shop alias # web01\n");
	becomes("::1 mail.example.com mail", "mail.example.com", "web2.example.org", "::1 web2.example.org web2");
	becomes("192.0.2.1 web01.other.net\n192.0.2.3 a\n", "web01", "shop",
		"192.0.2.2 shop.other.net\n192.0.2.3 a\n");
	becomes("198.51.100.7 mail.example.com mail\n", "mail.example.com", "web2", "198.51.100.7 web2\n");
}

static void a_name_is_followed_by_its_short_form_and_none_is_there_twice(void **state)
{
	(void)state;
	becomes("127.0.1.1 mail.example.com mail\n", "mail.example.com", "mail", "127.0.1.1 mail\n");
	becomes("127.0.1.1 mail\n", "mail", "mail.example.com", "127.0.1.1 mail.example.com mail\n");
	becomes("127.0.1.1 mail.example.com mail\n", "mail", "web2.example.org", "127.0.1.1 web2.example.org web2\n");
}

static void a_copy_of_a_guest_whose_host_has_a_domain(void **state)
{
	const struct bd_hosts_names names = { "old.example.org", "new.example.org", "old", "new" };
	const struct bd_word_changes addresses = { .count = 0 };
	char *changed;

	(void)state;
	assert_int_equal(bd_hosts_renew("127.0.1.1 old.example.org old oldest\n9.9.9.9 old.net\n", &names, &addresses,
					&changed, &err),
			 0);
	assert_string_equal(changed, "127.0.1.1 new.example.org new oldest\n9.9.9.9 old.net\n");
	free(changed);
}

static void localhost_is_no_name(void **state)
{
	(void)state;
	assert_true(bd_hosts_is_no_name("localhost"));
	assert_true(bd_hosts_is_no_name("LOCALHOST.localdomain"));
	assert_false(bd_hosts_is_no_name("local"));
	assert_false(bd_hosts_is_no_name("localhost2"));
	assert_false(bd_hosts_is_no_name(""));
	becomes("127.0.0.1 localhost localhost.localdomain localhost4\n", "", "web1.example.com", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_hosts_keep_their_names),
		cmocka_unit_test(the_guest_s_own_lines_get_the_new_name),
		cmocka_unit_test(a_name_is_followed_by_its_short_form_and_none_is_there_twice),
		cmocka_unit_test(a_copy_of_a_guest_whose_host_has_a_domain),
		cmocka_unit_test(localhost_is_no_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
