/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands of `template` print about one. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/progress.h"
#include "cmd/template.h"
#include "template/kernel.h"

void template_put_json(struct bd_json *json, const char *path, const struct bd_manifest *manifest)
{
	bd_json_string(json, "path", path);
	bd_manifest_put_json(json, "manifest", manifest);
}

static const char *or_none(const char *text)
{
	return *text ? text : "none";
}

void template_print(const char *path, const struct bd_manifest *manifest)
{
	const struct bd_system *system = &manifest->system;
	char content[32], payload[32];

	bd_format_size(manifest->content_bytes, content, sizeof(content));
	bd_format_size(manifest->payload_bytes, payload, sizeof(payload));
	printf("%s: %s\n", manifest->name, *system->os_name ? system->os_name : "an unknown system");
	if (*manifest->description)
		printf("  %s\n", manifest->description);
	printf("  folder     %s\n", path);
	printf("  made       %s from %s (%s)\n", manifest->created, manifest->source_name, manifest->source_kind);
	printf("  size       %" PRIu32 " files and folders, %s, stored in %s\n", manifest->inodes, content, payload);
	printf("  kernel     %s\n", or_none(system->kernel_path));
	printf("  initramfs  %s\n", or_none(system->initramfs_path));
	printf("  network    %s\n", bd_network_kind_name(system->network));
	printf("  has        %s%s%s\n", system->systemd ? "systemd" : "no systemd",
	       system->sshd ? ", an OpenSSH server" : "", system->cloud_init ? ", cloud-init" : "");
	if (system->unique_machine_id)
		printf("  machine-id one of its own for each guest\n");
	if (system->own_grub_cfg)
		printf("  grub.cfg   the template's own\n");
}

struct built_in {
	const char *name, *title, *description, *made, *network, *has;
	bool has_kernel;
};

static const struct built_in built_ins[] = {
	{ BD_TEMPLATE_MINI, "a small Linux system",
	  "The smallest guest that is up: a kernel of the distribution, static busybox, an ext3 root",
	  "anew for each guest, from the kernel and the busybox of this machine", "ifupdown",
	  "busybox init, a root shell on the console", true },
	{ BD_TEMPLATE_NONE, "an empty root filesystem",
	  "A disk that is bootable, with nothing in it to boot; see --no-start of new", "anew for each guest", "none",
	  "nothing", false },
};

static void print_built_in(const struct built_in *template, const struct bd_kernel *kernel)
{
	printf("%s: %s\n", template->name, template->title);
	printf("  %s\n", template->description);
	printf("  folder     none; it is a part of the program\n");
	printf("  made       %s\n", template->made);
	if (kernel) {
		printf("  kernel     /boot/vmlinuz-%s, here %s\n", kernel->version, kernel->image_path);
		printf("  initramfs  /boot/initrd.img-%s\n", kernel->version);
	} else if (template->has_kernel) {
		printf("  kernel     not here yet; the first new downloads the one of the distribution with apt\n");
	} else {
		printf("  kernel     none\n");
	}
	printf("  network    %s\n", template->network);
	printf("  has        %s\n", template->has);
}

static int print_built_in_json(const struct built_in *template, const struct bd_kernel *kernel, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_new();
	char path[NAME_MAX + 32];

	if (!json)
		return bd_fail(err, ENOMEM, "out of memory");
	bd_json_open_object(json, NULL);
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
	bd_json_close_object(json);
	return bd_json_print(json, stdout, err);
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

int template_report(const struct template_options *options, const char *path, const struct bd_manifest *manifest,
		    const char *said, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = NULL;

	bd_progress_end(0);
	if (!options->json) {
		if (bd_log_level() < BD_LOG_INFO)
			return 0;
		printf("The template %s is %s.\n", manifest->name, said);
		template_print(path, manifest);
		return 0;
	}
	json = bd_json_new();
	if (!json)
		return bd_fail(err, ENOMEM, "out of memory");
	bd_json_open_object(json, NULL);
	bd_json_string(json, "state", said);
	template_put_json(json, path, manifest);
	bd_json_close_object(json);
	return bd_json_print(json, stdout, err);
}
