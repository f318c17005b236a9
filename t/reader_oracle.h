/* SPDX-License-Identifier: MIT */
/* jansson as the judge of the reader: both must take the same texts, and read
 * the same values.  Shared by the unit test and the fuzz target. */
#ifndef T_READER_ORACLE_H
#define T_READER_ORACLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "write/ringbuffer_http/reader.h"

static inline json_t *
oracle_take(struct reader *r)
{
	struct reader_string s;
	struct reader_number n = { 0 };
	json_t *v = NULL;
	bool truth;

	switch (reader_peek(r)) {
	case READER_OBJECT:
		v = json_object();
		if (!reader_object(r))
			break;
		while (reader_key(r, &s))
			json_object_set_new(v, s.s, oracle_take(r));
		break;
	case READER_ARRAY:
		v = json_array();
		if (!reader_array(r))
			break;
		while (reader_next(r))
			json_array_append_new(v, oracle_take(r));
		break;
	case READER_STRING:
		if (reader_string(r, &s))
			v = json_stringn(s.s, s.len);
		break;
	case READER_NUMBER:
		if (reader_number(r, &n))
			v = n.whole ? json_integer(n.integer)
				    : json_real(n.real);
		break;
	case READER_WORD:
		truth = *r->p == 't';
		reader_skip(r);
		v = json_boolean(truth);
		break;
	case READER_NULL:
		reader_skip(r);
		v = json_null();
		break;
	case READER_NOTHING:
		break;
	}
	return v != NULL ? v : json_null();
}

/* What the reader makes of the text, NULL if it refuses it; *what is why. */
static inline json_t *
oracle_read(const char *text, size_t len, const char **what)
{
	char *copy = malloc(len + 1);
	struct reader r;
	json_t *v;

	memcpy(copy, text, len);
	reader_init(&r, copy, len);
	v = oracle_take(&r);
	if (!reader_done(&r)) {
		json_decref(v);
		v = NULL;
	}
	*what = r.what;
	reader_fini(&r);
	free(copy);
	return v;
}

/* The same with skip, which builds nothing. */
static inline bool
oracle_skip(const char *text, size_t len)
{
	char *copy = malloc(len + 1);
	struct reader r;
	bool ok;

	memcpy(copy, text, len);
	reader_init(&r, copy, len);
	reader_skip(&r);
	ok = reader_done(&r);
	reader_fini(&r);
	free(copy);
	return ok;
}

/* The same, passing over the whole and going back to it. */
static inline bool
oracle_pass(const char *text, size_t len)
{
	char *copy = malloc(len + 1);
	struct reader_mark mark;
	struct reader r;
	bool ok;

	memcpy(copy, text, len);
	reader_init(&r, copy, len);
	mark = reader_back(&r, reader_pass(&r));
	reader_skip(&r);
	ok = r.p == mark.p;
	reader_back(&r, mark);
	ok = reader_done(&r) && ok;
	reader_fini(&r);
	free(copy);
	return ok;
}

/* Whether all agree about the text; only the depth may differ. */
static inline bool
oracle_agrees(const char *text, size_t len)
{
	const char *what;
	json_t *ours = oracle_read(text, len, &what);
	json_t *theirs = json_loadb(
	    text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	const bool deep = what != NULL && strcmp(what, "too deep") == 0;
	/* jansson reads "2\0" as 2; a NUL is never JSON */
	const bool same =
	    deep || (memchr(text, '\0', len) != NULL ? ours == NULL
			: ours == NULL		     ? theirs == NULL
				       : json_equal(ours, theirs));

	json_decref(ours);
	json_decref(theirs);
	return same && (deep || (oracle_skip(text, len) == (ours != NULL) &&
				    oracle_pass(text, len) == (ours != NULL)));
}

#endif
