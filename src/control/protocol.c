/* SPDX-License-Identifier: MIT */
#include "control/protocol.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "config/suggest.h"

enum { NAME_SHOWN = 64 }; /* bytes of an unknown name that are repeated */

json_t *
control_error(const char *fmt, ...)
{
	struct buf text = { 0 }, line = { 0 };
	json_t *error = json_object();
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	utf8_add_line(&line, text.data, text.len);
	json_object_set_new(error, "error", json_stringn(line.data, line.len));
	buf_free(&line);
	buf_free(&text);
	return error;
}

const char *
control_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* jansson descends up to 2048 levels, each on the stack.  Brackets within
 * texts are no levels; a line that is not JSON may be called either. */
static bool
is_too_deep(const char *line, size_t len)
{
	int depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		if (line[i] == '"')
			quoted = !quoted;
		else if (quoted && line[i] == '\\')
			i++;
		else if (quoted)
			continue;
		else if (line[i] == '{' || line[i] == '[')
			depth++;
		else if (line[i] == '}' || line[i] == ']')
			depth--;
		if (depth > CONTROL_DEPTH_MAX)
			return true;
	}
	return false;
}

/* The request, or NULL and what to answer instead. */
static json_t *
parse_request(const char *line, size_t len, json_t **answer)
{
	json_error_t error;
	json_t *request;

	if (len > CONTROL_REQUEST_MAX) {
		*answer = control_error("the request is longer than %d bytes",
		    CONTROL_REQUEST_MAX);
		return NULL;
	}
	if (is_too_deep(line, len)) {
		*answer = control_error(
		    "the request is nested deeper than %d levels",
		    CONTROL_DEPTH_MAX);
		return NULL;
	}
	request = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	if (request == NULL)
		*answer =
		    control_error("the request is not JSON: %s at byte %d",
			error.text, error.position);
	else if (!json_is_object(request))
		*answer = control_error("the request is not a JSON object");
	if (*answer == NULL)
		return request;
	json_decref(request);
	return NULL;
}

static const struct control_command *
find_command(
    const struct control_command *commands, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static json_t *
unknown_command(
    const struct control_command *commands, size_t n, const char *name)
{
	const size_t len = strlen(name);
	const int shown = (int)utf8_cut(name, len, NAME_SHOWN);
	const char **names = xcalloc(n, sizeof *names);
	const char *near = NULL;
	json_t *error;

	for (size_t i = 0; i < n; i++)
		names[i] = commands[i].name;
	if (len <= NAME_SHOWN)
		near = suggest(name, names, n);
	error =
	    near == NULL
		? control_error("unknown command '%.*s'", shown, name)
		: control_error("unknown command '%.*s', did you mean '%s'?",
		      shown, name, near);
	free(names);
	return error;
}

/* What is asked for, or NULL and what to answer instead. */
static const struct control_command *
wanted_command(const struct control_command *commands, size_t n,
    const json_t *request, bool reads_only, json_t **answer)
{
	const char *name = control_text(request, "do");
	const struct control_command *command =
	    name != NULL ? find_command(commands, n, name) : NULL;

	if (name == NULL)
		*answer = control_error(
		    "the request has no \"do\" that names a command");
	else if (command == NULL)
		*answer = unknown_command(commands, n, name);
	else if (reads_only && !command->reads_only)
		*answer = control_error(
		    "'%s' is not permitted: only reading is", name);
	return *answer == NULL ? command : NULL;
}

struct control_request
control_read(const struct control_command *commands, size_t n,
    const char *line, size_t len, bool reads_only)
{
	struct control_request r = { 0 };

	r.json = parse_request(line, len, &r.error);
	if (r.json != NULL)
		r.command =
		    wanted_command(commands, n, r.json, reads_only, &r.error);
	return r;
}

void
control_drop(struct control_request r)
{
	json_decref(r.json);
	json_decref(r.error);
}

static int
add_text(const char *text, size_t len, void *to)
{
	buf_add(to, text, len);
	return 0;
}

/* 15 digits are those of which a double keeps each: 12.3 stays.  What jansson
 * refuses, such as text that is not UTF-8, is worth a complaint, not the
 * daemon's life. */
static void
write_answer(struct buf *out, const json_t *answer)
{
	if (json_dump_callback(answer, add_text, out,
		JSON_COMPACT | JSON_REAL_PRECISION(15)) != 0) {
		buf_clear(out);
		buf_puts(out, "{\"error\":\"the answer is not JSON\"}");
	}
}

char *
control_run(struct control_request r, void *daemon, size_t *out_len)
{
	struct buf out = { 0 };
	json_t *answer = r.command != NULL ? r.command->run(daemon, r.json)
					   : json_incref(r.error);

	write_answer(&out, answer);
	json_decref(answer);
	control_drop(r);
	*out_len = out.len;
	return buf_take(&out);
}
