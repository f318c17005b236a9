/* SPDX-License-Identifier: MIT */
#include "config/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/vec.h"

enum {
	SECRET_MAX = 64 * 1024, /* bytes of a file */
};

/* What was taken out of the environment, for whoever asks again. */
struct taken {
	char *name, *value;
};

static VEC(struct taken) environment;

static int fail(char *why, size_t len, int err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static int
fail(char *why, size_t len, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, len, fmt, ap);
	va_end(ap);
	return -err;
}

/*
 * Whether nobody but us and root can read it or put another in its place.
 * systemd lets us read a credential of root's by an access list, which shows
 * as a bit of the group's; the directory keeps everybody else out.
 */
static int
check_owner(const struct stat *st, bool credential, const char *path,
    char *why, size_t len)
{
	const mode_t others = credential && st->st_uid == 0 ? 0037 : 0077;

	if (!S_ISREG(st->st_mode))
		return fail(
		    why, len, EINVAL, "'%s' is not a regular file", path);
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return fail(why, len, EACCES,
		    "'%s' belongs to user %ju, not to user %ju or root", path,
		    (uintmax_t)st->st_uid, (uintmax_t)geteuid());
	if ((st->st_mode & others) != 0)
		return fail(why, len, EACCES,
		    "'%s' is open to others: chmod 600 it", path);
	return 0;
}

/* All of the file, NUL-terminated and allocated with SECRET_MAX + 2 bytes. */
static ssize_t
read_all(int fd, char *text)
{
	size_t n = 0;

	while (n < SECRET_MAX + 1) {
		const ssize_t got = read(fd, text + n, SECRET_MAX + 1 - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	text[n] = '\0';
	return (ssize_t)n;
}

/* Without the line break at the end. */
static size_t
content_length(const char *text, size_t n)
{
	if (n > 0 && text[n - 1] == '\n')
		n--;
	if (n > 0 && text[n - 1] == '\r')
		n--;
	return n;
}

static int
read_open(int fd, bool credential, const char *path, char **out, char *why,
    size_t len)
{
	char *text;
	struct stat st;
	ssize_t n;
	int rc = 0;

	if (fstat(fd, &st) < 0)
		return fail(why, len, errno, "cannot look at '%s': %s", path,
		    strerror(errno));
	rc = check_owner(&st, credential, path, why, len);
	if (rc < 0)
		return rc;
	text = xmalloc(SECRET_MAX + 2);
	n = read_all(fd, text);
	if (n < 0)
		rc = fail(why, len, (int)-n, "cannot read '%s': %s", path,
		    strerror((int)-n));
	else if (n > SECRET_MAX)
		rc = fail(why, len, EFBIG, "'%s' is over 64 KiB", path);
	else if (memchr(text, '\0', (size_t)n) != NULL)
		rc = fail(why, len, EINVAL, "'%s' has a NUL in it", path);
	else if (content_length(text, (size_t)n) == 0)
		rc = fail(why, len, ENODATA, "'%s' is empty", path);
	else
		*out = xstrndup(text, content_length(text, (size_t)n));
	explicit_bzero(text, SECRET_MAX + 2);
	free(text);
	return rc;
}

static int
read_file(const char *path, bool credential, char **out, char *why, size_t len)
{
	/* a FIFO in its place must not hang us */
	const int fd =
	    open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int rc;

	if (fd < 0)
		return fail(why, len, errno, "cannot open '%s': %s", path,
		    strerror(errno));
	rc = read_open(fd, credential, path, out, why, len);
	close(fd);
	return rc;
}

int
secret_from_file(
    const char *path, const char *dir, char **out, char *why, size_t len)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	char *full;
	int rc = -ENOENT;

	*out = NULL;
	if (*path == '\0')
		return fail(why, len, EINVAL, "the name of the file is empty");
	if (*path == '/')
		return read_file(path, false, out, why, len);
	if (credentials != NULL && *credentials == '/' &&
	    strchr(path, '/') == NULL) {
		full = xasprintf("%s/%s", credentials, path);
		rc = read_file(full, true, out, why, len);
		free(full);
	}
	if (rc != -ENOENT)
		return rc;
	if (strcmp(dir, ".") == 0)
		return read_file(path, false, out, why, len);
	full = xasprintf("%s/%s", dir, path);
	rc = read_file(full, false, out, why, len);
	free(full);
	return rc;
}

static const char *
remembered(const char *name)
{
	const struct taken *t;

	vec_each (t, &environment)
		if (strcmp(t->name, name) == 0)
			return t->value;
	return NULL;
}

/* Overwritten as well: unsetenv alone leaves it in /proc/PID/environ. */
static void
take(const char *name, char *value)
{
	vec_add(&environment) =
	    (struct taken){ xstrdup(name), xstrdup(value) };
	explicit_bzero(value, strlen(value));
	unsetenv(name);
}

int
secret_from_env(const char *name, char **out, char *why, size_t len)
{
	char *value;

	*out = NULL;
	if (*name == '\0' || strchr(name, '=') != NULL)
		return fail(why, len, EINVAL,
		    "'%s' is no name of an environment variable", name);
	value = getenv(name);
	if (remembered(name) == NULL && value != NULL && *value != '\0')
		take(name, value);
	if (remembered(name) == NULL)
		return fail(why, len, value != NULL ? ENODATA : ENOENT,
		    "environment variable '%s' is %s", name,
		    value != NULL ? "empty" : "not set");
	*out = xstrdup(remembered(name));
	return 0;
}

void
secret_free(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

void
secret_fini(void)
{
	struct taken *t;

	vec_each (t, &environment) {
		free(t->name);
		secret_free(t->value);
	}
	vec_free(&environment);
}
