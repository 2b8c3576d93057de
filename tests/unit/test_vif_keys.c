/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about guest/vif_keys.h. A rate is what libxlutil takes for one, where that library is there. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "guest/vif_keys.h"
#include "xlu_checks.h"

#define NIC_BYTES 4096 /* more than libxl_device_nic has in any release */

static bool takes(const char *key, const char *value)
{
	struct bd_error err = BD_ERROR_INIT;

	return bd_vif_key_check(key, value, &err) == 0;
}

static bool xl_takes_rate(const char *rate)
{
	_Alignas(16) char nic[NIC_BYTES] = { 0 };
	FILE *report = fopen("/dev/null", "w");
	void *cfg = xlu.init(report, "test");

	errno = 0; /* it looks at what an earlier call left there */
	int r = xlu.parse_rate(cfg, rate, nic);
	xlu.destroy(cfg);
	fclose(report);
	return r == 0;
}

static void check_rate(const char *rate, bool good)
{
	if (takes("rate", rate) != good)
		fail_msg("rate=%s is %s", rate, good ? "refused" : "taken");
	if (xlu.parse_rate && xl_takes_rate(rate) != good)
		fail_msg("xl sees rate=%s otherwise", rate);
}

static void a_rate_is_what_xl_takes_for_one(void **state)
{
	static const char *const good[] = { "10Mb/s",	 "1MB/s@20ms",	 "250KB/s",	   "1Gb/s@1s",
					    "8B/s",	 "10Mb/s@50",	 "10Mb/s@50m",	   "10Mb/s@50u",
					    "10Mb/s@9us", "4294967295b/s", "1Mb/s@4294967295u", "1Mb/s@4294s" };
	static const char *const bad[] = { "",		"10",	      "10Mb",	       "10Mbps",    "0Mb/s",
					   "10Mb/s@",	"10Mb/s@0ms", "10Mb/s@50ns",   "-1Mb/s",    "10mb/s",
					   "10Mb/s@4295s", "4294967296b/s", "10Mb/s@1ms@1ms", "10Mb/s x", "1.5Mb/s" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		check_rate(good[i], true);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		check_rate(bad[i], false);
	/* xl takes it for 8. */
	assert_false(takes("rate", "010Mb/s"));
}

/* Anything that looks like one: what we take, xl takes, and the other way round. */
static void rates_put_together_at_random_are_seen_alike(void **state)
{
	static const char *const parts[] = { "1", "9", "99", "4294967295", "G", "M", "K", "b", "B", "/s",
					     "@", "m", "u",  "s",	   "0", "x" };
	uint32_t random = 1;

	(void)state;
	for (unsigned i = 0; xlu.parse_rate && i < 20000; i++) {
		char rate[128] = "1";
		for (random = random * 1664525u + 1013904223u; random >> 24 && strlen(rate) < 100;
		     random = random * 1664525u + 1013904223u)
			strcat(rate, parts[(random >> 16) % (sizeof(parts) / sizeof(*parts))]);
		if (!strstr(rate, "@0"))
			check_rate(rate, xl_takes_rate(rate));
	}
}

static void a_vlan_is_as_its_manual_page_has_it(void **state)
{
	static const char *const good[] = { "1",	"4094",	     "10p",	       "10p/20",     "10p/100+10x4",
					    "10p/20-30u", "20/10p/30u", "10p/4000+47x2" };
	static const char *const bad[] = { "",	   "0",	      "4095",	  "x",	    "5x",   "10/20", "10p/20p",
					   "10/",  "/10p",    "10p/30-20", "10p/1-4095", "10p,20", "20-30", "10u",
					   "10p/4000+48x2", "10p/20-30p", "010" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (!takes("vlan", good[i]))
			fail_msg("vlan=%s is refused", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (takes("vlan", bad[i]))
			fail_msg("vlan=%s is taken", bad[i]);
}

static void a_key_is_found_as_a_whole(void **state)
{
	const char *value;

	(void)state;
	assert_true(bd_vif_keys_find("rate=1Mb/s, vlan=5, mtu=1500", "vlan", &value));
	assert_int_equal(strncmp(value, "5,", 2), 0);
	assert_false(bd_vif_keys_find("xvlan=5, script=vlan=6", "vlan", NULL));
	assert_false(bd_vif_keys_find("", "vlan", NULL));
	assert_true(bd_vif_key_is("untrusted", false) && !bd_vif_key_is("untrusted", true));
	assert_true(bd_vif_key_is("mtu", true) && !bd_vif_key_is("mtu", false) && !bd_vif_key_is("ip", true));
}

static void a_part_of_blanks_only_is_none(void **state)
{
	static const char *const texts[] = { "", " ", "\n", ", \n", "rate=1Mb/s, \n", "rate=1Mb/s,\r\n,\n" };
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char value[BD_VIF_KEYS_SIZE];
	struct bd_vif_part part;
	char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(pages, MAP_FAILED);
	assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		/* Nothing behind the text can be read. */
		const char *at = strcpy(pages + page - strlen(texts[i]) - 1, texts[i]);
		bool has_rate = strncmp(texts[i], "rate", 4) == 0;
		assert_int_equal(bd_vif_keys_next(&at, &part), has_rate);
		assert_false(bd_vif_keys_next(&at, &part));
		bd_vif_keys_value(texts[i], "rate", value);
		assert_string_equal(value, has_rate ? "1Mb/s" : "");
	}
	munmap(pages, 2 * page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rate_is_what_xl_takes_for_one),
		cmocka_unit_test(rates_put_together_at_random_are_seen_alike),
		cmocka_unit_test(a_vlan_is_as_its_manual_page_has_it),
		cmocka_unit_test(a_key_is_found_as_a_whole),
		cmocka_unit_test(a_part_of_blanks_only_is_none),
	};

	return cmocka_run_group_tests(tests, load_xlu, NULL);
}
