/*-------------------------------------------------------------------------
 *
 * unit_lost_credentials.c
 *	  Tests of glue/lost_credentials.c.
 *
 * IDENTIFICATION
 *	  test/unit/unit_lost_credentials.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/lost_credentials.h"

#include <stdlib.h>
#include <string.h>

#include "glue/redact.h"
#include "tap.h"
#include "text/json.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* the quotes are single ones here, to be read; "^" is one within a string */
#define PROPERTIES(members) "{'ConnectionProperties':{" members "}}"
#define SPARK(members) "{'SparkProperties':{" members "}}"
#define AUTH(members) "{'AuthenticationConfiguration':{" members "}}"
#define OAUTH2(members) \
	AUTH("'AuthenticationType':'OAUTH2','OAuth2Properties':{" members "}")
#define SECRET_ARN "'SecretArn':'arn:x'"

#define SHOWN " has a value that the input does not give\n"
#define HELD " holds credentials that the input does not give\n"
#define HIDDEN \
	" has a hidden value that the input does not give\n"
#define RECORDED \
	" was given before and is hidden, and the input does not give it\n"
#define REFERRED \
	"$.AuthenticationConfiguration.SecretArn refers to a secret, and the " \
	"input has neither a reference nor credentials\n"
#define BY_TYPE \
	"$.AuthenticationConfiguration.AuthenticationType implies hidden credentials, and " \
	"the input has neither a reference nor credentials\n"
#define PASSWORD "$.ConnectionProperties.PASSWORD"

/*
 * Glue's connection, the definition that was sent before, which the test
 * redacts, and the new input; and the lost credentials, a line each.
 */
typedef struct LossCase
{
	const char *existing;
	const char *recorded;
	const char *input;
	const char *losses;
} LossCase;

static const LossCase property_cases[] = {
	/* nothing to lose */
	{"null", "null", "null", ""},
	{"{}", "{}", "{}", ""},
	{"[1]", "'x'", "true", ""},
	{PROPERTIES("'HOST':'h','SECRET_ID':'s'"), "null", "{}", ""},
	{PROPERTIES("'PASSWORD':'','A_TOKEN':null,'B_TOKEN':{},'C_TOKEN':[]"),
	"null", "{}", ""},
	{"{'ConnectionProperties':'x','SparkProperties':['y']}",
	"{'ConnectionProperties':['x'],'SparkProperties':7}", "{}", ""},

	/* a secret that is shown */
	{PROPERTIES("'PASSWORD':'p'"), "null", "{}", PASSWORD SHOWN},
	{PROPERTIES("'PASSWORD':'p'"), "null", "null", PASSWORD SHOWN},
	{PROPERTIES("'PASSWORD':'p'"), "null", PROPERTIES("'PASSWORD':''"),
	PASSWORD SHOWN},
	{PROPERTIES("'PASSWORD':'p'"), "null", "{'ConnectionProperties':'x'}",
	PASSWORD SHOWN},
	{PROPERTIES("'PASSWORD':'p'"), "null", SPARK("'PASSWORD':'p'"),
	PASSWORD SHOWN},
	{PROPERTIES("'PASSWORD':'p'"), "null", PROPERTIES("'PASSWORD':'q'"), ""},
	{PROPERTIES("'PASSWORD':['p']"), "null", "{}", PASSWORD SHOWN},
	{PROPERTIES("'PASSWORD':7"), "null", "{}", PASSWORD SHOWN},
	{PROPERTIES("'USERNAME':'u','PASSWORD':'p'"), "null", "{}", PASSWORD SHOWN},

	/* a twin that is encrypted is the same secret */
	{PROPERTIES("'ENCRYPTED_PASSWORD':'p'"), "null", "{}", PASSWORD SHOWN},
	{PROPERTIES("'ENCRYPTED_PASSWORD':'p'"), "null",
	PROPERTIES("'PASSWORD':'p'"), ""},
	{PROPERTIES("'PASSWORD':'p'"), "null",
	PROPERTIES("'ENCRYPTED_PASSWORD':'p'"), ""},
	{PROPERTIES("'PASSWORD':'p','ENCRYPTED_PASSWORD':'q','USERNAME':'u'"),
	PROPERTIES("'PASSWORD':'p'"), "{}", PASSWORD SHOWN},
	{PROPERTIES("'ENCRYPTED_KAFKA_CLIENT_KEY_PASSWORD':'p'"),
		PROPERTIES("'KAFKA_CLIENT_KEY_PASSWORD':'p'"), "{}",
	"$.ConnectionProperties.KAFKA_CLIENT_KEY_PASSWORD" SHOWN},
	{PROPERTIES("'ENCRYPTED_USERNAME':'u'"), "null", "{}", ""},

	/* a login whose password is hidden */
	{PROPERTIES("'USERNAME':'u'"), "null", "{}", PASSWORD HIDDEN},
	{PROPERTIES("'USERNAME':'u'"), PROPERTIES("'USERNAME':'u','PASSWORD':'p'"),
	PROPERTIES("'USERNAME':'u'"), PASSWORD HIDDEN},
	{PROPERTIES("'USERNAME':'u'"), "null",
	PROPERTIES("'USERNAME':'v','PASSWORD':'p'"), ""},
	{PROPERTIES("'USERNAME':'u'"), "null", PROPERTIES("'SECRET_ID':'s'"), ""},
	{PROPERTIES("'USERNAME':'u','SECRET_ID':'s'"), "null", "{}", ""},
	{PROPERTIES("'KAFKA_SASL_PLAIN_USERNAME':'u'"), "null", "{}",
	"$.ConnectionProperties.KAFKA_SASL_PLAIN_PASSWORD" HIDDEN},
	{PROPERTIES("'KAFKA_SASL_PLAIN_USERNAME':'u'"), "null",
		PROPERTIES("'KAFKA_SASL_SCRAM_SECRETS_ARN':'arn'"),
	"$.ConnectionProperties.KAFKA_SASL_PLAIN_PASSWORD" HIDDEN},
	{PROPERTIES("'KAFKA_SASL_SCRAM_USERNAME':'u'"), "null",
	PROPERTIES("'KAFKA_SASL_SCRAM_SECRETS_ARN':'arn'"), ""},
	{PROPERTIES("'KAFKA_SASL_SCRAM_USERNAME':'u'"), "null",
		PROPERTIES("'PASSWORD':'p'"),
	"$.ConnectionProperties.KAFKA_SASL_SCRAM_PASSWORD" HIDDEN},
	{PROPERTIES("'KAFKA_CLIENT_KEYSTORE':'s3://a/b'"), "null",
		PROPERTIES("'KAFKA_CLIENT_KEYSTORE':'s3://a/b','SECRET_ID':'s'"),
	"$.ConnectionProperties.KAFKA_CLIENT_KEYSTORE_PASSWORD" HIDDEN},
	{PROPERTIES("'KAFKA_CLIENT_KEYSTORE':'s3://a/b','SECRET_ID':'s'"),
		PROPERTIES("'KAFKA_CLIENT_KEYSTORE_PASSWORD':'p'"),
		PROPERTIES("'SECRET_ID':'s'"),
	"$.ConnectionProperties.KAFKA_CLIENT_KEYSTORE_PASSWORD" HIDDEN},
	{PROPERTIES("'KAFKA_CLIENT_KEYSTORE':'s3://a/b'"), "null",
	PROPERTIES("'KAFKA_CLIENT_KEYSTORE_PASSWORD':'p'"), ""},

	/* sent before, and neither shown nor denied */
	{PROPERTIES(""), PROPERTIES("'KAFKA_CLIENT_KEY_PASSWORD':'p'"), "{}",
	"$.ConnectionProperties.KAFKA_CLIENT_KEY_PASSWORD" RECORDED},
	{"{}", PROPERTIES("'KAFKA_CLIENT_KEY_PASSWORD':'p'"), "{}",
	"$.ConnectionProperties.KAFKA_CLIENT_KEY_PASSWORD" RECORDED},
	{"{}", PROPERTIES("'ENCRYPTED_PASSWORD':'p'"), "{}", PASSWORD RECORDED},
	{PROPERTIES(""), PROPERTIES("'KAFKA_CLIENT_KEY_PASSWORD':'p'"),
	PROPERTIES("'KAFKA_CLIENT_KEY_PASSWORD':'p'"), ""},
	{PROPERTIES("'HOST':'h'"), PROPERTIES("'USERNAME':'u','PASSWORD':'p'"),
	"{}", ""},
	{PROPERTIES("'SECRET_ID':'s'"), PROPERTIES("'PASSWORD':'p'"), "{}", ""},
	{SPARK("'USERNAME':'u'"), SPARK("'USERNAME':'u','PASSWORD':'p'"),
	SPARK("'USERNAME':'u'"), "$.SparkProperties.PASSWORD" RECORDED},
	{"{}", PROPERTIES("'U':'//u:p@h'"), "{}", ""},

	/* metadata of a secret may be dropped or changed */
	{PROPERTIES("'secret_name':'a','aws_secret_arn':'arn:a','T_TOKEN':'${t}',"
				"'max_tokens':'1'"), "null",
	PROPERTIES("'secret_name':'b'"), ""},
	{PROPERTIES(""), PROPERTIES("'secret_name':'********'"), "{}", ""},
	{PROPERTIES("'H':'Bearer XYZZY123'"), "null", "{}",
	"$.ConnectionProperties.H" HELD},

	/* other maps, and a reference of the same map in a secret's place */
	{"{'AthenaProperties':{'a_token':'p'},'PythonProperties':{'api_key':'p'},"
		"'SparkProperties':{'sfPassword':'p'}}", "null", "{}",
		"$.AthenaProperties.a_token" SHOWN "$.PythonProperties.api_key" SHOWN
	"$.SparkProperties.sfPassword" SHOWN},
	{SPARK("'sfPassword':'p'"), "null", SPARK("'secretId':'s'"), ""},
	{SPARK("'sfPassword':'p'"), "null", SPARK("'aws_secret_arn':'s'"), ""},
	{SPARK("'sfPassword':'p'"), "null", SPARK("'tokenUrl':'s'"),
	"$.SparkProperties.sfPassword" SHOWN},
	{SPARK("'sfPassword':'p'"), "null", SPARK("'secretId':''"),
	"$.SparkProperties.sfPassword" SHOWN},
	{SPARK("'sfPassword':'p'"), "null", PROPERTIES("'SECRET_ID':'s'"),
	"$.SparkProperties.sfPassword" SHOWN},
	{SPARK("'sfPassword':'p','secretId':'s'"), "null",
	SPARK("'secretId':'s'"), "$.SparkProperties.sfPassword" SHOWN},
	{SPARK("'odd password':'p'"), "null", "{}",
	"$.SparkProperties.\"odd password\"" SHOWN},

	/* credentials in a URL */
	{PROPERTIES("'U':'//u:p@h'"), "null", PROPERTIES("'U':'//h'"),
	"$.ConnectionProperties.U" HELD},
	{PROPERTIES("'U':'//u:p@h'"), "null", "{}", "$.ConnectionProperties.U" HELD},
	{PROPERTIES("'U':'//u:p@h'"), "null", PROPERTIES("'U':'//u:q@h'"), ""},
	{PROPERTIES("'U':'//u:p@h'"), "null",
	PROPERTIES("'U':'//h','USERNAME':'u','PASSWORD':'p'"), ""},
	{PROPERTIES("'U':'//u:p@h'"), "null",
	PROPERTIES("'U':'//h','SECRET_ID':'s'"), ""},
	{PROPERTIES("'U':'//u:${password}@h'"), "null", "{}", ""},
	{SPARK("'url':'//h?token=p'"), "null", SPARK("'url':'//h'"),
	"$.SparkProperties.url" HELD},

	/* strings of JSON, member by member */
	{PROPERTIES("'SparkProperties':'{^sfPassword^:^p^,^sfUrl^:^u^}'"), "null",
		PROPERTIES("'SparkProperties':'{^sfUrl^:^u^}'"),
	"$.ConnectionProperties.SparkProperties" HELD},
	{PROPERTIES("'SparkProperties':'{^sfPassword^:^p^}'"), "null", "{}",
	"$.ConnectionProperties.SparkProperties" HELD},
	{PROPERTIES("'SparkProperties':'{^sfPassword^:^p^}'"), "null",
	PROPERTIES("'SparkProperties':'{^sfPassword^:^q^}'"), ""},
	{PROPERTIES("'SparkProperties':'{^sfPassword^:^p^,^pem_private_key^:^k^}'"),
		"null", PROPERTIES("'SparkProperties':'{^sfPassword^:^q^}'"),
	"$.ConnectionProperties.SparkProperties" HELD},
	{PROPERTIES("'PythonProperties':'{^sfPassword^:^p^}'"), "null",
	PROPERTIES("'PythonProperties':'{^secretId^:^s^}'"), ""},
	{PROPERTIES("'SparkProperties':'{^sfPassword^:^p^,^secretId^:^s^}'"),
		"null", PROPERTIES("'SparkProperties':'{^secretId^:^s^}'"),
	"$.ConnectionProperties.SparkProperties" HELD},
	{PROPERTIES("'SparkProperties':'{^url^:^//u:p@h^}'"), "null",
		PROPERTIES("'SparkProperties':'{^url^:^//h^}'"),
	"$.ConnectionProperties.SparkProperties" HELD},
	{PROPERTIES("'SparkProperties':'{^url^:^//u:p@h^}'"), "null",
	PROPERTIES("'SparkProperties':'{^url^:^//h^,^secretId^:^s^}'"), ""},
	{PROPERTIES("'S':'{^a^:{^password^:^p^}}'"), "null",
	PROPERTIES("'S':'{^a^:{^b^:1}}'"), "$.ConnectionProperties.S" HELD},
	{PROPERTIES("'S':'{^a^:[{^password^:^p^}]}'"), "null",
	PROPERTIES("'S':'{^a^:[{^password^:^q^}]}'"), ""},
	{PROPERTIES("'S':'{password: p}'"), "null", PROPERTIES("'S':'{a: b}'"),
	"$.ConnectionProperties.S" HELD},
	{PROPERTIES("'S':'[{^password^:^p^}]'"), "null", PROPERTIES("'S':'[]'"),
	"$.ConnectionProperties.S" HELD},
	{PROPERTIES("'S':{'a':{'password':'p'}}"), "null", PROPERTIES("'S':{'a':1}"),
	"$.ConnectionProperties.S" HELD},
};

static const LossCase authentication_cases[] = {
	/* a secret that Glue may have made itself */
	{AUTH("'AuthenticationType':'BASIC'," SECRET_ARN), "null", "{}", REFERRED},
	{AUTH(SECRET_ARN), "null", AUTH("'AuthenticationType':'BASIC'"), REFERRED},
	{AUTH(SECRET_ARN), "null", "{'AuthenticationConfiguration':'x'}", REFERRED},
	{AUTH(SECRET_ARN), "null", AUTH("'SecretArn':'arn:y'"), ""},
	{AUTH(SECRET_ARN), "null", AUTH("'SecretArn':''"), REFERRED},
	{AUTH(SECRET_ARN), "null",
	AUTH("'BasicAuthenticationCredentials':{'Password':'p'}"), ""},
	{AUTH(SECRET_ARN), "null",
	AUTH("'BasicAuthenticationCredentials':{'Username':'u'}"), REFERRED},
	{AUTH(SECRET_ARN), "null",
	AUTH("'CustomAuthenticationCredentials':{'a':'b'}"), ""},
	{AUTH(SECRET_ARN), "null",
	OAUTH2("'OAuth2Credentials':{'AccessToken':'t'}"), ""},
	{AUTH(SECRET_ARN), "null",
	OAUTH2("'OAuth2Credentials':{},'TokenUrl':'https://h'"), REFERRED},
	{AUTH(SECRET_ARN), "null",
	OAUTH2("'AuthorizationCodeProperties':{'AuthorizationCode':'c'}"), ""},
	{AUTH(SECRET_ARN), "null",
		OAUTH2("'AuthorizationCodeProperties':{'RedirectUri':'https://h'}"),
	REFERRED},

	/* credentials that it does not show at all */
	{AUTH("'AuthenticationType':'BASIC'"), "null", "{}", BY_TYPE},
	{AUTH("'AuthenticationType':'OAUTH2'"), "null",
	AUTH("'AuthenticationType':'OAUTH2'"), BY_TYPE},
	{AUTH("'AuthenticationType':'CUSTOM'"), "null", AUTH(SECRET_ARN), ""},
	{AUTH("'AuthenticationType':'IAM'"), "null", "{}", ""},
	{AUTH("'AuthenticationType':['BASIC']"), "null", "{}", ""},
	{AUTH("'AuthenticationType':'BASIC'"), "null",
	AUTH("'AuthenticationType':'IAM'"), ""},
	{AUTH("'AuthenticationType':'BASIC'," SECRET_ARN), "null",
	AUTH("'AuthenticationType':'IAM'"), ""},

	/* credentials that were sent before */
	{AUTH("'AuthenticationType':'BASIC'"),
		AUTH("'AuthenticationType':'BASIC','BasicAuthenticationCredentials':"
			 "{'Username':'u','Password':'p'}"),
		AUTH("'AuthenticationType':'BASIC','BasicAuthenticationCredentials':"
			 "{'Username':'u'}"),
		"$.AuthenticationConfiguration.BasicAuthenticationCredentials.Password"
	RECORDED},
	{AUTH("'AuthenticationType':'CUSTOM'"),
		AUTH("'AuthenticationType':'CUSTOM',"
			 "'CustomAuthenticationCredentials':{'a':'b'}"),
		AUTH("'AuthenticationType':'CUSTOM'"),
		"$.AuthenticationConfiguration.CustomAuthenticationCredentials"
	RECORDED},
	{AUTH("'AuthenticationType':'OAUTH2'," SECRET_ARN),
		OAUTH2("'OAuth2Credentials':{'RefreshToken':'r','JwtToken':'a.b.c',"
			   "'UserManagedClientApplicationClientSecret':'s'}"),
		OAUTH2("'OAuth2Credentials':{'RefreshToken':'r'}"),
		"$.AuthenticationConfiguration.OAuth2Properties.OAuth2Credentials."
		"JwtToken" RECORDED
		"$.AuthenticationConfiguration.OAuth2Properties.OAuth2Credentials."
	"UserManagedClientApplicationClientSecret" RECORDED},
	{AUTH("'AuthenticationType':'OAUTH2'," SECRET_ARN),
		OAUTH2("'AuthorizationCodeProperties':{'AuthorizationCode':'c'}"),
	AUTH(SECRET_ARN), ""},
	{AUTH("'AuthenticationType':'BASIC'," SECRET_ARN),
		AUTH("'AuthenticationType':'BASIC','BasicAuthenticationCredentials':"
			 "{'Username':'u','Password':'p'}"),
		OAUTH2("'OAuth2Credentials':{'AccessToken':'t'}"),
	""},
	{AUTH("'AuthenticationType':'CUSTOM'," SECRET_ARN),
		AUTH("'AuthenticationType':'BASIC','BasicAuthenticationCredentials':"
			 "{'Username':'u','Password':'p'}"),
	"{}", REFERRED},
	{"{}",
		AUTH("'AuthenticationType':'BASIC','BasicAuthenticationCredentials':"
			 "{'Username':'u','Password':'p'}"),
	"{}", ""},

	/* secrets in Glue's visible OAuth 2 members are hidden here */
	{OAUTH2("'TokenUrlParametersMap':{'password':'b'}"), "null",
		OAUTH2("'OAuth2Credentials':{'AccessToken':'t'}"),
		"$.AuthenticationConfiguration.OAuth2Properties.TokenUrlParametersMap"
	" holds a secret that the input does not give\n"},
	{OAUTH2("'TokenUrlParametersMap':{'password':'b'}"), "null",
		OAUTH2("'TokenUrlParametersMap':{'password':'c'},"
			   "'OAuth2Credentials':{'AccessToken':'t'}"),
	""},
	{OAUTH2("'TokenUrlParametersMap':{'scope':'b'}"), "null",
		OAUTH2("'OAuth2Credentials':{'AccessToken':'t'}"),
	""},
	{OAUTH2("'TokenUrlParametersMap':{'password':'b'}"), "null",
		AUTH("'AuthenticationType':'BASIC'," SECRET_ARN),
	""},
	{OAUTH2("'TokenUrl':'https://u:p@h'"), "null",
		AUTH("'AuthenticationType':'OAUTH2'," SECRET_ARN ","
			 "'OAuth2Properties':{'TokenUrl':'https://h'}"),
	"$.AuthenticationConfiguration.OAuth2Properties.TokenUrl" HELD},

	/* from one form to the other */
	{PROPERTIES("'USERNAME':'u'"), "null", AUTH(SECRET_ARN), ""},
	{PROPERTIES("'USERNAME':'u','PASSWORD':'p','U':'//u:p@h'"), "null",
	AUTH("'BasicAuthenticationCredentials':{'Password':'p'}"), ""},
	{PROPERTIES("'KAFKA_CLIENT_KEYSTORE':'s3://a/b'"), "null",
		AUTH(SECRET_ARN),
	"$.ConnectionProperties.KAFKA_CLIENT_KEYSTORE_PASSWORD" HIDDEN},
	{"{'ConnectionProperties':{'USERNAME':'u'},"
		"'AuthenticationConfiguration':{'SecretArn':'arn:x'}}", "null",
	AUTH(SECRET_ARN), PASSWORD HIDDEN},
	{AUTH(SECRET_ARN), "null", PROPERTIES("'USERNAME':'u','PASSWORD':'p'"), ""},
	{AUTH(SECRET_ARN), "null", PROPERTIES("'SECRET_ID':'s'"), ""},
	{AUTH(SECRET_ARN), "null", PROPERTIES("'USERNAME':'u'"), REFERRED},
};

static json_object *
parse(const char *text)
{
	char		json[2048];
	char	   *end = json;

	for (const char *at = text; *at != '\0'; at++)
	{
		if (*at == '^')
			*end++ = '\\';
		*end++ = *at == '\'' || *at == '^' ? '"' : *at;
	}
	return glue_json_tree_parse(json, (size_t) (end - json));
}

/* A GlueDifferenceSink: append a line to the text that is arg. */
static void
note(void *arg, const char *path, const char *message)
{
	char	   *text = arg;

	sprintf(text + strlen(text), "%s %s\n", path, message);
}

static void
check_cases(const LossCase *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		json_object *existing = parse(cases[i].existing);
		json_object *recorded = parse(cases[i].recorded);
		json_object *input = parse(cases[i].input);
		char		losses[4096] = "";
		bool		found;

		ok(glue_redact_tree(recorded), "there was memory");
		found = glue_find_credential_losses(existing, recorded, input, note,
											losses);
		is_str(losses, cases[i].losses, cases[i].existing);
		ok(found == (losses[0] != '\0'), "the result says the same");

		/* an input with all visible members loses none of them */
		losses[0] = '\0';
		glue_find_credential_losses(existing, NULL, existing, note, losses);
		ok(strstr(losses, SHOWN) == NULL && strstr(losses, HELD) == NULL &&
		   strstr(losses, "SecretArn") == NULL, "nothing shown is lost");
		glue_json_tree_free(existing);
		glue_json_tree_free(recorded);
		glue_json_tree_free(input);
	}
}

/*
 * A key may be longer than any buffer, and looks in messages as in others.
 */
static void
test_long_keys(void)
{
	json_object *existing = json_object_new_object();
	json_object *input = json_object_new_object();
	json_object *had = json_object_new_object();
	json_object *given = json_object_new_object();
	char		key[1000];
	char		losses[4096] = "";

	memset(key, 'a', sizeof(key));
	memcpy(key, "ENCRYPTED_PASSWORD", strlen("ENCRYPTED_PASSWORD"));
	key[sizeof(key) - 1] = '\0';
	json_object_object_add(existing, "ConnectionProperties", had);
	json_object_object_add(input, "ConnectionProperties", given);
	json_object_object_add(had, key, json_object_new_string("XYZZY"));
	ok(glue_find_credential_losses(existing, NULL, input, note, losses),
	   "a long key");
	ok(strstr(losses, "aaa...\" has a value") != NULL, "is cut");

	key[sizeof(key) - 2] = '\0';
	json_object_object_add(given, key, json_object_new_string("XYZZY"));
	ok(glue_find_credential_losses(existing, NULL, input, note, losses),
	   "is another one than a shorter one");
	ok(strstr(losses, "XYZZY") == NULL, "no secret is disclosed");
	json_object_put(existing);
	json_object_put(input);
}

int
main(void)
{
	check_cases(property_cases, COUNT(property_cases));
	check_cases(authentication_cases, COUNT(authentication_cases));
	test_long_keys();
	return tap_done();
}
