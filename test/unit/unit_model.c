/*-------------------------------------------------------------------------
 *
 * unit_model.c
 *	  Unit test of model.c, and of the contents of the generated table.
 *
 * IDENTIFICATION
 *	  test/unit/unit_model.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/model.h"

#include <string.h>

#include "glue/redact_key.h"
#include "secret/secret_name.h"
#include "tap.h"
#include "text/ascii.h"

/* does the pattern of a shape accept a text, and if not, where not? */
typedef struct PatternCase
{
	const char *shape;
	const char *text;
	int			where;			/* -1 if it is accepted */
} PatternCase;

static const PatternCase pattern_cases[] = {
	{"NameString", "", -1},
	{"NameString", "a b\tc", -1},
	{"NameString", "a\x7f\xc2\x85", -1},
	{"NameString", "\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd", -1},
	{"NameString", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", -1},
	{"NameString", "ab\n", 2},
	{"NameString", "\x1f", 0},
	{"NameString", "\xc3\xa9\xef\xbf\xbe", 2},
	{"NameString", "\xef\xbf\xbf", 0},
	{"NameString", "a\xff", 1},
	{"NameString", "a\xc3", 1},
	{"DescriptionString", "a\r\n\tb", -1},
	{"DescriptionString", "a\fb", 1},
	{"Username", "user@host", -1},
	{"Username", "a b", 1},
	{"Username", "", 0},
	{"Username", "a\xc2\xa0", -1},
	{"Password", "", -1},
	{"Password", "any thing\t\x01", -1},
	{"Password", "line\nbreak", 4},
	{"Password", "a\xe2\x80\xa8", 1},
	{"AccessToken", " ~", -1},
	{"AccessToken", "a\x7f", 1},
	{"AccessToken", "\xc3\xa9", 0},
	{"JwtToken", "ab.cd.ef-+/", -1},
	{"JwtToken", "ab.cd.", -1},
	{"JwtToken", "ab.cd", 5},
	{"JwtToken", "ab.c-d.e", 4},
	{"JwtToken", ".a.b", 0},
	{"SecretArn", "arn:aws:secretsmanager:us-east-1:1:secret:x", -1},
	{"SecretArn", "arn:aws-cn:secretsmanager:", -1},
	{"SecretArn", "arn:aws-us-gov:secretsmanager:x", -1},
	{"SecretArn", "arn:aws-iso:secretsmanager:x", -1},
	{"SecretArn", "arn:aws-iso-f:secretsmanager:x", -1},
	{"SecretArn", "arn:aws-iso-g:secretsmanager:x", 12},
	{"SecretArn", "my-secret", 0},
	{"SecretArn", "arn:aws:secretsmanager", 22},
	{"KmsKeyArn", "", -1},
	{"KmsKeyArn", "arn:aws-any-1:kms:us-east-1:1:key/x", -1},
	{"KmsKeyArn", "alias/x", 1},
	{"TokenUrl", "https://example.com/token?a=b", -1},
	{"TokenUrl", "http://x", -1},
	{"TokenUrl", "https://", 8},
	{"TokenUrl", "https://x.", 10},
	{"TokenUrl", "ftp://x", 0},
	{"TokenUrl", "https://a b", 9},
	{"RedirectUri", "https://ab", -1},
	{"RedirectUri", "https:///x", 8},
	{"RedirectUri", "https://a", 9},
};

static void
test_patterns(void)
{
	for (size_t i = 0; i < sizeof(pattern_cases) / sizeof(PatternCase); i++)
	{
		const PatternCase *c = &pattern_cases[i];
		const GlueShape *shape = glue_model_shape(c->shape);
		size_t		where = 12345;
		bool		matches = glue_model_matches(shape->pattern, c->text,
												 strlen(c->text), &where);

		ok(matches == (c->where < 0), c->shape);
		if (!matches)
			is_int((long long) where, c->where, "where it does not match");
		ok(glue_model_matches(shape->pattern, c->text, strlen(c->text),
							  NULL) == matches, "the place is optional");
	}
}

static void
test_operations(void)
{
	is_int(glue_model_operation_count, 12, "all operations on connections");
	is_int(glue_model_operation("GetConnections")->page_size, 1000,
		   "the largest page of connections");
	is_int(glue_model_operation("ListConnectionTypes")->page_size, 100,
		   "and of types");
	is_int(glue_model_operation("GetConnection")->page_size, 0, "no list");
	ok(glue_model_operation("GetConnection")->has_catalog, "of a catalog");
	ok(!glue_model_operation("GetTags")->has_catalog, "of none");
	ok(glue_model_has_error("CreateConnection", "AlreadyExistsException"),
	   "an error of an operation");
	ok(!glue_model_has_error("CreateConnection", "EntityNotFoundException"),
	   "an error of another one");
	ok(!glue_model_has_error("AssumeRole", "ExpiredTokenException"),
	   "an operation that is not Glue's");
	ok(glue_model_operation("DropConnection") == NULL, "unknown operation");
	ok(glue_model_operation("") == NULL, "no name");
	for (int i = 0; i < glue_model_operation_count; i++)
	{
		const char *name = glue_model_operations[i].name;

		ok(glue_model_operation(name) == &glue_model_operations[i], name);
	}
}

static bool
sounds_secret(const char *name)
{
	return glue_secret_name_kind(name, strlen(name)) != GLUE_NAME_PLAIN;
}

/*
 * Everything can be found, so everything is sorted as the searches expect.
 */
static void
test_order(void)
{
	bool		shapes = true;
	bool		members = true;
	bool		values = true;
	bool		names = true;

	for (int i = 0; i < glue_model_shape_count; i++)
	{
		const GlueShape *shape = &glue_model_shapes[i];

		shapes = shapes && glue_model_shape(shape->name) == shape;
		for (int j = 0; j < shape->member_count; j++)
		{
			members = members &&
				glue_model_member(shape, shape->members[j].name) ==
				&shape->members[j] && shape->members[j].shape != NULL;
			names = names &&
				(glue_model_member_name(shape->members[j].name) != NULL) ==
				sounds_secret(shape->members[j].name);
		}
		for (int j = 0; j < shape->value_count; j++)
			values = values && glue_model_has_value(shape, shape->values[j]);
		if (shape->type == GLUE_TYPE_MAP)
			shapes = shapes && shape->key != NULL;
		if (shape->type == GLUE_TYPE_MAP || shape->type == GLUE_TYPE_LIST)
			shapes = shapes && shape->element != NULL;
	}
	ok(shapes, "every shape is found");
	ok(members, "every member is found");
	ok(values, "every value of an enumeration is found");
	for (int i = 0; i < glue_model_member_name_count; i++)
		names = names && sounds_secret(glue_model_member_names[i].name) &&
			glue_model_member_name(glue_model_member_names[i].name) ==
			&glue_model_member_names[i];
	ok(names, "every member's name that sounds like a secret's is found, and no other is there");
}

static void
test_shapes(void)
{
	const GlueShape *input = glue_model_shape("ConnectionInput");
	const GlueShape *properties = glue_model_shape("ConnectionProperties");
	const GlueShape *type = glue_model_shape("ConnectionType");

	ok(glue_model_shape("Nothing") == NULL, "unknown shape");
	is_int(input->type, GLUE_TYPE_STRUCTURE, "ConnectionInput");
	ok(glue_model_member(input, "Name")->required, "Name is required");
	ok(!glue_model_member(input, "Description")->required,
	   "Description is not");
	ok(glue_model_member(input, "name") == NULL, "case matters");
	is_int(glue_model_member(input, "Name")->shape->max, 255, "of a name");
	is_int(glue_model_member(input, "Description")->shape->max, 2048,
		   "of a description");
	is_int(properties->max, 100, "properties");
	is_int(properties->element->max, 1024, "of a property");
	ok(type->value_count >= 92, "types of connections");
	ok(properties->key->value_count >= 49, "keys of properties");
	ok(glue_model_has_value(type, "JDBC"), "JDBC is a type");
	ok(!glue_model_has_value(type, "jdbc"), "jdbc is none");
	ok(!glue_model_has_value(glue_model_shape("NameString"), "x"),
	   "a shape that is no enumeration has no values");
	ok(glue_model_shape("CredentialMap")->sensitive, "a sensitive map");
	ok(!glue_model_shape("TokenUrlParametersMap")->sensitive,
	   "one that the model does not mark");
}

/*
 * The list of section "secrets" in AWS's documentation; a new one in the model
 * requires a review of redact.c and its tests.
 */
static void
test_sensitive(void)
{
	static const char *const sensitive[] = {
		"AccessToken", "AuthorizationCode", "CustomAuthenticationCredentials",
		"JwtToken", "Password", "RefreshToken",
		"UserManagedClientApplicationClientSecret",
	};

	int			count = 0;

	for (size_t i = 0; i < sizeof(sensitive) / sizeof(char *); i++)
	{
		ok(glue_model_member_name(sensitive[i])->sensitive, sensitive[i]);
		ok(glue_redact_is_secret_key(sensitive[i]), "which is seen");
	}
	for (int i = 0; i < glue_model_member_name_count; i++)
		count += glue_model_member_names[i].sensitive;
	is_int(count, 7, "that is all of them");
	ok(!glue_model_member_name("TokenUrl")->sensitive, "TokenUrl is not");
	is_int(glue_model_member_name("SecretArn")->types & GLUE_TYPE_STRING,
		   GLUE_TYPE_STRING,
		   "SecretArn may be a string");
	is_int((long long) glue_model_member_name("ValidateCredentials")->types,
		   GLUE_TYPE_BOOLEAN, "ValidateCredentials is a boolean");
}

static const char *
nearest_member(const GlueShape *shape, const char *name)
{
	return glue_model_nearest(name, shape->members, shape->member_count,
							  sizeof(GlueMember));
}

static const char *
nearest_value(const GlueShape *shape, const char *value)
{
	return glue_model_nearest(value, shape->values, shape->value_count,
							  sizeof(char *));
}

static void
test_nearest(void)
{
	const GlueShape *input = glue_model_shape("ConnectionInput");
	const GlueShape *type = glue_model_shape("ConnectionType");
	char		long_name[200];

	is_str(nearest_member(input, "name"), "Name", "case");
	is_str(nearest_member(input, "Nmae"), "Name", "Nmae");
	is_str(nearest_member(input, "connection_properties"),
		   "ConnectionProperties", "connection_properties");
	is_str(nearest_member(input, "PhysicalConnectionRequirement"),
		   "PhysicalConnectionRequirements", "an s is missing");
	ok(nearest_member(input, "Zebra") == NULL, "nothing near");
	ok(nearest_member(input, "") == NULL, "no name");
	is_str(nearest_value(type, "POSTGRES"), "POSTGRESQL", "type");
	is_str(nearest_value(type, "jdbc"), "JDBC", "lower case");
	is_str(nearest_value(type, "PIPEDRVE"), "PIPEDIVE",
		   "of PIPEDIVE and PIPEDRIVE, which are as near, the first");
	memset(long_name, 'N', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = '\0';
	ok(nearest_member(input, long_name) == NULL, "too long");
	long_name[GLUE_MODEL_NEAREST_MAX] = '\0';
	ok(nearest_member(input, long_name) == NULL, "just not");

	ok(glue_same_but_case("PassWord", "PASSWORD"), "same but case");
	ok(!glue_same_but_case("PASSWORD", "PASSWORDS"), "longer");
	ok(!glue_same_but_case("PASSWORDS", "PASSWORD"), "shorter");
	ok(!glue_same_but_case("[", "{"), "only letters have case");
}

int
main(void)
{
	test_patterns();
	test_operations();
	test_order();
	test_shapes();
	test_sensitive();
	test_nearest();
	return tap_done();
}
