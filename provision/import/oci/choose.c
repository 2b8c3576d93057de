/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From index.json or manifest.json to the layers of one image (image-spec: image-index.md, manifest.md, config.md; of
 * docker-archives: moby's image/tarexport).
 */
#include "import/oci/choose.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/json_tree.h"
#include "base/printable.h"
#include "template/field.h"
#include "template/manifest.h"

#define INDEX_DEPTH_LIMIT 4 /* indexes in indexes */
#define CANDIDATES_MAX 1000
#define PLATFORM_SIZE 64
#define LIST_SIZE 600
#define DEFAULT_PLATFORM "linux/amd64"

struct candidate {
	char *digest; /* of its manifest; of a docker-archive the path of its config; "" for a manifest.json of its own */
	uint64_t size_bytes;
	const struct bd_json_node *entry; /* of a docker-archive: in manifest.json */
	char **names;
	size_t name_count;
	char platform[PLATFORM_SIZE]; /* "linux/arm64/v8"; "": not known */
};

struct search {
	const struct bd_oci_layout *layout;
	const struct bd_image_choice *choice;
	const char *platform; /* that is asked for */
	struct candidate *candidates;
	size_t count;
	struct bd_arena texts; /* of the candidates */
	struct bd_error artifact; /* why something else that is there is no image; code 0: there is nothing else */
};

static void search_dispose(struct search *search)
{
	for (size_t i = 0; i < search->count; i++)
		free(search->candidates[i].names);
	free(search->candidates);
	bd_arena_dispose(&search->texts);
}

void bd_oci_image_dispose(struct bd_oci_image *image)
{
	free(image->layers);
	bd_arena_dispose(&image->texts);
	*image = (struct bd_oci_image){ 0 };
}

/* A copy of a text; NULL remains NULL. */
static int copy_text(struct bd_arena *texts, const char *text, char **copy_out, struct bd_error *err)
{
	*copy_out = text ? bd_arena_text(texts, text, strlen(text)) : NULL;
	return *copy_out || !text ? 0 : bd_no_memory(err);
}

/* ---- JSON ---- */

/* inner: of the object that is the member `key`, or NULL for that member itself. */
static const char *get_text(const struct bd_json_node *value, const char *key, const char *inner)
{
	const struct bd_json_node *member = value ? bd_json_member(value, key) : NULL;

	if (member && inner)
		member = member->type == BD_JSON_OBJECT ? bd_json_member(member, inner) : NULL;
	return bd_json_text(member);
}

static const struct bd_json_node *get_array(const struct bd_json_node *value, const char *key)
{
	return bd_json_member_of(value, key, BD_JSON_ARRAY);
}

static bool is_object(const struct bd_json_node *value)
{
	return value && value->type == BD_JSON_OBJECT;
}

/* What is in it was written by others, keys that nobody here knows included. */
static int read_json(const struct bd_oci_layout *layout, const char *path, struct bd_json_tree *document_out,
		     struct bd_error *err)
{
	BD_FREE char *text = NULL;
	char name[100];
	size_t size;

	snprintf(name, sizeof(name), "its %.90s", path);
	if (bd_oci_layout_text(layout, path, &text, &size, err) != 0)
		return -1;
	return bd_json_parse(text, size, name, document_out, err);
}

static int read_blob(const struct bd_oci_layout *layout, const char *what, const char *digest, uint64_t size_bytes,
		     struct bd_json_tree *document_out, struct bd_error *err)
{
	BD_FREE char *text = NULL;
	size_t size;

	if (bd_oci_layout_json(layout, digest, size_bytes, &text, &size, err) != 0)
		return -1;
	return bd_json_parse(text, size, what, document_out, err);
}

static int read_descriptor(const struct bd_json_node *value, const char **digest_out, uint64_t *size_bytes_out,
			   struct bd_error *err)
{
	*digest_out = is_object(value) ? get_text(value, "digest", NULL) : NULL;
	if (!*digest_out || !bd_json_whole_number(bd_json_member(value, "size"), INT64_MAX, size_bytes_out))
		return bd_fail(err, EINVAL, "a descriptor lacks its digest or size");
	return 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), end_size = strlen(end);

	return size > end_size && strcmp(text + size - end_size, end) == 0;
}

/* ---- what is an image ---- */

/* OCI's and docker's names; how it is compressed shows by itself. */
static int check_layer_type(const char *type, struct bd_error *err)
{
	static const char *const ends[] = { ".tar", ".tar+gzip", ".tar+zstd", ".tar.gzip", ".tar.zstd" };
	char shown[100];

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (ends_with(type, ends[i]))
			return 0;
	bd_copy_text(shown, sizeof(shown), type);
	if (ends_with(type, "+encrypted"))
		return bd_fail(err, ENOTSUP, "it is encrypted: its type is '%s'", shown);
	return bd_fail(err, ENOTSUP, "it is not a filesystem layer: its type is '%s'", shown);
}

/* Signatures, charts and the like are manifests too; their config or their layers tell. */
static int check_manifest(const struct bd_json_node *manifest, struct bd_error *err)
{
	static const char *const configs[] = { "application/vnd.oci.image.config.v1+json",
					       "application/vnd.docker.container.image.v1+json" };
	const char *type = get_text(manifest, "config", "mediaType");
	const struct bd_json_node *layers = get_array(manifest, "layers");
	char shown[100];

	if (type && strcmp(type, configs[0]) != 0 && strcmp(type, configs[1]) != 0) {
		bd_copy_text(shown, sizeof(shown), type);
		return bd_fail(err, ENOTSUP, "it is not a container image: its config has the type '%s'", shown);
	}
	for (size_t i = 0; i < layers->child_count; i++) {
		const char *layer =
			is_object(&layers->children[i]) ? get_text(&layers->children[i], "mediaType", NULL) : NULL;
		if (layer && ends_with(layer, "+encrypted"))
			continue;
		if (check_layer_type(layer ? layer : "", err) != 0)
			return bd_wrap(err, "layer %zu", i + 1);
	}
	return 0;
}

/* What builders keep next to images. */
static bool is_attestation(const struct bd_json_node *descriptor)
{
	const char *os = get_text(descriptor, "platform", "os");
	const char *architecture = get_text(descriptor, "platform", "architecture");

	return get_text(descriptor, "annotations", "vnd.docker.reference.type") ||
	       (os && architecture && strcmp(os, "unknown") == 0 && strcmp(architecture, "unknown") == 0);
}

static void take_platform(const struct bd_json_node *value, char platform_out[PLATFORM_SIZE])
{
	const char *os = is_object(value) ? get_text(value, "os", NULL) : NULL;
	const char *architecture = is_object(value) ? get_text(value, "architecture", NULL) : NULL;
	const char *variant = is_object(value) ? get_text(value, "variant", NULL) : NULL;
	char raw[PLATFORM_SIZE];

	if (!os || !architecture || !*os || !*architecture)
		return;
	snprintf(raw, sizeof(raw), "%s/%s%s%s", os, architecture, variant && *variant ? "/" : "",
		 variant ? variant : "");
	bd_copy_text(platform_out, PLATFORM_SIZE, raw);
}

/* Without a variant, any variant is meant. */
static bool is_platform(const char *has, const char *wanted)
{
	size_t size = strlen(wanted);

	return strncmp(has, wanted, size) == 0 &&
	       (!has[size] || (has[size] == '/' && !strchr(strchr(wanted, '/') + 1, '/')));
}

/* "12", "debian:12" and "docker.io/library/debian:12" are all names of the last one. */
static bool is_named(const char *name, const char *tag)
{
	size_t size = strlen(name), tag_size = strlen(tag);

	if (strcmp(name, tag) == 0)
		return true;
	if (size <= tag_size || strcmp(name + size - tag_size, tag) != 0)
		return false;
	char before = name[size - tag_size - 1];
	return before == '/' || (before == ':' && !strchr(tag, '/'));
}

static bool has_tag(const struct candidate *candidate, const char *tag)
{
	for (size_t i = 0; i < candidate->name_count; i++)
		if (is_named(candidate->names[i], tag))
			return true;
	return strcmp(candidate->digest, tag) == 0;
}

/* ---- gathering ---- */

/* The same image under another name is the same image. */
static struct candidate *candidate_for(struct search *search, const char *digest, struct bd_error *err)
{
	for (size_t i = 0; i < search->count; i++)
		if (strcmp(search->candidates[i].digest, digest) == 0)
			return &search->candidates[i];
	if (search->count == CANDIDATES_MAX) {
		bd_fail(err, EFBIG, "it contains more than %d images", CANDIDATES_MAX);
		return NULL;
	}
	if (bd_array_grow(search->candidates, search->count, err) != 0)
		return NULL;
	char *copy;
	if (copy_text(&search->texts, digest, &copy, err) != 0)
		return NULL;
	search->candidates[search->count] = (struct candidate){ .digest = copy };
	return &search->candidates[search->count++];
}

static int add_name(struct search *search, struct candidate *candidate, const char *name, struct bd_error *err)
{
	if (!name || !*name)
		return 0;
	for (size_t i = 0; i < candidate->name_count; i++)
		if (strcmp(candidate->names[i], name) == 0)
			return 0;
	if (bd_array_grow(candidate->names, candidate->name_count, err) != 0 ||
	    copy_text(&search->texts, name, &candidate->names[candidate->name_count], err) != 0)
		return -1;
	candidate->name_count++;
	return 0;
}

/* What a descriptor is called, and what the one that led to its index is called. */
struct names {
	const char *names[4];
};

static struct names names_of(const struct bd_json_node *descriptor, const struct names *outer)
{
	struct names names = { { get_text(descriptor, "annotations", "org.opencontainers.image.ref.name"),
				 get_text(descriptor, "annotations", "io.containerd.image.name"), outer->names[0],
				 outer->names[1] } };

	if (names.names[0] || names.names[1])
		names.names[2] = names.names[3] = NULL;
	return names;
}

static bool may_have_tag(const struct names *names, const char *tag)
{
	bool any = false;

	for (size_t i = 0; i < 4; i++) {
		any |= names->names[i] != NULL;
		if (names->names[i] && is_named(names->names[i], tag))
			return true;
	}
	return !any;
}

static int add_candidate(struct search *search, const char *digest, uint64_t size_bytes, const struct names *names,
			 const char *platform, struct bd_error *err)
{
	struct candidate *candidate = candidate_for(search, digest, err);

	if (!candidate)
		return -1;
	candidate->size_bytes = size_bytes;
	if (*platform)
		snprintf(candidate->platform, sizeof(candidate->platform), "%s", platform);
	for (size_t i = 0; i < 4; i++)
		if (add_name(search, candidate, names->names[i], err) != 0)
			return -1;
	return 0;
}

/* The platform of an image that the index says nothing about. */
static int read_platform(const struct search *search, const struct bd_json_node *manifest,
			 char platform_out[PLATFORM_SIZE], struct bd_error *err)
{
	BD_DISPOSE(bd_json_tree_dispose) struct bd_json_tree config = { .root = NULL };
	const struct bd_json_node *descriptor = bd_json_member_of(manifest, "config", BD_JSON_OBJECT);
	const char *digest;
	uint64_t size_bytes;

	if (!descriptor)
		return 0;
	if (read_descriptor(descriptor, &digest, &size_bytes, err) != 0 ||
	    read_blob(search->layout, "its config", digest, size_bytes, &config, err) != 0)
		return -1;
	take_platform(config.root, platform_out);
	return 0;
}

static int gather(struct search *search, const struct bd_json_node *list, const struct names *outer, int depth,
		  struct bd_error *err);

/* A manifest that was read: an index, an image, or something else. digest: "" when it is manifest.json itself. */
static int take_manifest(struct search *search, const struct bd_json_node *manifest, const char *digest,
			 uint64_t size_bytes, const struct names *names, const char *known_platform, int depth,
			 struct bd_error *err)
{
	char platform[PLATFORM_SIZE];

	if (!is_object(manifest))
		return bd_fail(err, EINVAL, "its manifest has neither manifests nor layers");
	if (get_array(manifest, "manifests"))
		return gather(search, get_array(manifest, "manifests"), names, depth + 1, err);
	if (get_array(manifest, "fsLayers"))
		return bd_fail(
			err, ENOTSUP,
			"its manifest has Docker's schema 1, which is not supported: copy the image with \"skopeo copy\" "
			"into an oci-archive");
	if (!get_array(manifest, "layers"))
		return bd_fail(err, EINVAL, "its manifest has neither manifests nor layers");
	struct bd_error problem = BD_ERROR_INIT;
	if (check_manifest(manifest, &problem) != 0) {
		search->artifact = problem;
		return 0;
	}
	snprintf(platform, sizeof(platform), "%s", known_platform);
	if (!*platform && read_platform(search, manifest, platform, err) != 0)
		return -1;
	return add_candidate(search, digest, size_bytes, names, platform, err);
}

static bool is_index_type(const char *type)
{
	return type && (ends_with(type, ".image.index.v1+json") || ends_with(type, ".manifest.list.v2+json"));
}

static int take_descriptor(struct search *search, const struct bd_json_node *descriptor, const struct names *outer,
			   int depth, struct bd_error *err)
{
	BD_DISPOSE(bd_json_tree_dispose) struct bd_json_tree manifest = { .root = NULL };
	char platform[PLATFORM_SIZE] = "";
	const char *digest;
	uint64_t size_bytes;

	if (read_descriptor(descriptor, &digest, &size_bytes, err) != 0)
		return -1;
	if (is_attestation(descriptor))
		return 0;
	struct names names = names_of(descriptor, outer);
	take_platform(bd_json_member(descriptor, "platform"), platform);
	bool is_index = is_index_type(get_text(descriptor, "mediaType", NULL));
	bool other_platform = *platform && !is_platform(platform, search->platform);
	bool other_tag = search->choice->tag && !may_have_tag(&names, search->choice->tag);
	/* Nothing of what is not meant need be there. */
	if ((!is_index && (other_platform || other_tag)) || !bd_oci_layout_has_blob(search->layout, digest))
		return add_candidate(search, digest, size_bytes, &names, platform, err);
	if (read_blob(search->layout, "its manifest", digest, size_bytes, &manifest, err) != 0)
		return -1;
	return take_manifest(search, manifest.root, digest, size_bytes, &names, platform, depth, err);
}

static int gather(struct search *search, const struct bd_json_node *list, const struct names *outer, int depth,
		  struct bd_error *err)
{
	if (depth > INDEX_DEPTH_LIMIT)
		return bd_fail(err, EINVAL, "its indexes are nested too deeply");
	for (size_t i = 0; i < list->child_count; i++)
		if (take_descriptor(search, &list->children[i], outer, depth, err) != 0)
			return -1;
	return 0;
}

/* ---- choosing ---- */

/* "web:1 or web:2 (linux/arm64), ..."; what does not fit is left out. digests: of those without a name. */
static void list_candidates(const struct search *search, bool digests, char text_out[LIST_SIZE])
{
	size_t used = 0;

	text_out[0] = '\0';
	for (size_t i = 0; i < search->count; i++) {
		const struct candidate *candidate = &search->candidates[i];
		char raw[300] = "", item[300];
		for (size_t j = 0; j < candidate->name_count; j++)
			snprintf(raw + strlen(raw), sizeof(raw) - strlen(raw), "%s%s", j ? " or " : "",
				 candidate->names[j]);
		if (!candidate->name_count)
			snprintf(raw, sizeof(raw), "%s",
				 digests && *candidate->digest ? candidate->digest : "no name");
		/* Where a name is looked for, those of other names were not read. */
		if (*candidate->platform || !digests)
			snprintf(raw + strlen(raw), sizeof(raw) - strlen(raw), " (%s)",
				 *candidate->platform ? candidate->platform : "unknown platform");
		bd_copy_text(item, sizeof(item), raw);
		int n = snprintf(text_out + used, LIST_SIZE - used, "%s%s", used ? ", " : "", item);
		if (n < 0 || (size_t)n >= LIST_SIZE - used) {
			text_out[used] = '\0';
			return;
		}
		used += (size_t)n;
	}
}

static size_t count_platform(const struct search *search, const char *platform)
{
	size_t count = 0;

	for (size_t i = 0; i < search->count; i++)
		count += *platform ? is_platform(search->candidates[i].platform, platform)
				   : !*search->candidates[i].platform;
	return count;
}

/* Drops what has not the tag that is asked for. */
static int filter_tag(struct search *search, struct bd_error *err)
{
	const char *tag = search->choice->tag;
	char list[LIST_SIZE];
	size_t kept = 0;

	for (size_t i = 0; tag && i < search->count; i++)
		kept += has_tag(&search->candidates[i], tag);
	if (!tag || kept == search->count)
		return 0;
	if (!kept) {
		list_candidates(search, true, list);
		return bd_not_found(err, "it has no image %.100s; it has: %s", tag, list);
	}
	for (size_t i = 0, to = 0; i < search->count; i++)
		if (has_tag(&search->candidates[i], tag)) {
			struct candidate moved = search->candidates[i];
			search->candidates[i] = search->candidates[to];
			search->candidates[to++] = moved;
		}
	/* The others are behind them now. */
	while (search->count > kept)
		free(search->candidates[--search->count].names);
	return 0;
}

/* docker save writes the whole index of an image, and of what is in it only those of the platforms that were pulled. */
static void drop_absent(struct search *search)
{
	size_t kept = 0;

	for (size_t i = 0; i < search->count; i++) {
		const char *digest = search->candidates[i].digest;
		if (search->candidates[i].entry || !*digest || bd_oci_layout_has_blob(search->layout, digest)) {
			struct candidate moved = search->candidates[i];
			search->candidates[i] = search->candidates[kept];
			search->candidates[kept++] = moved;
		}
	}
	/* Where there is none, that is said of the one that is chosen. */
	while (kept && search->count > kept)
		free(search->candidates[--search->count].names);
}

static int choose(struct search *search, const struct candidate **chosen_out, struct bd_error *err)
{
	char list[LIST_SIZE];

	if (!search->count && search->artifact.code)
		return bd_fail(err, search->artifact.code, "it contains no image: %s", search->artifact.message);
	if (!search->count)
		return bd_fail(err, ENOENT, "it contains no image");
	if (filter_tag(search, err) != 0)
		return -1;
	drop_absent(search);
	size_t matching = count_platform(search, search->platform);
	/* Nothing says what these are for, and nothing else was asked for. */
	bool unknown = !matching && !search->choice->platform && count_platform(search, "") == search->count;
	if (unknown)
		matching = search->count;
	if (matching != 1) {
		list_candidates(search, matching > 1, list);
		bd_fail(err, EINVAL, "%s of its images is for %s: %s", matching ? "more than one" : "none",
			search->platform, list);
		return bd_set_field(err, matching ? BD_TEMPLATE_FIELD_TAG : BD_TEMPLATE_FIELD_PLATFORM);
	}
	for (size_t i = 0; i < search->count; i++)
		if (unknown || is_platform(search->candidates[i].platform, search->platform))
			*chosen_out = &search->candidates[i];
	return 0;
}

/* ---- what the image consists of ---- */

static int allocate(struct bd_oci_image *image, const struct bd_json_node *layers, struct bd_error *err)
{
	image->layers = calloc(layers->child_count + 1, sizeof(*image->layers));
	image->layer_count = layers->child_count;
	return image->layers ? 0 : bd_no_memory(err);
}

static int take_diff_ids(struct bd_oci_image *image, const struct bd_json_node *config, struct bd_error *err)
{
	const struct bd_json_node *rootfs =
		is_object(config) ? bd_json_member_of(config, "rootfs", BD_JSON_OBJECT) : NULL;
	const struct bd_json_node *ids = rootfs ? get_array(rootfs, "diff_ids") : NULL;

	if (!ids)
		return 0;
	if (ids->child_count != image->layer_count)
		return bd_fail(err, EINVAL, "it has %zu layers, but its config lists %zu", image->layer_count,
			       ids->child_count);
	for (size_t i = 0; i < ids->child_count; i++)
		if (copy_text(&image->texts, bd_json_text(&ids->children[i]), &image->layers[i].diff_id, err) != 0)
			return -1;
	return 0;
}

static int take_oci(const struct bd_oci_layout *layout, const struct bd_json_node *manifest,
		    struct bd_oci_image *image, struct bd_error *err)
{
	BD_DISPOSE(bd_json_tree_dispose) struct bd_json_tree config = { .root = NULL };
	const struct bd_json_node *layers = get_array(manifest, "layers");
	const struct bd_json_node *descriptor = bd_json_member_of(manifest, "config", BD_JSON_OBJECT);
	const char *digest;
	uint64_t size_bytes;

	if (!layers)
		return bd_fail(err, EINVAL, "its manifest has neither manifests nor layers");
	if (allocate(image, layers, err) != 0)
		return -1;
	for (size_t i = 0; i < layers->child_count; i++) {
		struct bd_oci_layer *layer = &image->layers[i];
		if (read_descriptor(&layers->children[i], &digest, &layer->size_bytes, err) != 0)
			return -1;
		const char *type = get_text(&layers->children[i], "mediaType", NULL);
		if (check_layer_type(type ? type : "", err) != 0)
			return bd_wrap(err, "layer %zu", i + 1);
		if (copy_text(&image->texts, digest, &layer->digest, err) != 0 ||
		    copy_text(&image->texts, type, &layer->media_type, err) != 0)
			return -1;
	}
	if (!descriptor)
		return 0;
	if (read_descriptor(descriptor, &digest, &size_bytes, err) != 0 ||
	    read_blob(layout, "its config", digest, size_bytes, &config, err) != 0)
		return -1;
	return take_diff_ids(image, config.root, err);
}

static int choose_oci(struct search *search, const struct bd_json_node *root, bool is_index,
		      struct bd_oci_image *image, struct bd_error *err)
{
	BD_DISPOSE(bd_json_tree_dispose) struct bd_json_tree manifest = { .root = NULL };
	static const struct names none;
	const struct candidate *chosen = NULL;
	const struct bd_json_node *list = is_object(root) ? get_array(root, "manifests") : NULL;

	if (is_index && !list)
		return bd_fail(err, EINVAL, "its index.json has neither manifests nor layers");
	if ((is_index ? gather(search, list, &none, 0, err)
		      : take_manifest(search, root, "", 0, &none, "", -1, err)) != 0 ||
	    choose(search, &chosen, err) != 0)
		return -1;
	if (!*chosen->digest)
		return take_oci(search->layout, root, image, err);
	if (read_blob(search->layout, "its manifest", chosen->digest, chosen->size_bytes, &manifest, err) != 0)
		return -1;
	return take_oci(search->layout, manifest.root, image, err);
}

/* ---- docker-archives ---- */

/* A config that is named by its sha256 has to have it. */
static int read_docker_config(const struct bd_oci_layout *layout, const char *path, struct bd_json_tree *config_out,
			      struct bd_error *err)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char sha256[BD_SHA256_TEXT_SIZE];
	BD_CLOSE int fd = -1;
	uint64_t size;

	if (bd_oci_layout_file(layout, path, &fd, &size, sha256, err) != 0)
		return -1;
	name += strncmp(name, "sha256:", 7) == 0 ? 7 : 0;
	size_t digits = strspn(name, "0123456789abcdef");
	if (digits == BD_SHA256_TEXT_SIZE - 1 && strncmp(name, sha256, digits) != 0)
		return bd_fail(err, EBADMSG, "its %.100s is damaged: its sha256 is %s", path, sha256);
	return read_json(layout, path, config_out, err);
}

static int gather_docker(struct search *search, const struct bd_json_node *list, struct bd_error *err)
{
	for (size_t i = 0; i < list->child_count; i++) {
		BD_DISPOSE(bd_json_tree_dispose) struct bd_json_tree config = { .root = NULL };
		const struct bd_json_node *entry = &list->children[i];
		const char *path = is_object(entry) ? get_text(entry, "Config", NULL) : NULL;
		if (!path || !get_array(entry, "Layers"))
			return bd_fail(err, EINVAL, "an image in its manifest.json has no Config or no Layers");
		if (read_docker_config(search->layout, path, &config, err) != 0)
			return -1;
		struct candidate *candidate = candidate_for(search, path, err);
		if (!candidate)
			return -1;
		candidate->entry = entry;
		take_platform(config.root, candidate->platform);
		const struct bd_json_node *tags = get_array(entry, "RepoTags");
		for (size_t j = 0; tags && j < tags->child_count; j++)
			if (add_name(search, candidate, bd_json_text(&tags->children[j]), err) != 0)
				return -1;
	}
	return 0;
}

static int choose_docker(struct search *search, const struct bd_json_node *list, struct bd_oci_image *image,
			 struct bd_error *err)
{
	BD_DISPOSE(bd_json_tree_dispose) struct bd_json_tree config = { .root = NULL };
	const struct candidate *chosen = NULL;

	if (gather_docker(search, list, err) != 0 || choose(search, &chosen, err) != 0)
		return -1;
	const struct bd_json_node *layers = get_array(chosen->entry, "Layers");
	if (allocate(image, layers, err) != 0)
		return -1;
	for (size_t i = 0; i < layers->child_count; i++) {
		const char *path = bd_json_text(&layers->children[i]);
		if (!path)
			return bd_fail(err, EINVAL, "layer %zu in its manifest.json has no path", i + 1);
		if (copy_text(&image->texts, path, &image->layers[i].path, err) != 0)
			return -1;
	}
	return read_docker_config(search->layout, chosen->digest, &config, err) != 0
		       ? -1
		       : take_diff_ids(image, config.root, err);
}

int bd_oci_choose(const struct bd_oci_layout *layout, const struct bd_image_choice *choice,
		  struct bd_oci_image *image_out, struct bd_error *err)
{
	BD_DISPOSE(bd_json_tree_dispose) struct bd_json_tree document = { .root = NULL };
	BD_DISPOSE(bd_oci_image_dispose) struct bd_oci_image image = { 0 };
	BD_DISPOSE(search_dispose)
	struct search search = { .layout = layout,
				 .choice = choice,
				 .platform = choice->platform ? choice->platform : DEFAULT_PLATFORM };
	/* docker writes both, since its version 25. */
	bool is_index = bd_oci_layout_has(layout, "oci-layout") &&
			(bd_oci_layout_has(layout, "index.json") || !bd_oci_layout_has(layout, "manifest.json"));

	if (read_json(layout, is_index ? "index.json" : "manifest.json", &document, err) != 0)
		return -1;
	bool is_docker = !is_index && document.root->type == BD_JSON_ARRAY;
	if ((is_docker ? choose_docker(&search, document.root, &image, err)
		       : choose_oci(&search, document.root, is_index, &image, err)) != 0)
		return -1;
	if (!image.layer_count)
		return bd_fail(err, EINVAL, "the image has no layers");
	*image_out = bd_take_struct(image);
	return 0;
}

bool bd_oci_is_image_folder(int folder_fd)
{
	const struct bd_oci_layout layout = { .folder_fd = folder_fd };
	BD_DISPOSE(bd_json_tree_dispose) struct bd_json_tree document = { .root = NULL };
	struct bd_error ignored;

	if (!bd_oci_layout_has(&layout, "manifest.json") ||
	    read_json(&layout, "manifest.json", &document, &ignored) != 0)
		return false;
	const struct bd_json_node *root = document.root;
	if (root->type == BD_JSON_ARRAY)
		return root->child_count && is_object(root->children) && get_text(root->children, "Config", NULL) &&
		       get_array(root->children, "Layers");
	return is_object(root) && bd_json_member_of(root, "schemaVersion", BD_JSON_NUMBER) &&
	       (get_array(root, "layers") || get_array(root, "manifests") || get_array(root, "fsLayers"));
}
