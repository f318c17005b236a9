/* SPDX-License-Identifier: MIT */
/*
 * What every transfer by libcurl has in common here.  Nothing comes from the
 * environment, no signal is used, TLS is 1.2 or newer and always verified.
 */
#ifndef COMMON_EASY_H
#define COMMON_EASY_H

#include <curl/curl.h>

/* Lent for as long as the handle is; texts may be NULL or "". */
struct easy_setup {
	const char *protocols; /* "http,https" */
	long protocol_bits;    /* the same for a libcurl older than 7.85 */
	const char *ca_file;   /* trust what it holds, not what the system
				* does */
	const char *proxy;     /* its URL; none: go straight */
	char *said;	       /* CURL_ERROR_SIZE bytes: what went wrong */
};

/* NULL: libcurl cannot be set up.  curl_easy_cleanup ends it.  From any
 * thread. */
CURL *easy_new(const struct easy_setup *setup);

/* Sets an option where rc, a CURLcode, is CURLE_OK, and sets that. */
#define EASY_SET(rc, curl, option, value)                                     \
	do                                                                    \
		if ((rc) == CURLE_OK)                                         \
			(rc) = curl_easy_setopt(curl, option, value);         \
	while (0)

#endif
