/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of type 1 of the Boot Loader Specification (UAPI.1): a file each in loader/entries/, as kernel-install(8), Fedora's kernels
 * and ostree write them.
 *
 * Taken: title, version, machine-id, sort-key, linux, uki, profile, initrd (any number, also several in a line), options (lines are joined),
 * architecture. An entry of an EFI program or of an image from the network has an obstacle. Passed over: devicetree, efi's other keys,
 * grub_users and the like. Paths are those of the filesystem that has the entries.
 */
#ifndef BD_BOOTMENU_BLS_H
#define BD_BOOTMENU_BLS_H

#include "bootmenu/bls_expand.h"
#include "bootmenu/bls_list.h"
#include "bootmenu/files.h"

#define BD_BLS_FILE_MAX (64u << 10) /* bytes of an entry; one that is larger gets an obstacle */
#define BD_BLS_BYTES_MAX (2u << 20) /* of all entries of a directory */

struct bd_bls_request {
	const struct bd_bootmenu_files *files;
	const char *device, *folder; /* "/loader/entries"; "" is the device as in bd_bootmenu_path */
	enum bd_bls_rules rules;
	const char *architecture; /* entries of another are left out: "x64", "AA64"; NULL: none is */
	/* GRUB's environment: $kernelopts, $tuned_params, and default_kernelopts and early_initrd, which blscfg looks up itself. Only by
	 * its rules; NULL: nothing is set. */
	bd_bls_variable variable;
	const void *context;
};

/* Appends what the directory has, in no order. Nothing where there is none. E2BIG: it has too many entries or names, or they are too
 * large together. */
int bd_bls_read(const struct bd_bls_request *request, struct bd_bls_list *list, struct bd_error *err);

/* Of one file in the folder only; nothing where there is none of that name. */
int bd_bls_read_one(const struct bd_bls_request *request, const char *file_name, struct bd_bls_list *list,
		    struct bd_error *err);

/* Appends what bd_bls_read gives to the menu, in its order. The default stays. */
int bd_bls_add_to_menu(const struct bd_bls_request *request, struct bd_bootmenu *menu, struct bd_error *err);

/* The entry of one file, appended unless it names nothing to boot or is of another architecture. text: size_bytes, and a NUL behind
 * them; it is changed. Nothing is read. */
int bd_bls_parse(const struct bd_bls_request *request, const char *file_name, char *text, size_t size_bytes,
		 struct bd_bls_list *list, struct bd_error *err);

/* Whether a file of that name may have an entry. */
bool bd_bls_is_entry_name(enum bd_bls_rules rules, const char *file_name);

#endif
