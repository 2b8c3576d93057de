/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about fleet/manifest.h and fleet/range.h. */
#include "fleet_checks.h"

#include <stdbool.h>

#include "base/file/file.h"
#include "cli/command.h"
#include "fleet/range.h"
#include "fleet_schema.h"

static void check_value(const struct bd_fleet *fleet, const char *guest, const char *key, const char *expected)
{
	const char *value = bd_fleet_text(guest_of(fleet, guest), key);

	if (!expected && value)
		fail_msg("%s has %s = %s", guest, key, value);
	else if (expected && (!value || strcmp(value, expected) != 0))
		fail_msg("%s has %s = %s, not %s", guest, key, value ? value : "(nothing)", expected);
}

static void braces_count(void **state)
{
	static const struct {
		const char *text;
		size_t count;
		const char *first, *last;
	} rows[] = {
		{ "web01", 1, "web01", "web01" },
		{ "", 1, "", "" },
		{ "web{1..3}", 3, "web1", "web3" },
		{ "web{01..20}", 20, "web01", "web20" },
		{ "{8..011}x", 4, "008x", "011x" }, /* as bash */
		{ "{0..10}", 11, "0", "10" },
		{ "a{7..7}b", 1, "a7b", "a7b" },
		{ "192.0.2.{11..30}/24", 20, "192.0.2.11/24", "192.0.2.30/24" },
		{ "{1..100000}", 100000, "1", "100000" },
		{ "{999999999999999999..999999999999999999}", 1, "999999999999999999", "999999999999999999" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *first, *last;
		size_t count;
		assert_int_equal(bd_range_count(rows[i].text, &count, &err), 0);
		assert_int_equal(count, rows[i].count);
		assert_int_equal(bd_range_item(rows[i].text, 0, &first, &err), 0);
		assert_int_equal(bd_range_item(rows[i].text, count - 1, &last, &err), 0);
		assert_string_equal(first, rows[i].first);
		assert_string_equal(last, rows[i].last);
		free(first);
		free(last);
		assert_int_equal(bd_range_item(rows[i].text, count, &first, &err), -1);
	}
}

static void a_range_is_what_bash_makes_of_it(void **state)
{
	static const char *const texts[] = { "web{01..12}", "{8..011}x", "{0..10}", "{00..3}", "a{098..101}b" };

	(void)state;
	if (access("/bin/bash", X_OK) != 0)
		skip();
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		char command[128], word[64];
		size_t count, k = 0;
		snprintf(command, sizeof(command), "/bin/bash -c 'echo %s'", texts[i]);
		assert_int_equal(bd_range_count(texts[i], &count, &err), 0);
		FILE *bash = popen(command, "r");
		assert_non_null(bash);
		for (; fscanf(bash, "%63s", word) == 1; k++) {
			char *item;
			assert_int_equal(bd_range_item(texts[i], k, &item, &err), 0);
			assert_string_equal(item, word);
			free(item);
		}
		pclose(bash);
		assert_int_equal(k, count);
	}
}

static void what_is_no_range_is_refused(void **state)
{
	static const char *const texts[] = {
		"web{}",
		"web{1}",
		"web{1..}",
		"web{..3}",
		"web{1..3",
		"web1..3}",
		"{a..c}",
		"{1...3}",
		"{-1..3}",
		"{3..1}",
		"{1..2}{1..2}",
		"{1..100001}",
		"{{1..2}}",
		"{1..2}}",
		"}1..2{",
		"{ 1..2}",
		"{1,2}",
		"{1..2..1}",
		"{1..9999999999999999999}",
		"{0..18446744073709551616}",
		"{0..999999999999999999}",
	};
	size_t count;
	char *item;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (bd_range_count(texts[i], &count, &err) != -1 || bd_range_item(texts[i], 0, &item, &err) != -1)
			fail_msg("%s is a range", texts[i]);
		assert_int_equal(err.code, EINVAL);
		assert_non_null(strstr(err.message, texts[i]));
	}
}

static void the_most_specific_place_wins(void **state)
{
	struct bd_fleet fleet = read_fleet(
		"{ \"fleet\": \"shop\", \"defaults\": { \"memory\": 512, \"template\": \"debian-12\", \"dns\": [\"192.0.2.1\","
		" \"192.0.2.2\"], \"autostart\": true },\n"
		"\"groups\": { \"web\": { \"guests\": \"web{01..03}\", \"memory\": \"1G\", \"dns\": \"192.0.2.3\" },\n"
		"\"db\": { \"type\": \"pvh\", \"guests\": [\"db1\", \"db{2..3}\"] } },\n"
		"\"guests\": { \"web02\": { \"memory\": 4096, \"autostart\": false }, \"mail\": {} } }");
	static const char *const names[] = { "web01", "web02", "web03", "db1", "db2", "db3", "mail" };

	(void)state;
	assert_string_equal(fleet.name, "shop");
	assert_int_equal(fleet.count, 7);
	for (size_t i = 0; i < 7; i++)
		assert_string_equal(fleet.guests[i].name, names[i]);
	assert_string_equal(fleet.guests[0].group, "web");
	assert_string_equal(fleet.guests[5].group, "db");
	assert_null(fleet.guests[6].group);
	check_value(&fleet, "web01", "memory", "1G");
	check_value(&fleet, "web02", "memory", "4096");
	check_value(&fleet, "db1", "memory", "512");
	check_value(&fleet, "mail", "template", "debian-12");
	check_value(&fleet, "mail", "type", NULL);
	check_value(&fleet, "db3", "type", "pvh");
	check_value(&fleet, "web01", "autostart", "true");
	check_value(&fleet, "web02", "autostart", "false");
	assert_int_equal(bd_fleet_find(&fleet.guests[0], "dns")->value_count, 1);
	assert_int_equal(bd_fleet_find(&fleet.guests[3], "dns")->value_count, 2);
	assert_string_equal(bd_fleet_find(&fleet.guests[3], "dns")->values[1], "192.0.2.2");
	bd_fleet_dispose(&fleet);
	bd_fleet_dispose(&fleet);
}

static void settings_come_in_the_order_of_the_keys(void **state)
{
	struct bd_fleet fleet = read_fleet("{\"fleet\": \"a\", \"defaults\": {\"autostart\": true, \"size\": \"1G\"},"
					   " \"guests\": {\"a\": {\"vcpus\": 2, \"device\": \"/dev/x\"}}}");

	(void)state;
	assert_int_equal(fleet.guests[0].setting_count, 4);
	for (size_t i = 1; i < 4; i++)
		assert_true(fleet.guests[0].settings[i - 1].key < fleet.guests[0].settings[i].key);
	bd_fleet_dispose(&fleet);
}

static void ranges_count_along_with_all_names_of_a_group(void **state)
{
	struct bd_fleet fleet = read_fleet(
		"{\"fleet\": \"a\", \"groups\": {\"g\": {\"guests\": [\"x\", \"y{1..2}\"], \"ip\": \"192.0.2.{9..20}/24\","
		" \"device\": \"/dev/vg/g{01..03}\", \"files\": [\"{1..3}.key:/etc/key\", \"motd:/etc/motd\"]}},"
		" \"guests\": {\"y1\": {\"ip\": \"dhcp\"}}}");

	(void)state;
	check_value(&fleet, "x", "ip", "192.0.2.9/24");
	check_value(&fleet, "y1", "ip", "dhcp");
	check_value(&fleet, "y2", "ip", "192.0.2.11/24");
	check_value(&fleet, "y2", "device", "/dev/vg/g03");
	const struct bd_fleet_setting *files = bd_fleet_find(guest_of(&fleet, "y2"), "files");
	assert_int_equal(files->value_count, 2);
	assert_string_equal(strrchr(files->values[0], '.'), ".key:/etc/key");
	assert_memory_equal(files->values[0] + strlen(fleet_folder), "/3.key", 6);
	assert_string_equal(files->values[1] + strlen(fleet_folder), "/motd:/etc/motd");
	bd_fleet_dispose(&fleet);
}

static void paths_are_relative_to_the_manifest(void **state)
{
	static const char text[] =
		"{\"fleet\": \"a\", \"guests\": {\"a\": {\"ssh_keys\": [\"a.pub\", \"/etc/b.pub\"],"
		" \"run_once\": \"../setup\", \"root_password_file\": \"pw\", \"device\": \"x\"}}}";
	struct bd_fleet fleet = read_fleet(text);
	char expected[128];

	(void)state;
	snprintf(expected, sizeof(expected), "%s/a.pub", fleet_folder);
	check_value(&fleet, "a", "ssh_keys", expected);
	assert_string_equal(bd_fleet_find(&fleet.guests[0], "ssh_keys")->values[1], "/etc/b.pub");
	snprintf(expected, sizeof(expected), "%s/../setup", fleet_folder);
	check_value(&fleet, "a", "run_once", expected);
	check_value(&fleet, "a", "device", "x");
	bd_fleet_dispose(&fleet);
}

static void a_manifest_comes_from_standard_input_too(void **state)
{
	struct bd_fleet fleet = { .count = 0 };
	char folder[512], expected[600];
	int saved = dup(0);

	(void)state;
	fleet = read_fleet("{\"fleet\": \"a\", \"guests\": {\"a\": {\"ssh_keys\": \"a.pub\"}}}");
	bd_fleet_dispose(&fleet);
	assert_non_null(freopen(fleet_path, "r", stdin));
	assert_int_equal(bd_fleet_read("-", &fleet, &err), 0);
	assert_non_null(getcwd(folder, sizeof(folder)));
	snprintf(expected, sizeof(expected), "%s/a.pub", folder);
	check_value(&fleet, "a", "ssh_keys", expected);
	bd_fleet_dispose(&fleet);
	dup2(saved, 0);
	close(saved);
}

static void null_and_an_empty_list_take_back_what_was_said(void **state)
{
	struct bd_fleet fleet = read_fleet(
		"{\"fleet\": \"a\", \"defaults\": {\"size\": \"8G\", \"dns\": \"192.0.2.1\", \"swap\": null},"
		" \"guests\": {\"a\": {\"size\": null, \"dns\": []}, \"b\": {\"swap\": \"1G\"}}}");

	(void)state;
	assert_int_equal(guest_of(&fleet, "a")->setting_count, 0);
	assert_int_equal(guest_of(&fleet, "b")->setting_count, 3);
	/* Nor does the host say anything of it then. */
	assert_int_equal(guest_of(&fleet, "a")->canceled,
			 1 << BD_FLEET_SIZE | 1 << BD_FLEET_SWAP | 1 << BD_FLEET_DNS);
	assert_int_equal(guest_of(&fleet, "b")->canceled, 0);
	bd_fleet_dispose(&fleet);
}

static void of_what_excludes_each_other_the_more_specific_stays(void **state)
{
	struct bd_fleet fleet = read_fleet(
		"{\"fleet\": \"a\", \"defaults\": {\"pool\": \"192.0.2.0/24\", \"bridge\": \"br1\", \"boot\": \"pvgrub\","
		" \"root_password_hash\": \"x\", \"gateway\": \"192.0.2.1\"},"
		" \"groups\": {\"g\": {\"guests\": \"g{1..2}\", \"ip\": \"192.0.2.{5..6}/24\", \"root_password_file\": \"pw\"}},"
		" \"guests\": {\"g2\": {\"pool\": \"198.51.100.0/24\"}, \"off\": {\"network\": false}, \"auto\": {\"ip\":"
		" \"dhcp\"}, \"h\": {\"type\": \"hvm\"}}}");

	(void)state;
	check_value(&fleet, "g1", "ip", "192.0.2.5/24");
	check_value(&fleet, "g1", "pool", NULL);
	check_value(&fleet, "g1", "root_password_hash", NULL);
	check_value(&fleet, "g2", "ip", NULL);
	check_value(&fleet, "g2", "pool", "198.51.100.0/24");
	check_value(&fleet, "off", "pool", NULL);
	check_value(&fleet, "off", "bridge", NULL);
	check_value(&fleet, "off", "gateway", NULL);
	check_value(&fleet, "off", "network", "false");
	check_value(&fleet, "auto", "pool", NULL);
	check_value(&fleet, "auto", "gateway", NULL); /* of "defaults", so for static addresses only */
	check_value(&fleet, "g1", "gateway", "192.0.2.1");
	check_value(&fleet, "h", "boot", NULL);
	check_value(&fleet, "h", "gateway", "192.0.2.1");
	bd_fleet_dispose(&fleet);
}

#define IN_GUEST(settings) "{\"fleet\": \"a\",\n\"guests\": {\"a\": {" settings "}}}"
#define IN_GROUP(settings) "{\"fleet\": \"a\",\n\"groups\": {\"g\": {" settings "}}}"

static void what_is_wrong_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "[]", "f.json:1:1: a manifest is an object" },
		{ "{", "f.json:1:2: not JSON: " },
		{ "{}", "f.json:1:1: \"fleet\" is missing" },
		{ "{\"fleet\": 7}", "f.json:1:11: \"fleet\" is a number, where a string is needed" },
		{ "{\"fleet\": \"Shop\"}", "f.json:1:11: \"Shop\" is not a fleet's name: " },
		{ "{\"fleet\": \"a\"}", "f.json:1:1: the manifest names no guest" },
		{ "{\"fleet\": \"a\", \"groups\": {}, \"guests\": {}}", "f.json:1:1: the manifest names no guest" },
		{ "{\"fleet\": \"a\",\n \"group\": {}}",
		  "f.json:2:2: \"group\" is unknown; did you mean \"groups\"?" },
		{ "{\"fleet\": \"a\", \"memory\": 5}",
		  "f.json:1:16: \"memory\" stands in \"defaults\", in a group or in a guest" },
		{ "{\"fleet\": \"a\", \"quota\": 5}", "f.json:1:16: \"quota\" is unknown; a manifest has " },
		{ "{\"fleet\": \"a\", \"guests\": []}",
		  "f.json:1:26: \"guests\" is an array, where an object is needed" },
		{ "{\"fleet\": \"a\", \"defaults\": \"x\"}",
		  "f.json:1:28: \"defaults\" is a string, where an object" },
		{ "{\"fleet\": \"a\", \"guests\": {\"a\": 1}}", "f.json:1:32: \"a\" is a number, where an object" },
		{ "{\"fleet\": \"a\", \"guests\": {\"a_b\": {}}}", "f.json:1:27: \"a_b\" is not a host name" },
		{ "{\"fleet\": \"a\", \"guests\": {\"w{1..2}\": {}}}", "f.json:1:27: \"w{1..2}\": ranges of guests" },
		{ "{\"fleet\": \"a\", \"guests\": {\"b\": {}, \"b\": {}}}", "f.json:1:36: \"b\" is given twice" },
		{ IN_GUEST("\"memroy\": 1"), "f.json:2:18: \"memroy\" is unknown; did you mean \"memory\"?" },
		{ IN_GUEST("\"ssh-key\": 1"), "f.json:2:18: \"ssh-key\" is unknown; did you mean \"ssh_keys\"?" },
		{ IN_GUEST("\"file\": 1"), "f.json:2:18: \"file\" is unknown; did you mean \"files\"?" },
		{ IN_GUEST("\"no-net\": 1"), "f.json:2:18: \"no-net\" is unknown; did you mean \"network\"?" },
		{ IN_GUEST("\"colour\": 1"), "f.json:2:18: \"colour\" is unknown; see " },
		{ IN_GUEST("\"size\": 4"), "f.json:2:26: \"size\" is a number, where a string is needed" },
		{ IN_GUEST("\"size\": \"\""), "f.json:2:26: \"size\" is empty" },
		{ IN_GUEST("\"memory\": true"),
		  "f.json:2:28: \"memory\" is true or false, where a number or a string" },
		{ IN_GUEST("\"autostart\": \"no\""), "f.json:2:31: \"autostart\" is a string, where true or false" },
		{ IN_GUEST("\"dns\": {}"),
		  "f.json:2:25: \"dns\" is an object, where a string or an array of strings" },
		{ IN_GUEST("\"dns\": [\"x\", 1]"), "f.json:2:31: \"dns\" has a number in it" },
		{ IN_GUEST("\"ip\": \"192.0.2.{1..2}/24\""),
		  "f.json:2:24: \"ip\": a range is allowed in a group only; this is one guest" },
		{ IN_GUEST("\"ip\": \"dhcp\", \"pool\": \"192.0.2.0/24\""),
		  "f.json:2:40: \"pool\" and \"ip\" cannot be used together (guest a)" },
		{ IN_GUEST("\"network\": false, \"mac\": \"x\""),
		  "f.json:2:43: \"mac\" and \"network\": false cannot be used together (guest a)" },
		{ "{\"fleet\": \"a\", \"defaults\": {\"ip\": \"192.0.2.{1..2}/24\"}}",
		  "f.json:1:35: \"ip\": a range is allowed in a group only; \"defaults\"" },
		{ IN_GROUP(""), "f.json:2:12: the group \"g\" has no \"guests\"" },
		{ IN_GROUP("\"guest\": \"w\""), "f.json:2:12: the group \"g\" has no \"guests\"" },
		{ IN_GROUP("\"guests\": \"w\", \"guest\": 1"),
		  "f.json:2:33: \"guest\" is unknown; did you mean \"guests\"?" },
		{ IN_GROUP("\"guests\": {}"), "f.json:2:28: \"guests\" of a group is an object" },
		{ IN_GROUP("\"guests\": [1]"), "f.json:2:29: a number is no guest's name" },
		{ IN_GROUP("\"guests\": \"w{3..1}\""),
		  "f.json:2:28: \"w{3..1}\": the range's end is below its beginning" },
		{ IN_GROUP("\"guests\": [\"w{1..3}\",\n\"w2\"]"),
		  "f.json:3:1: the guest w2 is listed twice; it is also in the group g, line 2" },
		{ IN_GROUP("\"guests\": \"{1..3}\""),
		  "f.json:2:28: \"1\" is a number, which xl would read as a domid" },
		{ IN_GROUP("\"guests\": [\"a{1..99999}\", \"b{1..2}\"]"), "f.json:2:44: more than 100000 guests" },
		{ IN_GROUP("\"guests\": \"w{1..3}\", \"ip\": \"192.0.2.{1..2}/24\""),
		  "f.json:2:45: \"ip\": \"192.0.2.{1..2}/24\" is for 2 guests; the group has 3" },
		{ IN_GROUP("\"guests\": \"w{1..3}\", \"ip\": \"192.0.2.{1-2}/24\""),
		  "f.json:2:45: \"ip\": \"192.0.2.{1-2}/24\": the braces do not hold a range" },
		{ "{\"fleet\": \"a\", \"defaults\": {\"networks\": {\"brige\": \"b\"}}}",
		  "f.json:1:42: \"brige\" is unknown in \"networks\"; did you mean \"bridge\"?" },
		{ "{\"fleet\": \"a\", \"defaults\": {\"networks\": {\"ip\": \"192.0.2.{1..2}/24\"}}}",
		  "f.json:1:48: \"ip\": a range is allowed in a group only" },
		{ "{\"fleet\": \"a\", \"defaults\": {\"networks\": {\"vlan\": [5]}}}",
		  "f.json:1:50: \"vlan\" is an array, where a number or a string is needed" },
		{ "{\"fleet\": \"a\", \"defaults\": {\"networks\": {\"script\": \"a,bridge=b\"}}}",
		  "f.json:1:52: \"script\": \"a,bridge=b\" has a comma in it" },
		{ "{\"fleet\": \"a\", \"defaults\": {\"networks\": {\"ip\": \"dhcp\", \"pool\": \"192.0.2.0/24\"}}}",
		  "f.json:1:64: \"pool\" and \"ip\" cannot be used together" },
		{ "{\"fleet\": \"a\", \"groups\": {\"G\": {\"guests\": \"w\"}}}",
		  "f.json:1:27: \"G\" is not a group's name" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_fleet fleet = { .count = 7 };
		if (try_fleet(rows[i].text, &fleet) != -1)
			fail_msg("%s is taken", rows[i].text);
		check_message(rows[i].text, rows[i].message);
		assert_int_equal(fleet.count, 7);
	}
}

static void a_missing_file_is_not_found(void **state)
{
	struct bd_fleet fleet;

	(void)state;
	assert_int_equal(bd_fleet_read("/nonexistent/f.json", &fleet, &err), -1);
	assert_int_equal(err.code, ENOENT);
}

static const struct bd_option *option_of(const char *name)
{
	for (const struct bd_option *option = bd_command_new.options;
	     option->name || option->kind == BD_OPTION_HEADING; option++) {
		if (option->kind != BD_OPTION_HEADING && strcmp(option->name, name) == 0)
			return option;
		if (option->kind == BD_OPTION_HEADING && !option->name)
			break;
	}
	return NULL;
}

static void each_key_is_an_option_of_new_of_its_kind(void **state)
{
	(void)state;
	for (const struct bd_fleet_key *key = bd_fleet_keys; key->name; key++) {
		const struct bd_option *option = key->option ? option_of(key->option) : NULL;
		assert_true(key->help && *key->help && !strchr(key->help, '\n'));
		if (!key->option)
			continue;
		if (!option)
			fail_msg("%s: there is no --%s", key->name, key->option);
		assert_int_equal(option->kind == BD_OPTION_FLAG, key->kind == BD_FLEET_FLAG);
		assert_int_equal(option->kind == BD_OPTION_LIST,
				 key->kind == BD_FLEET_LIST || key->kind == BD_FLEET_NETWORK_LIST);
	}
}

static void each_option_of_new_is_a_key_or_is_no_guest_s(void **state)
{
	static const char *const others[] = { "timeout", "overwrite", "templates", "seed", "dir", "no-start", "wait",
					      "no-wait", "console", "dry-run", "keep-failed", "json", "if-absent",
					      "as-if-absent",
					      "no-defaults", "seed-file",
					      /* The same of a guest as root-password-hash. */
					      "root-password-hash-file", NULL };

	(void)state;
	for (const struct bd_option *option = bd_command_new.options;
	     option->name || option->kind != BD_OPTION_HEADING; option++) {
		bool found = option->kind == BD_OPTION_HEADING;
		for (const char *const *other = others; *other && !found; other++)
			found = strcmp(*other, option->name) == 0;
		for (const struct bd_fleet_key *key = bd_fleet_keys; key->name && !found; key++)
			found = key->option && strcmp(key->option, option->name) == 0;
		if (!found)
			fail_msg("--%s is no key of a fleet's guests", option->name);
	}
}

static void only_what_is_beside_the_disk_can_change(void **state)
{
	static const char *const changeable[] = { "boot", "memory",  "vcpus",  "bridge",
						  "mac",  "network", "append", "autostart" };
	size_t count = 0;

	(void)state;
	for (const struct bd_fleet_key *key = bd_fleet_keys; key->name; key++)
		for (size_t i = 0; i < sizeof(changeable) / sizeof(*changeable) && key->place == BD_FLEET_IN_CFG; i++)
			count += strcmp(changeable[i], key->name) == 0;
	for (const struct bd_fleet_key *key = bd_fleet_keys; key->name; key++)
		count += key->place != BD_FLEET_IN_CFG;
	assert_int_equal(count, sizeof(changeable) / sizeof(*changeable) + 25);
}

static void the_schema_that_ships_is_made_from_the_keys(void **state)
{
	char *shipped, *made = fleet_schema();

	(void)state;
	assert_int_equal(bd_read_file("templates/fleet.schema.json", 1 << 20, &shipped, NULL, &err), 0);
	assert_string_equal(made, shipped);
	free(shipped);
	free(made);
}

static void the_example_that_ships_is_read(void **state)
{
	struct bd_fleet fleet;

	(void)state;
	assert_int_equal(bd_fleet_read("templates/fleet.example.json", &fleet, &err), 0);
	assert_string_equal(fleet.name, "shop");
	assert_int_equal(fleet.count, 5);
	check_value(&fleet, "web01", "ip", "192.0.2.11/24");
	check_value(&fleet, "web03", "ip", "192.0.2.13/24");
	check_value(&fleet, "web02", "memory", "1G");
	check_value(&fleet, "web03", "memory", "4G");
	check_value(&fleet, "db2", "pool", "192.0.2.100-192.0.2.109/24");
	bd_fleet_dispose(&fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(braces_count),
		cmocka_unit_test(a_range_is_what_bash_makes_of_it),
		cmocka_unit_test(what_is_no_range_is_refused),
		cmocka_unit_test(the_most_specific_place_wins),
		cmocka_unit_test(settings_come_in_the_order_of_the_keys),
		cmocka_unit_test(ranges_count_along_with_all_names_of_a_group),
		cmocka_unit_test(paths_are_relative_to_the_manifest),
		cmocka_unit_test(a_manifest_comes_from_standard_input_too),
		cmocka_unit_test(null_and_an_empty_list_take_back_what_was_said),
		cmocka_unit_test(of_what_excludes_each_other_the_more_specific_stays),
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
		cmocka_unit_test(a_missing_file_is_not_found),
		cmocka_unit_test(each_key_is_an_option_of_new_of_its_kind),
		cmocka_unit_test(each_option_of_new_is_a_key_or_is_no_guest_s),
		cmocka_unit_test(only_what_is_beside_the_disk_can_change),
		cmocka_unit_test(the_schema_that_ships_is_made_from_the_keys),
		cmocka_unit_test(the_example_that_ships_is_read),
	};
	return cmocka_run_group_tests(tests, make_fleet_folder, remove_fleet_folder);
}
