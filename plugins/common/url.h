/* SPDX-License-Identifier: MIT */
#ifndef COMMON_URL_H
#define COMMON_URL_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a host, as it stands in a URL, is this machine. */
bool url_is_loopback(const char *host);

/*
 * Whether http_post may be given the URL: http or https, a host, no user and
 * password (secrets are files).  0, or -errno and why, without the URL, which
 * may be a secret.  *exposed says whether what is sent there can be read on
 * the way: it is not encrypted, and leaves this machine.
 */
int url_check(const char *url, bool *exposed, char *why, size_t len);

/* The same for a URL that values are sent to, by way of a proxy (NULL or "":
 * none): what is exposed must be allowed to be, by cleartext. */
int url_check_way(
    const char *url, const char *proxy, bool cleartext, char *why, size_t len);

#endif
