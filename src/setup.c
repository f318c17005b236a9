/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alert/read.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
#include "config/load.h"
#include "config/option.h"
#include "daemon.h"
#include "flow/names.h"
#include "setup_own.h"

static const struct fettle_option limit_options[] = {
	FETTLE_RANGE(struct limits, hosts, "5000",
	    "Hosts that may be known at a time.", 1, 1e6),
	FETTLE_RANGE(struct limits, series, "200000",
	    "Series that may be known at a time.", 1, 1e8),
	FETTLE_RANGE(struct limits, series_per_host, "20000",
	    "Series of one host.", 1, 1e8),
	FETTLE_RANGE(struct limits, fields, "256",
	    "Fields of one plugin of one host.", 1, 65536),
	FETTLE_RANGE(struct limits, name, "255", "Bytes of a name.", 16, 4096),
};

static const struct fettle_option log_options[] = {
	FETTLE_CHOICE(struct log_settings, format, "auto",
	    "How records are written to standard error; auto: as the journal "
	    "wants them where it reads, else as text.",
	    "auto|text|json|journal"),
	FETTLE_CHOICE(struct log_settings, level, "info",
	    "The least urgent records that are written.",
	    "error|warning|notice|info|debug"),
};

static const struct fettle_option daemon_options[] = {
	FETTLE_RANGE(struct settings, interval, "10s",
	    "How often plugins read, unless their section says otherwise.",
	    0.01, 86400),
	FETTLE_RANGE(struct settings, cooldown, "5m",
	    "The least time between two messages about one alert, but for "
	    "what is worse than before; rules may name their own.",
	    0, 31536000),
	FETTLE_OPTION(struct settings, hostname, "",
	    "The name of this host; empty: the machine's own."),
	FETTLE_OPTION(struct settings, plugin_dir, PLUGINDIR,
	    "Where plugins are loaded from; read once, at start."),
	FETTLE_OPTION(struct settings, state_dir, "",
	    "Where the daemon keeps what survives it; empty: "
	    "$STATE_DIRECTORY, " LOCALSTATEDIR
	    "/lib/fettle, or below $XDG_STATE_HOME.  Read once, at start."),
	FETTLE_OPTION(struct settings, socket, "",
	    "The control socket; empty: " RUNSTATEDIR
	    "/fettle/control, or below $XDG_RUNTIME_DIR.  Read once, at "
	    "start."),
	FETTLE_OPTION(struct settings, proc, "/proc",
	    "What plugins read as /proc; read once, at start."),
	FETTLE_OPTION(struct settings, sys, "/sys",
	    "What plugins read as /sys; read once, at start."),
	FETTLE_GROUP(struct settings, limits,
	    "Bounds of what is taken in; more is dropped and counted.",
	    limit_options),
	FETTLE_GROUP(
	    struct settings, log, "What is logged, and how.", log_options),
};

static const struct fettle_options daemon_table =
    FETTLE_OPTIONS(daemon_options);

/* A group that is not in the file stays zero: its defaults are wanted. */
static void
fill_group(void *group, const struct fettle_options *table,
    const struct node *root, const char *name, struct diags *d)
{
	if (node_get(root, name) == NULL)
		option_fill(group, table, NULL, name, root->pos, NULL, d);
}

/* What is measured here goes by it. */
static void
check_hostname(const struct setup *s, struct diags *d)
{
	const struct node *node = node_get(s->root, "hostname");
	const size_t len = strlen(s->settings.hostname),
		     most = (size_t)s->settings.limits.name;

	if ((most > 0 && len > most) ||
	    !utf8_is_name(s->settings.hostname, len))
		diag_error(d, node != NULL ? node->pos : s->root->pos,
		    "hostname '%s' is no name: those are text without control "
		    "characters and \\, of %lld bytes at most",
		    s->settings.hostname, (long long)most);
}

static void
set_hostname(struct settings *s)
{
	char name[256];

	if (s->hostname != NULL && s->hostname[0] != '\0')
		return;
	if (gethostname(name, sizeof(name)) != 0)
		snprintf(name, sizeof(name), "localhost");
	name[sizeof(name) - 1] = '\0';
	free((char *)(uintptr_t)s->hostname);
	s->hostname = xstrdup(name);
}

/* Keys that others read. */
static const char *const elsewhere[] = { "plugins", "tags", "thresholds",
	NULL };

static void
read_settings(struct setup *s, struct diags *d)
{
	static const struct fettle_options limits =
					       FETTLE_OPTIONS(limit_options),
					   log = FETTLE_OPTIONS(log_options);

	option_fill(&s->settings, &daemon_table, s->root, "the daemon",
	    s->root->pos, elsewhere, d);
	fill_group(&s->settings.limits, &limits, s->root, "limits", d);
	fill_group(&s->settings.log, &log, s->root, "log", d);
	set_hostname(&s->settings);
	check_hostname(s, d);
}

static void
read_tags(struct setup *s, struct diags *d)
{
	const struct node *tags = node_get(s->root, "tags");
	struct fettle_tag *all;
	struct names names = { 0 };

	if (tags == NULL || tags->kind == NODE_NULL || tags->bad)
		return;
	if (tags->kind != NODE_MAP) {
		diag_error(d, tags->pos, "tags are a mapping: {env: prod}");
		return;
	}
	for (size_t i = 0; i < tags->entries.n; i++) {
		const struct node_entry *e = &tags->entries.v[i];

		if (e->value->kind != NODE_TEXT) {
			diag_error(d, e->value->pos,
			    "the value of tag '%s' is one text", e->key);
			continue;
		}
		vec_add(&s->tags) = (struct fettle_tag){ xstrdup(e->key),
			xstrdup(e->value->text) };
	}
	all = s->tags.v;
	if (!names_tags(&names, all, s->tags.n, false,
		(size_t)s->settings.limits.name))
		diag_error(d, tags->pos,
		    "tags: 16 at most, keys of letters, digits, _ . - and "
		    "values of %lld bytes at most",
		    (long long)s->settings.limits.name);
	names_fini(&names);
}

bool
setup_is_key(const char *key)
{
	for (uint32_t i = 0; i < daemon_table.n; i++)
		if (strcmp(key, daemon_table.v[i].name) == 0)
			return true;
	for (size_t i = 0; elsewhere[i] != NULL; i++)
		if (strcmp(key, elsewhere[i]) == 0)
			return true;
	return false;
}

/* Sections that stand beside `plugins' in place of below it: that they are no
 * options of the daemon does not say what to do. */
static void
tell_outdented(const struct setup *s, const struct modules *m, struct diags *d)
{
	const struct node_entry *e;
	struct module_names all;

	modules_names(m, &all);
	vec_each (e, &s->root->entries)
		for (size_t i = 0; i < all.names.n; i++)
			if (strcmp(e->key, all.names.v[i]) == 0 &&
			    !setup_is_key(e->key))
				diag_error(d, e->pos,
				    "'%s' is a plugin: indent it below "
				    "'plugins'",
				    e->key);
	module_names_free(&all);
}

/* --- alerts -------------------------------------------------------------- */

/* What rules may name. */
struct declarations {
	struct modules *modules;
	struct plugin *own; /* fettle's */
};

static const struct plugin *
find_declared(void *arg, const char *name)
{
	const struct declarations *all = arg;
	char why[512];

	if (strcmp(name, all->own->name) == 0)
		return all->own;
	return plugin_name_ok(name)
		   ? modules_get(all->modules, name, why, sizeof(why))
		   : NULL;
}

static void
read_policy(struct setup *s, struct modules *m, struct diags *d)
{
	char why[128];
	struct declarations all = { m,
		plugin_new(
		    SELF_LABEL, &fettle_LTX_fettle_plugin, why, sizeof(why)) };
	struct policy_source source = { .thresholds =
					    node_get(s->root, "thresholds"),
		.cooldown_ns = s->settings.cooldown.ns,
		.find = find_declared,
		.arg = &all };

	for (size_t i = 0; i < s->sections.n; i++) {
		const struct section *sec = &s->sections.v[i];
		const struct fettle_plugin *p = &sec->plugin->d;

		if (p->notify != NULL)
			policy_listen(s->policy, sec->label,
			    section_severities(sec), p->pace_ms * NS_PER_MS);
		else if (p->write == NULL)
			policy_measure(s->policy, sec->plugin->name);
		source.hub |= (p->flags & FETTLE_HUB) != 0;
		source.others |=
		    (p->flags & (FETTLE_SOURCE | FETTLE_DYNAMIC)) != 0;
	}
	/* one that cannot be loaded is not removed: what it measured has no
	 * data now */
	for (size_t i = 0; i < s->refused.n; i++)
		if (plugin_name_ok(s->refused.v[i].plugin))
			policy_measure(s->policy, s->refused.v[i].plugin);
	policy_read(s->policy, &source, d);
	plugin_free(all.own);
}

/* Only the first configuration says where plugins are. */
static bool
ready_modules(struct setup *s, struct modules *m, struct diags *d)
{
	const struct node *node = node_get(s->root, "plugin_dir");
	char why[512];

	if (m->dir != NULL)
		return true;
	if (modules_init(m, s->settings.plugin_dir, why, sizeof(why)) == 0)
		return true;
	diag_error(d, node != NULL ? node->pos : s->root->pos, "%s", why);
	return false;
}

struct setup *
setup_read(const char *path, struct modules *m, struct diags *d)
{
	struct node *root = config_load(path, d);
	struct setup *s;

	if (root == NULL)
		return NULL;
	s = NEW(struct setup);
	atomic_init(&s->refs, 1);
	s->root = root;
	read_settings(s, d);
	read_tags(s, d);
	s->policy = policy_new(s->settings.hostname);
	if (s->settings.plugin_dir != NULL && ready_modules(s, m, d)) {
		tell_outdented(s, m, d);
		sections_read(s, m, d);
		read_policy(s, m, d);
	}
	return s;
}

static void
say(void *arg, const char *line)
{
	fprintf(arg, "%s\n", line);
}

/* A daemon runs without them, and says so. */
static void
tell_refused(const struct setup *s, struct diags *d)
{
	const struct refusal *r;

	vec_each (r, &s->refused)
		diag_error(d, r->pos, "plugin %s cannot be loaded: %s: %s",
		    r->label, r->file, r->reason);
}

struct setup *
setup_load(const char *path, struct modules *m, bool check)
{
	struct diags *d = diags_new();
	struct setup *s = setup_read(path, m, d);

	if (check && s != NULL)
		tell_refused(s, d);
	diags_each(d, check, say, stderr);
	if (diags_errors(d) > 0) {
		setup_unref(s);
		s = NULL;
	}
	diags_free(d);
	return s;
}

struct policy *
setup_take_policy(struct setup *s)
{
	struct policy *p = s->policy;

	s->policy = NULL;
	return p;
}

struct setup *
setup_ref(struct setup *s)
{
	atomic_fetch_add(&s->refs, 1);
	return s;
}

void
setup_unref(struct setup *s)
{
	if (s == NULL || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	for (size_t i = 0; i < s->sections.n; i++)
		section_fini(&s->sections.v[i]);
	for (size_t i = 0; i < s->refused.n; i++) {
		free(s->refused.v[i].label);
		free(s->refused.v[i].plugin);
		free(s->refused.v[i].file);
		free(s->refused.v[i].reason);
	}
	for (size_t i = 0; i < s->tags.n; i++) {
		free((char *)(uintptr_t)s->tags.v[i].key);
		free((char *)(uintptr_t)s->tags.v[i].value);
	}
	policy_free(s->policy);
	vec_free(&s->sections);
	vec_free(&s->refused);
	vec_free(&s->tags);
	option_free(&s->settings, &daemon_table);
	node_free(s->root);
	free(s);
}

void
setup_remove(struct setup *s, size_t i)
{
	section_fini(&s->sections.v[i]);
	vec_remove(&s->sections, i);
}

static int
level_of(const char *name)
{
	static const struct {
		const char *name;
		int level;
	} levels[] = { { "error", LOG_ERR }, { "warning", LOG_WARNING },
		{ "notice", LOG_NOTICE }, { "info", LOG_INFO },
		{ "debug", LOG_DEBUG } };

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(levels[i].name, name) == 0)
			return levels[i].level;
	return LOG_INFO;
}

void
setup_apply_log(const struct setup *s)
{
	const char *format = s->settings.log.format;
	enum log_format f = LOG_FORMAT_TEXT;

	if (strcmp(format, "json") == 0)
		f = LOG_FORMAT_JSON;
	else if (strcmp(format, "journal") == 0 ||
		 (strcmp(format, "auto") == 0 &&
		     getenv("JOURNAL_STREAM") != NULL))
		f = LOG_FORMAT_JOURNAL;
	log_setup(f, level_of(s->settings.log.level));
}

struct section *
setup_find(const struct setup *s, const char *label)
{
	for (size_t i = 0; i < s->sections.n; i++)
		if (strcmp(s->sections.v[i].label, label) == 0)
			return &s->sections.v[i];
	return NULL;
}
