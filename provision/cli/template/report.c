/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Templates as text and as JSON. */
#include "cli/template/report.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/printable.h"
#include "base/progress.h"
#include "base/text.h"
#include "cli/warnings.h"
#include "ops/host/boot_preview.h"
#include "recipes/kernel.h"
#include "template/store.h"
#include "template/store_folder.h"

void template_put_json(struct bd_json *json, const char *path, const struct bd_manifest *manifest)
{
	bd_json_string(json, "path", path);
	bd_manifest_put_json(json, "manifest", manifest);
}

static const char *or_none(const char *text)
{
	return *text ? text : "none";
}

static const char *title_of(const struct bd_manifest *manifest)
{
	const char *name = manifest->system.os_name;

	return manifest->kind == BD_TEMPLATE_DISK ? "a whole disk" : *name ? name : "an unknown system";
}

/* Of a disk that is there: by its own boot configuration, in a guest without emulated devices. */
static bool boots_by_bigdisk(const char *path, const struct bd_manifest *manifest)
{
	BD_DISPOSE(boot_preview_dispose) struct boot_preview preview = { .entry_count = 0 };
	BD_FREE char *disk = NULL;
	struct bd_error ignored;

	if (manifest->disk.is_windows || bd_text_format(&disk, &ignored, "%s/" BD_STORE_PAYLOAD, path) != 0)
		return false;
	return boot_preview_read(&(struct boot_preview_request){ .disk = disk }, &preview, &ignored) == 0 &&
	       !preview.obstacle;
}

static void print_boots(const char *path, const struct bd_manifest *manifest)
{
	char ways[64] = "";

	if (manifest->disk.has_boot_code)
		bd_text_append(ways, sizeof(ways), ", ", "BIOS");
	if (manifest->disk.has_efi_partition)
		bd_text_append(ways, sizeof(ways), ", ", "UEFI");
	if (boots_by_bigdisk(path, manifest))
		bd_text_append(ways, sizeof(ways), ", ", "bigdisk");
	bd_print(stdout, "  boots by   %s\n", *ways ? ways : "GRUB in the guest (pvgrub), if at all");
}

static void print_disk(const char *path, const struct bd_manifest *manifest)
{
	const struct bd_manifest_disk *disk = &manifest->disk;
	char size[32], payload[32];

	bd_format_size(disk->size_bytes, size, sizeof(size));
	bd_format_size(manifest->payload_bytes, payload, sizeof(payload));
	bd_print(stdout, "  size       %s, of which %s is stored\n", size, payload);
	bd_print(stdout, "  table      %s\n", disk->table);
	bd_print(stdout, "  content    %s\n", *disk->content ? disk->content : "nothing recognised");
	if (*manifest->system.os_name)
		bd_print(stdout, "  system     %s\n", manifest->system.os_name);
	print_boots(path, manifest);
}

static void print_root(const struct bd_manifest *manifest)
{
	const struct bd_system *system = &manifest->system;
	char content[32], payload[32];

	bd_format_size(manifest->content_bytes, content, sizeof(content));
	bd_format_size(manifest->payload_bytes, payload, sizeof(payload));
	bd_print(stdout, "  size       %" PRIu32 " files and directories, %s, stored in %s\n", manifest->inodes,
		 content, payload);
	bd_print(stdout, "  kernel     %s\n", or_none(system->kernel_path));
	bd_print(stdout, "  initramfs  %s\n", or_none(system->initramfs_path));
	bd_print(stdout, "  network    %s\n", bd_network_kind_name(system->network));
	bd_print(stdout, "  has        %s%s%s\n", system->systemd ? "systemd" : "no systemd",
		 system->sshd ? ", an OpenSSH server" : "", system->cloud_init ? ", cloud-init" : "");
	if (system->unique_machine_id)
		bd_print(stdout, "  machine-id generated for each guest\n");
	if (system->own_grub_cfg)
		bd_print(stdout, "  grub.cfg   the template's own\n");
}

static void name_with_kind(const struct bd_manifest *manifest, char *text, size_t size)
{
	snprintf(text, size, "the template %s", manifest->name);
}

static void print_lacks(const struct bd_manifest *manifest)
{
	char who[sizeof(manifest->name) + 16], text[BD_LACK_TEXT_SIZE];

	name_with_kind(manifest, who, sizeof(who));
	for (unsigned i = 0; i < BD_LACK_COUNT; i++)
		if (manifest->system.lacks & BD_LACK_BIT(i)) {
			bd_lack_format(&manifest->system, (enum bd_lack)i, who, text);
			bd_print(stdout, "  warning    %s\n", text);
		}
}

static void print_facts(const char *path, const struct bd_manifest *manifest)
{
	bd_print(stdout, "%s: %s\n", manifest->name, title_of(manifest));
	if (*manifest->description)
		bd_print(stdout, "  %s\n", manifest->description);
	bd_print(stdout, "  directory  %s\n", path);
	bd_print(stdout, "  made       %s from %s (%s)\n", manifest->created, manifest->source_name,
		 manifest->source_kind);
	if (*manifest->source_digest)
		bd_print(stdout, "  digest     %s\n", manifest->source_digest);
	if (manifest->kind == BD_TEMPLATE_DISK)
		print_disk(path, manifest);
	else
		print_root(manifest);
}

void template_print(const char *path, const struct bd_manifest *manifest)
{
	print_facts(path, manifest);
	print_lacks(manifest);
}

struct built_in {
	const char *name, *title, *description, *made, *network, *has;
	bool has_kernel;
};

static const struct built_in built_ins[] = {
	{ BD_TEMPLATE_MINI, "a small Linux system",
	  "The smallest guest that boots: a kernel of the distribution, static busybox, an ext3 root",
	  "for each guest, from the kernel and the busybox of this machine", "ifupdown",
	  "busybox init, a root shell on the console", true },
	{ BD_TEMPLATE_NONE, "an empty root filesystem",
	  "A disk that is bootable, with nothing in it to boot; see --no-start of new", "for each guest", "none",
	  "nothing", false },
};

static void print_built_in(const struct built_in *template, const struct bd_kernel *kernel)
{
	bd_print(stdout, "%s: %s\n", template->name, template->title);
	bd_print(stdout, "  %s\n", template->description);
	bd_print(stdout, "  directory  none (built in)\n");
	bd_print(stdout, "  made       %s\n", template->made);
	if (kernel) {
		bd_print(stdout, "  kernel     /boot/vmlinuz-%s, here %s\n", kernel->version, kernel->image_path);
		bd_print(stdout, "  initramfs  /boot/initrd.img-%s\n", kernel->version);
	} else if (template->has_kernel) {
		bd_print(stdout,
			 "  kernel     not present; the first `new` downloads the distribution's kernel with apt\n");
	} else {
		bd_print(stdout, "  kernel     none\n");
	}
	bd_print(stdout, "  network    %s\n", template->network);
	bd_print(stdout, "  has        %s\n", template->has);
}

static int print_built_in_json(const struct built_in *template, const struct bd_kernel *kernel, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();
	char path[NAME_MAX + 32];

	bd_json_string(json, "path", NULL);
	bd_json_string(json, "manifest", NULL);
	bd_json_open_object(json, "built_in");
	bd_json_string(json, "name", template->name);
	bd_json_string(json, "description", template->description);
	if (kernel)
		snprintf(path, sizeof(path), "/boot/vmlinuz-%s", kernel->version);
	bd_json_string(json, "kernel", kernel ? path : NULL);
	if (kernel)
		snprintf(path, sizeof(path), "/boot/initrd.img-%s", kernel->version);
	bd_json_string(json, "initramfs", kernel ? path : NULL);
	bd_json_string(json, "host_kernel", kernel ? kernel->image_path : NULL);
	bd_json_string(json, "network", template->network);
	bd_json_close_object(json);
	return bd_json_finish(json, err);
}

int template_show_built_in(const char *name, bool as_json, struct bd_error *err)
{
	const struct built_in *template = built_ins;
	struct bd_error absent = BD_ERROR_INIT;
	struct bd_kernel kernel;

	while (strcmp(template->name, name) != 0)
		template ++;
	bool here = template->has_kernel && bd_kernel_find_here(&kernel, &absent) == 0;
	if (as_json)
		return print_built_in_json(template, here ? &kernel : NULL, err);
	print_built_in(template, here ? &kernel : NULL);
	return 0;
}

/* As lines on stderr, and as JSON if there is any. */
static void report_lacks(struct bd_json *json, const struct bd_manifest *manifest)
{
	char who[sizeof(manifest->name) + 16];

	name_with_kind(manifest, who, sizeof(who));
	bd_lacks_warn(&manifest->system, manifest->system.lacks, who);
	if (json)
		warnings_put_json(json, &manifest->system, manifest->system.lacks, who);
}

int template_report(bool as_json, const char *path, const struct bd_manifest *manifest, const char *said,
		    struct bd_error *err)
{
	const bool made = strcmp(said, "made") == 0;

	bd_progress_end(0);
	if (!as_json) {
		if (made)
			report_lacks(NULL, manifest);
		if (bd_log_level() < BD_LOG_INFO)
			return 0;
		bd_print(stdout, "Template %s %s.\n", manifest->name, made ? "created" : "verified");
		if (made)
			print_facts(path, manifest); /* the warnings are on stderr */
		else
			template_print(path, manifest);
		return 0;
	}
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();
	bd_json_string(json, "state", said);
	template_put_json(json, path, manifest);
	if (made)
		report_lacks(json, manifest);
	return bd_json_finish(json, err);
}
