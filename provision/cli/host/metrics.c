/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `metrics`: this host's guests as metrics for Prometheus. */
#include "ops/metrics/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file/atomic_file.h"
#include "base/file/file.h"
#include "base/printable.h"
#include "cli/command.h"

struct metrics_options {
	const char *dir, *templates, *textfile;
	bool no_doctor;
};

#define AT(member) offsetof(struct metrics_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_TEXT, "textfile", "FILE",
	  "write to this file instead of stdout, all at once or not at all, for node_exporter, which reads files that end "
	  "in .prom",
	  AT(textfile) },
	{ BD_OPTION_FLAG, "no-doctor", NULL, "leave out what doctor finds, which takes longest", AT(no_doctor) },
	{ BD_OPTION_TEXT, "dir", "DIR", "the guests in this directory instead of the system's", AT(dir) },
	{ BD_OPTION_TEXT, "templates", "DIR", "template directory [" BD_LOCALSTATEDIR "/lib/xen-bigdisk/templates]",
	  AT(templates) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

/* Who reads it is another user than root, whatever the umask is. */
static int write_file(const char *path, const char *text, struct bd_error *err)
{
	BD_DISPOSE(bd_atomic_file_dispose) struct bd_atomic_file draft = BD_ATOMIC_FILE_INIT;

	if (bd_atomic_file_open_output(path, 0644, &draft, err) != 0)
		return -1;
	if (fchmod(draft.fd, 0644) != 0)
		return bd_fail_errno(err, "cannot set the mode of %s", path);
	if (bd_pwrite_all(draft.fd, text, strlen(text), 0, path, err) != 0 || bd_atomic_file_sync(&draft, err) != 0)
		return -1;
	return bd_atomic_file_publish(&draft, err);
}

static int run_metrics(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct metrics_options *options = options_pointer;
	const struct metrics_request request = { .dir = options->dir,
						 .templates = options->templates,
						 .no_doctor = options->no_doctor };
	BD_FREE char *text = NULL;

	(void)arguments;
	if (metrics_make(&request, &text, err) != 0)
		return -1;
	if (options->textfile && write_file(options->textfile, text, err) == 0)
		return 0;
	/* A folder that is not there is not what the command is about. */
	if (options->textfile && err->kind == BD_KIND_NO_ROOM)
		return bd_wrap(err, "the metrics were not written");
	if (options->textfile)
		return bd_fail(err, err->code, "the metrics were not written: %.900s", err->message);
	bd_print(stdout, "%s", text);
	return 0;
}

const struct bd_command bd_command_metrics = {
	.name = "metrics",
	.arguments = "",
	.summary = "print metrics for Prometheus",
	.description =
		"Prints what is known of this host and its guests in Prometheus' text form: the guests by state; of each its memory, "
		"virtual CPUs, CPU time, the size of its disks and what they take on the host; how often it was started, "
		"restarted by its monitor, powered off, rebooted and crashed, how many starts failed, and what each stage of "
		"the last start took; the memory of the host that new guests can be given; the templates; what doctor finds, "
		"by severity; and the versions of Xen and of this program. Each metric has its description.\n\n"
		"It needs no Xen: where none is running, or only root may ask it, xen_bigdisk_hypervisor_up is 0, the state of "
		"every guest is unknown, and the status is 0. A DIR that is given and is not there is an error. What cannot be read is left out, counted in "
		"xen_bigdisk_scrape_errors, and printed on stderr unless --quiet is given. Guests that have the same name in "
		"two configs are there once.\n\n"
		"Starts are counted when they are made by this program (new, start, clone, fleet apply), failed ones also where no Xen runs; "
		"not what is refused because another command is at work on the guest, or before new and clone have made it; reboots, crashes and "
		"the like by the guest's monitor, and so not of a guest that xl has started. The counters of a guest are in " BD_LOCALSTATEDIR
		"/lib/xen-bigdisk/guests; they go with it to another name (rename), and away with it "
		"(rm).\n\n"
		"--textfile replaces FILE, a regular file or none, as a whole, with mode 0644; if that fails, the old FILE stays as it is, which "
		"node_exporter shows by node_textfile_mtime_seconds.",
	.examples = "xen-bigdisk metrics\teverything\n"
		    "xen-bigdisk metrics --quiet --textfile /var/lib/prometheus/node-exporter/xen-bigdisk.prom\tfor "
		    "node_exporter, from a timer\n",
	.statuses = "46",
	.options = option_table,
	.options_size = sizeof(struct metrics_options),
	.run = run_metrics,
};
