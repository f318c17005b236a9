/* SPDX-License-Identifier: MIT */
/*
 * collectd's types.db, of which a line is
 *
 *	NAME	SOURCE:KIND:MIN:MAX, SOURCE:KIND:MIN:MAX...
 *
 * and the names of fields that are made with it.  Limits are not kept: a value
 * beyond them is a value.  Constant once it is read.
 */
#ifndef COMMON_TYPESDB_H
#define COMMON_TYPESDB_H

#include <stdbool.h>
#include <stddef.h>

enum {
	TYPES_NAME = 64,	/* of a field, with its NUL */
	TYPES_MAX = 16384,	/* types */
	TYPES_SOURCES_MAX = 64, /* of a type */
};

/* The numbers are those of collectd's packets. */
enum types_kind {
	TYPES_COUNTER,
	TYPES_GAUGE,
	TYPES_DERIVE,
	TYPES_ABSOLUTE,
};

struct types_source {
	const char *name;
	enum types_kind kind;
};

struct types_type {
	const char *name;
	size_t first, n; /* of the sources */
};

struct typesdb {
	char *text;		  /* what the names point into */
	struct types_type *types; /* sorted by name */
	struct types_source *sources;
	size_t n, n_sources;
	size_t bad; /* lines that are none */
};

/* Takes the text apart, which is kept and changed; where a type comes twice
 * the last one counts.  0 or -ENOMEM; the text is freed in any case. */
int typesdb_init(struct typesdb *db, char *text);
void typesdb_fini(struct typesdb *db);

/* NULL: it is not known. */
const struct types_type *typesdb_find(
    const struct typesdb *db, const char *name);

/*
 * TYPE[_INSTANCE][_SOURCE] for value i of n, without what is left out; the
 * source is left out where a type has one only, and is its number where the
 * type is not known or says another number of them.  What is not [A-Za-z0-9_]
 * becomes `_'; of what is too long the end becomes a checksum of it.
 */
void typesdb_field(const struct typesdb *db, const char *type,
    const char *instance, size_t i, size_t n, char out[TYPES_NAME]);

/* The same for one word; out has room for TYPES_NAME. */
void types_word(const char *text, char out[TYPES_NAME]);

#endif
