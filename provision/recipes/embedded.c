/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recipes, and the files for mini and for every guest, embedded in the program. */
#include "recipes/embedded.h"

#include <stddef.h>
#include <string.h>

#include "base/embed.h"

BD_EMBED(debian_12_json, "templates/debian-12.json");
BD_EMBED(debian_13_json, "templates/debian-13.json");
BD_EMBED(mini_json, "templates/mini.json");
BD_EMBED(boot_entries, "templates/guest/boot-entries");
BD_EMBED(announce_address, "templates/mini/announce-address");
BD_EMBED(console, "templates/mini/console");
BD_EMBED(group, "templates/mini/group");
BD_EMBED(init, "templates/mini/init");
BD_EMBED(inittab, "templates/mini/inittab");
BD_EMBED(issue, "templates/mini/issue");
BD_EMBED(network, "templates/mini/network");
BD_EMBED(passwd, "templates/mini/passwd");
BD_EMBED(profile, "templates/mini/profile");
BD_EMBED(rcK, "templates/mini/rcK");
BD_EMBED(rcS, "templates/mini/rcS");
BD_EMBED(shadow, "templates/mini/shadow");
BD_EMBED(shell, "templates/mini/shell");
BD_EMBED(shells, "templates/mini/shells");
BD_EMBED(udhcpc_script, "templates/mini/udhcpc.script");
BD_EMBED(xenstore_put, "templates/mini/xenstore-put");

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
