/* SPDX-License-Identifier: MIT */
#include "put.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../answer.h"
#include "name.h"

static void
put_key(struct text *to, const char *key)
{
	const char before = to->len > 0 ? to->data[to->len - 1] : '{';

	if (before != '{' && before != '[')
		text_char(to, ',');
	text_json(to, key);
	text_char(to, ':');
}

static void
put_text(struct text *to, const char *key, const char *value)
{
	put_key(to, key);
	if (value != NULL)
		text_json(to, value);
	else
		text_str(to, "null");
}

void
put_series(struct text *to, const struct past_series *s)
{
	put_key(to, "series");
	name_put_json(
	    to, s->host, s->plugin, s->instance, s->tags, s->n_tags, s->field);
	put_text(to, "host", s->host);
	put_text(to, "plugin", s->plugin);
	put_text(to, "instance", s->instance);
	put_text(to, "instance_name", s->instance_name);
	put_key(to, "tags");
	text_char(to, '{');
	for (size_t i = 0; i < s->n_tags; i++)
		put_text(to, s->tags[i].key, s->tags[i].value);
	text_char(to, '}');
	put_text(to, "field", s->field);
	put_text(to, "kind", s->kind == FETTLE_GAUGE ? "gauge" : "counter");
	put_text(to, "unit", s->unit);
	put_text(to, "help", s->help != NULL ? s->help : "");
}

void
put_number(struct text *to, const char *key, double number)
{
	if (!isfinite(number))
		return;
	put_key(to, key);
	text_real(to, number);
}

void
put_numbers(struct text *to, const double *v, size_t n)
{
	text_char(to, '[');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			text_char(to, ',');
		if (isfinite(v[i]))
			text_real(to, v[i]);
		else
			text_str(to, "null");
	}
	text_char(to, ']');
}

void
put_seconds(struct text *to, const char *key, int64_t ms)
{
	put_number(to, key, (double)ms / 1e3);
}

enum MHD_Result
put_absent(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	return answer_refuse(hub, conn, c, REFUSED_ABSENT,
	    "no history is kept: history: false in the section of "
	    "ringbuffer_http",
	    NULL);
}

enum MHD_Result
put_send(struct hub *hub, struct conn *conn, struct MHD_Connection *c,
    struct text *body)
{
	const struct text taken = *body;

	*body = (struct text){ 0 };
	if (taken.failed || !budget_take(&hub->answers, taken.len)) {
		free(taken.data);
		return answer_send(hub, conn, c, NULL);
	}
	conn_answer(conn, taken.len);
	return answer_send(hub, conn, c,
	    answer_new_counted(
		&hub->answers, taken.data, taken.len, ANSWER_JSON));
}

enum MHD_Result
put_answer(struct hub *hub, struct conn *conn, struct MHD_Connection *c,
    const json_t *answer)
{
	struct text body = { 0 };

	if (answer == NULL)
		return answer_refuse(hub, conn, c, REFUSED_BUSY,
		    "the daemon does not answer", NULL);
	body.data = json_dumps(answer, JSON_COMPACT);
	body.failed = body.data == NULL;
	body.len = body.failed ? 0 : strlen(body.data);
	return put_send(hub, conn, c, &body);
}
