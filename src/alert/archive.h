/* SPDX-License-Identifier: MIT */
/*
 * The records of the alerts in their file, state_dir/alerts.db.  One thread at
 * a time, and it waits for the disk.  Errors are those of deliver/store.h:
 * after any the archive is to be closed, and opened anew later.
 */
#ifndef ALERT_ARCHIVE_H
#define ALERT_ARCHIVE_H

#include "alert/engine.h"
#include "base/vec.h"
#include "deliver/store.h"

enum { ARCHIVE_DEAD = 1000 }; /* dead letters that are kept */

/* What one transaction is to write. */
struct transaction {
	VEC(struct archived) records;
	bool whole; /* what is not in it goes */
};

struct archived {
	enum record_table table;
	char *key;
	char *data; /* NULL: it is gone */
	size_t len;
};

struct archive {
	struct store *store; /* NULL: not open */
};

/* For engine_commit; arg is a struct transaction. */
void transaction_put(void *arg, enum record_table table, const char *key,
    const void *data, size_t len);
/* Leaves only the last dead letters: all else the engine knows itself. */
void transaction_drop(struct transaction *t);
/* These take numbers after last. */
void transaction_renumber(struct transaction *t, uint64_t last);
/* For history_commit. */
void transaction_put_past(
    void *arg, const char *key, const void *data, size_t len);
/* Hands all there is to the engine, and what happened to h; how many records
 * were damaged. */
size_t transaction_load(
    const struct transaction *t, struct engine *e, struct history *h);
void transaction_clear(struct transaction *t);

int archive_open(struct archive *a, const char *path,
    struct store_found *found, char *why, size_t len);
/* Adds all there is but dead letters.  How many records were damaged: then the
 * next transaction is to be a whole one. */
int archive_read(struct archive *a, struct transaction *t, size_t *damaged);
int archive_write(struct archive *a, const struct transaction *t);
uint64_t archive_size(struct archive *a);
void archive_close(struct archive *a, bool clean);

#endif
