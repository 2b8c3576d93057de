/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A xenstore of a few nodes behind a socket, for programs that are told of it by XENSTORED_PATH: as much of the protocol
 * (xen/include/public/io/xs_wire.h) as xenstore-read, xenstore-write and hotplug scripts use. Every write is a line
 * "PATH=VALUE" at the end of a log, and is not taken where the path begins with the folder that refuses. */
#ifndef BD_TESTS_FAKE_XENSTORED_H
#define BD_TESTS_FAKE_XENSTORED_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STORE_READ = 2, STORE_START = 6, STORE_END = 7, STORE_WRITE = 11, STORE_ERROR = 16 };

#define STORE_NODES 64
#define STORE_CLIENTS 15
#define STORE_PAYLOAD 4096

struct store_node {
	char path[256], value[1100];
};

struct fake_store {
	pid_t pid;
	struct store_node nodes[STORE_NODES]; /* to be filled before the start */
	unsigned count;
	const char *refusing; /* paths that cannot be written begin with it; NULL: none */
	char socket_path[100], log_path[100];
};

static void store_put(struct fake_store *store, const char *path, const char *value)
{
	unsigned i = 0;
	while (i < store->count && strcmp(store->nodes[i].path, path) != 0)
		i++;
	if (i == STORE_NODES)
		abort();
	if (i == store->count)
		store->count++;
	snprintf(store->nodes[i].path, sizeof(store->nodes[i].path), "%s", path);
	snprintf(store->nodes[i].value, sizeof(store->nodes[i].value), "%s", value);
}

static bool store_receive(int fd, void *data, size_t size)
{
	for (char *at = data; size > 0;) {
		ssize_t r = read(fd, at, size);
		if (r <= 0)
			return false;
		at += r;
		size -= (size_t)r;
	}
	return true;
}

/* Relative paths are those of dom0. */
static void store_absolute(const char *path, char absolute_out[STORE_PAYLOAD + 32])
{
	snprintf(absolute_out, STORE_PAYLOAD + 32, "%s%s", *path == '/' ? "" : "/local/domain/0/", path);
}

static const char *store_answer(struct fake_store *store, uint32_t *type, const char *payload, size_t size)
{
	char path[STORE_PAYLOAD + 32];
	store_absolute(payload, path);
	if (*type == STORE_START)
		return "1";
	if (*type == STORE_END)
		return "OK";
	if (*type == STORE_WRITE &&
	    !(store->refusing && strncmp(path, store->refusing, strlen(store->refusing)) == 0)) {
		const char *value = payload + strlen(payload) + 1;
		char copy[STORE_PAYLOAD + 1];
		snprintf(copy, sizeof(copy), "%.*s", (int)(size - (size_t)(value - payload)), value);
		store_put(store, path, copy);
		FILE *log = fopen(store->log_path, "a");
		if (log) {
			fprintf(log, "%s=%s\n", path, copy);
			fclose(log);
		}
		return "OK";
	}
	for (unsigned i = 0; *type == STORE_READ && i < store->count; i++)
		if (strcmp(store->nodes[i].path, path) == 0)
			return store->nodes[i].value;
	const char *error = *type == STORE_READ ? "ENOENT" : *type == STORE_WRITE ? "EACCES" : "ENOSYS";
	*type = STORE_ERROR;
	return error;
}

/* False: the client has gone. */
static bool store_serve_one(struct fake_store *store, int fd)
{
	uint32_t header[4]; /* type, request, transaction, length */
	char payload[STORE_PAYLOAD + 1];
	if (!store_receive(fd, header, sizeof(header)) || header[3] > STORE_PAYLOAD ||
	    !store_receive(fd, payload, header[3]))
		return false;
	payload[header[3]] = '\0';
	bool is_value = header[0] == STORE_READ;
	const char *answer = store_answer(store, &header[0], payload, header[3]);
	header[3] = (uint32_t)strlen(answer) + (is_value && header[0] == STORE_READ ? 0 : 1);
	return write(fd, header, sizeof(header)) == sizeof(header) &&
	       write(fd, answer, header[3]) == (ssize_t)header[3];
}

static void store_serve(struct fake_store *store, int listening)
{
	struct pollfd fds[STORE_CLIENTS + 1] = { { .fd = listening, .events = POLLIN } };
	for (nfds_t count = 1; poll(fds, count, -1) >= 0;) {
		for (nfds_t i = count - 1; i > 0; i--)
			if (fds[i].revents && !store_serve_one(store, fds[i].fd)) {
				close(fds[i].fd);
				fds[i] = fds[--count];
			}
		if (fds[0].revents && count <= STORE_CLIENTS)
			fds[count++] = (struct pollfd){ .fd = accept(listening, NULL, NULL), .events = POLLIN };
	}
}

/* In the folder; XENSTORED_PATH is set. -1: it could not be. */
static int store_start(struct fake_store *store, const char *folder)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(store->socket_path, sizeof(store->socket_path), "%s/xenstored", folder);
	snprintf(store->log_path, sizeof(store->log_path), "%s/xenstored.log", folder);
	unlink(store->socket_path);
	unlink(store->log_path);
	strcpy(address.sun_path, store->socket_path);
	int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listening < 0 || bind(listening, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(listening, 8) != 0)
		return -1;
	setenv("XENSTORED_PATH", store->socket_path, 1);
	store->pid = fork();
	if (store->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		store_serve(store, listening);
		_exit(0);
	}
	close(listening);
	return store->pid > 0 ? 0 : -1;
}

/* What was written, a line each; log_out ends in a NUL. */
static void store_stop(struct fake_store *store, char *log_out, size_t size)
{
	kill(store->pid, SIGKILL);
	waitpid(store->pid, NULL, 0);
	store->pid = 0;
	FILE *log = fopen(store->log_path, "r");
	log_out[log ? fread(log_out, 1, size - 1, log) : 0] = '\0';
	if (log)
		fclose(log);
}

#endif
