/* SPDX-License-Identifier: MIT */
/*
 * What one call of read has submitted so far: copies, and the first error.
 * It belongs to the reader thread and serves one read after the other.
 */
#ifndef FLOW_DRAFT_H
#define FLOW_DRAFT_H

#include "base/arena.h"
#include "base/vec.h"
#include "flow/batch.h"
#include "plugin/descriptor.h"

struct draft {
	struct arena arena;
	VEC(const struct fettle_list *) lists;
	int error; /* of the first submit that failed, 0 */
	char why[160];
};

void draft_reset(struct draft *d);
void draft_fini(struct draft *d);

/* The three ways of fettle_submit; 0 or -EINVAL. */
int draft_reals(struct draft *d, const struct plugin *p, const char *instance,
    const double *reals, size_t n);
int draft_values(struct draft *d, const struct plugin *p, const char *instance,
    const struct fettle_value *values, size_t n);
int draft_list(
    struct draft *d, const struct plugin *p, const struct fettle_list *list);

#endif
