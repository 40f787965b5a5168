/*-------------------------------------------------------------------------
 *
 * unit_seal_keys.c
 *	  Unit test of the keys that secrets are sealed with.
 *
 * The identities were computed with "openssl dgst -mac HMAC".
 *
 * IDENTIFICATION
 *	  test/unit/unit_seal_keys.c
 *
 *-------------------------------------------------------------------------
 */
#include "secret/seal_keys.h"

#include <stdio.h>
#include <string.h>

#include "cleansed.h"
#include "tap.h"

#define KEY1 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY2 "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0"
#define KEY2_MIXED \
	"FFFEFDFCFBFAf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0"
#define KEY3 "f0e1d2c3b4a5968778695a4b3c2d1e0ff0e1d2c3b4a5968778695a4b3c2d1e0f"

#define NOT_A_KEY \
	"A key consists of 64 hexadecimal digits, on a line of its own."

static const unsigned char id1[] = {
	0xb1, 0x92, 0x55, 0xf7, 0xb9, 0x37, 0x0e, 0x97
};
static const unsigned char id2[] = {
	0xf7, 0x2a, 0xef, 0x9b, 0x5d, 0xcf, 0x4d, 0x6f
};

typedef struct GoodText
{
	const char *name;
	const char *text;
	int			count;			/* keys, the first of which is KEY1 */
} GoodText;

static const GoodText good_texts[] = {
	{"a key without a line end", KEY1, 1},
	{"a key", KEY1 "\n", 1},
	{"two keys", KEY1 "\n" KEY2 "\n", 2},
	{"two keys with letters of both cases", KEY1 "\n" KEY2_MIXED, 2},
	{"line ends of Windows", KEY1 "\r\n" KEY2 "\r\n", 2},
	{"blanks around", " \t" KEY1 " \t\n", 1},
	{"comments and empty lines",
	"# new\n\n  # of today\n" KEY1 "\n \n# old\n" KEY2 "\n\n#", 2},
};

typedef struct BadText
{
	const char *name;
	const char *text;
	int			line;
	const char *reason;
} BadText;

static const BadText bad_texts[] = {
	{"nothing", "", 0, "It holds no key."},
	{"an empty line", "\n", 0, "It holds no key."},
	{"a comment", "#" KEY1, 0, "It holds no key."},
	{"a digit too few", KEY2 "\n" + 1, 1, NOT_A_KEY},
	{"a digit too many", KEY1 "0", 1, NOT_A_KEY},
	{"a letter that is no digit",
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g", 1, NOT_A_KEY},
	{"a second line that is no key", KEY1 "\nx\n", 2, NOT_A_KEY},
	{"a prefix", "0x" KEY1, 1, NOT_A_KEY},
	{"a comment behind a key", KEY1 " # new", 1, NOT_A_KEY},
	{"two keys on one line", KEY1 " " KEY2, 1, NOT_A_KEY},
	{"three keys", KEY1 "\n" KEY2 "\n\n" KEY3 "\n", 4,
	"There are more than two keys."},
	{"a key twice", KEY2 "\n" KEY2_MIXED "\n", 2,
	"The second key is the same as the first."},
};

static void
test_good_texts(void)
{
	for (size_t i = 0; i < sizeof(good_texts) / sizeof(GoodText); i++)
	{
		const GoodText *text = &good_texts[i];
		GlueSealKeys keys;
		GlueSealKeysProblem problem;

		ok(glue_seal_keys_parse(text->text, strlen(text->text), &keys,
								&problem), text->name);
		is_int(keys.count, text->count, "so many keys");
		ok(memcmp(keys.keys[0].id, id1, sizeof(id1)) == 0 &&
		   keys.keys[0].key[0] == 0 && keys.keys[0].key[31] == 31,
		   "the first");
		if (text->count == 2)
			ok(memcmp(keys.keys[1].id, id2, sizeof(id2)) == 0 &&
			   keys.keys[1].key[0] == 255 && keys.keys[1].key[31] == 224,
			   "and the second");
	}
}

static void
test_bad_texts(void)
{
	static const GlueSealKeys none;

	for (size_t i = 0; i < sizeof(bad_texts) / sizeof(BadText); i++)
	{
		const BadText *text = &bad_texts[i];
		GlueSealKeys keys;
		GlueSealKeysProblem problem = {-1, NULL, NULL};

		ok(!glue_seal_keys_parse(text->text, strlen(text->text), &keys,
								 &problem), text->name);
		is_int(problem.line, text->line, "the line");
		is_str(problem.reason, text->reason, "the reason");
		ok(problem.remedy != NULL, "with a remedy");
		ok(memcmp(&keys, &none, sizeof(keys)) == 0, "no key is left");
	}
}

static void
test_nul(void)
{
	static const char text[] = KEY1 "\n" KEY2 "\0";
	GlueSealKeys keys;
	GlueSealKeysProblem problem;

	ok(!glue_seal_keys_parse(text, sizeof(text), &keys, &problem),
	   "a NUL is no end");
	is_int(problem.line, 2, "but out of place");
}

static void
test_find(void)
{
	static const char text[] = KEY1 "\n" KEY2 "\n";
	static const unsigned char other[GLUE_SEAL_KEY_ID_LEN] = {0};
	GlueSealKeys keys;
	GlueSealKeysProblem problem;

	glue_seal_keys_parse(text, strlen(text), &keys, &problem);
	ok(glue_seal_keys_find(&keys, id1) == &keys.keys[0], "the first is found");
	ok(glue_seal_keys_find(&keys, id2) == &keys.keys[1], "and the second");
	ok(glue_seal_keys_find(&keys, other) == NULL, "and nothing else");

	watch_cleansing(keys.keys[1].key, GLUE_SEAL_KEY_LEN);
	glue_seal_keys_clear(&keys);
	is_int(was_cleansed(), 1, "keys are cleansed");
	ok(glue_seal_keys_find(&keys, id1) == NULL &&
	   glue_seal_keys_find(&keys, other) == NULL, "and none is left");

	watch_cleansing("\xff\xfe\xfd\xfc", 4);
	glue_seal_keys_parse(KEY2 "\nx", strlen(KEY2 "\nx"), &keys, &problem);
	is_int(was_cleansed(), 1, "so are keys before a line that is none");
}

typedef struct FileCase
{
	const char *name;
	mode_t		mode;
	uid_t		owner;			/* the server's user is 100 */
	off_t		size;
	const char *reason;			/* the start of it; NULL: usable */
} FileCase;

#define TOO_OPEN "Its permissions allow more"
#define ROOT_TOO_OPEN "It belongs to root, and its permissions allow more"

static const FileCase file_cases[] = {
	{"0600", S_IFREG | 0600, 100, 65, NULL},
	{"0400", S_IFREG | 0400, 100, 65, NULL},
	{"0000", S_IFREG, 100, 65, NULL},
	{"the largest file", S_IFREG | 0600, 100, 4096, NULL},
	{"no size", S_IFREG | 0600, 100, 0, NULL},
	{"0640 of root", S_IFREG | 0640, 0, 65, NULL},
	{"0440 of root", S_IFREG | 0440, 0, 65, NULL},
	{"0700", S_IFREG | 0700, 100, 65, TOO_OPEN},
	{"0640", S_IFREG | 0640, 100, 65, TOO_OPEN},
	{"0620", S_IFREG | 0620, 100, 65, TOO_OPEN},
	{"0604", S_IFREG | 0604, 100, 65, TOO_OPEN},
	{"04600", S_IFREG | 04600, 100, 65, TOO_OPEN},
	{"0644 of root", S_IFREG | 0644, 0, 65, ROOT_TOO_OPEN},
	{"0660 of root", S_IFREG | 0660, 0, 65, ROOT_TOO_OPEN},
	{"0650 of root", S_IFREG | 0650, 0, 65, ROOT_TOO_OPEN},
	{"another owner", S_IFREG | 0600, 101, 65, "It belongs neither to"},
	{"a directory", S_IFDIR | 0600, 100, 65, "It is not a regular file."},
	{"a pipe", S_IFIFO | 0600, 100, 0, "It is not a regular file."},
	{"a device of root", S_IFCHR | 0600, 0, 0, "It is not a regular file."},
	{"a large file", S_IFREG | 0600, 100, 4097,
	"It is larger than 4096 bytes."},
};

static void
test_files(void)
{
	for (size_t i = 0; i < sizeof(file_cases) / sizeof(FileCase); i++)
	{
		const FileCase *file = &file_cases[i];
		struct stat status = {0};
		GlueSealKeysProblem problem = {-1, "", NULL};
		bool		usable;

		status.st_mode = file->mode;
		status.st_uid = file->owner;
		status.st_size = file->size;
		usable = glue_seal_key_file_usable(&status, 100, &problem);
		if (file->reason == NULL)
			ok(usable, file->name);
		else if (!ok(!usable && problem.line == 0 && problem.remedy != NULL &&
					 strncmp(problem.reason, file->reason,
							 strlen(file->reason)) == 0, file->name))
			printf("#  got: %s\n", problem.reason);
	}
}

int
main(void)
{
	test_good_texts();
	test_bad_texts();
	test_nul();
	test_find();
	test_files();
	return tap_done();
}
