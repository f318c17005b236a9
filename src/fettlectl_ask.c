/* SPDX-License-Identifier: MIT */
#include "fettlectl_ask.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "control/listen.h"
#include "control/server.h"
#include "paths.h"

enum {
	ASK_SECONDS = 120, /* for the next byte; a reload may take a while */
	ASK_AT_ONCE = 64 << 10,
};

/* In /tmp anybody may have made it. */
static bool
is_own_socket(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	       st.st_uid == geteuid();
}

char *
ask_default_path(void)
{
	static const char path[] = RUNSTATEDIR "/fettle/control";
	const char *said = getenv("FETTLE_SOCKET");
	const char *user = getenv("XDG_RUNTIME_DIR");
	char *own;

	if (said != NULL && said[0] != '\0')
		return xstrdup(said);
	if (access(path, F_OK) == 0 || errno != ENOENT)
		return xstrdup(path);
	if (user != NULL && user[0] == '/')
		return xasprintf("%s/fettle/control", user);
	own = xasprintf(PATHS_TMP_SOCKET, (unsigned long)geteuid());
	if (is_own_socket(own))
		return own;
	free(own);
	return xstrdup(path);
}

static int
fail(int err, const char *what, char *why, size_t len)
{
	snprintf(why, len, "%s: %s", what,
	    err == EAGAIN ? "the daemon does not answer" : strerror(err));
	return -err;
}

static int
set_limits(int fd)
{
	const struct timeval limit = { .tv_sec = ASK_SECONDS };

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		return -1;
	return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

/* What to do about it, where that is known. */
static const char *
advice(int err)
{
	switch (err) {
	case ENOENT:
	case ECONNREFUSED:
		return "; is it running?";
	case EACCES:
		return "; only root and the user it runs as may ask it";
	default:
		return "";
	}
}

int
ask_open(const char *path, char *why, size_t len)
{
	struct sockaddr_un address;
	int err = control_address(&address, path, why, len);
	int fd;

	if (err < 0)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && set_limits(fd) == 0 &&
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) ==
		0)
		return fd;
	err = errno;
	if (fd >= 0)
		close(fd);
	snprintf(why, len, "cannot reach fettled at '%s': %s%s", path,
	    strerror(err), advice(err));
	return -err;
}

static int
send_all(int fd, const char *data, size_t len)
{
	ssize_t n;

	for (; len > 0; data += n, len -= (size_t)n) {
		n = send(fd, data, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return -errno;
	}
	return 0;
}

/* Reads up to the end of a line, which is left out. */
static int
receive_line(int fd, struct buf *line)
{
	char *data = xmalloc(ASK_AT_ONCE), *end = NULL;
	ssize_t n = 0;
	int err = 0;

	while (end == NULL && err == 0) {
		n = recv(fd, data, ASK_AT_ONCE, 0);
		if (n < 0 && errno == EINTR)
			continue;
		end = n > 0 ? memchr(data, '\n', (size_t)n) : NULL;
		if (n < 0)
			err = -errno;
		else if (n == 0)
			err = -ECONNRESET;
		else if (line->len + (size_t)n > CONTROL_ANSWER_MAX + 1)
			err = -EMSGSIZE;
		else
			buf_add(line, data,
			    end != NULL ? (size_t)(end - data) : (size_t)n);
	}
	free(data);
	return err;
}

int
ask(int fd, const char *line, struct buf *answer, char *why, size_t len)
{
	int err = send_all(fd, line, strlen(line));

	if (err == 0)
		err = send_all(fd, "\n", 1);
	/* It may have said why it does not want more. */
	buf_clear(answer);
	if (err == 0 || err == -EPIPE)
		err = receive_line(fd, answer);
	return err < 0 ? fail(-err, "no answer from fettled", why, len) : 0;
}
