/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"

/* Up to one of the stops that no backslash is before, the backslashes before
 * stops taken off.  *stop is what it ended with, which becomes a NUL. */
static char *
take_key(char **rest, const char *stops, char *stop)
{
	char *begin = *rest, *from = begin, *to = begin;

	for (; *from != '\0' && strchr(stops, *from) == NULL; from++) {
		if (*from == '\\' && from[1] != '\0' &&
		    strchr(",= \\", from[1]) != NULL)
			from++;
		*to++ = *from;
	}
	*stop = *from;
	*rest = *from != '\0' ? from + 1 : from;
	*to = '\0';
	return begin;
}

/* Text in quotes; false: it has no end. */
static bool
pass_text(char **rest, char *stop)
{
	char *at = *rest + 1;

	for (; *at != '"'; at++) {
		if (*at == '\\' && at[1] != '\0')
			at++;
		else if (*at == '\0')
			return false;
	}
	*stop = *++at;
	*rest = *at != '\0' ? at + 1 : at;
	return *stop == '\0' || *stop == ',' || *stop == ' ';
}

static bool
is_one_of(const char *text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

/* 1.5, 17i, 17u, true: all of them gauges, for nothing says that one counts.
 */
static bool
read_number(char *text, double *number)
{
	static const char *const yes[] = { "t", "T", "true", "True", "TRUE" };
	static const char *const no[] = { "f", "F", "false", "False",
		"FALSE" };
	const size_t len = strlen(text);

	*number = is_one_of(text, yes, 5);
	if (*number != 0 || is_one_of(text, no, 5))
		return true;
	if (len > 1 && strchr("iu", text[len - 1]) != NULL) {
		text[len - 1] = '\0';
		if (strpbrk(text, ".eE") != NULL)
			return false;
	}
	return line_real(text, number);
}

static bool
read_tags(char **rest, char *stop, struct line_list *out)
{
	while (*stop == ',') {
		const char *key = take_key(rest, ",= ", stop), *value;

		if (*stop != '=')
			return false;
		value = take_key(rest, ",= ", stop);
		if (*stop == '=' || *value == '\0' ||
		    !line_add_tag(out, key, value))
			return false;
	}
	return *stop == ' ';
}

/* Texts are passed over. */
static bool
read_fields(char **rest, char *stop, struct line_list *out)
{
	do {
		const char *key = take_key(rest, ",= ", stop);
		double number;

		if (*stop != '=')
			return false;
		if (**rest == '"') {
			if (!pass_text(rest, stop))
				return false;
			continue;
		}
		if (!read_number(take_key(rest, ", ", stop), &number) ||
		    !line_add_field(out, key, fettle_gauge(number)))
			return false;
	} while (*stop == ',');
	return true;
}

static bool
read_stamp(const char *text, int64_t *ns)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*ns = strtoll(text, &end, 10);
	return *end == '\0' && errno == 0 && *ns > 0;
}

enum line_kind
line_influx(char *line, struct line_list *out)
{
	char *rest = line + strspn(line, " \t"), stop;

	line_list_init(out);
	if (*rest == '\0' || *rest == '#')
		return LINE_EMPTY;
	out->plugin = take_key(&rest, ", ", &stop);
	if (*out->plugin == '\0' || !read_tags(&rest, &stop, out) ||
	    !read_fields(&rest, &stop, out))
		return LINE_BAD;
	rest += strspn(rest, " ");
	if (*rest != '\0' && !read_stamp(rest, &out->time_ns))
		return LINE_BAD;
	return out->n > 0 ? LINE_LIST : LINE_EMPTY;
}
