/* SPDX-License-Identifier: MIT */
/* One mail to one server, on a connection of its own: nothing of it is kept,
 * and every wait is finite.  TLS is 1.2 or newer, and verified. */
#ifndef SMTP_POST_H
#define SMTP_POST_H

#include <stdbool.h>
#include <stdint.h>

#include <fettle/plugin.h>

#include "common/text.h"
#include "talk.h"

struct post {
	const char *url; /* smtp://HOST:PORT/NAME, NAME for EHLO */
	const char *from;
	struct fettle_strings to;
	const char *user, *password; /* NULL: none */
	const char *ca_file;	     /* NULL: the system's */
	bool starttls;		     /* or nothing is said */
	int64_t left_ns;
};

enum post_result {
	POST_UNSENT,  /* surely not delivered: error says why */
	POST_NO_TLS,  /* nor ever will be: the server has no STARTTLS */
	POST_UNKNOWN, /* sent, and no answer came */
	POST_JUDGED,  /* the server said so: talk_judge */
};

struct post_outcome {
	struct talk talk;
	char error[300]; /* printable */
};

enum post_result post_mail(const struct post *p, const struct text *mail,
    struct post_outcome *outcome);

#endif
