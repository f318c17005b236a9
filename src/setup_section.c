/* SPDX-License-Identifier: MIT */
/* The sections of a configuration, one for each instance. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "alert/truth.h"
#include "base/alloc.h"
#include "config/option.h"
#include "config/suggest.h"
#include "flow/hash.h"
#include "flow/router.h"
#include "setup_own.h"

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

static const struct fettle_options section_table =
    FETTLE_OPTIONS(section_options);

/* --- severities ---------------------------------------------------------- */

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

unsigned
section_severities(const struct section *sec)
{
	unsigned set = 0;

	for (size_t i = 0; i < sec->options.severities.n; i++)
		set |= severity_of(sec->options.severities.v[i]);
	return set != 0 ? set : SEVERITIES_ALL;
}

/* --- one section --------------------------------------------------------- */

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
			diag_error(d, node->pos, "'%s': %s", texts->v[i], why);
		else if (pattern_field(sec->routes[i]) != NULL)
			diag_error(d, node->pos,
			    "'%s' names a field: a route takes whole value "
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
			    "'%s' is no severity: those are no-data, warning "
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
		snprintf(text, len, "; did you mean '%s'?", near);
	module_names_free(&all);
}

/* why begins with the file where there is one to speak of. */
static void
refuse(struct setup *s, const struct modules *m, const char *label,
    const char *name, struct pos pos, const char *why)
{
	struct refusal r = {
		.label = xstrdup(label), .plugin = xstrdup(name), .pos = pos
	};
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

void
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

/* Whether it names a file that its plugin reads when it is opened. */
static bool
names_file(const struct fettle_option *o)
{
	const size_t len = strlen(o->name);

	return o->type == FETTLE_T_STRING &&
	       (strcmp(o->name, "certificate") == 0 ||
		   (len > 5 && strcmp(o->name + len - 5, "_file") == 0));
}

/* Tells whether one of the files that are named was replaced: a certificate
 * that was renewed has the name, and may have the key, of the old one. */
static uint64_t
hash_files(uint64_t h, const void *state, const struct fettle_options *table)
{
	for (uint32_t i = 0; i < table->n; i++) {
		const struct fettle_option *o = &table->v[i];
		const char *member = (const char *)state + o->offset;
		const char *path;
		struct stat st;

		if (o->type == FETTLE_T_GROUP)
			h = hash_files(h, member, &o->sub);
		if (!names_file(o))
			continue;
		memcpy(&path, member, sizeof(path));
		if (path == NULL || stat(path, &st) < 0)
			continue;
		h = hash_bytes(h, &st.st_ino, sizeof(st.st_ino));
		h = hash_bytes(h, &st.st_size, sizeof(st.st_size));
		h = hash_bytes(h, &st.st_mtim, sizeof(st.st_mtim));
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
	sec->files =
	    hash_files(hash_seed(), sec->self, &sec->plugin->d.options);
	free(what);
	free(keys);
}

/* Names that something else has: what the daemon measures of itself, and what
 * stands in its state directory beside the folders of instances. */
static bool
is_reserved(const char *label)
{
	static const char *const names[] = { SELF_LABEL, "lock", "spool" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(label, names[i]) == 0)
			return true;
	return false;
}

/* What belongs beside `plugins': without its thresholds a daemon would run and
 * tell nobody anything. */
static bool
is_indented(struct modules *m, const struct node_entry *e)
{
	char why[512];

	return (setup_is_key(e->key) || strcmp(e->key, "include") == 0) &&
	       node_get(e->value, "plugin") == NULL &&
	       modules_get(m, e->key, why, sizeof(why)) == NULL;
}

/* Whether an instance may be called that. */
static bool
check_label(struct modules *m, const struct node_entry *entry, struct diags *d)
{
	if (!field_name_ok(entry->key))
		diag_error(d, entry->pos,
		    "'%s' is no section's name: those are of letters, digits "
		    "and _, 63 at most",
		    entry->key);
	else if (is_reserved(entry->key))
		diag_error(d, entry->pos,
		    "'%s' is a name that fettle itself uses: choose another",
		    entry->key);
	else if (is_indented(m, entry))
		diag_error(d, entry->pos,
		    "'%s' is no plugin: it belongs beside 'plugins', not "
		    "below it",
		    entry->key);
	else
		return true;
	return false;
}

static void
read_section(struct setup *s, struct modules *m,
    const struct node_entry *entry, struct diags *d)
{
	struct section sec = { .label = xstrdup(entry->key),
		.pos = entry->pos,
		.node = entry->value };
	const char **keys, *name;

	if (!check_label(m, entry, d)) {
		section_fini(&sec);
		return;
	}
	if (entry->value->kind != NODE_MAP &&
	    entry->value->kind != NODE_NULL) {
		if (!entry->value->bad)
			diag_error(d, entry->value->pos,
			    "section '%s' is a mapping of options",
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

/* The dispatch thread knows writers by the bits of a number. */
static void
check_writers(const struct setup *s, struct diags *d)
{
	size_t writers = 0;

	for (size_t i = 0; i < s->sections.n; i++) {
		const struct section *sec = &s->sections.v[i];

		if (sec->plugin->d.write != NULL && writers++ == SINKS_MAX)
			diag_error(d, sec->pos,
			    "'%s' is one writer too many: there may be %d",
			    sec->label, SINKS_MAX);
	}
}

void
sections_read(struct setup *s, struct modules *m, struct diags *d)
{
	const struct node *map = node_get(s->root, "plugins");

	if (map == NULL) {
		/* most likely a file that is still being written: a reload
		 * must not stop everything for that */
		diag_error(d, s->root->pos,
		    "there is no 'plugins'; write 'plugins: {}' for none");
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
	check_writers(s, d);
}
