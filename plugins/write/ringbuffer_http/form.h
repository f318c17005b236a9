/* SPDX-License-Identifier: MIT */
/* NAME=VALUE&NAME=VALUE, percent-encoded: what stands behind the `?' of a
 * request, and what a form sends.  Pure functions. */
#ifndef HUB_FORM_H
#define HUB_FORM_H

#include <stdbool.h>
#include <stddef.h>

enum { FORM_MAX = 64 }; /* parameters */

struct form_field {
	char *name, *value;
};

/* Points into the text. */
struct form {
	struct form_field v[FORM_MAX];
	size_t n;
};

/* Splits and decodes text (NULL: none) in place; plus: a `+' is a space, as
 * forms send it, and not a plus, as in a time's zone.  False and *why, lent
 * for ever, where it is no such text, or not UTF-8 without NUL. */
bool form_read(struct form *f, char *text, bool plus, const char **why);

/* The value of a parameter, the last one; NULL: it is not there. */
const char *form_get(const struct form *f, const char *name);

/* A query that may have one parameter, host, a glob: it is "*" where it is not
 * there or empty.  NULL, or what is wrong, lent for ever. */
const char *form_host(char *query, const char **host);

#endif
