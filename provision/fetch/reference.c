/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes a source's name apart. */
#include "fetch/reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"

static const char *const transports[] = {
	"containers-storage", "dir",	"docker", "docker-archive", "docker-daemon", "oci",
	"oci-archive",	      "ostree", "sif",	  "tarball"
};

/* "web.example/images/a.img" of "https://me:secret@web.example/images/a.img?token=1". */
static int name_url(const char *url, char **name_out, struct bd_error *err)
{
	const char *host = strstr(url, "://") + 3;
	size_t host_size = strcspn(host, "/?#");
	const char *at = memrchr(host, '@', host_size);
	const char *from = at ? at + 1 : host;

	return bd_text_format(name_out, err, "%.*s%.*s", (int)(host - url), url, (int)strcspn(from, "?#"), from);
}

static int parse_url(const char *source, struct bd_reference *reference, struct bd_error *err)
{
	reference->kind = BD_REFERENCE_URL;
	return bd_text_format(&reference->target, err, "%s", source) == 0 &&
			       name_url(source, &reference->name, err) == 0
		       ? 0
		       : -1;
}

/* "PATH:NAME", of which the name may be left out, is taken apart at the first colon, as skopeo does. */
static int parse_local(const char *source, const char *rest, struct bd_reference *reference, struct bd_error *err)
{
	bool has_tag = !bd_text_begins_with(source, "dir:");
	size_t path_size = has_tag ? strcspn(rest, ":") : strlen(rest), length;
	const char *tag = rest[path_size] ? rest + path_size + 1 : NULL;

	reference->is_transport = true;
	if (!path_size || (tag && !*tag))
		return bd_usage(err, "the reference %s has nothing behind the colon", source);
	if (bd_text_format(&reference->target, err, "%.*s", (int)path_size, rest) != 0 ||
	    (tag && bd_text_format(&reference->tag, err, "%s", tag) != 0))
		return -1;
	const char *last = bd_path_component(reference->target, &length);
	return bd_text_format(&reference->name, err, "%.*s:%.*s%s%s", (int)strcspn(source, ":"), source, (int)length,
			      last, tag ? ":" : "", tag ? tag : "");
}

static bool is_local(const char *source, const char *rest)
{
	/* The N-th image of an archive is for skopeo to find. */
	return (bd_text_begins_with(source, "oci:") || bd_text_begins_with(source, "oci-archive:") ||
		bd_text_begins_with(source, "docker-archive:") || bd_text_begins_with(source, "dir:")) &&
	       !strstr(rest, ":@");
}

static int parse_transport(const char *source, size_t size, struct bd_reference *reference, struct bd_error *err)
{
	const char *rest = source + size + 1;

	if (is_local(source, rest))
		return parse_local(source, rest, reference, err);
	reference->kind = BD_REFERENCE_IMAGE;
	if (bd_text_begins_with(source, "docker:")) {
		if (!bd_text_begins_with(rest, "//"))
			return bd_usage(err, "an image in a registry is written docker://%s", rest);
		rest += 2;
	}
	if (!*rest)
		return bd_usage(err, "the reference %s names no image", source);
	return bd_text_format(&reference->target, err, "%s", source) == 0 &&
			       bd_text_format(&reference->name, err, "%s", source) == 0
		       ? 0
		       : -1;
}

static int parse_path(const char *source, struct bd_reference *reference, struct bd_error *err)
{
	size_t length;
	const char *last = bd_path_component(source, &length);

	/* Where it lay says nothing on another machine. */
	return bd_text_format(&reference->target, err, "%s", source) == 0 &&
			       bd_text_format(&reference->name, err, "%.*s", (int)length, last) == 0
		       ? 0
		       : -1;
}

static int parse(const char *source, struct bd_reference *reference, struct bd_error *err)
{
	size_t word = strspn(source, "abcdefghijklmnopqrstuvwxyz0123456789+.-");

	for (size_t i = 0; source[word] == ':' && i < sizeof(transports) / sizeof(*transports); i++)
		if (strlen(transports[i]) == word && strncmp(source, transports[i], word) == 0)
			return parse_transport(source, word, reference, err);
	return word && bd_text_begins_with(source + word, "://") ? parse_url(source, reference, err)
								 : parse_path(source, reference, err);
}

int bd_reference_parse(const char *source, struct bd_reference *reference_out, struct bd_error *err)
{
	BD_DISPOSE(bd_reference_dispose) struct bd_reference reference = { .kind = BD_REFERENCE_PATH };

	if (parse(source, &reference, err) != 0)
		return -1;
	*reference_out = reference;
	reference = (struct bd_reference){ .kind = BD_REFERENCE_PATH };
	return 0;
}

void bd_reference_dispose(struct bd_reference *reference)
{
	free(reference->target);
	free(reference->tag);
	free(reference->name);
	*reference = (struct bd_reference){ .kind = BD_REFERENCE_PATH };
}

bool bd_is_tls_url(const char *location)
{
	return strncasecmp(location, "https://", 8) == 0;
}

bool bd_is_plain_url(const char *location)
{
	return strncasecmp(location, "http://", 7) == 0;
}

bool bd_is_url(const char *location)
{
	BD_DISPOSE(bd_reference_dispose) struct bd_reference reference = { .kind = BD_REFERENCE_PATH };
	struct bd_error ignored = BD_ERROR_INIT;

	return bd_reference_parse(location, &reference, &ignored) == 0 && reference.kind == BD_REFERENCE_URL;
}
