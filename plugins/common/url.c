/* SPDX-License-Identifier: MIT */
#include "common/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool
is_printable(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s <= ' ' || *s == '\x7f')
			return false;
	return true;
}

bool
url_is_loopback(const char *host)
{
	struct in6_addr six;
	struct in_addr four;
	char bare[64];
	const size_t len = strlen(host);

	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (host[0] != '[' || len - 2 >= sizeof(bare))
		return false;
	memcpy(bare, host + 1, len - 2);
	bare[len - 2] = '\0';
	return inet_pton(AF_INET6, bare, &six) == 1 &&
	       IN6_IS_ADDR_LOOPBACK(&six);
}

/* A part of the URL, to be given to curl_free; NULL: it has none. */
static char *
url_part(CURLU *u, CURLUPart what)
{
	char *part = NULL;

	return curl_url_get(u, what, &part, 0) == CURLUE_OK ? part : NULL;
}

static const char *
check_parts(CURLU *u, bool *exposed)
{
	char *scheme = url_part(u, CURLUPART_SCHEME);
	char *host = url_part(u, CURLUPART_HOST);
	char *user = url_part(u, CURLUPART_USER);
	char *password = url_part(u, CURLUPART_PASSWORD);
	const char *wrong = NULL;

	if (user != NULL || password != NULL)
		wrong = "must not hold a user or a password";
	else if (scheme == NULL ||
		 (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
		wrong = "must begin with http:// or https://";
	else if (host == NULL || *host == '\0')
		wrong = "must name a host";
	else
		*exposed =
		    strcmp(scheme, "http") == 0 && !url_is_loopback(host);
	curl_free(scheme);
	curl_free(host);
	curl_free(user);
	curl_free(password);
	return wrong;
}

int
url_check(const char *url, bool *exposed, char *why, size_t len)
{
	const char *wrong = "must not hold spaces or control characters";
	CURLU *u = curl_url();

	if (u == NULL) {
		snprintf(why, len, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	if (is_printable(url))
		wrong = curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK
			    ? check_parts(u, exposed)
			    : "must be of the form https://HOST[:PORT]/PATH";
	curl_url_cleanup(u);
	if (wrong == NULL)
		return 0;
	snprintf(why, len, "%s", wrong);
	return -EINVAL;
}

int
url_check_way(
    const char *url, const char *proxy, bool cleartext, char *why, size_t len)
{
	const bool proxied = proxy != NULL && *proxy != '\0';
	bool exposed;
	const int rc = url_check(url, &exposed, why, len);

	if (rc != 0)
		return rc;
	if (proxied && strncasecmp(url, "http:", 5) == 0)
		exposed = true;
	if (!exposed || cleartext)
		return 0;
	snprintf(why, len,
	    "must be https://, or cleartext: true be said: on the way to "
	    "another machine anyone can read http://");
	return -EINVAL;
}
