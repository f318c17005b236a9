/* SPDX-License-Identifier: MIT */
#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

/* Whether path, or else the folder it would be made in, can be written. */
static int
can_write(const char *path)
{
	char *parent = xstrdup(path), *slash;
	int ok = access(path, W_OK) == 0;

	while (
	    !ok && errno == ENOENT && (slash = strrchr(parent, '/')) != NULL) {
		*slash = '\0';
		ok = access(*parent != '\0' ? parent : "/", W_OK) == 0;
	}
	free(parent);
	return ok;
}

char *
paths_state_dir(const char *configured)
{
	const char *state = getenv("STATE_DIRECTORY"),
		   *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (configured != NULL && configured[0] != '\0')
		return xstrdup(configured);
	/* the first of several, as systemd gives them */
	if (state != NULL && state[0] == '/')
		return xstrndup(state, strcspn(state, ":"));
	if (can_write(LOCALSTATEDIR "/lib/fettle"))
		return xstrdup(LOCALSTATEDIR "/lib/fettle");
	if (xdg != NULL && xdg[0] == '/')
		return xasprintf("%s/fettle", xdg);
	return xasprintf("%s/.local/state/fettle", home != NULL ? home : "");
}

char *
paths_socket(const char *configured)
{
	const char *dir = getenv("RUNTIME_DIRECTORY"),
		   *xdg = getenv("XDG_RUNTIME_DIR");

	if (configured != NULL && configured[0] != '\0')
		return xstrdup(configured);
	if (dir != NULL && dir[0] == '/')
		return xasprintf("%.*s/control", (int)strcspn(dir, ":"), dir);
	if (can_write(RUNSTATEDIR "/fettle/control"))
		return xstrdup(RUNSTATEDIR "/fettle/control");
	if (xdg != NULL && xdg[0] == '/')
		return xasprintf("%s/fettle/control", xdg);
	return xasprintf(PATHS_TMP_SOCKET, (unsigned long)geteuid());
}

static int
make_folders(const char *dir)
{
	char *path = xstrdup(dir);

	for (char *p = path + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		mkdir(path, 0755);
		*p = '/';
	}
	free(path);
	return mkdir(dir, 0700) == 0 || errno == EEXIST ? 0 : -errno;
}

int
paths_lock(const char *dir, char *why, size_t len)
{
	char *path = xasprintf("%s/lock", dir);
	int fd = -1, rc = make_folders(dir);

	if (rc == 0) {
		fd = open(
		    path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		rc = fd < 0 ? -errno : 0;
	}
	if (rc < 0) {
		snprintf(why, len, "%s: %s", path, strerror(-rc));
	} else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		rc = errno == EWOULDBLOCK ? -EBUSY : -errno;
		if (rc == -EBUSY)
			snprintf(why, len,
			    "another fettled uses the state directory %s",
			    dir);
		else
			snprintf(why, len, "cannot lock %s: %s", path,
			    strerror(-rc));
		close(fd);
	}
	free(path);
	return rc < 0 ? rc : fd;
}
