/* SPDX-License-Identifier: MIT */
#include "control/listen.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"

enum { LISTEN_BACKLOG = 32 };

int
control_address(
    struct sockaddr_un *address, const char *path, char *why, size_t len)
{
	const size_t n = strlen(path);

	if (n >= sizeof(address->sun_path)) {
		snprintf(why, len,
		    "socket '%s': the path has %zu bytes, at most %zu fit",
		    path, n, sizeof(address->sun_path) - 1);
		return -ENAMETOOLONG;
	}
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, n + 1);
	return 0;
}

/* Whether the path is a folder such as /tmp, where anybody makes what he
 * likes. */
static bool
is_for_all(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & S_ISVTX) != 0 &&
	       (st.st_mode & S_IWOTH) != 0;
}

/* Who made the folder in such a one could put another socket in the place of
 * ours. */
static int
check_directory(const char *dir, char *why, size_t len)
{
	const char *slash = strrchr(dir, '/');
	/* not dir/..: it may be a link */
	char *above = slash != NULL ? xstrndup(dir, (size_t)(slash - dir) + 1)
				    : xstrdup(".");
	struct stat st;
	int err = 0;

	if (lstat(dir, &st) == 0 && st.st_uid != 0 && st.st_uid != geteuid() &&
	    is_for_all(above)) {
		snprintf(why, len, "directory '%s' belongs to user %lu", dir,
		    (unsigned long)st.st_uid);
		err = -EPERM;
	}
	free(above);
	return err;
}

static int
make_directory(const char *path, char *why, size_t len)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	int err = 0;

	if (slash == NULL || slash == path)
		return 0;
	dir = xstrndup(path, (size_t)(slash - path));
	if (mkdir(dir, 0755) < 0 && errno != EEXIST) {
		err = -errno;
		snprintf(why, len, "cannot make directory '%s': %s", dir,
		    strerror(-err));
	} else {
		err = check_directory(dir, why, len);
	}
	free(dir);
	return err;
}

static int
fail(int err, const char *path, char *why, size_t len)
{
	snprintf(why, len, "cannot listen on '%s': %s", path, strerror(err));
	return -err;
}

/* 0: nobody listens there.  A full queue of connections is somebody too. */
static int
ask_who_answers(const struct sockaddr_un *address, char *why, size_t len)
{
	const char *path = address->sun_path;
	const int fd =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err = 0;

	if (fd < 0)
		return fail(errno, path, why, len);
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) <
	    0)
		err = errno;
	close(fd);
	if (err == ECONNREFUSED || err == ENOENT)
		return 0;
	if (err != 0 && err != EAGAIN)
		return fail(err, path, why, len);
	snprintf(why, len, "another fettled answers on '%s'", path);
	return -EADDRINUSE;
}

static int
remove_stale(const struct sockaddr_un *address, char *why, size_t len)
{
	const char *path = address->sun_path;
	struct stat st;
	int err;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : fail(errno, path, why, len);
	if (!S_ISSOCK(st.st_mode)) {
		snprintf(why, len,
		    "cannot listen on '%s': it exists and is not a "
		    "socket",
		    path);
		return -EEXIST;
	}
	err = ask_who_answers(address, why, len);
	if (err == 0 && unlink(path) < 0 && errno != ENOENT)
		return fail(errno, path, why, len);
	return err;
}

/* The mode goes with the socket, so there is no moment at which the file has
 * another one, and no umask to change for all threads. */
static int
bind_and_listen(const struct sockaddr_un *address, struct stat *made,
    char *why, size_t len)
{
	const char *path = address->sun_path;
	const int fd =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0)
		return fail(errno, path, why, len);
	if (fchmod(fd, 0600) < 0 ||
	    bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ||
	    listen(fd, LISTEN_BACKLOG) < 0 || lstat(path, made) < 0) {
		err = errno;
		close(fd);
		return fail(err, path, why, len);
	}
	return fd;
}

int
control_listen(const char *path, struct stat *made, char *why, size_t len)
{
	struct sockaddr_un address;
	int err = control_address(&address, path, why, len);

	if (err == 0)
		err = make_directory(path, why, len);
	if (err == 0)
		err = remove_stale(&address, why, len);
	return err < 0 ? err : bind_and_listen(&address, made, why, len);
}

void
control_unlink(const char *path, const struct stat *made)
{
	struct stat st;

	if (lstat(path, &st) == 0 && st.st_dev == made->st_dev &&
	    st.st_ino == made->st_ino)
		unlink(path);
}
