/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a guest's boot loader before its domain is made, and puts what it found into the config. */
#include "libxl/bootloader/early.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libxl_utils.h>

#include "base/cleanup.h"
#include "libxl/bootloader/answer.h"
#include "libxl/bootloader/command.h"
#include "libxl/bootloader/files.h"
#include "libxl/bootloader/run.h"
#include "libxl/bootloader/uid.h"
#include "libxl/config/set_string.h"
#include "libxl/kept_config.h"
#include "libxl/last_line.h"
#include "libxl/local_disk.h"

/* LIBXL_BOOTLOADER_TIMEOUT of libxl_internal.h, and the variable that changes it. */
#define TIMEOUT_S 120
#define TIMEOUT_VARIABLE "LIBXL_BOOTLOADER_TIMEOUT"

/* Where Xen's own programs are: what the build says, Debian's, then where other distributions and Xen's own build have them.
 * libxl knows its one place, and does not tell. */
static const char *const bin_folders[] = {
#ifdef BD_XENBINDIR
	BD_XENBINDIR,
#endif
	"/usr/lib/xen-" BD_XEN_RELEASE "/bin",
	"/usr/libexec/xen/bin",
	"/usr/lib/xen/bin",
	"/usr/local/libexec/xen/bin",
	"/usr/local/lib/xen/bin",
	NULL,
};

bool bd_bootloader_is_early(const libxl_domain_config *config)
{
	char program[PATH_MAX];

	return bd_bootloader_runs(config) && config->num_disks > 0 && !config->disks[0].is_cdrom &&
	       bd_disk_is_local(&config->disks[0]) &&
	       bd_bootloader_program(config->b_info.bootloader, bin_folders, program);
}

/* All that a run of it needs; gone when it has ended. */
struct job {
	const struct bd_build *build;
	const libxl_domain_config *config;
	struct bd_bootloader_files files;
	struct bd_bootloader_uid uid;
	char *log_path;
	int log_fd;
	bool restricted;
};

static void job_dispose(struct job *job)
{
	bd_bootloader_files_remove(&job->files);
	bd_bootloader_uid_release(&job->uid);
	if (job->log_fd >= 0)
		close(bd_take_fd(&job->log_fd));
	free(bd_take_ptr(job->log_path));
}

static void warn(void *context, const char *line)
{
	const struct job *job = context;

	job->build->tell(job->build->context, BD_TOOLSTACK_LOG_WARNING, line);
}

/* libxl keeps the logs of the last runs, too; its own have the domid in place of the name. */
static int open_log(struct job *job, struct bd_error *err)
{
	char leaf[300];

	snprintf(leaf, sizeof(leaf), "bootloader-%s", job->config->c_info.name);
	int rc = libxl_create_logfile(job->build->xen->ctx, leaf, &job->log_path);
	if (rc != 0)
		return bd_xen_fail(job->build->xen, rc, err, "cannot make a log for the boot loader");
	job->log_fd = open(job->log_path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);
	return job->log_fd >= 0 ? 0 : bd_fail_errno(err, "cannot write the boot loader's log %s", job->log_path);
}

static int choose_uid(struct job *job, struct bd_bootloader_loan *loan, struct bd_error *err)
{
	const char *user;
	bool shared;

	job->restricted = bd_bootloader_is_restricted(job->config, &user);
	if (!job->restricted)
		return 0;
	if (bd_bootloader_uid_choose(job->build->xen, user, &job->uid, &shared, err) != 0)
		return -1;
	if (shared)
		bd_xen_note(job->build->xen, "the boot loader has the uid of %s, as there is no user %s",
			    BD_BOOTLOADER_SHARED, BD_BOOTLOADER_RANGE_BASE);
	if (job->uid.number == BD_XEN_NO_DOMID)
		return 0;
	return bd_bootloader_lend(loan, job->uid.number, err);
}

static unsigned timeout_s(const struct job *job)
{
	const char *text = getenv(TIMEOUT_VARIABLE);
	int seconds = text ? atoi(text) : TIMEOUT_S;

	return job->restricted && seconds > 0 ? (unsigned)seconds : 0;
}

static int run(struct job *job, struct bd_error *err)
{
	const struct bd_build *build = job->build;
	char program[PATH_MAX];
	BD_DISPOSE(bd_bootloader_command_free) char **argv = NULL;
	const struct bd_bootloader_call call = { .program = program,
						 .disk = job->config->disks[0].pdev_path,
						 .output = job->files.output,
						 .directory = job->files.directory,
						 .restricted = job->restricted,
						 .uid = job->uid.uid };

	if (!bd_bootloader_program(job->config->b_info.bootloader, bin_folders, program))
		return bd_fail(err, ENOENT, "the boot loader %s is gone", job->config->b_info.bootloader);
	if (bd_bootloader_command(&job->config->b_info, &call, &argv, err) != 0)
		return -1;
	bd_xen_note(build->xen, "running the boot loader %s; its log is %s", program, job->log_path);
	return bd_bootloader_run(&(struct bd_bootloader_run){ .argv = argv,
							      .log_fd = job->log_fd,
							      .stop_fd = build->stop_fd,
							      .screen_fd = build->screen_fd,
							      .rows = build->screen_rows,
							      .columns = build->screen_columns,
							      .timeout_s = timeout_s(job) },
				 err);
}

static int read_answer(struct job *job, struct bd_bootloader_answer *answer_out, struct bd_error *err)
{
	BD_FREE char *text = NULL;
	size_t size;

	if (bd_bootloader_files_answer(&job->files, &text, &size, err) != 0)
		return -1;
	return bd_bootloader_answer_parse(text, size, warn, job, answer_out, err);
}

static int set_path(char **member, int fd, struct bd_error *err)
{
	*member = NULL;
	return fd < 0 || asprintf(member, "/proc/self/fd/%d", fd) >= 0 ? 0 : bd_no_memory(err);
}

/* libxl reads kernel and ramdisk by their path, in this process. */
static int put_into_config(struct bd_bootloader_answer *answer, libxl_domain_config *config,
			   struct bd_bootloader_early *early, struct bd_error *err)
{
	libxl_domain_build_info *build = &config->b_info;
	BD_FREE char *kernel = NULL;
	BD_FREE char *ramdisk = NULL;

	if (set_path(&kernel, early->kernel_fd, err) != 0 || set_path(&ramdisk, early->ramdisk_fd, err) != 0)
		return -1;
	early->bootloader = bd_take_ptr(build->bootloader);
	early->kernel = build->kernel;
	early->ramdisk = build->ramdisk;
	early->cmdline = build->cmdline;
	build->kernel = bd_take_ptr(kernel);
	build->ramdisk = bd_take_ptr(ramdisk);
	build->cmdline = bd_take_ptr(answer->cmdline);
	early->ran = true;
	return 0;
}

static int take_result(struct job *job, libxl_domain_config *config, struct bd_bootloader_early *early,
		       struct bd_error *err)
{
	BD_DISPOSE(bd_bootloader_answer_dispose) struct bd_bootloader_answer answer = { 0 };

	if (read_answer(job, &answer, err) != 0 ||
	    bd_bootloader_files_take(&job->files, answer.kernel, job->restricted, &early->kernel_fd, err) != 0)
		return -1;
	if (answer.ramdisk &&
	    bd_bootloader_files_take(&job->files, answer.ramdisk, job->restricted, &early->ramdisk_fd, err) != 0)
		return -1;
	return put_into_config(&answer, config, early, err);
}

static int prepare(struct job *job, struct bd_bootloader_loan *loan, struct bd_error *err)
{
	return open_log(job, err) != 0 || choose_uid(job, loan, err) != 0 ||
			       bd_bootloader_files_make(BD_BOOTLOADER_FOLDER, job->config->c_info.name, &job->files,
							err) != 0
		       ? -1
		       : 0;
}

int bd_bootloader_early_run(const struct bd_build *build, libxl_domain_config *config,
			    struct bd_bootloader_loan *loan, struct bd_bootloader_early *early_out,
			    struct bd_error *err)
{
	BD_DISPOSE(job_dispose)
	struct job job = { .build = build, .config = config, .uid = BD_BOOTLOADER_UID_INIT, .log_fd = -1 };
	struct bd_bootloader_early early = BD_BOOTLOADER_EARLY_INIT;

	if (!bd_bootloader_is_early(config))
		return 0;
	bd_build_stage(build, BD_TOOLSTACK_STAGE_BOOTLOADER);
	bd_xen_forget(build->xen);
	int r = prepare(&job, loan, err) != 0 || run(&job, err) != 0 ? -1 : take_result(&job, config, &early, err);
	bd_bootloader_take_back(loan);
	/* The menu is over. */
	if (build->screen_fd >= 0)
		shutdown(build->screen_fd, SHUT_RDWR);
	if (r == 0) {
		*early_out = early;
		return 0;
	}
	bd_bootloader_early_end(&early, config);
	if (job.log_path && err->code != BD_ECANCELED)
		bd_add_last_line(job.log_path, err);
	return bd_wrap(err, "cannot create the domain %s", config->c_info.name);
}

int bd_bootloader_early_record(const struct bd_xen *xen, const struct bd_bootloader_early *early, uint32_t domid,
			       struct bd_error *err)
{
	BD_DISPOSE(libxl_domain_config_dispose) libxl_domain_config config;
	libxl_domain_build_info *build = &config.b_info;

	libxl_domain_config_init(&config);
	if (!early->ran)
		return 0;
	/* Nobody else changes it: the domain has just been made, and is still paused. */
	if (bd_kept_config_read(xen, domid, &config, err) ||
	    bd_set_string(&build->bootloader, early->bootloader, err) ||
	    bd_set_string(&build->kernel, early->kernel, err) ||
	    bd_set_string(&build->ramdisk, early->ramdisk, err) ||
	    bd_set_string(&build->cmdline, early->cmdline, err))
		return -1;
	return bd_kept_config_write(xen, domid, &config, err);
}

void bd_bootloader_early_end(struct bd_bootloader_early *early, libxl_domain_config *config)
{
	libxl_domain_build_info *build = &config->b_info;

	if (early->kernel_fd >= 0)
		close(bd_take_fd(&early->kernel_fd));
	if (early->ramdisk_fd >= 0)
		close(bd_take_fd(&early->ramdisk_fd));
	if (!early->ran)
		return;
	free(build->kernel);
	free(build->ramdisk);
	free(build->cmdline);
	build->bootloader = bd_take_ptr(early->bootloader);
	build->kernel = bd_take_ptr(early->kernel);
	build->ramdisk = bd_take_ptr(early->ramdisk);
	build->cmdline = bd_take_ptr(early->cmdline);
	early->ran = false;
}
