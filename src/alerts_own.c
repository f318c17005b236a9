/* SPDX-License-Identifier: MIT */
#include "alerts_own.h"

#include <stdlib.h>

#include "base/clock.h"
#include "config/suggest.h"
#include "control/alert_json.h"
#include "control/protocol.h"

enum { CANDIDATES_MAX = 2000 };

json_t *
answer_now(void)
{
	return json_real((double)clock_wall() / (double)NS_PER_S);
}

json_t *
answer_count(size_t n)
{
	return json_integer((json_int_t)n);
}

static void
add_silence(void *arg, const struct silence_view *v)
{
	json_array_append_new(arg, alert_silence_json(v));
}

static void
look_silences(void *arg, const struct engine *e, const struct policy *p)
{
	(void)p;
	engine_each_silence(e, add_silence, arg);
}

json_t *
answer_silences(struct desk *d)
{
	json_t *silences = json_array();

	desk_look(d, look_silences, silences);
	return silences;
}

static int
characters(const char *s, size_t len)
{
	int n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

const char *
request_text(const json_t *request, const char *key, json_t **error)
{
	const char *text = control_text(request, key);

	if (text != NULL && text[0] != '\0')
		return text;
	*error = control_error("the request has no text \"%s\"", key);
	return NULL;
}

struct pattern *
request_pattern(const char *text, json_t **error)
{
	struct pattern *p;
	char why[256];
	size_t at;

	p = pattern_parse_at(text, &at, why, sizeof(why));
	if (p == NULL)
		*error = control_error("pattern '%s', character %d: %s", text,
		    characters(text, at) + 1, why);
	return p;
}

void
near_add(struct names_near *n, const char *name)
{
	if (n->v.n < CANDIDATES_MAX)
		vec_add(&n->v) = xstrdup(name);
}

void
near_say(struct buf *to, struct names_near *n, const char *text)
{
	const char *near = suggest(text, (const char *const *)n->v.v, n->v.n);

	buf_puts(to, "");
	if (near != NULL)
		buf_printf(to, "; did you mean '%s'?", near);
	for (size_t i = 0; i < n->v.n; i++)
		free(n->v.v[i]);
	vec_free(&n->v);
}
