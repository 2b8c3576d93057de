/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about template/store.h and ops/template/make.h: complete or not at all, and who may take what away; and about recipes' command lines. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "ops/template/make.h"
#include "recipes/build_sources.h"
#include "rootfs/sealed_find.h"
#include "template/store_verify.h"
#include "test_template_fixture.h"

static struct bd_error err;
static struct bd_store store;

static int setup(void **state)
{
	if (make_scratch(state) != 0)
		return -1;
	return bd_store_open(at("templates"), &store, &err);
}

static int fill(void *context, struct bd_sealed_writer *writer, struct bd_error *error)
{
	const char *content = context;
	struct bd_file_meta dir = { .mode = S_IFDIR | 0755 }, link = { .mode = S_IFLNK | 0777, .target = "a" };
	struct bd_file_meta file = { .mode = S_IFREG | 0644, .size_bytes = content ? strlen(content) : 0 };

	if (bd_sealed_writer_add(writer, "d/e/f", &dir, error) != 0 ||
	    bd_sealed_writer_add(writer, "d/l", &link, error) != 0 ||
	    bd_sealed_writer_add(writer, "a", &file, error) != 0)
		return -1;
	if (content && bd_sealed_writer_data(writer, 0, content, strlen(content), error) != 0)
		return -1;
	return bd_sealed_writer_link(writer, "d/b", "a", error);
}

static int fill_and_fail(void *context, struct bd_sealed_writer *writer, struct bd_error *error)
{
	assert_int_equal(fill(context, writer, error), 0);
	return bd_fail(error, EIO, "the source broke off");
}

static int make(const char *name, bd_template_fill filler, const char *content, struct bd_manifest *manifest_out)
{
	const struct bd_template_options options = { .description = "for a test" };
	char copy[64];

	snprintf(copy, sizeof(copy), "%s", content);
	return bd_template_make(&store, name, "archive", "x.tar", &options, filler, copy, manifest_out, &err);
}

static void made(const char *name)
{
	struct bd_manifest manifest;

	if (make(name, fill, "content", &manifest) != 0)
		fail_msg("%s", err.message);
}

/* The names in the store, hidden ones too, in order, with blanks between them. */
static const char *names_in_store(void)
{
	static char text[1024];
	struct dirent **entries;
	int count = scandir(at("templates"), &entries, NULL, alphasort);

	text[0] = '\0';
	for (int i = 0; i < count; i++) {
		if (strcmp(entries[i]->d_name, ".") != 0 && strcmp(entries[i]->d_name, "..") != 0)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", *text ? " " : "",
				 entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return text;
}

static void a_template_is_made_opened_and_verified(void **state)
{
	BD_DISPOSE(bd_stored_dispose) struct bd_stored stored;
	struct bd_manifest manifest;
	char path[PATH_MAX];
	BD_FREE char *content = NULL;
	size_t size;
	struct stat folder;

	(void)state;
	made("web");
	bd_stored_init(&stored);
	assert_int_equal(bd_store_get(&store, "web", &stored, &err), 0);
	assert_string_equal(stored.manifest.name, "web");
	assert_string_equal(stored.manifest.description, "for a test");
	assert_int_equal(stored.manifest.content_bytes, 7);
	assert_int_equal(stored.manifest.payload_bytes, 4096);
	assert_int_equal(stored.manifest.directories, 4);
	assert_int_equal(stored.manifest.inodes, 6);
	assert_string_equal(stored.path, at("templates/web"));
	assert_int_equal(bd_sealed_read_file(&stored.sealed, "/d/b", 100, &content, &size, &err), 0);
	assert_string_equal(content, "content");
	assert_int_equal(bd_store_verify(&store, "web", path, &manifest, &err), 0);
	assert_string_equal(path, at("templates/web"));
	assert_string_equal(names_in_store(), "web");
	assert_int_equal(stat(at("templates/web"), &folder), 0);
	assert_int_equal(folder.st_mode & 07777, 0700);
}

/* b2sum is another program that knows BLAKE2b. */
static void the_checksums_are_those_of_b2sum(void **state)
{
	struct bd_manifest manifest;
	char output[256], program[PATH_MAX];

	(void)state;
	if (bd_find_program("b2sum", program, sizeof(program), &err) != 0)
		skip();
	made("web");
	assert_int_equal(bd_store_verify(&store, "web", program, &manifest, &err), 0);
	const char *files[] = { at("templates/web/tree"), at("templates/web/payload") };
	const char *sums[] = { manifest.tree.blake2b, manifest.payload.blake2b };
	for (int i = 0; i < 2; i++) {
		const char *argv[] = { "b2sum", "-l", "256", files[i], NULL };
		struct bd_run run = { .argv = argv, .output = output, .output_size = sizeof(output) };
		assert_int_equal(bd_run(&run, &err), 0);
		assert_memory_equal(output, sums[i], 64);
	}
}

static void an_existing_template_is_not_replaced(void **state)
{
	struct bd_manifest manifest;

	(void)state;
	made("web");
	assert_int_equal(make("web", fill_and_fail, "other", &manifest), -1);
	assert_int_equal(err.code, EEXIST);
	assert_int_equal(mkdir(at("templates/own"), 0755), 0);
	assert_int_equal(make("own", fill, "other", &manifest), -1);
	assert_int_equal(err.code, EEXIST);
	assert_string_equal(names_in_store(), "own web");
}

static int fill_while_another_takes_the_name(void *context, struct bd_sealed_writer *writer, struct bd_error *error)
{
	write_text("templates/web/of-somebody-else", "x");
	return fill(context, writer, error);
}

static void a_name_that_is_taken_meanwhile_is_left_alone(void **state)
{
	struct bd_manifest manifest;

	(void)state;
	assert_int_equal(make("web", fill_while_another_takes_the_name, "x", &manifest), -1);
	assert_int_equal(err.code, EEXIST);
	assert_string_equal(names_in_store(), "web");
	assert_int_equal(access(at("templates/web/of-somebody-else"), F_OK), 0);
	assert_int_equal(access(at("templates/web/tree"), F_OK), -1);
}

static int fill_while_another_makes_it(void *context, struct bd_sealed_writer *writer, struct bd_error *error)
{
	struct bd_manifest manifest;

	assert_int_equal(make("web", fill, "other", &manifest), -1);
	assert_int_equal(err.code, EBUSY);
	return fill(context, writer, error);
}

static void of_two_makers_the_second_is_refused(void **state)
{
	struct bd_manifest manifest;

	(void)state;
	assert_int_equal(make("web", fill_while_another_makes_it, "x", &manifest), 0);
	assert_string_equal(names_in_store(), "web");
}

static void a_source_that_breaks_off_leaves_nothing(void **state)
{
	struct bd_manifest manifest = { .name = "kept" };

	(void)state;
	assert_int_equal(make("web", fill_and_fail, "x", &manifest), -1);
	assert_string_equal(err.message, "the source broke off");
	assert_string_equal(manifest.name, "kept");
	assert_string_equal(names_in_store(), "");
}

static int fill_and_die(void *context, struct bd_sealed_writer *writer, struct bd_error *error)
{
	assert_int_equal(fill(context, writer, error), 0);
	return raise(SIGKILL);
}

static void a_maker_that_is_killed_leaves_nothing(void **state)
{
	struct bd_manifest manifest;
	int status;

	(void)state;
	pid_t child = fork();
	if (child == 0) {
		make("web", fill_and_die, "x", &manifest);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_string_equal(names_in_store(), "");
	made("web");
}

/* A power cut between mkdir and rename. */
static void leftovers_of_the_dead_are_swept_and_the_living_are_not(void **state)
{
	(void)state;
	write_text("templates/.old.partial-1/tree", "x");
	write_text("templates/.old.partial-1/manifest.json", "x");
	write_text("templates/.old.removed-12/payload", "x");
	write_text("templates/.busy.partial-13/tree", "x");
	write_text("templates/.config.partial-x/tree", "x");
	write_text("templates/.notes.partial-14/of-the-user", "x");
	BD_CLOSE int busy = open(at("templates/.busy.partial-13"), O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(busy, LOCK_EX), 0);
	made("web");
	assert_string_equal(names_in_store(), ".busy.partial-13 .config.partial-x .notes.partial-14 web");
	assert_int_equal(access(at("templates/.busy.partial-13/tree"), F_OK), 0);
	assert_int_equal(access(at("templates/.notes.partial-14/of-the-user"), F_OK), 0);
}

static void who_has_it_open_reads_on_after_it_is_removed(void **state)
{
	BD_DISPOSE(bd_stored_dispose) struct bd_stored stored;
	struct bd_stored none;
	BD_FREE char *content = NULL;
	size_t size;

	(void)state;
	made("web");
	bd_stored_init(&stored);
	assert_int_equal(bd_store_get(&store, "web", &stored, &err), 0);
	assert_int_equal(bd_store_remove(&store, "web", &err), 0);
	assert_string_equal(names_in_store(), "");
	assert_int_equal(bd_sealed_read_file(&stored.sealed, "/a", 100, &content, &size, &err), 0);
	assert_string_equal(content, "content");
	assert_int_equal(bd_store_get(&store, "web", &none, &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_int_equal(bd_store_remove(&store, "web", &err), -1);
	assert_int_equal(err.code, ENOENT);
}

static void what_is_no_template_is_not_removed(void **state)
{
	(void)state;
	made("web");
	write_text("templates/home/letter.txt", "x");
	write_text("templates/web/notes", "x");
	write_text("elsewhere/tree", "x");
	assert_int_equal(mkdir(at("templates/empty"), 0755), 0);
	assert_int_equal(symlink(at("elsewhere"), at("templates/link")), 0);
	static const char *const names[] = { "home", "web", "empty", "link" };
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(bd_store_remove(&store, names[i], &err), -1);
	assert_string_equal(names_in_store(), "empty home link web");
	assert_int_equal(access(at("templates/home/letter.txt"), F_OK), 0);
	assert_int_equal(access(at("elsewhere/tree"), F_OK), 0);
}

static void names_that_lead_elsewhere_are_refused(void **state)
{
	static const char *const names[] = { "",   ".", "..",	       "../x", "/x",   "a/b",  ".hidden",
					     "-a", "A", "caf\xc3\xa9", "a b",  "none", "mini", "_a" };
	char longest[BD_TEMPLATE_NAME_SIZE + 1];
	struct bd_stored none;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		assert_int_equal(bd_store_check_name(names[i], &err), -1);
		assert_int_equal(err.code, BD_EUSAGE);
		assert_int_equal(bd_store_get(&store, names[i], &none, &err), -1);
		assert_int_equal(bd_store_remove(&store, names[i], &err), -1);
	}
	memset(longest, 'a', sizeof(longest));
	longest[BD_TEMPLATE_NAME_SIZE] = '\0';
	assert_int_equal(bd_store_check_name(longest, &err), -1);
	longest[BD_TEMPLATE_NAME_SIZE - 1] = '\0';
	assert_int_equal(bd_store_check_name(longest, &err), 0);
	made(longest);
	assert_int_equal(bd_store_remove(&store, longest, &err), 0);
}

static void patch(const char *name, off_t offset, const void *bytes, size_t size)
{
	BD_CLOSE int fd = open(at(name), O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, size, offset), size);
}

static void expect_damaged(int r, const char *word)
{
	assert_int_equal(r, -1);
	assert_int_equal(err.code, EINVAL);
	if (!strstr(err.message, word))
		fail_msg("\"%s\" does not say %s", err.message, word);
}

static void damage_is_found(void **state)
{
	struct bd_stored none;
	struct bd_manifest manifest;
	char path[PATH_MAX];

	(void)state;
	made("web");
	patch("templates/web/payload", 4000, "x", 1);
	bd_stored_init(&none);
	assert_int_equal(bd_store_get(&store, "web", &none, &err), 0);
	bd_stored_dispose(&none);
	expect_damaged(bd_store_verify(&store, "web", path, &manifest, &err), "payload");
	assert_int_equal(truncate(at("templates/web/payload"), 4095), 0);
	expect_damaged(bd_store_get(&store, "web", &none, &err), "payload");
	made("two");
	patch("templates/two/tree", 70, "x", 1);
	expect_damaged(bd_store_verify(&store, "two", path, &manifest, &err), "tree");
	made("three");
	assert_int_equal(unlink(at("templates/three/tree")), 0);
	expect_damaged(bd_store_get(&store, "three", &none, &err), "three");
	made("four");
	write_text("templates/four/manifest.json", "{}");
	expect_damaged(bd_store_get(&store, "four", &none, &err), "four/manifest.json");
}

/* Each record of the index is looked at, also where the checksums have been made to fit. */
static void an_index_that_contradicts_itself_is_found(void **state)
{
	BD_DISPOSE(bd_stored_dispose) struct bd_stored stored;
	struct bd_manifest manifest;
	char output[256], path[PATH_MAX];
	BD_FREE char *text = NULL;
	const char *argv[] = { "b2sum", "-l", "256", NULL, NULL };

	(void)state;
	if (bd_find_program("b2sum", path, sizeof(path), &err) != 0)
		skip();
	made("web");
	bd_stored_init(&stored);
	assert_int_equal(bd_store_get(&store, "web", &stored, &err), 0);
	/* rootfs/sealed.h: the number of links of the last inode, by the last entry of the offset table. */
	uint64_t last;
	assert_int_equal(pread(stored.sealed.index_fd, &last, 8, (off_t)stored.sealed.end_at - 8), 8);
	patch("templates/web/tree", (off_t)(stored.sealed.inodes_at + last + 16), "\x09\0\0\0", 4);
	argv[3] = at("templates/web/tree");
	struct bd_run run = { .argv = argv, .output = output, .output_size = sizeof(output) };
	assert_int_equal(bd_run(&run, &err), 0);
	snprintf(stored.manifest.tree.blake2b, sizeof(stored.manifest.tree.blake2b), "%.64s", output);
	assert_int_equal(bd_manifest_format(&stored.manifest, &text, &err), 0);
	write_text("templates/web/manifest.json", text);
	expect_damaged(bd_store_verify(&store, "web", path, &manifest, &err), "links");
}

/* Nothing of a template that is damaged is used: the error is one line, and says what it is about. */
static void a_flipped_bit_anywhere_is_seen_before_a_template_is_used(void **state)
{
	static const char *const parts[] = { "manifest.json", "tree", "payload" };
	BD_DISPOSE(bd_stored_dispose) struct bd_stored stored;
	unsigned flipped = 0;

	(void)state;
	made("web");
	bd_stored_init(&stored);
	assert_int_equal(bd_store_get(&store, "web", &stored, &err), 0);
	assert_int_equal(bd_stored_check(&stored, &err), 0);
	for (size_t i = 0; i < 3; i++) {
		char path[64];
		uint8_t byte;
		snprintf(path, sizeof(path), "templates/web/%s", parts[i]);
		BD_CLOSE int fd = open(at(path), O_RDWR | O_CLOEXEC);
		assert_true(fd >= 0);
		for (off_t place = 0; pread(fd, &byte, 1, place) == 1; place += i == 2 ? 7 : 1) {
			const uint8_t bad = byte ^ (uint8_t)(1 << place % 8);
			assert_int_equal(pwrite(fd, &bad, 1, place), 1);
			bd_stored_dispose(&stored);
			if (bd_store_get(&store, "web", &stored, &err) == 0 && bd_stored_check(&stored, &err) == 0)
				fail_msg("byte %lld of %s is another, and it is not seen", (long long)place,
					 parts[i]);
			assert_true(err.code == EINVAL || err.code == ENOTSUP);
			assert_null(strpbrk(err.message, "\n\r"));
			assert_non_null(strstr(err.message, at("templates/web")));
			assert_int_equal(pwrite(fd, &byte, 1, place), 1);
			flipped++;
		}
	}
	assert_in_range(flipped, 1500, 10000);
	bd_stored_dispose(&stored);
	assert_int_equal(bd_store_get(&store, "web", &stored, &err), 0);
	assert_int_equal(bd_stored_check(&stored, &err), 0);
}

static void another_users_store_is_looked_at_next(void **state)
{
	BD_DISPOSE(bd_store_names_dispose) struct bd_store_names names = { 0 };
	BD_DISPOSE(bd_stored_dispose) struct bd_stored stored;
	struct bd_store both = store;

	(void)state;
	made("system");
	made("web");
	snprintf(both.path, sizeof(both.path), "%s", at("own"));
	snprintf(both.fallback_path, sizeof(both.fallback_path), "%s", at("templates"));
	assert_int_equal(bd_store_list(&both, &names, &err), 0);
	assert_int_equal(names.count, 2);
	bd_store_names_dispose(&names);

	struct bd_store own = both;
	store = own;
	store.fallback_path[0] = '\0';
	made("web");
	bd_stored_init(&stored);
	assert_int_equal(bd_store_get(&both, "web", &stored, &err), 0);
	assert_string_equal(stored.path, at("own/web"));
	bd_stored_dispose(&stored);
	assert_int_equal(bd_store_get(&both, "system", &stored, &err), 0);
	assert_string_equal(stored.path, at("templates/system"));
	assert_int_equal(bd_store_list(&both, &names, &err), 0);
	assert_int_equal(names.count, 2);
	assert_string_equal(names.names[0], "system");
	assert_string_equal(names.names[1], "web");
	assert_int_equal(bd_store_remove(&both, "system", &err), -1);
	assert_int_equal(err.code, ENOENT);
}

static void the_folder_is_chosen_by_option_then_environment(void **state)
{
	struct bd_store chosen;

	(void)state;
	setenv("XEN_BIGDISK_TEMPLATES", "/srv/templates/", 1);
	assert_int_equal(bd_store_open("/option", &chosen, &err), 0);
	assert_string_equal(chosen.path, "/option");
	assert_int_equal(bd_store_open(NULL, &chosen, &err), 0);
	assert_string_equal(chosen.path, "/srv/templates");
	assert_string_equal(chosen.fallback_path, "");
	unsetenv("XEN_BIGDISK_TEMPLATES");
	assert_int_equal(bd_store_open("", &chosen, &err), -1);
	assert_int_equal(err.code, BD_EUSAGE);
	assert_int_equal(bd_store_open(NULL, &chosen, &err), 0);
	if (geteuid() == 0)
		assert_string_equal(chosen.path, BD_LOCALSTATEDIR "/lib/xen-bigdisk/templates");
	else
		assert_string_equal(chosen.fallback_path, BD_LOCALSTATEDIR "/lib/xen-bigdisk/templates");
}

static void a_recipes_mirrors_are_those_of_this_machine(void **state)
{
	BD_DISPOSE(bd_words_dispose) struct bd_words words = { 0 };

	(void)state;
	assert_int_equal(bd_build_sources_from(&words, "trixie",
					       "http://mirror.example/debian/ bookworm\n"
					       "http://mirror.example/debian/ bookworm\n"
					       "http://mirror.example/debian/ bookworm-updates\n"
					       "http://security.example/ bookworm-security\n"
					       "http://mirror.example/debian/ bookworm-backports\n"
					       "a line that is none\n",
					       &err),
			 0);
	assert_int_equal(words.count, 3);
	assert_string_equal(words.words[0], "deb http://mirror.example/debian/ trixie main");
	assert_string_equal(words.words[1], "deb http://mirror.example/debian/ trixie-updates main");
	assert_string_equal(words.words[2], "deb http://security.example/ trixie-security main");
	assert_null(words.words[3]);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, setup, remove_scratch)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCRATCH(a_template_is_made_opened_and_verified),
		IN_SCRATCH(the_checksums_are_those_of_b2sum),
		IN_SCRATCH(an_existing_template_is_not_replaced),
		IN_SCRATCH(a_name_that_is_taken_meanwhile_is_left_alone),
		IN_SCRATCH(of_two_makers_the_second_is_refused),
		IN_SCRATCH(a_source_that_breaks_off_leaves_nothing),
		IN_SCRATCH(a_maker_that_is_killed_leaves_nothing),
		IN_SCRATCH(leftovers_of_the_dead_are_swept_and_the_living_are_not),
		IN_SCRATCH(who_has_it_open_reads_on_after_it_is_removed),
		IN_SCRATCH(what_is_no_template_is_not_removed),
		IN_SCRATCH(names_that_lead_elsewhere_are_refused),
		IN_SCRATCH(damage_is_found),
		IN_SCRATCH(an_index_that_contradicts_itself_is_found),
		IN_SCRATCH(another_users_store_is_looked_at_next),
		IN_SCRATCH(the_folder_is_chosen_by_option_then_environment),
		IN_SCRATCH(a_flipped_bit_anywhere_is_seen_before_a_template_is_used),
		IN_SCRATCH(a_recipes_mirrors_are_those_of_this_machine),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
