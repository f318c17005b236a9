/* SPDX-License-Identifier: MIT */
#include "ring_host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/lookup.h"

enum { BUCKETS_FIRST = 64 };

int
ring_hosts_init(struct ring_hosts *hosts)
{
	*hosts = (struct ring_hosts){ .n_buckets = BUCKETS_FIRST,
		.seed = lookup_seed() };
	TAILQ_INIT(&hosts->idle);
	hosts->buckets = calloc(hosts->n_buckets, sizeof *hosts->buckets);
	return hosts->buckets != NULL ? 0 : -ENOMEM;
}

static struct ring_host **
bucket(const struct ring_hosts *hosts, const char *name)
{
	const uint64_t hash = lookup_hash(hosts->seed, name, strlen(name));

	return &hosts->buckets[hash & (hosts->n_buckets - 1)];
}

static void
host_free(struct ring_host *host)
{
	snapshot_host_fini(&host->self);
	free(host);
}

static void
forget(struct ring_hosts *hosts, struct ring_host *host)
{
	struct ring_host **at = bucket(hosts, host->self.name);

	while (*at != host)
		at = &(*at)->next;
	*at = host->next;
	TAILQ_REMOVE(&hosts->idle, host, idle);
	hosts->n_idle--;
	hosts->n--;
	if (hosts->recent == host)
		hosts->recent = NULL;
	host_free(host);
}

void
ring_hosts_fini(struct ring_hosts *hosts)
{
	while (!TAILQ_EMPTY(&hosts->idle))
		forget(hosts, TAILQ_FIRST(&hosts->idle));
	free(hosts->buckets);
	hosts->buckets = NULL;
}

struct ring_host *
ring_hosts_find(struct ring_hosts *hosts, const char *name)
{
	struct ring_host *host = hosts->recent;

	if (host != NULL && strcmp(host->self.name, name) == 0)
		return host;
	for (host = *bucket(hosts, name); host != NULL; host = host->next)
		if (strcmp(host->self.name, name) == 0)
			return hosts->recent = host;
	return NULL;
}

/* Where memory is short the buckets stay as they are, only longer. */
static void
grow(struct ring_hosts *hosts)
{
	const size_t n = hosts->n_buckets;
	struct ring_host **old = hosts->buckets;
	struct ring_host **grown = calloc(2 * n, sizeof *grown);

	if (grown == NULL)
		return;
	hosts->buckets = grown;
	hosts->n_buckets = 2 * n;
	for (size_t i = 0; i < n; i++) {
		while (old[i] != NULL) {
			struct ring_host *host = old[i], **to;

			old[i] = host->next;
			to = bucket(hosts, host->self.name);
			host->next = *to;
			*to = host;
		}
	}
	free(old);
}

/* The idle one that was heard of last goes to the end. */
static void
touch(struct ring_hosts *hosts, struct ring_host *host)
{
	if (host->n > 0)
		return;
	TAILQ_REMOVE(&hosts->idle, host, idle);
	TAILQ_INSERT_TAIL(&hosts->idle, host, idle);
}

static struct ring_host *
add(struct ring_hosts *hosts, const char *name)
{
	struct ring_host *host = calloc(1, sizeof *host), **to;

	if (host == NULL || snapshot_host_init(&host->self, name) < 0) {
		free(host);
		return NULL;
	}
	if (hosts->n_idle == RING_IDLE_MAX)
		forget(hosts, TAILQ_FIRST(&hosts->idle));
	if (hosts->n >= hosts->n_buckets)
		grow(hosts);
	to = bucket(hosts, name);
	host->next = *to;
	*to = host;
	TAILQ_INSERT_TAIL(&hosts->idle, host, idle);
	hosts->n_idle++;
	hosts->n++;
	return hosts->recent = host;
}

struct ring_host *
ring_hosts_get(struct ring_hosts *hosts, const char *name)
{
	struct ring_host *host = ring_hosts_find(hosts, name);

	if (host == NULL)
		return add(hosts, name);
	touch(hosts, host);
	return host;
}

void
ring_hosts_gain(
    struct ring_hosts *hosts, struct ring_host *host, int64_t second)
{
	if (host->n == 0 || second > host->newest)
		host->newest = second;
	if (host->n++ > 0)
		return;
	TAILQ_REMOVE(&hosts->idle, host, idle);
	hosts->n_idle--;
}

void
ring_hosts_lose(struct ring_hosts *hosts, struct ring_host *host)
{
	if (--host->n > 0)
		return;
	TAILQ_INSERT_TAIL(&hosts->idle, host, idle);
	hosts->n_idle++;
	while (hosts->n_idle > RING_IDLE_MAX)
		forget(hosts, TAILQ_FIRST(&hosts->idle));
}
