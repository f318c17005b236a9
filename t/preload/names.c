/* SPDX-License-Identifier: MIT */
/*
 * A name server that never answers, by LD_PRELOAD: who asks for a name that
 * ends in .mute waits for ever.
 */
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

__attribute__((visibility("default"))) int
getaddrinfo(const char *name, const char *service,
    const struct addrinfo *hints, struct addrinfo **found)
{
	int (*next)(const char *, const char *, const struct addrinfo *,
	    struct addrinfo **);
	const size_t len = name != NULL ? strlen(name) : 0;

	while (len > 5 && strcmp(name + len - 5, ".mute") == 0)
		pause();
	*(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
	return next(name, service, hints, found);
}
