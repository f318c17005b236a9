/* SPDX-License-Identifier: MIT */
/*
 * What is to outlive the process: numbered rows in logs, records by key, and
 * changes of both that happen together or not at all.  On disk it is a SQLite
 * file, by a shared object that is loaded when first wanted; without a path it
 * is memory with the same manners.
 *
 * One owner, one thread at a time; nothing here is locked.  All but the memory
 * wait for the disk: never the dispatch thread.
 *
 * Errors.  -ENOENT: there is no such thing.  -ENOBUFS: max_size is reached;
 * nothing has happened, remove something and try again.  -EBADMSG: this row or
 * record is damaged, the others are not.  After any other the handle is done
 * for: every call returns the same, the disk is left alone (an fsync that has
 * failed must not be tried again), and it is to be closed and opened anew
 * later.  What was not committed is gone then; a commit that failed may turn
 * out to have happened.  -EUCLEAN: the file itself is damaged; the next open
 * sets it aside.
 */
#ifndef DELIVER_STORE_H
#define DELIVER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	STORE_LOGS = 64,
	STORE_KEY_MAX = 4096,	      /* bytes, 1 at least */
	STORE_BODY_MAX = 1024 * 1024, /* bytes of a row or a value */
	STORE_SIZE_MIN = 1024 * 1024, /* a smaller max_size means this */
};

enum store_sync {
	STORE_CRASH, /* what is committed outlives the process */
	STORE_POWER, /* and the loss of power */
};

struct store_options {
	const char *path; /* absolute; NULL: memory */
	const char *kind; /* what is in it, such as "spool"; [a-z]+ */
	uint32_t version; /* of what the owner puts into it */
	enum store_sync sync;
	/* Bytes that file and log may take; 0: no limit.  A transaction that
	 * is large itself may exceed it for a moment. */
	uint64_t max_size;
};

enum store_state {
	STORE_NEW,     /* nothing was there */
	STORE_CLEAN,   /* its last owner closed it */
	STORE_UNCLEAN, /* it did not: some of its last commits may be lost if
			* the power was, and STORE_CRASH all it asked for */
};

struct store_found {
	enum store_state state;
	/* What a damaged file that was there before is called now, without its
	 * folder; "": none was.  why says what was wrong with it. */
	char aside[256];
};

struct store;

/*
 * Loads the shared object from the folder, an absolute path without symbolic
 * links, once for the process; main thread.  0, or -errno and why.
 */
int store_load(const char *folder, char *why, size_t len);

/*
 * Opens or makes it, folders above included; theirs and its mode is for the
 * user alone.  0, or -errno, why, and *s NULL: -EBUSY another process has it,
 * -EPROTO a newer version wrote it (it stays as it is), -ENOSYS store_load has
 * not succeeded, else what the disk said.
 */
int store_open(struct store **s, const struct store_options *options,
    struct store_found *found, char *why, size_t len);

/* NULL is fine.  Clean: the next who opens it is told so.  What is begun and
 * not committed is rolled back.  0, or -errno where it could not be left
 * clean; it is closed in any case. */
int store_close(struct store *s, bool clean);

/* Every change is made between begin and commit. */
int store_begin(struct store *s);
int store_commit(struct store *s);
void store_rollback(struct store *s);

struct store_row {
	uint64_t id;
	const void *body; /* lent until the next call */
	size_t len;
};

/* Ids rise from 1 and are never used again, not even for another log. */
int store_append(
    struct store *s, unsigned log, const void *body, size_t len, uint64_t *id);
/* The first row whose id is greater than after.  With -EBADMSG its id is
 * known, and nothing else of it. */
int store_next(
    struct store *s, unsigned log, uint64_t after, struct store_row *row);
/* Removes all rows up to that id, if there are any; or one that is there. */
int store_trim(struct store *s, unsigned log, uint64_t through);
int store_remove(struct store *s, unsigned log, uint64_t id);

/* Keys are text that does not begin with a control character. */
int store_set(struct store *s, const char *key, const void *value, size_t len);
/* The value is lent until the next call. */
int store_get(
    struct store *s, const char *key, const void **value, size_t *len);
int store_unset(struct store *s, const char *key);
/*
 * Calls fn, which may not use the store, for each record whose key begins with
 * the prefix, in the order of their bytes, until fn returns other than 0: that
 * is returned.  -EBADMSG: some were damaged and are left out.
 */
int store_each(struct store *s, const char *prefix,
    int (*fn)(void *arg, const char *key, const void *value, size_t len),
    void *arg);

/* The bytes that what is in it takes; what was removed does not count. */
uint64_t store_size(struct store *s);

#endif
