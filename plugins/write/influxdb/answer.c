/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* --- a number for each bad line: version 3 ------------------------------- */

/* Whether the line has been named before. */
static bool
is_named(const struct answer *a, size_t line)
{
	for (size_t i = 0; i < a->n_bad; i++)
		if (a->bad[i].line == line)
			return true;
	return false;
}

/* Whether data names lines, each once, and so few that none is missing. */
static bool
name_lines(struct answer *a, const json_t *data, size_t n)
{
	const size_t named = json_array_size(data);

	if (named == 0 || named >= ANSWER_LINES)
		return false;
	for (size_t i = 0; i < named; i++) {
		const json_t *one = json_array_get(data, i);
		const json_int_t number =
		    json_integer_value(json_object_get(one, "line_number"));

		if (number < 1 || (uint64_t)number > n ||
		    is_named(a, (size_t)number - 1))
			return false;
		a->bad[a->n_bad++] = (struct answer_line){
			(size_t)number - 1,
			json_string_value(
			    json_object_get(one, "error_message")),
		};
	}
	return true;
}

/* --- a message: versions 1 and 2 ----------------------------------------- */

/* Where the text has what, or NULL. */
static const char *
find(const struct answer *a, const char *what)
{
	return memmem(a->text, a->len, what, strlen(what));
}

/* "partial write: ... dropped=5", with a number that is not below n. */
static bool
all_dropped(const struct answer *a, size_t n)
{
	const char *at = find(a, "partial write: "), *end = a->text + a->len;
	size_t dropped = 0;

	if (at == NULL)
		return false;
	/* the last one: the message may quote anything */
	for (at = end; at > a->text && at[-1] >= '0' && at[-1] <= '9'; at--)
		continue;
	if (at - a->text < 8 || memcmp(at - 8, "dropped=", 8) != 0)
		return false;
	for (; at < end && dropped < n; at++)
		dropped = 10 * dropped + (size_t)(*at - '0');
	return n > 0 && dropped >= n;
}

/* The text that says most: of what is wrong with the first line, else of the
 * whole. */
static void
take_text(struct answer *a)
{
	const json_t *data = json_object_get(a->json, "data");
	const json_t *const places[] = {
		json_object_get(
		    json_is_array(data) ? json_array_get(data, 0) : data,
		    "error_message"),
		json_object_get(a->json, "error"),
		json_object_get(a->json, "message"),
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if (json_string_length(places[i]) == 0)
			continue;
		a->text = json_string_value(places[i]);
		a->len = json_string_length(places[i]);
		return;
	}
}

void
answer_init(struct answer *a, const char *body, size_t len, size_t n)
{
	static const char no_database[] = "database not found";

	a->what = ANSWER_TEXT;
	a->text = body;
	a->len = len;
	a->n_bad = 0;
	a->json = json_loadb(body, len, 0, NULL);
	take_text(a);
	if (name_lines(a, json_object_get(a->json, "data"), n))
		a->what = ANSWER_SOME;
	else if (all_dropped(a, n))
		a->what = ANSWER_NONE;
	else if (a->len >= sizeof(no_database) - 1 &&
		 memcmp(a->text, no_database, sizeof(no_database) - 1) == 0)
		a->what = ANSWER_NO_DATABASE;
}

void
answer_fini(struct answer *a)
{
	json_decref(a->json);
	a->json = NULL;
}
