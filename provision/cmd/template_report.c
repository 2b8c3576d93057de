/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands of `template` print about one. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/progress.h"
#include "cmd/template.h"

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
