/* SPDX-License-Identifier: MIT */
/*
 * Fields that nobody declared, kept once for all hosts that send them.  Not
 * locked: the table of series, which owns it, is.
 */
#ifndef FLOW_FIELDS_H
#define FLOW_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include <fettle/plugin.h>

struct interned_field;

struct fields {
	struct interned_field **buckets;
	size_t n_buckets, n;
};

void fields_fini(struct fields *f);

/* A copy that lasts until as many fields_put as gets were made. */
const struct fettle_field *fields_get(
    struct fields *f, const struct fettle_field *like);
void fields_put(struct fields *f, const struct fettle_field *field);

/* Whether both say the same of name, kind and unit. */
bool field_same(const struct fettle_field *a, const struct fettle_field *b);

#endif
