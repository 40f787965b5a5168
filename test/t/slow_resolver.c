/*-------------------------------------------------------------------------
 *
 * slow_resolver.c
 *	  A getaddrinfo() that takes its time, to be preloaded into a server.
 *
 * The name says how long it takes: "3-seconds.invalid" is 127.0.0.1 after
 * three seconds, and "3-seconds.nowhere.invalid" does not exist after as
 * many.  All other names are those of the system.
 *
 * IDENTIFICATION
 *	  test/t/slow_resolver.c
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef int (*Resolver) (const char *name, const char *service,
						 const struct addrinfo *hints,
						 struct addrinfo **addresses);

int
getaddrinfo(const char *name, const char *service,
			const struct addrinfo *hints, struct addrinfo **addresses)
{
	Resolver	system_resolver = (Resolver) dlsym(RTLD_NEXT, "getaddrinfo");
	unsigned int seconds;
	int			len = 0;

	if (name != NULL &&
		sscanf(name, "%u-seconds%n", &seconds, &len) == 1 && len > 0)
	{
		while (seconds > 0)
			seconds = sleep(seconds);
		if (strcmp(name + len, ".invalid") != 0)
			return EAI_NONAME;
		name = "127.0.0.1";
	}
	return system_resolver(name, service, hints, addresses);
}
