/* SPDX-License-Identifier: MIT */
#include "pid.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../keyed.h"

enum { PID_PATH = 32 }; /* "4194304/cmdline" */

/* --- text ---------------------------------------------------------------- */

/* Moves over n words and the space before each. */
static bool
pid_skip(const char **p, size_t n)
{
	for (; n > 0; n--) {
		if (**p != ' ')
			return false;
		*p += 1;
		*p += strcspn(*p, " \n");
	}
	return true;
}

/* A number that something follows: at the end of what was read digits may be
 * missing. */
static bool
pid_number(const char **p, uint64_t *n)
{
	return scan_number(p, n) && (**p == ' ' || **p == '\n');
}

bool
pid_stat_parse(char *text, size_t len, struct pid_stat *s)
{
	char *begin = memchr(text, '(', len);
	char *end = memrchr(text, ')', len);
	uint64_t system;
	const char *p;

	if (begin == NULL || end < begin || text + len - end < 4)
		return false;
	*end = '\0';
	s->comm = begin + 1;
	s->state = end[2];
	p = end + 3;
	if (!pid_skip(&p, 10) || !pid_number(&p, &s->ticks) ||
	    !pid_number(&p, &system) || !pid_skip(&p, 4) ||
	    !pid_number(&p, &s->threads) || !pid_skip(&p, 1) ||
	    !pid_number(&p, &s->start) || !pid_skip(&p, 1) ||
	    !pid_number(&p, &s->resident))
		return false;
	s->ticks += system;
	return true;
}

size_t
pid_state(char letter)
{
	const char *at = strchr(PID_STATES, letter == 'x' ? 'X' : letter);

	return at != NULL && *at != '\0' ? (size_t)(at - PID_STATES)
					 : sizeof(PID_STATES) - 1;
}

bool
pid_io_parse(const char *text, uint64_t *got, uint64_t *put)
{
	return keyed_number(text, "read_bytes:", got) &&
	       keyed_number(text, "write_bytes:", put);
}

static const char *
pid_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

const char *
pid_name(const char *comm, const char *args, size_t len)
{
	const char *end = args + len, *base;

	if (strlen(comm) != PID_COMM_CUT)
		return comm;
	for (size_t i = 0; i < 2 && args < end; i++) {
		base = pid_base(args);
		if (strncmp(base, comm, PID_COMM_CUT) == 0)
			return base;
		args += strlen(args) + 1;
	}
	return comm;
}

void
pid_args_join(char *args, size_t len)
{
	while (len > 0 && args[len - 1] == '\0')
		len--;
	for (size_t i = 0; i < len; i++)
		if (args[i] == '\0')
			args[i] = ' ';
}

/* --- files --------------------------------------------------------------- */

/* Without snprintf, which takes as long as all else that is not the kernel. */
static void
pid_path(char *path, const char *pid, const char *file)
{
	const size_t len = strlen(pid);
	const size_t rest = strlen(file) + 1;

	assert(len + 1 + rest <= PID_PATH);
	memcpy(path, pid, len);
	path[len] = '/';
	memcpy(path + len + 1, file, rest);
}

static int
pid_open(int proc, const char *pid, const char *file, int flags)
{
	char path[PID_PATH];
	int fd;

	pid_path(path, pid, file);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC | flags);
	return fd < 0 ? -errno : fd;
}

ssize_t
pid_read(int proc, const char *pid, const char *file, char *text, size_t size)
{
	const int fd = pid_open(proc, pid, file, 0);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read(fd, text, size - 1);
	if (n < 0)
		n = -errno;
	else
		text[n] = '\0';
	close(fd);
	return n;
}

int
pid_owner(int proc, const char *pid, uid_t *owner)
{
	struct stat st;

	if (fstatat(proc, pid, &st, 0) != 0)
		return -errno;
	*owner = st.st_uid;
	return 0;
}

/* Takes fd.  -errno, or how many entries a folder has. */
static int64_t
pid_count(int fd)
{
	DIR *dir = fdopendir(fd);
	int64_t n = 0;
	struct dirent *e;

	if (dir == NULL) {
		n = -errno;
		close(fd);
		return n;
	}
	errno = 0;
	while ((e = readdir(dir)) != NULL)
		n += e->d_name[0] != '.';
	if (errno != 0)
		n = -errno;
	closedir(dir);
	return n;
}

int
pid_descriptors(int proc, const char *pid, bool sized, uint64_t *n)
{
	char path[PID_PATH];
	struct stat st;
	int64_t found;
	int fd;

	pid_path(path, pid, "fd");
	if (sized && fstatat(proc, path, &st, 0) == 0 && st.st_size > 0) {
		*n = (uint64_t)st.st_size;
		return 0;
	}
	fd = pid_open(proc, pid, "fd", O_DIRECTORY);
	found = fd < 0 ? fd : pid_count(fd);
	if (found < 0)
		return (int)found;
	*n = (uint64_t)found;
	return 0;
}
