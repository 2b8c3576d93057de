/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The assembler reserves the zeros in .bss; a const array of C's is in .rodata, byte by byte. */
#include "base/zeros.h"

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

__asm__(".pushsection .bss\n"
	".balign 64\n"
	".globl bd_zeros\n"
	".hidden bd_zeros\n"
	".type bd_zeros, @object\n"
	".size bd_zeros, " TEXT(BD_ZEROS_BYTES) "\n"
	"bd_zeros:\n"
	".zero " TEXT(BD_ZEROS_BYTES) "\n"
	".popsection\n");
