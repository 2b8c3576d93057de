/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the entries that blscfg would. */
#include "bootmenu/blscfg.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bootmenu/bls.h"
#include "bootmenu/entry.h"

#define FOLDER "/loader/entries"
#define FALLBACK "/boot/loader/entries"

/* Where nothing is said. A slash is often behind the folder. */
static int set_default_folder(const struct bd_blscfg *call, char folder_out[BD_BOOTMENU_TEXT_MAX],
			      struct bd_error *err)
{
	const char *said = call->variable ? call->variable(call->variables, "blsdir") : NULL;
	char type = '\0';

	if (bd_bootmenu_join_path("/", said ? said : FOLDER, folder_out) &&
	    call->files->look(call->files->source, call->device, folder_out, &type, err) != 0)
		return -1;
	if (type != 'd')
		memcpy(folder_out, FALLBACK, sizeof(FALLBACK));
	return 0;
}

/* request: without a folder. */
static int read_entries(const struct bd_blscfg *call, struct bd_bls_request request, struct bd_bls_list *list,
			struct bd_error *err)
{
	char path[BD_BOOTMENU_TEXT_MAX], folder[PATH_MAX];

	if (!call->path && set_default_folder(call, path, err) != 0)
		return -1;
	if (call->path && !bd_bootmenu_join_path("/", call->path, path))
		return 0;
	request.folder = path;
	if (call->entry)
		return strchr(call->entry, '/') ? 0 : bd_bls_read_one(&request, call->entry, list, err);
	if (!call->path || !bd_text_ends_in(path, ".conf"))
		return bd_bls_read(&request, list, err);
	bd_path_folder(path, folder);
	request.folder = folder;
	return bd_bls_read_one(&request, bd_path_last(path), list, err);
}

int bd_blscfg(const struct bd_blscfg *call, struct bd_bootmenu *menu, struct bd_error *err)
{
	BD_DISPOSE(bd_bls_list_dispose) struct bd_bls_list list = { 0 };
	const struct bd_bls_request request = { .files = call->files,
						.device = call->device,
						.rules = BD_BLS_GRUB,
						.architecture = call->architecture,
						.variable = call->variable,
						.context = call->variables };

	if (read_entries(call, request, &list, err) != 0)
		return -1;
	bd_bls_list_sort(&list, BD_BLS_GRUB);
	return bd_bls_list_move(&list, menu, err);
}
