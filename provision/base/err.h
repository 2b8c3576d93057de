/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one error idiom: a function that can fail returns 0 or -1 and takes a struct bd_error last.
 *
 * The error is set once, where the failure is seen (bd_fail, bd_fail_errno, bd_usage), given context on
 * the way up (bd_wrap) and printed once, by main. Every pointer to a struct bd_error is non-NULL.
 */
#ifndef BD_BASE_ERR_H
#define BD_BASE_ERR_H

#define BD_ERROR_MESSAGE_SIZE 1024

/* A code outside errno's range: the caller used the program wrongly; exit status 2. */
#define BD_EUSAGE 10001
/* The user asked to stop (Ctrl-C, SIGTERM); exit status 128 + the signal. */
#define BD_ECANCELED 10002

struct bd_error {
	int code; /* an errno value, or BD_E* above; 0: no error */
	char message[BD_ERROR_MESSAGE_SIZE]; /* one line, without a newline */
};

#define BD_ERROR_INIT \
	{ \
		0, "" \
	}

/* Each returns -1, so that a failing function ends in `return bd_fail(...)`. */
int bd_fail(struct bd_error *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* As bd_fail with the current errno; ": " and errno's text are added to the message. */
int bd_fail_errno(struct bd_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As bd_fail with BD_EUSAGE. */
int bd_usage(struct bd_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "context: " before the message that is there; the code stays. */
int bd_wrap(struct bd_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
