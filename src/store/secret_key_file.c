/*-------------------------------------------------------------------------
 *
 * secret_key_file.c
 *	  The file that glue_conn.secret_key_file names.
 *
 * The file is read each time a key is needed, and the keys are cleared after
 * use.  So a new key takes effect with the next request, without a reload, and
 * a backend that has sealed an input does not keep the keys in memory.  That
 * costs about ten microseconds, and only for requests that hold a secret.
 *
 * Its contents are read into a buffer on the stack, and nowhere else.
 *
 * An error is returned as a GlueFailure: a session that makes a request raises
 * it at once, and in a worker the request waits for the key.
 *
 * IDENTIFICATION
 *	  src/store/secret_key_file.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <unistd.h>

#include <openssl/crypto.h>

#include "server/encoding.h"
#include "server/read_file.h"
#include "server/settings.h"
#include "storage/fd.h"
#include "store/secret_key_file.h"
#include "text/clean.h"

/* Longer than any file name and message of the system. */
#define MAX_UTF8_LEN	(4 * MAXPGPATH)

/* prototypes of private functions */
static bool read_keys(int file, GlueSealKeys *keys,
					  GlueSealKeysProblem *problem);
static GlueFailure *new_failure(const char *detail, const char *hint);
static GlueFailure *failed_to(const char *what, int error);
static const char *in_utf8(const char *text);

/* Is the parameter set? */
bool
glue_secret_key_file_is_set(void)
{
	return glue_setting_secret_key_file[0] != '\0';
}

/* Its name, in UTF-8. */
const char *
glue_secret_key_file_name(void)
{
	return in_utf8(glue_setting_secret_key_file);
}

/*
 * Read the keys of the file that is set.
 *
 * Returns NULL, or the reason why there are no keys.  The caller must clear
 * the keys, and must not raise an error before that.
 */
GlueFailure *
glue_secret_key_file_read(GlueSealKeys *keys)
{
	GlueSealKeysProblem problem = {0};
	bool		done;
	int			error;

	int			file = glue_file_open(glue_setting_secret_key_file);

	if (file < 0)
		return failed_to("opened", errno);

	errno = 0;
	done = read_keys(file, keys, &problem);
	error = errno;
	CloseTransientFile(file);
	if (done)
		return NULL;
	if (problem.reason == NULL)
		return failed_to("read", error);
	return new_failure(problem.line == 0 ? problem.reason :
					   psprintf("Line %d: %s", problem.line, problem.reason),
					   problem.remedy);
}

/*
 * Read the keys of an open file.  On failure, problem is set to the reason, or
 * errno if problem has none.
 */
static bool
read_keys(int file, GlueSealKeys *keys, GlueSealKeysProblem *problem)
{
	struct stat status;
	char		text[GLUE_SEAL_KEY_FILE_MAX];
	ssize_t		len;
	bool		done;

	if (fstat(file, &status) < 0 ||
		!glue_seal_key_file_usable(&status, geteuid(), problem))
		return false;
	len = glue_file_read(file, text, sizeof(text));
	done = len >= 0 && glue_seal_keys_parse(text, len, keys, problem);
	OPENSSL_cleanse(text, sizeof(text));
	return done;
}

/* Make a failure; both texts are sentences in UTF-8. */
static GlueFailure *
new_failure(const char *detail, const char *hint)
{
	return glue_failure_new(ERRCODE_CONFIG_FILE_ERROR, GLUE_CODE_NO_SECRET_KEY,
							psprintf("secret key file \"%s\" cannot be used",
									 glue_secret_key_file_name()),
							detail, hint);
}

/* Make the failure of a system call, from errno. */
static GlueFailure *
failed_to(const char *what, int error)
{
	char	   *reason = psprintf("It could not be %s: %s.",
								  what, strerror(error));

	return new_failure(in_utf8(reason),
					   "Check \"glue_conn.secret_key_file\", and that the server's operating system user may read the file.");
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
