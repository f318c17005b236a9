/* SPDX-License-Identifier: MIT */
/* Or the C library's headers would define what is defined here. */
#undef _FORTIFY_SOURCE
#include "test.h"

#include "store_disk.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* --- the disk ------------------------------------------------------------ */

struct disk disk;

static bool
is_to_fail(void)
{
	disk.calls++;
	if (disk.fail_at == 0 || disk.calls < disk.fail_at ||
	    (disk.calls > disk.fail_at && !disk.for_ever))
		return false;
	errno = disk.error;
	return true;
}

EXPORT ssize_t pwrite64(int fd, const void *data, size_t len, off_t at);
EXPORT ssize_t pread64(int fd, void *data, size_t len, off_t at);
EXPORT int ftruncate64(int fd, off_t len);

ssize_t
pwrite64(int fd, const void *data, size_t len, off_t at)
{
	return is_to_fail() ? -1 : syscall(SYS_pwrite64, fd, data, len, at);
}

ssize_t
pread64(int fd, void *data, size_t len, off_t at)
{
	disk.reads++;
	return syscall(SYS_pread64, fd, data, len, at);
}

int
ftruncate64(int fd, off_t len)
{
	return is_to_fail() ? -1 : (int)syscall(SYS_ftruncate, fd, len);
}

EXPORT int
fdatasync(int fd)
{
	(void)fd;
	disk.syncs++; /* the page cache outlives all that happens here */
	return is_to_fail() ? -1 : 0;
}

EXPORT int
fsync(int fd)
{
	return fdatasync(fd);
}

/* --- a store ------------------------------------------------------------- */

struct store *s;
struct store_found found;
char why[256];

int
disk_begin(void **state)
{
	memset(&disk, 0, sizeof(disk));
	return store_dir_begin(state);
}

int
try_open(struct store **to, const char *kind, uint32_t version,
    enum store_sync sync)
{
	const struct store_options o = { .path = store_dir_at("spool/w.db"),
		.kind = kind,
		.version = version,
		.sync = sync,
		.max_size = 4 << 20 };

	return store_open(to, &o, &found, why, sizeof(why));
}

void
open_store(void)
{
	if (try_open(&s, "spool", 1, STORE_CRASH) != 0)
		fail_msg("%s", why);
}

void
close_store(bool clean)
{
	assert_int_equal(store_close(s, clean), 0);
	s = NULL;
}

int
try_put(const char *text)
{
	uint64_t id;
	int rc = store_begin(s);

	if (rc < 0)
		return rc;
	rc = store_append(s, 0, text, strlen(text), &id);
	if (rc == 0)
		return store_commit(s);
	store_rollback(s);
	return rc;
}

void
put(const char *text)
{
	assert_int_equal(try_put(text), 0);
}

void
put_many(int rows, size_t each)
{
	char *body = xmalloc(each);
	uint64_t id;

	memset(body, 'b', each);
	assert_int_equal(store_begin(s), 0);
	for (int i = 0; i < rows; i++)
		assert_int_equal(store_append(s, 0, body, each, &id), 0);
	assert_int_equal(store_commit(s), 0);
	free(body);
}

const char *
rows(void)
{
	static struct buf all;
	struct store_row row = { 0 };
	int rc;

	buf_clear(&all);
	while ((rc = store_next(s, 0, row.id, &row)) == 0) {
		buf_puts(&all, all.len > 0 ? " " : "");
		buf_add(&all, row.body, row.len);
	}
	assert_int_equal(rc, -ENOENT);
	return all.data;
}

void
killed(void (*fn)(void))
{
	const pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		fn();
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

int
count_files(const char *what)
{
	DIR *dir = opendir(store_dir_at("spool"));
	const struct dirent *e;
	int n = 0;

	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL)
		n += strstr(e->d_name, what) != NULL;
	closedir(dir);
	return n;
}

struct buf
contents(const char *name)
{
	FILE *f = fopen(store_dir_at(name), "r");
	struct buf all = { 0 };
	char part[4096];
	size_t n;

	if (f == NULL)
		return all;
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&all, part, n);
	fclose(f);
	return all;
}

void
write_contents(const char *name, const struct buf *all)
{
	FILE *f = fopen(store_dir_at(name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(all->data, 1, all->len, f), all->len);
	assert_int_equal(fclose(f), 0);
}
