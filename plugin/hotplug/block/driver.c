/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waits for the backend's driver. */
#include "hotplug/block/driver.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define FIRST_PAUSE_NS (200 * 1000)
#define LONGEST_PAUSE_NS (20 * 1000 * 1000)
#define LOOK_AT_STATE_NS (5 * 1000 * 1000) /* pauses from this on are worth a message to xenstored */

static bool has_opened(const char *attribute, dev_t device)
{
	char text[32];
	dev_t opened;

	BD_CLOSE int fd = open(attribute, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (length <= 0)
		return false;
	text[length] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return bd_block_parse_number(text, &opened) && opened == device;
}

int bd_block_wait_for_driver(const struct bd_xenstore *store, const struct bd_block_backend *backend, const char *bus,
			     dev_t device, unsigned wait_ms, enum bd_block_driver_state *state_out,
			     struct bd_error *err)
{
	char attribute[PATH_MAX], folder[PATH_MAX];
	double end_s = bd_clock_s() + wait_ms / 1000.0;

	*state_out = BD_BLOCK_DRIVER_UNKNOWN;
	if ((size_t)snprintf(folder, sizeof(folder), "%s/%s", bus, backend->bus_name) >= sizeof(folder) ||
	    (size_t)snprintf(attribute, sizeof(attribute), "%s/%s/physical_device", bus, backend->bus_name) >=
		    sizeof(attribute))
		return 0;
	for (long pause_ns = FIRST_PAUSE_NS; access(folder, F_OK) == 0; pause_ns *= 2) {
		if (has_opened(attribute, device)) {
			*state_out = BD_BLOCK_DRIVER_HAS_IT;
			return 0;
		}
		if (bd_clock_s() >= end_s)
			return 0;
		if (pause_ns > LONGEST_PAUSE_NS)
			pause_ns = LONGEST_PAUSE_NS;
		if (pause_ns >= LOOK_AT_STATE_NS && bd_block_backend_check_state(store, backend, false, err) != 0)
			return -1;
		nanosleep(&(struct timespec){ .tv_nsec = pause_ns }, NULL);
	}
	return 0;
}
