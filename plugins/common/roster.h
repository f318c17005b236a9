/* SPDX-License-Identifier: MIT */
/*
 * What is remembered of things that come and go, such as disks and interfaces,
 * from one reading to the next.  Who is not in a reading is forgotten, so a
 * thing that comes back is never compared with what it was before.
 *
 * A row is a struct of the caller's that begins with a struct roster_row and
 * owns nothing.  Rows are kept in the order of the readings: as long as that
 * stays the same a row is found without a search.
 */
#ifndef COMMON_ROSTER_H
#define COMMON_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ROSTER_NAME = 64 }; /* with the NUL; the kernel's have 32 and less */

struct roster_row {
	char name[ROSTER_NAME];
	uint64_t id;	  /* of another one that has the same name: another */
	uint64_t reading; /* the last one it was in */
	bool fresh;	  /* that was the first one; all else is zero then */
};

/* Zeroed but for size it is empty. */
struct roster {
	size_t size; /* of a row */
	char *rows;
	size_t n, cap;
	size_t next; /* where the next one is expected */
	uint64_t reading;
};

/* Begins a reading. */
void roster_begin(struct roster *r);

/*
 * The row of a thing that is in this reading, made where there is none; it is
 * the caller's until the next call.  0, -ENOMEM, -EEXIST: it was in this
 * reading before, or -ENAMETOOLONG.
 */
int roster_take(struct roster *r, const char *name, uint64_t id, void **row);

/* Ends a reading: forgets what was not in it. */
void roster_end(struct roster *r);

void roster_fini(struct roster *r);

#endif
