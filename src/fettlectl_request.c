/* SPDX-License-Identifier: MIT */
#include "fettlectl_request.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "config/units.h"
#include "control/protocol.h"

/* All of these: false and why, where it is not possible. */

static bool
set_text(json_t *to, const char *key, const char *text, char *why, size_t len)
{
	if (json_object_set_new(to, key, json_string(text)) == 0)
		return true;
	snprintf(why, len, "'%s' is not UTF-8", text);
	return false;
}

static bool
set_number(
    json_t *to, const char *key, const char *text, char *why, size_t len)
{
	int64_t number;

	if (units_integer(text, &number, why, len) != 0 || number < 1) {
		snprintf(why, len,
		    "'%s' is not the number of a silence: see "
		    "fettlectl silences",
		    text);
		return false;
	}
	json_object_set_new(to, key, json_integer(number));
	return true;
}

static bool
set_span(json_t *to, const char *text, char *why, size_t len)
{
	char fault[256];
	int64_t ns;

	if (units_duration(text, &ns, fault, sizeof(fault)) != 0) {
		snprintf(why, len, "--for '%s': %s", text, fault);
		return false;
	}
	if (ns <= 0) {
		snprintf(
		    why, len, "--for '%s': a silence takes some time", text);
		return false;
	}
	if (ns > CONTROL_SILENCE_DAYS * 86400 * NS_PER_S) {
		snprintf(why, len,
		    "--for '%s': a silence has an end, %d days at most", text,
		    CONTROL_SILENCE_DAYS);
		return false;
	}
	json_object_set_new(
	    to, "for", json_real((double)ns / (double)NS_PER_S));
	return true;
}

static bool
fill(json_t *to, const struct request *r, char *why, size_t len)
{
	for (int i = 0; i < r->n; i++) {
		const char *key = r->members[i];
		const bool number = strcmp(key, "number") == 0;

		if (!(number ? set_number : set_text)(
			to, key, r->arguments[i], why, len))
			return false;
	}
	if (r->span != NULL && !set_span(to, r->span, why, len))
		return false;
	return r->reason == NULL ||
	       set_text(to, "reason", r->reason, why, len);
}

char *
request_line(const struct request *r, char *why, size_t len)
{
	json_t *request = r->begun != NULL
			      ? json_loads(r->begun, 0, NULL)
			      : json_pack("{s:s}", "do", r->command);
	char *line = NULL;

	if (fill(request, r, why, len))
		line = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	return line;
}
