/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a source's name says it is decides how it is got; what it is then, its content. */
#include "ops/template/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/progress.h"
#include "fetch/fetch.h"
#include "fetch/reference.h"
#include "import/disk/source_disk.h"
#include "import/sources.h"
#include "import/wrap/root.h"
#include "template/writer/whole_disk.h"

struct source {
	const char *path; /* of what was fetched, its name */
	struct bd_fetched *fetched; /* NULL: nothing was */
	enum bd_source_kind kind;
	char kind_name[16]; /* for the manifest; what a pipe holds is seen when it is read */
	uint64_t size_bytes;
	const struct bd_image_choice *choice;
};

static int fill_from_source(void *context, struct bd_sealed_writer *writer, struct bd_error *err)
{
	struct source *source = context;
	int fd = source->fetched ? source->fetched->fd : -1;

	bd_progress_stage("reading the source", source->size_bytes);
	int r = bd_source_import(source->path, fd, &source->kind, source->choice, bd_progress_update, writer, err);
	snprintf(source->kind_name, sizeof(source->kind_name), "%s", bd_source_kind_name(source->kind));
	if (r != 0)
		return -1;
	if (bd_sealed_writer_has_disk(writer) || bd_sealed_writer_form(writer) == BD_SEALED_WRITER_DISK)
		return 0;
	return bd_wrap_settle_root(writer, strcmp(source->path, "-") ? source->path : "standard input", err);
}

/* The name of an image is in its reference, or given beside it. */
static int choose_image(const struct bd_reference *reference, const struct bd_image_choice *asked,
			struct bd_image_choice *choice_out, struct bd_error *err)
{
	*choice_out = *asked;
	if (asked->tag && (reference->tag || reference->kind == BD_REFERENCE_IMAGE))
		return bd_usage(err, "the reference %s names its image itself, and no tag can be given beside it",
				reference->name);
	if (reference->tag)
		choice_out->tag = reference->tag;
	return 0;
}

static int check_transport(const struct bd_reference *reference, enum bd_source_kind kind, struct bd_error *err)
{
	return !reference->is_transport || kind == BD_SOURCE_OCI
		       ? 0
		       : bd_fail(err, EINVAL, "%s is no container image", reference->target);
}

int bd_template_import(const struct bd_store *store, const char *name, const char *source_name,
		       const struct bd_template_options *options, struct bd_manifest *manifest_out,
		       struct bd_error *err)
{
	BD_DISPOSE(bd_reference_dispose) struct bd_reference reference = { .kind = BD_REFERENCE_PATH };
	BD_DISPOSE(bd_fetched_dispose) struct bd_fetched fetched = BD_FETCHED_INIT;
	struct bd_template_options how = *options;
	struct bd_template_plan plan;

	if (bd_store_check_name(name, err) != 0 || bd_reference_parse(source_name, &reference, err) != 0 ||
	    choose_image(&reference, &options->image, &how.image, err) != 0)
		return -1;
	struct source source = { .path = reference.target, .choice = &how.image };
	if (bd_fetch_is_needed(&reference, &options->proof)) {
		/* Before gigabytes are got for nothing. */
		uint64_t limit_bytes = options->limit_bytes ? options->limit_bytes : BD_TEMPLATE_LIMIT_BYTES;
		if (bd_template_plan_make(store, name, &plan, err) != 0 ||
		    bd_fetch(&reference, &options->proof, how.image.platform, limit_bytes, &fetched, err) != 0)
			return -1;
		source.fetched = &fetched;
		source.path = reference.name;
		how.source_digest = fetched.digest;
	}
	if (bd_source_recognise(source.path, fetched.fd, &source.kind, &source.size_bytes, err) != 0 ||
	    check_transport(&reference, source.kind, err) != 0)
		return -1;
	return bd_template_make(store, name, source.kind_name, reference.name, &how, fill_from_source, &source,
				manifest_out, err);
}

static int check_readable(const char *path, struct bd_error *err)
{
	char disk[PATH_MAX];
	int partition = 0;

	if (strcmp(path, "-") == 0 || faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0)
		return 0;
	if (errno == ENOENT && bd_source_disk_split(path, disk, &partition, err) == 0 && partition &&
	    faccessat(AT_FDCWD, disk, R_OK, AT_EACCESS) == 0)
		return 0;
	return bd_fail_errno(err, "cannot read %s", path);
}

int bd_template_plan_import(const struct bd_store *store, const char *name, const char *source_name,
			    const struct bd_template_options *options, struct bd_template_plan *plan_out,
			    struct bd_error *err)
{
	BD_DISPOSE(bd_reference_dispose) struct bd_reference reference = { .kind = BD_REFERENCE_PATH };
	struct bd_image_choice choice;
	enum bd_source_kind kind;
	uint64_t size_bytes;

	if (bd_template_plan_make(store, name, plan_out, err) != 0 ||
	    bd_reference_parse(source_name, &reference, err) != 0 ||
	    choose_image(&reference, &options->image, &choice, err) != 0)
		return -1;
	plan_out->source_kind = bd_source_kind_name(BD_SOURCE_OCI);
	if (bd_fetch_is_needed(&reference, &options->proof) && bd_fetch_check(&reference, &options->proof, err) != 0)
		return -1;
	if (reference.kind == BD_REFERENCE_URL)
		plan_out->source_kind = "url";
	if (reference.kind != BD_REFERENCE_PATH)
		return 0;
	if (bd_source_recognise(reference.target, -1, &kind, &size_bytes, err) != 0 ||
	    check_transport(&reference, kind, err) != 0 || check_readable(reference.target, err) != 0 ||
	    bd_source_check_choice(reference.target, -1, kind, &choice, err) != 0)
		return -1;
	plan_out->source_kind = bd_source_kind_name(kind);
	return 0;
}
