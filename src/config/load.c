/* SPDX-License-Identifier: MIT */
#include "config/load.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "config/merge.h"
#include "config/value.h"
#include "config/yaml.h"

/* A file that was read, under whatever name. */
struct seen {
	dev_t dev;
	ino_t ino;
};

struct loader {
	struct node *root;
	VEC(struct seen) seen;
	struct diags *d;
};

/* Takes the key out of the root; its value is the caller's to free, or NULL
 * where there is none.  *pos: of the key. */
static struct node *
take_include(struct node *root, struct pos *pos)
{
	for (size_t i = 0; i < root->entries.n; i++) {
		const struct node_entry e = root->entries.v[i];

		if (strcmp(e.key, "include") != 0)
			continue;
		*pos = e.pos;
		free(e.key);
		vec_remove(&root->entries, i);
		return e.value;
	}
	return NULL;
}

/* Takes it out and says that it must not be there. */
static void
refuse_include(struct node *root, const char *why, struct diags *d)
{
	struct pos pos;
	struct node *include = take_include(root, &pos);

	if (include != NULL)
		diag_error(d, pos, "%s", why);
	node_free(include);
}

struct node *
config_parse(const char *name, const char *text, size_t len, struct diags *d)
{
	struct node *root = yaml_read(name, text, len, d);

	if (root != NULL)
		refuse_include(root, "'include' is not possible here", d);
	return root;
}

/* --- one file ------------------------------------------------------------ */

static bool
is_seen(struct loader *l, const struct stat *st)
{
	const struct seen *s;

	vec_each (s, &l->seen)
		if (s->dev == st->st_dev && s->ino == st->st_ino)
			return true;
	vec_add(&l->seen) = (struct seen){ st->st_dev, st->st_ino };
	return false;
}

/* All of it, but no more than it takes to see that it is too large. */
static int
read_all(int fd, struct buf *to)
{
	char part[16384];
	ssize_t n;

	buf_puts(to, "");
	do {
		n = read(fd, part, sizeof(part));
		if (n > 0)
			buf_add(to, part, (size_t)n);
	} while (
	    (n > 0 && to->len <= YAML_SIZE_MAX) || (n < 0 && errno == EINTR));
	return n < 0 ? -errno : 0;
}

/* -EALREADY: it was read before. */
static int
read_file(struct loader *l, const char *path, struct buf *to)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		rc = -errno;
	else if (is_seen(l, &st))
		rc = -EALREADY;
	else
		rc = read_all(fd, to);
	close(fd);
	return rc;
}

/* --- what it includes ---------------------------------------------------- */

/* The file that the node at pos names, over what is there already.  A glob may
 * well match the file it stands in. */
static void
include_file(struct loader *l, const char *path, struct pos pos)
{
	struct buf text = { 0 };
	const int rc = read_file(l, path, &text);
	struct node *root = NULL;

	if (rc == 0)
		root = yaml_read(path, text.data, text.len, l->d);
	else if (rc != -EALREADY)
		diag_error(
		    l->d, pos, "cannot read '%s': %s", path, strerror(-rc));
	if (root != NULL) {
		refuse_include(
		    root, "a file that is included cannot include", l->d);
		merge(l->root, root, l->d);
	}
	buf_free(&text);
}

/* A folder that is missing matches nothing, one that cannot be read is a
 * mistake. */
static int
stop_unless_missing(const char *path, int err)
{
	(void)path;
	errno = err;
	return err != ENOENT;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
include_glob(struct loader *l, const char *pattern, struct pos pos)
{
	glob_t found = { 0 };
	const int rc = glob(pattern, GLOB_NOSORT, stop_unless_missing, &found);

	/* glob's own order is the locale's */
	if (rc == 0)
		qsort(found.gl_pathv, found.gl_pathc, sizeof(char *), by_name);
	else if (rc != GLOB_NOMATCH)
		diag_error(l->d, pos, "cannot look for '%s': %s", pattern,
		    strerror(errno));
	for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++)
		include_file(l, found.gl_pathv[i], pos);
	globfree(&found);
}

/* Appends the folder of a file, with the slash; quoted for glob if need be. */
static void
add_folder(struct buf *to, const char *file, bool quote)
{
	const char *slash = strrchr(file, '/');

	buf_puts(to, "");
	for (const char *s = file; slash != NULL && s <= slash; s++) {
		if (quote && strchr("*?[\\", *s) != NULL)
			buf_putc(to, '\\');
		buf_putc(to, *s);
	}
}

static void
include_text(struct loader *l, const struct node *n)
{
	const bool is_glob = strpbrk(n->text, "*?[") != NULL;
	struct buf path = { 0 };

	if (n->text[0] != '/')
		add_folder(&path, n->pos.file, is_glob);
	buf_puts(&path, n->text);
	if (is_glob)
		include_glob(l, path.data, n->pos);
	else
		include_file(l, path.data, n->pos);
	buf_free(&path);
}

static void
include_all(struct loader *l, const struct node *n)
{
	if (n->bad)
		return;
	if (n->kind == NODE_TEXT) {
		include_text(l, n);
	} else if (n->kind != NODE_LIST) {
		diag_error(l->d, n->pos,
		    "'include' must be a file or a list of files, not %s",
		    value_found(n));
	}
	for (size_t i = 0; i < n->items.n; i++) {
		const struct node *item = n->items.v[i];

		if (item->kind == NODE_TEXT && !item->bad)
			include_text(l, item);
		else if (!item->bad)
			diag_error(l->d, item->pos,
			    "'include' has %s where a file should be",
			    value_found(item));
	}
}

struct node *
config_load(const char *path, struct diags *d)
{
	struct loader l = { .d = d };
	struct node *include = NULL;
	struct buf text = { 0 };
	struct pos pos;
	const int rc = read_file(&l, path, &text);

	if (rc == 0)
		l.root = yaml_read(path, text.data, text.len, d);
	else
		diag_error(d, (struct pos){ path, 0, 0 }, "cannot be read: %s",
		    strerror(-rc));
	if (l.root != NULL)
		include = take_include(l.root, &pos);
	if (include != NULL)
		include_all(&l, include);
	node_free(include);
	buf_free(&text);
	vec_free(&l.seen);
	return l.root;
}
