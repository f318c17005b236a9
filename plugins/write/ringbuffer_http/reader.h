/* SPDX-License-Identifier: MIT */
/*
 * A strict JSON reader for bodies from outside: it pulls one value after the
 * other out of the text, in place, and builds nothing.  RFC 8259 to the
 * letter; beyond it: at most 8 deep, no name twice in an object, no U+0000,
 * whole numbers within 64 bits, no real number that overflows.
 *
 * The first mistake is kept in what and offset, and from then on every call
 * says no; who reads asks once, at the end.  Strings are decoded where they
 * stand, terminated with NUL, and last as long as the text.
 */
#ifndef HUB_READER_H
#define HUB_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { READER_DEPTH = 8 };

enum reader_kind {
	READER_NOTHING, /* a mistake, or the end */
	READER_OBJECT,
	READER_ARRAY,
	READER_STRING,
	READER_NUMBER,
	READER_WORD, /* true, false */
	READER_NULL,
};

struct reader_key;

struct reader {
	char *begin, *p, *end;
	const char *what; /* what is wrong, NULL: nothing so far */
	size_t offset;	  /* where */
	unsigned depth;
	bool first; /* in the object or array nothing was read yet */
	/* The names so far of all objects that are open, one behind the other;
	 * those of the object at depth d begin at base[d]. */
	struct reader_key *keys;
	size_t n_keys, cap_keys, base[READER_DEPTH + 1];
};

struct reader_string {
	char *s;
	size_t len;
};

struct reader_number {
	double real; /* the nearest */
	bool whole;  /* written without point and exponent, as integer */
	int64_t integer;
	/* The number is exactly mantissa * 10^exponent, but for its sign. */
	bool exact, negative;
	uint64_t mantissa;
	int exponent;
};

/* A place that was passed over, to be read later. */
struct reader_mark {
	char *p;
	unsigned depth;
};

/* text[len] must be there, and writable. */
void reader_init(struct reader *r, char *text, size_t len);
void reader_fini(struct reader *r);
/* Ends the reading here, with a mistake; what is lent for ever.  Returns
 * false. */
bool reader_fail(struct reader *r, const char *what);
/* Whether the text is over and had no mistake. */
bool reader_done(struct reader *r);

/* What comes next.  It is then read by the function for it, or skipped. */
enum reader_kind reader_peek(struct reader *r);
bool reader_string(struct reader *r, struct reader_string *s);
bool reader_number(struct reader *r, struct reader_number *n);
void reader_skip(struct reader *r);

/* Steps into an array; then reader_next is true before each element. */
bool reader_array(struct reader *r);
bool reader_next(struct reader *r);
/* Steps into an object; then reader_key is true before each value. */
bool reader_object(struct reader *r);
bool reader_key(struct reader *r, struct reader_string *key);

/*
 * Passes over a value without checking it.  It must be gone back to:
 * reader_back steps to the value and gives the place to return to, which is
 * given to reader_back again when the value has been read.
 */
struct reader_mark reader_pass(struct reader *r);
struct reader_mark reader_back(struct reader *r, struct reader_mark to);

#endif
