/* SPDX-License-Identifier: MIT */
/*
 * What a server says when it did not take all lines.  Versions 1 and 2 give a
 * message, and how many were dropped; version 3 names each by its number, and
 * has written the others.  Whatever is said is somebody else's text.
 */
#ifndef INFLUXDB_ANSWER_H
#define INFLUXDB_ANSWER_H

#include <jansson.h>
#include <stddef.h>

enum { ANSWER_LINES = 100 }; /* version 3 names no more than that */

enum answer_what {
	ANSWER_TEXT,	    /* what was written is not known */
	ANSWER_NONE,	    /* nothing was: each of the lines is bad */
	ANSWER_SOME,	    /* all but those that are named were */
	ANSWER_NO_DATABASE, /* nothing was: there is no such database */
};

struct answer_line {
	size_t line;	 /* from 0 */
	const char *why; /* NULL: it does not say */
};

struct answer {
	enum answer_what what;
	const char *text; /* the message, or all of it; not terminated */
	size_t len;
	struct answer_line bad[ANSWER_LINES]; /* ANSWER_SOME */
	size_t n_bad;
	json_t *json; /* what the texts are part of */
};

/* body: of the answer to n lines; it must stay until answer_fini. */
void answer_init(struct answer *a, const char *body, size_t len, size_t n);
void answer_fini(struct answer *a);

#endif
