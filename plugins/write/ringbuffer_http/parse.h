/* SPDX-License-Identifier: MIT */
/*
 * What the readers of snapshots and batches are made of: typed values from the
 * reader, with the path of each, so that every mistake can be named.  A value
 * of the wrong kind is noted and passed over, and reading goes on.
 */
#ifndef HUB_PARSE_H
#define HUB_PARSE_H

#include <stdint.h>

#include "ingest.h"
#include "reader.h"

/* One step of a path: a member's name, or where that is NULL an index. */
struct parse_step {
	const char *name;
	size_t index;
	bool quoted; /* the name is the client's */
};

struct parse {
	struct reader r;
	struct ingest *in;
	struct parse_step path[READER_DEPTH + 2];
	unsigned depth;
};

/* A member of an object: take reads its value into what `to' is. */
struct parse_member {
	const char *name;
	bool required;
	void (*take)(struct parse *p, void *to);
};

struct parse_members {
	const struct parse_member *v;
	unsigned n; /* 31 at most */
};

#define PARSE_MEMBERS(a)                                                      \
	{                                                                     \
		(a), (unsigned)(sizeof(a) / sizeof *(a))                      \
	}

void parse_push(struct parse *p, const char *name);
void parse_push_index(struct parse *p);
void parse_index(struct parse *p, size_t index);
void parse_pop(struct parse *p);

/* Notes that what stands at the path is wrong; what is lent for ever. */
void parse_wrong(struct parse *p, const char *what);
/* The same, and passes over the value. */
void parse_reject(struct parse *p, const char *what);

/* An object's members, in any order; unknown ones are ignored. */
void parse_object(
    struct parse *p, const struct parse_members *members, void *to);
/* One member whose key was read; *seen collects which there were. */
void parse_member(struct parse *p, const struct parse_members *members,
    const struct reader_string *key, void *to, unsigned *seen);
/* Notes the required ones that are not in seen. */
void parse_missing(
    struct parse *p, const struct parse_members *members, unsigned seen);
/* The index of a member, or -1. */
int parse_find(
    const struct parse_members *members, const struct reader_string *key);

/* False, and noted, where it is something else. */
bool parse_enter(struct parse *p, enum reader_kind kind);
bool parse_text(struct parse *p, struct reader_string *s);
bool parse_number(struct parse *p, struct reader_number *n);
bool parse_real(struct parse *p, double *real);
/* A name of 1 to max bytes, as it came: the daemon makes it printable. */
bool parse_name(struct parse *p, const char **name, size_t max);
/* An object of texts, 16 at most, sorted by key.  *tags is never NULL then. */
bool parse_tags(struct parse *p, const struct fettle_tag **tags, size_t *n);

/* Memory of the request; without any the reading ends with 413. */
void *parse_alloc(struct parse *p, size_t size);
/* One more list, with values that are not there yet, n of them; NULL: no
 * memory. */
struct fettle_list *parse_list(struct parse *p,
    const struct fettle_field *const *fields, size_t n,
    struct fettle_value **values);

/* The two kinds of documents: in ingest_snapshot.c and ingest_batch.c. */
extern const struct parse_members snapshot_members, batch_members;

struct snapshot_in {
	const char *host;
	int64_t time_ns;
	size_t from; /* the first of its lists */
};

struct batch_in {
	const char *host;
	const struct fettle_tag *tags;
	size_t n_tags;
	int64_t interval_ns;
};

/* A whole snapshot. */
void snapshot_in_take(struct parse *p);
/* After the members: what the lists have from the document. */
void snapshot_in_end(struct parse *p, const struct snapshot_in *s);
void batch_in_end(struct parse *p, const struct batch_in *b);

#endif
