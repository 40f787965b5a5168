/*-------------------------------------------------------------------------
 *
 * sealed_input.c
 *	  The input of a waiting request, including its secrets.
 *
 * A waiting request has its input in two forms: redacted, for users, and
 * sealed, to be sent.  The sealed form is the whole input, so the two need not
 * be merged.
 *
 * The input is sealed together with the identity of the request: its database,
 * ID, connection, target, role and operation.  So the sealed input of one
 * request cannot be used for another one, and no part of it can be changed.
 *
 * Sealing does not hide the length of the input.  Together with the redacted
 * input, it would reveal the length of a password; so the text is padded with
 * blanks, which JSON ignores.
 *
 * The keys are in the file that glue_conn.secret_key_file names.  It is read
 * each time a key is needed, and the keys are cleared after use.  So a new key
 * takes effect with the next request, without a reload, and a backend that has
 * sealed an input does not keep the keys in memory.  That costs about ten
 * microseconds, and only for requests that hold a secret.  Its contents are
 * read into a buffer on the stack, and nowhere else.
 *
 * IDENTIFICATION
 *	  src/store/sealed_input.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <unistd.h>

#include <openssl/crypto.h>

#include "secret/seal.h"
#include "server/compat.h"
#include "server/encoding.h"
#include "server/jsonb_tree.h"
#include "server/read_file.h"
#include "server/secret_memory.h"
#include "server/settings.h"
#include "storage/fd.h"
#include "store/sealed_input.h"
#include "text/clean.h"
#include "text/json.h"

/* The sealed text is padded to a multiple of this many bytes. */
#define GRAIN	64

/* Longer than any file name and message of the system. */
#define MAX_UTF8_LEN	(4 * MAXPGPATH)

#define HINT_BY_REFERENCE \
	"Refer to the secret instead, by SECRET_ID or SecretArn, or ask the administrator to set \"glue_conn.secret_key_file\"."
#define HINT_KEY_WANTED \
	"Set it to the file that has the key. The request waits for it, and nothing is lost."
#define HINT_OLD_KEY \
	"Add the key that they were sealed with to the file, as the second one. The request waits for it, and nothing is lost."
#define HINT_LATER \
	"The request waits, and nothing is lost."
#define HINT_ANEW \
	"Make the request again."

/* prototypes of private functions */
static const char *text_or_empty(const char *text);
static const char *tags_text(json_object *tags);
static char *write_padded(json_object *input, Size *len);
static unsigned char *write_context(const GlueRequest *request, Size *len);
static GlueUnsealOutcome not_opened(int64 id, GlueSealStatus status,
									GlueFailure **failure);
static GlueFailure *new_failure(int64 id, const char *code,
								const char *detail, const char *hint);
static GlueFailure *read_key_file(GlueSealKeys *keys);
static const char *in_utf8(const char *text);

/*
 * Seal the input of a request that holds secrets; raises an error if there is no
 * key.
 *
 * The result belongs to the current memory context.
 */
bytea *
glue_request_seal(const GlueRequest *request)
{
	GlueSealKeys keys;
	GlueFailure *failure;
	unsigned char *context;
	Size		context_len;
	char	   *plain;
	Size		plain_len;
	bytea	   *sealed;
	bool		done;

	if (glue_setting_secret_key_file[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("there is no key to seal the secrets of the request with"),
				 errdetail("The connection input holds a secret, which would have to be stored until the request is carried out, and \"glue_conn.secret_key_file\" is not set."),
				 errhint(HINT_BY_REFERENCE)));

	context = write_context(request, &context_len);
	plain = write_padded(request->input, &plain_len);
	sealed = palloc(VARHDRSZ + glue_sealed_len(plain_len));
	SET_VARSIZE(sealed, VARHDRSZ + glue_sealed_len(plain_len));

	failure = read_key_file(&keys);
	if (failure != NULL)
		glue_failure_raise(ERROR, failure);
	done = glue_seal(&keys, context, context_len, plain, plain_len,
					 (unsigned char *) VARDATA(sealed));
	glue_seal_keys_clear(&keys);
	if (!done)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("could not seal the secrets of the request"),
				 errdetail("OpenSSL lacks memory or random bytes.")));
	return sealed;
}

/*
 * Open the sealed input of a request.
 *
 * request->sealed must not be toasted, and is NULL if it is missing.  *input is
 * set to a secret tree in the current memory context.  On failure, *failure is
 * set to the reason, and the result tells whether a retry can succeed.
 */
GlueUnsealOutcome
glue_request_unseal(const GlueRequest *request, json_object **input, GlueFailure **failure)
{
	const		bytea *sealed = request->sealed;
	Size		sealed_len;
	GlueSealKeys keys;
	GlueSealStatus status;
	unsigned char *context;
	Size		context_len;
	char	   *plain;
	Size		plain_len;

	*input = NULL;
	if (sealed == NULL)
	{
		*failure = new_failure(request->id, GLUE_CODE_SEAL_BROKEN,
							   "They are not in table \"glue_request_secret\".",
							   HINT_ANEW);
		return GLUE_UNSEAL_NEVER;
	}
	sealed_len = VARSIZE_ANY_EXHDR(sealed);
	if (glue_setting_secret_key_file[0] == '\0')
	{
		*failure = new_failure(request->id, GLUE_CODE_NO_SECRET_KEY,
							   "\"glue_conn.secret_key_file\" is not set.",
							   HINT_KEY_WANTED);
		return GLUE_UNSEAL_LATER;
	}

	context = write_context(request, &context_len);
	plain = glue_secret_alloc(sealed_len);
	*failure = read_key_file(&keys);
	if (*failure != NULL)
		return GLUE_UNSEAL_LATER;
	status = glue_unseal(&keys, context, context_len,
						 (const unsigned char *) VARDATA_ANY(sealed),
						 sealed_len, plain, &plain_len);
	glue_seal_keys_clear(&keys);
	if (status != GLUE_SEAL_OK)
		return not_opened(request->id, status, failure);

	*input = glue_secret_tree(glue_json_tree_parse(plain, plain_len));
	if (*input == NULL)
		glue_raise_out_of_memory();
	return GLUE_UNSEALED;
}

static const char *
text_or_empty(const char *text)
{
	return text != NULL ? text : "";
}

/* Tags as text, independent of their order, as in the table. */
static const char *
tags_text(json_object *tags)
{
	Jsonb	   *jsonb = tags != NULL ? glue_jsonb_from_tree(tags) : NULL;

	return jsonb == NULL ? "" :
		JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb));
}

/* Write an input, padded with blanks, into secret memory. */
static char *
write_padded(json_object *input, Size *len)
{
	Size		text_len = glue_json_tree_write(input, NULL, 0);
	char	   *text;

	*len = TYPEALIGN(GRAIN, text_len + 1);
	text = glue_secret_alloc(*len);
	glue_json_tree_write(input, text, text_len + 1);
	memset(text + text_len, ' ', *len - text_len);
	return text;
}

/*
 * Write the context that the input of a request is sealed with, besides the
 * key: its identity.
 */
static unsigned char *
write_context(const GlueRequest *request, Size *len)
{
	unsigned char *context;
	GlueSealedRequest identity = {
		.id = request->id,
		.home = request->home,
		.role = request->role,
		.operation = request->operation,
		.connection_name = request->name,
		.region = request->region,
		.catalog_id = text_or_empty(request->catalog_id),
		.tags = tags_text(request->tags),
		.on_conflict = text_or_empty(request->on_conflict),
		.on_missing = text_or_empty(request->on_missing),
	};

	memcpy(identity.target, request->fingerprint, GLUE_SEAL_TARGET_LEN);
	*len = glue_seal_context(&identity, NULL, 0);
	context = palloc(*len);
	glue_seal_context(&identity, context, *len);
	return context;
}

/*
 * The failure of a sealed input that was not opened, and whether a retry can
 * succeed.
 */
static GlueUnsealOutcome
not_opened(int64 id, GlueSealStatus status, GlueFailure **failure)
{
	switch (status)
	{
		case GLUE_SEAL_NO_KEY:
			*failure = new_failure(id, GLUE_CODE_NO_SECRET_KEY,
								   psprintf("They were sealed with a key that is not in secret key file \"%s\".",
											in_utf8(glue_setting_secret_key_file)),
								   HINT_OLD_KEY);
			return GLUE_UNSEAL_LATER;
		case GLUE_SEAL_FAILED:
			*failure = new_failure(id, GLUE_CODE_NO_SECRET_KEY,
								   "OpenSSL lacks memory.", HINT_LATER);
			return GLUE_UNSEAL_LATER;
		default:
			*failure = new_failure(id, GLUE_CODE_SEAL_BROKEN,
								   status == GLUE_SEAL_ALTERED ?
								   "They, or the request that they belong to, were altered after they were sealed." :
								   "They are not in a form that this version of glue_conn knows.",
								   HINT_ANEW);
			return GLUE_UNSEAL_NEVER;
	}
}

/* detail is UTF-8. */
static GlueFailure *
new_failure(int64 id, const char *code, const char *detail, const char *hint)
{
	return glue_failure_new(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, code,
							psprintf("could not open the sealed secrets of request %lld",
									 (long long) id),
							detail, hint);
}

/* ----------------------------------------------------------------
 * The file of the keys
 * ----------------------------------------------------------------
 */

/*
 * Read the keys of the file that is set.
 *
 * Returns NULL, or the reason why there are no keys: a session that makes a
 * request raises it, and in a worker the request waits for the key.  The caller
 * must clear the keys, and must not raise an error before that.
 */
static GlueFailure *
read_key_file(GlueSealKeys *keys)
{
	char		text[GLUE_SEAL_KEY_FILE_MAX];
	GlueSealKeysProblem problem = {0};
	struct stat status;
	ssize_t		len;
	bool		done = false;
	int			file = glue_file_open(glue_setting_secret_key_file);
	int			error = errno;

	if (file >= 0)
	{
		if (fstat(file, &status) == 0 &&
			glue_seal_key_file_usable(&status, geteuid(), &problem) &&
			(len = glue_file_read(file, text, sizeof(text))) >= 0)
			done = glue_seal_keys_parse(text, len, keys, &problem);
		error = errno;
		OPENSSL_cleanse(text, sizeof(text));
		CloseTransientFile(file);
	}
	if (done)
		return NULL;
	if (problem.reason == NULL)
	{
		problem.reason = in_utf8(psprintf("It could not be %s: %s.",
										  file < 0 ? "opened" : "read",
										  strerror(error)));
		problem.remedy = "Check \"glue_conn.secret_key_file\", and that the server's operating system user may read the file.";
	}
	return glue_failure_new(ERRCODE_CONFIG_FILE_ERROR, GLUE_CODE_NO_SECRET_KEY,
							psprintf("secret key file \"%s\" cannot be used",
									 in_utf8(glue_setting_secret_key_file)),
							problem.line == 0 ? problem.reason :
							psprintf("Line %d: %s", problem.line,
									 problem.reason),
							problem.remedy);
}

/*
 * Convert text of the server to UTF-8, with "?" for characters that have no
 * equivalent.
 */
static const char *
in_utf8(const char *text)
{
	const char *utf8;
	char	   *buffer = palloc(MAX_UTF8_LEN);
	int			len;

	if (!glue_utf8_from_server(text, strlen(text), &utf8, &len))
	{
		utf8 = text;
		len = strlen(text);
	}
	glue_clean_text(buffer, MAX_UTF8_LEN, utf8, len, false);
	return buffer;
}
