/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The grammar of GRUB's scripting language (grub-core/script/parser.y), a line at a time: GRUB runs each line, with
 * what it needs of the lines behind it, before it looks at the next one, and after a syntax error it goes on with the
 * next line. */
#ifndef BD_BOOTMENU_GRUB_PARSER_H
#define BD_BOOTMENU_GRUB_PARSER_H

#include "base/err.h"
#include "bootmenu/grub/lexer.h"
#include "bootmenu/grub/tree.h"

struct grub_parser {
	struct grub_lexer lexer;
	struct grub_token token; /* the one that is looked at */
	unsigned nesting;
};

void grub_parser_init(struct grub_parser *parser, struct grub_tree *tree, const char *text);
void grub_parser_dispose(struct grub_parser *parser); /* idempotent */

/* The commands of the next line that has any; NULL: there is none. EINVAL: "line N: REASON", and the next call goes
 * on behind that line. E2BIG: beyond the limits, nothing more can be read. */
int grub_parser_next(struct grub_parser *parser, const struct grub_node **commands_out, struct bd_error *err);

#endif
