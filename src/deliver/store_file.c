/* SPDX-License-Identifier: MIT */
#include "deliver/store_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/vec.h"

#define MARK ".damaged"
#define ASIDE ".corrupt-"

enum { KEPT = 2 };

static int
failed(const char *what, const char *path, char *why, size_t len)
{
	const int err = errno;

	snprintf(why, len, "cannot %s %s: %s", what, path, strerror(err));
	return -err;
}

/* --- made ---------------------------------------------------------------- */

static int
make_folders(const char *path, char *why, size_t len)
{
	char part[PATH_MAX];

	for (size_t i = 1; path[i] != '\0'; i++) {
		if (path[i] != '/')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0700) != 0 && errno != EEXIST)
			return failed("make", part, why, len);
	}
	return 0;
}

/* The folder part of path, an absolute one, with its last slash. */
static size_t
folder_len(const char *path)
{
	return (size_t)(strrchr(path, '/') - path) + 1;
}

static int
resolve(const char *path, char real[PATH_MAX], char *why, size_t len)
{
	const size_t n = folder_len(path);
	char folder[PATH_MAX];
	size_t used;

	memcpy(folder, path, n);
	folder[n] = '\0';
	if (realpath(folder, real) == NULL)
		return failed("resolve", folder, why, len);
	used = strlen(real);
	if ((size_t)snprintf(real + used, PATH_MAX - used, "/%s", path + n) >=
	    PATH_MAX - used) {
		errno = ENAMETOOLONG;
		return failed("resolve", path, why, len);
	}
	return 0;
}

static int
check_local(const char *real, char *why, size_t len)
{
	struct statfs fs;

	if (statfs(real, &fs) != 0)
		return failed("look at", real, why, len);
	switch ((unsigned long)fs.f_type) {
	case NFS_SUPER_MAGIC:
	case SMB_SUPER_MAGIC:
	case SMB2_SUPER_MAGIC:
	case CIFS_SUPER_MAGIC:
		snprintf(why, len,
		    "%s is on a network file system: it needs a disk of "
		    "this machine",
		    real);
		return -EOPNOTSUPP;
	default:
		return 0;
	}
}

/* What SQLite would make could be read by others. */
static int
make_file(const char *real, char *why, size_t len)
{
	const int fd = open(
	    real, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st;

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno != EEXIST || lstat(real, &st) != 0)
		return failed("make", real, why, len);
	if (S_ISLNK(st.st_mode) || !S_ISREG(st.st_mode)) {
		errno = S_ISLNK(st.st_mode) ? ELOOP : EINVAL;
		snprintf(why, len, "%s is not a regular file", real);
		return -errno;
	}
	return 0;
}

int
store_file_prepare(
    const char *path, char real[PATH_MAX], char *why, size_t len)
{
	int rc;

	if (strlen(path) >= PATH_MAX) {
		snprintf(why, len, "its path is too long");
		return -ENAMETOOLONG;
	}
	rc = make_folders(path, why, len);
	if (rc == 0)
		rc = resolve(path, real, why, len);
	if (rc == 0)
		rc = make_file(real, why, len);
	return rc == 0 ? check_local(real, why, len) : rc;
}

/* --- marked -------------------------------------------------------------- */

void
store_file_mark(const char *path)
{
	char *mark = xasprintf("%s" MARK, path);
	const int fd =
	    open(mark, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	free(mark);
}

bool
store_file_is_marked(const char *path)
{
	char *mark = xasprintf("%s" MARK, path);
	const bool marked = access(mark, F_OK) == 0;

	free(mark);
	return marked;
}

/* --- erased -------------------------------------------------------------- */

static void
remove_with_log(int folder, const char *name)
{
	char *log = xasprintf("%s-wal", name);

	unlinkat(folder, log, 0);
	unlinkat(folder, name, 0);
	free(log);
}

void
store_file_erase(const char *path)
{
	remove_with_log(AT_FDCWD, path);
}

/* --- set aside ----------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Whether an entry of the folder is the file base as it was once set aside;
 * logs go with their files. */
static bool
is_aside(const char *entry, const char *base)
{
	const size_t n = strlen(base), m = strlen(ASIDE), len = strlen(entry);

	return strncmp(entry, base, n) == 0 &&
	       strncmp(entry + n, ASIDE, m) == 0 &&
	       (len < 4 || strcmp(entry + len - 4, "-wal") != 0);
}

/* Keeps the newest of what was set aside; their names rise with time. */
static void
prune(DIR *dir, const char *base)
{
	VEC(char *) names = { 0 };
	const struct dirent *e;

	rewinddir(dir);
	while ((e = readdir(dir)) != NULL)
		if (is_aside(e->d_name, base))
			vec_add(&names) = xstrdup(e->d_name);
	if (names.n > 0)
		qsort(names.v, names.n, sizeof(char *), by_name);
	for (size_t i = 0; i < names.n; i++) {
		if (i + KEPT < names.n)
			remove_with_log(dirfd(dir), names.v[i]);
		free(names.v[i]);
	}
	vec_free(&names);
}

/* A name for it that rises with time and is not taken. */
static bool
new_name(int folder, const char *base, char *name, size_t size)
{
	const int64_t now = clock_wall();
	const time_t second = now / NS_PER_S;
	char date[32];
	struct tm tm;

	gmtime_r(&second, &tm);
	strftime(date, sizeof(date), "%Y%m%dT%H%M%S", &tm);
	if ((size_t)snprintf(name, size, "%s" ASIDE "%s.%06dZ", base, date,
		(int)(now % NS_PER_S / 1000)) >= size)
		return false;
	return faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0 &&
	       errno == ENOENT;
}

static int
rename_all(int folder, const char *base, const char *name, const char *path,
    char *why, size_t len)
{
	char *log = xasprintf("%s-wal", base),
	     *mark = xasprintf("%s" MARK, base);
	char *to = xasprintf("%s-wal", name);
	int rc = 0;

	if (renameat(folder, base, folder, name) != 0 && errno != ENOENT)
		rc = failed("rename", path, why, len);
	else if (renameat(folder, log, folder, to) != 0 && errno != ENOENT)
		rc = failed("rename the log of", path, why, len);
	else
		unlinkat(folder, mark, 0);
	free(log);
	free(mark);
	free(to);
	return rc;
}

int
store_file_set_aside(
    const char *path, char *name, size_t size, char *why, size_t len)
{
	const size_t n = folder_len(path);
	const char *base = path + n;
	char *folder = xstrndup(path, n);
	DIR *dir = opendir(folder);
	int rc;

	free(folder);
	if (dir == NULL)
		return failed("open the folder of", path, why, len);
	if (!new_name(dirfd(dir), base, name, size)) {
		snprintf(why, len, "no name to set %s aside by", path);
		rc = -EEXIST;
	} else {
		rc = rename_all(dirfd(dir), base, name, path, why, len);
	}
	if (rc == 0) {
		prune(dir, base);
		fsync(dirfd(dir));
	}
	closedir(dir);
	return rc;
}
