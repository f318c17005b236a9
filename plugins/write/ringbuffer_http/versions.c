/* SPDX-License-Identifier: MIT */
#include "versions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/lookup.h"

struct version {
	TAILQ_ENTRY(version) age;
	struct version *next; /* in its bucket */
	char text[VERSION_TEXT];
	char host[];
};

int
versions_init(struct versions *v)
{
	v->seed = lookup_seed();
	v->n = 0;
	TAILQ_INIT(&v->by_age);
	v->buckets = calloc(VERSIONS_BUCKETS, sizeof *v->buckets);
	if (v->buckets == NULL)
		return -ENOMEM;
	pthread_mutex_init(&v->lock, NULL);
	return 0;
}

/* Where the one of a host is pointed to, or would be. */
static struct version **
place(const struct versions *v, const char *host)
{
	const uint64_t hash = lookup_hash(v->seed, host, strlen(host));
	struct version **at = &v->buckets[hash % VERSIONS_BUCKETS];

	while (*at != NULL && strcmp((*at)->host, host) != 0)
		at = &(*at)->next;
	return at;
}

static void
forget(struct versions *v, struct version *one)
{
	struct version **at = place(v, one->host);

	*at = one->next;
	TAILQ_REMOVE(&v->by_age, one, age);
	v->n--;
	free(one);
}

void
versions_fini(struct versions *v)
{
	while (!TAILQ_EMPTY(&v->by_age))
		forget(v, TAILQ_FIRST(&v->by_age));
	free(v->buckets);
	pthread_mutex_destroy(&v->lock);
}

/* NULL: no memory. */
static struct version *
add(struct versions *v, const char *host)
{
	const size_t size = strlen(host) + 1;
	struct version *one = calloc(1, sizeof *one + size), **at;

	if (one == NULL)
		return NULL;
	memcpy(one->host, host, size);
	if (v->n == VERSIONS_MAX)
		forget(v, TAILQ_FIRST(&v->by_age));
	at = place(v, host);
	*at = one;
	TAILQ_INSERT_TAIL(&v->by_age, one, age);
	v->n++;
	return one;
}

static void
set(struct version *one, const char *version)
{
	size_t n = 0;

	for (; version[n] != '\0' && n < VERSION_TEXT - 1; n++)
		one->text[n] =
		    version[n] < ' ' || version[n] > '~' ? '?' : version[n];
	one->text[n] = '\0';
}

void
versions_put(struct versions *v, const char *host, const char *version)
{
	struct version *one;

	pthread_mutex_lock(&v->lock);
	one = *place(v, host);
	if (one == NULL)
		one = add(v, host);
	if (one != NULL) {
		set(one, version);
		TAILQ_REMOVE(&v->by_age, one, age);
		TAILQ_INSERT_TAIL(&v->by_age, one, age);
	}
	pthread_mutex_unlock(&v->lock);
}

bool
versions_get(struct versions *v, const char *host, char version[VERSION_TEXT])
{
	const struct version *one;

	pthread_mutex_lock(&v->lock);
	one = *place(v, host);
	if (one != NULL)
		memcpy(version, one->text, VERSION_TEXT);
	pthread_mutex_unlock(&v->lock);
	return one != NULL;
}
