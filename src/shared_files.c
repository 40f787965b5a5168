/*-------------------------------------------------------------------------
 *
 * shared_files.c
 *	  The environment and the shared AWS files of the server process.
 *
 * These are the places that every AWS tool looks at.  The environment is that
 * of the postmaster, and stays as it was when the server started; the files
 * are read anew by each call that needs them, so that a rotated key is seen.
 *
 * A file that is not there is no error, since none of them has to exist,
 * unless a setting names it.  A file that is there and cannot be read or is
 * not well-formed is an error: going on without it might use credentials that
 * nobody meant.
 *
 * IDENTIFICATION
 *	  src/shared_files.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secret_memory.h"
#include "settings.h"
#include "shared_files.h"
#include "storage/fd.h"

/*
 * Largest file that is read.  Accounts by the thousand, at some 200 bytes a
 * profile, stay well below it; a log file that was named by mistake does not.
 */
#define MAX_FILE_SIZE	(1024 * 1024)

/* prototypes of private functions */
static GlueProfileSet *new_profile_set(void);
static char *file_path(const char *setting, const char *variable,
					   const char *default_name);
static bool read_into(GlueProfileSet *set, GlueProfileFileKind kind,
					  const char *path, bool required);
static char *read_file(const char *path, bool required, size_t *len);
static void free_profile_set(void *arg);

/*
 * Look up an environment variable; NULL if it is not set or blank, which AWS
 * tools take for the same.
 */
const char *
glue_environment(const char *name)
{
	const char *value = getenv(name);

	if (value == NULL || value[strspn(value, " \t")] == '\0')
		return NULL;
	return value;
}

/* The name of the profile that is used. */
const char *
glue_shared_profile_name(void)
{
	const char *name = glue_environment("AWS_PROFILE");

	if (glue_setting_profile[0] != '\0')
		return glue_setting_profile;
	return name ? name : "default";
}

/*
 * Read both files.
 *
 * The result and the secrets in it live in the current memory context.
 */
const GlueSharedFiles *
glue_shared_files_read(void)
{
	GlueSharedFiles *files = palloc0(sizeof(GlueSharedFiles));
	GlueProfileSet *set = new_profile_set();

	files->set = set;
	files->profile = glue_shared_profile_name();
	files->config_path = file_path(glue_setting_config_file,
								   "AWS_CONFIG_FILE", "config");
	files->credentials_path = file_path(glue_setting_credentials_file,
										"AWS_SHARED_CREDENTIALS_FILE",
										"credentials");
	files->has_config = read_into(set, GLUE_PROFILE_CONFIG,
								  files->config_path,
								  glue_setting_config_file[0] != '\0');
	files->has_credentials = read_into(set, GLUE_PROFILE_CREDENTIALS,
									   files->credentials_path,
									   glue_setting_credentials_file[0] != '\0');
	return files;
}

/*
 * A property of the profile that is used; NULL if it is not there or blank.
 */
const char *
glue_shared_files_get(const GlueSharedFiles *files, const char *property)
{
	const char *value = glue_profile_set_get(files->set, GLUE_SECTION_PROFILE,
											 files->profile, property);

	return value && value[0] != '\0' ? value : NULL;
}

/* Make an empty set that the current memory context frees. */
static GlueProfileSet *
new_profile_set(void)
{
	MemoryContextCallback *callback = palloc0(sizeof(MemoryContextCallback));

	callback->func = free_profile_set;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
	callback->arg = glue_profile_set_new();
	if (callback->arg == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	return callback->arg;
}

static void
free_profile_set(void *arg)
{
	glue_profile_set_free(arg);
}

/*
 * Where a file is: as the setting says, else the environment, else in the
 * home directory of the server's operating system user.
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

/* Read one file into the set; false if there is none. */
static bool
read_into(GlueProfileSet *set, GlueProfileFileKind kind, const char *path,
		  bool required)
{
	size_t		len;
	char	   *text = read_file(path, required, &len);
	GlueProfileError error;

	if (text == NULL)
		return false;
	if (!glue_profile_set_read(set, kind, text, len, &error))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("shared AWS file \"%s\" is not well-formed", path),
				 errdetail("Line %d: %s.", error.line, error.reason)));
	return true;
}

/*
 * Read a whole file into memory that will be cleansed; NULL if it does not
 * exist and need not.
 */
static char *
read_file(const char *path, bool required, size_t *len)
{
	struct stat status;
	FILE	   *file;
	char	   *text;

	if (stat(path, &status) < 0)
	{
		if ((errno == ENOENT || errno == ENOTDIR) && !required)
			return NULL;
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("could not read shared AWS file \"%s\": %m", path)));
	}

	/* a pipe would block, and only /dev/null stands for an empty file */
	if ((!S_ISREG(status.st_mode) && strcmp(path, "/dev/null") != 0) ||
		status.st_size > MAX_FILE_SIZE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("shared AWS file \"%s\" cannot be used", path),
				 S_ISREG(status.st_mode) ?
				 errdetail("It is larger than %d bytes.", MAX_FILE_SIZE) :
				 errdetail("It is not a regular file.")));

	file = AllocateFile(path, PG_BINARY_R);
	if (file == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("could not open shared AWS file \"%s\": %m", path)));

	/* what is appended while we read is left for the next time */
	text = glue_secret_alloc(status.st_size);

	*len = fread(text, 1, status.st_size, file);
	if (ferror(file))
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read file \"%s\": %m", path)));
	FreeFile(file);
	return text;
}
