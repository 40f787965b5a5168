/*-------------------------------------------------------------------------
 *
 * unit_configuration.c
 *	  Unit test of looking up AWS's own settings.
 *
 * IDENTIFICATION
 *	  test/unit/unit_configuration.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/configuration.h"

#include "configured.h"
#include "tap.h"
#include "text/ascii.h"
#include "text/json.h"

static void
test_lookup(void)
{
	Configured	made;
	GlueConfiguration *configuration = &made.configuration;
	GlueConfiguredValue found;

	configure(&made, "A=1\nB=\nC= \t\nD= x ",
			  "[default]\na = 2\nb = 3\ne =\nf = 4\n[profile other]\na = 5",
			  NULL);
	is_str(glue_configuration_variable(configuration, "A"), "1",
		   "a variable");
	is_str(glue_configuration_variable(configuration, "B"), NULL,
		   "an empty variable");
	is_str(glue_configuration_variable(configuration, "C"), NULL,
		   "a blank variable");
	is_str(glue_configuration_variable(configuration, "D"), " x ",
		   "blanks around a value");
	is_str(glue_configuration_variable(configuration, "E"), NULL,
		   "no such variable");

	is_str(glue_configuration_property(configuration, "other", "a"), "5",
		   "a property");
	is_str(glue_configuration_property(configuration, "default", "e"), NULL,
		   "an empty property");
	is_str(glue_configuration_property(configuration, "other", "b"), NULL,
		   "no such property");
	is_str(glue_configuration_property(configuration, "another", "a"), NULL,
		   "no such profile");

	glue_configuration_find(configuration, "A", "a", &found);
	is_str(found.value, "1", "the variable comes first");
	is_str(found.origin, "A", "and is named");
	glue_configuration_find(configuration, "B", "b", &found);
	is_str(found.value, "3", "unless it is empty");
	is_str(found.origin, "\"b\" of profile \"default\"", "and that is named");
	glue_configuration_find(configuration, "E", "e", &found);
	is_str(found.value, NULL, "neither");

	configuration->profiles = NULL;
	is_str(glue_configuration_property(configuration, "default", "a"), NULL,
		   "no files");
	unconfigure(&made);
}

static void
test_flag(void)
{
	static const struct
	{
		const char *environment;
		const char *config;
		int			want;		/* -1 if it is refused */
		const char *detail;
	}			cases[] = {
		{"", NULL, 0, NULL},
		{"F=true", NULL, 1, NULL},
		{"F=TRUE", NULL, 1, NULL},
		{"F=True", NULL, 1, NULL},
		{"F=false", NULL, 0, NULL},
		{"F=False", NULL, 0, NULL},
		{"F=", NULL, 0, NULL},
		{"F=1", NULL, -1, "F must be \"true\" or \"false\"."},
		{"F=yes", NULL, -1, "F must be \"true\" or \"false\"."},
		{"F=truely", NULL, -1, "F must be \"true\" or \"false\"."},
		{"F=tru", NULL, -1, "F must be \"true\" or \"false\"."},
		{"F= true", NULL, -1, "F must be \"true\" or \"false\"."},
		{"", "[default]\nf = true", 1, NULL},
		{"", "[default]\nf = false", 0, NULL},
		{"", "[default]\nf = on", -1,
		"\"f\" of profile \"default\" must be \"true\" or \"false\"."},
		{"F=false", "[default]\nf = true", 0, NULL},
		{"F=true", "[default]\nf = on", 1, NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		Configured	made;
		GlueConfigurationError error = {"", "not yet set"};
		bool		value = true;
		bool		done;

		configure(&made, cases[i].environment, cases[i].config, NULL);
		done = glue_configuration_flag(&made.configuration, "F", "f", &value,
									   &error);
		is_int(done ? value : -1, cases[i].want, cases[i].environment);
		if (cases[i].want < 0)
		{
			is_str(error.detail, cases[i].detail, "why");
			is_str(error.hint, "", "no hint");
		}
		unconfigure(&made);
	}
}

static void
test_number(void)
{
	static const struct
	{
		const char *text;
		int			want;		/* -1 if it is refused */
	}			cases[] = {
		{"5", 5}, {"10", 10}, {"7", 7}, {"007", 7}, {"4", -1}, {"11", -1},
		{"", -1}, {"-7", -1}, {"+7", -1}, {" 7", -1}, {"7 ", -1},
		{"7.5", -1}, {"0x7", -1}, {"seven", -1},
		{"4294967303", -1}, {"99999999999999999999999999", -1},
	};
	int			value;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		bool		done = glue_parse_number(cases[i].text, strlen(cases[i].text), 5, 10,
											 &value);

		is_int(done ? value : -1, cases[i].want, cases[i].text);
	}
	ok(!glue_parse_number("", 0, 0, 10, &value), "nothing is not 0");
}

static void
test_fail(void)
{
	GlueConfigurationError error;
	char		name[3000];

	glue_configuration_fail(&error, "Try it.", "Profile "
							GLUE_PROFILE_NAME_FORMAT " is %d.", "a\n\"b\x1b",
							3);
	is_str(error.detail, "Profile \"a \"b \" is 3.", "control characters");
	is_str(error.hint, "Try it.", "the hint");

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	glue_configuration_fail(&error, NULL, "Profile " GLUE_PROFILE_NAME_FORMAT
							" is long.", name);
	is_int((long long) strlen(error.detail),
		   (long long) strlen("Profile \"\" is long.") + 64, "a long name");

	memset(name, '\xe9', sizeof(name) - 1);
	glue_configuration_fail(&error, NULL, "%s", name);
	ok(strlen(error.detail) == sizeof(error.detail) - 1 &&
	   glue_utf8_valid(error.detail, strlen(error.detail)),
	   "a value too long, and no UTF-8");
}

int
main(void)
{
	test_lookup();
	test_flag();
	test_number();
	test_fail();
	return tap_done();
}
