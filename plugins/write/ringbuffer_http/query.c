/* SPDX-License-Identifier: MIT */
#include "query.h"

#include <string.h>

#include "when.h"

enum { LIMIT_MAX = 1000000 };

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %XX, but not %00; a `+' is a plus, as in a time's zone. */
static bool
decode(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		const int high = *s == '%' ? hex(s[1]) : -1;
		const int low = high >= 0 ? hex(s[2]) : -1;

		if (*s != '%') {
			*to++ = *s;
			continue;
		}
		if (low < 0 || (high | low) == 0)
			return false;
		*to++ = (char)(high << 4 | low);
		s += 2;
	}
	*to = '\0';
	return true;
}

static bool
take_host(char *value, struct ring_query *q)
{
	q->host = value;
	return true;
}

/* Seconds, or ISO 8601; up: the next whole second. */
static bool
read_second(char *value, bool up, int64_t *second)
{
	struct reader_number n;
	struct reader r;
	int64_t ns;
	bool ok;

	if (!when_iso(value, &ns)) {
		reader_init(&r, value, strlen(value));
		ok = reader_number(&r, &n) && reader_done(&r);
		reader_fini(&r);
		if (!ok)
			return false;
		ns = when_number(&n);
	}
	*second = ns / WHEN_NS + (up && ns % WHEN_NS > 1);
	return true;
}

static bool
take_since(char *value, struct ring_query *q)
{
	return read_second(value, true, &q->since);
}

static bool
take_until(char *value, struct ring_query *q)
{
	return read_second(value, false, &q->until);
}

static bool
take_limit(char *value, struct ring_query *q)
{
	const size_t n = strspn(value, "0123456789");

	if (n == 0 || n > 7 || value[n] != '\0')
		return false;
	for (q->limit = 0; *value != '\0'; value++)
		q->limit = q->limit * 10 + (size_t)(*value - '0');
	return q->limit >= 1 && q->limit <= LIMIT_MAX;
}

static const struct {
	const char *name, *why;
	bool (*take)(char *value, struct ring_query *q);
} parameters[] = {
	{ "host", "host is a name", take_host },
	{ "since", "since is seconds since 1970 or ISO 8601", take_since },
	{ "until", "until is seconds since 1970 or ISO 8601", take_until },
	{ "limit", "limit is a number from 1", take_limit },
};

enum { PARAMETERS = sizeof(parameters) / sizeof *parameters };

static bool
take(char *name, struct ring_query *q, unsigned *seen, const char **why)
{
	char *value = strchr(name, '=');

	*why = "a parameter is NAME=VALUE, percent-encoded";
	if (value == NULL)
		return false;
	*value++ = '\0';
	if (!decode(name) || !decode(value))
		return false;
	for (unsigned i = 0; i < PARAMETERS; i++) {
		if (strcmp(parameters[i].name, name) != 0)
			continue;
		*why = "a parameter twice";
		if (*seen & 1u << i)
			return false;
		*seen |= 1u << i;
		*why = parameters[i].why;
		return *value == '\0' || parameters[i].take(value, q);
	}
	*why = "parameters are host, since, until and limit";
	return false;
}

bool
query_read(char *query, struct ring_query *q, const char **why)
{
	unsigned seen = 0;

	*q = (struct ring_query){ .until = INT64_MAX, .limit = SIZE_MAX };
	while (query != NULL && *query != '\0') {
		char *next = strchr(query, '&');

		if (next != NULL)
			*next++ = '\0';
		if (!take(query, q, &seen, why))
			return false;
		query = next;
	}
	return true;
}
