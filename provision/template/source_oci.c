/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From index.json to the layers of one image (image-spec: image-index.md, manifest.md, layer.md). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yajl/yajl_tree.h>

#include "base/cleanup.h"
#include "template/manifest.h"
#include "template/oci_layout.h"
#include "template/sources.h"

#define INDEX_DEPTH_LIMIT 4 /* indexes in indexes */
#define JSON_DEPTH_LIMIT 32 /* yajl frees its tree by recursion */

static void free_document(yajl_val *document)
{
	yajl_tree_free(*document);
	*document = NULL;
}

static const char *get_text(yajl_val value, const char *key, const char *inner)
{
	const char *path[] = { key, inner, NULL };
	return value ? YAJL_GET_STRING(yajl_tree_get(value, path, yajl_t_string)) : NULL;
}

static yajl_val get_array(yajl_val value, const char *key)
{
	const char *path[] = { key, NULL };
	return yajl_tree_get(value, path, yajl_t_array);
}

static bool is_too_deep(const char *text)
{
	int depth = 0;
	bool in_string = false;
	for (; *text; text++) {
		if (in_string && *text == '\\' && text[1])
			text++;
		else if (*text == '"')
			in_string = !in_string;
		else if (!in_string && (*text == '{' || *text == '['))
			depth++;
		else if (!in_string && (*text == '}' || *text == ']'))
			depth--;
		if (depth > JSON_DEPTH_LIMIT)
			return true;
	}
	return false;
}

static int parse(const char *what, const char *text, yajl_val *document_out, struct bd_error *err)
{
	char problem[256] = "", line[256];
	if (is_too_deep(text))
		return bd_fail(err, EINVAL, "its %s is nested too deeply", what);
	yajl_val document = yajl_tree_parse(text, problem, sizeof(problem));
	if (!document) {
		problem[strcspn(problem, "\n")] = '\0';
		bd_manifest_copy_text(line, sizeof(line), problem);
		return bd_fail(err, EINVAL, "its %s is not JSON: %s", what, line);
	}
	*document_out = document;
	return 0;
}

struct descriptor {
	const char *digest, *media_type; /* media_type: "" when it is not given */
	uint64_t size_bytes;
};

static int read_descriptor(yajl_val value, struct descriptor *descriptor_out, struct bd_error *err)
{
	const char *size_path[] = { "size", NULL };
	const char *digest = get_text(value, "digest", NULL), *media_type = get_text(value, "mediaType", NULL);
	yajl_val size = value ? yajl_tree_get(value, size_path, yajl_t_number) : NULL;

	if (!digest || !size || !YAJL_IS_INTEGER(size) || YAJL_GET_INTEGER(size) < 0)
		return bd_fail(err, EINVAL, "a descriptor in it has no digest or no size");
	*descriptor_out = (struct descriptor){ .digest = digest,
					       .media_type = media_type ? media_type : "",
					       .size_bytes = (uint64_t)YAJL_GET_INTEGER(size) };
	return 0;
}

static bool is_platform(yajl_val manifest, const char *os, const char *architecture)
{
	const char *has_os = get_text(manifest, "platform", "os");
	const char *has_architecture = get_text(manifest, "platform", "architecture");
	return has_os && has_architecture && !strcmp(has_os, os) && !strcmp(has_architecture, architecture);
}

/* What builders keep beside images: signatures and the like. */
static bool is_attestation(yajl_val manifest)
{
	return is_platform(manifest, "unknown", "unknown") ||
	       get_text(manifest, "annotations", "vnd.docker.reference.type") != NULL;
}

/* "web:1 (linux/arm64), web:2 (linux/amd64)"; what does not fit is left out. */
static void list_manifests(yajl_val list, char *text_out, size_t size)
{
	size_t used = 0;
	text_out[0] = '\0';
	for (size_t i = 0; i < list->u.array.len; i++) {
		yajl_val manifest = list->u.array.values[i];
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
static int choose(yajl_val list, yajl_val *manifest_out, struct bd_error *err)
{
	yajl_val any = NULL, matching = NULL;
	size_t any_count = 0, matching_count = 0;
	char text[500];

	for (size_t i = 0; i < list->u.array.len; i++) {
		yajl_val manifest = list->u.array.values[i];
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
				 : bd_fail(err, ENOENT, "there is no image in it");
	}
	*manifest_out = matching_count == 1 ? matching : any;
	return 0;
}

/* Goes through indexes until there is a manifest with layers. */
static int find_manifest(const struct bd_oci_layout *layout, yajl_val *manifest_out, struct bd_error *err)
{
	BD_FREE char *text = NULL;
	BD_DISPOSE(free_document) yajl_val document = NULL;

	if (bd_oci_layout_index(layout, &text, err) < 0 || parse("index.json", text, &document, err) < 0)
		return -1;
	for (int depth = 0; depth <= INDEX_DEPTH_LIMIT; depth++) {
		yajl_val list = get_array(document, "manifests"), chosen = NULL, next = NULL;
		struct descriptor descriptor;
		BD_FREE char *blob = NULL;
		if (!list && depth > 0 && get_array(document, "layers")) {
			*manifest_out = bd_take_ptr(document);
			return 0;
		}
		if (!list)
			return bd_fail(err, EINVAL, "its %s has neither manifests nor layers",
				       depth ? "manifest" : "index.json");
		if (choose(list, &chosen, err) < 0 || read_descriptor(chosen, &descriptor, err) < 0 ||
		    bd_oci_layout_json(layout, descriptor.digest, descriptor.size_bytes, &blob, err) < 0 ||
		    parse("manifest", blob, &next, err) < 0)
			return -1;
		yajl_tree_free(document);
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

static int import_layer(const struct bd_oci_layout *layout, yajl_val layer, const char *what,
			bd_source_progress progress, struct bd_seal *seal, uint64_t *done_bytes, struct bd_error *err)
{
	BD_CLOSE int fd = -1;
	struct descriptor descriptor;

	if (read_descriptor(layer, &descriptor, err) < 0 || check_layer_type(descriptor.media_type, err) < 0 ||
	    bd_oci_layout_blob(layout, descriptor.digest, descriptor.size_bytes, &fd, err) < 0)
		return err->code == BD_ECANCELED ? -1 : bd_wrap(err, "cannot import %s", what);
	*done_bytes += descriptor.size_bytes;
	return bd_source_archive(fd, what, true, progress, seal, err);
}

static int import_layers(const char *path, const struct bd_oci_layout *layout, yajl_val manifest,
			 bd_source_progress progress, struct bd_seal *seal, struct bd_error *err)
{
	yajl_val layers = get_array(manifest, "layers");
	uint64_t done_bytes = 0;

	if (!layers->u.array.len)
		return bd_fail(err, EINVAL, "cannot import %s: the image in it has no layers", path);
	bd_seal_allow_replacing(seal);
	for (size_t i = 0; i < layers->u.array.len; i++) {
		bool is_only = layers->u.array.len == 1;
		char what[600];
		snprintf(what, sizeof(what), "layer %zu of %s", i + 1, path);
		/* bd_source_archive counts from the beginning of each layer. */
		if (import_layer(layout, layers->u.array.values[i], what, is_only ? progress : NULL, seal,
				 &done_bytes, err) < 0)
			return -1;
		if (progress)
			progress(done_bytes);
	}
	return 0;
}

int bd_source_oci(const char *path, bd_source_progress progress, struct bd_seal *seal, struct bd_error *err)
{
	BD_DISPOSE(bd_oci_layout_dispose) struct bd_oci_layout layout = { .folder_fd = -1 };
	BD_DISPOSE(free_document) yajl_val manifest = NULL;

	if (bd_oci_layout_open(path, &layout, err) < 0 || find_manifest(&layout, &manifest, err) < 0)
		return err->code == BD_ECANCELED ? -1 : bd_wrap(err, "cannot import %s", path);
	return import_layers(path, &layout, manifest, progress, seal, err);
}
