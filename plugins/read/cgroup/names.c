/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/procfile.h"

enum { NAMES_PATH = 4096, NAMES_FIRST = 16 };

struct named {
	char *path;
	uint64_t reading; /* the last one that asked for it */
	struct labels labels;
};

/* --- files of runtimes --------------------------------------------------- */

/* The id in the place of %s; false where there is no such path. */
static bool
names_path(char *path, const char *folder, const char *file, const char *id)
{
	const char *gap = strstr(file, "%s");
	const int head = gap != NULL ? (int)(gap - file) : (int)strlen(file);
	const int n = snprintf(path, NAMES_PATH, "%s/%.*s%s%s", folder, head,
	    file, gap != NULL ? id : "", gap != NULL ? gap + 2 : "");

	return n > 0 && n < NAMES_PATH;
}

static void
names_say(struct names *names, struct fettle_ctx *ctx, const char *path)
{
	if (!names->said)
		fettle_log(ctx, LOG_NOTICE,
		    "cannot read '%s': containers have no names without root or CAP_DAC_READ_SEARCH",
		    path);
	names->said = true;
}

static bool
names_read(struct names *names, struct fettle_ctx *ctx, const char *path,
    enum runtime runtime, const char *id, struct labels *labels)
{
	struct procfile f = { 0 };
	int rc = procfile_open(&f, ctx, path);
	bool found = false;

	if (rc == 0)
		rc = procfile_read(&f);
	if (rc == 0)
		found = container_labels(runtime, id, f.text, f.len, labels);
	else if (rc == -EACCES || rc == -EPERM)
		names_say(names, ctx, path);
	procfile_close(&f);
	return found;
}

static bool
names_ask(struct names *names, struct fettle_ctx *ctx, enum runtime runtime,
    const char *id, struct labels *labels)
{
	const char *folder = names->folders[runtime], *file;
	char path[NAMES_PATH];

	if (folder == NULL || *folder == '\0')
		return false;
	for (size_t i = 0; (file = container_file(runtime, i)) != NULL; i++)
		if (names_path(path, folder, file, id) &&
		    names_read(names, ctx, path, runtime, id, labels))
			return true;
	return false;
}

/* An id alone may be anybody's. */
static void
names_look_up(struct names *names, struct fettle_ctx *ctx,
    const struct container *c, struct labels *labels)
{
	if (c->runtime != RUNTIME_ANY) {
		names_ask(names, ctx, c->runtime, c->id, labels);
		return;
	}
	for (int r = RUNTIME_ANY + 1; r < RUNTIME_N; r++)
		if (names_ask(names, ctx, (enum runtime)r, c->id, labels))
			return;
}

/* --- what is known ------------------------------------------------------- */

static struct named *
names_find(struct names *names, const char *path)
{
	for (size_t i = 0; i < names->n; i++) {
		const size_t at = (names->next + i) % names->n;

		if (strcmp(names->v[at].path, path) == 0) {
			names->next = at + 1;
			return &names->v[at];
		}
	}
	return NULL;
}

static struct named *
names_add(struct names *names, const char *path)
{
	struct named *k;

	if (names->n == names->cap) {
		const size_t cap =
		    names->cap == 0 ? NAMES_FIRST : 2 * names->cap;
		struct named *more = reallocarray(names->v, cap, sizeof *more);

		if (more == NULL)
			return NULL;
		names->v = more;
		names->cap = cap;
	}
	k = &names->v[names->n];
	*k = (struct named){ .path = strdup(path) };
	if (k->path == NULL)
		return NULL;
	names->next = ++names->n;
	return k;
}

void
names_begin(struct names *names)
{
	names->reading++;
	names->next = 0;
}

const struct labels *
names_get(struct names *names, struct fettle_ctx *ctx, const char *path,
    const struct container *c, const struct labels *labels)
{
	struct named *k = names_find(names, path);

	if (k == NULL) {
		k = names_add(names, path);
		if (k == NULL)
			return NULL;
		k->labels = *labels;
		names_look_up(names, ctx, c, &k->labels);
	}
	k->reading = names->reading;
	return &k->labels;
}

void
names_end(struct names *names)
{
	size_t kept = 0;

	for (size_t i = 0; i < names->n; i++)
		if (names->v[i].reading == names->reading)
			names->v[kept++] = names->v[i];
		else
			free(names->v[i].path);
	names->n = kept;
}

void
names_fini(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i].path);
	free(names->v);
	names->v = NULL;
	names->n = names->cap = 0;
}
