/*-------------------------------------------------------------------------
 *
 * unit_normalize.c
 *	  Tests of normalize.c.
 *
 * IDENTIFICATION
 *	  test/unit/unit_normalize.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/normalize.h"

#include <string.h>

#include "tap.h"
#include "text/json.h"

static void
check_normalized(const char *before, const char *after)
{
	json_object *tree = glue_json_tree_parse(before, strlen(before));
	char		text[1024];
	bool		changed = glue_normalize_connection_input(tree);

	glue_json_tree_write(tree, text, sizeof(text));
	is_str(text, after, before);
	ok(changed == (strcmp(before, after) != 0), "and says if it was not so");
	changed = glue_normalize_connection_input(tree);
	glue_json_tree_write(tree, text, sizeof(text));
	is_str(text, after, "twice is the same");
	ok(!changed, "and nothing to do");
	glue_json_tree_free(tree);
}

static void
test_normalize(void)
{
	check_normalized("{\"ConnectionProperties\":{\"A\":true,\"B\":5432,"
					 "\"C\":1.50,\"D\":1e3,\"E\":null,\"F\":[1],\"G\":\"g\"},"
					 "\"SparkProperties\":{\"x\":false}}",
					 "{\"ConnectionProperties\":{\"A\":\"true\",\"B\":\"5432\","
					 "\"C\":\"1.50\",\"D\":\"1e3\",\"E\":null,\"F\":[1],"
					 "\"G\":\"g\"},\"SparkProperties\":{\"x\":\"false\"}}");
	check_normalized("{\"AuthenticationConfiguration\":{\"SecretArn\":null,"
					 "\"OAuth2Properties\":{\"TokenUrl\":null,"
					 "\"TokenUrlParametersMap\":{\"a\":1}},"
					 "\"CustomAuthenticationCredentials\":{\"b\":2}}}",
					 "{\"AuthenticationConfiguration\":{\"OAuth2Properties\":{"
					 "\"TokenUrlParametersMap\":{\"a\":\"1\"}},"
					 "\"CustomAuthenticationCredentials\":{\"b\":\"2\"}}}");

	/* required members, unknown ones and typed ones stay */
	check_normalized("{\"Name\":null,\"Zebra\":null,\"Description\":1,"
					 "\"ValidateCredentials\":true,\"MatchCriteria\":[1]}",
					 "{\"Name\":null,\"Zebra\":null,\"Description\":1,"
					 "\"ValidateCredentials\":true,\"MatchCriteria\":[1]}");
	check_normalized("{\"ConnectionType\":\"NETWORK\"}",
					 "{\"ConnectionType\":\"NETWORK\","
					 "\"ConnectionProperties\":{}}");
	check_normalized("{\"ConnectionType\":\"DYNAMODB\","
					 "\"ConnectionProperties\":null}",
					 "{\"ConnectionType\":\"DYNAMODB\","
					 "\"ConnectionProperties\":{}}");
	check_normalized("{\"ConnectionType\":\"NETWORK\","
					 "\"ConnectionProperties\":[]}",
					 "{\"ConnectionType\":\"NETWORK\","
					 "\"ConnectionProperties\":[]}");
	check_normalized("{\"ConnectionType\":\"JDBC\"}",
					 "{\"ConnectionType\":\"JDBC\"}");
	check_normalized("{\"ConnectionType\":7,\"SparkProperties\":\"x\"}",
					 "{\"ConnectionType\":7,\"SparkProperties\":\"x\"}");
	check_normalized("[{\"Description\":null}]", "[{\"Description\":null}]");
	check_normalized("null", "null");
	check_normalized("\"x\"", "\"x\"");
}

int
main(void)
{
	test_normalize();
	return tap_done();
}
