/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about guest/identity.h with a sealed template: what is laid over it, and what of it goes away. */
#include "test_identity_fixture.h"

static const struct row debian[] = {
	{ "etc", S_IFDIR | 0755, NULL, 0 },
	{ "etc/hostname", S_IFREG | 0644, "builder\n", 0 },
	{ "etc/machine-id", S_IFREG | 0444, "0123456789abcdef0123456789abcdef\n", 0 },
	{ "etc/shadow", S_IFREG | 0640, "daemon:*:19000:0:99999:7:::\nroot:*:19000:0:99999:7:::\nx:!:1::::::\n", 42 },
	{ "etc/ssh", S_IFDIR | 0755, NULL, 0 },
	{ "etc/ssh/sshd_config", S_IFREG | 0644, "", 0 },
	{ "etc/ssh/ssh_host_rsa_key", S_IFREG | 0600, "x", 0 },
	{ "etc/ssh/ssh_host_rsa_key.pub", S_IFREG | 0644, "x", 0 },
	{ "etc/ssh/ssh_host_ed25519_key", S_IFREG | 0600, "x", 0 },
	{ "root", S_IFDIR | 0700, NULL, 0 },
	{ "root/.ssh", S_IFDIR | 0750, NULL, 0 },
	{ "root/.ssh/authorized_keys", S_IFREG | 0644, "ssh-rsa AAAA there already", 0 },
	{ "lib", S_IFLNK | 0777, "usr/lib", 0 },
	{ "usr/lib", S_IFDIR | 0755, NULL, 0 },
	{ "usr/local", S_IFLNK | 0777, "/var/usrlocal", 0 },
	{ "var/usrlocal", S_IFDIR | 0755, NULL, 0 },
	{ "var/lib/dbus/machine-id", S_IFREG | 0644, "0123456789abcdef0123456789abcdef\n", 0 },
	{ "var/lib/systemd/random-seed", S_IFREG | 0600, "secret", 0 },
};

static void the_templates_name_and_machine_id_give_way(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, debian, COUNT(debian));
	world_apply(&world);
	assert_string_equal(world_text(&world, "/etc/hostname", 0644), "web01\n");
	assert_string_equal(world_text(&world, "/etc/machine-id", 0444), "");
	assert_true(world_removes(&world, "/var/lib/dbus/machine-id"));
	assert_true(world_removes(&world, "/var/lib/systemd/random-seed"));
	world_dispose(&world);
}

static void a_machine_id_is_made_where_the_template_wants_one(void **state)
{
	struct world world;
	char first[64];

	(void)state;
	world_init(&world, debian, COUNT(debian));
	world.system.unique_machine_id = true;
	world_apply(&world);
	strcpy(first, world_text(&world, "/etc/machine-id", 0444));
	assert_int_equal(strlen(first), 33);
	assert_int_equal(strspn(first, "0123456789abcdef"), 32);
	world_apply(&world);
	assert_string_not_equal(world_text(&world, "/etc/machine-id", 0444), first);
	world_dispose(&world);
}

static void a_dbus_machine_id_that_is_a_symlink_stays(void **state)
{
	static const struct row rows[] = { { "var/lib/dbus/machine-id", S_IFLNK | 0777, "/etc/machine-id", 0 } };
	struct world world;

	(void)state;
	world_init(&world, rows, COUNT(rows));
	world_apply(&world);
	assert_false(world_removes(&world, "/var/lib/dbus/machine-id"));
	world_dispose(&world);
}

static void the_templates_host_keys_are_replaced_by_one_of_the_guests_own(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, debian, COUNT(debian));
	world.system.sshd = true;
	world_apply(&world);
	assert_true(world_removes(&world, "/etc/ssh/ssh_host_rsa_key"));
	assert_true(world_removes(&world, "/etc/ssh/ssh_host_rsa_key.pub"));
	assert_null(bd_tree_find(&world.overlay, "/etc/ssh/sshd_config"));
	assert_int_equal(strncmp(world_text(&world, "/etc/ssh/ssh_host_ed25519_key", 0600), "-----BEGIN", 10), 0);
	assert_non_null(strstr(world_text(&world, "/etc/ssh/ssh_host_ed25519_key.pub", 0644), " root@web01\n"));
	assert_string_equal(world.result.ssh_host_key_type, "ED25519");
	assert_int_equal(strlen(world.result.ssh_host_key_fingerprint), 50);
	world_dispose(&world);
}

static void without_an_ssh_server_no_host_key_is_left(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, debian, COUNT(debian));
	world_apply(&world);
	assert_true(world_removes(&world, "/etc/ssh/ssh_host_ed25519_key"));
	assert_string_equal(world.result.ssh_host_key_type, "");
	world_dispose(&world);
}

static void roots_password_changes_and_all_else_in_shadow_stays(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, debian, COUNT(debian));
	world.identity.root_password_hash = strdup("$6$salt$hash");
	world_apply(&world);
	assert_string_equal(world_text(&world, "/etc/shadow", 0640),
			    "daemon:*:19000:0:99999:7:::\nroot:$6$salt$hash:19000:0:99999:7:::\nx:!:1::::::\n");
	assert_int_equal(bd_tree_find(&world.overlay, "/etc/shadow")->gid, 42);
	assert_int_equal(bd_tree_find(&world.overlay, "/etc/shadow")->uid, 0);
	world_dispose(&world);
}

static void a_template_without_shadow_takes_no_password(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, debian, 2);
	world.identity.root_password_hash = strdup("$6$salt$hash");
	world_refuses(&world, "/etc/shadow");
	world_dispose(&world);
}

static void keys_are_added_to_those_that_the_template_has(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, debian, COUNT(debian));
	world.identity.authorized_keys = strdup("ssh-ed25519 BBBB me\n");
	world_apply(&world);
	assert_string_equal(world_text(&world, "/root/.ssh/authorized_keys", 0600),
			    "ssh-rsa AAAA there already\nssh-ed25519 BBBB me\n");
	world_dispose(&world);
}

static void folders_are_made_with_the_modes_that_sshd_wants(void **state)
{
	static const struct row rows[] = { { "etc", S_IFDIR | 0755, NULL, 0 } };
	struct world world;

	(void)state;
	world_init(&world, rows, COUNT(rows));
	world.identity.authorized_keys = strdup("ssh-ed25519 BBBB me\n");
	world_apply(&world);
	assert_int_equal(bd_tree_find(&world.overlay, "/root/.ssh")->mode, S_IFDIR | 0700);
	world_dispose(&world);
}

static void overlay_paths_follow_the_templates_symlinks(void **state)
{
	struct world world;
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	world_init(&world, debian, COUNT(debian));
	world.identity.run_once = strdup("#!/bin/sh\n");
	assert_int_equal(bd_identity_add_file(&world.identity, "/etc/passwd:/lib/new/x", &err), 0);
	world_apply(&world);
	world_text(&world, "/var/usrlocal/lib/xen-bigdisk/run-once", 0755);
	assert_non_null(bd_tree_find(&world.overlay, "/usr/lib/new/x"));
	assert_null(bd_tree_find(&world.overlay, "/lib"));
	world_dispose(&world);
}

static void a_script_for_the_first_boot_is_enabled_or_refused(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, debian, COUNT(debian));
	world.identity.run_once = strdup("#!/bin/sh\n");
	world_apply(&world);
	const struct bd_node *link = bd_tree_find(
		&world.overlay, "/etc/systemd/system/multi-user.target.wants/xen-bigdisk-run-once.service");
	assert_non_null(link);
	assert_true(S_ISLNK(link->mode));
	world_text(&world, link->data, 0644);
	world.system.systemd = false;
	world_refuses(&world, "needs systemd");
	world_dispose(&world);
}

static void the_guest_says_that_it_is_up(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, debian, COUNT(debian));
	world.identity.xenstore_put = "#!/bin/sh\n";
	world_apply(&world);
	world_text(&world, "/var/usrlocal/lib/xen-bigdisk/ready", 0755);
	assert_non_null(bd_tree_find(&world.overlay,
				     "/etc/systemd/system/multi-user.target.wants/xen-bigdisk-ready.service"));
	world.system.systemd = false;
	world_apply(&world);
	assert_null(bd_tree_find(&world.overlay, "/var/usrlocal/lib/xen-bigdisk/ready"));
	world_dispose(&world);
}

static void a_guest_with_openrc_says_so_too(void **state)
{
	static const struct row openrc[] = { { "etc/runlevels/default", S_IFDIR | 0755, NULL, 0 } };
	struct world world;

	(void)state;
	world_init(&world, openrc, COUNT(openrc));
	world.system.systemd = false;
	world.identity.xenstore_put = "#!/bin/sh\nexit 3\n";
	world_apply(&world);
	const char *script = world_text(&world, "/usr/local/lib/xen-bigdisk/ready", 0755);
	assert_non_null(strstr(script, "\nset -- data/xen-bigdisk/ready 1\n"));
	assert_string_equal(script + strlen(script) - strlen("\nexit 3\n"), "\nexit 3\n");
	const struct bd_node *link = bd_tree_find(&world.overlay, "/etc/runlevels/default/xen-bigdisk-ready");
	assert_true(link && S_ISLNK(link->mode));
	assert_string_equal(link->data, "/etc/init.d/xen-bigdisk-ready");
	const char *service = world_text(&world, "/etc/init.d/xen-bigdisk-ready", 0755);
	assert_non_null(strstr(service, "/usr/local/lib/xen-bigdisk/ready\n"));
	world_dispose(&world);
}

static void a_file_replaces_ours_but_no_folder(void **state)
{
	struct world world;
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	world_init(&world, debian, COUNT(debian));
	assert_int_equal(bd_identity_add_file(&world.identity, "/etc/passwd:/etc/hosts", &err), 0);
	world_apply(&world);
	assert_string_equal(bd_tree_find(&world.overlay, "/etc/hosts")->host_path, "/etc/passwd");
	assert_int_equal(bd_identity_add_file(&world.identity, "/etc/passwd:/etc/ssh", &err), 0);
	world_refuses(&world, "/etc/ssh is a directory");
	world_dispose(&world);

	world_init(&world, debian, COUNT(debian));
	assert_int_equal(bd_identity_add_file(&world.identity, "/etc/passwd:/etc/hostname/x", &err), 0);
	world_refuses(&world, "not a directory");
	world_dispose(&world);
}

static void a_file_is_checked_before_the_image_is_made(void **state)
{
	static const char *const wrong[] = { "x",
					     "/etc/passwd",
					     "/etc/passwd:x",
					     ":/x",
					     "/nonexistent:/x",
					     "/etc:/x",
					     "/etc/passwd:/",
					     "/etc/passwd:/a/",
					     "/etc/passwd:/a/../b" };
	struct bd_identity identity = { .file_count = 0 };
	struct bd_error err = BD_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		if (bd_identity_add_file(&identity, wrong[i], &err) == 0)
			fail_msg("%s is taken", wrong[i]);
	assert_int_equal(identity.file_count, 0);
	bd_identity_dispose(&identity);
}

static void other_inits_get_a_login_on_both_consoles(void **state)
{
	static const struct row sysvinit[] = {
		{ "etc/inittab", S_IFREG | 0644, "id:2:initdefault:\n#T0:23:respawn:/sbin/getty -L ttyS0\n", 0 },
		{ "etc/securetty", S_IFREG | 0600, "tty1\nttyS0\n", 0 },
	};
	static const struct row busybox[] = { { "etc/inittab", S_IFREG | 0644, "::sysinit:/x\nhvc0::respawn:x", 0 } };
	struct world world;

	(void)state;
	world_init(&world, sysvinit, COUNT(sysvinit));
	world.system.systemd = false;
	world_apply(&world);
	const char *text = world_text(&world, "/etc/inittab", 0644);
	assert_non_null(strstr(text, "\nc0:2345:respawn:/sbin/getty -L hvc0 115200 vt100\n"));
	assert_non_null(strstr(text, "\nS0:2345:respawn:/sbin/getty -L ttyS0 115200 vt100\n"));
	assert_string_equal(world_text(&world, "/etc/securetty", 0600), "tty1\nttyS0\nhvc0\n");
	world_dispose(&world);

	world_init(&world, busybox, COUNT(busybox));
	world.system.systemd = false;
	world_apply(&world);
	assert_string_equal(world_text(&world, "/etc/inittab", 0644),
			    "::sysinit:/x\nhvc0::respawn:x\nttyS0::respawn:/sbin/getty -L 115200 ttyS0 vt100\n");
	world_dispose(&world);
}

static void cloud_init_gets_a_seed(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, debian, COUNT(debian));
	world.system.cloud_init = world.system.sshd = true;
	world.identity.authorized_keys = strdup("command=\"it's\" ssh-ed25519 AAAA me\n");
	world_apply(&world);
	assert_string_equal(world_text(&world, "/var/lib/cloud/seed/nocloud/meta-data", 0644),
			    "instance-id: 30313233-3435-3637-3839-3a3b3c3d3e3f\nlocal-hostname: web01\n");
	assert_string_equal(world_text(&world, "/var/lib/cloud/seed/nocloud/user-data", 0600),
			    "#cloud-config\nssh_authorized_keys:\n  - 'command=\"it''s\" ssh-ed25519 AAAA me'\n");
	assert_non_null(strstr(world_text(&world, "/var/lib/cloud/seed/nocloud/network-config", 0600),
			       "macaddress: \"00:16:3e:12:34:56\""));
	const char *config = world_text(&world, "/etc/cloud/cloud.cfg.d/zz-xen-bigdisk.cfg", 0644);
	assert_non_null(strstr(config, "datasource_list: [ NoCloud, None ]\n"));
	assert_non_null(strstr(config, "ssh_deletekeys: false\n"));
	assert_non_null(strstr(config, "disable_root: false\n"));
	world_dispose(&world);
}

static void the_same_seed_gives_the_same_guest(void **state)
{
	char keys[3][512], ids[3][64];

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct world world;
		struct bd_error err = BD_ERROR_INIT;
		world_init(&world, debian, COUNT(debian));
		world.system.sshd = world.system.unique_machine_id = true;
		assert_int_equal(bd_random_seed(&world.identity.random, "seed", i < 2 ? "web01" : "web02", &err), 0);
		world_apply(&world);
		strcpy(keys[i], world_text(&world, "/etc/ssh/ssh_host_ed25519_key", 0600));
		strcpy(ids[i], world_text(&world, "/etc/machine-id", 0444));
		world_dispose(&world);
	}
	assert_string_equal(keys[0], keys[1]);
	assert_string_equal(ids[0], ids[1]);
	assert_string_not_equal(keys[0], keys[2]);
	assert_string_not_equal(ids[0], ids[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_templates_name_and_machine_id_give_way),
		cmocka_unit_test(a_machine_id_is_made_where_the_template_wants_one),
		cmocka_unit_test(a_dbus_machine_id_that_is_a_symlink_stays),
		cmocka_unit_test(the_templates_host_keys_are_replaced_by_one_of_the_guests_own),
		cmocka_unit_test(without_an_ssh_server_no_host_key_is_left),
		cmocka_unit_test(roots_password_changes_and_all_else_in_shadow_stays),
		cmocka_unit_test(a_template_without_shadow_takes_no_password),
		cmocka_unit_test(keys_are_added_to_those_that_the_template_has),
		cmocka_unit_test(folders_are_made_with_the_modes_that_sshd_wants),
		cmocka_unit_test(overlay_paths_follow_the_templates_symlinks),
		cmocka_unit_test(a_script_for_the_first_boot_is_enabled_or_refused),
		cmocka_unit_test(the_guest_says_that_it_is_up),
		cmocka_unit_test(a_guest_with_openrc_says_so_too),
		cmocka_unit_test(a_file_replaces_ours_but_no_folder),
		cmocka_unit_test(a_file_is_checked_before_the_image_is_made),
		cmocka_unit_test(other_inits_get_a_login_on_both_consoles),
		cmocka_unit_test(cloud_init_gets_a_seed),
		cmocka_unit_test(the_same_seed_gives_the_same_guest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
