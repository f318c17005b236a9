/* SPDX-License-Identifier: MIT */
/*
 * What is known of the processes that a pass over /proc found, for the next
 * one.  Not locked; it belongs to whoever zeroed it.
 */
#ifndef PROCESSES_TABLE_H
#define PROCESSES_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A process.  Another one that gets its number has another start. */
struct known {
	uint64_t pid, start;
	uint64_t groups;   /* a bit for each that it belongs to */
	uint64_t comm;	   /* hash of it */
	uint64_t ticks;	   /* of processor time */
	uint64_t got, put; /* bytes, from and to disks */
	bool io;	   /* these are known */
};

struct table {
	struct known *v;
	size_t n, cap;
};

/* A place for one more, not filled in; NULL: out of memory. */
struct known *table_add(struct table *t);

/* Has to be called before table_find: puts them in order, where the folder
 * did not bring them in order. */
void table_sort(struct table *t);

/* Lent until the table changes; NULL: not known. */
const struct known *table_find(
    const struct table *t, uint64_t pid, uint64_t start);

void table_fini(struct table *t);

#endif
