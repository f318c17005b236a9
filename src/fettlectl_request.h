/* SPDX-License-Identifier: MIT */
/* From a command line to a request of the control protocol. */
#ifndef FETTLECTL_REQUEST_H
#define FETTLECTL_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

struct request {
	const char *command;
	const char *begun;	    /* what it is put into; NULL: do COMMAND */
	const char *const *members; /* what the arguments become; "number" is
				     * one, from 1 */
	char **arguments;
	int n;
	const char *span, *reason; /* of a silence; NULL: none */
};

/* The line to send, the caller's; NULL, with the reason in why, where a word
 * is not what it must be. */
char *request_line(const struct request *r, char *why, size_t len);

#endif
