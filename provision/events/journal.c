/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encodes and sends entries for systemd's journal. */
#include "events/journal.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/bytes.h"
#include "base/cleanup.h"

#define SOCKET "/run/systemd/journal/socket"
#define LENGTH_BYTES 8

/* NAME=VALUE and a newline; a value with newlines goes by its length. */
static size_t encode_field(const struct bd_journal_field *field, char *at, size_t room)
{
	size_t name = strlen(field->name), value = strlen(field->value);
	bool lines = strchr(field->value, '\n') != NULL;
	size_t head = name + 1 + (lines ? LENGTH_BYTES : 0), size = head + value + 1;

	if (size > room)
		return 0;
	memcpy(at, field->name, name);
	at[name] = lines ? '\n' : '=';
	if (lines)
		put_le64((uint8_t *)at + name + 1, value);
	memcpy(at + head, field->value, value);
	at[head + value] = '\n';
	return size;
}

size_t bd_journal_encode(const struct bd_journal_field *fields, size_t count, char text_out[BD_JOURNAL_SIZE])
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++)
		if (fields[i].value)
			used += encode_field(&fields[i], text_out + used, BD_JOURNAL_SIZE - used);
	return used;
}

void bd_journal_send(const struct bd_journal_field *fields, size_t count)
{
	const char *chosen = secure_getenv("XEN_BIGDISK_JOURNAL");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char text[BD_JOURNAL_SIZE];
	int n = snprintf(address.sun_path, sizeof(address.sun_path), "%s", chosen ? chosen : SOCKET);

	if (n <= 0 || (size_t)n >= sizeof(address.sun_path))
		return;
	BD_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		(void)sendto(fd, text, bd_journal_encode(fields, count, text), MSG_DONTWAIT | MSG_NOSIGNAL,
			     (const struct sockaddr *)&address, sizeof(address));
}
