/*-------------------------------------------------------------------------
 *
 * unit_profile_grammar.c
 *	  Unit test of the reader of AWS's shared files.
 *
 * The first two tables restate the cases that AWS's SDKs share.
 *
 * IDENTIFICATION
 *	  test/unit/unit_profile_grammar.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/profile_grammar.h"

#include <stdlib.h>
#include <string.h>

#include "cleansed.h"
#include "tap.h"

/*
 * Well-formed files, and the expected contents of the set, separated by "|":
 *
 *		foo				there is a profile foo
 *		foo>name=value	its property has this value
 *		!foo			there is no profile foo
 *		!foo>name		it has no such property
 *
 * "sso-session foo" and "services foo" are sections of those types.
 */
typedef struct FileCase
{
	const char *name;
	const char *config;
	const char *credentials;
	const char *want;
} FileCase;

#define ALL_NAME_CHARACTERS \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
#define ALL_NAME_CHARACTERS_LOWER \
	"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789-_"

static const FileCase shared_cases[] = {
	/* headings */
	{"an empty file", "", NULL, "!default"},
	{"a profile without properties", "[profile foo]", NULL,
	"foo|!profile foo"},
	{"two profiles without properties", "[profile foo]\n[profile bar]", NULL,
	"foo|bar"},
	{"names with all signs, and with another",
		"[profile some-thing:long/the_one%only.foo@bar+]\n[profile foo!bar]",
	NULL, "some-thing:long/the_one%only.foo@bar+|!foo!bar|!foo"},
	{"names with all letters", "[profile " ALL_NAME_CHARACTERS "]", NULL,
	ALL_NAME_CHARACTERS},
	{"blanks around a name", "[profile \tfoo \t]", NULL, "foo"},
	{"a tab before the name", "[profile\tfoo]", NULL, "foo"},
	{"blanks before the type",
		"[   profile foo    ]\nname = value\n[profile bar]", NULL,
	"bar|foo|foo>name=value|!bar>name"},
	{"blanks in a credentials file's heading",
		NULL, "[   foo    ]\nname = value\n[profile bar]",
	"foo|foo>name=value|!bar|!profile bar"},
	{"names with blanks", "[profile in valid]\nname = value",
		"[in valid 2]\nname2 = value2",
	"!in valid|!in|!valid|!in valid 2"},
	{"properties of a section that is skipped",
		"[profile foo]\nname = value\n[profile in valid]\nx = 1\n"
		"[profile bar]\nname = value2", NULL,
	"bar|bar>name=value2|foo|foo>name=value|!bar>x|!foo>x"},
	{"a configuration without type", "[foo]\nname = value", NULL, "!foo"},
	{"credentials with type", NULL, "[profile foo]\nname = value",
	"!foo|!profile foo"},
	{"a type without the blank after it",
		"[profilefoo]\nname = value\n[profile bar]", NULL,
	"bar|!profilefoo|!foo|!bar>name"},
	{"an SSO session", "[sso-session foo]\nname = value\n[profile bar]", NULL,
	"bar|sso-session foo|sso-session foo>name=value|!foo|!bar>name"},
	{"credentials named like a type",
		NULL, "[sso-sessionfoo]\nname = value\n[bar]",
	"sso-sessionfoo|sso-sessionfoo>name=value|bar|!sso-session foo"},
	{"a misspelt type", "[sso-sesion foo]\nname = value\n[profile bar]", NULL,
	"bar|!foo|!sso-session foo|!bar>name"},

	/* properties */
	{"a property", "[profile foo]\nname = value", NULL,
	"foo|foo>name=value"},
	{"two properties", "[profile foo]\nname = value\nname2 = value2", NULL,
	"foo|foo>name=value|foo>name2=value2"},
	{"the same two properties",
		"[profile foo]\nname = value\nname2 = value2", NULL,
	"foo|foo>name2=value2|foo>name=value"},
	{"two profiles with properties",
		"[profile foo]\nname = value\n[profile bar]\nname2 = value2", NULL,
	"foo>name=value|bar>name2=value2|!foo>name2|!bar>name"},
	{"lines that end in CR LF", "[profile foo]\r\nname = value", NULL,
	"foo|foo>name=value"},
	{"an equals sign in the value", "[profile foo]\nname = val=ue", NULL,
	"foo>name=val=ue"},
	{"characters beyond ASCII",
		"[profile foo]\nname = \xc3\xb0\xc5\xb8\xcb\x9c\xe2\x80\x9a", NULL,
	"foo>name=\xc3\xb0\xc5\xb8\xcb\x9c\xe2\x80\x9a"},
	{"blanks around key and value", "[profile foo]\nname \t=  \tvalue \t",
	NULL, "foo>name=value"},
	{"an empty value", "[profile foo]\nname =", NULL, "foo>name="},
	{"a key with a blank", "[profile foo]\nin valid = value", NULL,
	"foo|!foo>in valid|!foo>in|!foo>valid"},
	{"a key with all letters",
		"[profile foo]\n" ALL_NAME_CHARACTERS " = value", NULL,
	"foo>" ALL_NAME_CHARACTERS_LOWER "=value"},

	/* blank lines and comments */
	{"blank lines",
		"\t \n[profile foo]\n\t\n \nname = value\n\t \n[profile bar]\n \t",
	NULL, "foo|foo>name=value|bar|!bar>name"},
	{"comments with a pound sign",
		"# Comment\n[profile foo] # Comment\n"
		"name = value # Comment with # sign", NULL,
	"foo>name=value"},
	{"comments with a semicolon",
		"; Comment\n[profile foo] ; Comment\n"
		"name = value ; Comment with ; sign", NULL,
	"foo>name=value"},
	{"comments with both",
		"# Comment\n[profile foo] ; Comment\n"
		"name = value # Comment with ; sign", NULL,
	"foo>name=value"},
	{"empty comments", ";\n[profile foo];\nname = value ;\n", NULL,
	"foo|foo>name=value"},
	{"comments right after a heading",
		"[profile foo]; Adjacent\n[profile bar]# Adjacent", NULL,
	"foo|bar"},
	{"the same in other words",
		"[profile foo]; semicolon\n[profile bar]# pound", NULL,
	"foo|bar"},
	{"no comments right after a value",
		"[profile foo]\nname = value; Adjacent semicolons\n"
		"name2 = value# Adjacent pound signs", NULL,
		"foo>name=value; Adjacent semicolons|"
	"foo>name2=value# Adjacent pound signs"},

	/* continuations */
	{"a continuation", "[profile foo]\nname = value\n -continued", NULL,
	"foo>name=value\n-continued"},
	{"two continuations",
		"[profile foo]\nname = value\n -continued\n -and-continued", NULL,
	"foo>name=value\n-continued\n-and-continued"},
	{"blanks around a continuation",
		"[profile foo]\nname = value\n \t -continued \t ", NULL,
	"foo>name=value\n-continued"},
	{"a pound sign in a continuation",
		"[profile foo]\nname = value\n -continued # Comment", NULL,
	"foo>name=value\n-continued # Comment"},
	{"a semicolon in a continuation",
		"[profile foo]\nname = value\n -continued ; Comment", NULL,
	"foo>name=value\n-continued ; Comment"},

	/* nested properties */
	{"a nested property", "[profile foo]\ns3 =\n name = value", NULL,
	"foo>s3=\nname = value"},
	{"an empty nested property", "[profile foo]\ns3 =\n name =", NULL,
	"foo>s3=\nname ="},
	{"a nested key with a blank", "[profile foo]\ns3 =\n in valid = value",
	NULL, "foo>s3=\nin valid = value"},
	{"blank lines between nested properties",
		"[profile foo]\ns3 =\n name = value\n\t \n name2 = value2", NULL,
	"foo>s3=\nname = value\nname2 = value2"},

	/* duplicates */
	{"a profile twice",
		"[profile foo]\nname = value\n[profile foo]\nname2 = value2", NULL,
	"foo>name=value|foo>name2=value2"},
	{"a property twice", "[profile foo]\nname = value\nname = value2", NULL,
	"foo>name=value2"},
	{"a property twice in a profile twice",
		"[profile foo]\nname = value\n[profile foo]\nname = value2", NULL,
	"foo>name=value2"},
	{"a property twice, in another case",
		"[profile foo]\nName = value\n[profile foo]\nname = value2", NULL,
	"foo>name=value2"},
	{"default with its type before default without",
		"[profile default]\nname = value\n[default]\nname2 = value2", NULL,
	"default>name=value|!default>name2"},
	{"default with its type after default without",
		"[default]\nname2 = value2\n[profile default]\nname = value", NULL,
	"default>name=value|!default>name2"},
	{"default without its type in between",
		"[profile default]\nname = value\n[default]\nname2 = value2\n"
		"[profile default]\nname3 = value3", NULL,
	"default>name=value|default>name3=value3|!default>name2"},
	{"the same, and default in the credentials",
		"[profile default]\nname = value\n[default]\nname2 = value2\n"
		"[profile default]\nname3 = value3", "[default]\nsecret=foo",
		"default>name=value|default>name3=value3|default>secret=foo|"
	"!default>name2"},
	{"a profile in both files", "[profile foo]\nname = value",
	"[foo]\nname2 = value2", "foo>name=value|foo>name2=value2"},
	{"a property in both files", "[profile foo]\nname = value",
	"[foo]\nname = value2", "foo>name=value2"},
};

/* Configuration files that are not well-formed. */
typedef struct BadFileCase
{
	const char *config;
	int			line;
	const char *reason;			/* a part of it */
} BadFileCase;

static const BadFileCase shared_bad_cases[] = {
	{"[profile foo", 1, "must end with \"]\""},
	{"name = value", 1, "no section heading"},
	{"[profile foo]\n= value", 2, "a property must have a key"},
	{"[profile foo]\nkey : value", 2, "a property must have the form"},
	{" -continued", 1, "no section heading"},
	{"[profile foo]\n -continued", 2, "must follow a property"},
	{"[profile foo]\nname = value\n[profile foo]\n -continued", 4,
	"must follow a property"},
	{"[profile foo]\nname = value\n[profile foo]\n -indented", 4,
	"must follow a property"},
	{"[profile foo]\ns3 =\n invalid", 3,
	"a nested property must have the form"},
	{"[profile foo]\ns3 =\n = value", 3,
	"a nested property must have a key"},
};

/* Further cases. */
static const FileCase own_cases[] = {
	{"a byte order mark", "\xef\xbb\xbf[profile foo]\nname = value", NULL,
	"foo>name=value"},
	{"only a byte order mark", "\xef\xbb\xbf", NULL, "!default"},
	{"default without type", "[default]\nname = value", NULL,
	"default>name=value"},
	{"default in both files", "[default]\na = 1\nb = 1",
	"[default]\nb = 2", "default>a=1|default>b=2"},
	{"services", "[services s]\nglue =\n  endpoint_url = u\n", NULL,
	"services s|services s>glue=\nendpoint_url = u|!s"},
	{"one name in all types",
		"[profile a]\nx = 1\n[sso-session a]\nx = 2\n[services a]\nx = 3",
		"[a]\ny = 4",
		"a>x=1|a>y=4|sso-session a>x=2|services a>x=3|!sso-session a>y|"
	"!services a>y"},
	{"a type without a name", "[profile]\nx = 1\n[profile ]\nx = 1", NULL,
	"!profile|!"},
	{"nothing in the brackets", "[]\nx = 1", "[ ]\nx = 1", "!"},
	{"a credentials profile named profile", NULL, "[profile]\nx = 1",
	"profile>x=1"},
	{"credentials with other types", NULL,
		"[sso-session a]\nx = 1\n[services b]\nx = 1",
	"!a|!b|!sso-session a|!services b"},
	{"types are in lower case", "[Profile foo]\n[PROFILE bar]\n[Default]",
	NULL, "!foo|!bar|!default|!Default"},
	{"names differ by case", "[profile foo]\n[profile FOO]\nx = 1", NULL,
	"foo|FOO>x=1|!foo>x|!Foo"},
	{"keys do not", "[profile foo]\nAWS_Access_Key_Id = x", NULL,
	"foo>aws_access_key_id=x"},
	{"a property in both files, in another case",
	"[profile foo]\nNAME = 1", "[foo]\nname = 2", "foo>name=2"},
	{"a pound sign right after a heading", "[profile foo]#]", NULL, "foo"},
	{"a comment instead of a value", "[profile foo]\nx = # none", NULL,
	"foo>x="},
	{"a comment sign that begins a value", "[profile foo]\nx =#1", NULL,
	"foo>x=#1"},
	{"an indented comment among nested properties",
		"[profile foo]\ns3 =\n # a = b\n c = d\n ; e", NULL,
	"foo>s3=\nc = d"},
	{"a continuation of a skipped property",
		"[other]\nx = 1\n y\n[profile foo]\nno key = 1\n y\nx = 2", NULL,
	"foo>x=2"},
	{"a continuation after CR LF", "[profile foo]\r\nx = 1\r\n y\r\n\r\n",
	NULL, "foo>x=1\ny"},
	{"a continuation of a property that the credentials override",
		"[profile foo]\nx = 1\n more\ny =\n z = 1", "[foo]\nx = 2\ny = 3",
	"foo>x=2|foo>y=3"},
	{"an empty value, then the next", "[profile foo]\nx =\ny = 1", NULL,
	"foo>x=|foo>y=1"},
	{"no line end at the end", "[profile foo]\nx = 1\n y", NULL,
	"foo>x=1\ny"},
};

static const BadFileCase own_bad_cases[] = {
	{"[", 1, "must end with \"]\""},
	{"[profile foo] x", 1, "must end with \"]\""},
	{"[profile a#b]", 1, "must end with \"]\""},
	{"\n# x\n\n[profile foo]\n\nx", 6, "a property must have the form"},
	{"[other]\nx", 2, "a property must have the form"},
	{"[other]\nx =\n y", 3, "a nested property must have the form"},
	{"[profile foo]\nx # = 1", 2, "a property must have the form"},
	{"\xef\xbb\xbfx = 1", 1, "no section heading"},
	{" [profile foo]", 1, "no section heading"},
	{"[profile foo]\r\nx\r\n", 2, "a property must have the form"},
};

/*
 * Read a file from an allocation of exactly its size, so that an over-read is
 * found.
 */
static bool
read_file(GlueProfileSet *set, GlueProfileFileKind kind, const char *text,
		  size_t len, GlueProfileError *error)
{
	char	   *copy = malloc(len > 0 ? len : 1);
	bool		done;

	memcpy(copy, text, len);
	done = glue_profile_set_read(set, kind, copy, len, error);
	free(copy);
	return done;
}

/*
 * Read both files, in one order or the other.
 */
static GlueProfileSet *
read_files(const FileCase *c, bool credentials_first)
{
	GlueProfileSet *set = glue_profile_set_new();
	GlueProfileError error;

	for (int i = 0; i < 2; i++)
	{
		bool		is_config = (i == 0) != credentials_first;
		const char *text = is_config ? c->config : c->credentials;

		if (text != NULL &&
			!read_file(set, is_config ? GLUE_PROFILE_CONFIG
					   : GLUE_PROFILE_CREDENTIALS,
					   text, strlen(text), &error))
		{
			printf("# line %d: %s\n", error.line, error.reason);
			glue_profile_set_free(set);
			return NULL;
		}
	}
	return set;
}

/*
 * Check one item of FileCase's little language.
 */
static void
check_item(const GlueProfileSet *set, char *item, const char *name)
{
	GlueProfileSection section = GLUE_SECTION_PROFILE;
	bool		absent = item[0] == '!';
	char	   *property;
	char	   *value;

	if (absent)
		item++;
	if (strncmp(item, "sso-session ", 12) == 0)
	{
		section = GLUE_SECTION_SSO_SESSION;
		item += 12;
	}
	else if (strncmp(item, "services ", 9) == 0)
	{
		section = GLUE_SECTION_SERVICES;
		item += 9;
	}

	property = strchr(item, '>');
	if (property == NULL)
	{
		ok(glue_profile_set_has(set, section, item) == !absent, name);
		return;
	}
	*property++ = '\0';
	value = strchr(property, '=');
	if (value != NULL)
		*value++ = '\0';
	is_str(glue_profile_set_get(set, section, item, property, NULL),
		   absent ? NULL : value, name);
}

static void
test_files(const FileCase *cases, size_t ncases)
{
	for (size_t i = 0; i < 2 * ncases; i++)
	{
		const FileCase *c = &cases[i / 2];
		GlueProfileSet *set = read_files(c, i % 2 == 1);
		char		want[512];

		if (!ok(set != NULL, c->name))
			continue;
		strcpy(want, c->want);
		for (char *item = want, *next; item != NULL; item = next)
		{
			next = strchr(item, '|');
			if (next != NULL)
				*next++ = '\0';
			check_item(set, item, c->name);
		}
		glue_profile_set_free(set);
	}
}

static void
test_bad_files(const BadFileCase *cases, size_t ncases)
{
	for (size_t i = 0; i < ncases; i++)
	{
		GlueProfileSet *set = glue_profile_set_new();
		GlueProfileError error;

		ok(!read_file(set, GLUE_PROFILE_CONFIG, cases[i].config,
					  strlen(cases[i].config), &error),
		   "a file is refused");
		is_int(error.line, cases[i].line, "its line");
		if (!ok(strstr(error.reason, cases[i].reason) != NULL,
				cases[i].reason))
			printf("# got: %s\n", error.reason);
		glue_profile_set_free(set);
	}
}

static void
test_zero_bytes(void)
{
	static const char text[] = "[profile foo]\nx = 1\0y\n";
	GlueProfileSet *set = glue_profile_set_new();
	GlueProfileError error;

	ok(!read_file(set, GLUE_PROFILE_CONFIG, text, sizeof(text) - 1, &error),
	   "a zero byte is refused");
	is_int(error.line, 2, "its line");
	is_str(error.reason, "there is a zero byte", "and the reason");
	glue_profile_set_free(set);
}

static void
test_nested(void)
{
	static const FileCase files = {
		"nested properties",
		"[services s]\n"
		"glue =\n"
		"  Endpoint_URL = http://localhost:4566 # here\n"
		"  other = 1=2\n"
		"  other = 3\n"
		"sts = plain\n"
		"  more = 1\n"
		"s3 =\n"
		"  a = 1\n"
		"s3 =\n"
		"  b = 2\n",
		NULL,
		NULL
	};
	GlueProfileSet *set = read_files(&files, false);
	const struct
	{
		const char *property;
		const char *key;
		const char *value;
	}			cases[] = {
		{"glue", "endpoint_url", "http://localhost:4566"},
		{"glue", "other", "3"},
		{"glue", "missing", NULL},
		{"sts", "more", NULL},
		{"s3", "a", NULL},
		{"s3", "b", "2"},
		{"missing", "b", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is_str(glue_profile_set_get(set, GLUE_SECTION_SERVICES, "s",
									cases[i].property, cases[i].key),
			   cases[i].value, cases[i].key);
	ok(glue_profile_set_get(set, GLUE_SECTION_SERVICES, "t", "glue",
							"other") == NULL, "no such section");
	glue_profile_set_free(set);
}

/*
 * Count how often a secret is cleansed while a file is read, or after, when
 * its set is freed.
 */
static void
check_cleansing(const char *secret, const char *text, int want_reading,
				int want_freeing, const char *name)
{
	GlueProfileSet *set = glue_profile_set_new();
	GlueProfileError error;

	watch_cleansing(secret, strlen(secret));
	glue_profile_set_read(set, GLUE_PROFILE_CREDENTIALS, text, strlen(text),
						  &error);
	is_int(was_cleansed(), want_reading, name);
	watch_cleansing(secret, strlen(secret));
	glue_profile_set_free(set);
	is_int(was_cleansed(), want_freeing, "and when the set is freed");
}

static void
test_cleansing(void)
{
	check_cleansing("SECRET", "[a]\nx = SECRET\n", 0, 1,
					"a value is cleansed once");
	check_cleansing("SECRET", "[a]\nx = SECRET\nx = 1\n", 1, 0,
					"a value that is replaced");
	check_cleansing("SECRET", "[a]\nx = SECRET\n more\n more\n", 2, 1,
					"a value that is continued");
	check_cleansing("SECRET", "[a]\nx =\n y = SECRET\n", 0, 2,
					"a nested value");
	check_cleansing("SECRET", "[a]\nx =\n y = SECRET\nx = 1\n", 2, 0,
					"a nested value that is replaced");
	check_cleansing("SECRET", "[a]\nx = SECRET\nbroken\n", 0, 1,
					"a value before an error");
	glue_profile_set_free(NULL);
}

int
main(void)
{
	test_files(shared_cases, sizeof(shared_cases) / sizeof(shared_cases[0]));
	test_files(own_cases, sizeof(own_cases) / sizeof(own_cases[0]));
	test_bad_files(shared_bad_cases,
				   sizeof(shared_bad_cases) / sizeof(shared_bad_cases[0]));
	test_bad_files(own_bad_cases,
				   sizeof(own_bad_cases) / sizeof(own_bad_cases[0]));
	test_zero_bytes();
	test_nested();
	test_cleansing();
	return tap_done();
}
