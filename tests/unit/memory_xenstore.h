/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A xenstore in memory that forked processes share, with transactions that fail as xenstored's do: when somebody else changed what was
 * read. To be included after <cmocka.h>. */
#ifndef BD_TESTS_MEMORY_XENSTORE_H
#define BD_TESTS_MEMORY_XENSTORE_H

#include <assert.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "hotplug/xenstore.h"

#define NODES_MAX 600
#define TOUCHED_MAX 64

struct memory_node {
	char path[160], value[1200];
	bool is_there;
	unsigned changed; /* when, by the store's clock */
};

struct shared_nodes {
	pthread_mutex_t mutex;
	unsigned clock, count, writes;
	struct memory_node nodes[NODES_MAX];
};

static struct shared_nodes *shared;

/* Of this process: its transaction, and what disturbs it. */
static struct {
	bool is_open;
	unsigned begun, touched_count;
	struct memory_node touched[TOUCHED_MAX]; /* is_there: written, else read */
	const char *failing; /* reading or writing this path fails */
	void (*before_write)(const char *path);
	void (*before_commit)(void);
} here;

static void lock_nodes(void)
{
	assert(pthread_mutex_lock(&shared->mutex) == 0);
}

static void unlock_nodes(void)
{
	pthread_mutex_unlock(&shared->mutex);
}

static struct memory_node *node_of(const char *path, bool make)
{
	for (unsigned i = 0; i < shared->count; i++)
		if (strcmp(shared->nodes[i].path, path) == 0)
			return &shared->nodes[i];
	if (!make)
		return NULL;
	assert(shared->count < NODES_MAX && strlen(path) < sizeof(shared->nodes[0].path));
	struct memory_node *node = &shared->nodes[shared->count++];
	strcpy(node->path, path);
	return node;
}

static void change_node(const char *path, const char *value)
{
	struct memory_node *node = node_of(path, true);

	node->is_there = value != NULL;
	node->changed = ++shared->clock;
	snprintf(node->value, sizeof(node->value), "%s", value ? value : "");
}

/* As anybody else would. value NULL: removes it. */
__attribute__((format(printf, 2, 3), unused)) static void put(const char *value, const char *format, ...)
{
	char path[512];
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	lock_nodes();
	change_node(path, value);
	unlock_nodes();
}

/* "" where there is none; in one of a few buffers, which are used in turn. */
__attribute__((format(printf, 1, 2), unused)) static const char *get(const char *format, ...)
{
	static char values[8][sizeof(((struct memory_node *)0)->value)];
	static unsigned turn;
	char path[512], *value = values[turn++ % 8];
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	lock_nodes();
	const struct memory_node *node = node_of(path, false);
	strcpy(value, node && node->is_there ? node->value : "");
	unlock_nodes();
	return value;
}

static struct memory_node *touch(const char *path)
{
	for (unsigned i = 0; i < here.touched_count; i++)
		if (strcmp(here.touched[i].path, path) == 0)
			return &here.touched[i];
	assert(here.touched_count < TOUCHED_MAX);
	struct memory_node *touched = &here.touched[here.touched_count++];
	*touched = (struct memory_node){ 0 };
	snprintf(touched->path, sizeof(touched->path), "%s", path);
	return touched;
}

static int memory_read(void *context, const char *path, char **value_out, struct bd_error *err)
{
	(void)context;
	const struct memory_node *touched = here.is_open ? touch(path) : NULL;

	if (here.failing && strcmp(here.failing, path) == 0)
		return bd_fail(err, EIO, "cannot read %s in xenstore", path);
	lock_nodes();
	const struct memory_node *node = touched && touched->is_there ? touched : node_of(path, false);
	*value_out = node && node->is_there ? strdup(node->value) : NULL;
	unlock_nodes();
	return 0;
}

static int memory_list(void *context, const char *path, char ***names_out, size_t *count_out, struct bd_error *err)
{
	(void)context;
	(void)err;
	size_t length = strlen(path), count = 0;
	char **names = calloc(1, NODES_MAX * (sizeof(*names) + 64));
	char *text = (char *)(names + NODES_MAX);

	assert(!here.is_open && names);
	lock_nodes();
	for (unsigned i = 0; i < shared->count; i++) {
		const struct memory_node *node = &shared->nodes[i];
		if (!node->is_there || strncmp(node->path, path, length) != 0 || node->path[length] != '/')
			continue;
		const char *name = node->path + length + 1;
		size_t size = strcspn(name, "/"), known = 0;
		while (known < count && (strncmp(names[known], name, size) != 0 || names[known][size]))
			known++;
		if (known < count)
			continue;
		names[count] = text + 64 * count;
		memcpy(names[count++], name, size < 63 ? size : 63);
	}
	unlock_nodes();
	*names_out = names;
	*count_out = count;
	return 0;
}

static int memory_write(void *context, const char *path, const char *value, struct bd_error *err)
{
	(void)context;
	if (here.failing && strcmp(here.failing, path) == 0)
		return bd_fail(err, EIO, "cannot write %s in xenstore", path);
	if (here.before_write)
		here.before_write(path);
	if (here.is_open) {
		struct memory_node *touched = touch(path);
		touched->is_there = true;
		snprintf(touched->value, sizeof(touched->value), "%s", value);
		return 0;
	}
	lock_nodes();
	change_node(path, value);
	shared->writes++;
	unlock_nodes();
	return 0;
}

static int memory_begin(void *context, struct bd_error *err)
{
	(void)context;
	(void)err;
	assert(!here.is_open);
	here.is_open = true;
	here.touched_count = 0;
	lock_nodes();
	here.begun = shared->clock;
	unlock_nodes();
	return 0;
}

static int memory_end(void *context, bool commit, bool *again_out, struct bd_error *err)
{
	(void)context;
	(void)err;
	assert(here.is_open);
	here.is_open = false;
	*again_out = false;
	if (!commit)
		return 0;
	if (here.before_commit)
		here.before_commit();
	lock_nodes();
	for (unsigned i = 0; i < here.touched_count; i++) {
		const struct memory_node *node = node_of(here.touched[i].path, false);
		*again_out |= node && node->changed > here.begun;
	}
	for (unsigned i = 0; !*again_out && i < here.touched_count; i++) {
		if (!here.touched[i].is_there)
			continue;
		change_node(here.touched[i].path, here.touched[i].value);
		shared->writes++;
	}
	unlock_nodes();
	return 0;
}

static const struct bd_xenstore memory_xenstore = { memory_read,  memory_list, memory_write,
						    memory_begin, memory_end,  NULL };

static void clear_nodes(void)
{
	pthread_mutexattr_t attributes;

	if (!shared)
		shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert(shared != MAP_FAILED);
	memset(shared, 0, sizeof(*shared));
	memset(&here, 0, sizeof(here));
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&shared->mutex, &attributes);
	pthread_mutexattr_destroy(&attributes);
}

/* A disk of a guest, as libxl writes it before it runs the script. */
__attribute__((unused)) static void put_disk(unsigned domid, unsigned devid, const char *params, const char *mode)
{
	char text[160];

	snprintf(text, sizeof(text), "/vm/00000000-0000-0000-0000-%012u", domid);
	put(text, "/local/domain/%u/vm", domid);
	snprintf(text, sizeof(text), "/local/domain/%u/device/vbd/%u", domid, devid);
	put(text, "backend/vbd/%u/%u/frontend", domid, devid);
	snprintf(text, sizeof(text), "%u", domid);
	put(text, "backend/vbd/%u/%u/frontend-id", domid, devid);
	put(params, "backend/vbd/%u/%u/params", domid, devid);
	put("/etc/xen/scripts/block-bigdisk", "backend/vbd/%u/%u/script", domid, devid);
	put("1", "backend/vbd/%u/%u/online", domid, devid);
	put("2", "backend/vbd/%u/%u/state", domid, devid);
	put("phy", "backend/vbd/%u/%u/type", domid, devid);
	put(mode, "backend/vbd/%u/%u/mode", domid, devid);
}

#endif
