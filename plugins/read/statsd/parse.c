/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_DIGITS = 15 }; /* whole numbers of those fit into a double */

/* What comes before the first c; the rest, without it, stays in *from. */
static struct statsd_text
split(struct statsd_text *from, char c)
{
	const char *at = from->len > 0 ? memchr(from->s, c, from->len) : NULL;
	struct statsd_text head = { from->s, from->len };

	if (at == NULL) {
		from->s += from->len;
		from->len = 0;
		return head;
	}
	head.len = (size_t)(at - from->s);
	from->s = at + 1;
	from->len -= head.len + 1;
	return head;
}

static bool
is(struct statsd_text t, const char *word)
{
	return t.len == strlen(word) && memcmp(t.s, word, t.len) == 0;
}

static bool
read_type(struct statsd_text t, enum statsd_type *type)
{
	if (is(t, "c") || is(t, "m"))
		*type = STATSD_COUNTER;
	else if (is(t, "g"))
		*type = STATSD_GAUGE;
	else if (is(t, "ms") || is(t, "h") || is(t, "d"))
		*type = STATSD_TIMER;
	else if (is(t, "s"))
		*type = STATSD_SET;
	else
		return false;
	return true;
}

/* Keys may hold [A-Za-z0-9_.-], 63 of them at most. */
static bool
is_key(struct statsd_text t)
{
	if (t.len == 0 || t.len > 63)
		return false;
	for (size_t i = 0; i < t.len; i++)
		if (strchr("_.-", t.s[i]) == NULL &&
		    !(t.s[i] >= '0' && t.s[i] <= '9') &&
		    !((t.s[i] | 0x20) >= 'a' && (t.s[i] | 0x20) <= 'z'))
			return false;
	return true;
}

static int
compare(struct statsd_text a, struct statsd_text b)
{
	const int c = memcmp(a.s, b.s, a.len < b.len ? a.len : b.len);

	if (c != 0)
		return c;
	return a.len < b.len ? -1 : a.len > b.len;
}

/* Where a key comes twice the last one counts. */
static bool
add_tag(struct statsd_line *out, struct statsd_tag tag)
{
	size_t i = out->n_tags;

	while (i > 0 && compare(out->tags[i - 1].key, tag.key) > 0)
		i--;
	if (i > 0 && compare(out->tags[i - 1].key, tag.key) == 0) {
		out->tags[i - 1] = tag;
		return true;
	}
	if (out->n_tags == STATSD_TAGS_MAX)
		return false;
	memmove(&out->tags[i + 1], &out->tags[i],
	    (out->n_tags - i) * sizeof(*out->tags));
	out->tags[i] = tag;
	out->n_tags++;
	return true;
}

/* k:v,k2:v2; a tag that is a word alone is true. */
static bool
read_tags(struct statsd_text text, struct statsd_line *out)
{
	while (text.len > 0) {
		struct statsd_text value = split(&text, ',');
		const bool pair =
		    value.len > 0 && memchr(value.s, ':', value.len) != NULL;
		struct statsd_tag tag = { split(&value, ':'),
			pair ? value : (struct statsd_text){ "true", 4 } };

		if (tag.key.len == 0 && !pair)
			continue; /* a comma too many */
		if (!is_key(tag.key) || tag.value.len > STATSD_NAME_MAX ||
		    !add_tag(out, tag))
			return false;
	}
	return true;
}

static bool
read_rate(struct statsd_text text, double *rate)
{
	bool sign;

	return statsd_number(text, rate, &sign) && *rate > 0 && *rate <= 1;
}

static bool
read_sections(struct statsd_text rest, struct statsd_line *out)
{
	while (rest.len > 0) {
		struct statsd_text section = split(&rest, '|');
		const char first = section.len > 0 ? section.s[0] : '\0';

		section.s += section.len > 0;
		section.len -= section.len > 0;
		if ((first == '@' && !read_rate(section, &out->rate)) ||
		    (first == '#' && !read_tags(section, out)))
			return false;
	}
	return true;
}

enum statsd_verdict
statsd_parse(const char *line, size_t len, struct statsd_line *out)
{
	struct statsd_text rest = { line, len };

	out->rate = 1;
	out->n_tags = 0;
	if ((len > 3 && memcmp(line, "_e{", 3) == 0) ||
	    (len > 4 && memcmp(line, "_sc|", 4) == 0))
		return STATSD_OTHER;
	out->name = split(&rest, ':');
	out->values = split(&rest, '|');
	if (out->name.len == 0 || out->name.len > STATSD_NAME_MAX ||
	    memchr(out->name.s, '|', out->name.len) != NULL ||
	    out->values.len == 0 || !read_type(split(&rest, '|'), &out->type))
		return STATSD_MALFORMED;
	return read_sections(rest, out) ? STATSD_METRIC : STATSD_MALFORMED;
}

bool
statsd_value(struct statsd_line *line, struct statsd_text *value)
{
	if (line->values.len == 0)
		return false;
	if (line->type == STATSD_SET) { /* members may have colons */
		*value = line->values;
		line->values.len = 0;
		return true;
	}
	*value = split(&line->values, ':');
	return true;
}

/* Digits with a point among them, no more of them than a double holds exactly:
 * then one division is right to the last bit. */
static bool
read_short(struct statsd_text t, double *number)
{
	static const double tens[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
		1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
	double whole = 0;
	size_t digits = 0, behind = 0;
	bool point = false;

	if (t.len == 0 || t.len > EXACT_DIGITS + 1)
		return false;
	for (size_t i = 0; i < t.len; i++) {
		if (t.s[i] == '.' && !point) {
			point = true;
		} else if (t.s[i] >= '0' && t.s[i] <= '9') {
			whole = 10 * whole + (t.s[i] - '0');
			digits++;
			behind += point;
		} else {
			return false;
		}
	}
	*number = whole / tens[behind];
	return digits > 0 && digits <= EXACT_DIGITS;
}

/* The rest: long, or with an exponent. */
static bool
read_long(struct statsd_text t, double *number)
{
	char copy[64];
	char *end;

	if (t.len == 0 || t.len >= sizeof(copy))
		return false;
	memcpy(copy, t.s, t.len);
	copy[t.len] = '\0';
	if (strspn(copy, "0123456789.eE+-") != t.len || copy[0] == '+' ||
	    copy[0] == '-')
		return false;
	*number = strtod(copy, &end);
	return end == copy + t.len && isfinite(*number);
}

bool
statsd_number(struct statsd_text text, double *number, bool *sign)
{
	const bool minus = text.len > 0 && text.s[0] == '-';

	*sign = minus || (text.len > 0 && text.s[0] == '+');
	text.s += *sign;
	text.len -= *sign;
	if (!read_short(text, number) && !read_long(text, number))
		return false;
	if (minus)
		*number = -*number;
	return true;
}
