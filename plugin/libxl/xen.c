/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The libxl context and its logger. */
#include "libxl/xen.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libxl_utils.h>

#include "base/clock.h"

/* The cause comes first, what it made fail comes after it: two are enough for the user, the log has them all. */
#define ERRORS_KEPT 2

/* How long a destroyed domain is waited for, and how often it is looked at. */
#define GONE_S 10
#define LOOK_MS 50

struct bd_xen_logger {
	xentoollog_logger vtable; /* first: libxl's pointer to it is ours */
	FILE *file;
	unsigned errors_kept;
	char errors[BD_ERROR_MESSAGE_SIZE / 2];
};

/* Messages begin with their place in the source, "libxl_create.c:1234:initiate_domain_create: ", or libxc's
 * "panic: xg_dom_core.c:205: "; some go on with "Domain 7:". Good in a log only. */
static const char *skip_word(const char *at)
{
	while (isalnum((unsigned char)*at) || *at == '_')
		at++;
	return at;
}

static const char *skip_place(const char *message)
{
	const char *at = skip_word(message);
	if (strncmp(at, ".c:", 3))
		return message;
	for (at += 3; isdigit((unsigned char)*at); at++)
		;
	if (*at++ != ':')
		return message;
	at = skip_word(at);
	at += *at == ':';
	return at + (*at == ' ');
}

static const char *skip_prefixes(const char *message)
{
	static const char panic[] = "panic: ", domain[] = "Domain ";
	if (!strncmp(message, panic, strlen(panic)))
		message += strlen(panic);
	message = skip_place(message);
	if (strncmp(message, domain, strlen(domain)))
		return message;
	const char *at = message + strlen(domain);
	while (isdigit((unsigned char)*at))
		at++;
	return *at == ':' ? at + 1 : message;
}

static void keep_error(struct bd_xen_logger *logger, const char *message, int errnoval)
{
	if (logger->errors_kept == ERRORS_KEPT)
		return;
	size_t used = strlen(logger->errors);
	snprintf(logger->errors + used, sizeof(logger->errors) - used, "%s%s%s%s", logger->errors_kept ? "; " : "",
		 skip_prefixes(message), errnoval >= 0 ? ": " : "", errnoval >= 0 ? strerror(errnoval) : "");
	logger->errors_kept++;
}

static void write_line(FILE *file, xentoollog_level level, const char *context, const char *message, int errnoval)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm parts;
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
	fprintf(file, "%s %s: %s%s%s%s%s\n", stamp, xtl_level_to_string(level), context ? context : "",
		context ? ": " : "", message, errnoval >= 0 ? ": " : "", errnoval >= 0 ? strerror(errnoval) : "");
	fflush(file);
}

static void vmessage(xentoollog_logger *generic, xentoollog_level level, int errnoval, const char *context,
		     const char *format, va_list args)
{
	struct bd_xen_logger *logger = (struct bd_xen_logger *)generic;
	int saved_errno = errno;
	char message[1024];
	vsnprintf(message, sizeof(message), format, args);
	if (level >= XTL_ERROR)
		keep_error(logger, message, errnoval);
	if (logger->file && level >= XTL_INFO)
		write_line(logger->file, level, context, message, errnoval);
	errno = saved_errno;
}

static void destroy_logger(xentoollog_logger *generic)
{
	free(generic);
}

static struct bd_xen_logger *make_logger(FILE *file)
{
	struct bd_xen_logger *logger = calloc(1, sizeof(*logger));
	if (!logger)
		return NULL;
	logger->vtable.vmessage = vmessage;
	logger->vtable.destroy = destroy_logger;
	logger->file = file;
	return logger;
}

static int fail_no_xen(const struct bd_xen *xen, struct bd_error *err)
{
	if (access("/dev/xen/privcmd", F_OK) && access("/proc/xen/privcmd", F_OK))
		return bd_no_hypervisor(err, "no Xen is running here, or this is not its dom0");
	if (geteuid() != 0)
		return bd_fail(err, EPERM, "only root can access Xen (%s)", bd_xen_errors(xen));
	return bd_no_hypervisor(err, "cannot talk to Xen: %s (are xenstored and the other Xen services running?)",
				bd_xen_errors(xen));
}

int bd_xen_open(struct bd_xen *xen, FILE *log_file, struct bd_error *err)
{
	/* Children of ours, if there are any, stay ours to wait for. */
	static const libxl_childproc_hooks hooks = {
		.chldowner = libxl_sigchld_owner_libxl_always_selective_reap,
	};

	*xen = (struct bd_xen){ .logger = make_logger(log_file) };
	if (!xen->logger)
		return bd_fail_errno(err, "cannot set up libxl's logger");
	if (libxl_ctx_alloc(&xen->ctx, LIBXL_VERSION, 0, &xen->logger->vtable)) {
		xen->ctx = NULL;
		fail_no_xen(xen, err);
		bd_xen_close(xen);
		return -1;
	}
	libxl_childproc_setmode(xen->ctx, &hooks, NULL);
	return 0;
}

void bd_xen_close(struct bd_xen *xen)
{
	if (xen->ctx)
		libxl_ctx_free(xen->ctx);
	if (xen->logger)
		xtl_logger_destroy(&xen->logger->vtable);
	*xen = (struct bd_xen){ 0 };
}

const char *bd_xen_errors(const struct bd_xen *xen)
{
	return xen->logger->errors;
}

void bd_xen_forget(const struct bd_xen *xen)
{
	xen->logger->errors_kept = 0;
	xen->logger->errors[0] = '\0';
}

static int errno_of(int rc)
{
	switch (rc) {
	case ERROR_NOMEM:
		return ENOMEM;
	case ERROR_INVAL:
		return EINVAL;
	case ERROR_ABORTED:
		return BD_ECANCELED;
	case ERROR_NOPARAVIRT:
		return ENOTSUP;
	case ERROR_DOMAIN_NOTFOUND:
	case ERROR_NOTFOUND:
		return ESRCH;
	case ERROR_TIMEDOUT:
		return ETIMEDOUT;
	default:
		return EIO;
	}
}

int bd_xen_fail(const struct bd_xen *xen, int rc, struct bd_error *err, const char *format, ...)
{
	char doing[256];
	va_list args;
	va_start(args, format);
	vsnprintf(doing, sizeof(doing), format, args);
	va_end(args);

	const char *errors = bd_xen_errors(xen);
	const struct bd_error cause = {
		.code = errno_of(rc),
		.kind = rc == ERROR_ABORTED ? BD_KIND_CANCELED : BD_KIND_FAILED,
	};
	if (*errors)
		return bd_fail_as(err, &cause, "%s: %s", doing, errors);
	return bd_fail_as(err, &cause, "%s: libxl's error %d", doing, rc);
}

void bd_xen_note(const struct bd_xen *xen, const char *format, ...)
{
	char line[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (xen->logger->file)
		write_line(xen->logger->file, XTL_NOTICE, "xen-bigdisk", line, -1);
}

/* libxl_domain_info would do, but from 4.18 on it logs an error when there is none. */
bool bd_xen_has_domain(const struct bd_xen *xen, uint32_t domid)
{
	int count = 0;
	bool found = false;
	libxl_dominfo *domains = libxl_list_domain(xen->ctx, &count);
	for (int i = 0; domains && i < count; i++)
		found |= domains[i].domid == domid;
	if (domains)
		libxl_dominfo_list_free(domains, count);
	return found;
}

/* A domain stays for a moment, dying, while its memory is given back; some seconds for a large one. Nobody tells when that is
 * done: xenstored has forgotten the domain by then, and says no more of it. */
static void wait_until_gone(const struct bd_xen *xen, uint32_t domid)
{
	double end_s = bd_clock_s() + GONE_S;

	while (bd_xen_has_domain(xen, domid) && bd_clock_s() < end_s)
		poll(NULL, 0, LOOK_MS);
}

int bd_xen_destroy(const struct bd_xen *xen, uint32_t domid)
{
	int rc = libxl_domain_destroy(xen->ctx, domid, NULL);
	if (rc)
		return rc;
	wait_until_gone(xen, domid);
	return 0;
}
