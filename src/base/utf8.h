/* SPDX-License-Identifier: MIT */
/*
 * Text from outside.  A name that enters the daemon is made printable once, at
 * the border: invalid UTF-8, control characters and the backslash become
 * \xNN, so that two names never become the same and nothing behind the border
 * needs to escape for line breaks again.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Length of the valid UTF-8 sequence at s, 0 if there is none in len bytes. */
size_t utf8_sequence(const char *s, size_t len);

/* Whether s, of len bytes, is UTF-8 without control characters and without
 * backslashes: a name as it may stand. */
bool utf8_is_name(const char *s, size_t len);

/* The same, but backslashes may stand where they begin \xNN: a name that has
 * been made printable before. */
bool utf8_is_escaped(const char *s, size_t len);

/* Appends s as a name: what utf8_is_name objects to as \xNN. */
void utf8_add_name(struct buf *to, const char *s, size_t len);

/* Appends s for a line of a log or a terminal: as a name, but backslashes
 * stay, and marks that change the direction of writing become \u{NNNN}. */
void utf8_add_line(struct buf *to, const char *s, size_t len);

/* The greatest length up to max at which s, of len bytes, may be cut without
 * breaking a sequence. */
size_t utf8_cut(const char *s, size_t len, size_t max);

#endif
