/* SPDX-License-Identifier: MIT */
/*
 * The engine of the alerts as a program for t/22-alerts-model.py: one event a
 * line on standard input, what it led to on standard output, a line with a dot
 * after each answer.  Times are in whole seconds.  What would be the disk is a
 * table here, so that the engine can be killed and started again.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/engine.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "flow/cache.h"

enum { WORDS_MAX = 16, HOSTS_MAX = 100 };

struct stored {
	enum record_table table;
	char *key;
	void *data;
	size_t len;
};

static VEC(struct stored) disk;
static struct engine *engine;
static struct policy *policy, *next_policy; /* in use; being read */
static struct tuning tuning;
static struct series_table series;
static int64_t boot_ns, wall_ns;

static char *words[WORDS_MAX];
static size_t n_words;

static const char *
word(size_t i)
{
	if (i < n_words)
		return words[i];
	fprintf(stderr, "%s: too few words\n", words[0]);
	exit(2);
}

static int64_t
seconds(size_t i)
{
	return strtoll(word(i), NULL, 10) * NS_PER_S;
}

/* "-": none. */
static double
number(size_t i)
{
	return strcmp(word(i), "-") == 0 ? NAN : strtod(word(i), NULL);
}

/* --- the disk ------------------------------------------------------------ */

static void
stored_free(struct stored *s)
{
	free(s->key);
	free(s->data);
}

static void
put(void *arg, enum record_table table, const char *key, const void *data,
    size_t len)
{
	(void)arg;
	for (size_t i = 0; i < disk.n; i++)
		if (disk.v[i].table == table &&
		    strcmp(disk.v[i].key, key) == 0) {
			stored_free(&disk.v[i]);
			vec_remove(&disk, i);
			break;
		}
	if (data == NULL)
		return;
	vec_add(&disk) =
	    (struct stored){ table, xstrdup(key), xmalloc(len), len };
	memcpy(disk.v[disk.n - 1].data, data, len);
}

static void
load(void)
{
	struct stored *s;

	vec_each (s, &disk) {
		if (s->table != RECORD_DEAD &&
		    engine_load(engine, s->table, s->key, s->data, s->len) !=
			0) {
			fprintf(stderr, "%s cannot be loaded\n", s->key);
			exit(2);
		}
	}
}

static void
forget_tracks(void *arg, struct series *s)
{
	(void)arg;
	cache_forget(s);
}

static void
do_kill(void)
{
	engine_free(engine);
	engine = NULL;
	series_lock(&series);
	series_each(&series, forget_tracks, NULL);
	series_unlock(&series);
}

static void
do_reset(void)
{
	struct stored *s;

	do_kill();
	vec_each (s, &disk) {
		stored_free(s);
	}
	disk.n = 0;
	policy_free(policy);
	policy_free(next_policy);
	policy = next_policy = NULL;
}

static void
do_commit(void)
{
	engine_commit(engine, put, NULL);
}

static void
do_stop(void)
{
	engine_stop(engine);
}

/* --- the configuration --------------------------------------------------- */

static void
do_tuning(void)
{
	tuning = (struct tuning){ .forget_ns = seconds(1),
		.give_up_ns = seconds(2),
		.refused_ns = seconds(3),
		.fold = (size_t)seconds(4) / NS_PER_S,
		.fold_most = (size_t)seconds(5) / NS_PER_S };
}

static void
do_policy(void)
{
	policy_free(next_policy);
	next_policy = policy_new(word(1));
}

static void
notify(struct rule *r, size_t i)
{
	char *name = strtok(words[i], ",");

	for (; name != NULL; name = strtok(NULL, ","))
		if (strcmp(name, "-") != 0)
			rule_notify(r, name);
}

/* rule PATTERN NAME WARNING FAILURE BELOW FOR CLEAR_FOR HYSTERESIS MISSING
 * REMIND COOLDOWN NOTIFY */
static void
do_rule(void)
{
	char why[256];
	struct rule *r = rule_new(word(1), word(2), why, sizeof(why));

	if (r == NULL) {
		fprintf(stderr, "%s: %s\n", word(1), why);
		exit(2);
	}
	r->limits = (struct limits_of_rule){ number(3), number(4), number(8),
		atoi(word(5)) != 0 };
	r->for_ns = seconds(6);
	r->clear_for_ns = seconds(7);
	r->missing = (uint32_t)atoi(word(9));
	r->remind_ns = seconds(10);
	r->cooldown_ns = seconds(11);
	word(12);
	notify(r, 12);
	vec_add(&next_policy->rules) = r;
}

/* hosts MISSING REMIND COOLDOWN NOTIFY */
static void
do_hosts(void)
{
	struct rule *r = next_policy->hosts = rule_new_hosts();

	r->missing = (uint32_t)atoi(word(1));
	r->remind_ns = seconds(2);
	r->cooldown_ns = seconds(3);
	word(4);
	notify(r, 4);
}

/* listener NAME SEVERITIES PACE, severities as letters n, w, f */
static void
do_listener(void)
{
	unsigned severities = 0;

	if (strchr(word(2), 'n') != NULL)
		severities |= SEVERITY(RANK_NO_DATA);
	if (strchr(word(2), 'w') != NULL)
		severities |= SEVERITY(RANK_WARNING);
	if (strchr(word(2), 'f') != NULL)
		severities |= SEVERITY(RANK_FAILURE);
	policy_listen(next_policy, word(1), severities, seconds(3));
}

static void
do_reload(void)
{
	struct policy *old = policy;

	policy = next_policy;
	next_policy = NULL;
	engine_reload(engine, policy);
	policy_free(old);
}

/* --- events -------------------------------------------------------------- */

static void
do_start(void)
{
	policy_free(policy);
	policy = next_policy;
	next_policy = NULL;
	boot_ns = seconds(1);
	wall_ns = seconds(2);
	engine = engine_new(policy, &tuning);
	load();
	engine_start(engine, boot_ns, wall_ns);
}

static void
do_at(void)
{
	boot_ns = seconds(1);
	wall_ns = seconds(2);
	engine_at(engine, boot_ns, wall_ns);
}

static struct series *
intern(const struct fettle_list *l, const struct fettle_field *const **layout)
{
	struct intern how = { .own_host = "me",
		.plugin = "none",
		.now_ns = boot_ns,
		.now_wall_ns = l->time_ns };
	struct series *s = NULL;
	enum drop drop;

	series_lock(&series);
	drop = series_intern(&series, &how, l, &s, layout);
	series_unlock(&series);
	if (drop != DROP_NONE) {
		fprintf(stderr, "%s: dropped, %s\n", l->host, drop_name(drop));
		exit(2);
	}
	return s;
}

/*
 * list HOST PLUGIN INSTANCE FIELD STAMP INTERVAL VALUE SENT: a number, nan, +
 * and a count; "-": a list of another field.  SENT: by its sender's clock, 0:
 * nobody said.
 */
static void
do_list(void)
{
	const char *value = word(7);
	const bool counts = *value == '+', other = strcmp(value, "-") == 0;
	const struct fettle_field field = { .name = other ? "other" : word(4),
		.kind = counts ? FETTLE_COUNTER : FETTLE_GAUGE,
		.unit = FETTLE_PERCENT };
	const struct fettle_field *const fields[] = { &field };
	const struct fettle_value v =
	    counts ? fettle_count(strtoull(value + 1, NULL, 10))
		   : fettle_gauge(other ? NAN : strtod(value, NULL));
	double rates[1];
	struct list l = { .pub = { .size = sizeof(l.pub),
			      .host = word(1),
			      .plugin = word(2),
			      .instance =
				  strcmp(word(3), "-") == 0 ? NULL : word(3),
			      .time_ns = seconds(5),
			      .interval_ns = seconds(6),
			      .fields = fields,
			      .values = &v,
			      .n = 1,
			      .rates = rates } };

	l.series = intern(&l.pub, &l.pub.fields);
	cache_update(&l, strcmp(word(1), "me") == 0 ? boot_ns + NS_PER_S : 0);
	engine_list(
	    engine, engine_track(engine, l.series), &l.pub, seconds(8));
}

static void
do_tick(void)
{
	engine_tick(engine);
}

static void
do_step(void)
{
	engine_step(engine, seconds(1));
}

static void
do_silence(void)
{
	char why[256];
	struct pattern *p = pattern_parse(word(1), why, sizeof(why));

	if (p == NULL ||
	    engine_silence(engine, p, word(1), "", seconds(2)) == 0)
		exit(2);
}

static const char *
since(int64_t ns)
{
	static char text[24];

	snprintf(text, sizeof(text), "%" PRId64, ns / NS_PER_S);
	return ns == 0 ? "-" : text;
}

static void
print_item(const struct message_item *i)
{
	printf("item\t%s\t%s\t%s\t%s\t%s\t%" PRIu32 "\t%" PRIu32 "\t%s\t%g\n",
	    i->rule, i->series, kind_name(i->kind), truth_name(i->truth),
	    truth_name(i->seen), i->changes, i->event, since(i->since_ns),
	    i->worst);
}

/* begin RECEIVER */
static void
do_begin(void)
{
	struct message *m = engine_begin(engine, word(1));

	if (m == NULL)
		return;
	printf("serial %" PRIu64 "\n", m->serial);
	for (size_t i = 0; i < m->n; i++)
		print_item(&m->items[i]);
	message_free(m);
}

/* answer RECEIVER SERIAL ANSWER AFTER */
static void
do_answer(void)
{
	static const char *const names[] = { [ANSWER_DELIVERED] = "ok",
		[ANSWER_NOT] = "busy",
		[ANSWER_UNKNOWN] = "unknown",
		[ANSWER_REFUSED] = "refused",
		[ANSWER_DENIED] = "denied" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i], word(3)) == 0)
			engine_answer(engine, word(1),
			    strtoull(word(2), NULL, 10), (enum answer)i,
			    seconds(4), 0);
}

/* --- what it came to ----------------------------------------------------- */

static void
print_alert(void *arg, const struct alert_view *v)
{
	(void)arg;
	printf("alert\t%s\t%s\t%s\t%" PRIu64 "\n", v->of.rule, v->of.series,
	    truth_name(v->truth), v->incident);
}

static int64_t
moment(int64_t ns)
{
	return ns == STAMP_NONE ? -1 : ns / NS_PER_S;
}

static void
print_row(void *arg, const struct row_view *v)
{
	const struct entry *e = v->entry;
	const struct verdict *d = &v->verdict;

	(void)arg;
	if (e->under_way) {
		printf("row\t%s\t%s\t%s\tunder way\n", v->of.rule,
		    v->of.series, v->receiver);
		return;
	}
	printf("row\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%" PRId64 "\t%" PRId64
	       "\t%" PRIu32 "\t%" PRIu32 "\t%d\t%d\t%s\t%s\n",
	    v->of.rule, v->of.series, v->receiver, truth_name(e->told),
	    truth_name(e->maybe), truth_name(e->due), truth_name(e->refused),
	    moment(e->confirmed_at), moment(e->ready_at), e->changes, e->event,
	    e->closing != CLOSING_NOT, e->alone,
	    !d->owed		   ? "nothing"
	    : d->hold == HOLD_NONE ? "send"
				   : hold_name(d->hold),
	    d->owed && d->hold == HOLD_NONE ? kind_name(d->kind) : "-");
}

static void
do_state(void)
{
	const int64_t wake = engine_wake(engine);

	engine_each_alert(engine, print_alert, NULL);
	engine_each_row(engine, print_row, NULL);
	printf("dead\t%" PRIu64 "\n", engine_stats(engine).dead);
	printf("wake\t%" PRId64 "\n",
	    wake == INT64_MAX ? -1 : (wake + NS_PER_S - 1) / NS_PER_S);
}

static void
do_dot(void)
{
	puts(".");
	fflush(stdout);
}

static const struct command {
	const char *name;
	void (*run)(void);
} commands[] = {
	{ ".", do_dot },
	{ "answer", do_answer },
	{ "at", do_at },
	{ "begin", do_begin },
	{ "commit", do_commit },
	{ "hosts", do_hosts },
	{ "kill", do_kill },
	{ "list", do_list },
	{ "listener", do_listener },
	{ "policy", do_policy },
	{ "reload", do_reload },
	{ "reset", do_reset },
	{ "rule", do_rule },
	{ "silence", do_silence },
	{ "start", do_start },
	{ "state", do_state },
	{ "step", do_step },
	{ "stop", do_stop },
	{ "tick", do_tick },
	{ "tuning", do_tuning },
};

static void
run(char *line)
{
	char *save = NULL, *w = strtok_r(line, " \n", &save);

	for (n_words = 0; w != NULL && n_words < WORDS_MAX;
	     w = strtok_r(NULL, " \n", &save))
		words[n_words++] = w;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (n_words > 0 && strcmp(commands[i].name, words[0]) == 0) {
			commands[i].run();
			return;
		}
	fprintf(stderr, "%s: no such event\n", n_words > 0 ? words[0] : "");
	exit(2);
}

int
main(void)
{
	static const struct limits limits = { HOSTS_MAX, 1000, 1000, 16, 64 };
	char *line = NULL;
	size_t size = 0;

	tuning = tuning_default;
	series_init(&series, &limits, NULL);
	series.forget = cache_forget;
	while (getline(&line, &size, stdin) > 0)
		run(line);
	do_reset();
	vec_free(&disk);
	series_fini(&series);
	free(line);
	return 0;
}
