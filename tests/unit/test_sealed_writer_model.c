/* SPDX-License-Identifier: GPL-2.0-or-later */
/* template/writer/writer.h against simple models: random entries against a list of paths, random content against an
 * array; then the limit, memory and time. */
#include <sys/wait.h>
#include <time.h>

#include "test_sealed_writer_fixture.h"
#include "rootfs/sealed_find.h"
#include "template/field.h"

#define BLOCK BD_SEALED_BLOCK_BYTES
#define PIECE (256u * 1024) /* of template/writer/payload.c */

/* A model of the tree: paths, each with the node that it names. */
struct node {
	char type; /* 'd', 'f', 'l' */
	unsigned mode;
	char text[16]; /* content, or target */
};

struct model {
	struct node nodes[4000];
	int node_count;
	struct {
		char path[24];
		int node;
	} names[400];
	int name_count;
	bool replacing;
};

static struct model model;

static int model_find(const char *path)
{
	for (int i = 0; i < model.name_count; i++)
		if (strcmp(model.names[i].path, path) == 0)
			return i;
	return -1;
}

static struct node *node_at(int name)
{
	return &model.nodes[model.names[name].node];
}

static int model_new_node(char type, unsigned mode, const char *text)
{
	assert_true(model.node_count < 4000);
	struct node *node = &model.nodes[model.node_count];
	node->type = type;
	node->mode = mode;
	snprintf(node->text, sizeof(node->text), "%s", text);
	return model.node_count++;
}

static void model_name(const char *path, int node)
{
	assert_true(model.name_count < 400);
	snprintf(model.names[model.name_count].path, sizeof(model.names[0].path), "%s", path);
	model.names[model.name_count++].node = node;
}

static bool is_below(const char *path, const char *top)
{
	return strncmp(path, top, strlen(top)) == 0 && path[strlen(top)] == '/';
}

static void model_remove(const char *path, bool self)
{
	int kept = 0;

	for (int i = 0; i < model.name_count; i++)
		if (!is_below(model.names[i].path, path) && !(self && strcmp(model.names[i].path, path) == 0))
			model.names[kept++] = model.names[i];
	model.name_count = kept;
}

/* Looks at the parents, and makes them. */
static int model_parents(const char *path, bool make)
{
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		char parent[24];
		snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
		int there = model_find(parent);
		if (there >= 0 && node_at(there)->type != 'd')
			return ENOTDIR;
		if (there < 0 && make)
			model_name(parent, model_new_node('d', 0755, ""));
	}
	return 0;
}

static int model_add(const char *path, char type, unsigned mode, const char *text)
{
	int status = model_parents(path, true), there = model_find(path);

	if (status)
		return status;
	if (there >= 0 && type == 'd' && node_at(there)->type == 'd') {
		node_at(there)->mode = mode;
		return 0;
	}
	if (there >= 0 && !model.replacing)
		return EINVAL;
	model_remove(path, true);
	model_name(path, model_new_node(type, mode, text));
	return 0;
}

static int model_link(const char *path, const char *target)
{
	int status = model_parents(target, false), other = model_find(target);

	if (status || other < 0)
		return status ? status : EINVAL;
	if (node_at(other)->type == 'd')
		return EINVAL;
	int node = model.names[other].node;
	status = model_parents(path, true);
	if (status || strcmp(path, target) == 0)
		return status;
	if (model_find(path) >= 0 && !model.replacing)
		return EINVAL;
	model_remove(path, true);
	model_name(path, node);
	return 0;
}

static int model_take_away(const char *path, bool children_only)
{
	int status = model_parents(path, false);

	if (status == 0)
		model_remove(path, !children_only);
	return status;
}

static unsigned model_links(int name)
{
	const char *path = model.names[name].path;
	bool dir = node_at(name)->type == 'd';
	unsigned links = dir ? 2 : 0;

	for (int i = 0; i < model.name_count; i++) {
		const char *slash = strrchr(model.names[i].path, '/');
		if (!dir)
			links += model.names[i].node == model.names[name].node;
		else
			links += node_at(i)->type == 'd' && is_below(model.names[i].path, path) &&
				 slash == model.names[i].path + strlen(path);
	}
	return links;
}

static int by_text(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* The lines of dump(), sorted; frees the text. */
static char *sorted_lines(char *text)
{
	char *lines[500], *result;
	size_t count = 0, size;
	FILE *out = open_memstream(&result, &size);

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		lines[count++] = line;
	qsort(lines, count, sizeof(*lines), by_text);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s\n", lines[i]);
	fclose(out);
	free(text);
	return result;
}

static char *model_dump(void)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (int i = 0; i < model.name_count; i++) {
		const struct node *node = node_at(i);
		fprintf(out, "%c %s %o %u%s%s\n", node->type, model.names[i].path, node->mode, model_links(i),
			node->type == 'd' ? "" : (node->type == 'l' ? " -> " : " = "), node->text);
	}
	fclose(out);
	return sorted_lines(text);
}

static void random_path(uint64_t *random, char path_out[24])
{
	int depth = 1 + (int)random_below(random, 4);

	for (int i = 0; i < depth; i++) {
		*path_out++ = (char)('a' + random_below(random, 4));
		*path_out++ = i + 1 < depth ? '/' : '\0';
	}
}

static void do_something(uint64_t *random, int number)
{
	char path[24], other[24], text[16];
	struct bd_file_meta meta = { .mode = S_IFDIR | (0700 + random_below(random, 64)) };

	random_path(random, path);
	random_path(random, other);
	snprintf(text, sizeof(text), "t%d", number);
	switch ("ffffddslllrr"[random_below(random, 12)]) {
	case 'f':
		assert_int_equal(add_file(path, text), model_add(path, 'f', 0644, text));
		break;
	case 'd':
		assert_int_equal(code(bd_sealed_writer_add(writer, path, &meta, &err)),
				 model_add(path, 'd', meta.mode & 07777, ""));
		break;
	case 's':
		assert_int_equal(add_symlink(path, text), model_add(path, 'l', 0777, text));
		break;
	case 'l':
		assert_int_equal(add_link(path, other), model_link(path, other));
		break;
	default:
		meta.uid = random_below(random, 2);
		assert_int_equal(code(bd_sealed_writer_remove(writer, path, meta.uid, &err)),
				 model_take_away(path, meta.uid));
	}
}

static void expect_model(void)
{
	int alive = 0;

	finish();
	char *expected = model_dump(), *found = sorted_lines(dump());
	assert_string_equal(found, expected);
	free(expected);
	free(found);
	for (int node = 0; node < model.node_count; node++)
		for (int i = 0; i < model.name_count; i++)
			if (model.names[i].node == node) {
				alive++;
				break;
			}
	assert_int_equal(totals.inodes, alive + 1);
}

static void random_entries_equal_a_model(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		uint64_t random = seed * 7919;
		int operations = 1 + (int)random_below(&random, 400);
		int replacing_from = random_below(&random, 3) ? (int)random_below(&random, 400) : operations;

		model.node_count = model.name_count = 0;
		model.replacing = false;
		begin_limited(UINT64_C(1) << 30);
		for (int i = 0; i < operations; i++) {
			if (i == replacing_from) {
				bd_sealed_writer_allow_replacing(writer);
				model.replacing = true;
			}
			do_something(&random, i);
		}
		expect_model();
		end_seal();
	}
}

/* Names that were taken away are still in the hash table while it grows. */
static void names_come_and_go_a_hundred_thousand_times(void **state)
{
	(void)state;
	char path[40], expected[100];

	bd_sealed_writer_allow_replacing(writer);
	for (int i = 0; i < 100000; i++) {
		snprintf(path, sizeof(path), "dir/%d/file", i % 10);
		assert_int_equal(add_symlink(path, "x"), 0);
		if (i % 10 == 9)
			assert_int_equal(take_away("dir"), 0);
	}
	assert_int_equal(add_file("dir/0/file", "last"), 0);
	snprintf(expected, sizeof(expected), "d dir 755 3\nd dir/0 755 2\nf dir/0/file 644 1 = last\n");
	expect_tree(expected);
}

/* Content: an array as the model. */
enum { content_bytes_max = 5 * 256 * 1024 };
static uint8_t content[content_bytes_max + 1];
static uint8_t written[content_bytes_max];

static void add_sized(const char *path, uint64_t size_bytes)
{
	struct bd_file_meta meta = { .mode = S_IFREG | 0644, .size_bytes = size_bytes };
	assert_int_equal(bd_sealed_writer_add(writer, path, &meta, &err), 0);
}

static int put(uint64_t offset_bytes, const void *data, size_t size)
{
	return code(bd_sealed_writer_data(writer, offset_bytes, data, size, &err));
}

/* The runs of blocks in the model that are not all zeros. */
static void expect_extents(const struct bd_sealed_inode *inode, const uint8_t *model_content, size_t size)
{
	static const uint8_t zeros[BLOCK];
	size_t extent = 0, used = 0;
	uint8_t block[BLOCK];

	for (size_t at = 0; at < size; at += BLOCK) {
		size_t part = size - at < BLOCK ? size - at : BLOCK;
		if (memcmp(model_content + at, zeros, part) == 0) {
			extent += used != 0;
			used = 0;
			continue;
		}
		assert_true(extent < inode->extent_count);
		const struct bd_extent *now = &inode->extents[extent];
		assert_int_equal(now->logical + used, at / BLOCK);
		assert_true(used < now->count);
		assert_int_equal(pread(sealed.payload_fd, block, BLOCK, (off_t)((now->payload + used) * BLOCK)),
				 BLOCK);
		assert_memory_equal(block, model_content + at, part);
		assert_memory_equal(block + part, zeros, BLOCK - part);
		if (++used == now->count) {
			/* Whole runs: the next block is a hole, or there is none. */
			assert_true(at + BLOCK >= size ||
				    !memcmp(model_content + at + BLOCK, zeros,
					    size - at - BLOCK < BLOCK ? size - at - BLOCK : BLOCK));
		}
	}
	assert_int_equal(extent + (used != 0), inode->extent_count);
}

static void expect_content(const char *path, const uint8_t *model_content, size_t size)
{
	struct bd_sealed_reader reader = { .sealed = &sealed };
	struct bd_sealed_inode inode;
	char *data;
	size_t found;

	read_inode_of(&reader, path, &inode);
	assert_int_equal(inode.size_bytes, size);
	expect_extents(&inode, model_content, size);
	assert_int_equal(bd_sealed_read_file(&sealed, path, content_bytes_max, &data, &found, &err), 0);
	assert_int_equal(found, size);
	assert_memory_equal(data, model_content, size);
	assert_int_equal(data[size], 0);
	free(data);
	bd_sealed_reader_dispose(&reader);
}

static uint32_t random_size(uint64_t *random)
{
	static const uint32_t sizes[] = { 1, 100, BLOCK - 1, BLOCK, BLOCK + 1, 10000, 65536, PIECE - 1, PIECE };
	uint32_t size = sizes[random_below(random, 9)];

	return random_below(random, 2) ? size : 1 + random_below(random, size);
}

static void write_randomly(uint64_t *random, size_t size)
{
	size_t at = 0;

	memset(content, 0, sizeof(content));
	while (at < size) {
		size_t part = random_size(random);
		part = part < size - at ? part : size - at;
		switch (random_below(random, 4)) {
		case 0: /* a hole */
			break;
		case 1: /* zeros that are written */
			memset(written, 0, part);
			assert_int_equal(put(at, written, part), 0);
			break;
		default:
			for (size_t i = 0; i < part; i++)
				content[at + i] = random_below(random, 64) ? 0 : (uint8_t)random_below(random, 256);
			content[at + part - 1] = 1;
			assert_int_equal(put(at, content + at, part), 0);
		}
		at += part;
	}
}

static void random_content_equals_a_model(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 150; seed++) {
		uint64_t random = seed * 104729;
		size_t before = random_below(&random, 3 * BLOCK), size = random_below(&random, content_bytes_max);

		if (seed % 4 == 0)
			size = size / PIECE * PIECE;
		begin_limited(UINT64_C(1) << 30);
		add_sized("before", before);
		memset(written, 'b', before);
		assert_int_equal(put(0, written, before), 0);
		add_sized("file", size);
		write_randomly(&random, size);
		assert_int_equal(add_file("behind", "behind"), 0);
		finish();
		expect_content("/file", content, size);
		memset(written, 'b', before);
		expect_content("/before", written, before);
		expect_content("/behind", (const uint8_t *)"behind", 6);
		end_seal();
	}
}

/* Every way to cut a file in two at the borders of blocks and pieces. */
static void two_writes_at_all_borders(void **state)
{
	(void)state;
	static const int64_t near[] = { -4097, -4096, -4095, -1, 0, 1, 4095, 4096, 4097 };
	size_t size = 2 * PIECE + 10000;

	for (size_t i = 0; i < size; i++)
		content[i] = (uint8_t)(i * 31 + 1) | 1;
	for (size_t first = 0; first < 9; first++)
		for (size_t second = first; second < 9; second++) {
			size_t end_at = (size_t)(PIECE + near[first]), begin_at = (size_t)(PIECE + near[second]);
			memcpy(written, content, size);
			memset(written + end_at, 0, begin_at - end_at);
			begin_limited(UINT64_C(1) << 30);
			add_sized("file", size);
			assert_int_equal(put(0, written, end_at), 0);
			assert_int_equal(put(begin_at, written + begin_at, size - begin_at), 0);
			finish();
			expect_content("/file", written, size);
			end_seal();
		}
}

static void holes_take_no_blocks(void **state)
{
	(void)state;
	memset(content, 0, sizeof(content));
	add_sized("empty", 0);
	add_sized("hole", 1000000);
	add_sized("zeros", 1000000);
	assert_int_equal(put(0, content, 1000000), 0);
	add_sized("huge", UINT64_C(1) << 43);
	assert_int_equal(put((UINT64_C(1) << 43) - 1, "x", 1), 0);
	add_sized("partial", 4097);
	assert_int_equal(put(4096, "y", 1), 0);
	finish();
	assert_int_equal(totals.payload_bytes, 2 * BLOCK);
	assert_true(totals.content_bytes == 2000000 + (UINT64_C(1) << 43) + 4097);
	expect_content("/hole", content, 1000000);
	expect_content("/zeros", content, 1000000);
	content[4096] = 'y';
	expect_content("/partial", content, 4097);
	struct bd_sealed_reader reader = { .sealed = &sealed };
	struct bd_sealed_inode inode;
	read_inode_of(&reader, "/huge", &inode);
	assert_true(inode.size_bytes == UINT64_C(1) << 43);
	assert_int_equal(inode.extent_count, 1);
	assert_int_equal(inode.extents[0].logical, (UINT64_C(1) << 31) - 1);
	bd_sealed_reader_dispose(&reader);
}

static void content_that_does_not_fit_is_refused(void **state)
{
	(void)state;
	assert_int_equal(put(0, "x", 1), EINVAL); /* there is no file */
	assert_int_equal(add_dir("d"), 0);
	assert_int_equal(put(0, "x", 1), EINVAL);
	add_sized("f", 10);
	assert_int_equal(put(0, "0123456789A", 11), EINVAL);
	assert_int_equal(put(10, "A", 1), EINVAL);
	assert_int_equal(put(UINT64_MAX, "A", 1), EINVAL);
	assert_int_equal(put(10, "", 0), 0);
	assert_int_equal(put(4, "45", 2), 0);
	assert_int_equal(put(5, "5", 1), EINVAL);
	assert_int_equal(put(0, "0", 1), EINVAL);
	assert_int_equal(put(8, "8", 1), 0);
	assert_int_equal(add_link("g", "f"), 0);
	assert_int_equal(put(9, "9", 1), EINVAL); /* the file has ended */
	expect_tree("d d 750 2\nf f 644 2 = \\x00\\x00\\x00\\x0045\\x00\\x008\\x00\n"
		    "f g 644 2 = \\x00\\x00\\x00\\x0045\\x00\\x008\\x00\n");
}

static void unordered_content_across_pieces_is_refused(void **state)
{
	(void)state;
	memset(content, 1, sizeof(content));
	add_sized("f", 3 * PIECE);
	assert_int_equal(put(PIECE - 10, content, PIECE), 0);
	assert_int_equal(put(PIECE, content, 1), EINVAL);
	assert_int_equal(put(0, content, 1), EINVAL);
	assert_int_equal(put(2 * PIECE - 11, content, 1), EINVAL);
	assert_int_equal(put(2 * PIECE - 10, content, 1), 0);
}

static void the_limit_counts_blocks_without_holes(void **state)
{
	(void)state;
	memset(content, 1, sizeof(content));
	end_seal();
	begin_limited(2 * PIECE);
	add_sized("hole", UINT64_C(1) << 40);
	add_sized("f", 2 * PIECE);
	assert_int_equal(put(0, content, 2 * PIECE), 0);
	assert_int_equal(add_dir("d"), 0);
	assert_int_equal(add_file("one-more", "x"), 0);
	assert_int_equal(add_file("fails", "x"), EFBIG); /* what came before is written out now */
	assert_int_equal(err.field, BD_TEMPLATE_FIELD_LIMIT);
	end_seal();
	begin_limited(2 * PIECE);
	add_sized("f", 4 * PIECE);
	assert_int_equal(put(0, content, 4 * PIECE), EFBIG);
	end_seal();
	begin_limited(0);
	assert_int_equal(add_file("empty", ""), 0);
	assert_int_equal(add_file("f", "x"), 0);
	assert_int_equal(code(bd_sealed_writer_finish(writer, &sealed, &totals, &err)), EFBIG);
}

static long peak_kib(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[200];
	long kib = -1;

	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "VmHWM: %ld", &kib) == 1)
			break;
	if (status)
		fclose(status);
	return kib;
}

/* Files in folders of 300, a tenth of them with content, as a distribution has them. */
static int seal_many(int count)
{
	char path[80];

	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "usr/share/folder-%d/file-%06d.txt", i / 300, i);
		if (i % 10 == 5 ? add_symlink(path, "../target") : add_file(path, i % 10 ? "" : path))
			return -1;
	}
	return bd_sealed_writer_finish(writer, &sealed, &totals, &err);
}

static void three_hundred_thousand_entries_take_less_than_40_mb(void **state)
{
	(void)state;
#ifdef __SANITIZE_ADDRESS__
	skip(); /* it multiplies memory */
#endif
	int ends[2], status;
	long kib = 0;

	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		int fd = open("/proc/self/clear_refs", O_WRONLY);
		/* 5: the peak begins anew. */
		if (fd < 0 || write(fd, "5", 1) != 1 || seal_many(300000) != 0)
			_exit(1);
		kib = peak_kib();
		_exit(write(ends[1], &kib, sizeof(kib)) == sizeof(kib) ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(read(ends[0], &kib, sizeof(kib)), sizeof(kib));
	close(ends[0]);
	close(ends[1]);
	print_message("# 300,000 entries: at most %ld KiB\n", kib);
	assert_in_range(kib, 1000, 40000);
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* How long it takes is only told. */
static void two_hundred_thousand_entries(void **state)
{
	(void)state;
	double start = seconds();
	assert_int_equal(seal_many(200000), 0);
	double sealed_at = seconds();
	struct bd_sealed_reader reader = { .sealed = &sealed };
	struct bd_sealed_inode inode = { 0 };
	uint32_t seen = 0;
	int more;

	while ((more = bd_sealed_next_inode(&reader, &inode, &err)) > 0)
		seen++;
	bd_sealed_reader_dispose(&reader);
	assert_int_equal(more, 0);
	assert_int_equal(seen, totals.inodes);
	print_message("# 200,000 entries: sealed in %.2f s, inodes read in %.2f s\n", sealed_at - start,
		      seconds() - sealed_at);
}

#define FACT(function) cmocka_unit_test_setup_teardown(function, begin, end)
#define FACT_OF_MANY(function) cmocka_unit_test_setup_teardown(function, make_folder, end)

int main(void)
{
	const struct CMUnitTest facts[] = {
		FACT_OF_MANY(random_entries_equal_a_model),
		FACT(names_come_and_go_a_hundred_thousand_times),
		FACT_OF_MANY(random_content_equals_a_model),
		FACT_OF_MANY(two_writes_at_all_borders),
		FACT(holes_take_no_blocks),
		FACT(content_that_does_not_fit_is_refused),
		FACT(unordered_content_across_pieces_is_refused),
		FACT(the_limit_counts_blocks_without_holes),
		FACT(three_hundred_thousand_entries_take_less_than_40_mb),
		FACT(two_hundred_thousand_entries),
	};
	return cmocka_run_group_tests(facts, NULL, NULL);
}
