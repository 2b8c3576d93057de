/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `template import` and `template build`. */
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/printable.h"
#include "cli/template/report.h"
#include "cli/template/template.h"
#include "ops/template/build.h"
#include "ops/template/import.h"
#include "template/field.h"

struct import_options {
	struct template_options common;
	uint64_t limit_bytes;
	const char *network, *description, *tag, *platform, *as, *checksum, *signature, *keyring;
	bool unique_machine_id, own_grub_cfg, dry_run;
};

#define HOW_ROWS \
	{ BD_OPTION_SIZE, "max-size", "SIZE", "refuse a source with more content than this [64G]", \
	  offsetof(struct import_options, limit_bytes) }, \
		{ BD_OPTION_ALIAS, "limit", "SIZE", "max-size", 0 }, \
		{ BD_OPTION_TEXT, "network", "KIND", \
		  "network configuration: none, ifupdown, networkd, networkmanager or netplan [what the template " \
		  "declares, or what is detected]", \
		  offsetof(struct import_options, network) }, \
		{ BD_OPTION_FLAG, "unique-machine-id", NULL, \
		  "give each guest its own /etc/machine-id instead of an empty one", \
		  offsetof(struct import_options, unique_machine_id) }, \
		{ BD_OPTION_FLAG, "own-grub-cfg", NULL, "keep the template's own /boot/grub/grub.cfg", \
		  offsetof(struct import_options, own_grub_cfg) }, \
		{ BD_OPTION_FLAG, "dry-run", NULL, "only check the arguments and print what would be created", \
		  offsetof(struct import_options, dry_run) }, \
	{ \
		BD_OPTION_TEXT, "description", "TEXT", "one-line description, for show and list", \
			offsetof(struct import_options, description) \
	}

static const struct bd_option import_option_table[] = {
	{ BD_OPTION_TEXT, "as", "FORM",
	  "root: take the files of a disk's root filesystem, so that each guest gets a filesystem of its own; disk: "
	  "take the disk as it is [root where it can be read, else disk]",
	  offsetof(struct import_options, as) },
	{ BD_OPTION_TEXT, "tag", "TAG", "select the container image of this name, if SOURCE has several",
	  offsetof(struct import_options, tag) },
	{ BD_OPTION_TEXT, "platform", "OS/ARCH", "select the container image for this platform [linux/amd64]",
	  offsetof(struct import_options, platform) },
	{ BD_OPTION_TEXT, "checksum", "SUM",
	  "verify SOURCE before it is read: sha256:HEX, sha512:HEX, or a file of checksums (path or URL) that names it",
	  offsetof(struct import_options, checksum) },
	{ BD_OPTION_TEXT, "signature", "FILE",
	  "verify the file of --checksum, or else SOURCE, by this detached signature (path or URL)",
	  offsetof(struct import_options, signature) },
	{ BD_OPTION_TEXT, "keyring", "FILE",
	  "the OpenPGP keys that may have signed; alone: --checksum is clearsigned",
	  offsetof(struct import_options, keyring) },
	HOW_ROWS,
	TEMPLATE_OPTION_ROWS(struct import_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

static const struct bd_option build_option_table[] = {
	HOW_ROWS,
	TEMPLATE_OPTION_ROWS(struct import_options),
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

/* Two or three words with slashes between them. */
static bool is_platform(const char *text)
{
	int slashes = 0;

	for (const char *at = text;; at++) {
		at += strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789._-");
		if (at == text || at[-1] == '/')
			return false;
		if (*at != '/')
			return !*at && (slashes == 1 || slashes == 2);
		slashes++;
	}
}

static int take_options(const struct import_options *options, struct bd_template_options *how, struct bd_error *err)
{
	*how = (struct bd_template_options){ .limit_bytes = options->limit_bytes,
					     .unique_machine_id = options->unique_machine_id,
					     .own_grub_cfg = options->own_grub_cfg,
					     .description = options->description,
					     .has_network = options->network != NULL,
					     .form = BD_SEALED_WRITER_ROOT_OR_DISK,
					     .proof = { .checksum = options->checksum,
							.signature = options->signature,
							.keyring = options->keyring },
					     .image = { .tag = options->tag, .platform = options->platform } };
	if (options->as && bd_template_form_parse(options->as, &how->form, err) != 0)
		return bd_wrap(err, "--as");
	if (options->platform && !is_platform(options->platform))
		return bd_usage(err, "--platform: \"%s\" is not OS/ARCH or OS/ARCH/VARIANT, such as linux/arm64",
				options->platform);
	if (options->tag && !*options->tag)
		return bd_usage(err, "--tag: the name must not be empty");
	if (!options->network)
		return 0;
	return bd_network_kind_parse(options->network, "--network", &how->network, err);
}

static int report(const struct import_options *options, const struct bd_store *store,
		  const struct bd_manifest *manifest, struct bd_error *err)
{
	char path[PATH_MAX + BD_TEMPLATE_NAME_SIZE];

	snprintf(path, sizeof(path), "%s/%s", store->path, manifest->name);
	return template_report(options->common.json, path, manifest, "made", err);
}

static int report_plan(const struct import_options *options, const struct bd_template_plan *plan, const char *source,
		       struct bd_error *err)
{
	if (!options->common.json) {
		if (bd_log_level() >= BD_LOG_INFO)
			bd_print(stdout, "Template %s would be created from %s (%s): %s\n", plan->name,
				 strcmp(source, "-") != 0 ? source : "standard input", plan->source_kind, plan->path);
		return 0;
	}
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();
	bd_json_string(json, "state", "planned");
	bd_json_string(json, "path", plan->path);
	bd_json_string(json, "manifest", NULL);
	bd_json_string(json, "source_kind", plan->source_kind);
	return bd_json_finish(json, err);
}

/* Operations know no options: which one helps. name: the template's; NULL: that is the recipe's to say. */
static int advise(const char *name, struct bd_error *err)
{
	static const char *const texts[BD_TEMPLATE_FIELD_COUNT] = {
		[BD_TEMPLATE_FIELD_LIMIT] = "--max-size allows more",
		[BD_TEMPLATE_FIELD_TAG] = "--tag chooses among them",
		[BD_TEMPLATE_FIELD_FORM] = "--as disk takes the whole disk as it is",
		[BD_TEMPLATE_FIELD_PLATFORM] = "--platform takes one for another platform",
		[BD_TEMPLATE_FIELD_PROOF] = "--checksum, or --signature and --keyring, verify it",
	};
	static const char *const options[BD_TEMPLATE_FIELD_COUNT] = {
		[BD_TEMPLATE_FIELD_CHECKSUM] = "--checksum",
		[BD_TEMPLATE_FIELD_SIGNATURE] = "--signature",
		[BD_TEMPLATE_FIELD_KEYRING] = "--keyring",
	};

	if (err->kind == BD_KIND_EXISTS)
		return bd_fail_as(err, err, "%s; remove it first: xen-bigdisk template rm%s%s", err->message,
				  name ? " " : "", name ? name : "");
	if (err->field <= 0 || err->field >= BD_TEMPLATE_FIELD_COUNT)
		return -1;
	if (options[err->field])
		return bd_wrap(err, "%s", options[err->field]);
	return bd_fail_as(err, err, "%s; %s", err->message, texts[err->field]);
}

static int run_import(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct import_options *options = options_pointer;
	struct bd_template_options how;
	struct bd_template_plan plan;
	struct bd_manifest manifest;
	struct bd_store store;

	if (take_options(options, &how, err) != 0 || bd_store_open(options->common.templates, &store, err) != 0)
		return -1;
	if (options->dry_run)
		return bd_template_plan_import(&store, arguments[0], arguments[1], &how, &plan, err) == 0
			       ? report_plan(options, &plan, arguments[1], err)
			       : advise(arguments[0], err);
	if (bd_template_import(&store, arguments[0], arguments[1], &how, &manifest, err) != 0)
		return advise(arguments[0], err);
	return report(options, &store, &manifest, err);
}

static int run_build(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct import_options *options = options_pointer;
	struct bd_template_options how;
	struct bd_template_plan plan;
	struct bd_manifest manifest;
	struct bd_store store;

	if (take_options(options, &how, err) != 0 || bd_store_open(options->common.templates, &store, err) != 0)
		return -1;
	if (options->dry_run)
		return bd_template_plan_build(&store, arguments[0], arguments[1], &how, &plan, err) == 0
			       ? report_plan(options, &plan, arguments[0], err)
			       : advise(arguments[1], err);
	if (bd_template_build(&store, arguments[0], arguments[1], &how, &manifest, err) != 0)
		return advise(arguments[1], err);
	return report(options, &store, &manifest, err);
}

const struct bd_command bd_command_template_import = {
	.name = "template import",
	.arguments = "NAME SOURCE",
	.summary = "create a template from a root filesystem",
	.description =
		"SOURCE is an archive (tar, cpio, zip, 7z, xar, cab, lha or rar, optionally "
		"compressed with gzip, bzip2, xz, zstd, lz4, lzma, lzip or compress; \"-\" is standard input), a "
		"directory, a container image (as written by docker save, podman save, skopeo and crane: an OCI "
		"image layout or a docker-archive, as a directory or a tar archive), or a disk or filesystem image "
		"with ext2, ext3 or ext4 (raw, or in a file of the format qcow2, VMDK, VHD, VHDX or VDI, which qemu-img "
		"unpacks into a temporary file in $TMPDIR or /var/tmp; SOURCE@NUMBER is a partition of it), with what its /etc/fstab mounts from other ext partitions of that "
		"disk. A disk may be compressed, or in an archive (disk.raw in a tar, OVA, XVA, LXD, Vagrant), and the root filesystem one "
		"directory down; what has neither /etc nor an init is refused. A squashfs is read by sqfs2tar (squashfs-tools-ng). It is read once, without root: owners, devices, attributes and everything "
		"else go into the template's format. Archives are read in a sandbox, and one that never ends or "
		"grows out of all proportion is refused. So is a source from which no guest could be made.\n\n"
		"A container image may also be a reference as skopeo(1) takes it: docker://IMAGE from a registry, "
		"docker-daemon:IMAGE, containers-storage:IMAGE and the others of containers-transports(5) are copied by skopeo, "
		"which has to be installed; which registries, credentials and signatures count is what its own files say "
		"(registries.conf, auth.json, policy.json). oci:PATH:TAG, oci-archive:PATH:TAG, docker-archive:PATH:TAG and "
		"dir:PATH are read without it, and without its policy. A file whose name begins like one of these is written "
		"./NAME.\n\n"
		"https://URL is downloaded by curl(1), which has to be installed, with the certificates and proxies of its environment "
		"(CURL_CA_BUNDLE, https_proxy); http:// only with something to verify it by. --checksum and --signature, which also work "
		"for a file, verify what is then read, before it is: a file of checksums has lines as sha256sum(1) and sha512sum(1) "
		"write them, also with --tag, of which one names SOURCE; gpgv(1) verifies the signature, by the keys in --keyring. "
		"Downloads are kept in the folder downloads of the cache, up to 8 GiB, and are asked for again only if they have changed; "
		"it may be removed at any time. A URL with a password in it is passed on to curl only.\n\n"
		"A disk whose root filesystem cannot be read so (XFS, btrfs, LUKS, LVM, BSD, Windows) becomes a "
		"template of the whole disk: guests get copies of it, which are larger but otherwise the same, and a "
		"second, read-only disk that tells cloud-init their name, keys and network. --as chooses. With --as root, the root "
		"filesystem of such a disk, and what its /etc/fstab mounts, is read by guestfish(1) in a virtual machine of its own "
		"(Debian: the package guestfish, and a kernel in /boot), which takes seconds with KVM and minutes without; so is "
		"one in ext2, ext3 or ext4 with a part of it elsewhere. What is encrypted is not read.\n\n"
		"A template is published completely or not at all; an existing one is never replaced. Templates are "
		"in " BD_LOCALSTATEDIR
		"/lib/xen-bigdisk/templates for root, in ~/.local/share/xen-bigdisk/templates for other users, or in "
		"$XEN_BIGDISK_TEMPLATES; only their owner can read them (chmod 755 a template's directory to share "
		"it). --json prints an object with state (\"made\"; \"planned\" with --dry-run), path and manifest "
		"(null with --dry-run, which has source_kind instead). Once it is made, there are also warnings, each with id and message: "
		"what its guests lack for booting and being reached, which is said without --json, too.",
	.examples =
		"xen-bigdisk template import debian root.tar.zst\ta tar archive\n"
		"podman save debian:12 | xen-bigdisk template import deb -\ta container image, its layers merged\n"
		"xen-bigdisk template import web docker://docker.io/library/debian:12\ta container image from a registry\n"
		"xen-bigdisk template import d13 https://a.example/d.img --checksum SHA256SUMS\tdownloaded and verified\n"
		"docker export box | xen-bigdisk template import box -\tfrom a pipe\n"
		"xen-bigdisk template import old /var/lib/xen/images/old.img\tthe disk of another guest\n"
		"xen-bigdisk template import cloud cloudimg.qcow2\ta virtual disk\n"
		"xen-bigdisk template import rocky rocky.qcow2 --as disk\ta cloud image, as it is\n",
	.statuses = "3456",
	.options = import_option_table,
	.options_size = sizeof(struct import_options),
	.run = run_import,
};

const struct bd_command bd_command_template_build = {
	.name = "template build",
	.arguments = "RECIPE [NAME]",
	.summary = "build a Debian template with mmdebstrap",
	.description =
		"Installs a Debian with a kernel, systemd and an OpenSSH server from a built-in recipe (debian-12, "
		"debian-13) or one of your own (a path; " BD_DOCDIR
		"/templates/README.md describes the format), and imports it. It requires network access and the "
		"package mmdebstrap; any user may run it where unprivileged user namespaces are allowed. Packages "
		"come from the mirrors that this machine itself uses. Without NAME, the template gets the name in "
		"the recipe. --json prints an object with state (\"made\"; \"planned\" with --dry-run), path and "
		"manifest (null with --dry-run, which has source_kind instead).",
	.examples = "xen-bigdisk template build debian-12\tthe template debian-12\n"
		    "xen-bigdisk template build ./web.json web\ta recipe of your own\n",
	.statuses = "3456",
	.options = build_option_table,
	.options_size = sizeof(struct import_options),
	.run = run_build,
};
