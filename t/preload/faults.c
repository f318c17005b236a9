/* SPDX-License-Identifier: MIT */
/*
 * Between a program and the kernel, by LD_PRELOAD: counts calls, and fails
 * them, cuts them short, lets them hang or kills the process at one of them,
 * as a page says
 * that is shared with the test (t/torture.py).  So every point between two
 * system calls can be reached, and no code for it is in what is tested.
 *
 * FETTLE_FAULTS: the file of the page.  FETTLE_FAULTY: a folder; calls for
 * what is in it are of the disk, those for sockets but local ones are of the
 * network, all others pass.  FETTLE_EAGER: four random bytes, as the daemon
 * asks for to spread its attempts, are zero, so that it waits for nothing.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The order is that of CALLS in t/torture.py. */
enum call { WRITE, SYNC, READ, OPEN, CHANGE, SEND, RECV, ANY, CALLS };

/* Actions; a positive one is an errno. */
enum {
	NOTHING,
	KILL = -1,
	KILL_HALF = -2,
	KILL_AFTER = -3,
	SHORT = -4,
	HANG = -5, /* until the page says something else */
};

struct fault {
	atomic_int count;  /* calls so far */
	atomic_int after;  /* so many pass */
	atomic_int times;  /* so many are acted upon; below 0: all */
	atomic_int action; /* 0: none */
};

static struct fault none[CALLS];
static struct fault *page = none;
static char folder[4096]; /* with the slash */
static bool eager;

__attribute__((constructor)) static void
look_around(void)
{
	const char *file = getenv("FETTLE_FAULTS");
	const char *below = getenv("FETTLE_FAULTY");
	int fd;

	eager = getenv("FETTLE_EAGER") != NULL;
	if (below != NULL)
		snprintf(folder, sizeof(folder), "%s/", below);
	if (file == NULL)
		return;
	fd = open(file, O_RDWR | O_CLOEXEC);
	page = mmap(
	    NULL, sizeof(none), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		abort();
	close(fd);
}

static int
act(struct fault *f)
{
	atomic_fetch_add(&f->count, 1);
	if (atomic_load(&f->action) == NOTHING)
		return NOTHING;
	if (atomic_fetch_sub(&f->after, 1) > 0)
		return NOTHING;
	if (atomic_load(&f->times) >= 0 && atomic_fetch_sub(&f->times, 1) <= 0)
		return NOTHING;
	while (atomic_load(&f->action) == HANG)
		nanosleep(&(struct timespec){ .tv_nsec = 1000 * 1000 }, NULL);
	return atomic_load(&f->action);
}

/* What is to become of this call. */
static int
action(enum call call)
{
	const int any = act(&page[ANY]), its = act(&page[call]);

	return any != NOTHING ? any : its;
}

static void
die(void)
{
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

/* Whether the call is not to be made: then errno is set. */
static bool
is_off(int what)
{
	if (what == KILL)
		die();
	if (what > 0)
		errno = what;
	return what > 0;
}

/* How much of it is to be done. */
static size_t
part_of(int what, size_t len)
{
	return (what == SHORT || what == KILL_HALF) && len > 1 ? len / 2 : len;
}

static ssize_t
done(int what, ssize_t rc)
{
	if (what == KILL_HALF || what == KILL_AFTER)
		die();
	return rc;
}

/* --- whose a call is ----------------------------------------------------- */

static bool
is_below(const char *path)
{
	const size_t len = strlen(folder);

	/* the folder itself too: it is what is synced */
	return len > 1 && (strncmp(path, folder, len) == 0 ||
			      (strlen(path) == len - 1 &&
				  strncmp(path, folder, len - 1) == 0));
}

static bool
is_disk(int fd)
{
	char link[64], path[4096];
	const int before = errno;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	errno = before;
	if (n <= 0)
		return false;
	path[n] = '\0';
	return is_below(path);
}

static bool
is_network(int fd)
{
	const int before = errno;
	socklen_t len = sizeof(int);
	int domain;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) != 0)
		domain = AF_UNIX;
	errno = before;
	return domain != AF_UNIX;
}

static int
disk_action(enum call call, int fd)
{
	return is_disk(fd) ? action(call) : NOTHING;
}

static int
path_action(enum call call, const char *path)
{
	return is_below(path) ? action(call) : NOTHING;
}

/* --- the calls ----------------------------------------------------------- */

/* The function that would be called without this one. */
#define NEXT(name)                                                            \
	__extension__({                                                       \
		static __typeof__(&(name)) next;                              \
		if (next == NULL)                                             \
			*(void **)&next = dlsym(RTLD_NEXT, #name);            \
		next;                                                         \
	})

#define VISIBLE __attribute__((visibility("default")))

VISIBLE ssize_t
write(int fd, const void *data, size_t len)
{
	const int what = is_disk(fd)	  ? action(WRITE)
			 : is_network(fd) ? action(SEND)
					  : NOTHING;

	if (is_off(what))
		return -1;
	return done(what, NEXT(write)(fd, data, part_of(what, len)));
}

VISIBLE ssize_t
pwrite(int fd, const void *data, size_t len, off_t at)
{
	const int what = disk_action(WRITE, fd);

	if (is_off(what))
		return -1;
	return done(what, NEXT(pwrite)(fd, data, part_of(what, len), at));
}

VISIBLE ssize_t
pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	const int what = disk_action(WRITE, fd);

	if (is_off(what))
		return -1;
	return done(what, NEXT(pwrite64)(fd, data, part_of(what, len), at));
}

VISIBLE ssize_t
read(int fd, void *data, size_t len)
{
	const int what = disk_action(READ, fd);

	if (is_off(what))
		return -1;
	return done(what, NEXT(read)(fd, data, part_of(what, len)));
}

VISIBLE ssize_t
pread(int fd, void *data, size_t len, off_t at)
{
	const int what = disk_action(READ, fd);

	if (is_off(what))
		return -1;
	return done(what, NEXT(pread)(fd, data, part_of(what, len), at));
}

VISIBLE ssize_t
pread64(int fd, void *data, size_t len, off64_t at)
{
	const int what = disk_action(READ, fd);

	if (is_off(what))
		return -1;
	return done(what, NEXT(pread64)(fd, data, part_of(what, len), at));
}

VISIBLE int
fsync(int fd)
{
	const int what = disk_action(SYNC, fd);

	return is_off(what) ? -1 : (int)done(what, NEXT(fsync)(fd));
}

VISIBLE int
fdatasync(int fd)
{
	const int what = disk_action(SYNC, fd);

	return is_off(what) ? -1 : (int)done(what, NEXT(fdatasync)(fd));
}

VISIBLE int
ftruncate(int fd, off_t len)
{
	const int what = disk_action(CHANGE, fd);

	return is_off(what) ? -1 : (int)done(what, NEXT(ftruncate)(fd, len));
}

VISIBLE int
ftruncate64(int fd, off64_t len)
{
	const int what = disk_action(CHANGE, fd);

	return is_off(what) ? -1 : (int)done(what, NEXT(ftruncate64)(fd, len));
}

static mode_t
mode_of(int flags, va_list ap)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
}

VISIBLE int
open(const char *path, int flags, ...)
{
	const int what = path_action(OPEN, path);
	mode_t mode;
	va_list ap;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	return is_off(what) ? -1
			    : (int)done(what, NEXT(open)(path, flags, mode));
}

VISIBLE int
open64(const char *path, int flags, ...)
{
	const int what = path_action(OPEN, path);
	mode_t mode;
	va_list ap;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	return is_off(what) ? -1
			    : (int)done(what, NEXT(open64)(path, flags, mode));
}

VISIBLE int
mkdir(const char *path, mode_t mode)
{
	const int what = path_action(CHANGE, path);

	return is_off(what) ? -1 : (int)done(what, NEXT(mkdir)(path, mode));
}

VISIBLE int
unlink(const char *path)
{
	const int what = path_action(CHANGE, path);

	return is_off(what) ? -1 : (int)done(what, NEXT(unlink)(path));
}

VISIBLE int
rename(const char *from, const char *to)
{
	const int what = path_action(CHANGE, from);

	return is_off(what) ? -1 : (int)done(what, NEXT(rename)(from, to));
}

VISIBLE int
unlinkat(int fd, const char *path, int flags)
{
	const int what = disk_action(CHANGE, fd);

	return is_off(what) ? -1
			    : (int)done(what, NEXT(unlinkat)(fd, path, flags));
}

VISIBLE int
renameat(int fd, const char *from, int to_fd, const char *to)
{
	const int what = disk_action(CHANGE, fd);

	return is_off(what)
		   ? -1
		   : (int)done(what, NEXT(renameat)(fd, from, to_fd, to));
}

VISIBLE ssize_t
send(int fd, const void *data, size_t len, int flags)
{
	const int what = is_network(fd) ? action(SEND) : NOTHING;

	if (is_off(what))
		return -1;
	return done(what, NEXT(send)(fd, data, part_of(what, len), flags));
}

VISIBLE ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
	const int what = is_network(fd) ? action(SEND) : NOTHING;

	return is_off(what) ? -1
			    : done(what, NEXT(sendmsg)(fd, message, flags));
}

VISIBLE ssize_t
recv(int fd, void *data, size_t len, int flags)
{
	const int what = is_network(fd) ? action(RECV) : NOTHING;

	if (is_off(what))
		return -1;
	return done(what, NEXT(recv)(fd, data, part_of(what, len), flags));
}

VISIBLE ssize_t
getrandom(void *data, size_t len, unsigned flags)
{
	if (!eager || len != 4)
		return NEXT(getrandom)(data, len, flags);
	memset(data, 0, len);
	return (ssize_t)len;
}
