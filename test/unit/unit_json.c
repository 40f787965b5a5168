/*-------------------------------------------------------------------------
 *
 * unit_json.c
 *	  Tests of text/json.c: strict parsing, writing, wiping, UTF-8.
 *
 * IDENTIFICATION
 *	  test/unit/unit_json.c
 *
 *-------------------------------------------------------------------------
 */
#include "text/json.h"

#include <stdlib.h>
#include <string.h>

#include "cleansed.h"
#include "tap.h"

/* a text and its compact JSON, or NULL if it is to be rejected */
typedef struct ParseCase
{
	const char *text;
	const char *compact;
} ParseCase;

static const ParseCase parse_cases[] = {
	{"{}", "{}"},
	{"[]", "[]"},
	{" { \"a\" : [ 1 , 2.50 , -3e2 , true , false , null ] } \r\n",
	"{\"a\":[1,2.50,-3e2,true,false,null]}"},
	{"\"x\"", "\"x\""},
	{"12", "12"},
	{"12 ", "12"},
	{"true", "true"},
	{"\"\\u00e9\\ud83d\\ude00\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\"",
	"\"\xc3\xa9\xf0\x9f\x98\x80\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\""},
	{"\"\\u0040\\u0800\\uFFFF\\uD836\\uDE00\\udbff\\udfff\"",
	"\"@\xe0\xa0\x80\xef\xbf\xbf\xf0\x9d\xa8\x80\xf4\x8f\xbf\xbf\""},
	{"{\"\\ud836\\ude00\":-0}", "{\"\xf0\x9d\xa8\x80\":0}"},
	{"[\"\\\"\",\"\\\\\"]", "[\"\\\"\",\"\\\\\"]"},
	{"\"\xc3\xa9\x7f\"", "\"\xc3\xa9\x7f\""},
	{"123456789012345678901234567890.5", "123456789012345678901234567890.5"},
	{"{\"a\":1,\"a\":2}", "{\"a\":2}"},
	{"\"NaN \\\\u0000\"", "\"NaN \\\\u0000\""},
	{"[-0.0e-1,1E+2,0,10]", "[-0.0e-1,1E+2,0,10]"},
	{"[-9223372036854775808,18446744073709551615]",
	"[-9223372036854775808,18446744073709551615]"},
	{"{\"\xc3\xa9\":[[],{}, \"\" ] }", "{\"\xc3\xa9\":[[],{},\"\"]}"},
	{"", NULL},
	{" ", NULL},
	{"{", NULL},
	{"{}x", NULL},
	{"{} {}", NULL},
	{"[1,]", NULL},
	{"{\"a\":1,}", NULL},
	{"{a:1}", NULL},
	{"{'a':1}", NULL},
	{"[1] // comment", NULL},
	{"/* comment */ 1", NULL},
	{"NaN", NULL},
	{"[Infinity]", NULL},
	{"-Infinity", NULL},
	{"True", NULL},
	{"nul", NULL},
	{"[nullx]", NULL},
	{"[truefalse]", NULL},
	{"[1 2]", NULL},
	{"[,1]", NULL},
	{"[1}", NULL},
	{"{\"a\":1]", NULL},
	{"{\"a\"}", NULL},
	{"{\"a\":}", NULL},
	{"{\"a\" 1}", NULL},
	{"{,}", NULL},
	{"{1:1}", NULL},
	{"{\"a\nb\":1}", NULL},
	{"[01]", NULL},
	{"-", NULL},
	{"-01", NULL},
	{"1.", NULL},
	{"[1.e2]", NULL},
	{".5", NULL},
	{"+1", NULL},
	{"1e", NULL},
	{"1e+", NULL},
	{"1e5.0", NULL},
	{"0x10", NULL},
	{"18446744073709551616", NULL},
	{"-9223372036854775809", NULL},
	{"[123456789012345678901234567890]", NULL},
	{"\v1", NULL},
	{"\"a\nb\"", NULL},
	{"\"a", NULL},
	{"\"\\", NULL},
	{"\"\\x41\"", NULL},
	{"\"\\u00\"", NULL},
	{"\"\\u00", NULL},
	{"\"\\u00g0\"", NULL},
	{"\"\\U0041\"", NULL},
	{"\"\\'\"", NULL},
	{"\"\\u0000\"", NULL},
	{"{\"a\\u0000b\":1}", NULL},
	{"\"\\ud800\"", NULL},
	{"\"\\ud800\\u0041\"", NULL},
	{"\"\\ud800x\"", NULL},
	{"\"\\ud800\\ud800\\udc00\"", NULL},
	{"\"\\udc00\"", NULL},
	{"\"\xff\"", NULL},
	{"\"\xc0\xaf\"", NULL},
	{"\"\xed\xa0\x80\"", NULL},
};

static void
test_parse(void)
{
	for (size_t i = 0; i < sizeof(parse_cases) / sizeof(parse_cases[0]); i++)
	{
		const ParseCase *c = &parse_cases[i];
		json_object *tree = glue_json_tree_parse(c->text, strlen(c->text));
		char		compact[256];
		char		name[32];

		snprintf(name, sizeof(name), "parse case %zu", i);
		if (c->compact == NULL)
			ok(tree == NULL, name);
		else
		{
			glue_json_tree_write(tree, compact, sizeof(compact));
			is_str(compact, c->compact, name);
		}
		glue_json_tree_free(tree);
	}
	ok(glue_json_tree_parse("1\0", 2) == NULL, "a NUL byte is refused");
	ok(glue_json_tree_parse("null", 4) == NULL, "null is NULL");
}

/*
 * The text is read to its given length and no further.
 */
static void
test_parse_length(void)
{
	char	   *text = malloc(7);
	json_object *tree;

	memcpy(text, "[12,34]", 7);
	tree = glue_json_tree_parse(text, 7);
	is_int((long long) json_object_array_length(tree), 2, "no terminator");
	glue_json_tree_free(tree);
	ok(glue_json_tree_parse(text, 3) == NULL, "a cut text is refused");
	free(text);
}

static void
test_depth(void)
{
	char		text[20000];

	for (int i = 0; i < GLUE_JSON_MAX_DEPTH; i++)
	{
		json_object *tree;
		size_t		depth = (size_t) i;

		memset(text, '[', depth);
		memset(&text[depth], ']', depth);
		tree = glue_json_tree_parse(text, 2 * depth);
		if (tree == NULL && depth > 0)
			ok(false, "a permitted depth was refused");
		glue_json_tree_free(tree);
	}
	memset(text, '[', 10000);
	memset(text + 10000, ']', 10000);
	ok(glue_json_tree_parse(text, 20000) == NULL, "depth 10000 is refused");
	ok(glue_json_tree_parse(text + 10000 - 34, 68) == NULL,
	   "a depth just above the limit is refused");
}

/*
 * Cutting behaves like snprintf() at every size.
 */
static void
test_write(void)
{
	const char *text = "{\"k\\\"\":[\"v\\u0002\",1.0,{}]}";
	json_object *tree = glue_json_tree_parse(text, strlen(text));
	size_t		len = strlen(text);
	bool		all = true;

	is_int((long long) glue_json_tree_write(tree, NULL, 0), (long long) len,
		   "size 0 measures");
	for (size_t size = 1; size <= len + 1; size++)
	{
		char	   *buffer = malloc(size);

		all = all && glue_json_tree_write(tree, buffer, size) == len &&
			strncmp(buffer, text, size - 1) == 0 &&
			strlen(buffer) == size - 1;
		free(buffer);
	}
	ok(all, "every size gives a terminated prefix");
	glue_json_tree_free(tree);

	{
		char		buffer[8];

		is_int((long long) glue_json_tree_write(NULL, buffer, 8), 4,
			   "NULL is null");
		is_str(buffer, "null", "NULL is written as null");
	}
}

/*
 * A string object with another reference shows the effect of freeing.
 */
static void
test_free_cleanses(void)
{
	json_object *tree = json_object_new_object();
	json_object *list = json_object_new_array();
	json_object *secret = json_object_new_string("a secret that is long enough "
												 "to be in its own buffer");

	json_object_array_add(list, json_object_get(secret));
	json_object_object_add(tree, "list", list);
	glue_json_tree_free(tree);
	is_int(json_object_get_string_len(secret), 52, "the string is still there");
	is_int(json_object_get_string(secret)[0], 0, "its start is wiped");
	is_int(json_object_get_string(secret)[51], 0, "its end is wiped");
	json_object_put(secret);
	glue_json_tree_free(NULL);
}

/*
 * Reading leaves the strings in the tree and nowhere else.
 */
static void
test_read_cleanses(void)
{
	const char *text = "[\"the secret\", 1";
	json_object *tree;

	watch_cleansing("the secret", 10);
	ok(glue_json_tree_parse(text, strlen(text)) == NULL, "an invalid text");
	is_int(was_cleansed(), 2, "its strings are wiped, and their copies");

	text = "[\"the secret\", 1]";
	watch_cleansing("the secret", 10);
	tree = glue_json_tree_parse(text, strlen(text));
	is_int(was_cleansed(), 1, "of a valid text the copies");
	glue_json_tree_free(tree);
	is_int(was_cleansed(), 2, "and the others with the tree");
}

static void
test_utf8(void)
{
	static const char *const valid[] = {
		"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80",
		"\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
		"\xf4\x8f\xbf\xbf", "12345678\xc3\xa9 1234567890",
	};
	static const char *const invalid[] = {
		"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", ("\xc2" "a"),
		"\xe0\x9f\xbf", "\xe0\xa0", "\xed\xa0\x80", "\xed\xbf\xbf",
		"\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
		"\xf0\x90\x80", "\xff", "\xfe", "12345678\xc3",
		"1234567\xff 2345678",
	};

	for (size_t i = 0; i < sizeof(valid) / sizeof(valid[0]); i++)
		ok(glue_utf8_valid(valid[i], strlen(valid[i])), "valid UTF-8");
	for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++)
		ok(!glue_utf8_valid(invalid[i], strlen(invalid[i])), "invalid UTF-8");

	is_int((long long) glue_utf8_length("a\xc3\xa9\xf0\x9f\x98\x80", 7), 3,
		   "length counts code points");
	is_int((long long) glue_utf8_clip("abc", 3, 5), 3, "clip: short enough");
	is_int((long long) glue_utf8_clip("a\xc3\xa9", 3, 2), 1, "clip: inside");
	is_int((long long) glue_utf8_clip("a\xc3\xa9", 3, 3), 3, "clip: exact");
	is_int((long long) glue_utf8_clip("\xf0\x9f\x98\x80", 4, 3), 0,
		   "clip: nothing fits");
}

int
main(void)
{
	test_parse();
	test_parse_length();
	test_depth();
	test_write();
	test_free_cleanses();
	test_read_cleanses();
	test_utf8();
	return tap_done();
}
