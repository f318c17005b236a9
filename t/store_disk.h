/* SPDX-License-Identifier: MIT */
/*
 * A store on disk under test, and the disk: the calls by which SQLite writes
 * are ours, so that any of them can be made to fail.  Nothing is flushed: the
 * page cache outlives all that happens here.
 */
#ifndef T_STORE_DISK_H
#define T_STORE_DISK_H

#include <stdbool.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "deliver/store.h"
#include "store_dir.h"

struct disk {
	int calls, fail_at; /* which of them fails; 0: none */
	int error;
	bool for_ever; /* and all after it */
	int syncs, reads;
};

extern struct disk disk;
extern struct store *s;
extern struct store_found found;
extern char why[256];

/* A test's setup; store_dir_end is its teardown. */
int disk_begin(void **state);

/* The store of the test, which is spool/w.db in its folder. */
int try_open(struct store **to, const char *kind, uint32_t version,
    enum store_sync sync);
void open_store(void);
void close_store(bool clean);

/* One transaction of one row: 0, or what failed. */
int try_put(const char *text);
void put(const char *text);
/* Rows of n bytes each, in one transaction. */
void put_many(int rows, size_t each);
/* The bodies of all rows, between blanks. */
const char *rows(void);

/* Runs it in a process of its own that is killed at its end. */
void killed(void (*fn)(void));

/* How many entries of the folder spool have that in their names. */
int count_files(const char *what);
/* A file, whole; empty where there is none. */
struct buf contents(const char *name);
void write_contents(const char *name, const struct buf *all);

#endif
