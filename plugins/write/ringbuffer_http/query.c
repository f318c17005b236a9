/* SPDX-License-Identifier: MIT */
#include "query.h"

#include <string.h>

#include "form.h"
#include "when.h"

enum { LIMIT_MAX = 1000000 };

static bool
take_host(char *value, struct ring_query *q)
{
	q->host = value;
	return true;
}

/* up: the next whole second. */
static bool
read_second(char *value, bool up, int64_t *second)
{
	int64_t ns;

	if (!when_text(value, &ns))
		return false;
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
take(const struct form_field *f, struct ring_query *q, unsigned *seen,
    const char **why)
{
	for (unsigned i = 0; i < PARAMETERS; i++) {
		if (strcmp(parameters[i].name, f->name) != 0)
			continue;
		*why = "a parameter twice";
		if (*seen & 1u << i)
			return false;
		*seen |= 1u << i;
		*why = parameters[i].why;
		return *f->value == '\0' || parameters[i].take(f->value, q);
	}
	*why = "parameters are host, since, until and limit";
	return false;
}

bool
query_read(char *query, struct ring_query *q, const char **why)
{
	struct form form;
	unsigned seen = 0;

	*q = (struct ring_query){ .until = INT64_MAX, .limit = SIZE_MAX };
	if (!form_read(&form, query, false, why))
		return false;
	for (size_t i = 0; i < form.n; i++)
		if (!take(&form.v[i], q, &seen, why))
			return false;
	return true;
}
