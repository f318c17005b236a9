/* SPDX-License-Identifier: MIT */
/*
 * A store in a SQLite file: write-ahead log, one connection that has the file
 * to itself.  A shared object of its own, so that a daemon that keeps nothing
 * does not carry SQLite; it calls nothing of the daemon.
 *
 * The lock is exclusive before the log is first used: so its index is in
 * memory, no file beside it is shared, and no two connections meet.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "deliver/store_backend.h"

enum {
	APPLICATION = 0x66746c65, /* "ftle"; the schema says it in decimal */
	PAGE = 4096,
	/* A value that would be longer is no value of ours. */
	LENGTH_MAX = 2 * STORE_BODY_MAX,
	/* Pages that the limit allows beyond max_size, which is kept in
	 * store.c: the file must never be the first to say no. */
	PAGES_SPARE = 64,
};

enum statement {
	S_BEGIN,
	S_COMMIT,
	S_ROLLBACK,
	S_APPEND,
	S_NEXT,
	S_REMOVE,
	S_SET,
	S_GET,
	S_UNSET,
	S_EACH,
	S_PAGES,
	S_FREE_PAGES,
	S_N
};

static const char *const texts[S_N] = {
	[S_BEGIN] = "BEGIN IMMEDIATE",
	[S_COMMIT] = "COMMIT",
	[S_ROLLBACK] = "ROLLBACK",
	[S_APPEND] = "INSERT INTO row VALUES(?1,?2,?3)",
	[S_NEXT] = "SELECT id,crc,body FROM row WHERE id>?1 AND id<=?2 "
		   "ORDER BY id LIMIT 1",
	[S_REMOVE] = "DELETE FROM row WHERE id>=?1 AND id<=?2",
	[S_SET] = "INSERT OR REPLACE INTO record VALUES(?1,?2,?3)",
	[S_GET] = "SELECT key,crc,value FROM record WHERE key=?1",
	[S_UNSET] = "DELETE FROM record WHERE key=?1",
	[S_EACH] = "SELECT key,crc,value FROM record WHERE key>=?1 "
		   "ORDER BY key",
	[S_PAGES] = "PRAGMA page_count",
	[S_FREE_PAGES] = "PRAGMA freelist_count",
};

/* Keys are blobs, so that their bytes are their order. */
static const char schema[] =
    "BEGIN;"
    "CREATE TABLE record(key BLOB PRIMARY KEY,crc INT,value BLOB)"
    "WITHOUT ROWID;"
    "CREATE TABLE row(id INTEGER PRIMARY KEY,crc INT,body BLOB);"
    "PRAGMA application_id=1718905957;"
    "COMMIT";

struct base {
	sqlite3 *db;
	sqlite3_stmt *statement[S_N]; /* NULL: not needed yet */
	sqlite3_stmt *lending;	      /* what was lent last is its */
	bool synced;		      /* what synchronous is now */
};

/* --- what SQLite says ---------------------------------------------------- */

static int
errno_of(sqlite3 *db)
{
	switch (sqlite3_errcode(db) & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_CANTOPEN:
		return sqlite3_system_errno(db) != 0
			   ? -sqlite3_system_errno(db)
			   : -ENOENT;
	case SQLITE_IOERR:
		return -EIO;
	default:
		/* not a database, malformed, other tables than ours */
		return -EUCLEAN;
	}
}

static int
said(struct base *b, char *why, size_t len)
{
	const int rc = errno_of(b->db);

	snprintf(why, len, "%s",
	    rc == -EBUSY ? "another process has it open"
			 : sqlite3_errmsg(b->db));
	return rc;
}

static int
run(struct base *b, const char *sql)
{
	return sqlite3_exec(b->db, sql, NULL, NULL, NULL) == SQLITE_OK
		   ? 0
		   : errno_of(b->db);
}

/* --- statements ---------------------------------------------------------- */

/* What was lent is taken back: a statement under way would keep the log from
 * being written back. */
static void
take_back(struct base *b)
{
	if (b->lending != NULL)
		sqlite3_reset(b->lending);
	b->lending = NULL;
}

static int
ready(struct base *b, enum statement which, sqlite3_stmt **out)
{
	take_back(b);
	if (b->statement[which] == NULL &&
	    sqlite3_prepare_v3(b->db, texts[which], -1,
		SQLITE_PREPARE_PERSISTENT, &b->statement[which],
		NULL) != SQLITE_OK)
		return errno_of(b->db);
	*out = b->statement[which];
	return 0;
}

static void
bind_number(sqlite3_stmt *st, int at, uint64_t n)
{
	sqlite3_bind_int64(st, at, (sqlite3_int64)n);
}

/* Lent to the statement; of no bytes is still not NULL. */
static void
bind_bytes(sqlite3_stmt *st, int at, const void *data, size_t len)
{
	if (len > 0)
		sqlite3_bind_blob64(st, at, data, len, SQLITE_STATIC);
	else
		sqlite3_bind_zeroblob(st, at, 0);
}

/* Runs a statement that has no result; what was bound is let go. */
static int
finish(struct base *b, sqlite3_stmt *st)
{
	const int rc = sqlite3_step(st) == SQLITE_DONE ? 0 : errno_of(b->db);

	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return rc;
}

static int
run_one(struct base *b, enum statement which)
{
	sqlite3_stmt *st;
	const int rc = ready(b, which, &st);

	return rc < 0 ? rc : finish(b, st);
}

/* The number that a statement without arguments answers. */
static int
ask(struct base *b, enum statement which, uint64_t *answer)
{
	sqlite3_stmt *st;
	int rc = ready(b, which, &st);

	if (rc < 0)
		return rc;
	if (sqlite3_step(st) == SQLITE_ROW)
		*answer = (uint64_t)sqlite3_column_int64(st, 0);
	else
		rc = errno_of(b->db);
	sqlite3_reset(st);
	return rc;
}

/* Column 0 is left to the caller. */
static int
fill(struct base *b, sqlite3_stmt *st, struct store_item *item)
{
	*item = (struct store_item){ 0 };
	item->crc = (uint32_t)sqlite3_column_int64(st, 1);
	item->body = sqlite3_column_blob(st, 2);
	item->len = (size_t)sqlite3_column_bytes(st, 2);
	if (item->body != NULL)
		return 0;
	if (item->len > 0 || sqlite3_errcode(b->db) == SQLITE_NOMEM)
		return -ENOMEM;
	item->body = "";
	return 0;
}

static int
fill_record(struct base *b, sqlite3_stmt *st, struct store_item *item)
{
	const int rc = fill(b, st, item);

	/* as text, so that it ends with a NUL */
	item->key = (const char *)sqlite3_column_text(st, 0);
	return rc == 0 && item->key == NULL ? -ENOMEM : rc;
}

/* --- open and close ------------------------------------------------------ */

/* Runs a pragma and checks what it answers. */
static int
demand(struct base *b, const char *pragma, const char *answer, char *why,
    size_t len)
{
	sqlite3_stmt *st;
	int rc = 0;

	if (sqlite3_prepare_v2(b->db, pragma, -1, &st, NULL) != SQLITE_OK)
		return said(b, why, len);
	switch (sqlite3_step(st)) {
	case SQLITE_ROW:
		if (strcmp((const char *)sqlite3_column_text(st, 0), answer) ==
		    0)
			break;
		snprintf(why, len, "%s answers %s, not %s", pragma,
		    (const char *)sqlite3_column_text(st, 0), answer);
		rc = -ENOTSUP;
		break;
	case SQLITE_DONE:
		break;
	default:
		rc = said(b, why, len);
	}
	sqlite3_finalize(st);
	return rc;
}

static int
number_of(struct base *b, const char *sql, uint64_t *n, char *why, size_t len)
{
	sqlite3_stmt *st;
	int rc = 0;

	if (sqlite3_prepare_v2(b->db, sql, -1, &st, NULL) != SQLITE_OK)
		return said(b, why, len);
	if (sqlite3_step(st) == SQLITE_ROW)
		*n = (uint64_t)sqlite3_column_int64(st, 0);
	else
		rc = said(b, why, len);
	sqlite3_finalize(st);
	return rc;
}

/* The file is not to be believed further than needed, and is left as it is
 * until somebody says otherwise. */
static void
distrust(sqlite3 *db)
{
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, LENGTH_MAX);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

/* What holds for the connection alone, whatever this SQLite was built to take
 * for granted: some flush less with a log.  Debian's would overwrite with
 * zeros what is removed: that is wear, and secrets are not in here. */
static int
tune(struct base *b, uint64_t max_size, char *why, size_t len)
{
	static const char *const pragmas[] = { "PRAGMA synchronous=FULL",
		"PRAGMA mmap_size=0", "PRAGMA cache_size=-512",
		"PRAGMA temp_store=MEMORY", "PRAGMA secure_delete=OFF",
		"PRAGMA cell_size_check=ON" };
	const uint64_t log = store_log_bytes(max_size);
	char pragma[160];
	int rc = 0;

	for (size_t i = 0; i < sizeof(pragmas) / sizeof(*pragmas); i++)
		if (rc == 0)
			rc = run(b, pragmas[i]);
	snprintf(pragma, sizeof(pragma),
	    "PRAGMA wal_autocheckpoint=%llu; PRAGMA journal_size_limit=%llu",
	    (unsigned long long)log / PAGE, (unsigned long long)log);
	if (rc == 0)
		rc = run(b, pragma);
	if (rc == 0 && max_size > 0) {
		snprintf(pragma, sizeof(pragma), "PRAGMA max_page_count=%llu",
		    (unsigned long long)max_size / PAGE + PAGES_SPARE);
		rc = run(b, pragma);
	}
	return rc < 0 ? said(b, why, len) : 0;
}

static int
lay_foundation(struct base *b, char *why, size_t len)
{
	int rc = run(b, "PRAGMA page_size=4096");

	if (rc == 0)
		rc = demand(b, "PRAGMA journal_mode=WAL", "wal", why, len);
	if (rc == 0 && run(b, schema) < 0)
		rc = said(b, why, len);
	return rc;
}

/* Whether it is a store, or nothing yet: then it becomes one. */
static int
look(struct base *b, char *why, size_t len)
{
	uint64_t application, tables;
	int rc =
	    demand(b, "PRAGMA locking_mode=EXCLUSIVE", "exclusive", why, len);

	if (rc == 0)
		rc = number_of(b, "SELECT count(*) FROM sqlite_master",
		    &tables, why, len);
	if (rc == 0)
		rc = number_of(
		    b, "PRAGMA application_id", &application, why, len);
	if (rc < 0)
		return rc;
	if (tables == 0 && application == 0)
		return lay_foundation(b, why, len);
	if (application != APPLICATION) {
		snprintf(why, len, "it is none of fettle's");
		return -EUCLEAN;
	}
	rc = demand(b, "PRAGMA journal_mode", "wal", why, len);
	return rc == -ENOTSUP ? -EUCLEAN : rc;
}

static int
base_close(void *p, bool keep)
{
	struct base *b = p;

	for (int i = 0; i < S_N; i++)
		sqlite3_finalize(b->statement[i]);
	sqlite3_db_config(
	    b->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, NULL);
	sqlite3_close(b->db);
	free(b);
	return 0;
}

/* SQLite would be content with that, and fail at the first lock. */
static int
read_only(const char *path, char *why, size_t len)
{
	const int err = access(path, W_OK) != 0 ? errno : EROFS;

	snprintf(why, len, "%s", strerror(err));
	return -err;
}

static int
base_open(
    void **out, const struct store_options *options, char *why, size_t len)
{
	const int flags =
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
	struct base *b = calloc(1, sizeof(*b));
	int rc;

	if (b == NULL)
		return -ENOMEM;
	if (!sqlite3_threadsafe()) {
		free(b);
		snprintf(why, len, "this SQLite is for one thread only");
		return -ENOTSUP;
	}
	rc = sqlite3_open_v2(options->path, &b->db, flags, "unix");
	if (b->db == NULL) {
		free(b);
		return -ENOMEM;
	}
	distrust(b->db);
	if (rc != SQLITE_OK)
		rc = said(b, why, len);
	else if (sqlite3_db_readonly(b->db, "main") == 1)
		rc = read_only(options->path, why, len);
	else
		rc = look(b, why, len);
	if (rc == 0)
		rc = tune(b, options->max_size, why, len);
	if (rc < 0) {
		base_close(b, true);
		return rc;
	}
	b->synced = true; /* see tune */
	*out = b;
	return 0;
}

/* --- transactions -------------------------------------------------------- */

static int
base_begin(void *p, bool sync)
{
	struct base *b = p;
	int rc = 0;

	take_back(b);
	if (sync != b->synced)
		rc = run(b, sync ? "PRAGMA synchronous=FULL"
				 : "PRAGMA synchronous=NORMAL");
	b->synced = sync;
	return rc < 0 ? rc : run_one(b, S_BEGIN);
}

/* What is written to a file that was removed is written to nowhere. */
static int
base_commit(void *p)
{
	struct base *b = p;
	const int rc = run_one(b, S_COMMIT);
	int moved = 0;

	if (rc < 0)
		return rc;
	sqlite3_file_control(b->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	return moved ? -ESTALE : 0;
}

static void
base_rollback(void *p)
{
	struct base *b = p;

	run_one(b, S_ROLLBACK);
}

/* --- rows and records ---------------------------------------------------- */

static int
base_append(void *p, const struct store_item *item)
{
	struct base *b = p;
	sqlite3_stmt *st;
	const int rc = ready(b, S_APPEND, &st);

	if (rc < 0)
		return rc;
	bind_number(st, 1, item->row);
	bind_number(st, 2, item->crc);
	bind_bytes(st, 3, item->body, item->len);
	return finish(b, st);
}

static int
base_next(void *p, uint64_t after, uint64_t last, struct store_item *item)
{
	struct base *b = p;
	sqlite3_stmt *st;
	int rc = ready(b, S_NEXT, &st);

	if (rc < 0)
		return rc;
	b->lending = st;
	bind_number(st, 1, after);
	bind_number(st, 2, last);
	switch (sqlite3_step(st)) {
	case SQLITE_ROW:
		rc = fill(b, st, item);
		item->row = (uint64_t)sqlite3_column_int64(st, 0);
		return rc;
	case SQLITE_DONE:
		return -ENOENT;
	default:
		return errno_of(b->db);
	}
}

static int
base_remove(void *p, uint64_t first, uint64_t last)
{
	struct base *b = p;
	sqlite3_stmt *st;
	int rc = ready(b, S_REMOVE, &st);

	if (rc < 0)
		return rc;
	bind_number(st, 1, first);
	bind_number(st, 2, last);
	rc = finish(b, st);
	return rc < 0 ? rc : sqlite3_changes(b->db);
}

static int
base_set(void *p, const struct store_item *item)
{
	struct base *b = p;
	sqlite3_stmt *st;
	const int rc = ready(b, S_SET, &st);

	if (rc < 0)
		return rc;
	bind_bytes(st, 1, item->key, strlen(item->key));
	bind_number(st, 2, item->crc);
	bind_bytes(st, 3, item->body, item->len);
	return finish(b, st);
}

static int
base_get(void *p, const char *key, struct store_item *item)
{
	struct base *b = p;
	sqlite3_stmt *st;
	const int rc = ready(b, S_GET, &st);

	if (rc < 0)
		return rc;
	b->lending = st;
	bind_bytes(st, 1, key, strlen(key));
	switch (sqlite3_step(st)) {
	case SQLITE_ROW:
		return fill_record(b, st, item);
	case SQLITE_DONE:
		return -ENOENT;
	default:
		return errno_of(b->db);
	}
}

static int
base_unset(void *p, const char *key)
{
	struct base *b = p;
	sqlite3_stmt *st;
	int rc = ready(b, S_UNSET, &st);

	if (rc < 0)
		return rc;
	bind_bytes(st, 1, key, strlen(key));
	rc = finish(b, st);
	return rc == 0 && sqlite3_changes(b->db) == 0 ? -ENOENT : rc;
}

static int
base_each(void *p, const char *prefix, store_item_fn *fn, void *arg)
{
	struct base *b = p;
	const size_t n = strlen(prefix);
	struct store_item item;
	sqlite3_stmt *st;
	int rc = ready(b, S_EACH, &st), step = SQLITE_ROW;

	if (rc < 0)
		return rc;
	b->lending = st;
	bind_bytes(st, 1, prefix, n);
	while (rc == 0 && (step = sqlite3_step(st)) == SQLITE_ROW) {
		rc = fill_record(b, st, &item);
		if (rc == 0 && strncmp(item.key, prefix, n) != 0)
			break;
		if (rc == 0)
			rc = fn(arg, &item);
	}
	return rc == 0 && step != SQLITE_ROW && step != SQLITE_DONE
		   ? errno_of(b->db)
		   : rc;
}

static int
base_size(void *p, uint64_t *bytes)
{
	uint64_t pages, unused;
	int rc = ask(p, S_PAGES, &pages);

	if (rc == 0)
		rc = ask(p, S_FREE_PAGES, &unused);
	if (rc == 0)
		*bytes = (pages - unused) * PAGE;
	return rc;
}

__attribute__((
    visibility("default"))) extern const struct store_backend fettle_store;

const struct store_backend fettle_store = {
	.release = PACKAGE_VERSION,
	.open = base_open,
	.close = base_close,
	.begin = base_begin,
	.commit = base_commit,
	.rollback = base_rollback,
	.append = base_append,
	.next = base_next,
	.remove = base_remove,
	.set = base_set,
	.get = base_get,
	.unset = base_unset,
	.each = base_each,
	.size = base_size,
};
