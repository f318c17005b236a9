/* SPDX-License-Identifier: MIT */
#include "alert/archive.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { ARCHIVE_VERSION = 1 };

static const char *const tables[RECORD_N] = {
	[RECORD_CLOCK] = "clock",
	[RECORD_ALERT] = "alert",
	[RECORD_ROW] = "row",
	[RECORD_RECEIVER] = "receiver",
	[RECORD_HOST] = "host",
	[RECORD_SILENCE] = "silence",
	[RECORD_DEAD] = "dead",
	[RECORD_PAST] = "past",
	[RECORD_METER] = "meter",
};

/* --- transactions -------------------------------------------------------- */

void
transaction_put(void *arg, enum record_table table, const char *key,
    const void *data, size_t len)
{
	struct transaction *t = arg;
	struct archived *r = &vec_add(&t->records);

	*r = (struct archived){
		.table = table, .key = xstrdup(key), .len = len
	};
	if (data == NULL)
		return;
	r->data = xmalloc(len + 1);
	memcpy(r->data, data, len);
}

void
transaction_put_past(void *arg, const char *key, const void *data, size_t len)
{
	transaction_put(arg, RECORD_PAST, key, data, len);
}

static void
record_fini(struct archived *r)
{
	free(r->key);
	free(r->data);
}

void
transaction_drop(struct transaction *t)
{
	size_t kept = 0, letters = 0;

	for (size_t i = t->records.n; i-- > 0;)
		if (t->records.v[i].table != RECORD_DEAD ||
		    ++letters > ARCHIVE_DEAD) {
			record_fini(&t->records.v[i]);
			t->records.v[i].key = NULL;
		}
	for (size_t i = 0; i < t->records.n; i++)
		if (t->records.v[i].key != NULL)
			t->records.v[kept++] = t->records.v[i];
	t->records.n = kept;
}

static void
renumber(struct archived *r, uint64_t number)
{
	struct dead_record d;
	struct buf b = { 0 };

	if (!record_get_dead(r->data, r->len, &d))
		return;
	d.number = number;
	record_put_dead(&b, &d);
	record_fini(r);
	r->key = dead_key(number);
	r->data = b.data;
	r->len = b.len;
}

void
transaction_renumber(struct transaction *t, uint64_t last)
{
	struct archived *r;

	vec_each (r, &t->records)
		if (r->table == RECORD_DEAD)
			renumber(r, ++last);
}

static bool
load(const struct archived *r, struct engine *e, struct history *h)
{
	if (r->table == RECORD_PAST)
		return history_load(h, r->key, r->data, r->len);
	return engine_load(e, r->table, r->key, r->data, r->len) == 0;
}

size_t
transaction_load(
    const struct transaction *t, struct engine *e, struct history *h)
{
	const struct archived *r;
	size_t damaged = 0;

	vec_each (r, &t->records)
		damaged += !load(r, e, h);
	return damaged;
}

void
transaction_clear(struct transaction *t)
{
	struct archived *r;

	vec_each (r, &t->records)
		record_fini(r);
	vec_free(&t->records);
	t->whole = false;
}

/* --- keys ---------------------------------------------------------------- */

/*
 * TABLE/KEY; where that is too long for the store TABLE+HASH, and the key
 * stands before the value, with its NUL.
 */
static char *
store_key(enum record_table table, const char *key, bool *is_long)
{
	uint64_t a = UINT64_C(14695981039346656037), b = ~a;

	*is_long = strlen(tables[table]) + 1 + strlen(key) > STORE_KEY_MAX;
	if (!*is_long)
		return xasprintf("%s/%s", tables[table], key);
	for (const char *s = key; *s != '\0'; s++) {
		a = (a ^ (unsigned char)*s) * UINT64_C(1099511628211);
		b = (b + (unsigned char)*s) * UINT64_C(6364136223846793005);
	}
	return xasprintf("%s+%016" PRIx64 "%016" PRIx64, tables[table], a, b);
}

static int
set(struct store *s, const char *key, bool is_long, const struct archived *r)
{
	struct buf b = { 0 };
	int rc;

	if (!is_long)
		return store_set(s, key, r->data, r->len);
	buf_add(&b, r->key, strlen(r->key) + 1);
	buf_add(&b, r->data, r->len);
	rc = store_set(s, key, b.data, b.len);
	buf_free(&b);
	return rc;
}

/* --- writing ------------------------------------------------------------- */

static int
unset(struct store *s, const char *key)
{
	const int rc = store_unset(s, key);

	return rc == -ENOENT ? 0 : rc;
}

/* The letter that is one too many now. */
static int
drop_letter(struct store *s, const struct archived *r)
{
	const unsigned long long number = strtoull(r->key, NULL, 10);
	char key[64];

	if (number <= ARCHIVE_DEAD)
		return 0;
	snprintf(key, sizeof(key), "%s/%020llu", tables[RECORD_DEAD],
	    number - ARCHIVE_DEAD);
	return unset(s, key);
}

static int
write_record(struct store *s, const struct archived *r)
{
	bool is_long;
	char *key = store_key(r->table, r->key, &is_long);
	int rc;

	rc = r->data != NULL ? set(s, key, is_long, r) : unset(s, key);
	if (rc == 0 && r->table == RECORD_DEAD)
		rc = drop_letter(s, r);
	free(key);
	return rc;
}

struct found_keys {
	VEC(char *) keys;
};

static int
find_key(void *arg, const char *key, const void *value, size_t len)
{
	struct found_keys *f = arg;

	(void)value;
	(void)len;
	vec_add(&f->keys) = xstrdup(key);
	return 0;
}

/* All but dead letters, which are of any life. */
static int
unset_all(struct store *s)
{
	struct found_keys found = { 0 };
	int rc = 0;

	for (int t = 0; t < RECORD_N && rc == 0; t++) {
		if (t != RECORD_DEAD)
			rc = store_each(s, tables[t], find_key, &found);
		rc = rc == -EBADMSG ? 0 : rc;
	}
	for (size_t i = 0; i < found.keys.n; i++) {
		if (rc == 0)
			rc = unset(s, found.keys.v[i]);
		free(found.keys.v[i]);
	}
	vec_free(&found.keys);
	return rc;
}

int
archive_write(struct archive *a, const struct transaction *t)
{
	const struct archived *r;
	int rc = store_begin(a->store);

	if (rc < 0)
		return rc;
	if (t->whole)
		rc = unset_all(a->store);
	vec_each (r, &t->records)
		if (rc == 0)
			rc = write_record(a->store, r);
	if (rc == 0)
		return store_commit(a->store);
	store_rollback(a->store);
	return rc;
}

/* --- life ---------------------------------------------------------------- */

int
archive_open(struct archive *a, const char *path, struct store_found *found,
    char *why, size_t len)
{
	const struct store_options options = { .path = path,
		.kind = "alerts",
		.version = ARCHIVE_VERSION,
		.sync = STORE_POWER };

	return store_open(&a->store, &options, found, why, len);
}

struct reading {
	struct transaction *to;
	enum record_table table;
	size_t damaged;
};

static int
read_record(void *arg, const char *key, const void *value, size_t len)
{
	struct reading *r = arg;
	const char *data = value, *end;

	key += strlen(tables[r->table]);
	if (*key == '/') {
		transaction_put(r->to, r->table, key + 1, data, len);
	} else if ((end = memchr(data, '\0', len)) != NULL) {
		end++;
		transaction_put(
		    r->to, r->table, data, end, len - (size_t)(end - data));
	} else {
		r->damaged++;
	}
	return 0;
}

int
archive_read(struct archive *a, struct transaction *t, size_t *damaged)
{
	struct reading r = { .to = t };
	int rc = 0;

	for (int table = 0; table < RECORD_N && rc == 0; table++) {
		r.table = (enum record_table)table;
		if (table != RECORD_DEAD)
			rc = store_each(
			    a->store, tables[table], read_record, &r);
		if (rc == -EBADMSG) {
			r.damaged++;
			rc = 0;
		}
	}
	*damaged = r.damaged;
	return rc;
}

uint64_t
archive_size(struct archive *a)
{
	return store_size(a->store);
}

void
archive_close(struct archive *a, bool clean)
{
	store_close(a->store, clean);
	a->store = NULL;
}
