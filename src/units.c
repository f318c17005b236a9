/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "daemon.h"

enum {
	SELF_INTERVAL_S = 10,
	SELF_TICKS = 10,
	READ_TIMEOUT_S = 10, /* or an interval, if that is longer */
	WRITE_TIMEOUT_S = 60,
};

static void
release_setup(void *origin)
{
	setup_unref(origin);
}

static int64_t
timeout_of(const struct section *sec, int64_t interval)
{
	if (sec->options.timeout.ns > 0)
		return sec->options.timeout.ns;
	if (sec->plugin->d.write != NULL || sec->plugin->d.notify != NULL)
		return WRITE_TIMEOUT_S * NS_PER_S;
	return interval > READ_TIMEOUT_S * NS_PER_S
		   ? interval
		   : READ_TIMEOUT_S * NS_PER_S;
}

/* The section's state becomes the instance's. */
static struct fettle_ctx *
make_instance(struct daemon *d, struct setup *s, struct section *sec)
{
	struct fettle_ctx *i =
	    instance_new(sec->plugin, sec->label, sec->self, &d->guard);

	sec->self = NULL;
	i->daemon = d;
	i->section = sec->node;
	i->origin = setup_ref(s);
	i->release = release_setup;
	i->interval_ns = sec->options.interval.ns > 0
			     ? sec->options.interval.ns
			     : s->settings.interval.ns;
	i->timeout_ns = timeout_of(sec, i->interval_ns);
	return i;
}

static enum promise
promise_of(const char *survive)
{
	enum promise p = SURVIVE_NONE;

	if (survive != NULL)
		while (strcmp(promise_name(p), survive) != 0)
			p++;
	return p;
}

static struct writer_options
writer_options_of(const struct section *sec)
{
	const struct spool_settings *spool = &sec->options.spool;

	return (struct writer_options){ .room = sec->options.queue.bytes,
		.interval_ns = sec->options.interval.ns,
		.drain_ns = sec->options.drain.ns,
		.keep = { .promise = promise_of(spool->survive),
		    .max_size = spool->max_size.bytes,
		    .max_age_ns = spool->max_age.ns } };
}

/* It lies beside the plugins, but not where plugin_dir names a folder of
 * somebody's own. */
static int
find_store(struct daemon *d, char *why, size_t len)
{
	char reason[512];

	if (store_load(d->modules.dir, why, len) == 0)
		return 0;
	return store_load(PLUGINDIR, reason, sizeof(reason));
}

/* Before the first spool is opened.  Where it cannot be loaded each of them
 * will say that it cannot be used. */
static void
load_store(struct daemon *d, const struct section *sec)
{
	char why[512];

	if (promise_of(sec->options.spool.survive) == SURVIVE_NONE)
		return;
	if (find_store(d, why, sizeof(why)) < 0)
		log_error("no spool can be kept: %s", why);
}

/* What came from which queue is known before the first batch comes. */
static void
start_hub(struct daemon *d, const struct plugin *p)
{
	char *path, why[512];

	if (!(p->d.flags & FETTLE_HUB))
		return;
	via_begin();
	if (d->seen_file != NULL || d->state_lock < 0)
		return;
	if (find_store(d, why, sizeof(why)) < 0) {
		log_warning("what agents have sent is not remembered over a "
			    "restart: %s",
		    why);
		return;
	}
	path = xasprintf("%s/seen.db", d->state_dir);
	d->seen_file = seen_file_start(&d->seen, path);
	free(path);
}

static struct writer *
start_writer(struct daemon *d, struct fettle_ctx *i, const struct section *sec)
{
	const struct writer_options options = writer_options_of(sec);
	char *path = xasprintf("%s/spool/%s.db", d->state_dir, sec->label);
	struct writer *w;

	load_store(d, sec);
	w = writer_start(i, &options, path, &d->table);
	free(path);
	return w;
}

/* Where it cannot be loaded the desk says that nothing is kept. */
void
units_alerts(struct daemon *d, const struct policy *p)
{
	char why[512];

	if (d->alerts != NULL && desk_is_wanted(p, d->alerts) &&
	    find_store(d, why, sizeof(why)) < 0)
		log_error("alerts cannot be kept: %s", why);
}

static struct courier_options
courier_options_of(const struct section *sec)
{
	return (struct courier_options){ .drain_ns = sec->options.drain.ns };
}

static struct courier *
start_courier(
    struct daemon *d, struct fettle_ctx *i, const struct section *sec)
{
	const struct courier_options options = courier_options_of(sec);

	return courier_start(d->desk, i, &options);
}

static void
start_unit(struct daemon *d, struct setup *s, struct section *sec)
{
	struct fettle_ctx *i = make_instance(d, s, sec);
	struct unit u = { .label = xstrdup(sec->label),
		.plugin = sec->plugin,
		.section = sec };

	start_hub(d, sec->plugin);
	if (sec->plugin->d.write != NULL)
		u.writer = start_writer(d, i, sec);
	else if (sec->plugin->d.notify != NULL)
		u.courier = start_courier(d, i, sec);
	else
		u.job = pool_add(&d->pool, i);
	instance_unref(i);
	pthread_mutex_lock(&d->lock);
	vec_add(&d->units) = u;
	pthread_mutex_unlock(&d->lock);
}

/* Ends without being waited for. */
static void
stop_unit(struct daemon *d, struct unit *u)
{
	if (u->writer != NULL) {
		writer_stop(u->writer);
		vec_add(&d->leaving) = u->writer;
	} else if (u->courier != NULL) {
		courier_stop(u->courier);
		vec_add(&d->going) = u->courier;
	} else {
		pool_remove(&d->pool, u->job);
	}
	free(u->label);
}

static void
change_unit(
    struct daemon *d, struct setup *s, struct unit *u, struct section *sec)
{
	struct fettle_ctx *i = make_instance(d, s, sec);
	const struct writer_options options = writer_options_of(sec);
	const struct courier_options couriers = courier_options_of(sec);

	load_store(d, sec);
	if (u->writer != NULL)
		writer_replace(u->writer, i, &options);
	else if (u->courier != NULL)
		courier_replace(u->courier, i, &couriers);
	else
		pool_replace(&d->pool, u->job, i);
	instance_unref(i);
}

/* Tells the router which writers there are, and what they want. */
static void
set_routes(struct daemon *d)
{
	struct route routes[SINKS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < d->units.n; i++) {
		const struct unit *u = &d->units.v[i];

		if (u->writer == NULL)
			continue;
		assert(n < SINKS_MAX); /* setup_read sees to it */
		routes[n++] = (struct route){ writer_sink(u->writer),
			u->section->routes, u->section->options.routes.n };
	}
	router_set(&d->dispatch.router, routes, n);
}

static void
set_host(struct daemon *d, const struct setup *s)
{
	struct intern how = { .now_ns = clock_mono() };

	pool_host(&d->pool, s->settings.hostname);
	series_lock(&d->table);
	d->table.limits = s->settings.limits;
	series_host_tags(
	    &d->table, &how, s->settings.hostname, s->tags.v, s->tags.n);
	series_unlock(&d->table);
}

static void
say_refused(const struct setup *s)
{
	for (size_t i = 0; i < s->refused.n; i++)
		log_error("%s:%u:%u: plugin %s is not loaded: %s: %s",
		    s->refused.v[i].pos.file, s->refused.v[i].pos.line,
		    s->refused.v[i].pos.column, s->refused.v[i].label,
		    s->refused.v[i].file, s->refused.v[i].reason);
}

/*
 * How often fettle measures itself: every 10 s, at each tick where those are
 * further apart, and at every tenth where they are less than a second apart.
 * At an interval of a second it would cost a quarter of what the readers of a
 * small machine do.
 */
static int64_t
self_interval(int64_t interval)
{
	if (interval >= SELF_INTERVAL_S * NS_PER_S)
		return interval;
	if (interval >= SELF_INTERVAL_S * NS_PER_S / SELF_TICKS)
		return SELF_INTERVAL_S * NS_PER_S;
	return SELF_TICKS * interval;
}

/* fettle's own metrics need no section: they are read like everything else. */
static struct fettle_ctx *
make_self(struct daemon *d, struct plugin *p, const struct setup *s)
{
	struct fettle_ctx *i =
	    instance_new(p, p->name, xcalloc(1, p->d.self_size), &d->guard);

	i->daemon = d;
	i->interval_ns = self_interval(s->settings.interval.ns);
	i->timeout_ns = READ_TIMEOUT_S * NS_PER_S;
	return i;
}

static void
start_self(struct daemon *d, const struct setup *s)
{
	char why[128];
	struct plugin *p = plugin_new(
	    SELF_LABEL, &fettle_LTX_fettle_plugin, why, sizeof(why));
	struct fettle_ctx *i = make_self(d, p, s);

	vec_add(&d->units) = (struct unit){ .label = xstrdup(p->name),
		.plugin = p,
		.job = pool_add(&d->pool, i) };
	instance_unref(i);
}

static void
change_self(struct daemon *d, const struct setup *s, struct unit *u)
{
	struct fettle_ctx *i;

	if (s->settings.interval.ns == d->setup->settings.interval.ns)
		return;
	i = make_self(d, u->plugin, s);
	pool_replace(&d->pool, u->job, i);
	instance_unref(i);
}

void
units_start(struct daemon *d, struct setup *s)
{
	say_refused(s);
	set_host(d, s);
	for (size_t i = 0; i < s->sections.n; i++)
		if (s->sections.v[i].plugin->d.write != NULL)
			start_unit(d, s, &s->sections.v[i]);
	set_routes(d);
	for (size_t i = 0; i < s->sections.n; i++)
		if (s->sections.v[i].plugin->d.write == NULL)
			start_unit(d, s, &s->sections.v[i]);
	start_self(d, s);
}

/* --- a change ------------------------------------------------------------ */

static void
add_word(struct buf *to, const char *word)
{
	buf_printf(to, "%s%s", to->len > 0 ? ", " : "", word);
}

/* The options of a section that another does not have; or, if changed, has
 * otherwise. */
static void
add_options(struct buf *to, const struct node *section,
    const struct node *other, bool changed)
{
	const struct node_entry *e;

	vec_each (e, &section->entries) {
		const struct node *there = node_get(other, e->key);

		if (there == NULL || (changed && !node_equal(e->value, there)))
			add_word(to, e->key);
	}
}

/* Appends what makes b, of the new setup, another instance than a: options by
 * their names.  Nothing: they are the same. */
static void
add_differences(struct buf *to, const struct setup *old,
    const struct section *a, const struct setup *new, const struct section *b)
{
	const bool inherits = node_get(a->node, "interval") == NULL &&
			      node_get(b->node, "interval") == NULL;

	add_options(to, b->node, a->node, true);
	add_options(to, a->node, b->node, false);
	if (inherits && old->settings.interval.ns != new->settings.interval.ns)
		add_word(to, "interval");
	if (a->secrets != b->secrets)
		add_word(to, "a secret");
	if (a->files != b->files)
		add_word(to, "a file");
}

/* why: NULL where there is nothing to say. */
static void
plan_add(json_t *plan, const char *label, const char *action, const char *why)
{
	json_array_append_new(plan, json_pack("{s:s,s:s,s:s?}", "label", label,
					"action", action, "why", why));
	if (strcmp(action, "kept") != 0)
		log_notice("reload: %s %s%s%s", label, action,
		    why != NULL ? ": " : "", why != NULL ? why : "");
}

/* Whether it goes on as it was before a change. */
static bool
is_outdated(struct daemon *d, const struct unit *u)
{
	struct fettle_ctx *i = unit_instance(d, u);
	const bool outdated = instance_is_outdated(i);

	instance_unref(i);
	return outdated;
}

/* Goes through what runs.  Returns false for a unit that is to go. */
static bool
keep_unit(struct daemon *d, struct setup *s, struct unit *u, json_t *plan)
{
	struct buf why = { 0 };
	struct section *sec;

	if (u->section == NULL) {
		change_self(d, s, u);
		return true;
	}
	sec = setup_find(s, u->label);
	if (sec == NULL || sec->plugin != u->plugin) {
		plan_add(
		    plan, u->label, "stopped", sec != NULL ? "plugin" : NULL);
		return false;
	}
	add_differences(&why, d->setup, u->section, s, sec);
	if (why.len == 0 && is_outdated(d, u))
		add_word(&why, "tried again");
	if (why.len == 0) {
		plan_add(plan, u->label, "kept", NULL);
	} else {
		change_unit(d, s, u, sec);
		plan_add(plan, u->label, "changed", why.data);
	}
	buf_free(&why);
	u->section = sec;
	return true;
}

static bool
is_running(const struct daemon *d, const char *label)
{
	for (size_t i = 0; i < d->units.n; i++)
		if (d->units.v[i].section != NULL &&
		    strcmp(d->units.v[i].label, label) == 0)
			return true;
	return false;
}

static bool
has_unit_of(const struct daemon *d, const struct plugin *p)
{
	for (size_t i = 0; i < d->units.n; i++)
		if (d->units.v[i].plugin == p)
			return true;
	return false;
}

json_t *
units_change(struct daemon *d, struct setup *s)
{
	json_t *plan = json_array();
	VEC(struct unit) gone = { 0 };
	struct setup *old = d->setup;
	struct policy *policy = setup_take_policy(s);

	say_refused(s);
	/* before a receiver that is new has anything to do, and before one
	 * that goes is gone */
	units_alerts(d, policy);
	desk_reload(d->desk, policy);
	pthread_mutex_lock(&d->lock);
	for (size_t i = 0; i < d->units.n;) {
		if (keep_unit(d, s, &d->units.v[i], plan)) {
			i++;
			continue;
		}
		vec_add(&gone) = d->units.v[i];
		vec_remove(&d->units, i);
	}
	d->setup = s;
	pthread_mutex_unlock(&d->lock);
	set_host(d, s);
	for (size_t i = 0; i < s->sections.n; i++)
		if (!is_running(d, s->sections.v[i].label)) {
			start_unit(d, s, &s->sections.v[i]);
			plan_add(
			    plan, s->sections.v[i].label, "started", NULL);
		}
	set_routes(d);
	/* only now does nothing come to them any more */
	for (size_t i = 0; i < gone.n; i++) {
		const struct plugin *p = gone.v[i].plugin;

		stop_unit(d, &gone.v[i]);
		if (!has_unit_of(d, p))
			desk_retire(d->desk, p->name);
	}
	vec_free(&gone);
	setup_unref(old);
	return plan;
}

struct fettle_ctx *
unit_instance(struct daemon *d, const struct unit *u)
{
	if (u->courier != NULL)
		return courier_instance(u->courier);
	return u->writer != NULL ? writer_instance(u->writer)
				 : pool_instance(&d->pool, u->job);
}

void
units_settle(struct daemon *d, int64_t deadline_ns)
{
	int64_t now = clock_mono();

	/* the main thread, which waits here, is the one that looks for what
	 * is slow */
	while (!pool_settle(&d->pool, now + POOL_SLOW_MS * NS_PER_MS) &&
	       now < deadline_ns) {
		now = clock_mono();
		guard_check(&d->guard, now);
		pool_check(&d->pool, now);
	}
	for (size_t i = 0; i < d->units.n; i++)
		if (d->units.v[i].writer != NULL)
			writer_settle_open(d->units.v[i].writer, deadline_ns);
		else if (d->units.v[i].courier != NULL)
			courier_settle_open(
			    d->units.v[i].courier, deadline_ns);
}

void
units_outdated(struct daemon *d, json_t *notes)
{
	for (size_t i = 0; i < d->units.n; i++) {
		const char *label = d->units.v[i].label;

		if (!is_outdated(d, &d->units.v[i]))
			continue;
		log_warning("reload: %s goes on as it was: what is new could "
			    "not take over",
		    label);
		json_array_append_new(notes,
		    json_sprintf("%s goes on as it was: what is new could not "
				 "take over, the log says why",
			label));
	}
}

static bool
has_no_spool(const struct unit *u)
{
	struct writer_stats s;

	if (u->writer == NULL)
		return false;
	writer_stats(u->writer, &s);
	return s.spool.promise != SURVIVE_NONE && s.spool.state != KEEPER_OK;
}

size_t
units_down(struct daemon *d)
{
	size_t down = 0;

	for (size_t n = 0; n < d->units.n; n++) {
		struct fettle_ctx *i = unit_instance(d, &d->units.v[n]);

		if (!instance_is_open(i)) {
			log_error("%s is not open", i->label);
			down++;
		} else if (has_no_spool(&d->units.v[n])) {
			log_error("%s has no spool", i->label);
			down++;
		}
		instance_unref(i);
	}
	return down;
}
