/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about xlcfg/read.h and xlcfg/vif.h: addresses of interfaces (xl-network-configuration(5)). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cfg_checks.h"
#include "xlcfg/vif.h"

static void addresses_of_interfaces_are_read(void **state)
{
	struct bd_cfg cfg =
		parsed("vif = [ 'mac=00:16:3e:12:34:56,ip=192.0.2.77',\n"
		       "        'ip=192.0.2.78/24 2001:db8::78 , bridge=br1', 'ip=192.0.2.1,ip=192.0.2.2' ]\n"
		       "vif += [ 'mac=00:16:3e:12:34:57', 'type=ioemu,bridge=br1,script=vif-ip=no' ]\n");

	(void)state;
	assert_int_equal(cfg.vif_count, 5);
	assert_true(cfg.vifs[0].has_mac);
	assert_string_equal(cfg.vifs[0].ip, "192.0.2.77");
	assert_string_equal(cfg.vifs[1].ip, "192.0.2.78/24 2001:db8::78");
	assert_string_equal(cfg.vifs[1].bridge, "br1");
	assert_string_equal(cfg.vifs[2].ip, "192.0.2.2");
	assert_null(cfg.vifs[3].ip);
	assert_null(cfg.vifs[4].ip);
	bd_cfg_dispose(&cfg);
	bd_cfg_dispose(&cfg);
}

static void an_edit_leaves_the_address(void **state)
{
	static const uint8_t mac[6] = { 0x00, 0x16, 0x3e, 0, 0, 1 };
	struct bd_error err = BD_ERROR_INIT;
	char *text;

	(void)state;
	assert_int_equal(bd_cfg_edit_vif("vif = [ 'ip=192.0.2.77,bridge=br1' ]\n", 0, mac, NULL, &text, &err), 0);
	struct bd_cfg cfg = parsed(text);
	assert_string_equal(cfg.vifs[0].ip, "192.0.2.77");
	assert_int_equal(cfg.vifs[0].mac[5], 1);
	bd_cfg_dispose(&cfg);
	free(text);
}

static void a_key_of_an_interface_is_set_and_taken_away(void **state)
{
	static const struct {
		const char *from, *key, *value, *to;
	} rows[] = {
		{ "mac=00:16:3e:00:00:01, bridge=br1", "rate", "10Mb/s",
		  "mac=00:16:3e:00:00:01, bridge=br1, rate=10Mb/s" },
		{ "rate=1Mb/s,bridge=br1", "rate", "10Mb/s@20ms", "rate=10Mb/s@20ms,bridge=br1" },
		{ "rate=1Mb/s,bridge=br1", "rate", NULL, "bridge=br1" },
		{ "bridge=br1 , rate=1Mb/s", "rate", NULL, "bridge=br1" },
		{ "bridge=br1, rate=1Mb/s, mtu=1500", "rate", NULL, "bridge=br1, mtu=1500" },
		{ "rate=1Mb/s", "rate", NULL, "" },
		{ "rate=1Mb/s,bridge=b,rate=2Mb/s", "rate", NULL, "bridge=b" },
		{ "bridge=br1", "rate", NULL, "bridge=br1" },
		{ "accelerate=1,bridge=br1", "rate", NULL, "accelerate=1,bridge=br1" },
		{ "", "mtu", "9000", "mtu=9000" },
	};
	struct bd_error err = BD_ERROR_INIT;
	char text[256], wanted[256], *changed, *value;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(text, sizeof(text), "vif = [ 'bridge=br0', '%s' ] # \n", rows[i].from);
		snprintf(wanted, sizeof(wanted), "vif = [ 'bridge=br0', \"%s\" ] # \n", rows[i].to);
		assert_int_equal(bd_cfg_edit_vif_key(text, 1, rows[i].key, rows[i].value, &changed, &err), 0);
		assert_string_equal(changed, wanted);
		struct bd_cfg cfg = parsed(changed);
		assert_int_equal(bd_cfg_vif_value(&cfg.vifs[1], rows[i].key, &value, &err), 0);
		if (rows[i].value)
			assert_string_equal(value, rows[i].value);
		else
			assert_null(value);
		free(value);
		bd_cfg_dispose(&cfg);
		free(changed);
	}
	assert_int_equal(bd_cfg_edit_vif_key("vif = [ '' ]\n", 1, "rate", NULL, &changed, &err), -1);
	assert_int_equal(err.code, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_of_interfaces_are_read),
		cmocka_unit_test(an_edit_leaves_the_address),
		cmocka_unit_test(a_key_of_an_interface_is_set_and_taken_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
