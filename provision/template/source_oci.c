/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From index.json to the layers of one image (image-spec: image-index.md, manifest.md, layer.md). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json_tree.h"
#include "template/manifest.h"
#include "template/oci_layout.h"
#include "template/sources.h"

#define INDEX_DEPTH_LIMIT 4 /* indexes in indexes */

/* inner: of the object that is the member `key`, or NULL for that member itself. */
static const char *get_text(const struct bd_json_node *value, const char *key, const char *inner)
{
	const struct bd_json_node *member = value ? bd_json_member(value, key) : NULL;

	if (member && inner)
		member = bd_json_member(member, inner);
	return bd_json_text(member);
}

static const struct bd_json_node *get_array(const struct bd_json_node *value, const char *key)
{
	return bd_json_member_of(value, key, BD_JSON_ARRAY);
}

/* What is in it was written by others, keys that nobody here knows included. */
static int parse(const char *what, const char *text, size_t size_bytes, struct bd_json_tree *document_out,
		 struct bd_error *err)
{
	char name[32];

	snprintf(name, sizeof(name), "its %s", what);
	return bd_json_parse(text, size_bytes, name, document_out, err);
}

struct descriptor {
	const char *digest, *media_type; /* media_type: "" when it is not given */
	uint64_t size_bytes;
};

static int read_descriptor(const struct bd_json_node *value, struct descriptor *descriptor_out, struct bd_error *err)
{
	const char *digest = get_text(value, "digest", NULL), *media_type = get_text(value, "mediaType", NULL);
	uint64_t size_bytes;

	if (!digest || !bd_json_whole_number(bd_json_member(value, "size"), INT64_MAX, &size_bytes))
		return bd_fail(err, EINVAL, "a descriptor in it has no digest or no size");
	*descriptor_out = (struct descriptor){ .digest = digest,
					       .media_type = media_type ? media_type : "",
					       .size_bytes = size_bytes };
	return 0;
}

static bool is_platform(const struct bd_json_node *manifest, const char *os, const char *architecture)
{
	const char *has_os = get_text(manifest, "platform", "os");
	const char *has_architecture = get_text(manifest, "platform", "architecture");
	return has_os && has_architecture && !strcmp(has_os, os) && !strcmp(has_architecture, architecture);
}

/* What builders keep beside images: signatures and the like. */
static bool is_attestation(const struct bd_json_node *manifest)
{
	return is_platform(manifest, "unknown", "unknown") ||
	       get_text(manifest, "annotations", "vnd.docker.reference.type") != NULL;
}

/* "web:1 (linux/arm64), web:2 (linux/amd64)"; what does not fit is left out. */
static void list_manifests(const struct bd_json_node *list, char *text_out, size_t size)
{
	size_t used = 0;
	text_out[0] = '\0';
	for (size_t i = 0; i < list->child_count; i++) {
		const struct bd_json_node *manifest = &list->children[i];
		const char *name = get_text(manifest, "annotations", "org.opencontainers.image.ref.name");
		const char *os = get_text(manifest, "platform", "os");
		const char *architecture = get_text(manifest, "platform", "architecture");
		char raw[200], item[200];
		snprintf(raw, sizeof(raw), "%s (%s/%s)", name ? name : "no name", os ? os : "?",
			 architecture ? architecture : "?");
		bd_manifest_copy_text(item, sizeof(item), raw);
		int n = snprintf(text_out + used, size - used, "%s%s", used ? ", " : "", item);
		if (n < 0 || (size_t)n >= size - used) {
			text_out[used] = '\0';
			return;
		}
		used += (size_t)n;
	}
}

/* The only image, or the only one for linux/amd64. */
static int choose(const struct bd_json_node *list, const struct bd_json_node **manifest_out, struct bd_error *err)
{
	const struct bd_json_node *any = NULL, *matching = NULL;
	size_t any_count = 0, matching_count = 0;
	char text[500];

	for (size_t i = 0; i < list->child_count; i++) {
		const struct bd_json_node *manifest = &list->children[i];
		if (is_attestation(manifest))
			continue;
		any_count++;
		any = manifest;
		if (is_platform(manifest, "linux", "amd64")) {
			matching_count++;
			matching = manifest;
		}
	}
	if (any_count != 1 && matching_count != 1) {
		list_manifests(list, text, sizeof(text));
		return any_count ? bd_fail(err, EINVAL, "%s of its images is for linux/amd64: %s",
					   matching_count ? "more than one" : "none", text)
				 : bd_not_found(err, "there is no image in it");
	}
	*manifest_out = matching_count == 1 ? matching : any;
	return 0;
}

/* Goes through indexes until there is a manifest with layers. */
static int find_manifest(const struct bd_oci_layout *layout, struct bd_json_tree *manifest_out, struct bd_error *err)
{
	BD_FREE char *text = NULL;
	BD_DISPOSE(bd_json_tree_dispose) struct bd_json_tree document = { .root = NULL };
	size_t size;

	if (bd_oci_layout_index(layout, &text, &size, err) < 0 || parse("index.json", text, size, &document, err) < 0)
		return -1;
	for (int depth = 0; depth <= INDEX_DEPTH_LIMIT; depth++) {
		const struct bd_json_node *list = get_array(document.root, "manifests"), *chosen = NULL;
		struct bd_json_tree next = { .root = NULL };
		struct descriptor descriptor;
		BD_FREE char *blob = NULL;
		if (!list && depth > 0 && get_array(document.root, "layers")) {
			*manifest_out = document;
			document = (struct bd_json_tree){ .root = NULL };
			return 0;
		}
		if (!list)
			return bd_fail(err, EINVAL, "its %s has neither manifests nor layers",
				       depth ? "manifest" : "index.json");
		if (choose(list, &chosen, err) < 0 || read_descriptor(chosen, &descriptor, err) < 0 ||
		    bd_oci_layout_json(layout, descriptor.digest, descriptor.size_bytes, &blob, &size, err) < 0 ||
		    parse("manifest", blob, size, &next, err) < 0)
			return -1;
		bd_json_tree_dispose(&document);
		document = next;
	}
	return bd_fail(err, EINVAL, "its indexes are nested too deeply");
}

/* OCI's and docker's names; libarchive sees by itself how it is compressed. */
static int check_layer_type(const char *type, struct bd_error *err)
{
	static const char *const ends[] = { ".tar", ".tar+gzip", ".tar+zstd", ".tar.gzip", ".tar.zstd" };
	size_t size = strlen(type);
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (size > strlen(ends[i]) && !strcmp(type + size - strlen(ends[i]), ends[i]))
			return 0;
	char shown[100];
	bd_manifest_copy_text(shown, sizeof(shown), type);
	return bd_fail(err, ENOTSUP, "it is no part of a filesystem, but of type '%s'", shown);
}

static int import_layer(const struct bd_oci_layout *layout, const struct bd_json_node *layer, const char *what,
			bd_source_progress progress, struct bd_seal *seal, uint64_t *done_bytes, struct bd_error *err)
{
	BD_CLOSE int fd = -1;
	struct descriptor descriptor;

	if (read_descriptor(layer, &descriptor, err) < 0 || check_layer_type(descriptor.media_type, err) < 0 ||
	    bd_oci_layout_blob(layout, descriptor.digest, descriptor.size_bytes, &fd, err) < 0)
		return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "cannot import %s", what);
	*done_bytes += descriptor.size_bytes;
	return bd_source_archive(fd, what, true, progress, seal, err);
}

static int import_layers(const char *path, const struct bd_oci_layout *layout, const struct bd_json_node *manifest,
			 bd_source_progress progress, struct bd_seal *seal, struct bd_error *err)
{
	const struct bd_json_node *layers = get_array(manifest, "layers");
	uint64_t done_bytes = 0;

	if (!layers->child_count)
		return bd_fail(err, EINVAL, "cannot import %s: the image in it has no layers", path);
	bd_seal_begin_layer(seal);
	for (size_t i = 0; i < layers->child_count; i++) {
		bool is_only = layers->child_count == 1;
		char what[600];
		snprintf(what, sizeof(what), "layer %zu of %s", i + 1, path);
		/* bd_source_archive counts from the beginning of each layer. */
		if (import_layer(layout, &layers->children[i], what, is_only ? progress : NULL, seal, &done_bytes,
				 err) < 0)
			return -1;
		if (progress)
			progress(done_bytes);
	}
	return 0;
}

int bd_source_oci(const char *path, bd_source_progress progress, struct bd_seal *seal, struct bd_error *err)
{
	BD_DISPOSE(bd_oci_layout_dispose) struct bd_oci_layout layout = { .folder_fd = -1 };
	BD_DISPOSE(bd_json_tree_dispose) struct bd_json_tree manifest = { .root = NULL };

	if (bd_oci_layout_open(path, &layout, err) < 0 || find_manifest(&layout, &manifest, err) < 0)
		return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "cannot import %s", path);
	return import_layers(path, &layout, manifest.root, progress, seal, err);
}
