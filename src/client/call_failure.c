/*-------------------------------------------------------------------------
 *
 * call_failure.c
 *	  Failures of calls of AWS.
 *
 * Only this file phrases remote failures.
 *
 * The primary message names the action and the exception, in one line that can
 * be matched.  The text of the service goes into the detail, with the HTTP
 * status and the request ID, which AWS Support asks for.  The hint tells the
 * user how to correct it, if that is known.
 *
 * The text of the service has been scrubbed of secrets before; see redact.c.
 *
 * IDENTIFICATION
 *	  src/client/call_failure.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "aws/exception_name.h"
#include "client/call_failure.h"
#include "glue/operation_name.h"
#include "lib/stringinfo.h"

/* The SQLSTATE of an exception, and its hint. */
typedef struct ExceptionRule
{
	const char *code;
	int			sqlstate;
	const char *hint;			/* or NULL */
	const char *operation;		/* NULL: any other */
} ExceptionRule;

#define HINT_CREDENTIALS \
	"Check the credentials that are used: they come from the environment of the server process or from the shared AWS files."
#define HINT_MAPPING \
	"Check the keys that the %s gives, and that the server's clock is right."
#define HINT_MAPPING_EXPIRED \
	"The temporary credentials that the %s gives have run out: renew them."
#define HINT_ROLE \
	"Check that a policy allows the caller to call sts:AssumeRole on it, and that the role's trust policy names the caller. A change of either takes a moment to have an effect."
#define HINT_WEB_IDENTITY \
	"Check that the issuer of the token is an identity provider of the account, and that the role's trust policy allows it sts:AssumeRoleWithWebIdentity for this subject and audience. A change of either takes a moment to have an effect."
#define HINT_CLOCK \
	"Check the secret access key, and that the server's clock is right."
#define HINT_PERMISSION \
	"AWS Glue asks for permission on both the connection and the catalog, so a policy must name both resources. Creating a connection with tags also takes glue:TagResource, and using one for federation glue:PassConnection."
#define HINT_THROTTLED \
	"AWS limits the rate of requests per account and region. Try again later, or raise \"glue_conn.request_timeout\"."

static const ExceptionRule exception_rules[] = {
	/* those of AssumeRole have other meanings */
	{"AccessDenied", ERRCODE_INSUFFICIENT_PRIVILEGE, HINT_ROLE, "AssumeRole"},
	{"AccessDenied", ERRCODE_INSUFFICIENT_PRIVILEGE, HINT_WEB_IDENTITY,
	"AssumeRoleWithWebIdentity"},
	{"IDPRejectedClaim", ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, HINT_WEB_IDENTITY,
	"AssumeRoleWithWebIdentity"},
	{"InvalidIdentityToken", ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, HINT_WEB_IDENTITY,
	"AssumeRoleWithWebIdentity"},

	{"AccessDenied", ERRCODE_INSUFFICIENT_PRIVILEGE, HINT_PERMISSION},
	{"AccessDeniedException", ERRCODE_INSUFFICIENT_PRIVILEGE, HINT_PERMISSION},
	{GLUE_EXCEPTION_ALREADY_EXISTS, ERRCODE_DUPLICATE_OBJECT,
	"Use another name, or look at the connection with glue_get_connection()."},
	{"ConflictException", ERRCODE_EXTERNAL_ROUTINE_EXCEPTION,
	"AWS Glue is at work on the connection. Try again later."},
	{GLUE_EXCEPTION_ENTITY_NOT_FOUND, ERRCODE_UNDEFINED_OBJECT,
	"Names are case sensitive, and belong to one account, region and catalog."},
	{GLUE_EXCEPTION_EXPIRED_TOKEN_STS, ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION,
	"The temporary credentials have run out: renew them."},
	{GLUE_EXCEPTION_EXPIRED_TOKEN, ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION,
	"The temporary credentials have run out: renew them."},
	{"FederationSourceException", ERRCODE_EXTERNAL_ROUTINE_EXCEPTION,
	"The data source itself has failed, or has refused AWS Glue. Check the data source, and the credentials of the connection."},
	{"GlueEncryptionException", ERRCODE_EXTERNAL_ROUTINE_EXCEPTION,
	"Check that the caller may use the KMS key of the catalog's encryption settings: kms:Encrypt to write, kms:Decrypt to read."},
	{"IncompleteSignature", ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, NULL},
	{"IncompleteSignatureException", ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, NULL},
	{"InvalidClientTokenId", ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, HINT_CREDENTIALS},
	{"InvalidInputException", ERRCODE_INVALID_PARAMETER_VALUE, NULL},
	{"InternalServiceException", ERRCODE_EXTERNAL_ROUTINE_EXCEPTION,
	"The failure is within AWS. Try again later; AWS support will ask for the request ID."},
	{"InvalidSignatureException", ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, HINT_CLOCK},
	{"LimitExceededException", ERRCODE_CONFIGURATION_LIMIT_EXCEEDED, HINT_THROTTLED},
	{"MissingAuthenticationToken", ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, NULL},
	{"MissingAuthenticationTokenException", ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, NULL},
	{"NotAuthorized", ERRCODE_INSUFFICIENT_PRIVILEGE, HINT_PERMISSION},
	{GLUE_EXCEPTION_OPERATION_TIMEOUT, ERRCODE_CONNECTION_EXCEPTION,
	"AWS Glue ran out of time. It may be trying the credentials of the connection: see \"ValidateCredentials\"."},
	{"OptInRequired", ERRCODE_INSUFFICIENT_PRIVILEGE,
	"The account is not subscribed to the service in this region."},
	{"RequestExpired", ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, HINT_CLOCK},
	{"RequestInTheFuture", ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, HINT_CLOCK},
	{"RequestTimeTooSkewed", ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, HINT_CLOCK},
	{"ResourceNumberLimitExceededException", ERRCODE_PROGRAM_LIMIT_EXCEEDED,
	"Delete connections that are not needed, or have AWS raise the quota of the account in this region."},
	{"SignatureDoesNotMatch", ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, HINT_CLOCK},
	{"SubscriptionRequiredException", ERRCODE_INSUFFICIENT_PRIVILEGE,
	"The account is not subscribed to the service in this region."},
	{"UnrecognizedClientException", ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, HINT_CREDENTIALS},
	{"ValidationError", ERRCODE_INVALID_PARAMETER_VALUE, NULL},
	{"ValidationException", ERRCODE_INVALID_PARAMETER_VALUE, NULL},
};

/*
 * Texts of AWS Glue that are less helpful than they could be.  They are
 * matched only to add a hint.
 */
typedef struct TextHint
{
	const char *text;
	const char *hint;
} TextHint;

static const TextHint text_hints[] = {
	{"AuthenticationConfiguration is required",
	"Connection types of the second schema version take their credentials in \"AuthenticationConfiguration\", for example with \"AuthenticationType\" and \"SecretArn\"."},
	{"PhysicalConnectionRequirements cannot be null",
	"A connection of type NETWORK needs \"PhysicalConnectionRequirements\" with \"SubnetId\", \"SecurityGroupIdList\" and \"AvailabilityZone\"."},
	{"is missing but it is required, SparkProperties",
	"This type takes a property \"SparkProperties\" or \"PythonProperties\" inside \"ConnectionProperties\", whose value is a JSON text."},
	{"Invalid properties found",
	"This connection type does not have the named keys; keys are case sensitive."},
	{"Secrets Manager secret is invalid",
	"AWS Glue read the secret to test the connection. Check its keys, or set \"ValidateCredentials\" to false."},
	{"Validation for connection properties failed",
	"AWS Glue does not name the property. Check that required properties are present, that the secret exists in this region, and that all keys belong to this connection type."},
	{"Unable to resolve any valid connection",
	"Set \"AvailabilityZone\" in \"PhysicalConnectionRequirements\" to that of the subnet."},
	{"No enum constant",
	"AWS Glue does not have this value in this region."},
	{"Rate exceeded", HINT_THROTTLED},
	{"is not authorized to perform", HINT_PERMISSION},
};

/* The phrase for an operation on a named object. */
typedef struct OperationPhrase
{
	const char *operation;
	const char *phrase;			/* text between "could not" and the name */
} OperationPhrase;

static const OperationPhrase operation_phrases[] = {
	{GLUE_CREATE_CONNECTION, "create AWS Glue connection"},
	{GLUE_DELETE_CONNECTION, "delete AWS Glue connection"},
	{GLUE_DESCRIBE_CONNECTION_TYPE, "describe AWS Glue connection type"},
	{GLUE_GET_CONNECTION, "read AWS Glue connection"},
	{GLUE_GET_TAGS, "read tags of AWS Glue connection"},
	{GLUE_TAG_RESOURCE, "tag AWS Glue connection"},
	{GLUE_TEST_CONNECTION, "test AWS Glue connection"},
	{GLUE_UNTAG_RESOURCE, "remove tags of AWS Glue connection"},
	{GLUE_UPDATE_CONNECTION, "update AWS Glue connection"},
};

/* prototypes of private functions */
static GlueFailure *new_failure(const GlueCall *call, int sqlstate,
								const char *code);
static GlueFailure *outcome_unknown(const GlueCall *call,
									const GlueFailure *last,
									const char *detail, const char *hint);
static char *failed_to(const GlueCall *call, const char *why);
static const ExceptionRule *find_rule(const char *operation,
									  const char *code);
static const char *hint_of_rule(const ExceptionRule *rule,
								const GlueCall *call);
static const char *hint_for_text(const char *message);
static void append_attempts(StringInfo detail, int attempts);

/*
 * Build the failure for an answer that is an error, or malformed.
 *
 * message is the text of the service, scrubbed of secrets, and may be empty.
 * throttled says whether the service throttled the request.
 */
GlueFailure *
glue_failure_from_reply(const GlueCall *call, const GlueReply *reply,
						const char *message, int http_status, bool throttled)
{
	bool		malformed = reply->kind == GLUE_REPLY_MALFORMED;
	const char *code = malformed ? "malformed answer" : reply->code;
	const ExceptionRule *rule = find_rule(call->operation, code);
	GlueFailure *failure = new_failure(call, ERRCODE_EXTERNAL_ROUTINE_EXCEPTION,
									   code);
	StringInfoData detail;

	if (malformed)
	{
		failure->sqlstate = ERRCODE_PROTOCOL_VIOLATION;
		failure->hint = "Check that the endpoint is AWS Glue, and that no proxy answers in its place.";
	}
	else if (throttled)
	{
		failure->sqlstate = ERRCODE_CONFIGURATION_LIMIT_EXCEEDED;
		failure->hint = HINT_THROTTLED;
	}
	if (rule != NULL)
	{
		failure->sqlstate = rule->sqlstate;
		failure->hint = hint_of_rule(rule, call);
	}
	if (hint_for_text(message) != NULL &&
		strncmp(call->operation, "AssumeRole", strlen("AssumeRole")) != 0)
		failure->hint = hint_for_text(message);

	initStringInfo(&detail);
	appendStringInfo(&detail, "AWS answered with HTTP status %d", http_status);
	if (call->request_id[0] != '\0')
	{
		appendStringInfo(&detail, " and request ID %s", call->request_id);
		failure->request_id = pstrdup(call->request_id);
	}
	if (message[0] != '\0')
		appendStringInfo(&detail, ": %s", message);
	if (message[0] == '\0' || strchr(".!?", message[strlen(message) - 1]) == NULL)
		appendStringInfoChar(&detail, '.');
	append_attempts(&detail, call->attempts);
	failure->detail = detail.data;
	return failure;
}

/*
 * Build the failure for a success that lacks a member that the caller needs.
 */
GlueFailure *
glue_call_malformed_answer(const GlueCall *call, const char *why)
{
	GlueReply	reply = {.kind = GLUE_REPLY_MALFORMED};

	return glue_failure_from_reply(call, &reply, why, 200, false);
}

/*
 * Build the failure for a call that never got its turn, because the service
 * has throttled all others, too.
 */
GlueFailure *
glue_failure_no_turn(const GlueCall *call)
{
	GlueFailure *failure = new_failure(call,
									   ERRCODE_CONFIGURATION_LIMIT_EXCEEDED,
									   GLUE_EXCEPTION_THROTTLING);

	failure->detail = "It was not sent, because all requests of its kind were refused for the time of \"request_timeout\".";
	failure->hint = HINT_THROTTLED;
	return failure;
}

/* Build the failure for an unknown endpoint of AWS STS. */
GlueFailure *
glue_failure_no_sts(const GlueTarget *target)
{
	return glue_failure_new(ERRCODE_INVALID_PARAMETER_VALUE,
							GLUE_CODE_NO_ENDPOINT,
							"could not determine the endpoint of AWS STS",
							target->sts_problem, NULL);
}

/*
 * Build the failure for a transfer without an answer.
 */
GlueFailure *
glue_failure_from_transfer(const GlueCall *call,
						   const GlueHttpTransfer *transfer)
{
	bool		sent = transfer->outcome == GLUE_HTTP_LOST;
	GlueFailure *failure = new_failure(call,
									   sent ? ERRCODE_CONNECTION_FAILURE :
									   ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION,
									   sent ? "connection lost" : "could not connect");
	static const char *const doing[] = {
		[GLUE_HTTP_RESOLVING] = "looking up the host name",
		[GLUE_HTTP_CONNECTING] = "connecting",
		[GLUE_HTTP_SENDING] = "sending the request",
		[GLUE_HTTP_WAITING] = "waiting for the answer",
		[GLUE_HTTP_RECEIVING] = "receiving the answer",
	};
	StringInfoData detail;

	initStringInfo(&detail);
	if (transfer->timed_out)
	{
		failure->sqlstate = ERRCODE_CONNECTION_EXCEPTION;
		failure->code = "timeout";
		failure->message = failed_to(call, "timeout");
		appendStringInfo(&detail, "The time limit of %d ms ran out while %s at %s.",
						 sent ? glue_call_timeout_ms(call) :
						 Min(call->target->connect_timeout_ms,
							 glue_call_timeout_ms(call)),
						 doing[transfer->phase], call->endpoint->url);
		failure->hint = sent ?
			"See \"glue_conn.request_timeout\"." :
			"See \"glue_conn.connect_timeout\".";
	}
	else
	{
		appendStringInfo(&detail, "Failed while %s at %s: %s.",
						 doing[transfer->phase], call->endpoint->url,
						 transfer->reason);
		if (!sent)
			failure->hint = "Check \"glue_conn.region\", \"glue_conn.endpoint_url\", \"glue_conn.ca_file\" and \"glue_conn.proxy\", and that the server may open connections to AWS.";
	}
	if (transfer->too_large)
		failure->code = GLUE_CODE_TOO_LARGE;
	append_attempts(&detail, call->attempts);
	failure->detail = detail.data;
	return failure;
}

/*
 * Build the failure for an unknown outcome: the request may have been carried
 * out, and reading the result back did not resolve that.
 *
 * read_back gives the reason, in whole sentences.
 */
GlueFailure *
glue_failure_unknown_outcome(const GlueCall *call,
							 const GlueFailure *sent, const char *read_back)
{
	return outcome_unknown(call, sent,
						   psprintf(" Reading the connection back did not help: %s",
									read_back),
						   "Look at the connection with glue_get_connection() before you try again.");
}

/*
 * Build the failure for a call that changes something, and had an attempt
 * whose answer was lost, even if a later attempt was answered.
 */
GlueFailure *
glue_failure_maybe_done(const GlueCall *call, const GlueFailure *last)
{
	return outcome_unknown(call, last, "",
						   "The request can be repeated without another effect.");
}

/*
 * Build the failure for an ambiguous create if a connection of that name
 * exists, but is not the one that was sent.
 *
 * differences describes the differences, in whole sentences.
 */
GlueFailure *
glue_failure_already_exists(const GlueCall *call,
							const char *differences)
{
	GlueFailure *failure = new_failure(call, ERRCODE_DUPLICATE_OBJECT,
									   GLUE_EXCEPTION_ALREADY_EXISTS);

	failure->detail = psprintf("The answer to the request was lost. A connection of that name was found, but it is not the one that was sent: %s",
							   differences);
	failure->hint = find_rule(call->operation, GLUE_EXCEPTION_ALREADY_EXISTS)->hint;
	return failure;
}

/* The SQLSTATE of a failure's code; 0 if the code is unknown. */
int
glue_failure_sqlstate_of(const char *code)
{
	const ExceptionRule *rule = find_rule("", code);

	if (rule != NULL)
		return rule->sqlstate;
	return strlen(code) == 5 && strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 ?
		MAKE_SQLSTATE(code[0], code[1], code[2], code[3], code[4]) : 0;
}

static GlueFailure *
new_failure(const GlueCall *call, int sqlstate, const char *code)
{
	code = pstrdup(code);
	return glue_failure_new(sqlstate, code, failed_to(call, code), NULL, NULL);
}

/*
 * The request may have been carried out; last is the last failure.  detail and
 * hint explain that.
 */
static GlueFailure *
outcome_unknown(const GlueCall *call, const GlueFailure *last,
				const char *detail, const char *hint)
{
	GlueFailure *failure = new_failure(call, ERRCODE_TRANSACTION_RESOLUTION_UNKNOWN,
									   "outcome unknown");

	failure->detail = psprintf("The request may have been carried out. %s%s",
							   last->detail, detail);
	failure->hint = hint;
	failure->request_id = last->request_id;
	failure->transient = failure->ambiguous = true;
	return failure;
}

/* "could not create AWS Glue connection "x": why" */
static char *
failed_to(const GlueCall *call, const char *why)
{
	for (int i = 0; i < lengthof(operation_phrases); i++)
	{
		if (call->connection_name != NULL &&
			strcmp(operation_phrases[i].operation, call->operation) == 0)
			return psprintf("could not %s \"%s\": %s",
							operation_phrases[i].phrase,
							call->connection_name, why);
	}
	return psprintf("could not call %s of AWS %s: %s", call->operation,
					call->service == GLUE_SERVICE_STS ? "STS" : "Glue", why);
}

static const ExceptionRule *
find_rule(const char *operation, const char *code)
{
	for (int i = 0; i < lengthof(exception_rules); i++)
	{
		const ExceptionRule *rule = &exception_rules[i];

		if (strcmp(rule->code, code) == 0 &&
			(rule->operation == NULL ||
			 strcmp(rule->operation, operation) == 0))
			return rule;
	}
	return NULL;
}

/* The hint for rejected keys depends on the source of the keys. */
static const char *
hint_of_rule(const ExceptionRule *rule, const GlueCall *call)
{
	const GlueCredentials *given = &call->target->given;

	if (call->credentials == NULL || given->access_key_id == NULL ||
		strcmp(call->credentials->access_key_id, given->access_key_id) != 0 ||
		rule->sqlstate != ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION)
		return rule->hint;
	return psprintf(strncmp(rule->code, "Expired", strlen("Expired")) == 0 ?
					HINT_MAPPING_EXPIRED : HINT_MAPPING,
					call->target->mapping);
}

static const char *
hint_for_text(const char *message)
{
	for (int i = 0; i < lengthof(text_hints); i++)
	{
		if (strstr(message, text_hints[i].text) != NULL)
			return text_hints[i].hint;
	}
	return NULL;
}

static void
append_attempts(StringInfo detail, int attempts)
{
	if (attempts > 1)
		appendStringInfo(detail, " This was attempt %d.", attempts);
}
