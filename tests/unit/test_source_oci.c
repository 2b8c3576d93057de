/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about bd_source_oci. The layouts are written by tar, gzip, zstd and sha256sum. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "import/oci/source_oci.h"
#include "sealed_checks.h"

/* Shell functions: blob FILE moves it to its place and prints its descriptor's last part; layer FOLDER COMPRESSOR TYPE
 * adds a descriptor to $layers; manifest prints the descriptor of a manifest of $layers. */
static const char prelude[] =
	"mkdir -p layout/blobs/sha256; printf '{\"imageLayoutVersion\": \"1.0.0\"}' >layout/oci-layout\n"
	"blob() { set -- \"$1\" $(sha256sum \"$1\"); size=$(stat -c %s \"$1\"); mv \"$1\" layout/blobs/sha256/$2\n"
	"  printf '\"digest\": \"sha256:%s\", \"size\": %d' $2 $size; }\n"
	"layers=\n"
	"layer() { tar --sort=name --owner=0 --group=0 --numeric-owner -C \"$1\" -c . | $2 >new\n"
	"  layers=\"$layers${layers:+,}{\\\"mediaType\\\": \\\"application/vnd.oci.image.layer.v1.$3\\\", $(blob new)}\"; }\n"
	"manifest() { printf '{\"schemaVersion\": 2, \"mediaType\": \"application/vnd.oci.image.manifest.v1+json\", "
	"\"layers\": [%s]}' \"$layers\" >m\n"
	"  printf '\"mediaType\": \"application/vnd.oci.image.manifest.v1+json\", %s' \"$(blob m)\"; }\n"
	"index() { printf '{\"schemaVersion\": 2, \"manifests\": [%s]}' \"$1\" >layout/index.json; }\n"
	"platform() { printf '\"platform\": {\"os\": \"%s\", \"architecture\": \"%s\"}' $1 $2; }\n";

static void script(const char *text)
{
	static char whole[16384];
	snprintf(whole, sizeof(whole), "%s%s", prelude, text);
	SH(whole);
}

static int import_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = bd_source_oci(fd, path, NULL, NULL, writer, &err);

	close(fd);
	return r;
}

static void import(const char *path)
{
	begin_pack();
	if (import_path(path) < 0)
		fail_msg("%s", err.message);
	finish_pack();
}

static void refuse(const char *path, int code, const char *part_of_message)
{
	begin_pack();
	assert_int_equal(import_path(path), -1);
	if (!strstr(err.message, part_of_message))
		fail_msg("'%s' is not in: %s", part_of_message, err.message);
	assert_int_equal(err.code, code);
}

/* One layer in each compression; the second and third take away and replace. */
static void make_layers(void)
{
	script("mkdir -p one/etc one/opaque/below one/gone/deep one/was-dir/sub one/replaced\n"
	       "echo one >one/etc/file; echo keep >one/etc/keep; echo x >one/opaque/old; echo x >one/opaque/below/old\n"
	       "echo x >one/gone/deep/file; echo x >one/was-dir/sub/file; echo file >one/was-file; echo x >one/removed\n"
	       "echo linked >one/linked; ln one/linked one/etc/other; chmod 700 one/replaced\n"
	       "mkdir -p two/etc two/opaque two/was-file two/replaced\n"
	       "echo two >two/etc/file; : >two/.wh.gone; : >two/.wh.removed; : >two/.wh.never-there\n"
	       ": >two/opaque/.wh..wh..opq; echo new >two/opaque/new\n"
	       "echo now a file >two/was-dir; echo below >two/was-file/below; chmod 751 two/replaced\n"
	       "mkdir -p three/etc; echo three >three/etc/added; : >three/etc/.wh.keep; : >three/.wh.linked\n"
	       "layer one cat tar; layer two gzip tar+gzip; layer three 'zstd -q' tar+zstd\n"
	       "index \"{$(manifest)}\"\n");
}

static void check_layers(void)
{
	assert_text("/etc/file", "two\n");
	assert_text("/etc/added", "three\n");
	assert_false(exists("/etc/keep"));
	assert_false(exists("/gone"));
	assert_false(exists("/removed"));
	assert_false(exists("/.wh.gone"));
	assert_text("/opaque/new", "new\n");
	assert_false(exists("/opaque/old"));
	assert_false(exists("/opaque/below"));
	assert_false(exists("/opaque/.wh..wh..opq"));
	assert_text("/was-dir", "now a file\n");
	assert_text("/was-file/below", "below\n");
	assert_int_equal(look("/replaced").mode, S_IFDIR | 0751);
	assert_false(exists("/linked"));
	assert_text("/etc/other", "linked\n");
	assert_int_equal(look("/etc/other").links, 1);
}

static void layers_replace_and_take_away(void **state)
{
	(void)state;
	make_layers();
	import("layout");
	check_layers();
}

static void a_tar_of_a_layout_gives_the_same_in_any_order(void **state)
{
	char tree[65];
	(void)state;
	make_layers();
	import("layout");
	memcpy(tree, totals.tree_checksum, sizeof(tree));
	SH("tar -C layout -cf image.tar oci-layout index.json blobs");
	import("image.tar");
	check_layers();
	assert_string_equal(tree, totals.tree_checksum);
	SH("cd layout; tar -czf ../image.tar.gz ./blobs ./index.json ./oci-layout");
	import("image.tar.gz");
	assert_string_equal(tree, totals.tree_checksum);
}

static void docker_media_types_are_taken(void **state)
{
	(void)state;
	script("mkdir one; echo x >one/file; layer one gzip tar+gzip\n"
	       "layers=$(echo \"$layers\" | sed 's,application/vnd.oci.image.layer.v1.tar+gzip,"
	       "application/vnd.docker.image.rootfs.diff.tar.gzip,')\n"
	       "index \"{$(manifest)}\"\n");
	import("layout");
	assert_text("/file", "x\n");
}

static void the_image_for_linux_amd64_is_chosen(void **state)
{
	(void)state;
	script("mkdir arm amd att; echo arm >arm/file; echo amd >amd/file; echo att >att/file\n"
	       "layer arm cat tar; arm=$(manifest); layers=; layer amd cat tar; amd=$(manifest)\n"
	       "layers=; layer att cat tar; att=$(manifest)\n"
	       "index \"{$att, $(platform unknown unknown)}, {$arm, $(platform linux arm64)}, "
	       "{$amd, $(platform linux amd64)}\"\n"
	       "cp -r layout flat; cp layout/index.json inner\n"
	       "index \"{\\\"mediaType\\\": \\\"application/vnd.oci.image.index.v1+json\\\", $(blob inner)}\"\n");
	import("flat");
	assert_text("/file", "amd\n");
	import("layout");
	assert_text("/file", "amd\n");
}

static void several_images_without_a_reason_to_choose_are_listed(void **state)
{
	(void)state;
	script("mkdir arm s390; echo arm >arm/file; echo s390 >s390/file\n"
	       "layer arm cat tar; arm=$(manifest); layers=; layer s390 cat tar; s390=$(manifest)\n"
	       "index \"{$arm, $(platform linux arm64)}, "
	       "{\\\"mediaType\\\": \\\"application/vnd.oci.image.manifest.v1+json\\\", "
	       "\\\"digest\\\": \\\"sha256:$(printf %064d 0)\\\", \\\"size\\\": 5, $(platform linux amd64)}\"\n"
	       "cp -r layout sparse\n"
	       "index \"{$arm, $(platform linux arm64), \\\"annotations\\\": "
	       "{\\\"org.opencontainers.image.ref.name\\\": \\\"web:1\\\"}}, {$s390, $(platform linux s390x)}\"\n");
	refuse("layout", EINVAL, "none of its images is for linux/amd64: web:1 (linux/arm64), no name (linux/s390x)");
	/* As docker save writes it of an image that was pulled for another platform. */
	refuse("sparse", EINVAL, "none of its images is for linux/amd64: no name (linux/arm64)");
}

static void a_damaged_blob_is_refused_before_it_is_read(void **state)
{
	(void)state;
	make_layers();
	SH("cp -r layout good\n"
	   "blob=$(grep -l 'one' -r layout/blobs | head -1); printf X | dd of=$blob bs=1 seek=600 conv=notrunc status=none");
	refuse("layout", EBADMSG, "is damaged: its sha256 is ");
	SH("tar -C layout -cf image.tar .");
	refuse("image.tar", EBADMSG, "is damaged: its sha256 is ");
	SH("rm -r layout; cp -r good layout; for b in layout/blobs/sha256/*; do echo >>$b; done");
	refuse("layout", EBADMSG, "is damaged: it has ");
	SH("rm -r layout; cp -r good layout; rm layout/blobs/sha256/*");
	refuse("layout", ENOENT, "cannot open its blobs/sha256/");
	SH("rm -r layout; cp -r good layout; head -c 5000 image.tar >cut.tar");
	refuse("cut.tar", EINVAL, "cut.tar");
}

static void a_digest_is_no_path(void **state)
{
	(void)state;
	script("index '{\"digest\": \"sha256:../../../../etc/passwd\", \"size\": 10}'");
	refuse("layout", EINVAL, "does not have 64 hexadecimal digits");
	script("index '{\"digest\": \"md5:00\", \"size\": 10}'");
	refuse("layout", ENOTSUP, "is not a sha256");
	script("index '{\"digest\": \"sha256:00\", \"size\": -1}'");
	refuse("layout", EINVAL, "lacks its digest or size");
	script("index '{\"size\": 1}'");
	refuse("layout", EINVAL, "lacks its digest or size");
}

static void what_is_no_image_is_refused(void **state)
{
	(void)state;
	SH("mkdir empty");
	refuse("empty", EINVAL, "it has neither an oci-layout file");
	script("echo '{' >layout/index.json");
	refuse("layout", EINVAL, "its index.json:2:1: not JSON");
	script("printf '{\"manifests\": []}\\0{}' >layout/index.json");
	refuse("layout", EINVAL, "its index.json:1:18: not JSON");
	script("echo '{\"manifests\": [], \"manifests\": []}' >layout/index.json");
	refuse("layout", EINVAL, "its index.json:1:19: \"manifests\" is given twice");
	script("index ''");
	refuse("layout", ENOENT, "it contains no image");
	script("printf '%0400000d' 0 | tr 0 '[' >layout/index.json");
	refuse("layout", EINVAL, "its index.json:1:65: more than 64 levels");
	script("echo '{}' >layout/index.json");
	refuse("layout", EINVAL, "its index.json has neither manifests nor layers");
	script("index \"{$(manifest)}\"");
	refuse("layout", EINVAL, "the image has no layers");
	script("mkdir one; echo x >one/file; layer one cat text; index \"{$(manifest)}\"");
	refuse("layout", ENOTSUP,
	       "it is not a filesystem layer: its type is 'application/vnd.oci.image.layer.v1.text'");
}

static void indexes_that_lead_ever_deeper_are_refused(void **state)
{
	(void)state;
	script("mkdir one; echo x >one/file; layer one cat tar; index \"{$(manifest)}\"\n"
	       "for i in 1 2 3 4 5 6; do cp layout/index.json inner; index \"{$(blob inner)}\"; done\n");
	refuse("layout", EINVAL, "its indexes are nested too deeply");
}

static void a_bomb_is_refused(void **state)
{
	(void)state;
	script("name=$(printf %064d 0); truncate -s 200M layout/blobs/sha256/$name; echo '{}' >layout/index.json\n"
	       "tar -C layout -czf bomb.tar.gz .");
	refuse("bomb.tar.gz", EFBIG, "probably a decompression bomb");
}

static void a_damaged_layer_says_which_one_it_is(void **state)
{
	(void)state;
	script("mkdir one; echo x >one/file; layer one cat tar; layer one 'head -c 700' tar; index \"{$(manifest)}\"");
	begin_pack();
	assert_int_equal(import_path("layout"), -1);
	assert_non_null(strstr(err.message, "layer 2 of layout"));
}

/* As umoci does: what lies below a symlink of a layer below goes where that leads to, and never out of the root. */
static void layers_write_below_the_symlinks_of_older_layers(void **state)
{
	(void)state;
	script("mkdir -p one/usr/lib one/data/old one/etc; echo old >one/usr/lib/a; echo old >one/usr/lib/gone; echo x >one/data/old/f\n"
	       "ln -s usr/lib one/lib; ln -s /data one/absolute; ln -s ../../../../usr/lib one/etc/up; ln -s /run/later one/later\n"
	       "ln -s lib one/twice; ln -s b one/circle-a; ln -s circle-a one/b\n"
	       "mkdir -p two/lib two/absolute/old two/etc/up two/later two/twice; echo new >two/lib/a; : >two/lib/.wh.gone\n"
	       ": >two/absolute/old/.wh..wh..opq; echo new >two/absolute/old/g; echo up >two/etc/up/b; echo later >two/later/x\n"
	       "echo twice >two/twice/c; ln two/lib/a two/twice/linked\n"
	       "layer one cat tar; tar -C two -cf new lib/a lib/.wh.gone absolute/old/.wh..wh..opq absolute/old/g etc/up/b "
	       "later/x twice/c twice/linked\n"
	       "layers=\"$layers,{\\\"mediaType\\\": \\\"application/vnd.oci.image.layer.v1.tar\\\", $(blob new)}\"\n"
	       "index \"{$(manifest)}\"\n");
	import("layout");
	assert_text("/usr/lib/a", "new\n");
	assert_text("/usr/lib/linked", "new\n");
	assert_int_equal(look("/usr/lib/a").links, 2);
	assert_text("/usr/lib/b", "up\n");
	assert_text("/usr/lib/c", "twice\n");
	assert_false(exists("/usr/lib/gone"));
	assert_text("/data/old/g", "new\n");
	assert_false(exists("/data/old/f"));
	assert_text("/run/later/x", "later\n");
	assert_target("/lib", "usr/lib");
	assert_target("/absolute", "/data");
	assert_target("/later", "/run/later");
	script("mkdir -p circle/b; echo x >circle/b/file; mkdir one/empty; layers=; layer one cat tar\n"
	       "tar -C circle -cf new b/file\n"
	       "layers=\"$layers,{\\\"mediaType\\\": \\\"application/vnd.oci.image.layer.v1.tar\\\", $(blob new)}\"\n"
	       "index \"{$(manifest)}\"\n");
	refuse("layout", ELOOP, "b/file: its path contains a symbolic link loop");
}

static void a_layers_absolute_names_begin_at_the_root(void **state)
{
	(void)state;
	script("mkdir -p one/etc two/etc; echo one >one/etc/a; echo one >one/etc/b; echo two >two/etc/a; : >two/etc/.wh.b\n"
	       "ln two/etc/a two/etc/c; layer one cat tar; tar -P --transform 's,^,/,;s,^/two,,' -cf new two/etc/a two/etc/.wh.b "
	       "two/etc/c\n"
	       "layers=\"$layers,{\\\"mediaType\\\": \\\"application/vnd.oci.image.layer.v1.tar\\\", $(blob new)}\"\n"
	       "index \"{$(manifest)}\"\n");
	import("layout");
	assert_text("/etc/a", "two\n");
	assert_text("/etc/c", "two\n");
	assert_int_equal(look("/etc/c").links, 2);
	assert_false(exists("/etc/b"));
	script("mkdir -p one/etc; echo x >one/etc/a; layers=; tar -P --transform 's,one,../..,' -cf new one/etc/a\n"
	       "layers=\"{\\\"mediaType\\\": \\\"application/vnd.oci.image.layer.v1.tar\\\", $(blob new)}\"\n"
	       "index \"{$(manifest)}\"\n");
	refuse("layout", EINVAL, "a \"..\" in its path leads out");
}

int main(void)
{
#define FACT(f) cmocka_unit_test_setup_teardown(f, enter_pack_folder, leave_pack_folder)
	const struct CMUnitTest tests[] = {
		FACT(layers_replace_and_take_away),
		FACT(a_tar_of_a_layout_gives_the_same_in_any_order),
		FACT(docker_media_types_are_taken),
		FACT(the_image_for_linux_amd64_is_chosen),
		FACT(several_images_without_a_reason_to_choose_are_listed),
		FACT(a_damaged_blob_is_refused_before_it_is_read),
		FACT(a_digest_is_no_path),
		FACT(what_is_no_image_is_refused),
		FACT(indexes_that_lead_ever_deeper_are_refused),
		FACT(a_bomb_is_refused),
		FACT(a_damaged_layer_says_which_one_it_is),
		FACT(layers_write_below_the_symlinks_of_older_layers),
		FACT(a_layers_absolute_names_begin_at_the_root),
	};
	return cmocka_run_group_tests_name("source_oci", tests, NULL, NULL);
}
