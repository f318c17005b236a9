/* SPDX-License-Identifier: MIT */
#include "setup.h"

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
#include "config/suggest.h"
#include "daemon.h"
#include "flow/hash.h"
#include "flow/names.h"

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

static const struct fettle_option spool_options[] = {
	FETTLE_CHOICE(struct spool_settings, survive, "crash",
	    "What value lists that wait survive: nothing, the end of the "
	    "daemon, also its sudden end, also the loss of power.",
	    "none|exit|crash|power"),
	FETTLE_RANGE(struct spool_settings, max_size, "64MiB",
	    "Room on disk; where there is no more the oldest are dropped.",
	    1048576, 1e12),
	FETTLE_RANGE(struct spool_settings, max_age, "7d",
	    "What is older is dropped.", 60, 315360000),
};

static const struct fettle_option section_options[] = {
	FETTLE_OPTION(struct section_options, plugin, "",
	    "The plugin, where the section's name is another."),
	FETTLE_RANGE(struct section_options, interval, "",
	    "How often it reads; of a writer: how old a list may become "
	    "before it leaves.",
	    0.01, 86400),
	FETTLE_RANGE(struct section_options, timeout, "",
	    "When a call that has not returned counts as stuck (reads: 10s, "
	    "or the interval if that is longer; writers: 60s).",
	    0.01, 86400),
	FETTLE_RANGE(struct section_options, drain, "10s",
	    "How long a writer may take to empty its queue at the end.", 0,
	    3600),
	FETTLE_OPTION(struct section_options, routes, "",
	    "Patterns of the series a writer gets; none: all."),
	FETTLE_OPTION(struct section_options, severities, "",
	    "What a receiver is told of: no-data, warning, failure; none: "
	    "all."),
	FETTLE_RANGE(struct section_options, queue, "32MiB",
	    "Memory that what waits for a writer may take.", 65536, 1e12),
	FETTLE_GROUP(struct section_options, spool,
	    "Keeps on disk what waits for a writer.", spool_options),
};

static const struct fettle_options daemon_table =
    FETTLE_OPTIONS(daemon_options);
static const struct fettle_options section_table =
    FETTLE_OPTIONS(section_options);

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
		    "hostname `%s' is no name: those are text without control "
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

static void
read_settings(struct setup *s, struct diags *d)
{
	static const char *const others[] = { "plugins", "tags", "thresholds",
		NULL };
	static const struct fettle_options limits =
					       FETTLE_OPTIONS(limit_options),
					   log = FETTLE_OPTIONS(log_options);

	option_fill(&s->settings, &daemon_table, s->root, "the daemon",
	    s->root->pos, others, d);
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
			    "the value of tag `%s' is one text", e->key);
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

/* --- alerts ----------------------------------------------------------------
 */

/* 0: there is none of that name. */
static unsigned
severity_of(const char *name)
{
	static const struct {
		const char *name;
		enum rank rank;
	} all[] = { { "no-data", RANK_NO_DATA }, { "warning", RANK_WARNING },
		{ "failure", RANK_FAILURE } };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (strcmp(name, all[i].name) == 0)
			return SEVERITY(all[i].rank);
	return 0;
}

static unsigned
severities_of(const struct section *sec)
{
	unsigned set = 0;

	for (size_t i = 0; i < sec->options.severities.n; i++)
		set |= severity_of(sec->options.severities.v[i]);
	return set != 0 ? set : SEVERITIES_ALL;
}

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
		    "fettle", &fettle_LTX_fettle_plugin, why, sizeof(why)) };
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
			    severities_of(sec), p->pace_ms * NS_PER_MS);
		source.hub |= (p->flags & FETTLE_HUB) != 0;
		source.others |=
		    (p->flags & (FETTLE_SOURCE | FETTLE_DYNAMIC)) != 0;
	}
	policy_read(s->policy, &source, d);
	plugin_free(all.own);
}

/* --- sections --------------------------------------------------------------
 */

static void
read_routes(struct section *sec, struct diags *d)
{
	const struct node *node = node_get(sec->node, "routes");
	const struct fettle_strings *texts = &sec->options.routes;
	char why[256];

	if (texts->n > 0 && sec->plugin->d.write == NULL)
		diag_error(d, node->pos,
		    "routes are for writers, and %s does not write",
		    sec->plugin->name);
	sec->routes = xcalloc(texts->n, sizeof(*sec->routes));
	for (size_t i = 0; i < texts->n; i++) {
		sec->routes[i] = pattern_parse(texts->v[i], why, sizeof(why));
		if (sec->routes[i] == NULL)
			diag_error(d, node->pos, "`%s': %s", texts->v[i], why);
		else if (pattern_field(sec->routes[i]) != NULL)
			diag_error(d, node->pos,
			    "`%s' names a field: a route takes whole value "
			    "lists",
			    texts->v[i]);
	}
}

static void
check_spool(const struct section *sec, struct diags *d)
{
	if (sec->options.spool.survive != NULL && sec->plugin->d.write == NULL)
		diag_error(d, node_get(sec->node, "spool")->pos,
		    "a spool is for writers, and %s does not write",
		    sec->plugin->name);
}

static void
check_severities(const struct section *sec, struct diags *d)
{
	const struct node *node = node_get(sec->node, "severities");

	if (node != NULL && sec->plugin->d.notify == NULL)
		diag_error(d, node->pos,
		    "severities are for receivers, and %s notifies nobody",
		    sec->plugin->name);
	for (size_t i = 0; i < sec->options.severities.n; i++)
		if (severity_of(sec->options.severities.v[i]) == 0)
			diag_error(d, node->pos,
			    "`%s' is no severity: those are no-data, warning "
			    "and failure",
			    sec->options.severities.v[i]);
}

static bool
is_section_key(const char *key)
{
	for (uint32_t i = 0; i < section_table.n; i++)
		if (strcmp(section_table.v[i].name, key) == 0)
			return true;
	return false;
}

/* The keys of a section that are its plugin's, NULL-terminated. */
static const char **
plugin_keys(const struct node *map)
{
	const char **keys;
	size_t n = 0;

	if (map->kind != NODE_MAP)
		return xcalloc(1, sizeof(*keys));
	keys = xcalloc(map->entries.n + 1, sizeof(*keys));
	for (size_t i = 0; i < map->entries.n; i++)
		if (!is_section_key(map->entries.v[i].key))
			keys[n++] = map->entries.v[i].key;
	return keys;
}

static const char **
section_keys(void)
{
	const char **keys = xcalloc(section_table.n + 1, sizeof(*keys));

	for (uint32_t i = 0; i < section_table.n; i++)
		keys[i] = section_table.v[i].name;
	return keys;
}

/* The names of plugins that could have been meant, and ours. */
static void
suggest_plugin(
    const struct modules *m, const char *name, char *text, size_t len)
{
	struct module_names all;
	const char *near;

	modules_names(m, &all);
	near = suggest(name, (const char *const *)all.names.v, all.names.n);
	text[0] = '\0';
	if (near != NULL && strcmp(near, name) != 0)
		snprintf(text, len, "; did you mean `%s'?", near);
	module_names_free(&all);
}

/* why begins with the file where there is one to speak of. */
static void
refuse(struct setup *s, const struct modules *m, const char *label,
    const char *name, struct pos pos, const char *why)
{
	struct refusal r = { .label = xstrdup(label), .pos = pos };
	char near[64];
	size_t len;

	r.file = xasprintf("%s/%s.so", m->dir, name);
	len = strlen(r.file);
	if (strncmp(why, r.file, len) == 0 && why[len] == ':')
		why += len + 2;
	suggest_plugin(m, name, near, sizeof(near));
	r.reason = xasprintf("%s%s", why, near);
	vec_add(&s->refused) = r;
}

static struct plugin *
find_plugin(struct setup *s, struct modules *m, const char *label,
    const char *name, struct pos pos)
{
	char why[512];
	struct plugin *p = modules_get(m, name, why, sizeof(why));

	if (p == NULL)
		refuse(s, m, label, name, pos, why);
	return p;
}

static void
section_fini(struct section *sec)
{
	for (size_t i = 0; sec->routes != NULL && i < sec->options.routes.n;
	     i++)
		pattern_free(sec->routes[i]);
	free(sec->routes);
	if (sec->self != NULL && sec->plugin != NULL)
		option_free(sec->self, &sec->plugin->d.options);
	free(sec->self);
	option_free(&sec->options, &section_table);
	free(sec->label);
}

/* A keyed hash of the secrets in a state, to tell when one has changed. */
static uint64_t
hash_secrets(uint64_t h, const void *state, const struct fettle_options *table)
{
	for (uint32_t i = 0; i < table->n; i++) {
		const struct fettle_option *o = &table->v[i];
		const char *member = (const char *)state + o->offset;
		const struct fettle_secret *secret = (const void *)member;

		if (o->type == FETTLE_T_GROUP)
			h = hash_secrets(h, member, &o->sub);
		else if (o->type == FETTLE_T_SECRET && secret->text != NULL)
			h = hash_string(h, secret->text);
	}
	return h;
}

/* The plugin's own options, into a new state. */
static void
fill_self(struct section *sec, struct diags *d)
{
	const char **keys = section_keys();
	char *what = xasprintf("plugin %s", sec->plugin->name);

	sec->self = xcalloc(1, sec->plugin->d.self_size);
	option_fill(sec->self, &sec->plugin->d.options, sec->node, what,
	    sec->pos, keys, d);
	sec->secrets =
	    hash_secrets(hash_seed(), sec->self, &sec->plugin->d.options);
	free(what);
	free(keys);
}

static void
read_section(struct setup *s, struct modules *m,
    const struct node_entry *entry, struct diags *d)
{
	struct section sec = { .label = xstrdup(entry->key),
		.pos = entry->pos,
		.node = entry->value };
	const char **keys, *name;

	if (!names_field_ok(entry->key)) {
		diag_error(d, entry->pos,
		    "`%s' is no section's name: those are of letters, digits "
		    "and _, 63 at most",
		    entry->key);
		section_fini(&sec);
		return;
	}
	if (entry->value->kind != NODE_MAP &&
	    entry->value->kind != NODE_NULL) {
		if (!entry->value->bad)
			diag_error(d, entry->value->pos,
			    "section `%s' is a mapping of options",
			    entry->key);
		section_fini(&sec);
		return;
	}
	keys = plugin_keys(entry->value);
	option_fill(&sec.options, &section_table, entry->value, sec.label,
	    entry->pos, keys, d);
	free(keys);
	name = sec.options.plugin && sec.options.plugin[0] ? sec.options.plugin
							   : sec.label;
	sec.plugin = find_plugin(s, m, sec.label, name, entry->pos);
	if (sec.plugin == NULL) {
		section_fini(&sec);
		return;
	}
	fill_self(&sec, d);
	read_routes(&sec, d);
	check_spool(&sec, d);
	check_severities(&sec, d);
	if (sec.options.interval.ns == 0 && sec.plugin->d.write == NULL)
		sec.options.interval = s->settings.interval;
	vec_add(&s->sections) = sec;
}

static void
read_sections(struct setup *s, struct modules *m, struct diags *d)
{
	const struct node *map = node_get(s->root, "plugins");

	if (map == NULL) {
		/* most likely a file that is still being written: a reload
		 * must not stop everything for that */
		diag_error(d, s->root->pos,
		    "there is no `plugins'; write `plugins: {}' for none");
		return;
	}
	if (map->kind == NODE_NULL)
		return;
	if (map->kind != NODE_MAP) {
		diag_error(
		    d, map->pos, "plugins is a mapping, a section for each");
		return;
	}
	for (size_t i = 0; i < map->entries.n; i++)
		read_section(s, m, &map->entries.v[i], d);
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
		read_sections(s, m, d);
		read_policy(s, m, d);
	}
	return s;
}

static void
say(void *arg, const char *line)
{
	fprintf(arg, "%s\n", line);
}

struct setup *
setup_load(const char *path, struct modules *m, bool notes)
{
	struct diags *d = diags_new();
	struct setup *s = setup_read(path, m, d);

	diags_each(d, notes, say, stderr);
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
