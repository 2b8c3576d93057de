/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about kernel/pe.h and kernel/uki.h. Images are made here, and by objcopy (binutils), as the manual of systemd-stub shows it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <glob.h>
#include <unistd.h>

#include "kernel/bzimage.h"
#include "kernel/uki.h"
#include "kernel_checks.h"

static struct bd_error err;

/* --- images made here --------------------------------------------------------------------------------------------- */

#define PE_AT 0x80u
#define OPTIONAL_BYTES 240u
#define TABLE_AT (PE_AT + 24 + OPTIONAL_BYTES)
#define FILE_ALIGN 512u

struct section {
	const char *name, *text; /* text NULL: of that size, without content */
	uint32_t size;
};

static uint8_t *section_entry(struct bytes *image, size_t index)
{
	return image->data + TABLE_AT + index * 40;
}

/* The content of each begins at a multiple of 512 bytes, behind the headers, and its size in the file is one; in memory it is exact. */
static struct bytes make_pe(const struct section *sections, size_t count)
{
	uint32_t at = (uint32_t)((TABLE_AT + count * 40 + FILE_ALIGN - 1) / FILE_ALIGN * FILE_ALIGN);
	struct bytes image = bytes_new(at);

	memcpy(image.data, "MZ", 2);
	put_le32(image.data + 0x3c, PE_AT);
	memcpy(image.data + PE_AT, "PE\0", 4);
	put_le16(image.data + PE_AT + 4, BD_PE_MACHINE_AMD64);
	put_le16(image.data + PE_AT + 6, (uint16_t)count);
	put_le16(image.data + PE_AT + 20, OPTIONAL_BYTES);
	put_le16(image.data + PE_AT + 24, 0x20b);
	put_le16(image.data + PE_AT + 24 + 68, BD_PE_SUBSYSTEM_EFI_APPLICATION);
	for (size_t i = 0; i < count; i++) {
		uint32_t size = sections[i].text ? (uint32_t)strlen(sections[i].text) : sections[i].size;
		uint32_t in_file = sections[i].text ? (size + FILE_ALIGN - 1) / FILE_ALIGN * FILE_ALIGN : 0;
		uint8_t *entry = section_entry(&image, i);
		memcpy(entry, sections[i].name, strnlen(sections[i].name, 8));
		put_le32(entry + 8, size);
		put_le32(entry + 16, in_file);
		put_le32(entry + 20, in_file ? at : 0);
		image.data = realloc(image.data, at + in_file);
		assert_non_null(image.data);
		memset(image.data + at, 0, in_file);
		if (sections[i].text)
			memcpy(image.data + at, sections[i].text, size);
		at += in_file;
		image.size = at;
	}
	return image;
}

static int read_pe(struct bytes *image, struct bd_pe *pe_out)
{
	struct bd_kernel_source source = bytes_source(image);

	err = (struct bd_error)BD_ERROR_INIT;
	return bd_pe_read(&source, pe_out, &err);
}

static int read_uki(struct bytes *image, struct bd_uki *uki_out)
{
	struct bd_kernel_source source = bytes_source(image);

	err = (struct bd_error)BD_ERROR_INIT;
	return bd_uki_read(&source, uki_out, &err);
}

static int read_texts(struct bytes *image, size_t profile, struct bd_uki_texts *texts_out)
{
	struct bd_kernel_source source = bytes_source(image);
	struct bd_uki uki;

	if (read_uki(image, &uki) != 0)
		fail_msg("%s", err.message);
	assert_true(profile < uki.profile_count);
	return bd_uki_texts_read(&source, &uki, profile, texts_out, &err);
}

static void check_pe_fails(struct bytes *image, int code)
{
	struct bd_pe pe;

	assert_int_equal(read_pe(image, &pe), -1);
	assert_int_equal(err.code, code);
}

static void check_uki_fails(struct bytes *image, int code)
{
	struct bd_uki uki;

	assert_int_equal(read_uki(image, &uki), -1);
	assert_int_equal(err.code, code);
}

static const struct section plain[] = {
	{ ".text", "code", 0 },
	{ ".bss", NULL, 100000 },
	{ ".osrel",
	  "ID=debian\nNAME=\"Debian GNU/Linux\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\n",
	  0 },
	{ ".cmdline", " root=/dev/xvda1 quiet\n", 0 },
	{ ".uname", "6.1.0-57-amd64\n", 0 },
	{ ".linux", "the kernel", 0 },
	{ ".initrd", "the initrd", 0 },
	{ ".ucode", "microcode", 0 },
};
#define PLAIN_COUNT (sizeof(plain) / sizeof(*plain))

/* --- sections ----------------------------------------------------------------------------------------------------- */

static void sections_are_found_by_name(void **state)
{
	struct bytes image = make_pe(plain, PLAIN_COUNT);
	struct bd_pe pe;

	(void)state;
	assert_int_equal(read_pe(&image, &pe), 0);
	assert_int_equal(pe.machine, BD_PE_MACHINE_AMD64);
	assert_int_equal(pe.subsystem, BD_PE_SUBSYSTEM_EFI_APPLICATION);
	assert_int_equal(pe.section_count, PLAIN_COUNT);
	const struct bd_pe_section *section = bd_pe_find(&pe, ".cmdline");
	assert_non_null(section);
	assert_int_equal(section->size_bytes, strlen(plain[3].text));
	assert_memory_equal(image.data + section->offset_bytes, plain[3].text, section->size_bytes);
	/* One that is in memory only. */
	section = bd_pe_find(&pe, ".bss");
	assert_non_null(section);
	assert_int_equal(section->size_bytes, 0);
	assert_null(bd_pe_find(&pe, ".cmd"));
	assert_null(bd_pe_find(&pe, ".cmdline2"));
	free(image.data);
}

static void a_size_in_memory_of_zero_is_that_in_the_file(void **state)
{
	struct bytes image = make_pe(plain, PLAIN_COUNT);
	struct bd_pe pe;

	(void)state;
	put_le32(section_entry(&image, 5) + 8, 0);
	assert_int_equal(read_pe(&image, &pe), 0);
	assert_int_equal(bd_pe_find(&pe, ".linux")->size_bytes, FILE_ALIGN);
	put_le32(section_entry(&image, 5) + 8, 0xffffffff);
	assert_int_equal(read_pe(&image, &pe), 0);
	assert_int_equal(bd_pe_find(&pe, ".linux")->size_bytes, FILE_ALIGN);
	free(image.data);
}

static void what_is_no_pe_is_told_from_what_is_damaged(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		int code;
	} changes[] = {
		{ 0, 'X', ENOEXEC },	      { PE_AT, 'X', ENOEXEC },
		{ PE_AT + 3, 1, ENOEXEC },    { 0x3f, 0xff, ENOEXEC }, /* the header is beyond the end */
		{ PE_AT + 25, 1, ENOEXEC }, /* PE32, of 32 bits */
		{ PE_AT + 20, 69, EINVAL }, /* the optional header is too short */
		{ PE_AT + 21, 0xff, EINVAL }, /* so long that the table is beyond the end */
		{ PE_AT + 6, 97, EINVAL },    { PE_AT + 7, 0xff, EINVAL }, /* 65288 sections */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		struct bytes image = make_pe(plain, PLAIN_COUNT);
		image.data[changes[i].at] = changes[i].value;
		check_pe_fails(&image, changes[i].code);
		free(image.data);
	}
}

static void a_file_may_end_anywhere(void **state)
{
	struct bytes image = make_pe(plain, PLAIN_COUNT);
	size_t size = image.size;
	struct bd_pe pe;

	(void)state;
	for (image.size = 0; image.size < size; image.size++) {
		/* A copy of that size, so that a sanitizer sees each byte that is read beyond it. */
		struct bytes cut = bytes_new(image.size);
		memcpy(cut.data, image.data, image.size);
		assert_int_equal(read_pe(&cut, &pe), -1);
		assert_int_equal(err.code, image.size < PE_AT + 24 + 70 ? ENOEXEC : EINVAL);
		free(cut.data);
	}
	free(image.data);
}

static void a_section_beyond_the_file_is_refused(void **state)
{
	static const uint32_t places[][2] = { { 0xffffffff, 1 },
					      { 0xffffffff, 0xffffffff },
					      { 512, 0xffffffff },
					      { 0, 0xffffffff },
					      { 0x7fffffff, 0x80000001 } };

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		struct bytes image = make_pe(plain, PLAIN_COUNT);
		put_le32(section_entry(&image, 5) + 20, places[i][0]);
		put_le32(section_entry(&image, 5) + 16, places[i][1]);
		check_pe_fails(&image, EINVAL);
		assert_non_null(strstr(err.message, ".linux"));
		free(image.data);
	}
	/* By one byte. */
	struct bytes image = make_pe(plain, PLAIN_COUNT);
	struct bd_pe pe;
	uint32_t at = get_le32(section_entry(&image, 5) + 20);
	put_le32(section_entry(&image, 5) + 16, (uint32_t)image.size - at);
	assert_int_equal(read_pe(&image, &pe), 0);
	put_le32(section_entry(&image, 5) + 16, (uint32_t)image.size - at + 1);
	check_pe_fails(&image, EINVAL);
	free(image.data);
}

/* --- unified kernel images ---------------------------------------------------------------------------------------- */

static void check_part(const struct bytes *image, const struct bd_uki *uki, size_t profile, enum bd_uki_part part,
		       const char *text)
{
	const struct bd_uki_section *section = &uki->profiles[profile].parts[part];

	assert_int_equal(section->is_there, text != NULL);
	if (!text)
		return;
	assert_int_equal(section->size_bytes, strlen(text));
	assert_memory_equal(image->data + section->offset_bytes, text, strlen(text));
}

static void an_image_without_profiles_is_one_entry(void **state)
{
	struct bytes image = make_pe(plain, PLAIN_COUNT);
	struct bd_uki uki;
	struct bd_uki_texts texts;

	(void)state;
	assert_int_equal(read_uki(&image, &uki), 0);
	assert_int_equal(uki.profile_count, 1);
	check_part(&image, &uki, 0, BD_UKI_LINUX, "the kernel");
	check_part(&image, &uki, 0, BD_UKI_INITRD, "the initrd");
	check_part(&image, &uki, 0, BD_UKI_UCODE, "microcode");
	check_part(&image, &uki, 0, BD_UKI_PROFILE, NULL);
	assert_int_equal(read_texts(&image, 0, &texts), 0);
	assert_string_equal(texts.title, "Debian GNU/Linux 12 (bookworm)");
	assert_string_equal(texts.version, "12");
	assert_string_equal(texts.sort_key, "debian");
	assert_string_equal(texts.uname, "6.1.0-57-amd64");
	assert_string_equal(texts.cmdline, "root=/dev/xvda1 quiet");
	assert_null(texts.profile_id);
	bd_uki_texts_dispose(&texts);
	bd_uki_texts_dispose(&texts);
	free(image.data);
}

/* The example of UAPI.5, "Multi-Profile UKIs". */
static void profiles_override_the_base(void **state)
{
	static const struct section sections[] = {
		{ ".linux", "ELF kernel", 0 },
		{ ".osrel", "PRETTY_NAME=Fedora\nID=fedora\n", 0 },
		{ ".cmdline", "quiet", 0 },
		{ ".profile", "ID=regular\nTITLE=\"Regular boot\"\n", 0 },
		{ ".profile", "ID=factory-reset\nTITLE=\"Reset Device to Factory Defaults\"\n", 0 },
		{ ".cmdline", "quiet systemd.unit=factory-reset.target", 0 },
		{ ".profile", "ID=storagetm\n", 0 },
		{ ".cmdline", "quiet rd.systemd.unit=storage-target-mode.target", 0 },
		{ ".initrd", "another", 0 },
		{ ".ucode", "", 0 },
	};
	static const char *const titles[] = { "Fedora (Regular boot)", "Fedora (Reset Device to Factory Defaults)",
					      "Fedora (storagetm)" };
	static const char *const ids[] = { "regular", "factory-reset", "storagetm" };
	static const char *const cmdlines[] = { "quiet", "quiet systemd.unit=factory-reset.target",
						"quiet rd.systemd.unit=storage-target-mode.target" };
	struct bytes image = make_pe(sections, sizeof(sections) / sizeof(*sections));
	struct bd_uki uki;

	(void)state;
	assert_int_equal(read_uki(&image, &uki), 0);
	assert_int_equal(uki.profile_count, 3);
	for (size_t i = 0; i < 3; i++) {
		struct bd_uki_texts texts;
		check_part(&image, &uki, i, BD_UKI_LINUX, "ELF kernel");
		check_part(&image, &uki, i, BD_UKI_CMDLINE, cmdlines[i]);
		check_part(&image, &uki, i, BD_UKI_INITRD, i == 2 ? "another" : NULL);
		check_part(&image, &uki, i, BD_UKI_UCODE, i == 2 ? "" : NULL);
		assert_int_equal(read_texts(&image, i, &texts), 0);
		assert_string_equal(texts.title, titles[i]);
		assert_string_equal(texts.profile_id, ids[i]);
		assert_string_equal(texts.cmdline, cmdlines[i]);
		bd_uki_texts_dispose(&texts);
	}
	free(image.data);
}

/* As many sections as there may be, all of which begin a profile, but for the kernel. */
static void there_are_as_many_profiles_as_sections(void **state)
{
	struct section sections[BD_PE_SECTIONS_MAX];
	struct bd_uki uki;

	(void)state;
	for (size_t i = 0; i < BD_PE_SECTIONS_MAX; i++)
		sections[i] = (struct section){ i ? ".profile" : ".linux", "x", 0 };
	struct bytes image = make_pe(sections, BD_PE_SECTIONS_MAX);
	assert_int_equal(read_uki(&image, &uki), 0);
	assert_int_equal(uki.profile_count, BD_PE_SECTIONS_MAX - 1);
	free(image.data);
	sections[0].name = ".profile";
	image = make_pe(sections, BD_PE_SECTIONS_MAX);
	check_uki_fails(&image, ENOEXEC);
	free(image.data);
}

static void what_cannot_be_booted_is_refused(void **state)
{
	static const struct section addon[] = { { ".cmdline", "debug", 0 } };
	static const struct section empty[] = { { ".linux", "", 0 } };
	static const struct section twice[] = { { ".linux", "one", 0 },
						{ ".initrd", "a", 0 },
						{ ".initrd", "b", 0 } };
	static const struct section twice_in_profile[] = {
		{ ".linux", "one", 0 }, { ".profile", "a", 0 }, { ".cmdline", "a", 0 },
		{ ".profile", "b", 0 }, { ".cmdline", "b", 0 }, { ".cmdline", "c", 0 },
	};
	struct bytes image = make_pe(addon, 1);

	(void)state;
	check_uki_fails(&image, ENOEXEC);
	free(image.data);
	image = make_pe(empty, 1);
	check_uki_fails(&image, ENOEXEC);
	free(image.data);
	image = make_pe(twice, 3);
	check_uki_fails(&image, EINVAL);
	free(image.data);
	image = make_pe(twice_in_profile, 6);
	check_uki_fails(&image, EINVAL);
	free(image.data);
	image = make_pe(plain, PLAIN_COUNT);
	put_le16(image.data + PE_AT + 4, BD_PE_MACHINE_ARM64);
	check_uki_fails(&image, ENOTSUP);
	free(image.data);
}

static void sections_that_overlap_are_refused(void **state)
{
	struct bytes image = make_pe(plain, PLAIN_COUNT);
	struct bd_uki uki;
	uint32_t linux_at = get_le32(section_entry(&image, 5) + 20);

	(void)state;
	/* The initrd begins at the kernel's last byte; then behind it. */
	put_le32(section_entry(&image, 6) + 20, linux_at + (uint32_t)strlen("the kernel") - 1);
	put_le32(section_entry(&image, 6) + 16, (uint32_t)strlen("the initrd"));
	check_uki_fails(&image, EINVAL);
	assert_non_null(strstr(err.message, ".linux and .initrd"));
	put_le32(section_entry(&image, 6) + 20, linux_at + (uint32_t)strlen("the kernel"));
	assert_int_equal(read_uki(&image, &uki), 0);
	/* What is no part of the format may: the kernel and the code. */
	put_le32(section_entry(&image, 0) + 20, linux_at);
	assert_int_equal(read_uki(&image, &uki), 0);
	free(image.data);
}

/* --- texts -------------------------------------------------------------------------------------------------------- */

static void check_os_release(const char *os_release, const char *title, const char *version, const char *sort_key)
{
	const struct section sections[] = { { ".linux", "x", 0 }, { ".osrel", os_release, 0 } };
	struct bytes image = make_pe(sections, 2);
	struct bd_uki_texts texts;

	if (read_texts(&image, 0, &texts) != 0)
		fail_msg("%s", err.message);
	assert_string_equal(texts.title ? texts.title : "-", title ? title : "-");
	assert_string_equal(texts.version ? texts.version : "-", version ? version : "-");
	assert_string_equal(texts.sort_key ? texts.sort_key : "-", sort_key ? sort_key : "-");
	assert_null(texts.cmdline);
	assert_null(texts.uname);
	bd_uki_texts_dispose(&texts);
	free(image.data);
}

static void titles_are_those_of_systemd_boot(void **state)
{
	(void)state;
	check_os_release(
		"PRETTY_NAME=p\nIMAGE_ID=i\nNAME=n\nID=d\nIMAGE_VERSION=1\nVERSION=2\nVERSION_ID=3\nBUILD_ID=4\n",
		"p", "1", "i");
	check_os_release("IMAGE_ID=i\nNAME=n\nID=d\nVERSION=2\nVERSION_ID=3\nBUILD_ID=4\n", "i", "2", "i");
	check_os_release("NAME=n\nID=d\nVERSION_ID=3\nBUILD_ID=4\n", "n", "3", "d");
	check_os_release("ID=d\nBUILD_ID=4", "d", "4", "d");
	check_os_release("PRETTY_NAME=\nNAME=n\n", "n", NULL, NULL);
	check_os_release("", NULL, NULL, NULL);
	check_os_release("# PRETTY_NAME=no\nXPRETTY_NAME=no\nPRETTY_NAMES=no\nPRETTY_NAME\n", NULL, NULL, NULL);
}

/* os-release(5). */
static void values_are_quoted_as_in_a_shell(void **state)
{
	(void)state;
	check_os_release("PRETTY_NAME='it is \"quoted\" \\n'\n", "it is \"quoted\" \\n", NULL, NULL);
	check_os_release("PRETTY_NAME=\"a \\\"b\\\" \\$c \\`d\\` \\\\e \\f\"\r\n", "a \"b\" $c `d` \\e \\f", NULL,
			 NULL);
	check_os_release("PRETTY_NAME=a\\ b\\\n", "a b\\", NULL, NULL);
	check_os_release("PRETTY_NAME=\"no end\nID=x\n", "no end", NULL, "x");
	check_os_release("PRETTY_NAME=first\nPRETTY_NAME=last\n", "last", NULL, NULL);
	check_os_release("PRETTY_NAME=\"\t\x1b[2J\x7f \xc3\xa4\"\n", "[2J  \xc3\xa4", NULL, NULL);
}

static void control_characters_of_a_command_line_are_spaces(void **state)
{
	static const struct section sections[] = { { ".linux", "x", 0 },
						   { ".cmdline", "\n a\nb\tc\x7f\"d e\" \r\n", 0 } };
	static const struct section empty[] = { { ".linux", "x", 0 }, { ".cmdline", "", 0 } };
	struct bytes image = make_pe(sections, 2);
	struct bd_uki_texts texts;

	(void)state;
	assert_int_equal(read_texts(&image, 0, &texts), 0);
	assert_string_equal(texts.cmdline, "a b c \"d e\"");
	assert_null(texts.title);
	bd_uki_texts_dispose(&texts);
	free(image.data);
	image = make_pe(empty, 2);
	assert_int_equal(read_texts(&image, 0, &texts), 0);
	assert_string_equal(texts.cmdline, "");
	bd_uki_texts_dispose(&texts);
	free(image.data);
}

static void a_text_ends_at_its_first_nul(void **state)
{
	struct bytes image = make_pe(plain, PLAIN_COUNT);
	struct bd_uki_texts texts;

	(void)state;
	image.data[get_le32(section_entry(&image, 3) + 20) + 17] = '\0';
	assert_int_equal(read_texts(&image, 0, &texts), 0);
	assert_string_equal(texts.cmdline, "root=/dev/xvda1");
	bd_uki_texts_dispose(&texts);
	free(image.data);
}

static void long_texts_are_refused(void **state)
{
	static const char *const names[] = { ".cmdline", ".uname", ".osrel", ".profile" };
	static char text[80000];
	struct bd_uki_texts texts;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct section sections[] = { { ".linux", "x", 0 }, { names[i], text, 0 } };
		memset(text, 'x', sizeof(text) - 1);
		struct bytes image = make_pe(sections, 2);
		assert_int_equal(read_texts(&image, 0, &texts), -1);
		assert_int_equal(err.code, E2BIG);
		assert_non_null(strstr(err.message, names[i]));
		free(image.data);
		/* A text that is one character too long, and one that is not. */
		for (size_t over = 0; over < 2; over++) {
			size_t length = BD_UKI_TEXT_MAX - 1 + over;
			memset(text, 'x', sizeof(text) - 1);
			memcpy(text, "ID=", i < 2 ? 0 : 3);
			text[length + (i < 2 ? 0 : 3)] = '\0';
			image = make_pe(sections, 2);
			assert_int_equal(read_texts(&image, 0, &texts), over ? -1 : 0);
			if (over)
				assert_int_equal(err.code, E2BIG);
			else
				bd_uki_texts_dispose(&texts);
			free(image.data);
		}
	}
}

/* Each bit of the headers, one after the other: an answer within the file, or an error. */
static void flipped_bits_give_answers_within_the_file(void **state)
{
	struct bytes image = make_pe(plain, PLAIN_COUNT);
	unsigned good = 0;

	(void)state;
	for (size_t bit = 0; bit < (TABLE_AT + PLAIN_COUNT * 40) * 8; bit++) {
		struct bd_uki uki;
		struct bd_uki_texts texts;
		image.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (read_uki(&image, &uki) == 0) {
			good++;
			for (size_t i = 0; i < uki.profile_count; i++)
				for (size_t part = 0; part < BD_UKI_PARTS; part++)
					assert_true(uki.profiles[i].parts[part].offset_bytes +
							    uki.profiles[i].parts[part].size_bytes <=
						    image.size);
			if (read_texts(&image, 0, &texts) == 0)
				bd_uki_texts_dispose(&texts);
		}
		image.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(good > 0);
	free(image.data);
}

/* --- images of others --------------------------------------------------------------------------------------------- */

static void write_text(const char *path, const char *text)
{
	struct bytes bytes = { (uint8_t *)(uintptr_t)text, strlen(text), 0, 0 };

	bytes_save(&bytes, path);
}

/* A program for EFI with nothing in it, by ld; to that, sections are added. */
static void what_objcopy_has_written_is_read(void **state)
{
	char folder[] = "/tmp/xen-bigdisk-test-uki-XXXXXX", linux[64], cmdline[64], object[64], stub[64], whole[64];
	char add_linux[96], add_cmdline[96];
	const char *const make_object[] = { "objcopy", "-I",	      "binary", "-O",	"pe-x86-64",
					    "-B",      "i386:x86-64", cmdline,	object, NULL };
	const char *const make_stub[] = { "ld", "-m", "i386pep", "--subsystem", "10", "-e",
					  "0",	"-o", stub,	 object,	NULL };
	const char *const add[] = { "objcopy",
				    "--add-section",
				    add_cmdline,
				    "--change-section-vma",
				    ".cmdline=0x150000000",
				    "--add-section",
				    add_linux,
				    "--change-section-vma",
				    ".linux=0x152000000",
				    stub,
				    whole,
				    NULL };
	struct bytes kernel = make_elf(100001, true, true);
	struct bd_pe pe;
	struct bd_uki uki;
	struct bd_uki_texts texts;

	(void)state;
	need_program("objcopy");
	need_program("ld");
	assert_non_null(mkdtemp(folder));
	snprintf(linux, sizeof(linux), "%s/linux", folder);
	snprintf(cmdline, sizeof(cmdline), "%s/cmdline", folder);
	snprintf(object, sizeof(object), "%s/object", folder);
	snprintf(stub, sizeof(stub), "%s/stub", folder);
	snprintf(whole, sizeof(whole), "%s/whole", folder);
	snprintf(add_linux, sizeof(add_linux), ".linux=%s", linux);
	snprintf(add_cmdline, sizeof(add_cmdline), ".cmdline=%s", cmdline);
	bytes_save(&kernel, linux);
	write_text(cmdline, "root=/dev/xvda1 quiet");
	run_program(make_object);
	run_program(make_stub);
	run_program(add);
	struct bytes image = bytes_load(whole);
	if (read_pe(&image, &pe) != 0 || read_uki(&image, &uki) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(pe.subsystem, BD_PE_SUBSYSTEM_EFI_APPLICATION);
	const struct bd_uki_section *found = &uki.profiles[0].parts[BD_UKI_LINUX];
	assert_int_equal(found->size_bytes, kernel.size);
	assert_memory_equal(image.data + found->offset_bytes, kernel.data, kernel.size);
	assert_int_equal(read_texts(&image, 0, &texts), 0);
	assert_string_equal(texts.cmdline, "root=/dev/xvda1 quiet");
	bd_uki_texts_dispose(&texts);
	const char *const files[] = { linux, cmdline, object, stub, whole };
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		unlink(files[i]);
	rmdir(folder);
	free(image.data);
	free(kernel.data);
}

/* A kernel of a distribution, which is an EFI program, too; in a section, it is a kernel there. */
static void a_kernel_is_an_efi_program_but_no_unified_image(void **state)
{
	glob_t kernels;
	struct bd_pe pe;
	struct bd_uki uki;

	(void)state;
	if (glob("/boot/vmlinuz-*", 0, NULL, &kernels) != 0 || access(kernels.gl_pathv[0], R_OK) != 0) {
		print_message("there is no kernel in /boot\n");
		skip();
	}
	struct bytes image = bytes_load(kernels.gl_pathv[0]);
	globfree(&kernels);
	assert_int_equal(read_pe(&image, &pe), 0);
	assert_non_null(bd_pe_find(&pe, ".text"));
	assert_int_equal(read_uki(&image, &uki), -1);
	assert_int_equal(err.code, ENOEXEC);

	struct bytes whole = bytes_new(image.size + 512);
	memcpy(whole.data + 512, image.data, image.size);
	struct bd_kernel_source source = bytes_source(&whole), part;
	struct bd_bzimage header;
	assert_int_equal(bd_kernel_source_part(&source, 512, image.size, &part, &err), 0);
	assert_int_equal(bd_bzimage_read(&part, &header, &err), 0);
	assert_true(header.compression > BD_COMPRESSION_NONE);
	free(whole.data);
	free(image.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_are_found_by_name),
		cmocka_unit_test(a_size_in_memory_of_zero_is_that_in_the_file),
		cmocka_unit_test(what_is_no_pe_is_told_from_what_is_damaged),
		cmocka_unit_test(a_file_may_end_anywhere),
		cmocka_unit_test(a_section_beyond_the_file_is_refused),
		cmocka_unit_test(an_image_without_profiles_is_one_entry),
		cmocka_unit_test(profiles_override_the_base),
		cmocka_unit_test(there_are_as_many_profiles_as_sections),
		cmocka_unit_test(what_cannot_be_booted_is_refused),
		cmocka_unit_test(sections_that_overlap_are_refused),
		cmocka_unit_test(titles_are_those_of_systemd_boot),
		cmocka_unit_test(values_are_quoted_as_in_a_shell),
		cmocka_unit_test(control_characters_of_a_command_line_are_spaces),
		cmocka_unit_test(a_text_ends_at_its_first_nul),
		cmocka_unit_test(long_texts_are_refused),
		cmocka_unit_test(flipped_bits_give_answers_within_the_file),
		cmocka_unit_test(what_objcopy_has_written_is_read),
		cmocka_unit_test(a_kernel_is_an_efi_program_but_no_unified_image),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
