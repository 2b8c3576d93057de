/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts that are part of the program and kept in files of their own. The assembler includes them (.incbin); paths
 * are relative to the top of the source tree, where make runs. The Makefile names them as prerequisites, because
 * -MMD does not see them. */
#ifndef BD_BASE_EMBED_H
#define BD_BASE_EMBED_H

/* Defines bd_embedded_SYMBOL: the file's text, ended by a NUL. */
#define BD_EMBED(symbol, path) \
	__asm__(".pushsection .rodata\n" \
		".globl bd_embedded_" #symbol "\n" \
		".hidden bd_embedded_" #symbol "\n" \
		"bd_embedded_" #symbol ":\n" \
		".incbin \"" path "\"\n" \
		".byte 0\n" \
		".popsection\n"); \
	extern const char bd_embedded_##symbol[]

#endif
