/* SPDX-License-Identifier: MIT */
/*
 * No memory, by LD_PRELOAD: the n-th allocation of a program fails, n as
 * FETTLE_NOMEM says, and with FETTLE_NOMEM_EVER all after it.  The page of
 * FETTLE_NOMEM_COUNT, a file, is given how many there were and how many
 * failed.
 *
 * Whatever dlsym allocates to find the others comes from a room of its own.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define VISIBLE __attribute__((visibility("default")))

struct page {
	atomic_int count, failed;
};

static struct page none;
static struct page *page = &none;
static int fails_at; /* 0: none does */
static bool for_ever;

static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static void (*next_free)(void *);

static _Alignas(max_align_t) char room[65536];
static size_t used;

static void
find_next(void)
{
	static bool finding;

	if (finding || next_free != NULL)
		return;
	finding = true;
	*(void **)&next_malloc = dlsym(RTLD_NEXT, "malloc");
	*(void **)&next_calloc = dlsym(RTLD_NEXT, "calloc");
	*(void **)&next_realloc = dlsym(RTLD_NEXT, "realloc");
	*(void **)&next_free = dlsym(RTLD_NEXT, "free");
	finding = false;
}

__attribute__((constructor)) static void
look_around(void)
{
	const char *n = getenv("FETTLE_NOMEM");
	const char *file = getenv("FETTLE_NOMEM_COUNT");
	void *shared;
	int fd;

	find_next();
	for_ever = getenv("FETTLE_NOMEM_EVER") != NULL;
	if (file != NULL) {
		fd = open(file, O_RDWR | O_CLOEXEC);
		shared = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
		if (shared == MAP_FAILED)
			abort();
		close(fd);
		page = shared;
	}
	if (n != NULL)
		fails_at = atoi(n);
}

static bool
fails(void)
{
	const int n = atomic_fetch_add(&page->count, 1) + 1;

	if (fails_at == 0 || n < fails_at || (n > fails_at && !for_ever))
		return false;
	atomic_fetch_add(&page->failed, 1);
	errno = ENOMEM;
	return true;
}

static void *
from_room(size_t size)
{
	char *p = room + used;

	used += (size + 15) / 16 * 16;
	if (used > sizeof(room))
		abort();
	return p; /* zeroed: it is used once */
}

static bool
is_in_room(const void *p)
{
	return (uintptr_t)p >= (uintptr_t)room &&
	       (uintptr_t)p < (uintptr_t)room + sizeof(room);
}

VISIBLE void *
malloc(size_t size)
{
	find_next();
	if (next_malloc == NULL)
		return from_room(size);
	return fails() ? NULL : next_malloc(size);
}

VISIBLE void *
calloc(size_t n, size_t size)
{
	find_next();
	if (next_calloc == NULL)
		return from_room(n * size);
	return fails() ? NULL : next_calloc(n, size);
}

VISIBLE void *
realloc(void *p, size_t size)
{
	find_next();
	if (is_in_room(p) || next_realloc == NULL)
		abort();
	return fails() ? NULL : next_realloc(p, size);
}

VISIBLE void *
reallocarray(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, bytes);
}

VISIBLE void
free(void *p)
{
	if (!is_in_room(p) && next_free != NULL)
		next_free(p);
}
