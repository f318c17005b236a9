/* SPDX-License-Identifier: MIT */
#include "deliver/store.h"

#include <assert.h>
#include <dlfcn.h>
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/crc32c.h"
#include "deliver/store_backend.h"
#include "deliver/store_file.h"
#include "plugin/trust.h"

/* The store's own records; no key of an owner's begins like these.  That of
 * the header is for ever: all versions must be able to tell from it that the
 * file is not for them. */
#define HEADER_KEY "\001header" /* FORMAT KIND VERSION clean|open */
#define NEXT_KEY "\001next"	/* the next id */

enum {
	FORMAT = 1,
	LOG_SHIFT = 56, /* the log is in the upper bits of a row's number */
	/* What an entry may take beside itself: parts of pages, and pages
	 * that are divided. */
	ENTRY_ROOM = 16 * 1024,
};

struct store {
	const struct store_backend *backend;
	void *b;
	char kind[32];
	uint32_t version;
	enum store_sync sync;
	uint64_t limit; /* of what is in it; 0: none */
	char *path;	/* free of links; NULL: memory */
	uint64_t next;	/* id */
	uint64_t kept;	/* the next id as it was last committed */
	bool begun;
	int failed; /* -errno: done for */
};

/* --- the shared object ----------------------------------------------------
 */

static const struct store_backend *sqlite;

int
store_load(const char *folder, char *why, size_t len)
{
	char path[PATH_MAX];
	const struct store_backend *found;
	void *handle;

	if (sqlite != NULL)
		return 0;
	if ((size_t)snprintf(path, sizeof(path), "%s/store-sqlite.so",
		folder) >= sizeof(path)) {
		snprintf(why, len, "its path is too long");
		return -ENAMETOOLONG;
	}
	const int rc = trust_file(path, why, len);

	if (rc < 0)
		return rc;
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	found = handle != NULL ? dlsym(handle, "fettle_store") : NULL;
	if (found == NULL) {
		snprintf(why, len, "%s", dlerror());
		return -ENOEXEC;
	}
	if (strcmp(found->release, PACKAGE_VERSION) != 0) {
		snprintf(
		    why, len, "%s belongs to fettle %s", path, found->release);
		return -ENOEXEC;
	}
	sqlite = found;
	return 0;
}

/* --- errors and checksums -------------------------------------------------
 */

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

/* --- records --------------------------------------------------------------
 */

static int
get_any(struct store *s, const char *key, const void **value, size_t *len)
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

static int
set_any(struct store *s, const char *key, const void *value, size_t len)
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
	return rc < 0 ? rc : set_any(s, key, value, len);
}

int
store_get(struct store *s, const char *key, const void **value, size_t *len)
{
	assert(key_ok(key));
	return s->failed != 0 ? s->failed : get_any(s, key, value, len);
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

/* --- transactions ---------------------------------------------------------
 */

static int
begin(struct store *s, bool sync)
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
	return begin(s, s->sync == STORE_POWER);
}

/* Ids that were given out are not given out by the next owner either. */
static int
keep_next(struct store *s)
{
	char text[32];
	const int n = snprintf(text, sizeof(text), "%" PRIu64, s->next);

	return set_any(s, NEXT_KEY, text, (size_t)n);
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

/* --- rows -----------------------------------------------------------------
 */

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
	/* only a damaged file could make who walks it go in circles */
	if (rc == 0 && (item.row <= row_of(log, after) || item.row > last))
		rc = -EUCLEAN;
	if (noted(s, rc) < 0)
		return rc;
	*row = (struct store_row){ item.row & row_of(0, UINT64_MAX), item.body,
		item.len };
	return is_whole(&item) ? 0 : -EBADMSG;
}

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
	assert(log < STORE_LOGS);
	return remove_rows(s, row_of(log, 0), row_of(log, through));
}

int
store_remove(struct store *s, unsigned log, uint64_t id)
{
	assert(log < STORE_LOGS);
	return remove_rows(s, row_of(log, id), row_of(log, id));
}

uint64_t
store_size(struct store *s)
{
	uint64_t size = 0;

	if (s->failed == 0 && noted(s, s->backend->size(s->b, &size)) < 0)
		size = 0;
	return size;
}

/* --- open and close -------------------------------------------------------
 */

/* Writes what the file says of itself, so that a loss of power cannot undo
 * it: a file must not seem to be clean after ids were given out. */
static int
put_header(struct store *s, bool clean)
{
	char text[96];
	const int n = snprintf(text, sizeof(text), "%d %s %" PRIu32 " %s",
	    FORMAT, s->kind, s->version, clean ? "clean" : "open");

	if (begin(s, true) < 0)
		return s->failed;
	set_any(s, HEADER_KEY, text, (size_t)n);
	return store_commit(s);
}

/* A value as text, ended; false: it is too long for one. */
static bool
as_text(char *to, size_t size, const void *value, size_t len)
{
	if (len >= size)
		return false;
	memcpy(to, value, len);
	to[len] = '\0';
	return true;
}

static int
get_next(struct store *s)
{
	const void *value;
	char text[32];
	size_t len;
	int rc;

	s->next = s->kept = 1;
	rc = get_any(s, NEXT_KEY, &value, &len);
	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return rc;
	if (!as_text(text, sizeof(text), value, len) ||
	    sscanf(text, "%" SCNu64, &s->next) != 1)
		return -EUCLEAN;
	s->kept = s->next;
	return 0;
}

static int
any_at_all(void *arg, const struct store_item *item)
{
	(void)arg;
	(void)item;
	return 1;
}

/* A file without a header has never been one that was committed to. */
static int
check_empty(struct store *s, char *why, size_t len)
{
	struct store_item item;
	int rc = s->backend->next(s->b, 0, UINT64_MAX >> 1, &item);

	if (rc == -ENOENT)
		rc = s->backend->each(s->b, "", any_at_all, NULL);
	else if (rc == 0)
		rc = 1;
	if (rc <= 0)
		return rc;
	snprintf(why, len, "it does not say what is in it");
	return -EUCLEAN;
}

static int
parse_header(struct store *s, const char *text, struct store_found *found,
    char *why, size_t len)
{
	char kind[sizeof(s->kind)], state[8];
	uint32_t format, version;

	if (sscanf(text, "%" SCNu32 " %31s %" SCNu32 " %7s", &format, kind,
		&version, state) != 4) {
		snprintf(why, len, "its header makes no sense");
		return -EUCLEAN;
	}
	if (format > FORMAT || version > s->version) {
		snprintf(why, len, "a newer version of fettle wrote it");
		return -EPROTO;
	}
	if (strcmp(kind, s->kind) != 0) {
		snprintf(why, len, "it is a %s, not a %s", kind, s->kind);
		return -EUCLEAN;
	}
	found->state =
	    strcmp(state, "clean") == 0 ? STORE_CLEAN : STORE_UNCLEAN;
	return get_next(s);
}

static int
read_header(struct store *s, struct store_found *found, char *why, size_t len)
{
	const void *value;
	char text[96];
	size_t n;
	int rc = get_any(s, HEADER_KEY, &value, &n);

	if (rc == -ENOENT) {
		found->state = STORE_NEW;
		s->next = s->kept = 1;
		return check_empty(s, why, len);
	}
	if (rc == 0 && !as_text(text, sizeof(text), value, n))
		rc = -EBADMSG;
	if (rc == 0)
		rc = parse_header(s, text, found, why, len);
	if (rc == -EBADMSG) {
		snprintf(why, len, "what it says of itself is damaged");
		rc = -EUCLEAN;
	}
	return rc;
}

/* One try.  After an error all is as it was. */
static int
open_once(struct store *s, const struct store_options *options,
    struct store_found *found, char *why, size_t len)
{
	int rc;

	why[0] = '\0';
	s->failed = 0;
	rc = s->backend->open(&s->b, options, why, len);
	if (rc < 0)
		return rc;
	rc = read_header(s, found, why, len);
	if (rc == 0)
		rc = put_header(s, false);
	if (rc == 0)
		return 0;
	if (why[0] == '\0')
		snprintf(why, len, "%s", strerror(-rc));
	s->backend->close(s->b, true);
	return rc;
}

static int
open_file(struct store *s, const struct store_options *options,
    struct store_found *found, char *why, size_t len)
{
	struct store_options real = *options;
	char path[PATH_MAX], damage[256] = "";
	int rc = store_file_prepare(options->path, path, why, len);

	if (rc < 0)
		return rc;
	real.path = s->path = xstrdup(path);
	if (!store_file_is_marked(path)) {
		rc = open_once(s, &real, found, why, len);
		if (rc != -EUCLEAN)
			return rc;
		snprintf(damage, sizeof(damage), "%s", why);
	}
	rc = store_file_set_aside(
	    path, found->aside, sizeof(found->aside), why, len);
	if (rc == 0)
		rc = store_file_prepare(options->path, path, why, len);
	if (rc == 0)
		rc = open_once(s, &real, found, why, len);
	if (rc == 0)
		snprintf(why, len, "%s", damage);
	return rc;
}

static void
free_store(struct store *s)
{
	free(s->path);
	free(s);
}

int
store_open(struct store **out, const struct store_options *options,
    struct store_found *found, char *why, size_t len)
{
	struct store_options o = *options;
	struct store *s;
	int rc;

	*out = NULL;
	memset(found, 0, sizeof(*found));
	if (o.path != NULL && sqlite == NULL) {
		snprintf(why, len, "there is no store-sqlite.so");
		return -ENOSYS;
	}
	if (o.max_size != 0 && o.max_size < STORE_SIZE_MIN)
		o.max_size = STORE_SIZE_MIN;
	s = NEW(struct store);
	s->backend = o.path != NULL ? sqlite : &store_memory;
	snprintf(s->kind, sizeof(s->kind), "%s", o.kind);
	s->version = o.version;
	s->sync = o.sync;
	if (o.max_size != 0)
		s->limit = o.max_size - store_log_bytes(o.max_size);
	rc = o.path != NULL ? open_file(s, &o, found, why, len)
			    : open_once(s, &o, found, why, len);
	if (rc < 0)
		free_store(s);
	else
		*out = s;
	return rc;
}

int
store_close(struct store *s, bool clean)
{
	int rc;

	if (s == NULL)
		return 0;
	if (s->begun)
		store_rollback(s);
	if (clean && s->failed == 0)
		put_header(s, true);
	rc = s->backend->close(s->b, s->failed != 0);
	if (s->failed != 0)
		rc = s->failed;
	if (s->failed == -EUCLEAN && s->path != NULL)
		store_file_mark(s->path);
	free_store(s);
	return rc;
}
