/* SPDX-License-Identifier: MIT */
#include "fake_store.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/vec.h"

struct entry {
	uint64_t id; /* 0: a record */
	const char *key;
	const char *body;
	size_t len;
};

struct content {
	VEC(struct entry) entries;
	uint64_t last;
	bool exists, clean;
};

struct store {
	struct content work;
	int bad; /* -errno: done for */
};

struct fake_disk fake_disk;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct content disk, picture;
static bool marked;	   /* as damaged */
static VEC(char *) bodies; /* all there ever were */

static void
copy(struct content *to, const struct content *from)
{
	vec_free(&to->entries);
	*to = *from;
	memset(&to->entries, 0, sizeof(to->entries));
	for (size_t i = 0; i < from->entries.n; i++)
		vec_add(&to->entries) = from->entries.v[i];
}

static const char *
keep(const void *data, size_t len)
{
	char *body = xmalloc(len + 1);

	memcpy(body, data, len);
	body[len] = '\0';
	pthread_mutex_lock(&lock);
	vec_add(&bodies) = body;
	pthread_mutex_unlock(&lock);
	return body;
}

void
fake_disk_init(void)
{
	memset(&fake_disk, 0, sizeof(fake_disk));
	fake_disk.machine = "here";
	memset(&disk, 0, sizeof(disk));
	memset(&picture, 0, sizeof(picture));
	marked = false;
}

int __wrap_gethostname(char *name, size_t len);

int
__wrap_gethostname(char *name, size_t len)
{
	snprintf(name, len, "%s", fake_disk.machine);
	return 0;
}

void
fake_disk_fini(void)
{
	for (size_t i = 0; i < bodies.n; i++)
		free(bodies.v[i]);
	vec_free(&bodies);
	vec_free(&disk.entries);
	vec_free(&picture.entries);
}

size_t
fake_disk_rows(void)
{
	size_t n = 0;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < disk.entries.n; i++)
		n += disk.entries.v[i].id != 0;
	pthread_mutex_unlock(&lock);
	return n;
}

void
fake_disk_save(void)
{
	pthread_mutex_lock(&lock);
	copy(&picture, &disk);
	pthread_mutex_unlock(&lock);
}

void
fake_disk_restore(void)
{
	copy(&disk, &picture);
}

void
fake_disk_damage(void)
{
	struct entry *e = &disk.entries.v[disk.entries.n / 2];
	char *body;

	assert(disk.entries.n > 0);
	while (e->id == 0)
		e--;
	body = (char *)(uintptr_t)keep(e->body, e->len);
	body[e->len - 1] ^= 1;
	e->body = body;
}

void
fake_disk_ruin(void)
{
	size_t middle = disk.entries.n / 2;

	while (disk.entries.v[middle].id == 0)
		middle--;
	disk.entries.v[middle].len = 1;
	for (size_t i = disk.entries.n; i-- > 0;)
		if (disk.entries.v[i].id == 0)
			vec_remove(&disk.entries, i);
}

/* --- the store ----------------------------------------------------------- */

int
store_load(const char *folder, char *why, size_t len)
{
	(void)folder;
	(void)why;
	(void)len;
	return 0;
}

static void
hang(void)
{
	const struct timespec moment = { .tv_nsec = 1000 * 1000 };

	fake_disk.hung = true;
	nanosleep(&moment, NULL);
}

int
store_open(struct store **out, const struct store_options *o,
    struct store_found *found, char *why, size_t len)
{
	const int rc = fake_disk.open_fails;
	struct store *s;

	while (fake_disk.open_hangs)
		hang();

	*out = NULL;
	if (rc < 0) {
		snprintf(why, len, "%s: %s", o->path, strerror(-rc));
		return rc;
	}
	s = NEW(struct store);
	pthread_mutex_lock(&lock);
	snprintf(
	    found->aside, sizeof(found->aside), "%s", marked ? "aside" : "");
	if (fake_disk.gone || marked) {
		vec_free(&disk.entries);
		memset(&disk, 0, sizeof(disk));
		fake_disk.gone = fake_disk.damaged = marked = false;
	}
	found->state = !disk.exists ? STORE_NEW
		       : disk.clean ? STORE_CLEAN
				    : STORE_UNCLEAN;
	disk.exists = true;
	disk.clean = false;
	copy(&s->work, &disk);
	pthread_mutex_unlock(&lock);
	fake_disk.opens++;
	*out = s;
	return 0;
}

int
store_close(struct store *s, bool clean)
{
	if (s == NULL)
		return 0;
	pthread_mutex_lock(&lock);
	disk.clean = clean && s->bad == 0 && !fake_disk.gone;
	marked = marked || s->bad == -EUCLEAN;
	pthread_mutex_unlock(&lock);
	vec_free(&s->work.entries);
	free(s);
	return 0;
}

/* What has become of the handle. */
static int
state_of(struct store *s)
{
	if (s->bad == 0 && fake_disk.damaged)
		s->bad = -EUCLEAN;
	return s->bad;
}

int
store_begin(struct store *s)
{
	return state_of(s);
}

int
store_commit(struct store *s)
{
	const int rc = fake_disk.gone ? -EIO : fake_disk.commit_fails;

	while (fake_disk.hangs)
		hang();
	if (state_of(s) < 0)
		return s->bad;
	s->bad = rc;
	if (rc == 0 || fake_disk.hidden) {
		pthread_mutex_lock(&lock);
		copy(&disk, &s->work);
		pthread_mutex_unlock(&lock);
	}
	fake_disk.commits++;
	return rc;
}

void
store_rollback(struct store *s)
{
	pthread_mutex_lock(&lock);
	copy(&s->work, &disk);
	pthread_mutex_unlock(&lock);
}

static int
check_room(struct store *s, size_t len)
{
	if (state_of(s) < 0)
		return s->bad;
	return fake_disk.room > 0 && store_size(s) + len > fake_disk.room
		   ? -ENOBUFS
		   : 0;
}

int
store_append(
    struct store *s, unsigned log, const void *body, size_t len, uint64_t *id)
{
	const int rc = check_room(s, len);

	assert(log == 0);
	if (rc < 0)
		return rc;
	*id = ++s->work.last;
	vec_add(&s->work.entries) =
	    (struct entry){ *id, NULL, keep(body, len), len };
	return 0;
}

int
store_next(
    struct store *s, unsigned log, uint64_t after, struct store_row *row)
{
	assert(log == 0);
	if (state_of(s) < 0)
		return s->bad;
	for (size_t i = 0; i < s->work.entries.n; i++) {
		const struct entry *e = &s->work.entries.v[i];

		if (e->id <= after)
			continue;
		*row = (struct store_row){ e->id, e->body, e->len };
		return 0;
	}
	return -ENOENT;
}

static void
remove_rows(struct store *s, uint64_t from, uint64_t through)
{
	for (size_t i = 0; i < s->work.entries.n;) {
		const uint64_t id = s->work.entries.v[i].id;

		if (id != 0 && id >= from && id <= through)
			vec_remove(&s->work.entries, i);
		else
			i++;
	}
}

int
store_trim(struct store *s, unsigned log, uint64_t through)
{
	assert(log == 0);
	remove_rows(s, 1, through);
	return state_of(s);
}

int
store_remove(struct store *s, unsigned log, uint64_t id)
{
	assert(log == 0);
	remove_rows(s, id, id);
	return state_of(s);
}

static struct entry *
find(struct store *s, const char *key)
{
	for (size_t i = 0; i < s->work.entries.n; i++)
		if (s->work.entries.v[i].key != NULL &&
		    strcmp(s->work.entries.v[i].key, key) == 0)
			return &s->work.entries.v[i];
	return NULL;
}

int
store_set(struct store *s, const char *key, const void *value, size_t len)
{
	struct entry *e = find(s, key);

	if (state_of(s) < 0)
		return s->bad;
	if (e == NULL) {
		e = &vec_add(&s->work.entries);
		*e = (struct entry){ .key = keep(key, strlen(key)) };
	}
	e->body = keep(value, len);
	e->len = len;
	return 0;
}

int
store_get(struct store *s, const char *key, const void **value, size_t *len)
{
	const struct entry *e = find(s, key);

	if (state_of(s) < 0)
		return s->bad;
	if (e == NULL)
		return -ENOENT;
	*value = e->body;
	*len = e->len;
	return 0;
}

int
store_unset(struct store *s, const char *key)
{
	if (state_of(s) < 0)
		return s->bad;
	for (size_t i = 0; i < s->work.entries.n; i++)
		if (s->work.entries.v[i].key != NULL &&
		    strcmp(s->work.entries.v[i].key, key) == 0) {
			vec_remove(&s->work.entries, i);
			return 0;
		}
	return -ENOENT;
}

int
store_each(struct store *s, const char *prefix,
    int (*fn)(void *, const char *, const void *, size_t), void *arg)
{
	int rc = state_of(s);

	for (size_t i = 0; i < s->work.entries.n && rc == 0; i++) {
		const struct entry *e = &s->work.entries.v[i];

		if (e->key != NULL &&
		    strncmp(e->key, prefix, strlen(prefix)) == 0)
			rc = fn(arg, e->key, e->body, e->len);
	}
	return rc;
}

uint64_t
store_size(struct store *s)
{
	uint64_t size = 0;

	for (size_t i = 0; i < s->work.entries.n; i++)
		size += s->work.entries.v[i].len;
	return size;
}
