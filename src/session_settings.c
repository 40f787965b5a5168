/*-------------------------------------------------------------------------
 *
 * session_settings.c
 *	  The settings of a session that decide where its calls go.
 *
 * What a session has called may have to be undone by another process, after
 * the session is gone.  It must ask the same endpoint for the same account.
 * Where the session has only what the whole server or its database has, so
 * will the other process; what it has beyond that, because its role has it or
 * because somebody has set it, is written into the journal, as an object whose
 * members are settings.
 *
 * The proxy is no part of it, because its URL may hold a password; a proxy
 * decides how an endpoint is reached, and not which one.
 *
 * IDENTIFICATION
 *	  src/session_settings.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"
#include "session_settings.h"
#include "utils/builtins.h"
#include "utils/guc.h"

static const char *const names[] = {
	"glue_conn.endpoint_url",
	"glue_conn.profile",
	"glue_conn.config_file",
	"glue_conn.credentials_file",
	"glue_conn.ca_file",
	"glue_conn.use_fips_endpoint",
	"glue_conn.use_dualstack_endpoint",
};

/* prototypes of private functions */
static bool is_of_session(int setting);
static void push_string(GlueJsonbBuilder *builder, JsonbIteratorToken token,
						const char *text);
static char *find_member(Jsonb *settings, const char *name);

/*
 * What the current session has of its own; NULL if that is nothing.
 */
Jsonb *
glue_session_settings(void)
{
	GlueJsonbBuilder builder = {0};
	bool		any = false;

	for (int i = 0; i < lengthof(names); i++)
	{
		if (!is_of_session(i))
			continue;
		if (!any)
			glue_jsonb_push(&builder, WJB_BEGIN_OBJECT, NULL);
		any = true;
		push_string(&builder, WJB_KEY, names[i]);
		push_string(&builder, WJB_VALUE,
					GetConfigOption(names[i], false, false));
	}
	if (!any)
		return NULL;
	glue_jsonb_push(&builder, WJB_END_OBJECT, NULL);
	return JsonbValueToJsonb(builder.result);
}

/*
 * Be set like the session that had these settings of its own (or none: NULL),
 * until glue_session_settings_leave() or the end of the subtransaction.
 */
int
glue_session_settings_enter(Jsonb *settings)
{
	int			level = NewGUCNestLevel();

	/* without a value, a setting becomes what it was when we began */
	for (int i = 0; i < lengthof(names); i++)
		(void) set_config_option(names[i], find_member(settings, names[i]),
								 PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE,
								 true, 0, false);
	return level;
}

void
glue_session_settings_leave(int level)
{
	AtEOXact_GUC(true, level);
}

/* Does a setting come from the session or its role? */
static bool
is_of_session(int setting)
{
	static struct config_generic *parameters[lengthof(names)];

	if (parameters[setting] == NULL)
		parameters[setting] = glue_find_parameter(names[setting]);
	return parameters[setting]->source > PGC_S_DATABASE;
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
find_member(Jsonb *settings, const char *name)
{
	JsonbValue	value;

	if (settings == NULL || !JB_ROOT_IS_OBJECT(settings) ||
		getKeyJsonValueFromContainer(&settings->root, name, strlen(name),
									 &value) == NULL ||
		value.type != jbvString)
		return NULL;
	return pnstrdup(value.val.string.val, value.val.string.len);
}
