/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses the way by what the reference is. */
#include "fetch/fetch.h"

#include "base/cleanup.h"
#include "fetch/skopeo.h"

int bd_fetch_check(const struct bd_reference *reference, struct bd_error *err)
{
	if (reference->kind == BD_REFERENCE_URL)
		return bd_usage(err, "%s is a URL, which is not downloaded: give the path of a file",
				reference->name);
	return bd_skopeo_check(err);
}

int bd_fetch(const struct bd_reference *reference, const char *platform, uint64_t limit_bytes,
	     struct bd_fetched *fetched_out, struct bd_error *err)
{
	BD_DISPOSE(bd_fetched_dispose) struct bd_fetched fetched = BD_FETCHED_INIT;

	if (bd_fetch_check(reference, err) != 0 || bd_scratch_make(&fetched.scratch, err) != 0)
		return -1;
	if (bd_skopeo_copy(reference->target, platform, limit_bytes, &fetched.scratch, &fetched.fd, fetched.digest,
			   err) != 0)
		return err->kind == BD_KIND_CANCELED ? -1 : bd_wrap(err, "cannot import %s", reference->name);
	*fetched_out = fetched;
	fetched = (struct bd_fetched)BD_FETCHED_INIT;
	return 0;
}

void bd_fetched_dispose(struct bd_fetched *fetched)
{
	bd_cleanup_close(&fetched->fd);
	bd_scratch_dispose(&fetched->scratch);
	*fetched = (struct bd_fetched)BD_FETCHED_INIT;
}
