/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections of a PE32+ image, as EFI programs are ("PE Format", Microsoft Learn; PE/COFF specification 8.3). Where their bytes lie
 * in the file is all that is looked at: nothing is loaded or executed. */
#ifndef BD_KERNEL_PE_H
#define BD_KERNEL_PE_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/stream.h"

#define BD_PE_SECTIONS_MAX 96 /* the most that the format's own loader takes */
#define BD_PE_NAME_SIZE 9 /* 8 bytes, and a NUL */

#define BD_PE_MACHINE_AMD64 0x8664
#define BD_PE_MACHINE_ARM64 0xaa64
#define BD_PE_SUBSYSTEM_EFI_APPLICATION 10

struct bd_pe_section {
	char name[BD_PE_NAME_SIZE]; /* any bytes but NUL */
	/* Its content in the file, without the padding up to a full block: the lesser of what it takes in the file and in memory. Both lie
	 * within the file; where size_bytes is 0, offset_bytes is of no meaning. */
	uint64_t offset_bytes, size_bytes;
};

struct bd_pe {
	uint16_t machine, subsystem;
	size_t section_count;
	struct bd_pe_section sections[BD_PE_SECTIONS_MAX]; /* in the order of the file's table */
};

/* ENOEXEC: it is no PE32+ image. EINVAL: it is one that is damaged, or has a section that is not all within the file. Sections may
 * overlap: what that means, if anything, is for the caller. */
int bd_pe_read(const struct bd_kernel_source *source, struct bd_pe *pe_out, struct bd_error *err);

/* The first of that name. NULL: there is none. */
const struct bd_pe_section *bd_pe_find(const struct bd_pe *pe, const char *name);

#endif
