/* SPDX-License-Identifier: MIT */
#include "common/procfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

enum { PROCFILE_LEAST = 512, PROCFILE_MOST = 16 << 20 };

void
procfile_take(struct procfile *f, int fd, const char *path)
{
	*f = (struct procfile){ .path = path, .fd = fd };
}

int
procfile_open(struct procfile *f, struct fettle_ctx *ctx, const char *path)
{
	const int fd = fettle_file(ctx, path);

	if (fd < 0)
		return fd;
	procfile_take(f, fd, path);
	return 0;
}

void
procfile_close(struct procfile *f)
{
	if (f->path == NULL)
		return;
	close(f->fd);
	free(f->text);
	*f = (struct procfile){ 0 };
}

/* Makes room for at least one byte more, and the NUL. */
static int
procfile_room(struct procfile *f)
{
	const size_t cap = f->cap ? 2 * f->cap : PROCFILE_LEAST;
	char *more;

	if (f->len + 1 < f->cap)
		return 0;
	if (cap > PROCFILE_MOST)
		return -EFBIG;
	more = realloc(f->text, cap);
	if (more == NULL)
		return -ENOMEM;
	f->text = more;
	f->cap = cap;
	return 0;
}

/* The kernel hands over many files a page at a time, so only a read of nothing
 * is the end. */
int
procfile_read(struct procfile *f)
{
	ssize_t n;
	int rc;

	f->len = 0;
	do {
		rc = procfile_room(f);
		if (rc < 0)
			return rc;
		n = pread(f->fd, f->text + f->len, f->cap - 1 - f->len,
		    (off_t)f->len);
		if (n < 0)
			return -errno;
		f->len += (size_t)n;
	} while (n > 0);
	f->text[f->len] = '\0';
	return 0;
}

bool
procfile_try(struct procfile *f, struct fettle_ctx *ctx)
{
	const int rc = procfile_read(f);

	if (rc < 0 && !f->failing)
		fettle_log(ctx, LOG_WARNING, "cannot read '%s': %s", f->path,
		    strerror(-rc));
	else if (rc == 0 && f->failing)
		fettle_log(ctx, LOG_NOTICE, "'%s' can be read again", f->path);
	f->failing = rc < 0;
	return rc == 0;
}

const char *
procfile_find(const char *text, const char *key)
{
	const size_t len = strlen(key);

	for (const char *s = text; (s = strstr(s, key)) != NULL; s += len)
		if (s == text || s[-1] == '\n')
			return strchr(s, '\n') ? s + len : NULL;
	return NULL;
}

char *
procfile_line(char **rest)
{
	char *line = *rest, *newline = strchr(line, '\n');

	if (newline == NULL)
		return NULL;
	*newline = '\0';
	*rest = newline + 1;
	return line;
}
