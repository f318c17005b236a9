/* SPDX-License-Identifier: MIT */
/* How a store begins and ends, and what its file says of itself. */
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "deliver/store_file.h"
#include "deliver/store_own.h"
#include "plugin/trust.h"

enum { FORMAT = 1 };

/* --- the shared object --------------------------------------------------- */

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

/* --- open and close ------------------------------------------------------ */

/* Writes what the file says of itself, so that a loss of power cannot undo
 * it: a file must not seem to be clean after ids were given out. */
static int
put_header(struct store *s, bool clean)
{
	char text[96];
	const int n = snprintf(text, sizeof(text), "%d %s %" PRIu32 " %s",
	    FORMAT, s->kind, s->version, clean ? "clean" : "open");

	if (store_own_begin(s, true) < 0)
		return s->failed;
	store_own_set(s, STORE_HEADER_KEY, text, (size_t)n);
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
	rc = store_own_get(s, STORE_NEXT_KEY, &value, &len);
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
	int rc = store_own_get(s, STORE_HEADER_KEY, &value, &n);

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
	if (rc < 0 && why[0] == '\0')
		snprintf(why, len, "%s", strerror(-rc));
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
	char path[PATH_MAX];
	char damage[256] = "the damage was found while it was in use";
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
		snprintf(why, len, "store-sqlite.so is not loaded");
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
