/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads and writes the nodes of a disk's backend. */
#include "hotplug/block/backend.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"

/* enum xenbus_state of xen/io/xenbus.h. */
#define STATE_INIT_WAIT "2"
#define STATE_CLOSING "5"
#define STATE_CLOSED "6"

enum bd_block_mode bd_block_mode(const char *text)
{
	if (!strchr(text, 'w'))
		return BD_BLOCK_READ;
	return strchr(text, '!') ? BD_BLOCK_FORCED : BD_BLOCK_WRITE;
}

/* The start of a path's last component, of those before end. */
static const char *component_before(const char *path, const char *end)
{
	while (end > path && end[-1] != '/')
		end--;
	return end;
}

static bool is_number(const char *text, size_t length)
{
	return length > 0 && length < 20 && strspn(text, "0123456789") >= length;
}

int bd_block_backend_init(struct bd_block_backend *backend, const char *path, const char *base_path, const char *type,
			  struct bd_error *err)
{
	const char *end = path + strlen(path);
	const char *device = component_before(path, end);
	const char *domain = device > path ? component_before(path, device - 1) : path;
	const char *kind = domain > path ? component_before(path, domain - 1) : path;

	*backend = (struct bd_block_backend){ 0 };
	if (kind == path || domain - kind < 2 || domain - kind > 20 || !is_number(device, (size_t)(end - device)) ||
	    !is_number(domain, (size_t)(device - 1 - domain)))
		return bd_fail(err, EINVAL, "XENBUS_PATH must be of the form backend/vbd/DOMID/DEVID, not '%.200s'",
			       path);
	int path_length = snprintf(backend->path, sizeof(backend->path), "%s", path);
	int all_length = base_path && type ? snprintf(backend->all, sizeof(backend->all), "%s/%s", base_path, type)
					   : snprintf(backend->all, sizeof(backend->all), "%.*s",
						      (int)(domain - 1 - path), path);
	if ((size_t)path_length >= sizeof(backend->path) || (size_t)all_length >= sizeof(backend->all))
		return bd_fail(err, ENAMETOOLONG, "XENBUS_PATH is too long: %.64s...", path);
	snprintf(backend->bus_name, sizeof(backend->bus_name), "%.*s-%.*s-%s", (int)(domain - 1 - kind), kind,
		 (int)(device - 1 - domain), domain, device);
	return 0;
}

void bd_block_backend_dispose(struct bd_block_backend *backend)
{
	free(backend->params);
	free(backend->type);
	free(backend->frontend_id);
	free(backend->frontend_vm);
	*backend = (struct bd_block_backend){ 0 };
}

static int read_needed(const struct bd_xenstore *store, const char *folder, const char *name, char **value_out,
		       struct bd_error *err)
{
	BD_FREE char *value = NULL;

	if (bd_xenstore_read(store, &value, err, "%s/%s", folder, name) != 0)
		return -1;
	if (!value || !*value)
		return bd_fail(err, ENOENT, "xenstore-read %s/%s failed.", folder, name);
	*value_out = bd_take_ptr(value);
	return 0;
}

int bd_block_backend_read(const struct bd_xenstore *store, struct bd_block_backend *backend, struct bd_error *err)
{
	BD_FREE char *mode = NULL;

	if (read_needed(store, backend->path, "params", &backend->params, err) != 0 ||
	    read_needed(store, backend->path, "mode", &mode, err) != 0 ||
	    read_needed(store, backend->path, "frontend-id", &backend->frontend_id, err) != 0 ||
	    bd_xenstore_read(store, &backend->type, err, "%s/type", backend->path) != 0)
		return -1;
	backend->mode = bd_block_mode(mode);
	return bd_xenstore_read(store, &backend->frontend_vm, err, "/local/domain/%s/vm", backend->frontend_id);
}

int bd_block_backend_check_state(const struct bd_xenstore *store, const struct bd_block_backend *backend,
				 bool is_file, struct bd_error *err)
{
	BD_FREE char *state = NULL;

	if (bd_xenstore_read(store, &state, err, "%s/state", backend->path) != 0)
		return -1;
	if (state && (is_file ? strcmp(state, STATE_INIT_WAIT) == 0
			      : strcmp(state, STATE_CLOSING) != 0 && strcmp(state, STATE_CLOSED) != 0))
		return 0;
	return bd_fail(err, ENOENT, "Path closed or removed during hotplug add: %s state: %s", backend->path,
		       state ? state : "unknown");
}

struct answering {
	const struct bd_block_backend *backend;
	const struct bd_block_answer *answer;
};

static int write_answer(const struct bd_xenstore *store, void *context, struct bd_error *err)
{
	const struct answering *answering = context;
	const struct bd_block_answer *answer = answering->answer;
	const char *path = answering->backend->path;
	char number[BD_BLOCK_NUMBER_SIZE], sequence[24];
	BD_FREE char *there = NULL;

	if (bd_block_backend_check_state(store, answering->backend, answer->is_file, err) != 0 ||
	    bd_xenstore_read(store, &there, err, "%s/physical-device", path) != 0)
		return -1;
	if (there)
		return 1;
	bd_block_format_number(answer->device, number);
	snprintf(sequence, sizeof(sequence), "%" PRIu64, answer->disk_sequence);
	if ((answer->node && bd_xenstore_write(store, path, "node", answer->node, err) != 0) ||
	    (answer->disk_sequence && bd_xenstore_write(store, path, "bigdisk-diskseq", sequence, err) != 0) ||
	    bd_xenstore_write(store, path, "physical-device", number, err) != 0 ||
	    bd_xenstore_write(store, path, "physical-device-path", answer->device_path, err) != 0)
		return -1;
	return bd_xenstore_write(store, path, "hotplug-status", "connected", err);
}

int bd_block_backend_answer(const struct bd_xenstore *store, const struct bd_block_backend *backend,
			    const struct bd_block_answer *answer, struct bd_error *err)
{
	struct answering answering = { backend, answer };

	return bd_xenstore_change(store, write_answer, &answering, err);
}

void bd_block_format_number(dev_t device, char text_out[BD_BLOCK_NUMBER_SIZE])
{
	snprintf(text_out, BD_BLOCK_NUMBER_SIZE, "%x:%x", major(device), minor(device));
}

/* Up to eight hexadecimal digits; what is behind them, or NULL. */
static const char *read_hexadecimal(const char *text, unsigned *value_out)
{
	size_t digits = strspn(text, "0123456789abcdefABCDEF");

	if (digits < 1 || digits > 8)
		return NULL;
	*value_out = (unsigned)strtoul(text, NULL, 16);
	return text + digits;
}

bool bd_block_parse_number(const char *text, dev_t *device_out)
{
	unsigned major_number, minor_number;

	const char *rest = read_hexadecimal(text, &major_number);
	if (!rest || *rest != ':')
		return false;
	rest = read_hexadecimal(rest + 1, &minor_number);
	if (!rest || *rest)
		return false;
	*device_out = makedev(major_number, minor_number);
	return true;
}
