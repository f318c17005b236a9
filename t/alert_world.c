/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "alert_world.h"
#include "base/clock.h"
#include "flow/schema.h"

struct engine *engine;
struct policy *policy;
int64_t second;

struct rule *
add_rule(struct policy *p, const char *pattern, double failure)
{
	char why[256];
	struct rule *r = rule_new(pattern, NULL, why, sizeof(why));

	if (r == NULL)
		fail_msg("%s: %s", pattern, why);
	r->limits.failure = failure;
	rule_notify(r, "slack");
	vec_add(&p->rules) = r;
	return r;
}

struct policy *
make_policy(void)
{
	struct policy *p = policy_new("me");

	policy_listen(p, "slack", SEVERITIES_ALL, NS_PER_S);
	return p;
}

void
at(int64_t s)
{
	second = s;
	engine_at(engine, s * NS_PER_S, (WALL + s) * NS_PER_S);
}

void
start(void)
{
	engine_start(engine, second * NS_PER_S, (WALL + second) * NS_PER_S);
}

int
world_begin(void **state)
{
	(void)state;
	second = 0;
	policy = make_policy();
	engine = engine_new(policy, &tuning_default);
	return 0;
}

int
world_end(void **state)
{
	(void)state;
	engine_free(engine);
	policy_free(policy);
	return 0;
}

/* --- lists --------------------------------------------------------------- */

const struct fettle_field percent = { "percent", FETTLE_GAUGE, FETTLE_PERCENT,
	"." };

struct track *
track_of(const char *host, const char *plugin, const char *instance)
{
	char host_name[64], plugin_name[64];
	struct host h = { .name = host_name };
	struct schema schema = { .plugin = plugin_name };
	const struct series s = {
		.host = &h, .schema = &schema, .instance = instance
	};

	snprintf(host_name, sizeof(host_name), "%s", host);
	snprintf(plugin_name, sizeof(plugin_name), "%s", plugin);
	return engine_track(engine, &s);
}

struct track *
watch_cpu(void)
{
	add_rule(policy, "cpu.percent", 90);
	start();
	return track_of("me", "cpu", NULL);
}

void
pass(struct track *t, const struct fettle_field *field, int64_t stamp_ns,
    int64_t interval_ns, double rate)
{
	const struct fettle_field *const fields[] = { field };
	const struct fettle_list l = { .size = sizeof(l),
		.time_ns = stamp_ns,
		.interval_ns = interval_ns,
		.fields = fields,
		.rates = &rate,
		.n = 1 };

	engine_list(engine, t, &l, 0);
	engine_tick(engine);
}

void
say(struct track *t, double number)
{
	pass(t, &percent, (WALL + second) * NS_PER_S, INTERVAL * NS_PER_S,
	    number);
}

/* --- what it came to ----------------------------------------------------- */

struct found {
	const char *rule, *series;
	const char *truth;
};

static void
look(void *arg, const struct alert_view *v)
{
	struct found *f = arg;

	if ((f->rule == NULL || strcmp(f->rule, v->of.rule) == 0) &&
	    strcmp(f->series, v->of.series) == 0) {
		f->rule = v->of.rule;
		f->truth = truth_name(v->truth);
	}
}

const char *
truth_of(const char *rule, const char *series)
{
	struct found f = { rule, series, "none" };

	engine_each_alert(engine, look, &f);
	return f.truth;
}

struct message *
deliver(void)
{
	struct message *m = engine_begin(engine, "slack");

	if (m != NULL)
		engine_answer(
		    engine, "slack", m->serial, ANSWER_DELIVERED, 0, 0);
	return m;
}

struct message_item
expect(const char *series, enum kind kind, uint32_t event)
{
	struct message *m = deliver();
	struct message_item i;

	if (m == NULL)
		fail_msg("nothing is told of %s", series);
	assert_int_equal(m->n, 1);
	i = m->items[0];
	assert_string_equal(i.series, series);
	assert_string_equal(kind_name(i.kind), kind_name(kind));
	assert_int_equal(i.event, event);
	message_free(m);
	return i;
}
