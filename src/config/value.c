/* SPDX-License-Identifier: MIT */
#include "config/value.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "config/units.h"

/* The kinds of nodes that a type takes. */
enum {
	PLAIN = 1,  /* text as it is */
	QUOTED = 2, /* text in quotes */
	LIST = 4,
	MAP = 8,
	NOTHING = 16,
};

static const struct {
	const char *wanted;
	unsigned nodes;
	size_t size;
} types[] = {
	[FETTLE_T_BOOL] = { "true or false", PLAIN, sizeof(bool) },
	[FETTLE_T_INT] = { "a whole number", PLAIN, sizeof(int64_t) },
	[FETTLE_T_REAL] = { "a number", PLAIN, sizeof(double) },
	[FETTLE_T_STRING] = { "text", PLAIN | QUOTED, sizeof(const char *) },
	/* a unit says what they are, quotes or not */
	[FETTLE_T_DURATION] = { "a duration such as 10s", PLAIN | QUOTED,
	    sizeof(struct fettle_duration) },
	[FETTLE_T_SIZE] = { "a size such as 64MiB", PLAIN | QUOTED,
	    sizeof(struct fettle_size) },
	[FETTLE_T_SECRET] = { "text", PLAIN | QUOTED,
	    sizeof(struct fettle_secret) },
	[FETTLE_T_STRINGS] = { "text or a list of texts",
	    PLAIN | QUOTED | LIST, sizeof(struct fettle_strings) },
	[FETTLE_T_TABLES] = { "a mapping of names to mappings", MAP | NOTHING,
	    sizeof(struct fettle_tables) },
	[FETTLE_T_GROUP] = { "a mapping", MAP | NOTHING, 0 },
};

const char *
value_wanted(enum fettle_type type)
{
	return types[type].wanted;
}

size_t
value_size(enum fettle_type type)
{
	return types[type].size;
}

const char *
value_found(const struct node *n)
{
	switch (n->kind) {
	case NODE_NULL:
		return "nothing";
	case NODE_TEXT:
		return n->quoted ? "quoted text" : "text";
	case NODE_LIST:
		return "a list";
	case NODE_MAP:
		break;
	}
	return "a mapping";
}

bool
value_fits(enum fettle_type type, const struct node *n)
{
	static const unsigned kinds[] = {
		[NODE_NULL] = NOTHING,
		[NODE_TEXT] = PLAIN,
		[NODE_LIST] = LIST,
		[NODE_MAP] = MAP,
	};
	const unsigned kind =
	    n->kind == NODE_TEXT && n->quoted ? QUOTED : kinds[n->kind];

	assert(type >= FETTLE_T_BOOL && type <= FETTLE_T_GROUP);
	return (types[type].nodes & kind) != 0;
}

static bool
is_choice(const char *choices, const char *text)
{
	const size_t len = strlen(text);

	for (const char *s = choices;; s++) {
		const size_t n = strcspn(s, "|");

		if (n == len && strncmp(s, text, n) == 0)
			return true;
		s += n;
		if (*s == '\0')
			return false;
	}
}

int
value_chosen(
    const struct fettle_option *o, const char *text, char *why, size_t len)
{
	const char *sep = "";
	struct buf b = { 0 };

	if (o->choices == NULL || is_choice(o->choices, text))
		return 0;
	buf_puts(&b, "choose ");
	for (const char *s = o->choices; *s != '\0'; s += *s == '|') {
		const size_t n = strcspn(s, "|");

		if (b.len > strlen("choose "))
			sep = s[n] == '\0' ? " or " : ", ";
		buf_printf(&b, "%s'%.*s'", sep, (int)n, s);
		s += n;
	}
	snprintf(why, len, "%s", b.data);
	buf_free(&b);
	return -EINVAL;
}

struct unit {
	const char *name;
	double of_them; /* how many of the next smaller one it is */
};

/* The largest unit that leaves the bound whole; *bound is in it then. */
static const char *
reduce(const struct unit *unit, double *bound)
{
	double more;

	/* floor and fabs are instructions; what else there is in libm would
	 * cost each daemon 300 KiB for its sake */
	while (unit[1].name != NULL && *bound >= unit[1].of_them) {
		more = *bound / unit[1].of_them;
		if (more != floor(more))
			break;
		*bound = more;
		unit++;
	}
	return unit->name;
}

/* A bound as people would write it. */
static void
add_bound(struct buf *to, enum fettle_type type, double bound)
{
	static const struct unit binary[] = { { "", 0 }, { "KiB", 1024 },
		{ "MiB", 1024 }, { "GiB", 1024 }, { "TiB", 1024 }, { 0 } };
	static const struct unit decimal[] = { { "", 0 }, { "kB", 1000 },
		{ "MB", 1000 }, { "GB", 1000 }, { "TB", 1000 }, { 0 } };
	static const struct unit times[] = { { "ms", 0 }, { "s", 1000 },
		{ "m", 60 }, { "h", 60 }, { "d", 24 }, { 0 } };
	const char *unit = "";
	double other = bound;

	if (type == FETTLE_T_DURATION) {
		bound *= 1000;
		unit = reduce(times, &bound);
	} else if (type == FETTLE_T_SIZE) {
		const char *unit10 = reduce(decimal, &other);

		unit = reduce(binary, &bound);
		if (other < bound) {
			bound = other;
			unit = unit10;
		}
	}
	buf_printf(to, "%.15g%s", bound, bound != 0 ? unit : "");
}

/* A bound that great stands for none. */
static bool
is_bound(double bound)
{
	return fabs(bound) < 9e18;
}

/* The range as "from 1 to 10", "at least 1", after what it is said of. */
static void
tell_range(const struct fettle_option *o, const char *of, double number,
    char *why, size_t len)
{
	const double bound = number < o->min ? o->min : o->max;
	struct buf b = { 0 };

	buf_puts(&b, of);
	if (is_bound(o->min) && is_bound(o->max)) {
		buf_puts(&b, "from ");
		add_bound(&b, o->type, o->min);
		buf_puts(&b, " to ");
		add_bound(&b, o->type, o->max);
	} else {
		buf_puts(&b, number < o->min ? "at least " : "at most ");
		add_bound(&b, o->type, bound);
	}
	snprintf(why, len, "%s", b.data);
	buf_free(&b);
}

static bool
in_range(const struct fettle_option *o, double number)
{
	return (o->min == 0 && o->max == 0) ||
	       (number >= o->min && number <= o->max);
}

int
value_counted(const struct fettle_option *o, size_t n, char *why, size_t len)
{
	if (in_range(o, (double)n))
		return 0;
	tell_range(o, "", (double)n, why, len);
	return -EINVAL;
}

static int
parse_duration(
    void *member, double *number, const char *text, char *why, size_t len)
{
	struct fettle_duration *d = member;
	const int rc = units_duration(text, &d->ns, why, len);

	*number = (double)d->ns / (double)NS_PER_S;
	return rc;
}

static int
parse_size(
    void *member, double *number, const char *text, char *why, size_t len)
{
	struct fettle_size *size = member;
	const int rc = units_size(text, &size->bytes, why, len);

	*number = (double)size->bytes;
	return rc;
}

static int
parse_integer(
    void *member, double *number, const char *text, char *why, size_t len)
{
	int64_t *integer = member;
	const int rc = units_integer(text, integer, why, len);

	*number = (double)*integer;
	return rc;
}

static int
parse_bool(void *member, const char *text, char *why, size_t len)
{
	int truth;
	const int rc = units_bool(text, &truth, why, len);

	*(bool *)member = truth != 0;
	return rc;
}

int
value_parse(const struct fettle_option *o, void *member, const char *text,
    char *why, size_t len)
{
	double number = 0;
	int rc = value_chosen(o, text, why, len);

	if (rc < 0)
		return rc;
	switch (o->type) {
	case FETTLE_T_BOOL:
		return parse_bool(member, text, why, len);
	case FETTLE_T_STRING:
		*(const char **)member = xstrdup(text);
		return 0;
	case FETTLE_T_INT:
		rc = parse_integer(member, &number, text, why, len);
		break;
	case FETTLE_T_REAL:
		rc = units_real(text, member, why, len);
		number = *(double *)member;
		break;
	case FETTLE_T_DURATION:
		rc = parse_duration(member, &number, text, why, len);
		break;
	default:
		assert(o->type == FETTLE_T_SIZE);
		rc = parse_size(member, &number, text, why, len);
	}
	if (rc < 0 || in_range(o, number))
		return rc;
	tell_range(o, "it must be ", number, why, len);
	return -EINVAL;
}
