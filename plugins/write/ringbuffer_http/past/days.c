/* SPDX-License-Identifier: MIT */
#include "days.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { NAME_MAX_LEN = 32, DAMAGED_KEPT = 2, MAGIC_LEN = 2 };

static const char *const endings[TIERS] = { "raw", "1m", "15m" };

/* --- names --------------------------------------------------------------- */

static void
put_name(char name[NAME_MAX_LEN], int64_t day, unsigned tier)
{
	const time_t second = (time_t)(day * (DAYS_MS / 1000));
	struct tm tm;
	size_t n;

	gmtime_r(&second, &tm);
	n = strftime(name, NAME_MAX_LEN, "%Y-%m-%d.", &tm);
	strcpy(name + n, endings[tier]);
}

static bool
is_name(const char *name, int64_t *day, unsigned *tier)
{
	char again[NAME_MAX_LEN];
	struct tm tm = { 0 };
	const char *dot = strptime(name, "%Y-%m-%d", &tm);

	if (dot == NULL || *dot != '.')
		return false;
	*day = (int64_t)timegm(&tm) / (DAYS_MS / 1000);
	for (*tier = 0; *tier < TIERS; ++*tier)
		if (strcmp(dot + 1, endings[*tier]) == 0)
			break;
	if (*tier == TIERS)
		return false;
	put_name(again, *day, *tier);
	return strcmp(again, name) == 0;
}

static bool
ends_in(const char *name, const char *end)
{
	const size_t len = strlen(name), n = strlen(end);

	return len >= n && strcmp(name + len - n, end) == 0;
}

/* --- writing ------------------------------------------------------------- */

static int
write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		const ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
open_dir(const char *dir)
{
	const int fd = open(dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int
days_add(
    const char *dir, int64_t day, unsigned tier, const char *data, size_t len)
{
	const int at = open_dir(dir);
	char name[NAME_MAX_LEN];
	struct stat st;
	int fd, rc;

	if (at < 0)
		return at;
	put_name(name, day, tier);
	fd = openat(at, name,
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	rc = fd < 0 || fstat(fd, &st) != 0 ? -errno : 0;
	close(at);
	if (rc == 0) {
		rc = write_all(fd, data, len);
		/* where that fails, too, the next start finds its end */
		if (rc < 0 && ftruncate(fd, st.st_size) != 0)
			rc = -EIO;
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

/* --- names in the folder ------------------------------------------------- */

struct file {
	char name[NAME_MAX_LEN];
	int64_t day;
	unsigned tier;
};

struct listing {
	struct file *v;
	size_t n;
};

static int
order(const void *va, const void *vb)
{
	const struct file *a = va, *b = vb;

	if (a->day != b->day)
		return a->day < b->day ? -1 : 1;
	return (a->tier > b->tier) - (a->tier < b->tier);
}

static int
list_one(struct listing *l, const char *name)
{
	struct file f, *v;

	if (!is_name(name, &f.day, &f.tier))
		return 0;
	strcpy(f.name, name);
	v = reallocarray(l->v, l->n + 1, sizeof *v);
	if (v == NULL)
		return -ENOMEM;
	l->v = v;
	v[l->n++] = f;
	return 0;
}

/* The files, in order; to be freed.  0 or -errno. */
static int
list_files(const char *dir, struct listing *l)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	int rc = 0;

	*l = (struct listing){ .n = 0 };
	if (d == NULL)
		return -errno;
	while (rc == 0 && (e = readdir(d)) != NULL)
		rc = list_one(l, e->d_name);
	closedir(d);
	if (l->n > 0)
		qsort(l->v, l->n, sizeof *l->v, order);
	return rc;
}

void
days_expire(const char *dir, int64_t now)
{
	const int at = open_dir(dir);
	struct listing l;

	list_files(dir, &l);
	for (size_t i = 0; at >= 0 && i < l.n; i++) {
		const struct file *f = &l.v[i];

		if ((f->day + 1) * DAYS_MS + tier_rules[f->tier].keeps < now)
			unlinkat(at, f->name, 0);
	}
	free(l.v);
	if (at >= 0)
		close(at);
}

/* --- what is damaged ----------------------------------------------------- */

static int64_t
changed_at(int at, const char *name)
{
	struct stat st;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return 0;
	return (int64_t)st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec;
}

/* What was cut short, and damaged files but the newest two. */
static void
tidy(const char *dir, int at)
{
	int64_t first = 0, second = 0;
	const struct dirent *e;
	DIR *d = opendir(dir);

	for (; d != NULL && (e = readdir(d)) != NULL;) {
		const int64_t t = changed_at(at, e->d_name);

		if (ends_in(e->d_name, ".new"))
			unlinkat(at, e->d_name, 0);
		if (!ends_in(e->d_name, ".damaged") || t <= second)
			continue;
		second = t > first ? first : t;
		first = t > first ? t : first;
	}
	if (d != NULL)
		rewinddir(d);
	for (; d != NULL && (e = readdir(d)) != NULL;)
		if (ends_in(e->d_name, ".damaged") &&
		    changed_at(at, e->d_name) < second)
			unlinkat(at, e->d_name, 0);
	if (d != NULL)
		closedir(d);
}

/* --- reading ------------------------------------------------------------- */

/* What one file has. */
struct reading {
	struct days_reader *reader;
	const char *data;
	size_t len;
	int out;      /* where what is sound is copied to, or -1 */
	int rc;	      /* of that */
	size_t sound; /* where the last one of them ends */
	bool damaged;
	bool short_of; /* it ends in the middle of one */
	struct entry e;
};

/* The next place where a sound entry begins, or the end. */
static size_t
find_next(struct reading *x, size_t at)
{
	static const char magic[MAGIC_LEN] = { (char)0xf5, 0x7a };
	const char *found;
	bool short_of;

	while ((found = memmem(x->data + at, x->len - at, magic, MAGIC_LEN)) !=
	       NULL) {
		at = (size_t)(found - x->data);
		if (entry_get(found, x->len - at, &x->e, &short_of) > 0)
			return at;
		at++;
	}
	return x->len;
}

static void
walk(struct reading *x)
{
	size_t at = 0, n, next;

	while (at < x->len) {
		n = entry_get(x->data + at, x->len - at, &x->e, &x->short_of);
		if (n == 0) {
			next = find_next(x, at + 1);
			if (next < x->len || !x->short_of)
				x->damaged = true;
			at = next;
			continue;
		}
		if (x->out >= 0 && x->rc == 0)
			x->rc = write_all(x->out, x->data + at, n);
		else if (x->out < 0)
			x->reader->take(x->reader->arg, &x->e, x->data + at);
		at += n;
		x->sound = at;
	}
}

/* The damaged one steps aside for what is sound of it. */
static int
put_aside(struct reading *x, int at, const char *name)
{
	char aside[NAME_MAX_LEN + 16], fresh[NAME_MAX_LEN + 16];

	snprintf(aside, sizeof(aside), "%s.damaged", name);
	snprintf(fresh, sizeof(fresh), "%s.new", name);
	x->out = openat(at, fresh,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (x->out < 0)
		return -errno;
	walk(x);
	close(x->out);
	if (x->rc == 0 && (renameat(at, name, at, aside) != 0 ||
			      renameat(at, fresh, at, name) != 0))
		x->rc = -errno;
	snprintf(x->reader->damaged_name, sizeof(x->reader->damaged_name),
	    "%s", name);
	x->reader->damaged++;
	return x->rc;
}

/* fd is closed. */
static int
read_file(struct days_reader *r, int at, int fd, const char *name)
{
	struct reading x = { .reader = r, .out = -1 };
	struct stat st;
	void *data;
	int rc = 0;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
		close(fd);
		return 0;
	}
	x.e.chunk = malloc(sizeof *x.e.chunk + CHUNK_BYTES_MAX);
	x.len = (size_t)st.st_size;
	data = mmap(NULL, x.len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (x.e.chunk == NULL || data == MAP_FAILED) {
		if (data != MAP_FAILED)
			munmap(data, x.len);
		free(x.e.chunk);
		close(fd);
		return -ENOMEM;
	}
	x.data = data;
	walk(&x);
	r->end(r->arg);
	if (x.damaged)
		rc = put_aside(&x, at, name);
	else if (x.sound < x.len && ftruncate(fd, (off_t)x.sound) != 0)
		rc = -errno;
	munmap(data, x.len);
	free(x.e.chunk);
	close(fd);
	return rc;
}

int
days_read(const char *dir, struct days_reader *r)
{
	const int at = open_dir(dir);
	struct listing l;
	int rc, fd;

	if (at < 0)
		return at;
	rc = list_files(dir, &l);
	for (size_t i = 0; rc == 0 && i < l.n; i++) {
		fd = openat(at, l.v[i].name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
		if (fd >= 0)
			rc = read_file(r, at, fd, l.v[i].name);
	}
	tidy(dir, at);
	free(l.v);
	close(at);
	return rc;
}
