/*-------------------------------------------------------------------------
 *
 * replay.h
 *	  Lets a fuzzer be an ordinary test of its corpus.
 *
 * A fuzzer is a file that includes this one and defines
 * LLVMFuzzerTestOneInput(), which aborts if something is wrong.  Built by
 * clang with -fsanitize=fuzzer, libFuzzer calls it; test/fuzz/run does that.
 * Built in any other way, it gets the main() below, which calls it with every
 * file that is given on the command line or is in a directory given there, and
 * prints TAP.
 *
 * IDENTIFICATION
 *	  test/fuzz/replay.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef REPLAY_H
#define REPLAY_H

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* like assert(), but in every build */
#define require(condition) \
	do { \
		if (!(condition)) \
		{ \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

#if defined(__has_feature)
#if __has_feature(coverage_sanitizer)
#define REPLAY_BY_LIBFUZZER
#endif
#endif

#ifndef REPLAY_BY_LIBFUZZER

static int	replay_count = 0;
static int	replay_failures = 0;

static void
replay_file(const char *path)
{
	FILE	   *file = fopen(path, "rb");
	struct stat status;
	uint8_t    *data = NULL;
	size_t		size = 0;

	/* a buffer of the exact size lets a sanitizer see any overrun */
	if (file != NULL && fstat(fileno(file), &status) == 0)
	{
		data = malloc(status.st_size > 0 ? (size_t) status.st_size : 1);
		if (data != NULL)
			size = fread(data, 1, (size_t) status.st_size, file);
	}
	replay_count++;
	if (data == NULL)
	{
		replay_failures++;
		printf("not ok %d - %s cannot be read\n", replay_count, path);
	}
	else
	{
		/* on a failure, the next line never comes */
		LLVMFuzzerTestOneInput(data, size);
		printf("ok %d - %s\n", replay_count, path);
	}
	free(data);
	if (file != NULL)
		fclose(file);
}

static void
replay_directory(const char *directory)
{
	struct dirent **entries;
	int			count = scandir(directory, &entries, NULL, alphasort);

	for (int i = 0; i < count; i++)
	{
		char		path[4096];

		snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			replay_file(path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
	{
		struct stat status;

		if (stat(argv[i], &status) == 0 && S_ISDIR(status.st_mode))
			replay_directory(argv[i]);
		else
			replay_file(argv[i]);
		fflush(stdout);
	}
	printf("1..%d\n", replay_count);
	return replay_failures > 0 || replay_count == 0 ? 1 : 0;
}

#endif							/* REPLAY_BY_LIBFUZZER */

#endif							/* REPLAY_H */
