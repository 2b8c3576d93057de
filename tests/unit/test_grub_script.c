/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about the language of bootmenu/grub/cfg.h: what is a syntax error, as grub-script-check (grub-common) has it
 * where that is installed, and what words, conditions, loops and functions come to. */
#include "grub_checks.h"

#include "base/process/run.h"
#include "bootmenu/grub/parser.h"

static bool we_take(const char *text)
{
	struct grub_tree tree = { 0 };
	struct grub_parser parser;
	const struct grub_node *commands;
	struct bd_error err = BD_ERROR_INIT;
	bool takes = true;

	grub_parser_init(&parser, &tree, text);
	do {
		if (grub_parser_next(&parser, &commands, &err) == 0)
			continue;
		takes = false;
		assert_int_equal(err.code, EINVAL);
		break;
	} while (commands);
	grub_parser_dispose(&parser);
	grub_tree_dispose(&tree);
	return takes;
}

static bool grub_is_there(void)
{
	struct bd_error err = BD_ERROR_INIT;
	char path[4096];

	return bd_find_program("grub-script-check", path, sizeof(path), &err) == 0;
}

static bool grub_takes(const char *text)
{
	const char *argv[] = { "grub-script-check", NULL };
	struct bd_error err = BD_ERROR_INIT;
	char output[1024] = "";
	int r = bd_run(
		&(struct bd_run){ .argv = argv, .stdin_text = text, .output = output, .output_size = sizeof(output) },
		&err);

	/* What has functions only, or nothing, is complained of in another way. */
	return r == 0 || strstr(output, "contains no commands");
}

static void what_grub_takes_is_taken(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n",
		"true",
		"true ; true\n",
		"true;\n",
		"menuentry a { true }",
		"menuentry a { true; }",
		"menuentry a {\n\n true\n # nothing\n\n}\n",
		"menuentry a { true } ; true",
		"submenu a { menuentry b { true\n} }",
		"if true; then true; fi",
		"if\ntrue\nthen\ntrue\nfi",
		"if a; then b; elif c; then d; else e; fi; echo",
		"if a; then b; elif c; then d; elif e; then f; fi",
		"for x in a b; do echo $x; done",
		"for x in; do true; done",
		"for x in a\ndo\ntrue\ndone",
		"while true; do true; done; true",
		"until true; do break; done",
		"function f { true; }",
		"function f\n\n{ true\n}",
		"echo if then else fi for function do done in case esac select while until elif",
		"echo a'b\nc'd \"e\nf\" g\\ h",
		"echo 'a\\'",
		"echo \"a\\\"b\"",
		"echo \"a\\b\"",
		"echo $\"hi $x\" $\"5 $ \"",
		"echo ${1}${?}$@$#$* $x${y}z \"$x ${y}\"",
		"echo a#b # c",
		"#don't\ntrue",
		"echo \"a\n# b'\n\"",
		"echo \\\nb",
		"echo a \\\n  b\n",
		"a=\"b c\"d",
		"\"if\" true",
		"if true\r\nthen\r\ntrue\r\nfi\r\n",
		"echo [ a] b[[ [[c ]]d",
		"echo \x01\xff\xc3\xa4",
		"! true",
		"[ a = b -o \"c\" '<' d ]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (!we_take(texts[i]))
			fail_msg("not taken:\n%s", texts[i]);
		if (grub_is_there() && !grub_takes(texts[i]))
			fail_msg("GRUB does not take:\n%s", texts[i]);
	}
}

static void what_grub_refuses_is_refused(void **state)
{
	static const char *const texts[] = {
		"menuentry a { }",
		"menuentry a {\n}",
		"menuentry a\n{ true\n}",
		"menuentry a { true } b",
		"menuentry a {\n true\n ; true\n}",
		"menuentry a { function f { true; } }",
		"menuentry a { true",
		"if true; then fi",
		"if true; then; true; fi",
		"if true; then true; fi fi",
		"if a; then b; else c; elif d; then e; fi",
		"if true; then function f { true; }; fi",
		"if true; true",
		"i\\f true; then true; fi",
		"{ true; }",
		"}",
		"then",
		"case a in",
		"select",
		"in",
		"; true",
		"true;;true",
		"true; ;true",
		"a && b",
		"a || b",
		"a & b",
		"a | b",
		"a > b",
		"a < b",
		"[[ a ]]",
		"echo ]]",
		"echo a{b",
		"echo $",
		"echo $-",
		"echo ${",
		"echo ${}",
		"echo ${a-b}",
		"x=${a}b${c",
		"echo \"${\"",
		"echo \"$ 5\"",
		"echo \"a$\"",
		"echo \"unclosed\n",
		"echo 'unclosed\n",
		"echo \\",
		"echo a \\\n",
		"function f { true }",
		"function a-b { true; }",
		"function if { true; }",
		"for 1 in a; do true; done",
		"for x\nin a; do true; done",
		"for x in a; true; done",
		"while true; done",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (we_take(texts[i]))
			fail_msg("taken:\n%s", texts[i]);
		if (grub_is_there() && grub_takes(texts[i]))
			fail_msg("GRUB takes:\n%s", texts[i]);
	}
}

/* Texts of random tokens; a fixed seed, so that what fails fails again. */
static void random_texts_are_taken_as_grub_takes_them(void **state)
{
	static const char *const pieces[] = { "if ",	   "then ",	 "else ",
					      "elif ",	   "fi",	 "for ",
					      "x ",	   "in ",	 "do ",
					      "done",	   "while ",	 "true",
					      "function ", "f ",	 " { ",
					      " } ",	   ";",		 "\n",
					      " ",	   "\"",	 "'",
					      "\\",	   "$",		 "${x}",
					      "$1",	   "#",		 "a",
					      "=",	   "[",		 "]",
					      "&",	   "menuentry ", "; ",
					      "\n",	   "\n",	 "; then true; fi\n",
					      "{ true; }", "true; ",	 "do true; done" };
	const char *wanted = getenv("BD_TEST_MUTATIONS");
	unsigned count = wanted ? (unsigned)strtoul(wanted, NULL, 10) : 200;
	uint32_t random = 12;

	(void)state;
	if (!grub_is_there()) {
		print_message("grub-script-check is not installed\n");
		skip();
	}
	for (unsigned i = 0; i < count; i++) {
		char text[512] = "";
		for (unsigned k = 0; k < 3 + i % 9; k++) {
			random = random * 1664525 + 1013904223;
			strcat(text, pieces[(random >> 8) % (sizeof(pieces) / sizeof(*pieces))]);
		}
		/* Lines that begin with "#" are left out where GRUB reads its file, but not by grub-script-check. */
		if (strstr(text, "\n#"))
			continue;
		if (we_take(text) != grub_takes(text))
			fail_msg("GRUB %s, we do not agree:\n%s", grub_takes(text) ? "takes it" : "refuses it", text);
	}
}

static void words_are_made_as_grub_makes_them(void **state)
{
	static const struct {
		const char *script, *expected;
	} rows[] = {
		{ "linux /k a  b\tc", "a b c" },
		{ "linux /k a\\\n  b", "a b" },
		{ "linux /k a\\\nb", "ab" },
		{ "linux /k \"\" ''", " " },
		{ "linux /k $empty a$empty", "a" },
		{ "linux /k \"$empty\"", "" },
		{ "linux /k a#b # c", "a#b" },
		{ "x='b  c '; linux /k a$x d", "ab c d" },
		{ "x=' b c'; linux /k a\"$x\"d", "\"a b cd\"" },
		{ "x='b c'; linux /k $x$x", "b cb c" },
		{ "linux /k root=UUID=\"1 2\"", "\"root=UUID=1 2\"" },
		{ "linux /k 'it is'\\ me", "\"it is me\"" },
		{ "linux /k \\a\\\\b", "a\\\\b" },
		{ "linux /k \"a\\b\\$\\\\c\"", "a\\\\b$\\\\c" },
		{ "linux /k a\\x20b 'c\\x20d' \"e\\x20f\"", "a\\x20b c\\x20d e\\x20f" },
		{ "linux /k it\\'s \\\"q\\\"", "it\\'s \\\"q\\\"" },
		{ "x=5; linux /k $\"a $x $ b\"", "\"a 5 $ b\"" },
		{ "x=5; linux /k ${x}5$x- $xy", "555-" },
		{ "linux /k \"a\\\nb\"", "ab" },
		{ "x='a\\b*?'; linux /k $x \"$x\"", "a\\\\b*? a\\\\b*?" },
		{ "false; linux /k $? ${?}", "1 1" },
		{ "set x=a=b; linux /k $x", "a=b" },
		{ "l=linux; $l /k yes", "yes" },
		{ "x=1; x=; linux /k a$x", "a" },
		{ "x=1; unset x; linux /k a$x", "a" },
		{ "1=x; =y; linux /k $1", "t" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_arguments(rows[i].script, rows[i].expected);
}

static void conditions_are_what_grub_says(void **state)
{
	static const struct {
		const char *condition;
		bool value;
	} rows[] = {
		{ "[ ]", true }, /* nothing was false */
		{ "[ \"\" ]", false },
		{ "[ a ]", true },
		{ "[ -n a ]", true },
		{ "[ -z \"\" ]", true },
		{ "[ -n \"\" ]", false },
		{ "test a = a", true },
		{ "[ a == a ]", true },
		{ "[ a = b ]", false },
		{ "[ a != b ]", true },
		{ "[ x$unset = x ]", true },
		{ "[ b '>' a ]", true },
		{ "[ b '<=' a ]", false },
		{ "[ 10 -gt 9 ]", true },
		{ "[ -5 -lt 3 ]", true },
		{ "[ 0x10 -eq 16 ]", true },
		{ "[ 3 -ne 3 ]", false },
		{ "[ vmlinuz-2 -plt vmlinuz-11 ]", true },
		{ "[ vmlinuz-2 -pgt vmlinuz-11 ]", false },
		{ "[ ! a = a ]", false },
		{ "[ ! ! a ]", true },
		{ "[ a = a -a b = c ]", false },
		{ "[ a = b -o b = b ]", true },
		{ "[ a = b -o b = b -a c = d ]", false },
		{ "[ a = a a = b ]", false }, /* without -a */
		{ "[ ( a = b -o c = c ) -a d ]", true },
		{ "[ ! ( a = a ) ]", false },
		{ "[ -e /boot ]", true },
		{ "[ -d /boot ]", true },
		{ "[ -f /boot ]", false },
		{ "[ -f /boot/vmlinuz ]", true },
		{ "[ -f (hd0,gpt2)/vmlinuz ]", true },
		{ "[ -f (hd0,gpt1)/vmlinuz ]", false },
		{ "[ -f ($root)/boot/vmlinuz ]", true },
		{ "[ -e /none ]", false },
		{ "[ -s /boot/vmlinuz ]", true },
		{ "[ -s /boot/empty ]", false },
		{ "[ -s /none ]", false },
		{ "[ /a -nt /b ]", false },
		{ "! false", true },
		{ "! true", false },
		{ "! [ a = b ]", true },
		{ "true", true },
		{ "false", false },
		{ "unknown_command", true }, /* GRUB prints an error and goes on */
		{ "keystatus --shift", false },
		{ "fwsetup --is-supported", false },
		{ "sleep --interruptible 5", true },
		{ "search --fs-uuid --set=r 1111-aaaa", true },
		{ "search --fs-uuid --set=r 3333", false },
		{ "load_env", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char script[512];
		snprintf(script, sizeof(script), "if %s; then linux /k true; else linux /k false; fi",
			 rows[i].condition);
		assert_arguments(script, rows[i].value ? "true" : "false");
	}
}

static void control_flow_is_that_of_a_shell(void **state)
{
	static const struct {
		const char *script, *expected;
	} rows[] = {
		{ "if false; then linux /k a; elif true; then linux /k b; else linux /k c; fi", "b" },
		{ "if false; then linux /k a; elif false; then linux /k b; else linux /k c; fi", "c" },
		{ "for x in a b c; do y=$y$x; done; linux /k $y", "abc" },
		{ "for x in a b c; do if [ $x = b ]; then continue; fi; y=$y$x; done; linux /k $y", "ac" },
		{ "for x in a b c; do if [ $x = b ]; then break; fi; y=$y$x; done; linux /k $y", "a" },
		{ "for x in a b; do for z in 1 2; do if [ $x$z = a2 ]; then break 2; fi; y=$y$x$z; done; done; "
		  "linux /k $y",
		  "a1" },
		{ "for x in a b; do for z in 1 2; do if [ $z = 1 ]; then continue 2; fi; y=$y$x$z; done; y=$y$x; done; "
		  "linux /k .$y",
		  "." },
		{ "n=3; while [ $n -gt 0 ]; do y=$y$n; decrement n; done; linux /k $y $n", "321 0" },
		{ "n=0; until [ $n = 3 ]; do increment n; done; linux /k $n", "3" },
		{ "eval 'x=5; linux /k $x'", "5" },
		{ "eval false; linux /k $?", "1" },
		{ "break; continue; linux /k a", "a" },
		{ "linux /k $1 $2", "t" },
		{ "setparams a 'b c'; linux /k $# $2 \"$2\" \"$*\" \"$@\"", "2 b c \"b c\" \"a b c\" a \"b c\"" },
		{ "setparams a b c; shift; linux /k $1 $#; shift 2; shift 9", "b 2" },
		{ "linux /k a; return; linux /k b", "a" },
		{ "linux /k a; boot; linux /k b", "a" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_arguments(rows[i].script, rows[i].expected);
}

static void functions_have_parameters_and_a_status(void **state)
{
	(void)state;
	assert_menu("function f { if [ $1 = yes ]; then return 0; fi; return 5; }\n"
		    "function g { linux /k $# $1 \"$2\" $?; }\n"
		    "function twice { for x in 1 2; do y=$y$1; done; }\n"
		    "menuentry a { f no; x=$?; if f yes; then g $x 'b c'; fi; }\n"
		    "menuentry b { for x in a b; do break_in; done; linux /k $x; }\n"
		    "menuentry c { twice v; linux /k $y; }\n"
		    "function break_in { break; }\n"
		    "function f { false; }\n",
		    /* The function that counts is the last one of its name. */
		    "timeout -1\n0* a\n\tnot here: it loads no kernel\n1 b\n\tlinux :/k b\n2 c\n\tlinux :/k vv\n");
}

static void what_is_wrong_costs_its_line(void **state)
{
	(void)state;
	assert_menu("menuentry a { linux /a; }\necho \"$ 5\"\nif; then\nmenuentry b { linux /b; }\n"
		    "echo a && echo b\r\nmenuentry c { linux /c; }",
		    "timeout -1\n0* a\n\tlinux :/a \n1 b\n\tlinux :/b \n2 c\n\tlinux :/c \n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_grub_takes_is_taken),
		cmocka_unit_test(what_grub_refuses_is_refused),
		cmocka_unit_test(random_texts_are_taken_as_grub_takes_them),
		cmocka_unit_test(words_are_made_as_grub_makes_them),
		cmocka_unit_test(conditions_are_what_grub_says),
		cmocka_unit_test(control_flow_is_that_of_a_shell),
		cmocka_unit_test(functions_have_parameters_and_a_status),
		cmocka_unit_test(what_is_wrong_costs_its_line),
	};

	return cmocka_run_group_tests_name("grub_script", tests, NULL, NULL);
}
