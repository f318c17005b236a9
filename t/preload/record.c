/* SPDX-License-Identifier: MIT */
/*
 * What a program does to the files of a folder, written down in order, by
 * LD_PRELOAD: FETTLE_FAULTY is the folder, FETTLE_RECORD the file of records.
 * From them t/36-spool-power.py makes what a disk may hold after a power cut.
 *
 * A record: what (1 byte), the lengths of path and data (2 and 4 bytes), the
 * offset (8 bytes), all as they are in memory; path, from the folder on; data.
 * It is written before the call for what a cut may half do, after it for what
 * is then certain.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define VISIBLE __attribute__((visibility("default")))
#define NEXT(name)                                                            \
	__extension__({                                                       \
		static __typeof__(&(name)) next;                              \
		if (next == NULL)                                             \
			*(void **)&next = dlsym(RTLD_NEXT, #name);            \
		next;                                                         \
	})

static char folder[4096];
static size_t folder_len;
static int records = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct __attribute__((packed)) head {
	char what;
	uint16_t path;
	uint32_t data;
	uint64_t at;
};

__attribute__((constructor)) static void
look_around(void)
{
	const char *below = getenv("FETTLE_FAULTY");
	const char *file = getenv("FETTLE_RECORD");

	if (below == NULL || file == NULL)
		return;
	snprintf(folder, sizeof(folder), "%s", below);
	folder_len = strlen(folder);
	records = NEXT(open)(file, O_WRONLY | O_APPEND | O_CLOEXEC, 0);
}

/* Its path from the folder on; NULL: it is somewhere else. */
static const char *
inside(const char *path)
{
	return records >= 0 && strncmp(path, folder, folder_len) == 0 &&
		       (path[folder_len] == '/' || path[folder_len] == '\0')
		   ? path + folder_len
		   : NULL;
}

static void
note(char what, const char *path, const void *data, size_t len, uint64_t at)
{
	const struct head head = { what, (uint16_t)strlen(path), (uint32_t)len,
		at };
	struct iovec parts[] = {
		{ (void *)(uintptr_t)&head, sizeof(head) },
		{ (void *)(uintptr_t)path, head.path },
		{ (void *)(uintptr_t)data, len },
	};
	const int before = errno;

	pthread_mutex_lock(&lock);
	if (writev(records, parts, 3) < 0)
		abort();
	pthread_mutex_unlock(&lock);
	errno = before;
}

static void
note_fd(char what, int fd, const void *data, size_t len, uint64_t at)
{
	char link[64], path[4096];
	const int before = errno;
	const char *part;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	errno = before;
	if (n <= 0)
		return;
	path[n] = '\0';
	part = inside(path);
	if (part != NULL)
		note(what, part, data, len, at);
}

static void
note_path(char what, const char *path, const char *to)
{
	const char *part = inside(path);

	if (part != NULL)
		note(what, part, to, to != NULL ? strlen(to) : 0, 0);
}

/* --- the calls ----------------------------------------------------------- */

VISIBLE ssize_t
pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	note_fd('w', fd, data, len, (uint64_t)at);
	return NEXT(pwrite64)(fd, data, len, at);
}

VISIBLE ssize_t
pwrite(int fd, const void *data, size_t len, off_t at)
{
	note_fd('w', fd, data, len, (uint64_t)at);
	return NEXT(pwrite)(fd, data, len, at);
}

VISIBLE int
ftruncate64(int fd, off64_t len)
{
	note_fd('t', fd, NULL, 0, (uint64_t)len);
	return NEXT(ftruncate64)(fd, len);
}

VISIBLE int
ftruncate(int fd, off_t len)
{
	note_fd('t', fd, NULL, 0, (uint64_t)len);
	return NEXT(ftruncate)(fd, len);
}

VISIBLE int
fsync(int fd)
{
	const int rc = NEXT(fsync)(fd);

	if (rc == 0)
		note_fd('s', fd, NULL, 0, 0);
	return rc;
}

VISIBLE int
fdatasync(int fd)
{
	const int rc = NEXT(fdatasync)(fd);

	if (rc == 0)
		note_fd('s', fd, NULL, 0, 0);
	return rc;
}

/* What is there already is not made: its record says nothing new. */
static int
opened(const char *path, int flags, int rc)
{
	if (rc >= 0 && flags & O_CREAT)
		note_path('c', path, NULL);
	return rc;
}

static mode_t
mode_of(int flags, va_list ap)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
}

VISIBLE int
open64(const char *path, int flags, ...)
{
	mode_t mode;
	va_list ap;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	return opened(path, flags, NEXT(open64)(path, flags, mode));
}

VISIBLE int
open(const char *path, int flags, ...)
{
	mode_t mode;
	va_list ap;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	return opened(path, flags, NEXT(open)(path, flags, mode));
}

VISIBLE int
unlink(const char *path)
{
	note_path('u', path, NULL);
	return NEXT(unlink)(path);
}
