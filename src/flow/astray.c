/* SPDX-License-Identifier: MIT */
#include "flow/astray.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

struct astray_host {
	char *name;
	int64_t ahead_ns;
	int64_t heard_ns; /* monotonic */
};

void
astray_init(struct astray *a)
{
	memset(a, 0, sizeof(*a));
	pthread_mutex_init(&a->lock, NULL);
}

void
astray_fini(struct astray *a)
{
	for (size_t i = 0; i < a->hosts.n; i++)
		free(a->hosts.v[i].name);
	vec_free(&a->hosts);
	pthread_mutex_destroy(&a->lock);
}

/* All of these under the lock. */

static struct astray_host *
find(struct astray *a, const char *name)
{
	struct astray_host *h;

	vec_each (h, &a->hosts)
		if (strcmp(h->name, name) == 0)
			return h;
	return NULL;
}

static void
take_out(struct astray *a, size_t i)
{
	free(a->hosts.v[i].name);
	vec_remove(&a->hosts, i);
}

static void
forget_old(struct astray *a, int64_t now_ns)
{
	for (size_t i = 0; i < a->hosts.n;)
		if (now_ns - a->hosts.v[i].heard_ns >
		    ASTRAY_FORGET_S * NS_PER_S)
			take_out(a, i);
		else
			i++;
}

/* False: there is no room, or that is no name. */
static bool
add(struct astray *a, const struct astray_host *like)
{
	forget_old(a, like->heard_ns);
	if (a->hosts.n == ASTRAY_HOSTS || strlen(like->name) > ASTRAY_NAME)
		return false;
	vec_add(&a->hosts) = *like;
	a->hosts.v[a->hosts.n - 1].name = xstrdup(like->name);
	return true;
}

/* --- for others ---------------------------------------------------------- */

bool
astray_found(
    struct astray *a, const char *host, int64_t ahead_ns, int64_t now_ns)
{
	const struct astray_host is = { (char *)(uintptr_t)host, ahead_ns,
		now_ns };
	struct astray_host *known;
	bool news = false;

	pthread_mutex_lock(&a->lock);
	known = find(a, host);
	if (known == NULL) {
		news = add(a, &is);
	} else {
		known->ahead_ns = ahead_ns;
		known->heard_ns = now_ns;
	}
	pthread_mutex_unlock(&a->lock);
	return news;
}

bool
astray_over(struct astray *a, const char *host)
{
	struct astray_host *known;

	pthread_mutex_lock(&a->lock);
	known = find(a, host);
	if (known != NULL)
		take_out(a, (size_t)(known - a->hosts.v));
	pthread_mutex_unlock(&a->lock);
	return known != NULL;
}

bool
astray_any(struct astray *a)
{
	bool any;

	pthread_mutex_lock(&a->lock);
	any = a->hosts.n > 0;
	pthread_mutex_unlock(&a->lock);
	return any;
}

void
astray_each(struct astray *a, int64_t now_ns,
    void (*fn)(void *arg, const char *host, int64_t ahead_ns), void *arg)
{
	const struct astray_host *h;

	pthread_mutex_lock(&a->lock);
	forget_old(a, now_ns);
	vec_each (h, &a->hosts)
		fn(arg, h->name, h->ahead_ns);
	pthread_mutex_unlock(&a->lock);
}
