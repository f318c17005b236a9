/* SPDX-License-Identifier: MIT */
#include "typesfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

enum { FILE_MAX = 4 * 1024 * 1024 };

/* All of it, with a NUL; -errno. */
static ssize_t
read_all(int fd, char *text)
{
	size_t n = 0;

	while (n <= FILE_MAX) {
		const ssize_t got = read(fd, text + n, FILE_MAX + 1 - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	if (n > FILE_MAX)
		return -EFBIG;
	text[n] = '\0';
	return (ssize_t)n;
}

static int
read_open(int fd, char **text)
{
	char *shorter;
	ssize_t n;

	*text = malloc(FILE_MAX + 2);
	if (*text == NULL)
		return -ENOMEM;
	n = read_all(fd, *text);
	if (n < 0) {
		free(*text);
		return (int)n;
	}
	shorter = realloc(*text, (size_t)n + 1);
	if (shorter != NULL)
		*text = shorter;
	return 0;
}

int
typesfile_read(struct fettle_ctx *ctx, const char *path, struct typesdb *db)
{
	char *text;
	int fd, rc;

	*db = (struct typesdb){ .text = NULL };
	if (path == NULL || *path == '\0')
		return 0;
	fd = fettle_file(ctx, path);
	if (fd == -ENOENT) {
		fettle_log(ctx, LOG_NOTICE,
		    "`%s' is not there: sources of types go by their numbers",
		    path);
		return 0;
	}
	if (fd < 0)
		return fettle_fail(ctx, -fd, "open `%s'", path);
	rc = read_open(fd, &text);
	close(fd);
	if (rc == 0)
		rc = typesdb_init(db, text);
	if (rc < 0)
		return fettle_fail(ctx, -rc, "read `%s'", path);
	if (db->bad > 0)
		fettle_log(ctx, LOG_WARNING, "%zu lines of `%s' are no types",
		    db->bad, path);
	return 0;
}
