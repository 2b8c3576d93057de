/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps and sorts entries. */
#include "bootmenu/bls_list.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "bootmenu/entry.h"
#include "bootmenu/version.h"
#include "bootmenu/words.h"

/* More than any counter has to tell. */
#define TRIES_MAX 1000000

int bd_bls_list_add(struct bd_bls_list *list, struct bd_bls_entry **item_out, struct bd_error *err)
{
	if (list->count == BD_BOOTMENU_ENTRIES_MAX)
		return bd_fail(err, E2BIG, "there are more than %d entries", BD_BOOTMENU_ENTRIES_MAX);
	if (bd_array_grow(list->items, list->count, err) != 0)
		return -1;
	*item_out = &list->items[list->count++];
	**item_out = (struct bd_bls_entry){ .tries_left = -1, .tries_done = -1 };
	return 0;
}

static void item_dispose(struct bd_bls_entry *item)
{
	bd_bootmenu_entry_dispose(&item->entry);
	free(item->name);
	free(item->sort_key);
	free(item->machine_id);
	free(item->version);
	*item = (struct bd_bls_entry){ 0 };
}

void bd_bls_list_drop(struct bd_bls_list *list)
{
	item_dispose(&list->items[--list->count]);
}

void bd_bls_list_dispose(struct bd_bls_list *list)
{
	while (list->count > 0)
		bd_bls_list_drop(list);
	free(list->items);
	list->items = NULL;
}

/* Digits, or -1; *at is behind them. */
static int take_count(const char **at)
{
	int count = bd_bootmenu_number(*at, TRIES_MAX);

	*at += strspn(*at, "0123456789");
	return count;
}

int bd_bls_set_name(struct bd_bls_entry *item, const char *file_name, struct bd_error *err)
{
	const char *plus = strrchr(file_name, '+'), *at = plus ? plus + 1 : file_name;
	int left = plus ? take_count(&at) : -1, done = 0;

	if (left >= 0 && *at == '-') {
		at++;
		done = take_count(&at);
	}
	/* Only the suffix may follow. */
	if (left < 0 || done < 0 || *at != '.' || strchr(at + 1, '.'))
		return bd_bootmenu_set_text(&item->name, file_name, err);
	item->tries_left = left;
	item->tries_done = done;
	BD_FREE char *name = NULL;
	if (bd_text_format(&name, err, "%.*s%s", (int)(plus - file_name), file_name, at) != 0)
		return -1;
	return bd_bootmenu_set_text(&item->name, name, err);
}

static int compare_texts(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_names(const char *a, const char *b)
{
	char lower[2][256];
	const char *const names[2] = { a ? a : "", b ? b : "" };

	for (size_t i = 0; i < 2; i++) {
		size_t length = 0;
		for (; names[i][length] && length < sizeof(lower[i]) - 1; length++) {
			char c = names[i][length];
			lower[i][length] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
		}
		lower[i][length] = '\0';
	}
	return bd_version_compare(lower[0], lower[1]);
}

static int compare_sort_keys(const struct bd_bls_entry *a, const struct bd_bls_entry *b)
{
	if (!a->sort_key != !b->sort_key)
		return !a->sort_key - !b->sort_key;
	if (!a->sort_key)
		return 0;
	int order = strcmp(a->sort_key, b->sort_key);
	if (!order)
		order = compare_texts(a->machine_id, b->machine_id);
	return order ? order : bd_version_compare(b->version ? b->version : "", a->version ? a->version : "");
}

/* Who need not be counted any more comes first, then more tries left, then fewer that were made. */
static int compare_tries(const struct bd_bls_entry *a, const struct bd_bls_entry *b)
{
	int a_left = a->tries_left < 0 ? TRIES_MAX + 1 : a->tries_left;
	int b_left = b->tries_left < 0 ? TRIES_MAX + 1 : b->tries_left;

	return a_left != b_left ? b_left - a_left : a->tries_done - b->tries_done;
}

static int by_specification(const void *one, const void *other)
{
	const struct bd_bls_entry *a = one, *b = other;
	int order = (a->tries_left == 0) - (b->tries_left == 0);

	if (!order)
		order = compare_sort_keys(a, b);
	if (!order)
		order = compare_names(b->name, a->name);
	if (!order)
		order = (a->entry.profile > b->entry.profile) - (a->entry.profile < b->entry.profile);
	if (!order)
		order = compare_tries(a, b);
	return order ? order : compare_texts(b->name, a->name);
}

/* blscfg keeps the counter in the name. */
static int by_grub(const void *one, const void *other)
{
	const struct bd_bls_entry *a = one, *b = other;
	int order = bd_version_compare_blscfg(b->entry.id ? b->entry.id : "", a->entry.id ? a->entry.id : "");

	return order ? order : compare_texts(b->name, a->name);
}

void bd_bls_list_sort(struct bd_bls_list *list, enum bd_bls_rules rules)
{
	if (list->count > 1)
		qsort(list->items, list->count, sizeof(*list->items),
		      rules == BD_BLS_GRUB ? by_grub : by_specification);
}

static bool has_twin(const struct bd_bls_list *list, size_t of)
{
	for (size_t i = 0; i < list->count; i++)
		if (i != of && bd_text_is_same(list->items[i].entry.title, list->items[of].entry.title))
			return true;
	return false;
}

int bd_bls_list_tell_apart(struct bd_bls_list *list, struct bd_error *err)
{
	bool has_twins[BD_BOOTMENU_ENTRIES_MAX];

	for (size_t i = 0; i < list->count; i++)
		has_twins[i] = has_twin(list, i);
	for (size_t i = 0; i < list->count; i++) {
		struct bd_bls_entry *item = &list->items[i];
		BD_FREE char *title = NULL;
		if (!has_twins[i] || !item->version || !item->entry.title)
			continue;
		if (bd_text_format(&title, err, "%s (%s)", item->entry.title, item->version) != 0 ||
		    bd_bootmenu_set_text(&item->entry.title, title, err) != 0)
			return -1;
	}
	return 0;
}

int bd_bls_list_move(struct bd_bls_list *list, struct bd_bootmenu *menu, struct bd_error *err)
{
	struct bd_bootmenu_entry *entry;

	if (menu->count > BD_BOOTMENU_ENTRIES_MAX - list->count)
		return bd_fail(err, E2BIG, "there are more than %d entries", BD_BOOTMENU_ENTRIES_MAX);
	for (size_t i = 0; i < list->count; i++) {
		if (bd_bootmenu_add(menu, &entry, err) != 0)
			return -1;
		*entry = bd_take_struct(list->items[i].entry);
	}
	bd_bls_list_dispose(list);
	return 0;
}
