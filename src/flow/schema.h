/* SPDX-License-Identifier: MIT */
/* What the fields of a host's plugin are: fixed by its declaration, or by the
 * first list that brings them.  Under the lock of the table of series. */
#ifndef FLOW_SCHEMA_H
#define FLOW_SCHEMA_H

#include "flow/series.h"

/* The schema of a host's plugin, if it can take the fields of the list; made
 * if it is new and can. */
enum drop schema_get(struct series_table *t, struct host *h,
    const char *plugin, const struct intern *how, const struct fettle_list *l,
    struct schema **out);
void schema_free(struct fields *fields, struct schema *s);

const struct fettle_field *schema_field(
    const struct schema *s, const char *name);

/* Takes the fields of a list, and finds the array they are kept in; see
 * series_intern. */
enum drop schema_layout(struct series_table *t, struct intern *how,
    struct series *series, const struct fettle_list *l,
    const struct fettle_field *const **layout);

#endif
