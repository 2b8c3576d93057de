/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handles one guest after the other: prints a line or an object for each, and counts the failures. */
#include "cli/guest/loop.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "cli/guest/advice.h"
#include "ops/guest/names.h"

struct running_loop {
	const struct guest_loop *loop;
	struct boot boot;
	struct bd_json *json; /* NULL: for people */
	size_t count;
	bool several;
	size_t run; /* how many of them were begun */
	struct bd_error first; /* the first failure */
	unsigned failed;
};

static void dispose(struct running_loop *running)
{
	bd_json_free(&running->json);
	boot_dispose(&running->boot);
}

static void put_guest(struct bd_json *json, const struct bd_cfg *cfg)
{
	bd_json_string(json, "name", cfg->name);
	bd_json_string(json, "cfg", cfg->path);
	bd_json_uuid(json, "uuid", cfg->has_uuid ? cfg->uuid : NULL);
}

static int run_each(struct running_loop *running, const char *argument, struct bd_cfg *cfg, bool *opened_out,
		    struct bd_error *err)
{
	const struct guest_loop *loop = running->loop;

	*opened_out = false;
	if (guest_open(argument, loop->options->dir, cfg, err) != 0) {
		bool done = false;
		if (err->kind != BD_KIND_NOT_FOUND)
			return -1;
		if (loop->absent && loop->absent(loop->context, argument, running->json, &done, err) != 0)
			return -1;
		if (done)
			return 0;
		/* ENOENT alone says that it was looked for where it would be, and is not there. */
		if (err->code != ENOENT || !loop->absent_is_done)
			return -1;
		if (running->json) {
			bd_json_string(running->json, "name", argument);
			bd_json_string(running->json, "state", "absent");
		} else if (bd_log_level() >= BD_LOG_INFO) {
			bd_print(stdout, "%s does not exist: nothing to do\n", argument);
		}
		return 0;
	}
	*opened_out = true;
	if (running->json)
		put_guest(running->json, cfg);
	return loop->each(loop->context, &running->boot, cfg, running->json, err) == 0 ? 0
										       : guest_advise(cfg->path, err);
}

static void note_failure(struct running_loop *running, const char *argument, bool opened, const struct bd_error *err)
{
	if (running->failed++ == 0)
		running->first = *err;
	if (!running->several)
		return;
	bd_progress_hide();
	bd_log(BD_LOG_ERROR, "%s", err->message);
	if (running->json) {
		if (!opened)
			bd_json_string(running->json, "name", argument);
		bd_json_string(running->json, "state", "failed");
		bd_json_error(running->json, "error", err);
	}
}

static void run_one(struct running_loop *running, const char *argument)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg cfg = { 0 };
	struct bd_error err = BD_ERROR_INIT;
	bool opened;

	if (running->json)
		bd_json_open_object(running->json, NULL);
	int r = run_each(running, argument, &cfg, &opened, &err);
	bd_progress_end(r != 0);
	if (r != 0)
		note_failure(running, argument, opened, &err);
	if (running->json)
		bd_json_close_object(running->json);
}

static int finish(struct running_loop *running, struct bd_error *err)
{
	bool print = running->json && (running->several || (running->run && !running->failed));

	if (running->json && running->several) {
		bd_json_close_array(running->json);
		bd_json_close_object(running->json);
	}
	if (print && bd_json_print(running->json, stdout, err) != 0)
		return -1;
	if (bd_cancel_signal() && (running->several || running->run < running->count)) {
		bd_cancel_check(err);
		return print ? bd_reported(err) : -1;
	}
	if (!running->failed)
		return 0;
	*err = running->first;
	if (running->several)
		bd_fail_as(err, err, "cannot %s %u of %zu guests", running->loop->verb, running->failed,
			   running->count);
	return running->several && running->json ? bd_reported(err) : -1;
}

int guest_loop_run(const struct guest_loop *loop, char **arguments, struct bd_error *err)
{
	BD_DISPOSE(dispose) struct running_loop running = { .loop = loop };

	while (arguments[running.count])
		running.count++;
	running.several = running.count > 1;
	if (loop->options->json) {
		bd_progress_init(BD_PROGRESS_OFF);
		running.json = bd_json_new();
		if (!running.json)
			return bd_no_memory(err);
	}
	if (running.json && running.several) {
		bd_json_open_object(running.json, NULL);
		bd_json_open_array(running.json, "guests");
	}
	while (running.run < running.count && !bd_cancel_signal())
		run_one(&running, arguments[running.run++]);
	return finish(&running, err);
}
