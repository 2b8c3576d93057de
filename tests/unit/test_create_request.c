/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about guest/create_request.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guest/create_request.h"

static void a_value_is_kept_as_what_it_means(void **state)
{
	struct bd_create_request request;
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	bd_create_request_init(&request);
	assert_false(bd_create_request_has(&request, BD_FIELD_MEMORY));
	assert_int_equal(request.memory_mib, 512);
	assert_int_equal(bd_create_request_set(&request, BD_FIELD_MEMORY, "1G", &err), 0);
	assert_int_equal(request.memory_mib, 1024);
	assert_true(bd_create_request_has(&request, BD_FIELD_MEMORY));
	assert_int_equal(bd_create_request_set(&request, BD_FIELD_MEMORY, "2048", &err), 0);
	assert_int_equal(request.memory_mib, 2048);
	assert_int_equal(bd_create_request_set(&request, BD_FIELD_SIZE, "4GB", &err), 0);
	assert_int_equal(request.size_bytes, (uint64_t)4 << 30);
	assert_string_equal(request.size, "4GB");
	assert_int_equal(bd_create_request_set(&request, BD_FIELD_NETWORK, "false", &err), 0);
	assert_int_equal(request.network_count, 0);
	assert_int_equal(bd_create_request_set(&request, BD_FIELD_SSH_KEYS, "a", &err), 0);
	assert_int_equal(bd_create_request_set(&request, BD_FIELD_SSH_KEYS, "b", &err), 0);
	assert_int_equal(request.ssh_keys.count, 2);
	bd_create_request_dispose(&request);
	bd_create_request_dispose(&request);
}

/* Whoever knows what its user calls the field puts that before the message. */
static void an_error_tells_the_field_and_does_not_name_it(void **state)
{
	static const struct {
		enum bd_field field;
		const char *text, *message;
	} rows[] = {
		{ BD_FIELD_SIZE, "4", "\"4\" would be bytes; did you mean 4G?" },
		{ BD_FIELD_SIZE, "lots", "\"lots\" is not a size; use a number with K, M, G or T, such as 4G" },
		{ BD_FIELD_SWAP, "3T", "3T is too large: the maximum of an MBR partition table is 2T" },
		{ BD_FIELD_MEMORY, "4", "\"4\" would be MiB; did you mean 4G?" },
		{ BD_FIELD_VCPUS, "0", "\"0\" is not a whole number from 1 to 512" },
		{ BD_FIELD_TYPE, "xen", "must be one of pv, pvh, hvm, not \"xen\"" },
		{ BD_FIELD_LAYOUT, "x", "must be aligned or cylinder, not \"x\"" },
		{ BD_FIELD_GATEWAY, "192.0.2.1", "a gateway needs a static IPv4 address, A.B.C.D/LEN" },
		{ BD_FIELD_NETWORK, "no", "must be true or false" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_create_request request;
		struct bd_error err = BD_ERROR_INIT;
		bd_create_request_init(&request);
		assert_int_equal(bd_create_request_set(&request, rows[i].field, rows[i].text, &err), -1);
		assert_int_equal(err.kind, BD_KIND_USAGE);
		assert_int_equal(err.field, rows[i].field);
		assert_string_equal(err.message, rows[i].message);
		assert_false(bd_create_request_has(&request, rows[i].field));
		bd_create_request_dispose(&request);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_kept_as_what_it_means),
		cmocka_unit_test(an_error_tells_the_field_and_does_not_name_it),
	};

	return cmocka_run_group_tests_name("create_request", tests, NULL, NULL);
}
