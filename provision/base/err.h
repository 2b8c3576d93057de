/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one error idiom: a function that can fail returns 0 or -1 and takes a struct bd_error last.
 *
 * The error is set once, where the failure is seen (bd_fail, bd_fail_errno, bd_usage and the others below), given context
 * on the way up (bd_wrap) and printed once, by main. Every pointer to a struct bd_error is non-NULL.
 *
 * An error has a kind in addition to its code. The exit status is determined by the kind alone, which is therefore set
 * where it is known what failed: ENOENT for a guest that the user named is "not found", ENOENT for a plugin or a key file
 * is a failure like any other.
 */
#ifndef BD_BASE_ERR_H
#define BD_BASE_ERR_H

#include <errno.h>

#define BD_ERROR_MESSAGE_SIZE 1020

/* A code outside errno's range: the caller used the program wrongly; exit status 2. */
#define BD_EUSAGE 10001
/* The user asked to stop (Ctrl-C, SIGTERM); exit status 128 + the signal. */
#define BD_ECANCELED 10002

/* What failed has been printed already, as a part of the JSON on stdout; main prints no other object for it. */
#define BD_EREPORTED 10003

enum bd_error_kind {
	BD_KIND_FAILED, /* none of the following; exit status 1 */
	BD_KIND_USAGE, /* 2 */
	BD_KIND_EXISTS, /* what was to be made already exists; 3 */
	BD_KIND_NOT_FOUND, /* what the command is about (a guest, a template, ...) is not there; 4 */
	BD_KIND_IN_USE, /* it is running, or in use; 5 */
	BD_KIND_NO_ROOM, /* on the disk, or in the host's memory; 6 */
	BD_KIND_NO_HYPERVISOR, /* no Xen runs here, or this is not its dom0; 7 */
	BD_KIND_CANCELED, /* stopped by a signal (128 + its number), or by an answer (1) */
	BD_KIND_COUNT
};

/* The exit status of a command that fails so; cli/help.c documents them. Of what a signal has stopped it is main's to say. */
int bd_error_status(int kind);

/* "not_found" for BD_KIND_NOT_FOUND; for --json. */
const char *bd_error_kind_name(int kind);

struct bd_error {
	int code; /* an errno value, or BD_E* above; 0: no error */
	int kind; /* enum bd_error_kind */
	char message[BD_ERROR_MESSAGE_SIZE]; /* one line, without a newline; empty where all has been said */
	/* What it is about, where whoever prints it can say more: which of several given values is wrong, or would
	 * help, as guest/create_request.h or template/field.h numbers them, or which command helps, as
	 * ops/guest/names.h does. 0: nothing in particular. */
	int field;
};

#define BD_ERROR_INIT \
	{ \
		0, BD_KIND_FAILED, "", 0 \
	}

/* Each returns -1, so that a failing function ends in `return bd_fail(...)`. Of the kind BD_KIND_FAILED. */
int bd_fail(struct bd_error *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* As bd_fail with the current errno; ": " and errno's text are added to the message. ENOSPC and EDQUOT, which mean
 * the same wherever they come from, are BD_KIND_NO_ROOM. */
int bd_fail_errno(struct bd_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As bd_fail_errno, where what the command is about is looked up: ENOENT and ENOTDIR are BD_KIND_NOT_FOUND. */
int bd_fail_lookup(struct bd_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As bd_fail, of a kind; the macros have the code that goes with it. */
int bd_fail_kind(struct bd_error *err, enum bd_error_kind kind, int code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
#define bd_exists(err, ...) bd_fail_kind(err, BD_KIND_EXISTS, EEXIST, __VA_ARGS__)
#define bd_not_found(err, ...) bd_fail_kind(err, BD_KIND_NOT_FOUND, ENOENT, __VA_ARGS__)
#define bd_in_use(err, ...) bd_fail_kind(err, BD_KIND_IN_USE, EBUSY, __VA_ARGS__)
#define bd_no_room(err, ...) bd_fail_kind(err, BD_KIND_NO_ROOM, ENOSPC, __VA_ARGS__)
#define bd_no_hypervisor(err, ...) bd_fail_kind(err, BD_KIND_NO_HYPERVISOR, ENODEV, __VA_ARGS__)
#define bd_canceled(err, ...) bd_fail_kind(err, BD_KIND_CANCELED, BD_ECANCELED, __VA_ARGS__)
#define bd_usage(err, ...) bd_fail_kind(err, BD_KIND_USAGE, BD_EUSAGE, __VA_ARGS__)

/* As bd_usage, about one of several given values. The message does not name it: whoever knows what the user calls it
 * (an option, a key of a manifest) puts that before it. */
int bd_usage_field(struct bd_error *err, int field, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Sets the field of an error that is there. */
int bd_set_field(struct bd_error *err, int field);

/* "out of memory", with ENOMEM. Which of the many small blocks was missing helps nobody. */
int bd_no_memory(struct bd_error *err);

/* As bd_fail, with the code, kind and field of another error (which may be err itself). */
int bd_fail_as(struct bd_error *err, const struct bd_error *cause, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Marks an error as BD_EREPORTED; kind and message stay. */
int bd_reported(struct bd_error *err);

/* Puts "context: " before the message that is there; code, kind and field stay. */
int bd_wrap(struct bd_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
