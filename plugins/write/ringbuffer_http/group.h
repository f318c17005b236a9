/* SPDX-License-Identifier: MIT */
/* A group of a batch: one plugin's fields, and rows of their values. */
#ifndef HUB_GROUP_H
#define HUB_GROUP_H

#include "parse.h"

enum { NAME_MAX_BYTES = 255, WORD_MAX_BYTES = 63 };

struct group {
	struct batch_in of; /* its own host, tags, interval */
	const char *plugin, *instance_name;
	const struct fettle_field *const *fields; /* NULL: not yet */
	size_t n;
	struct reader_mark rows; /* p is set: they came before the fields */
};

/* Members of a group; `to' is the struct group. */
void group_fields(struct parse *p, void *to);
void group_rows(struct parse *p, void *to);
/* After the members: rows that came before the fields. */
void group_end(struct parse *p, struct group *g);
/* Whether a list has a value at all. */
bool group_has_value(const struct fettle_list *l);
/* Whether s is of A-Z a-z 0-9 _, and 1 to 63 bytes. */
bool group_is_word(const char *s);

#endif
