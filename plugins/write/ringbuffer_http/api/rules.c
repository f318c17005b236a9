/* SPDX-License-Identifier: MIT */
#include "rules.h"

#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "name.h"

struct rules {
	json_t *answers[2]; /* alerts, rules: what the others point into */
	json_t *by_name;    /* rule -> what it says */
	json_t *by_series;  /* series -> [rule, ...] */
	json_t *by_host;    /* host -> rank */
};

static const char *const ranks[] = { "ok", "no-data", "warning", "failure" };

enum { RANKS = sizeof(ranks) / sizeof *ranks };

static json_int_t
rank_of(const char *state)
{
	for (int i = RANKS - 1; i > 0; i--)
		if (state != NULL && strcmp(ranks[i], state) == 0)
			return i;
	return 0;
}

static const char *
text_of(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static void
add_alert(struct rules *r, const json_t *alert)
{
	const char *series = text_of(alert, "series");
	const char *host = text_of(alert, "host");
	const char *rule = text_of(alert, "rule");
	const json_int_t rank = rank_of(text_of(alert, "state"));
	json_t *names;

	if (host != NULL &&
	    rank > json_integer_value(json_object_get(r->by_host, host)))
		json_object_set_new(r->by_host, host, json_integer(rank));
	if (series == NULL || rule == NULL)
		return;
	names = json_object_get(r->by_series, series);
	if (names == NULL) {
		names = json_array();
		json_object_set_new(r->by_series, series, names);
	}
	json_array_append_new(names, json_string(rule));
}

static void
add_all(struct rules *r)
{
	json_t *one;
	size_t i;

	json_array_foreach (json_object_get(r->answers[0], "alerts"), i, one)
		add_alert(r, one);
	json_array_foreach (json_object_get(r->answers[1], "rules"), i, one) {
		const char *name = text_of(one, "rule");

		if (name != NULL)
			json_object_set(r->by_name, name, one);
	}
}

struct rules *
rules_ask(struct hub *hub)
{
	struct rules *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	r->answers[0] = ask_json(hub, "{\"do\":\"alerts\",\"all\":true}");
	r->answers[1] = ask_json(hub, "{\"do\":\"rules\"}");
	r->by_name = json_object();
	r->by_series = json_object();
	r->by_host = json_object();
	add_all(r);
	return r;
}

void
rules_free(struct rules *r)
{
	if (r == NULL)
		return;
	json_decref(r->by_name);
	json_decref(r->by_series);
	json_decref(r->by_host);
	json_decref(r->answers[0]);
	json_decref(r->answers[1]);
	free(r);
}

static void
put_limit(struct text *to, const json_t *rule, const char *level)
{
	const json_t *value = json_object_get(rule, level);
	const char last = to->data[to->len - 1];

	if (!json_is_number(value))
		return;
	text_str(to, last == '[' ? "{" : ",{");
	text_str(to, "\"level\":");
	text_json(to, level);
	put_number(to, "value", json_number_value(value));
	text_str(to, json_is_true(json_object_get(rule, "below"))
			 ? ",\"below\":true,\"rule\":"
			 : ",\"below\":false,\"rule\":");
	text_json(to, text_of(rule, "rule"));
	text_char(to, '}');
}

void
rules_put(const struct rules *r, const struct past_series *s, struct text *to)
{
	struct text name = { 0 };
	json_t *rule;
	size_t i;

	if (r == NULL || json_object_size(r->by_series) == 0)
		return;
	name_put(&name, s->host, s->plugin, s->instance, s->tags, s->n_tags,
	    s->field);
	if (name.failed)
		to->failed = true;
	else
		json_array_foreach (
		    json_object_get(r->by_series, name.data), i, rule) {
			rule = json_object_get(
			    r->by_name, json_string_value(rule));
			put_limit(to, rule, "warning");
			put_limit(to, rule, "failure");
		}
	text_free(&name);
}

const char *
rules_state(const struct rules *r, const char *host)
{
	if (r == NULL)
		return ranks[0];
	return ranks[json_integer_value(json_object_get(r->by_host, host))];
}
