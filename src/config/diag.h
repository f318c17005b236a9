/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with a configuration: collected, not logged, so that a person
 * sees all of it at once.  One thread.
 */
#ifndef CONFIG_DIAG_H
#define CONFIG_DIAG_H

#include <stddef.h>
#include <stdio.h>

/* A place in a file.  file is lent; the tree that was read owns it. */
struct pos {
	const char *file;
	unsigned line, column; /* from 1; 0: the whole file */
};

struct diags; /* owns copies of all it is told */

struct diags *diags_new(void);
void diags_free(struct diags *d);

/* A mistake: the configuration cannot be used. */
void diag_error(struct diags *d, struct pos pos, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Worth knowing for --check, no mistake. */
void diag_note(struct diags *d, struct pos pos, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

size_t diags_errors(const struct diags *d);

/* Calls line for each as `FILE:LINE:COLUMN: message', in the order of file and
 * position; errors only, or notes as well (`FILE:LINE:COLUMN: note: message').
 * What it prints has no control characters. */
void diags_each(const struct diags *d, int notes,
    void (*line)(void *arg, const char *text), void *arg);

#endif
