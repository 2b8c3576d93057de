/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the files of an identity into a guest. */
#include "guest/identity.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapt/account.h"
#include "adapt/cloud_init_obstacles.h"
#include "adapt/fstab.h"
#include "adapt/network_service.h"
#include "adapt/ssh_access.h"
#include "adapt/sshd_config.h"
#include "adapt/user.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/text.h"
#include "guest/accounts.h"
#include "guest/boot_names.h"
#include "guest/cloud_init.h"
#include "guest/consoles.h"
#include "guest/create_request.h"
#include "guest/first_boot.h"
#include "guest/network_files.h"
#include "guest/renew.h"
#include "rootfs/overlay.h"
#include "rootfs/sealed_root.h"

void bd_identity_dispose(struct bd_identity *identity)
{
	for (size_t i = 0; i < identity->file_count; i++) {
		free(identity->files[i].host_path);
		free(identity->files[i].guest_path);
	}
	free(identity->files);
	free(identity->authorized_keys);
	free(identity->user);
	free(identity->root_password_hash);
	free(identity->run_once);
	if (identity->user_data)
		explicit_bzero(identity->user_data, identity->user_data_bytes); /* it may have a password in it */
	free(identity->user_data);
	*identity = (struct bd_identity){ 0 };
}

/* Said now rather than when half of the image is written. */
static int look_at(const char *host_path, mode_t *permissions_out, struct bd_error *err)
{
	struct stat there;

	if (stat(host_path, &there) != 0 || access(host_path, R_OK) != 0)
		return bd_fail_errno(err, "cannot read %s", host_path);
	if (!S_ISREG(there.st_mode))
		return bd_usage(err, "%s is not a regular file", host_path);
	/* Owned by root in the guest: a setuid bit would mean something else there. */
	*permissions_out = there.st_mode & 0777;
	return 0;
}

static int check_guest_path(const char *path, struct bd_error *err)
{
	BD_DISPOSE(bd_tree_dispose) struct bd_tree tree = { 0 };

	if (path[1] && bd_tree_add_parents(&tree, path, err) == 0)
		return 0;
	return bd_usage(err, "\"%s\" is not an absolute path of a file, without . and .. in it", path);
}

int bd_identity_add_file(struct bd_identity *identity, const char *text, struct bd_error *err)
{
	const char *colon = strstr(text, ":/");
	mode_t permissions = 0;

	if (!colon || colon == text)
		return bd_usage(err, "\"%s\" is not HOST:GUEST, a file here and an absolute path in the guest", text);
	BD_FREE char *host_path = strndup(text, (size_t)(colon - text)), *guest_path = strdup(colon + 1);
	if (!host_path || !guest_path)
		return bd_no_memory(err);
	if (check_guest_path(guest_path, err) != 0 || look_at(host_path, &permissions, err) != 0)
		return -1;
	if (bd_array_grow(identity->files, identity->file_count, err) != 0)
		return -1;
	identity->files[identity->file_count++] = (struct bd_identity_file){ .host_path = bd_take_ptr(host_path),
									     .guest_path = bd_take_ptr(guest_path),
									     .permissions = permissions };
	return 0;
}

/* All that the parts of it look at. */
struct job {
	const struct bd_identity *identity;
	const struct bd_guest *guest;
	const struct bd_system *system;
	struct bd_overlay overlay;
	struct bd_identity_result *result;
};

static int add_hosts(const struct job *job, struct bd_error *err)
{
	char text[512], alias[BD_GUEST_NAME_SIZE + 1] = "";
	const char *name = job->guest->name, *dot = strchr(name, '.');

	/* A name with a domain is followed by its short form, as hosts(5) requires. */
	if (dot)
		snprintf(alias, sizeof(alias), " %.*s", (int)(dot - name), name);
	snprintf(text, sizeof(text),
		 "127.0.0.1\tlocalhost\n127.0.1.1\t%s%s\n\n::1\tlocalhost ip6-localhost ip6-loopback\n"
		 "ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n",
		 name, alias);
	return bd_overlay_put_text(&job->overlay, "/etc/hosts", 0644, text, err);
}

static int add_hostname(const struct job *job, struct bd_error *err)
{
	char text[BD_GUEST_NAME_SIZE + 1];

	snprintf(text, sizeof(text), "%s\n", job->guest->name);
	return bd_overlay_put_text(&job->overlay, "/etc/hostname", 0644, text, err);
}

#define FSTAB_DEVICE_SIZE (BD_UUID_TEXT_SIZE + 8)

static struct bd_fstab_entry fstab_entry(const uint8_t uuid[16], char device[FSTAB_DEVICE_SIZE],
					 const char *mount_point, const char *type, const char *options, int pass)
{
	char text[BD_UUID_TEXT_SIZE];

	bd_format_uuid(uuid, text);
	snprintf(device, FSTAB_DEVICE_SIZE, "UUID=%s", text);
	return (struct bd_fstab_entry){ device, mount_point, type, options, pass };
}

/* Services must not start before their data is there, so that what is mounted is not "nofail". */
static int add_fstab(const struct job *job, struct bd_error *err)
{
	const struct bd_guest *guest = job->guest;
	const char *type = bd_fs_type_name(guest->fs_type);
	char devices[2 + BD_GUEST_MOUNTS_MAX][FSTAB_DEVICE_SIZE];
	struct bd_fstab_entry entries[2 + BD_GUEST_MOUNTS_MAX];
	size_t mounted[BD_GUEST_MOUNTS_MAX], mounted_count = bd_guest_disks_mounted(&guest->disks, mounted),
					     count = 0;

	entries[count] = fstab_entry(guest->root_uuid, devices[0], "/", type, "defaults,errors=remount-ro", 1);
	count++;
	for (size_t i = 0; i < mounted_count; i++, count++) {
		const struct bd_guest_disk *disk = &guest->disks.items[mounted[i]];
		entries[count] = fstab_entry(disk->uuid, devices[count], disk->mount, type, "defaults", 2);
	}
	if (guest->has_swap) {
		entries[count] = fstab_entry(guest->swap_uuid, devices[count], "none", "swap", "sw", 0);
		count++;
	}
	return bd_fstab_add(&job->overlay, entries, count, guest->name, err);
}

/* What the template's machine was, no guest is: secrets and numbers that have to be each one's own. */
static int remove_secrets(const struct job *job, struct bd_error *err)
{
	static const char *const paths[] = { "/var/lib/systemd/random-seed", "/var/lib/systemd/credential.secret",
					     "/var/lib/NetworkManager/secret_key", "/var/lib/urandom/random-seed" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (bd_overlay_remove(&job->overlay, paths[i], err) != 0)
			return -1;
	return 0;
}

/* Empty: systemd makes one at the first boot (machine-id(5)). */
static int add_machine_id(const struct job *job, struct bd_error *err)
{
	uint8_t id[16];
	char text[sizeof(id) * 2 + 2] = "";
	mode_t mode;

	if (bd_overlay_mode(&job->overlay, "/var/lib/dbus/machine-id", &mode, err) != 0)
		return -1;
	/* A symlink leads to the one in /etc. */
	if (S_ISREG(mode) && bd_overlay_remove(&job->overlay, "/var/lib/dbus/machine-id", err) != 0)
		return -1;
	if (bd_overlay_mode(&job->overlay, "/etc/machine-id", &mode, err) != 0)
		return -1;
	if (job->system->unique_machine_id) {
		if (bd_random_fill_uuid(&job->identity->random, "machine-id", id, err) != 0)
			return -1;
		for (size_t i = 0; i < sizeof(id); i++)
			sprintf(text + 2 * i, "%02x", id[i]);
		text[2 * sizeof(id)] = '\n';
	} else if (!mode && !job->system->systemd) {
		return 0;
	}
	return bd_overlay_put_text(&job->overlay, "/etc/machine-id", 0444, text, err);
}

static bool is_host_key(const char *name)
{
	return strncmp(name, "ssh_host_", 9) == 0 &&
	       (bd_text_ends_in(name, "_key") || bd_text_ends_in(name, "_key.pub"));
}

#define OWN_HOST_KEY "/etc/ssh/ssh_host_ed25519_key"

static int put_host_key(const struct job *job, const char *path, const struct bd_ssh_host_key *key,
			struct bd_error *err)
{
	BD_FREE char *public_path = NULL;

	if (bd_text_format(&public_path, err, "%s.pub", path) != 0 ||
	    bd_overlay_put_text(&job->overlay, path, 0600, key->private_text, err) != 0)
		return -1;
	return bd_overlay_put_text(&job->overlay, public_path, 0644, key->public_text, err);
}

/* sshd does not start without any key. */
static int name_own_host_key(const struct job *job, const char *config, struct bd_error *err)
{
	BD_FREE char *text = NULL, *changed = NULL;

	if (bd_overlay_read(&job->overlay, config, &text, err) != 0 ||
	    bd_text_format(&changed, err, "HostKey " OWN_HOST_KEY "\n%s", text) != 0)
		return -1;
	return bd_overlay_rewrite(&job->overlay, config, 0644, changed, err);
}

static bool is_ed25519(const char *path)
{
	return strstr(bd_path_last(path), "ed25519") != NULL;
}

static bool names_ed25519(const char *files)
{
	for (const char *line = files; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		BD_FREE char *path = strndup(line, strcspn(line, "\n"));
		if (path && *path == '/' && is_ed25519(path))
			return true;
	}
	return false;
}

/* A key of another type, which can be made in the guest only. */
static int remove_host_key(const struct job *job, const char *path, struct bd_error *err)
{
	BD_FREE char *public_path = NULL;

	if (bd_text_format(&public_path, err, "%s.pub", path) != 0 ||
	    bd_overlay_remove(&job->overlay, path, err) != 0)
		return -1;
	return bd_overlay_remove(&job->overlay, public_path, err);
}

/* Systems name keys of all types in /etc/ssh, and many make those that are missing when they boot. */
static bool is_missed(const char *path, bool has_other)
{
	char folder[PATH_MAX];

	bd_path_folder(path, folder);
	return !has_other || strcmp(folder, "/etc/ssh") != 0 || !is_host_key(bd_path_last(path));
}

/* Those of HostKey lines, one a line, which can be anywhere; but for paths there is "none". */
static int put_named_host_keys(const struct job *job, char *files, const char *config,
			       const struct bd_ssh_host_key *key, struct bd_error *err)
{
	const bool any = names_ed25519(files);

	for (char *rest = NULL, *path = strtok_r(files, "\n", &rest); path; path = strtok_r(NULL, "\n", &rest)) {
		if (*path != '/')
			continue;
		if ((is_ed25519(path) ? put_host_key(job, path, key, err) : remove_host_key(job, path, err)) != 0)
			return -1;
		if (!is_ed25519(path) && is_missed(path, any))
			bd_warn("%s has no SSH host key %s, which a HostKey line names; ssh-keygen(1) in it makes one",
				job->guest->name, path);
	}
	/* The public key is looked for there whatever sshd has. */
	if (any)
		return bd_overlay_put_text(&job->overlay, OWN_HOST_KEY ".pub", 0644, key->public_text, err);
	bd_warn("sshd of %s gets " OWN_HOST_KEY ", which %s names now, as its own HostKey lines name no Ed25519 key",
		job->guest->name, config);
	return put_host_key(job, OWN_HOST_KEY, key, err) != 0 ? -1 : name_own_host_key(job, config, err);
}

static int add_host_key(const struct job *job, struct bd_error *err)
{
	BD_DISPOSE(bd_ssh_host_key_dispose) struct bd_ssh_host_key key = { 0 };
	BD_FREE char *files = NULL;
	char comment[BD_GUEST_NAME_SIZE + 8];
	const char *config;

	if (bd_overlay_remove_all(&job->overlay, "/etc/ssh", is_host_key, err) != 0)
		return -1;
	if (!job->system->sshd)
		return 0;
	snprintf(comment, sizeof(comment), "root@%s", job->guest->name);
	if (bd_ssh_host_key_make(&job->identity->random, comment, &key, err) != 0 ||
	    bd_sshd_config_host_keys(&job->overlay, &files, &config, err) != 0)
		return -1;
	strcpy(job->result->ssh_host_key_type, "ED25519");
	strcpy(job->result->ssh_host_key_fingerprint, key.fingerprint);
	return files ? put_named_host_keys(job, files, config, &key, err)
		     : put_host_key(job, OWN_HOST_KEY, &key, err);
}

static int add_authorized_keys(const struct job *job, struct bd_error *err)
{
	BD_DISPOSE(bd_account_dispose) struct bd_account account = { 0 };
	const char *user = job->identity->user;
	bool found;

	if (user && bd_user_add(&job->overlay, user, job->guest->name, err) != 0)
		return bd_set_field(err, BD_FIELD_USER);
	if (!job->identity->authorized_keys)
		return 0;
	if (bd_account_find(&job->overlay, user ? user : "root", &account, &found, err) != 0)
		return -1;
	return bd_ssh_access_grant(&job->overlay, job->system, &account, job->identity->authorized_keys,
				   job->guest->name, err);
}

static int set_root_password(const struct job *job, struct bd_error *err)
{
	BD_FREE char *shadow = NULL, *changed = NULL;

	if (!job->identity->root_password_hash)
		return 0;
	if (bd_overlay_read(&job->overlay, "/etc/shadow", &shadow, err) != 0)
		return -1;
	if (!shadow)
		return bd_usage(err, "cannot set root's password: the guest has no /etc/shadow");
	if (bd_shadow_set_root(shadow, job->identity->root_password_hash, &changed, err) != 0)
		return -1;
	return bd_overlay_rewrite(&job->overlay, "/etc/shadow", 0600, changed, err);
}

static int fail_no_cloud_init(struct bd_error *err)
{
	return bd_usage_field(err, BD_FIELD_USER_DATA, "the template has no cloud-init, which would read it");
}

/* user_data: with a text of NULL it is made, with the keys. */
static int add_cloud_init(const struct job *job, const char *authorized_keys, const struct bd_user_data *user_data,
			  struct bd_error *err)
{
	if (bd_cloud_init_remove_obstacles(&job->overlay, job->system, user_data->text, job->guest->name, err) != 0)
		return -1;
	return bd_cloud_init_add(job->guest, authorized_keys, user_data, job->system, &job->overlay, err);
}

static int add_first_boot(const struct job *job, struct bd_error *err)
{
	const struct bd_identity *identity = job->identity;

	if (bd_ready_unit_add(identity->xenstore_put, job->system, &job->overlay, err) != 0)
		return -1;
	if (identity->run_once && bd_run_once_add(identity->run_once, job->system, &job->overlay, err) != 0)
		return -1;
	if (!job->system->cloud_init)
		return identity->user_data ? fail_no_cloud_init(err) : 0;
	/* The keys are for root, and for cloud-init's own account; with another, for that only. */
	return add_cloud_init(job, identity->user ? NULL : identity->authorized_keys,
			      &(struct bd_user_data){ identity->user_data, identity->user_data_bytes }, err);
}

/* Last: the administrator's files win over ours. */
static int add_files(const struct job *job, struct bd_error *err)
{
	for (size_t i = 0; i < job->identity->file_count; i++) {
		const struct bd_identity_file *file = &job->identity->files[i];
		if (bd_overlay_put_host_file(&job->overlay, file->guest_path, file->permissions, file->host_path,
					     err) != 0) {
			err->field = BD_FIELD_FILES;
			return bd_wrap(err, "%s:%s", file->host_path, file->guest_path);
		}
	}
	return 0;
}

static int apply(const struct job *job, struct bd_error *err)
{
	if (add_hostname(job, err) != 0 || add_hosts(job, err) != 0 ||
	    bd_boot_names_change(job->guest, job->system->own_grub_cfg, &job->overlay, err) != 0 ||
	    add_fstab(job, err) != 0 || add_machine_id(job, err) != 0 || remove_secrets(job, err) != 0)
		return -1;
	if (job->overlay.root && bd_consoles_add(job->system, &job->overlay, err) != 0)
		return -1;
	if (add_host_key(job, err) != 0 || add_authorized_keys(job, err) != 0 || set_root_password(job, err) != 0)
		return -1;
	if (bd_network_files_add(job->guest, job->system, &job->overlay, err) != 0)
		return -1;
	if (job->guest->networks.count &&
	    bd_network_service_enable(job->system, &job->overlay, job->guest->name, err) != 0)
		return -1;
	return add_first_boot(job, err) != 0 ? -1 : add_files(job, err);
}

int bd_identity_apply(const struct bd_identity *identity, const struct bd_guest *guest,
		      const struct bd_system *system, const struct bd_sealed *sealed, struct bd_tree *overlay,
		      struct bd_identity_result *result_out, struct bd_error *err)
{
	/* Templates that are built for one guest have busybox' ifupdown and bring their own consoles. */
	static const struct bd_system own = { .network = BD_NETWORK_IFUPDOWN };
	const struct bd_root_reader root = bd_sealed_root_reader(sealed);
	struct bd_identity_result result = { .ssh_host_key_type = "" };
	const struct job job = { .identity = identity,
				 .guest = guest,
				 .system = system ? system : &own,
				 .overlay = { .root = sealed ? &root : NULL, .tree = overlay },
				 .result = &result };

	if (apply(&job, err) != 0)
		return -1;
	*result_out = result;
	return 0;
}

/* Where there is a seed it has more in it than a renewal knows of, such as who may log in. */
static int renew_cloud_init(const struct job *job, const struct bd_renewal *renewal, struct bd_error *err)
{
	BD_FREE char *meta_data = NULL;

	if (bd_overlay_read(&job->overlay, BD_NOCLOUD_FOLDER "/" BD_NOCLOUD_META_DATA, &meta_data, err) != 0)
		return -1;
	if (!meta_data)
		return renewal->keeps_network ? 0
					      : add_cloud_init(job, job->identity->authorized_keys,
							       &(struct bd_user_data){ 0 }, err);
	if (!renewal->keeps_network &&
	    bd_cloud_init_remove_obstacles(&job->overlay, job->system, false, job->guest->name, err) != 0)
		return -1;
	const struct bd_cloud_init_renewal of_seed = { .meta_data = meta_data,
						       .is_other = !renewal->only_name,
						       .has_network = !renewal->keeps_network,
						       .authorized_keys = job->identity->authorized_keys,
						       .root_password_hash = job->identity->root_password_hash };
	return bd_cloud_init_renew(job->guest, &of_seed, job->system, &job->overlay, err);
}

/* The other files from `new` (consoles, units, fstab) belong to the guest by now. */
static int reapply(const struct job *job, const struct bd_renewal *renewal, struct bd_error *err)
{
	if (bd_renewal_apply(renewal, &job->overlay, err) != 0)
		return -1;
	if (!renewal->only_name &&
	    (add_machine_id(job, err) != 0 || remove_secrets(job, err) != 0 || add_host_key(job, err) != 0))
		return -1;
	if (add_authorized_keys(job, err) != 0 || set_root_password(job, err) != 0)
		return -1;
	if (!renewal->keeps_network && bd_network_files_add(job->guest, job->system, &job->overlay, err) != 0)
		return -1;
	return job->system->cloud_init ? renew_cloud_init(job, renewal, err) : 0;
}

int bd_identity_reapply(const struct bd_identity *identity, const struct bd_guest *guest,
			const struct bd_renewal *renewal, const struct bd_system *system,
			const struct bd_root_reader *root, struct bd_tree *overlay,
			struct bd_identity_result *result_out, struct bd_error *err)
{
	struct bd_identity_result result = { .ssh_host_key_type = "" };
	const struct job job = { .identity = identity,
				 .guest = guest,
				 .system = system,
				 .overlay = { .root = root, .tree = overlay },
				 .result = &result };

	if (reapply(&job, renewal, err) != 0)
		return -1;
	*result_out = result;
	return 0;
}
