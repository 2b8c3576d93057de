/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a boot loader answers: paths of kernel and initrd on this host, and the arguments, in one of pygrub's formats. libxl asks for
 * simple0, and takes it apart in libxl_bootloader.c, parse_bootloader_result(): items that end in a NUL, "kernel", "ramdisk" or "args",
 * white space, and a value; an item of 2 * PATH_MAX bytes and more is dropped with a warning, so here it is an error. */
#ifndef BD_BOOTLOADER_ANSWER_H
#define BD_BOOTLOADER_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum bd_answer_format {
	BD_ANSWER_SXP, /* linux (kernel 'PATH')(ramdisk 'PATH')(args 'TEXT'), quoted as by Python's repr() */
	BD_ANSWER_SIMPLE, /* lines, and an empty one */
	BD_ANSWER_SIMPLE0, /* the same with NULs instead of newlines */
};

/* By its name on the command line. */
bool bd_answer_format_find(const char *name, enum bd_answer_format *format_out);

struct bd_answer {
	const char *kernel;
	const char *ramdisk; /* NULL: none */
	const char *arguments; /* NULL or "": none; white space around them is left out, as libxl would */
};

/* The caller frees. EFBIG: an item is longer than libxl takes. EINVAL: a value has a newline in it, which cannot be said in
 * BD_ANSWER_SIMPLE, or a path is empty or begins with white space, which libxl would take away. */
int bd_answer_encode(const struct bd_answer *answer, enum bd_answer_format format, char **text_out, size_t *size_out,
		     struct bd_error *err);

/* Where the answer goes: a file, a FIFO, whose reader is waited for, or standard output. */
struct bd_answer_output {
	int fd; /* owned, but for standard output; -1: not open */
	const char *path; /* borrowed; NULL: standard output */
	bool is_file; /* of which there may have been some other content */
	bool was_made; /* by us; it is removed unless all of the answer is in it */
};

#define BD_ANSWER_OUTPUT_INIT \
	{ \
		.fd = -1 \
	}

/* path NULL: standard output. A file that is not there is made. */
int bd_answer_output_open(const char *path, struct bd_answer_output *output_out, struct bd_error *err);
/* All of it, at once where that can be; a file has nothing in it where it fails. Closes. */
int bd_answer_output_write(struct bd_answer_output *output, const char *text, size_t size, struct bd_error *err);
void bd_answer_output_dispose(struct bd_answer_output *output); /* idempotent */

#endif
