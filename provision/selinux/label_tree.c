/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decides for each file whether its label is kept, asked for, or left to the guest. */
#include "selinux/label_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "selinux/autorelabel.h"
#include "selinux/matchpathcon.h"
#include "selinux/policy.h"

#define LOST_AND_FOUND "/lost+found" /* each ext filesystem has one, whatever is in its template */

struct label {
	void *value; /* owned; NULL: there is none */
	size_t size_bytes;
};

static void label_dispose(struct label *label)
{
	free(label->value);
}

static int read_label(const struct bd_root_reader *root, const char *path, struct label *label_out,
		      struct bd_error *err)
{
	return root->read_label(root->source, path, &label_out->value, &label_out->size_bytes, err);
}

/* Files that are not labelled yet. */
struct unlabelled {
	struct bd_selinux_query *queries;
	const struct bd_node **nodes; /* borrowed from the tree, which does not change meanwhile */
	size_t count;
};

static void unlabelled_dispose(struct unlabelled *files)
{
	bd_selinux_queries_free(files->queries, files->count);
	free((void *)files->nodes);
}

static int unlabelled_init(struct unlabelled *files, size_t room, struct bd_error *err)
{
	files->queries = calloc(room + 1, sizeof(*files->queries));
	files->nodes = (const struct bd_node **)calloc(room + 1, sizeof(*files->nodes));
	return files->queries && files->nodes ? 0 : bd_no_memory(err);
}

/* 1: its label was kept, or stays with a directory that is there. 0: it is new. -1: error. */
static int keep_label(const struct bd_overlay *overlay, const struct bd_node *node, struct bd_error *err)
{
	BD_DISPOSE(label_dispose) struct label label = { 0 };
	const struct bd_root_reader *root = overlay->root;
	struct bd_root_facts facts;

	if (root->look(root->source, node->path, false, &facts, err) != 0)
		return -1;
	if ((facts.mode & S_IFMT) != (node->mode & S_IFMT))
		return 0;
	if (S_ISDIR(facts.mode))
		return 1;
	if (read_label(root, node->path, &label, err) != 0)
		return -1;
	if (!label.value)
		return 0;
	return bd_tree_set_label(overlay->tree, node->path, label.value, label.size_bytes, err) == 0 ? 1 : -1;
}

static int keep_labels(const struct bd_overlay *overlay, const struct bd_selinux_policy *policy,
		       struct unlabelled *files, struct bd_error *err)
{
	for (size_t i = 0; i < overlay->tree->count; i++) {
		const struct bd_node *node = &overlay->tree->nodes[i];
		char *known;
		if (!node->mode)
			continue;
		int r = keep_label(overlay, node, err);
		if (r < 0 || (r == 0 && bd_selinux_policy_alias(policy, node->path, &known, err) != 0))
			return -1;
		if (r > 0)
			continue;
		files->queries[files->count] = (struct bd_selinux_query){ .path = known, .mode = node->mode };
		files->nodes[files->count++] = node;
	}
	return 0;
}

static int label_new(const struct bd_overlay *overlay, const struct bd_selinux_policy *policy,
		     struct unlabelled *files, struct bd_error *err)
{
	if (bd_selinux_ask(policy->contexts, files->queries, files->count, err) != 0)
		return -1;
	for (size_t i = 0; i < files->count; i++) {
		const char *label = files->queries[i].label;
		/* The kernel's value ends in a NUL. */
		if (label &&
		    bd_tree_set_label(overlay->tree, files->nodes[i]->path, label, strlen(label) + 1, err) != 0)
			return -1;
	}
	return 0;
}

/* cause: why the new files have no labels; NULL: none of the files has. */
static int leave_to_guest(const struct bd_overlay *overlay, const char *who, const struct bd_error *cause,
			  struct bd_error *err)
{
	if (cause && cause->kind == BD_KIND_CANCELED)
		return bd_fail_as(err, cause, "%s", cause->message);
	if (cause)
		bd_selinux_warn_of_autorelabel(who, cause);
	else
		bd_warn("%s uses SELinux, but its files have no labels: it labels all of them when it boots (" BD_SELINUX_AUTORELABEL
			"), and reboots",
			who);
	return bd_overlay_put_text(overlay, BD_SELINUX_AUTORELABEL, 0644, "", err);
}

int bd_selinux_label_tree(const struct bd_overlay *overlay, const char *who, struct bd_error *err)
{
	BD_DISPOSE(bd_selinux_policy_dispose) struct bd_selinux_policy policy = { 0 };
	BD_DISPOSE(unlabelled_dispose) struct unlabelled files = { 0 };
	struct bd_error cause = BD_ERROR_INIT;
	bool has;

	if (!overlay->root)
		return 0;
	int r = bd_selinux_policy_read(overlay->root, &policy, &cause);
	if (r != 0 && cause.code != EFBIG)
		return bd_fail_as(err, &cause, "%s", cause.message);
	if (bd_selinux_has_labels(overlay->root, &has, err) != 0 ||
	    (has && policy.contexts && bd_overlay_put_dir(overlay, LOST_AND_FOUND, 0700, err) != 0) ||
	    unlabelled_init(&files, overlay->tree->count, err) != 0 ||
	    keep_labels(overlay, &policy, &files, err) != 0)
		return -1;
	if (r == 0 && !policy.contexts)
		return 0;
	if (!has)
		return leave_to_guest(overlay, who, NULL, err);
	if (r == 0 && label_new(overlay, &policy, &files, &cause) == 0)
		return 0;
	return leave_to_guest(overlay, who, &cause, err);
}
