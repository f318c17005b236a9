/* SPDX-License-Identifier: MIT */
/*
 * What containers are called, found out once for each: a list keeps what it
 * is told apart by, even if somebody calls the container otherwise meanwhile.
 */
#ifndef CGROUP_NAMES_H
#define CGROUP_NAMES_H

#include <fettle/plugin.h>

#include "container.h"

struct named;

struct names {
	/* Where runtimes keep their files; NULL or "": nowhere. */
	const char *folders[RUNTIME_N];
	bool said; /* that a file may not be read was logged */
	struct named *v;
	size_t n, cap;
	size_t next; /* groups come in the same order again and again */
	uint64_t reading;
};

/* Begins a read. */
void names_begin(struct names *names);

/* What the container at path is called; labels: what its path says of it.
 * Lent until the next call; NULL: out of memory. */
const struct labels *names_get(struct names *names, struct fettle_ctx *ctx,
    const char *path, const struct container *c, const struct labels *labels);

/* Forgets those that this read did not ask for. */
void names_end(struct names *names);

void names_fini(struct names *names);

#endif
