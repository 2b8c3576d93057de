/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about fleet/host_defaults.h, and about how ops/create/defaults.h adds them to a request. */
#include "fleet_checks.h"

#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "fleet/fields.h"
#include "fleet/host_defaults.h"
#include "ops/create/defaults.h"

static int try_defaults(const char *text, struct bd_host_defaults *defaults)
{
	FILE *file = fopen(fleet_path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(fleet_path, 0644), 0);
	assert_int_equal(setenv("XEN_BIGDISK_DEFAULTS", fleet_path, 1), 0);
	return bd_host_defaults_read(defaults, &err);
}

static void read_defaults(const char *text, struct bd_host_defaults *defaults)
{
	if (try_defaults(text, defaults) != 0)
		fail_msg("%s: %s", text, err.message);
}

static void they_are_the_keys_of_a_manifest_s_defaults(void **state)
{
	BD_DISPOSE(bd_host_defaults_dispose) struct bd_host_defaults defaults = { 0 };
	char path[128];

	(void)state;
	read_defaults("{ \"$schema\": \"defaults.schema.json\", \"memory\": 2048, \"size\": \"8G\",\n"
		      "  \"ssh_keys\": [\"a.pub\", \"/b.pub\"], \"swap\": null, \"mounts\": [], \"ip6\": \"none\" }",
		      &defaults);
	assert_true(defaults.is_there);
	assert_string_equal(bd_host_defaults_find(&defaults, "memory")->values[0], "2048");
	assert_string_equal(bd_host_defaults_find(&defaults, "size")->values[0], "8G");
	snprintf(path, sizeof(path), "%s/a.pub", fleet_folder);
	assert_string_equal(bd_host_defaults_find(&defaults, "ssh_keys")->values[0], path);
	assert_string_equal(bd_host_defaults_find(&defaults, "ssh_keys")->values[1], "/b.pub");
	assert_int_equal(bd_host_defaults_find(&defaults, "ssh_keys")->node->line, 2);
	assert_null(bd_host_defaults_find(&defaults, "swap"));
	assert_null(bd_host_defaults_find(&defaults, "mounts"));
	assert_null(bd_host_defaults_find(&defaults, "vcpus"));
	bd_host_defaults_dispose(&defaults);
}

static void whose_hotplug_scripts_run_is_the_host_s_to_say(void **state)
{
	static const struct {
		const char *text;
		enum bd_host_hotplug hotplug;
	} rows[] = {
		{ "{}", BD_HOTPLUG_ANY },
		{ "{\"hotplug\": null}", BD_HOTPLUG_ANY },
		{ "{\"hotplug\": \"xen\", \"memory\": \"1G\"}", BD_HOTPLUG_XEN },
		{ "{\"hotplug\": \"bigdisk\"}", BD_HOTPLUG_BIGDISK },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_host_defaults defaults;
		read_defaults(rows[i].text, &defaults);
		assert_int_equal(defaults.hotplug, rows[i].hotplug);
		bd_host_defaults_dispose(&defaults);
	}
}

static void without_a_file_nothing_is_said(void **state)
{
	BD_DISPOSE(bd_host_defaults_dispose) struct bd_host_defaults defaults = { 0 };

	(void)state;
	setenv("XEN_BIGDISK_DEFAULTS", "/nonexistent/defaults.json", 1);
	assert_int_equal(bd_host_defaults_read(&defaults, &err), 0);
	assert_false(defaults.is_there);
	for (const struct bd_fleet_key *key = bd_fleet_keys; key->name; key++)
		assert_null(bd_host_defaults_find(&defaults, key->name));
}

static void the_file_is_named_by_an_absolute_path(void **state)
{
	BD_DISPOSE(bd_host_defaults_dispose) struct bd_host_defaults defaults = { 0 };

	(void)state;
	setenv("XEN_BIGDISK_DEFAULTS", "defaults.json", 1);
	assert_int_equal(bd_host_defaults_read(&defaults, &err), -1);
	assert_int_equal(err.kind, BD_KIND_USAGE);
	assert_string_equal(err.message, "XEN_BIGDISK_DEFAULTS must be an absolute path, not 'defaults.json'");
	bd_host_defaults_dispose(&defaults);
	setenv("XEN_BIGDISK_DEFAULTS", "", 1);
	if (bd_host_defaults_read(&defaults, &err) == 0) /* whatever this host's file says */
		assert_string_equal(defaults.path, BD_SYSCONFDIR "/xen-bigdisk/defaults.json");
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "", "f.json:1:1: not JSON: the text is empty" },
		{ "{", "f.json:1:2: not JSON: the text ends" },
		{ "[]", "f.json:1:1: is an array, where an object is needed" },
		{ "{\n  \"memroy\": 1 }", "f.json:2:3: \"memroy\" is unknown; did you mean \"memory\"?" },
		{ "{\"ssh-key\": \"a\"}", "f.json:1:2: \"ssh-key\" is unknown; did you mean \"ssh_keys\"?" },
		{ "{\"memory\": true}", "f.json:1:12: \"memory\" is true or false, where a number or a string" },
		{ "{\"memory\": \"x\"}", "f.json:1:12: \"memory\": \"x\" is not a size" },
		{ "{\"memory\": 1, \"memory\": 2}", "f.json:1:15: \"memory\" is given twice" },
		{ "{\"size\": \"4\"}", "f.json:1:10: \"size\": \"4\" would be bytes; did you mean 4G?" },
		{ "{\"hotplug\": \"vif\"}", "f.json:1:13: \"hotplug\" must be \"bigdisk\" or \"xen\"" },
		{ "{\"hotplug\": true}", "f.json:1:13: \"hotplug\" must be \"bigdisk\" or \"xen\"" },
		{ "{\"size\": \"\"}", "f.json:1:10: \"size\" is empty" },
		{ "{\"swap\": \"x\"}", "f.json:1:10: \"swap\": \"x\" is not a size" },
		{ "{\"type\": \"xen\"}", "f.json:1:10: \"type\": must be" },
		{ "{\"boot\": \"uefi\"}", "f.json:1:10: \"boot\": uefi is for disks with an EFI system partition" },
		{ "{\"gateway\": \"192.0.2.1/24\"}", "f.json:1:13: \"gateway\": \"192.0.2.1/24\" is not an address" },
		{ "{\"gateway6\": \"192.0.2.1\"}", "f.json:1:14: \"gateway6\": \"192.0.2.1\" is not an address" },
		{ "{\"ip6\": \"2001:db8::5/64\"}", "f.json:1:9: \"ip6\": 2001:db8::5/64 is an address of one guest" },
		{ "{\"dns\": [\"192.0.2.1\", \"x\"]}", "f.json:1:23: \"dns\": \"x\" is not an address" },
		{ "{\"ip6\": \"none\", \"dns\": \"2001:db8::53\"}",
		  "f.json:1:24: \"dns\": 2001:db8::53 is an IPv6 server" },
		{ "{\"ssh_keys\": [\"a{1..2}.pub\"]}",
		  "f.json:1:15: \"ssh_keys\": a range is allowed in a group of a manifest only" },
		{ "{\"files\": [5]}", "f.json:1:12: \"files\" has a number in it" },
		{ "{\"root_password_hash\": \"x\"}", "f.json:1:24: \"root_password_hash\": that is not a hash" },
		{ "{\"user\": \"a b\"}", "f.json:1:10: \"user\": " },
		{ "{\"mounts\": \"/etc=1G\"}", "f.json:1:12: \"mounts\": /etc cannot be on a partition of its own" },
		{ "{\"lvm\": \"vg\", \"disks\": \"1G\"}",
		  "f.json:1:24: \"disks\" and \"lvm\" cannot be used together" },
		{ "{\"boot\": \"direct\", \"type\": \"hvm\"}",
		  "f.json:1:10: \"boot\" and \"type\": hvm cannot be used together" },
		{ "{\"boot_sector\": \"grub-legacy\", \"fs\": \"ext4\"}",
		  "f.json:1:38: \"fs\": ext4 and \"boot_sector\": grub-legacy cannot be used together" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_host_defaults defaults;
		if (try_defaults(rows[i].text, &defaults) != -1)
			fail_msg("%s is taken", rows[i].text);
		bd_host_defaults_dispose(&defaults);
		assert_int_equal(err.kind, BD_KIND_USAGE);
		if (strncmp(fleet_message(), rows[i].message, strlen(rows[i].message)) != 0)
			fail_msg("%s\n  is: %s\n  not: %s", rows[i].text, fleet_message(), rows[i].message);
	}
}

static void what_only_one_guest_has_is_refused_by_name(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct bd_host_refused *key = bd_host_refused_keys; key->name; key++, count++) {
		struct bd_host_defaults defaults;
		char text[64], message[256];
		snprintf(text, sizeof(text), "{\"%s\": null}", key->name);
		snprintf(message, sizeof(message), "f.json:1:2: \"%s\" %s", key->name, key->reason);
		assert_int_equal(try_defaults(text, &defaults), -1);
		bd_host_defaults_dispose(&defaults);
		assert_string_equal(fleet_message(), message);
	}
	assert_true(count > 10);
}

static void a_file_that_others_can_change_is_refused(void **state)
{
	struct bd_host_defaults defaults;

	(void)state;
	read_defaults("{}", &defaults);
	bd_host_defaults_dispose(&defaults);
	assert_int_equal(chmod(fleet_path, 0666), 0);
	assert_int_equal(bd_host_defaults_read(&defaults, &err), -1);
	bd_host_defaults_dispose(&defaults);
	assert_int_equal(err.kind, BD_KIND_USAGE);
	assert_non_null(strstr(err.message, "is writable by other users (mode 0666)"));
	setenv("XEN_BIGDISK_DEFAULTS", fleet_folder, 1);
	assert_int_equal(bd_host_defaults_read(&defaults, &err), -1);
	bd_host_defaults_dispose(&defaults);
	assert_non_null(strstr(err.message, "is not a regular file"));
}

/* The key of a default becomes the field of a request that an option of the same meaning sets. */
static void each_key_that_is_an_option_has_a_field(void **state)
{
	enum bd_field last = BD_FIELD_NONE;

	(void)state;
	for (enum bd_fleet_key_index i = 0; i < BD_FLEET_KEY_COUNT; i++) {
		enum bd_field field = bd_fleet_field(i);
		assert_int_equal(field != BD_FIELD_NONE, bd_fleet_keys[i].option != NULL);
		if (field == BD_FIELD_NONE)
			continue;
		assert_true(field > last); /* the order in which they are set */
		last = field;
		assert_ptr_equal(bd_fleet_key_of_field((int)field), &bd_fleet_keys[i]);
	}
	assert_null(bd_fleet_key_of_field(BD_FIELD_NONE));
}

/* "field=value", as on the command line, ended by NULL. */
struct given {
	enum bd_field field;
	const char *value;
};

static void apply(const char *text, const struct given *given, uint64_t canceled, struct bd_host_defaults *host,
		  struct create_defaults *defaults, struct bd_create_request *request)
{
	read_defaults(text, host);
	*defaults = (struct create_defaults){ .host = host };
	bd_create_request_init(request);
	request->start = false;
	for (; given && given->value; given++)
		if (bd_create_request_set(request, given->field, given->value, &err) != 0)
			fail_msg("%s: %s", given->value, err.message);
	if (create_defaults_apply(defaults, canceled, request, &err) != 0)
		fail_msg("%s: %s", text, err.message);
}

static void the_request_comes_before_the_host(void **state)
{
	static const struct given given[] = { { BD_FIELD_MEMORY, "1G" },
					      { BD_FIELD_SSH_KEYS, "/mine" },
					      { BD_FIELD_NONE, NULL } };
	BD_DISPOSE(bd_host_defaults_dispose) struct bd_host_defaults host = { 0 };
	BD_DISPOSE(create_defaults_dispose) struct create_defaults defaults = { 0 };
	BD_DISPOSE(bd_create_request_dispose) struct bd_create_request request;

	(void)state;
	apply("{\"memory\": \"2G\", \"vcpus\": 3, \"bridge\": \"br7\", \"ssh_keys\": [\"a\", \"b\"], \"swap\": \"64M\"}",
	      given, (uint64_t)1 << BD_FLEET_SWAP, &host, &defaults, &request);
	assert_int_equal(request.memory_mib, 1024);
	assert_int_equal(request.vcpus, 3);
	assert_string_equal(request.networks[0].bridge, "br7");
	assert_int_equal(request.ssh_keys.count, 1);
	assert_int_equal(request.swap_bytes, 0);
	assert_false(create_defaults_has(&defaults, BD_FIELD_MEMORY));
	assert_true(create_defaults_has(&defaults, BD_FIELD_VCPUS));
	assert_false(create_defaults_has(&defaults, BD_FIELD_SSH_KEYS));
	assert_null(defaults.passed_over[BD_FIELD_MEMORY]);
}

static void what_a_guest_cannot_have_is_passed_over(void **state)
{
	static const struct {
		const char *text;
		struct given given[4];
		enum bd_field field;
		const char *reason; /* NULL: it is used */
	} rows[] = {
		{ "{\"gateway\": \"192.0.2.1\"}", { { 0 } }, BD_FIELD_GATEWAY, "no static IPv4 address" },
		{ "{\"gateway\": \"192.0.2.1\"}", { { BD_FIELD_IP, "192.0.2.5/24" } }, BD_FIELD_GATEWAY, NULL },
		{ "{\"gateway\": \"192.0.2.2\"}", { { BD_FIELD_IP, "192.0.2.5/24" } }, BD_FIELD_GATEWAY, NULL },
		{ "{\"gateway6\": \"2001:db8::2\"}", { { BD_FIELD_IP6, "2001:db8::5/64" } }, BD_FIELD_GATEWAY6, NULL },
		{ "{\"gateway\": \"192.0.2.1\"}", { { BD_FIELD_NET, "ip=192.0.2.5/24" } }, BD_FIELD_GATEWAY, NULL },
		{ "{\"gateway\": \"192.0.2.1\"}", { { BD_FIELD_IP, "203.0.113.5/32" } }, BD_FIELD_GATEWAY, NULL },
		{ "{\"gateway\": \"192.0.2.1\"}",
		  { { BD_FIELD_IP, "10.0.0.5/24" } },
		  BD_FIELD_GATEWAY,
		  "192.0.2.1 is not in the network of 10.0.0.5/24" },
		{ "{\"gateway\": \"192.0.2.1\"}",
		  { { BD_FIELD_IP, "192.0.2.5/24" }, { BD_FIELD_NET, "ip=10.0.0.5/8,gateway=10.0.0.1" } },
		  BD_FIELD_GATEWAY,
		  "another interface has the default gateway" },
		{ "{\"gateway\": \"192.0.2.1\"}",
		  { { BD_FIELD_NETWORK, "false" } },
		  BD_FIELD_GATEWAY,
		  "no network interface" },
		{ "{\"gateway6\": \"fe80::1\"}", { { BD_FIELD_IP6, "2001:db8::5/64" } }, BD_FIELD_GATEWAY6, NULL },
		{ "{\"gateway6\": \"fe80::1\"}", { { 0 } }, BD_FIELD_GATEWAY6, "no static IPv6 address" },
		{ "{\"dns\": \"192.0.2.53\"}", { { 0 } }, BD_FIELD_DNS, "no static address" },
		{ "{\"dns\": \"192.0.2.53\"}", { { BD_FIELD_IP, "192.0.2.5/24" } }, BD_FIELD_DNS, NULL },
		{ "{\"dns\": \"2001:db8::53\"}",
		  { { BD_FIELD_IP, "192.0.2.5/24" }, { BD_FIELD_IP6, "none" } },
		  BD_FIELD_DNS,
		  "a guest without IPv6" },
		{ "{\"ip6\": \"none\"}", { { 0 } }, BD_FIELD_IP6, NULL },
		{ "{\"ip6\": \"dhcp\"}", { { 0 } }, BD_FIELD_IP6, "no DHCPv6 client" },
		{ "{\"ip6\": \"none\"}",
		  { { BD_FIELD_IP, "192.0.2.5/24" }, { BD_FIELD_DNS, "2001:db8::53" } },
		  BD_FIELD_IP6,
		  "an IPv6 name server" },
		{ "{\"ssh_keys\": \"a\"}",
		  { { BD_FIELD_TEMPLATE, "none" } },
		  BD_FIELD_SSH_KEYS,
		  "the disk is empty" },
		{ "{\"files\": \"a:/b\"}", { { BD_FIELD_TEMPLATE, "none" } }, BD_FIELD_FILES, "the disk is empty" },
		{ "{\"mounts\": \"/var=1G\"}",
		  { { BD_FIELD_TEMPLATE, "none" } },
		  BD_FIELD_MOUNTS,
		  "the disk is empty" },
		{ "{\"disks\": \"1G:/var\"}",
		  { { BD_FIELD_TEMPLATE, "none" } },
		  BD_FIELD_DISKS,
		  "the disk is empty" },
		{ "{\"disks\": \"1G\"}", { { BD_FIELD_TEMPLATE, "none" } }, BD_FIELD_DISKS, NULL },
		{ "{\"mounts\": \"/var=1G\"}",
		  { { BD_FIELD_DISKS, "1G:/var" } },
		  BD_FIELD_MOUNTS,
		  "/var is on another disk already" },
		{ "{\"mounts\": [\"/a=1G\", \"/b=1G\", \"/c=1G\"]}",
		  { { BD_FIELD_SWAP, "64M" } },
		  BD_FIELD_MOUNTS,
		  "an MBR has four partitions" },
		{ "{\"disks\": \"1G\"}", { { BD_FIELD_LVM, "vg" } }, BD_FIELD_DISKS, "a further disk is a file" },
		{ "{\"lvm\": \"vg\"}", { { BD_FIELD_DISKS, "1G" } }, BD_FIELD_LVM, "further disks" },
		{ "{\"lvm\": \"vg\"}", { { BD_FIELD_DEVICE, "/dev/x" } }, BD_FIELD_LVM, "the disk is a device" },
		{ "{\"lvm\": \"vg\"}", { { BD_FIELD_DIR, "/d" } }, BD_FIELD_LVM, "the disk is a file" },
		{ "{\"lvm\": \"vg\"}", { { 0 } }, BD_FIELD_LVM, NULL },
		{ "{\"size\": \"8G\"}", { { BD_FIELD_DEVICE, "/dev/x" } }, BD_FIELD_SIZE, "the size of its device" },
		{ "{\"boot\": \"direct\"}", { { BD_FIELD_TYPE, "hvm" } }, BD_FIELD_BOOT, "an hvm guest boots" },
		{ "{\"boot\": \"direct\"}", { { BD_FIELD_TYPE, "pvh" } }, BD_FIELD_BOOT, NULL },
		{ "{\"boot\": \"bigdisk\"}", { { 0 } }, BD_FIELD_BOOT, NULL },
		{ "{\"type\": \"hvm\"}", { { BD_FIELD_BOOT, "direct" } }, BD_FIELD_TYPE, "boot is for pv and pvh" },
		{ "{\"type\": \"hvm\"}", { { BD_FIELD_BOOT_SECTOR, "none" } }, BD_FIELD_TYPE, "needs a boot sector" },
		{ "{\"fs\": \"ext4\"}",
		  { { BD_FIELD_BOOT_SECTOR, "grub-legacy" } },
		  BD_FIELD_FS,
		  "cannot read ext4" },
		{ "{\"boot_sector\": \"grub-legacy\"}",
		  { { BD_FIELD_FS, "ext4" } },
		  BD_FIELD_BOOT_SECTOR,
		  "cannot read ext4" },
		{ "{\"user_data\": \"u\"}", { { 0 } }, BD_FIELD_USER_DATA, "no cloud-init" },
		{ "{\"run_once\": \"u\"}", { { 0 } }, BD_FIELD_RUN_ONCE, "no systemd" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bd_host_defaults host;
		struct create_defaults defaults;
		struct bd_create_request request;
		apply(rows[i].text, rows[i].given, 0, &host, &defaults, &request);
		const char *reason = defaults.passed_over[rows[i].field];
		if (create_defaults_has(&defaults, rows[i].field) != !rows[i].reason)
			fail_msg("row %zu, %s: used %d, %s", i, rows[i].text,
				 create_defaults_has(&defaults, rows[i].field), reason ? reason : "no reason");
		if (!rows[i].reason != !reason || (reason && !strstr(reason, rows[i].reason)))
			fail_msg("row %zu, %s: %s", i, rows[i].text, reason ? reason : "no reason");
		bd_create_request_dispose(&request);
		create_defaults_dispose(&defaults);
		create_defaults_dispose(&defaults);
		bd_host_defaults_dispose(&host);
	}
}

/* It is where an interface is put, and none of its own: --net remains the first one. */
static void a_bridge_of_the_host_is_that_of_an_interface_without_one(void **state)
{
	static const struct given given[] = { { BD_FIELD_NET, "ip=192.0.2.5/24" }, { BD_FIELD_NONE, NULL } };
	BD_DISPOSE(bd_host_defaults_dispose) struct bd_host_defaults host = { 0 };
	BD_DISPOSE(create_defaults_dispose) struct create_defaults defaults = { 0 };
	BD_DISPOSE(bd_create_request_dispose) struct bd_create_request request;

	(void)state;
	apply("{\"bridge\": \"br7\", \"dns\": \"192.0.2.53\"}", given, 0, &host, &defaults, &request);
	assert_int_equal(request.network_count, 1);
	assert_string_equal(request.networks[0].bridge, "br7");
	assert_string_equal(request.networks[0].addresses[0].text, "192.0.2.5");
	assert_string_equal(request.networks[0].dns[0], "192.0.2.53");
}

static void a_copy_takes_the_network_only(void **state)
{
	BD_DISPOSE(bd_host_defaults_dispose) struct bd_host_defaults host = { 0 };
	struct create_defaults defaults = { .host = &host };
	struct bd_create_request request;

	(void)state;
	read_defaults("{\"bridge\": \"br7\", \"memory\": \"2G\", \"gateway\": \"192.0.2.1\", \"ssh_keys\": \"a\","
		      " \"ip6\": \"none\", \"dns\": \"192.0.2.53\"}",
		      &host);
	for (int keeps_ip6 = 0; keeps_ip6 < 2; keeps_ip6++) {
		bd_create_request_init(&request);
		assert_int_equal(bd_create_request_set(&request, BD_FIELD_IP, "192.0.2.5/24", &err), 0);
		assert_int_equal(create_defaults_apply_to_copy(&defaults, false, keeps_ip6, &request, &err), 0);
		assert_string_equal(request.networks[0].gateway, "192.0.2.1");
		assert_int_equal(request.networks[0].dns_count, 1);
		assert_int_equal(request.networks[0].says_ip6, !keeps_ip6);
		assert_string_equal(request.networks[0].bridge, "");
		assert_false(bd_create_request_has(&request, BD_FIELD_MEMORY));
		assert_false(bd_create_request_has(&request, BD_FIELD_SSH_KEYS));
		bd_create_request_dispose(&request);
		create_defaults_dispose(&defaults);
		defaults.host = &host;
	}
}

static void an_error_about_a_value_of_the_host_names_its_place(void **state)
{
	static const struct given given[] = { { BD_FIELD_MEMORY, "1G" }, { BD_FIELD_NONE, NULL } };
	BD_DISPOSE(bd_host_defaults_dispose) struct bd_host_defaults host = { 0 };
	BD_DISPOSE(create_defaults_dispose) struct create_defaults defaults = { 0 };
	BD_DISPOSE(bd_create_request_dispose) struct bd_create_request request;

	(void)state;
	apply("{\"memory\": \"2G\",\n \"bridge\": \"br7\", \"swap\": \"1G\"}", given, 0, &host, &defaults, &request);
	bd_usage_field(&err, BD_FIELD_BRIDGE, "there is none");
	assert_int_equal(create_defaults_blame(&defaults, &err), -1);
	assert_string_equal(fleet_message(), "f.json:2:12: \"bridge\": there is none");
	assert_int_equal(err.field, BD_FIELD_NONE);
	assert_int_equal(err.kind, BD_KIND_USAGE);
	bd_usage_field(&err, BD_FIELD_MEMORY, "is too small");
	assert_int_equal(create_defaults_blame(&defaults, &err), -1);
	assert_string_equal(err.message, "is too small");
	assert_int_equal(err.field, BD_FIELD_MEMORY);
	bd_usage_field(&err, BD_FIELD_SIZE, "is too small");
	assert_int_equal(create_defaults_blame(&defaults, &err), -1);
	assert_non_null(strstr(err.message, "is too small (\"swap\" is from /"));
	assert_int_equal(err.field, BD_FIELD_SIZE);
}

/* templates/defaults.schema.json takes the manifest's settings, but for the keys that are refused here. */
static void the_schema_refuses_what_is_refused(void **state)
{
	BD_DISPOSE(bd_json_tree_dispose) struct bd_json_tree schema = { 0 };
	BD_FREE char *text = NULL;
	size_t size, refused = 0;

	(void)state;
	assert_int_equal(bd_read_file("templates/defaults.schema.json", 1 << 20, &text, &size, &err), 0);
	assert_int_equal(bd_json_parse(text, size, "schema", &schema, &err), 0);
	assert_string_equal(bd_json_text(bd_json_member(schema.root, "$ref")), "fleet.schema.json#/$defs/settings");
	const struct bd_json_node *properties = bd_json_member(schema.root, "properties");
	for (const struct bd_host_refused *key = bd_host_refused_keys; key->name; key++) {
		const struct bd_json_node *node = bd_json_member(properties, key->name);
		/* What is no key of a guest at all is unknown to the schema. */
		if (bd_fleet_key_find(key->name) && (!node || node->type != BD_JSON_BOOL))
			fail_msg("the schema does not refuse %s", key->name);
		refused += node != NULL;
	}
	for (size_t i = 0; i < properties->child_count; i++)
		refused -= properties->children[i].type == BD_JSON_BOOL;
	assert_int_equal(refused, 0);
}

static void the_example_that_ships_is_read(void **state)
{
	BD_DISPOSE(bd_host_defaults_dispose) struct bd_host_defaults defaults = { 0 };
	BD_FREE char *text = NULL;

	(void)state;
	assert_int_equal(bd_read_file("templates/defaults.example.json", 1 << 20, &text, NULL, &err), 0);
	read_defaults(text, &defaults);
	assert_string_equal(bd_host_defaults_find(&defaults, "bridge")->values[0], "xenbr0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_the_keys_of_a_manifest_s_defaults),
		cmocka_unit_test(whose_hotplug_scripts_run_is_the_host_s_to_say),
		cmocka_unit_test(without_a_file_nothing_is_said),
		cmocka_unit_test(the_file_is_named_by_an_absolute_path),
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
		cmocka_unit_test(what_only_one_guest_has_is_refused_by_name),
		cmocka_unit_test(a_file_that_others_can_change_is_refused),
		cmocka_unit_test(each_key_that_is_an_option_has_a_field),
		cmocka_unit_test(the_request_comes_before_the_host),
		cmocka_unit_test(what_a_guest_cannot_have_is_passed_over),
		cmocka_unit_test(a_bridge_of_the_host_is_that_of_an_interface_without_one),
		cmocka_unit_test(a_copy_takes_the_network_only),
		cmocka_unit_test(an_error_about_a_value_of_the_host_names_its_place),
		cmocka_unit_test(the_schema_refuses_what_is_refused),
		cmocka_unit_test(the_example_that_ships_is_read),
	};
	return cmocka_run_group_tests(tests, make_fleet_folder, remove_fleet_folder);
}
