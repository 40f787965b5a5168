/*-------------------------------------------------------------------------
 *
 * sealing.c
 *	  SQL functions that seal and open an input, for a test alone.
 *
 * The module has objects of the extension linked into it.  Their settings are
 * not the extension's own, so the file of keys is asked of the server.
 *
 * IDENTIFICATION
 *	  test/t/sealing.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "server/builtins.h"
#include "server/jsonb_tree.h"
#include "server/settings.h"
#include "store/sealed_input.h"
#include "text/json.h"
#include "utils/guc.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(test_seal);
PG_FUNCTION_INFO_V1(test_unseal);

/* The first arguments of a function are the ID and the connection's name. */
static GlueRequest
request_of(FunctionCallInfo fcinfo)
{
	GlueRequest request = {
		.id = PG_GETARG_INT64(0),
		.operation = "CreateConnection",
		.name = text_to_cstring(PG_GETARG_TEXT_PP(1)),
		.region = "us-east-1",
	};

	glue_setting_secret_key_file =
		GetConfigOptionByName("glue_conn.secret_key_file", NULL, false);
	return request;
}

/*
 * test_seal(id bigint, name text, input jsonb) returns bytea
 */
Datum
test_seal(PG_FUNCTION_ARGS)
{
	GlueRequest request = request_of(fcinfo);

	glue_tree_from_jsonb(PG_GETARG_JSONB_P(2), &request.input);
	PG_RETURN_BYTEA_P(glue_request_seal(&request));
}

/*
 * test_unseal(id bigint, name text, sealed bytea) returns text
 *
 * The text of the input; an error with a notice of its kind if there is none.
 */
Datum
test_unseal(PG_FUNCTION_ARGS)
{
	GlueRequest request = request_of(fcinfo);
	GlueUnsealOutcome outcome;
	GlueFailure *failure = NULL;
	json_object *input;
	Size		size;
	char	   *json;

	request.sealed = PG_GETARG_BYTEA_PP(2);
	outcome = glue_request_unseal(&request, &input, &failure);
	if (outcome != GLUE_UNSEALED)
	{
		ereport(NOTICE,
				(errmsg("%s: %s",
						outcome == GLUE_UNSEAL_LATER ? "later" : "never",
						failure->code)));
		glue_failure_raise(ERROR, failure);
	}
	size = glue_json_tree_write(input, NULL, 0) + 1;
	json = palloc(size);
	glue_json_tree_write(input, json, size);
	PG_RETURN_TEXT_P(cstring_to_text(json));
}
