/*-------------------------------------------------------------------------
 *
 * session_settings.c
 *	  Settings of a session that decide the destination of its calls.
 *
 * A call of a session may be undone by another process, after the session has
 * ended.  That process must use the same endpoint for the same account.
 * Values of the server or the database are the same in both processes.  Other
 * values, of the role or the session, are stored in the journal, as an object
 * whose members are settings.
 *
 * The proxy is not stored, because its URL may hold a password; it does not
 * decide which endpoint is used, only the way to it.
 *
 * A session that carries out requests of other roles must not use its own
 * settings: it could send their requests elsewhere, give them up too early, or
 * fail them for good.  So a session with such settings is refused.  Settings
 * that are stored with each request (the region), or do not concern requests
 * (the number of calls side by side), are allowed.
 *
 * IDENTIFICATION
 *	  src/server/session_settings.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "server/compat.h"
#include "server/session_settings.h"
#include "utils/builtins.h"
#include "utils/guc.h"

/* A setting that decides the destination of calls. */
typedef struct SessionSetting
{
	const char *name;
	bool		journaled;		/* it selects the endpoint or the account */
} SessionSetting;

static const SessionSetting settings[] = {
	{"glue_conn.endpoint_url", true},
	{"glue_conn.profile", true},
	{"glue_conn.account_id", true},
	{"glue_conn.config_file", true},
	{"glue_conn.credentials_file", true},
	{"glue_conn.ca_file", true},
	{"glue_conn.use_fips_endpoint", true},
	{"glue_conn.use_dualstack_endpoint", true},
	{"glue_conn.proxy", false},
	{"glue_conn.secret_key_file", false},
	{"glue_conn.connect_timeout", false},
	{"glue_conn.request_timeout", false},
	{"glue_conn.max_attempts", false},
	{"glue_conn.max_request_attempts", false},
	{"glue_conn.max_requests_per_second", false},
};

/* prototypes of private functions */
static GucSource source_of(int setting);
static const char *describe_source(GucSource source);
static void push_string(GlueJsonbBuilder *builder, JsonbIteratorToken token,
						const char *text);
static char *find_member(Jsonb *journaled, const char *name);

/*
 * The settings of the role and the session; NULL if there are none.
 */
Jsonb *
glue_session_settings(void)
{
	GlueJsonbBuilder builder = {0};
	bool		any = false;

	for (int i = 0; i < lengthof(settings); i++)
	{
		if (!settings[i].journaled || source_of(i) <= PGC_S_DATABASE)
			continue;
		if (!any)
			glue_jsonb_push(&builder, WJB_BEGIN_OBJECT, NULL);
		any = true;
		push_string(&builder, WJB_KEY, settings[i].name);
		push_string(&builder, WJB_VALUE,
					GetConfigOption(settings[i].name, false, false));
	}
	if (!any)
		return NULL;
	glue_jsonb_push(&builder, WJB_END_OBJECT, NULL);
	return JsonbValueToJsonb(builder.result);
}

/*
 * Apply the stored settings of a session (NULL: it had none), until
 * glue_session_settings_leave() or the end of the subtransaction.
 */
int
glue_session_settings_enter(Jsonb *journaled)
{
	int			level = NewGUCNestLevel();

	/* NULL sets a parameter to its reset value */
	for (int i = 0; i < lengthof(settings); i++)
	{
		if (settings[i].journaled)
			(void) set_config_option(settings[i].name,
									 find_member(journaled, settings[i].name),
									 PGC_SUSET, PGC_S_SESSION,
									 GUC_ACTION_SAVE, true, 0, false);
	}
	return level;
}

void
glue_session_settings_leave(int level)
{
	AtEOXact_GUC(true, level);
}

/*
 * Raise an error if a setting of the role or the session decides how calls are
 * made, stored in the journal or not.  The error names all of them.
 */
void
glue_session_settings_refuse(void)
{
	StringInfoData lines;

	initStringInfo(&lines);
	for (int i = 0; i < lengthof(settings); i++)
	{
		if (source_of(i) > PGC_S_DATABASE)
			appendStringInfo(&lines, "%s\"%s\" was set %s.",
							 lines.len > 0 ? "\n" : "", settings[i].name,
							 describe_source(source_of(i)));
	}
	if (lines.len > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("requests cannot be carried out with settings of this session or its role"),
				 errdetail_internal("%s", lines.data),
				 errhint("Use RESET, or ALTER ROLE ... RESET and a new session. Settings of the server and of the database are used.")));
}

static GucSource
source_of(int setting)
{
	static struct config_generic *parameters[lengthof(settings)];

	if (parameters[setting] == NULL)
		parameters[setting] = glue_find_parameter(settings[setting].name);
	return parameters[setting]->source;
}

/* Describe the source of a setting, for a sentence. */
static const char *
describe_source(GucSource source)
{
	switch (source)
	{
		case PGC_S_USER:
			return "for the role";
		case PGC_S_DATABASE_USER:
			return "for the role in this database";
		case PGC_S_CLIENT:
			return "by the client when it connected";
		default:
			return "in the session";
	}
}

static void
push_string(GlueJsonbBuilder *builder, JsonbIteratorToken token,
			const char *text)
{
	JsonbValue	value = {
		.type = jbvString,
		.val.string = {.len = strlen(text), .val = pstrdup(text)},
	};

	glue_jsonb_push(builder, token, &value);
}

/* The value of a member that is a string; NULL if there is none. */
static char *
find_member(Jsonb *journaled, const char *name)
{
	JsonbValue	value;

	if (journaled == NULL || !JB_ROOT_IS_OBJECT(journaled) ||
		getKeyJsonValueFromContainer(&journaled->root, name, strlen(name),
									 &value) == NULL ||
		value.type != jbvString)
		return NULL;
	return pnstrdup(value.val.string.val, value.val.string.len);
}
