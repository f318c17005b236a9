/* SPDX-License-Identifier: MIT */
#include "deliver/store.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/crc32c.h"
#include "deliver/store_own.h"

enum {
	LOG_SHIFT = 56, /* the log is in the upper bits of a row's number */
	/* What an entry may take beside itself: parts of pages, and pages
	 * that are divided. */
	ENTRY_ROOM = 16 * 1024,
};

/* --- errors and checksums ------------------------------------------------ */

/* Notes what ends the handle. */
static int
noted(struct store *s, int rc)
{
	if (rc < 0 && rc != -ENOENT)
		s->failed = rc;
	return rc;
}

static uint32_t
row_sum(uint64_t row, const void *body, size_t len)
{
	const uint64_t number = htole64(row);

	return crc32c(crc32c(0, &number, sizeof(number)), body, len);
}

static uint32_t
record_sum(const char *key, const void *value, size_t len)
{
	return crc32c(crc32c(0, key, strlen(key) + 1), value, len);
}

static bool
is_whole(const struct store_item *i)
{
	return i->crc == (i->key == NULL
				 ? row_sum(i->row, i->body, i->len)
				 : record_sum(i->key, i->body, i->len));
}

/* --- records ------------------------------------------------------------- */

int
store_own_get(
    struct store *s, const char *key, const void **value, size_t *len)
{
	struct store_item item;
	const int rc = noted(s, s->backend->get(s->b, key, &item));

	if (rc < 0)
		return rc;
	if (!is_whole(&item))
		return -EBADMSG;
	*value = item.body;
	*len = item.len;
	return 0;
}

int
store_own_set(struct store *s, const char *key, const void *value, size_t len)
{
	const struct store_item item = { .key = key,
		.crc = record_sum(key, value, len),
		.body = value,
		.len = len };

	return noted(s, s->backend->set(s->b, &item));
}

/* -ENOBUFS where len more bytes would be too many. */
static int
check_room(struct store *s, size_t len)
{
	uint64_t size;
	int rc;

	if (s->limit == 0)
		return 0;
	rc = noted(s, s->backend->size(s->b, &size));
	if (rc < 0)
		return rc;
	return size + len + len / 64 + ENTRY_ROOM > s->limit ? -ENOBUFS : 0;
}

static bool
key_ok(const char *key)
{
	return (unsigned char)key[0] >= ' ' && strlen(key) <= STORE_KEY_MAX;
}

int
store_set(struct store *s, const char *key, const void *value, size_t len)
{
	int rc;

	assert(s->begun && key_ok(key) && len <= STORE_BODY_MAX);
	if (s->failed != 0)
		return s->failed;
	rc = check_room(s, strlen(key) + len);
	return rc < 0 ? rc : store_own_set(s, key, value, len);
}

int
store_get(struct store *s, const char *key, const void **value, size_t *len)
{
	assert(key_ok(key));
	return s->failed != 0 ? s->failed : store_own_get(s, key, value, len);
}

int
store_unset(struct store *s, const char *key)
{
	assert(s->begun && key_ok(key));
	return s->failed != 0 ? s->failed
			      : noted(s, s->backend->unset(s->b, key));
}

struct walk {
	int (*fn)(void *arg, const char *key, const void *value, size_t len);
	void *arg;
	bool damaged;
	int said; /* by fn */
};

static int
walk_one(void *arg, const struct store_item *item)
{
	struct walk *w = arg;

	if ((unsigned char)item->key[0] < ' ')
		return 0;
	if (!is_whole(item)) {
		w->damaged = true;
		return 0;
	}
	w->said = w->fn(w->arg, item->key, item->body, item->len);
	return w->said != 0;
}

int
store_each(struct store *s, const char *prefix,
    int (*fn)(void *arg, const char *key, const void *value, size_t len),
    void *arg)
{
	struct walk w = { .fn = fn, .arg = arg };
	int rc;

	if (s->failed != 0)
		return s->failed;
	rc = noted(s, s->backend->each(s->b, prefix, walk_one, &w));
	if (rc < 0)
		return rc;
	if (w.said != 0)
		return w.said;
	return w.damaged ? -EBADMSG : 0;
}

/* --- transactions -------------------------------------------------------- */

int
store_own_begin(struct store *s, bool sync)
{
	int rc;

	assert(!s->begun);
	if (s->failed != 0)
		return s->failed;
	rc = noted(s, s->backend->begin(s->b, sync));
	s->begun = rc == 0;
	return rc;
}

int
store_begin(struct store *s)
{
	return store_own_begin(s, s->sync == STORE_POWER);
}

/* Ids that were given out are not given out by the next owner either. */
static int
keep_next(struct store *s)
{
	char text[32];
	const int n = snprintf(text, sizeof(text), "%" PRIu64, s->next);

	return store_own_set(s, STORE_NEXT_KEY, text, (size_t)n);
}

int
store_commit(struct store *s)
{
	int rc;

	assert(s->begun);
	s->begun = false;
	if (s->failed == 0 && s->next != s->kept)
		keep_next(s);
	if (s->failed != 0)
		return s->failed;
	rc = noted(s, s->backend->commit(s->b));
	if (rc == 0)
		s->kept = s->next;
	return rc;
}

void
store_rollback(struct store *s)
{
	assert(s->begun);
	s->begun = false;
	if (s->failed == 0)
		s->backend->rollback(s->b);
}

/* --- rows ---------------------------------------------------------------- */

static uint64_t
row_of(unsigned log, uint64_t id)
{
	const uint64_t most = (UINT64_C(1) << LOG_SHIFT) - 1;

	return (uint64_t)log << LOG_SHIFT | (id < most ? id : most);
}

int
store_append(
    struct store *s, unsigned log, const void *body, size_t len, uint64_t *id)
{
	struct store_item item = { .body = body, .len = len };
	int rc;

	assert(s->begun && log < STORE_LOGS && len <= STORE_BODY_MAX);
	if (s->failed != 0)
		return s->failed;
	rc = check_room(s, len);
	if (rc < 0)
		return rc;
	item.row = row_of(log, s->next);
	item.crc = row_sum(item.row, body, len);
	rc = noted(s, s->backend->append(s->b, &item));
	if (rc == 0)
		*id = s->next++;
	return rc;
}

int
store_next(
    struct store *s, unsigned log, uint64_t after, struct store_row *row)
{
	const uint64_t last = row_of(log, UINT64_MAX);
	struct store_item item;
	int rc;

	assert(log < STORE_LOGS);
	if (s->failed != 0)
		return s->failed;
	rc = s->backend->next(s->b, row_of(log, after), last, &item);
	/* only a damaged file has them out of order, and could make who walks
	 * it go in circles */
	if (rc == 0 && (item.row <= row_of(log, after) || item.row > last ||
			   item.row >= row_of(log, s->next)))
		rc = -EUCLEAN;
	if (noted(s, rc) < 0)
		return rc;
	*row = (struct store_row){ item.row & row_of(0, UINT64_MAX), item.body,
		item.len };
	return is_whole(&item) ? 0 : -EBADMSG;
}

/* How many those were. */
static int
remove_rows(struct store *s, uint64_t first, uint64_t last)
{
	assert(s->begun);
	return s->failed != 0
		   ? s->failed
		   : noted(s, s->backend->remove(s->b, first, last));
}

int
store_trim(struct store *s, unsigned log, uint64_t through)
{
	int rc;

	assert(log < STORE_LOGS);
	rc = remove_rows(s, row_of(log, 0), row_of(log, through));
	return rc < 0 ? rc : 0;
}

int
store_remove(struct store *s, unsigned log, uint64_t id)
{
	int rc;

	assert(log < STORE_LOGS);
	rc = remove_rows(s, row_of(log, id), row_of(log, id));
	if (rc == 0)
		rc = noted(s, -EUCLEAN); /* found in passing, not by its id */
	return rc < 0 ? rc : 0;
}

uint64_t
store_size(struct store *s)
{
	uint64_t size = 0;

	if (s->failed == 0 && noted(s, s->backend->size(s->b, &size)) < 0)
		size = 0;
	return size;
}
