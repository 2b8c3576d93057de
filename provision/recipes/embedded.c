/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes the files in by the assembler's .incbin; paths are from the top of the source tree, where make runs. */
#include "recipes/embedded.h"

#include <stddef.h>
#include <string.h>

#define EMBED(symbol, path) \
	__asm__(".pushsection .rodata\n" \
		".globl bd_embedded_" #symbol "\n" \
		".hidden bd_embedded_" #symbol "\n" \
		"bd_embedded_" #symbol ":\n" \
		".incbin \"" path "\"\n" \
		".byte 0\n" \
		".popsection\n"); \
	extern const char bd_embedded_##symbol[]

EMBED(debian_12_json, "templates/debian-12.json");
EMBED(debian_13_json, "templates/debian-13.json");
EMBED(mini_json, "templates/mini.json");
EMBED(boot_entries, "templates/guest/boot-entries");
EMBED(announce_address, "templates/mini/announce-address");
EMBED(console, "templates/mini/console");
EMBED(group, "templates/mini/group");
EMBED(init, "templates/mini/init");
EMBED(inittab, "templates/mini/inittab");
EMBED(issue, "templates/mini/issue");
EMBED(network, "templates/mini/network");
EMBED(passwd, "templates/mini/passwd");
EMBED(profile, "templates/mini/profile");
EMBED(rcK, "templates/mini/rcK");
EMBED(rcS, "templates/mini/rcS");
EMBED(shadow, "templates/mini/shadow");
EMBED(shell, "templates/mini/shell");
EMBED(shells, "templates/mini/shells");
EMBED(udhcpc_script, "templates/mini/udhcpc.script");
EMBED(xenstore_put, "templates/mini/xenstore-put");

static const struct {
	const char *name;
	const char *text;
} files[] = {
	{ "debian-12.json", bd_embedded_debian_12_json },
	{ "debian-13.json", bd_embedded_debian_13_json },
	{ "mini.json", bd_embedded_mini_json },
	{ "boot-entries", bd_embedded_boot_entries },
	{ "announce-address", bd_embedded_announce_address },
	{ "console", bd_embedded_console },
	{ "group", bd_embedded_group },
	{ "init", bd_embedded_init },
	{ "inittab", bd_embedded_inittab },
	{ "issue", bd_embedded_issue },
	{ "network", bd_embedded_network },
	{ "passwd", bd_embedded_passwd },
	{ "profile", bd_embedded_profile },
	{ "rcK", bd_embedded_rcK },
	{ "rcS", bd_embedded_rcS },
	{ "shadow", bd_embedded_shadow },
	{ "shell", bd_embedded_shell },
	{ "shells", bd_embedded_shells },
	{ "udhcpc.script", bd_embedded_udhcpc_script },
	{ "xenstore-put", bd_embedded_xenstore_put },
};

const char *bd_embedded_text(const char *name)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (strcmp(files[i].name, name) == 0)
			return files[i].text;
	return NULL;
}
