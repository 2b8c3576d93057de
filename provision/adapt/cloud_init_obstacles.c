/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Formats: cloud-init's ds-identify and cloud-init-generator, which decide at each boot whether it runs and where it looks, and
 * its documentation of kernel arguments. */
#include "adapt/cloud_init_obstacles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapt/cloud_init_config.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"

#define GRUB_CFG "/boot/grub/grub.cfg"
#define KERNEL_CMDLINE "/etc/kernel/cmdline"
#define GRUB_DEFAULTS_FOLDER "/etc/default/grub.d"

struct job {
	const struct bd_overlay *overlay;
	const char *who;
	bool enables; /* cloud-init, where it is disabled */
	bool disabled; /* and stays so */
};

/* Of another network, or another datasource than NoCloud in the image. */
static bool is_foreign(const char *word)
{
	static const char *const prefixes[] = { "network-config=", "ds=", "ci.ds=", "ci.datasource=",
						"ci.di.policy=" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (bd_text_begins_with(word, prefixes[i]))
			return true;
	return false;
}

static bool has_arguments(const char *path, const char *line)
{
	line += strspn(line, " \t");
	return bd_text_begins_with(line, "linux") || bd_text_begins_with(line, "GRUB_CMDLINE") ||
	       strcmp(path, KERNEL_CMDLINE) == 0;
}

static size_t word_size(const char *word)
{
	return strcspn(word, " \t\n\"'");
}

static bool is_unwanted(struct job *job, const char *word, size_t size)
{
	if (size != strlen(BD_CLOUD_INIT_DISABLED_ARGUMENT) ||
	    !bd_text_begins_with(word, BD_CLOUD_INIT_DISABLED_ARGUMENT))
		return is_foreign(word);
	job->disabled |= !job->enables;
	return job->enables;
}

/* Copies a line, with its end, but for arguments that are not wanted, each with the blank before it; those are taken_out. */
static void copy_line(struct job *job, const char *path, const char *line, size_t size, FILE *out,
		      char taken_out[256])
{
	const char *end = line + size;
	bool applies = has_arguments(path, line);

	for (const char *at = line, *next; at < end; at = next) {
		bool starts_word = at == line || strchr(" \t\"'=", at[-1]);
		size_t blank = applies && at > line && (*at == ' ' || *at == '\t');
		size_t length = word_size(at + blank);
		next = at + 1;
		if (applies && (blank || starts_word) && is_unwanted(job, at + blank, length)) {
			bd_text_append(taken_out, 256, " ", "%.*s", (int)length, at + blank);
			next = at + blank + length;
			continue;
		}
		fputc(*at, out);
	}
}

static int format_without(struct job *job, const char *path, const char *text, char **changed_out,
			  char taken_out[256], struct bd_error *err)
{
	size_t ignored;
	FILE *out = open_memstream(changed_out, &ignored);

	if (!out)
		return bd_no_memory(err);
	taken_out[0] = '\0';
	while (*text) {
		size_t size = strcspn(text, "\n");
		size += text[size] == '\n';
		copy_line(job, path, text, size, out, taken_out);
		text += size;
	}
	return fclose(out) == 0 ? 0 : bd_no_memory(err);
}

static int clean_arguments(struct job *job, const char *path, struct bd_error *err)
{
	BD_FREE char *text = NULL, *changed = NULL;
	char taken_out[256];

	if (bd_overlay_read(job->overlay, path, &text, err) != 0)
		return -1;
	if (!text)
		return 0;
	if (format_without(job, path, text, &changed, taken_out, err) != 0)
		return -1;
	if (!taken_out[0])
		return 0;
	bd_info("taken out of the kernel arguments in %s of %s, which keep cloud-init from what the guest is made with: %s",
		path, job->who, taken_out);
	return bd_overlay_rewrite(job->overlay, path, 0644, changed, err);
}

static int clean_entry(void *context, const char *name, uint8_t type, struct bd_error *err)
{
	BD_FREE char *path = NULL;

	(void)type;
	if (!bd_text_ends_in(name, ".cfg"))
		return 0;
	if (bd_text_format(&path, err, GRUB_DEFAULTS_FOLDER "/%s", name) != 0)
		return -1;
	return clean_arguments(context, path, err);
}

static int clean_all_arguments(struct job *job, bool own_grub_cfg, struct bd_error *err)
{
	const struct bd_root_reader *root = job->overlay->root;

	if (clean_arguments(job, "/etc/default/grub", err) != 0 || clean_arguments(job, KERNEL_CMDLINE, err) != 0 ||
	    root->list(root->source, GRUB_DEFAULTS_FOLDER, clean_entry, job, err) != 0)
		return -1;
	return own_grub_cfg ? clean_arguments(job, GRUB_CFG, err) : 0;
}

/* It counts before all lists of datasources. */
static int clean_ds_identify(struct job *job, struct bd_error *err)
{
	BD_FREE char *text = NULL;
	int policy_size = 0, source_size = 0;

	if (bd_overlay_read(job->overlay, BD_CLOUD_INIT_DS_IDENTIFY, &text, err) != 0)
		return -1;
	if (!text)
		return 0;
	const char *policy = bd_ds_identify_value(text, "policy", &policy_size),
		   *source = bd_ds_identify_value(text, "datasource", &source_size);
	if (bd_ds_identify_disables(text) && !job->enables) {
		job->disabled = true;
		return 0;
	}
	if (!policy && !source)
		return 0;
	bd_info("%s of %s names NoCloud as the datasource now, from which cloud-init reads what the guest was made with; the "
		"template's has %s %.*s",
		BD_CLOUD_INIT_DS_IDENTIFY, job->who, source ? "datasource" : "policy",
		source ? source_size : policy_size, source ? source : policy);
	return bd_overlay_rewrite(job->overlay, BD_CLOUD_INIT_DS_IDENTIFY, 0644,
				  "# Made by xen-bigdisk.\ndatasource: NoCloud\n", err);
}

static int clean_disabled_file(struct job *job, struct bd_error *err)
{
	bool there;

	if (bd_overlay_exists(job->overlay, BD_CLOUD_INIT_DISABLED_FILE, &there, err) != 0)
		return -1;
	if (!there)
		return 0;
	if (!job->enables) {
		job->disabled = true;
		return 0;
	}
	bd_info("cloud-init is disabled in the template (%s); in %s it is not, as the user-data is for it",
		BD_CLOUD_INIT_DISABLED_FILE, job->who);
	return bd_overlay_remove(job->overlay, BD_CLOUD_INIT_DISABLED_FILE, err);
}

int bd_cloud_init_remove_obstacles(const struct bd_overlay *overlay, const struct bd_system *system,
				   bool has_user_data, const char *who, struct bd_error *err)
{
	struct job job = { .overlay = overlay, .who = who, .enables = has_user_data };

	if (!overlay->root)
		return 0;
	if (clean_disabled_file(&job, err) != 0 || clean_ds_identify(&job, err) != 0 ||
	    clean_all_arguments(&job, system->own_grub_cfg, err) != 0)
		return -1;
	if (job.disabled && system->network == BD_NETWORK_NONE)
		bd_warn("cloud-init is disabled in the template, and nothing else there configures a network: %s will have no "
			"address",
			who);
	else if (job.disabled)
		bd_info("cloud-init is disabled in the template, and stays so in %s, whose name, keys and network are in files of "
			"their own",
			who);
	return 0;
}
