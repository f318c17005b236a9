/* SPDX-License-Identifier: MIT */
#include "channel.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/selector.h"
#include "name.h"

bool
channel_init(struct channel *c, const char *filter, const char *may)
{
	*c = (struct channel){ .ring = malloc(CHANNEL_BYTES) };
	snprintf(c->filter, sizeof(c->filter), "%s", filter);
	snprintf(c->may, sizeof(c->may), "%s", may);
	return c->ring != NULL;
}

void
channel_fini(struct channel *c)
{
	text_free(&c->values);
	text_free(&c->host);
	free(c->ring);
	c->ring = NULL;
}

/* --- the ring ------------------------------------------------------------ */

void
channel_put(struct channel *c, const char *event, size_t len)
{
	const size_t at = c->end % CHANNEL_BYTES;
	const size_t first =
	    len < CHANNEL_BYTES - at ? len : CHANNEL_BYTES - at;

	if (len == 0 || len > CHANNEL_EVENT_MAX)
		return;
	memcpy(c->ring + at, event, first);
	memcpy(c->ring, event + first, len - first);
	c->end += len;
	if (c->end - c->begin > CHANNEL_BYTES)
		c->begin = c->end - CHANNEL_BYTES;
}

long
channel_read(const struct channel *c, uint64_t *place, char *to, size_t len)
{
	const size_t at = *place % CHANNEL_BYTES;
	size_t first;

	if (*place < c->begin)
		return -1;
	if (len > c->end - *place)
		len = (size_t)(c->end - *place);
	first = len < CHANNEL_BYTES - at ? len : CHANNEL_BYTES - at;
	memcpy(to, c->ring + at, first);
	memcpy(to + first, c->ring, len - first);
	*place += len;
	return (long)len;
}

/* --- values -------------------------------------------------------------- */

void
channel_flush(struct channel *c)
{
	if (c->values.len == 0)
		return;
	text_str(&c->values, "]}\n\n");
	if (!c->values.failed)
		channel_put(c, c->values.data, c->values.len);
	text_free(&c->values);
}

static bool
is_host(const struct channel *c, const char *host)
{
	return c->host.data != NULL && strcmp(c->host.data, host) == 0;
}

/* Keeps whether the host is meant: lists come many of one host in a row. */
static bool
wants(struct channel *c, const char *host)
{
	if (is_host(c, host))
		return c->wants;
	channel_flush(c);
	text_free(&c->host);
	text_str(&c->host, host);
	c->wants =
	    selector_glob(c->filter, host) && selector_glob(c->may, host);
	return c->wants;
}

/* A number as it is shown; NaN: there is none. */
static double
shown(const struct fettle_list *l, size_t i)
{
	switch (l->values[i].kind) {
	case FETTLE_GAUGE:
		return l->values[i].real;
	case FETTLE_COUNTER:
	case FETTLE_TOTAL:
		return l->rates != NULL ? l->rates[i] : (double)NAN;
	}
	return (double)NAN;
}

static void
begin_event(struct channel *c, const struct fettle_list *l)
{
	c->time_ns = l->time_ns;
	text_str(&c->values, "event: values\ndata: {\"host\":");
	text_json(&c->values, l->host);
	text_str(&c->values, ",\"time\":");
	text_real(&c->values, (double)(l->time_ns / 1000000) / 1e3);
	text_str(&c->values, ",\"values\":[");
}

static void
add_number(struct channel *c, const struct fettle_list *l, size_t i)
{
	const double number = shown(l, i);

	if (!isfinite(number))
		return;
	if (c->values.len > 0 &&
	    (c->time_ns != l->time_ns || c->values.len > CHANNEL_EVENT))
		channel_flush(c);
	if (c->values.len == 0)
		begin_event(c, l);
	else
		text_char(&c->values, ',');
	text_char(&c->values, '[');
	name_put_json(&c->values, NULL, l->plugin, l->instance, l->tags,
	    l->n_tags, l->fields[i]->name);
	text_char(&c->values, ',');
	text_real(&c->values, number);
	text_char(&c->values, ']');
}

void
channel_add(
    struct channel *c, const struct fettle_list *const *lists, size_t n)
{
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; wants(c, lists[k]->host) && i < lists[k]->n;
		     i++)
			add_number(c, lists[k], i);
}
