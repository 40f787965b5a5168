/*-------------------------------------------------------------------------
 *
 * faulty_curl.c
 *	  A libcurl that fails where it never does, to be preloaded into a server.
 *
 * The file that FAULTY_CURL names holds the name of a function, and how often
 * it is to fail: "curl_multi_setopt 1".  It is looked at each time that one of
 * the functions below is called.  A failing curl_multi_socket_action() does
 * nothing, and says that all is well.
 *
 * IDENTIFICATION
 *	  test/t/faulty_curl.c
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int (*Function) (void *handle, ...);

/* The function itself.  The extension is loaded later, and libcurl with it. */
static Function
real(const char *name)
{
	void	   *curl = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_NOLOAD);

	return (Function) dlsym(curl, name);
}

/* Is it to fail this time? */
static bool
fails(const char *name)
{
	const char *path = getenv("FAULTY_CURL");
	FILE	   *file = path ? fopen(path, "r+") : NULL;
	char		wanted[64];
	int			times = 0;
	bool		found;

	if (file == NULL)
		return false;
	found = fscanf(file, "%63s %d", wanted, &times) == 2 &&
		strcmp(wanted, name) == 0 && times > 0;
	if (found)
	{
		rewind(file);
		fprintf(file, "%s %09d\n", wanted, times - 1);
	}
	fclose(file);
	return found;
}

/* CURLE_OUT_OF_MEMORY */
int
curl_easy_getinfo(void *easy, int info, void *result)
{
	return fails("curl_easy_getinfo") ? 27 :
		real("curl_easy_getinfo") (easy, info, result);
}

int
curl_global_init(long flags)
{
	typedef int (*Init) (long flags);

	return fails("curl_global_init") ? 27 :
		((Init) real("curl_global_init")) (flags);
}

/* CURLM_OUT_OF_MEMORY, CURLM_INTERNAL_ERROR */
int
curl_multi_setopt(void *multi, int option, void *value)
{
	return fails("curl_multi_setopt") ? 3 :
		real("curl_multi_setopt") (multi, option, value);
}

int
curl_multi_add_handle(void *multi, void *easy)
{
	return fails("curl_multi_add_handle") ? 3 :
		real("curl_multi_add_handle") (multi, easy);
}

int
curl_multi_remove_handle(void *multi, void *easy)
{
	return fails("curl_multi_remove_handle") ? 4 :
		real("curl_multi_remove_handle") (multi, easy);
}

int
curl_multi_socket_action(void *multi, int socket, int events, int *running)
{
	return fails("curl_multi_socket_action") ? 0 :
		real("curl_multi_socket_action") (multi, socket, events, running);
}
