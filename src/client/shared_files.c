/*-------------------------------------------------------------------------
 *
 * shared_files.c
 *	  The environment and the shared AWS files of the server process.
 *
 * All AWS tools read these.  The environment is that of the postmaster at its
 * start; each call that needs the files reads them again, so that it sees
 * rotated keys.
 *
 * A missing file is no error, unless a setting names it, because all are
 * optional.  A file that cannot be read or is malformed is an error: without
 * it, a call might use credentials that were not meant.
 *
 * IDENTIFICATION
 *	  src/client/shared_files.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/credential_sources.h"
#include "aws/profile_grammar.h"
#include "client/shared_files.h"
#include "server/compat.h"
#include "server/read_file.h"
#include "server/secret_memory.h"
#include "server/settings.h"
#include "storage/fd.h"

/*
 * Largest file that is read.  A file with thousands of accounts, at some 200
 * bytes a profile, is below it; a log file that was named by mistake is not.
 */
#define MAX_FILE_SIZE	(1024 * 1024)

/* The result of an attempt to read a file. */
typedef enum FileProblem
{
	FILE_READ,
	FILE_NOT_OPENED,
	FILE_NOT_REGULAR,
	FILE_TOO_LARGE,
	FILE_NOT_READ
} FileProblem;

/* prototypes of private functions */
static const char *look_up(void *arg, const char *name);
static GlueProfileSet *read_shared_files(void);
static char *config_path(void);
static char *credentials_path(void);
static char *file_path(const char *setting, const char *variable,
					   const char *default_name);
static void read_into(GlueProfileSet *set, GlueProfileFileKind kind,
					  const char *path, bool required);
static FileProblem read_file(const char *path, char **text, size_t *len);
static FileProblem check_file(const char *path, const struct stat *status);
static void free_profile_set(void *arg);

/*
 * Read the configuration of AWS tools: the environment and both shared files.
 *
 * profile is the profile of this extension's settings; NULL or "" if none is
 * set.  The result and the secrets in it live in the current memory context.
 */
const GlueConfiguration *
glue_configuration_read(const char *profile)
{
	GlueConfiguration *configuration = palloc0(sizeof(GlueConfiguration));
	const char *variable = glue_environment("AWS_PROFILE");

	configuration->lookup = look_up;
	configuration->profiles = read_shared_files();
	if (profile != NULL && profile[0] != '\0')
	{
		configuration->profile = pstrdup(profile);
		configuration->profile_origin = GLUE_PROFILE_BY_SETTING;
	}
	else if (variable != NULL)
	{
		configuration->profile = variable;
		configuration->profile_origin = GLUE_PROFILE_BY_ENVIRONMENT;
	}
	else
	{
		configuration->profile = "default";
		configuration->profile_origin = GLUE_PROFILE_BY_DEFAULT;
	}
	return configuration;
}

/* Name the shared files in a sentence. */
char *
glue_shared_files_description(void)
{
	char	   *config = config_path();
	char	   *credentials = credentials_path();

	return psprintf("The shared AWS files are \"%s\"%s and \"%s\"%s.",
					config,
					access(config, F_OK) == 0 ? "" : " (which does not exist)",
					credentials,
					access(credentials, F_OK) == 0 ? "" :
					" (which does not exist)");
}

static const char *
look_up(void *arg, const char *name)
{
	return getenv(name);
}

/*
 * Look up an environment variable; NULL if it is not set or blank, which are
 * the same for AWS tools.
 */
const char *
glue_environment(const char *name)
{
	const char *value = getenv(name);

	if (value == NULL || value[strspn(value, " \t")] == '\0')
		return NULL;
	return value;
}

/*
 * Read both files into one set, which lives with its secrets in the current
 * memory context.
 */
static GlueProfileSet *
read_shared_files(void)
{
	MemoryContextCallback *callback = palloc0(sizeof(MemoryContextCallback));
	GlueProfileSet *set;

	callback->func = free_profile_set;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
	callback->arg = set = glue_profile_set_new();
	if (set == NULL)
		glue_raise_out_of_memory();
	read_into(set, GLUE_PROFILE_CONFIG, config_path(),
			  glue_setting_config_file[0] != '\0');
	read_into(set, GLUE_PROFILE_CREDENTIALS, credentials_path(),
			  glue_setting_credentials_file[0] != '\0');
	return set;
}

static void
free_profile_set(void *arg)
{
	glue_profile_set_free(arg);
}

static char *
config_path(void)
{
	return file_path(glue_setting_config_file, "AWS_CONFIG_FILE", "config");
}

static char *
credentials_path(void)
{
	return file_path(glue_setting_credentials_file,
					 "AWS_SHARED_CREDENTIALS_FILE", "credentials");
}

/*
 * The path of a file: that of the setting, else of the environment, else in
 * the home directory of the server's operating system user.
 */
static char *
file_path(const char *setting, const char *variable, const char *default_name)
{
	const char *path = setting[0] != '\0' ? setting :
		glue_environment(variable);
	const char *home = glue_environment("HOME");

	if (home == NULL)
	{
		struct passwd *user = getpwuid(geteuid());

		home = user ? user->pw_dir : "";
	}
	if (path == NULL)
		return psprintf("%s/.aws/%s", home, default_name);
	if (path[0] == '~' && path[1] == '/')
		return psprintf("%s%s", home, path + 1);
	return pstrdup(path);
}

/* Read one file into the set, if it exists. */
static void
read_into(GlueProfileSet *set, GlueProfileFileKind kind, const char *path,
		  bool required)
{
	size_t		len;
	char	   *text;
	FileProblem problem = read_file(path, &text, &len);
	GlueProfileError error;

	if (problem == FILE_NOT_OPENED && !required &&
		(errno == ENOENT || errno == ENOTDIR))
		return;
	if (problem == FILE_NOT_OPENED || problem == FILE_NOT_READ)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("could not %s shared AWS file \"%s\": %m",
						problem == FILE_NOT_OPENED ? "open" : "read", path)));
	if (problem != FILE_READ)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("shared AWS file \"%s\" cannot be used", path),
				 problem == FILE_TOO_LARGE ?
				 errdetail("It is larger than %d bytes.", MAX_FILE_SIZE) :
				 errdetail("It is not a regular file.")));
	if (!glue_profile_set_read(set, kind, text, len, &error))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("shared AWS file \"%s\" is not well-formed", path),
				 errdetail("Line %d: %s.", error.line, error.reason)));
}

/*
 * Read a token from a file into memory that will be cleansed.
 *
 * *problem is NULL, or the words to put behind the name of the file.  Raises no
 * error, because that would end the calls of other targets, too.
 */
char *
glue_shared_file_token(const char *path, size_t *len, const char **problem)
{
	char	   *text;
	FileProblem file_problem = read_file(path, &text, len);

	if (file_problem == FILE_READ)
		*problem = glue_token_problem(text, len);
	else if (file_problem == FILE_NOT_REGULAR)
		*problem = "is not a regular file";
	else if (file_problem == FILE_TOO_LARGE)
		*problem = "is too long";
	else
		*problem = file_problem == FILE_NOT_OPENED && errno == EACCES ?
			"cannot be read: the server process has no permission" :
			"cannot be read";
	if (*problem == NULL)
		text[*len] = '\0';
	return text;
}

/*
 * Read a whole file into memory that will be cleansed, with a NUL behind it.
 * Unless it was read, *text is NULL, and errno may say why.
 *
 * A caller that reads a token may have no transaction that would close the file.
 */
static FileProblem
read_file(const char *path, char **text, size_t *len)
{
	int			file = glue_file_open(path);
	struct stat status;
	FileProblem problem = FILE_NOT_READ;
	ssize_t		size = -1;
	int			error;

	*text = NULL;
	if (file < 0)
		return FILE_NOT_OPENED;
	if (fstat(file, &status) == 0)
		problem = check_file(path, &status);
	if (problem == FILE_READ)
	{
		*text = glue_secret_alloc(status.st_size + 1);
		size = glue_file_read(file, *text, status.st_size);
	}
	error = errno;
	CloseTransientFile(file);
	errno = error;
	if (problem != FILE_READ)
		return problem;
	if (size < 0)
	{
		*text = NULL;
		return FILE_NOT_READ;
	}
	(*text)[size] = '\0';
	*len = size;
	return FILE_READ;
}

/* /dev/null counts as an empty file; other devices are rejected. */
static FileProblem
check_file(const char *path, const struct stat *status)
{
	if (!S_ISREG(status->st_mode) && strcmp(path, "/dev/null") != 0)
		return FILE_NOT_REGULAR;
	return status->st_size > MAX_FILE_SIZE ? FILE_TOO_LARGE : FILE_READ;
}
