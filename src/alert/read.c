/* SPDX-License-Identifier: MIT */
#include "alert/read.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/glob.h"
#include "config/option.h"
#include "config/suggest.h"
#include "config/units.h"

enum { WHY = 512 };

/* A rule as it stands in the file. */
struct said {
	const char *name, *warning, *failure, *message;
	bool below;
	struct fettle_duration hold, clear_for, remind, cooldown;
	const char *hysteresis;
	int64_t missing;
	struct fettle_strings notify;
};

/* A rule being read. */
struct reading {
	struct policy *policy;
	const struct policy_source *source;
	struct diags *d;
	const char *key;
	struct pos pos;		  /* of the key */
	const struct node *value; /* a mapping, or the warning alone */
};

/* `for' is no name of a member. */
#define SAID_FOR                                                              \
	{                                                                     \
		"for", "0s", "How long it must breach.", FETTLE_T_DURATION,   \
		    offsetof(struct said, hold), 0, 0, NULL, { NULL, 0, 0 },  \
		    0                                                         \
	}

static const struct fettle_option said_options[] = {
	FETTLE_OPTION(struct said, name, "",
	    "Lets rules for the same series live side by side."),
	FETTLE_OPTION(
	    struct said, warning, "", "From where on it is a warning."),
	FETTLE_OPTION(
	    struct said, failure, "", "From where on it is a failure."),
	FETTLE_OPTION(struct said, below, "no",
	    "Whether what is below the limits breaches them."),
	SAID_FOR,
	FETTLE_OPTION(struct said, clear_for, "0s",
	    "How long it must be clear to be over."),
	FETTLE_OPTION(struct said, hysteresis, "0",
	    "How far from the limit it must be to be clear."),
	FETTLE_RANGE(struct said, missing, "3",
	    "How many reports without it are no data; 0: any number.", 0,
	    RULE_MISSING_MAX),
	FETTLE_OPTION(struct said, remind, "0s",
	    "How often what still fires is told again; 0: never."),
	FETTLE_OPTION(struct said, cooldown, "",
	    "The least time between two messages but for a rise."),
	FETTLE_OPTION(struct said, notify, "",
	    "Who is told; all receivers, if nothing is said."),
	FETTLE_OPTION(
	    struct said, message, "", "A text of one's own for messages."),
};

static const struct fettle_options said_table = FETTLE_OPTIONS(said_options);

static struct pos
pos_of(const struct reading *r, const char *name)
{
	const struct node *n = node_get(r->value, name);

	if (n == NULL && r->value->kind == NODE_TEXT &&
	    strcmp(name, "warning") == 0)
		n = r->value;
	return n != NULL ? n->pos : r->pos;
}

/* --- limits -------------------------------------------------------------- */

/* A number, a size in bytes, or a duration in seconds: the unit that it has,
 * FETTLE_NUMBER where that is any; NULL: none of these. */
static const char *
parse_limit(const char *text, double *number)
{
	char why[WHY];
	uint64_t bytes;
	int64_t ns;

	if (units_real(text, number, why, sizeof(why)) == 0)
		return FETTLE_NUMBER;
	if (units_size(text, &bytes, why, sizeof(why)) == 0) {
		*number = (double)bytes;
		return FETTLE_BYTES;
	}
	if (units_duration(text, &ns, why, sizeof(why)) == 0) {
		*number = (double)ns / NS_PER_S;
		return FETTLE_SECONDS;
	}
	return NULL;
}

static double
read_limit(const struct reading *r, const char *name, const char *text)
{
	double number;

	if (text == NULL || *text == '\0')
		return NAN;
	if (parse_limit(text, &number) != NULL)
		return number;
	diag_error(r->d, pos_of(r, name),
	    "option '%s' of threshold '%s': '%s' is no number, size or "
	    "duration",
	    name, r->key, text);
	return NAN;
}

/* --- patterns ------------------------------------------------------------ */

/* What follows the host. */
static const char *
without_host(const char *key)
{
	const char *end = strpbrk(key, ":[{");

	return end != NULL && *end == ':' ? end + 1 : key;
}

static const struct plugin *
find_plugin(const struct reading *r, const char *name)
{
	if (glob_is_pattern(name) || r->source->find == NULL)
		return NULL;
	return r->source->find(r->source->arg, name);
}

/* A plugin alone means its headline. */
static void
read_headline(const struct reading *r, struct rule *rule)
{
	const char *name = without_host(r->key);
	const struct plugin *p =
	    strpbrk(name, "[{.\\") == NULL ? find_plugin(r, name) : NULL;
	struct pattern *pattern;
	char *text, why[WHY];

	if (p == NULL || p->d.headline == NULL)
		return;
	text =
	    xasprintf("%.*s%s", (int)(name - r->key), r->key, p->d.headline);
	pattern = pattern_parse(text, why, sizeof(why));
	free(text);
	if (pattern == NULL)
		return;
	pattern_free(rule->pattern);
	rule->pattern = pattern;
}

/* The first declared field that is meant, or NULL. */
static const struct fettle_field *
declared(const struct plugin *p, const struct rule *rule)
{
	for (uint32_t i = 0; i < p->d.fields.n; i++)
		if (pattern_match_field(rule->pattern, p->d.fields.v[i].name))
			return &p->d.fields.v[i];
	return NULL;
}

static void
tell_no_field(
    const struct reading *r, const struct plugin *p, const char *field)
{
	const char **names = xcalloc(p->d.fields.n + 1, sizeof(*names));
	const char *near;

	for (uint32_t i = 0; i < p->d.fields.n; i++)
		names[i] = p->d.fields.v[i].name;
	near = suggest(field, names, p->d.fields.n);
	if (near != NULL)
		diag_error(r->d, r->pos,
		    "threshold '%s': plugin %s has no field '%s'; did you "
		    "mean '%s'?",
		    r->key, p->name, field, near);
	else
		diag_error(r->d, r->pos,
		    "threshold '%s': plugin %s has no field '%s'", r->key,
		    p->name, field);
	free(names);
}

static void
check_unknown(const struct reading *r, const char *plugin)
{
	if (r->source->others)
		diag_note(r->d, r->pos,
		    "threshold '%s': no plugin %s is installed; it is for "
		    "what others bring",
		    r->key, plugin);
	else
		diag_error(r->d, r->pos,
		    "threshold '%s': no plugin %s is installed, and none is "
		    "loaded that would bring its values",
		    r->key, plugin);
}

/* Where every number is from 0 to 100, some number must be clear. */
static void
check_percent(const struct reading *r, const struct rule *rule, double limit)
{
	const double from = rule->limits.hysteresis;

	if (!isnan(limit) &&
	    (rule->limits.below ? limit + from >= 100 : limit - from <= 0))
		diag_error(r->d, pos_of(r, "hysteresis"),
		    "threshold '%s': once it has breached %g no percentage "
		    "would clear it",
		    r->key, limit);
}

/* Whether a field that is meant has that unit. */
static bool
has_unit(const struct plugin *p, const struct rule *rule, const char *unit)
{
	for (uint32_t i = 0; i < p->d.fields.n; i++) {
		const struct fettle_field *f = &p->d.fields.v[i];

		if (f->unit != NULL && strcmp(f->unit, unit) == 0 &&
		    pattern_match_field(rule->pattern, f->name))
			return true;
	}
	return false;
}

/* No percentage ever is 90MiB: nobody would be told of anything. */
static void
check_unit(const struct reading *r, const struct plugin *p,
    const struct rule *rule, const char *option, const char *text)
{
	const char *unit;
	double number;

	if (text == NULL || *text == '\0')
		return;
	unit = parse_limit(text, &number);
	if (*unit != '\0' && !has_unit(p, rule, unit))
		diag_error(r->d, pos_of(r, option),
		    "option '%s' of threshold '%s': '%s' is in %s, and its "
		    "numbers are not",
		    option, r->key, text, unit);
}

static void
check_field(
    const struct reading *r, const struct rule *rule, const struct said *said)
{
	const char *name = pattern_plugin(rule->pattern);
	const struct plugin *p = find_plugin(r, name);
	const struct fettle_field *field;

	if (glob_is_pattern(name) || r->source->find == NULL)
		return;
	if (p == NULL) {
		check_unknown(r, name);
		return;
	}
	if (p->d.flags & FETTLE_DYNAMIC)
		return;
	field = declared(p, rule);
	if (field == NULL) {
		tell_no_field(r, p, pattern_field(rule->pattern));
		return;
	}
	check_unit(r, p, rule, "warning", said->warning);
	check_unit(r, p, rule, "failure", said->failure);
	check_unit(r, p, rule, "hysteresis", said->hysteresis);
	if (field->unit == NULL || strcmp(field->unit, FETTLE_PERCENT) != 0)
		return;
	check_percent(r, rule, rule->limits.warning);
	check_percent(r, rule, rule->limits.failure);
}

/* --- rules --------------------------------------------------------------- */

static void
read_notify(
    const struct reading *r, struct rule *rule, const struct said *said)
{
	const struct policy *p = r->policy;

	if (node_get(r->value, "notify") == NULL) {
		for (size_t i = 0; i < p->listeners.n; i++)
			rule_notify(rule, p->listeners.v[i].name);
		return;
	}
	for (size_t i = 0; i < said->notify.n; i++) {
		const char *name = said->notify.v[i];

		if (policy_listener(p, name) == NULL)
			diag_error(r->d, pos_of(r, "notify"),
			    "threshold '%s': there is no receiver '%s'",
			    r->key, name);
		else
			rule_notify(rule, name);
	}
}

/* What all rules have. */
static void
read_common(
    const struct reading *r, struct rule *rule, const struct said *said)
{
	rule->pos = r->pos;
	rule->missing = (uint32_t)said->missing;
	rule->remind_ns = said->remind.ns;
	rule->cooldown_ns = node_get(r->value, "cooldown") != NULL
				? said->cooldown.ns
				: r->source->cooldown_ns;
	if (said->message != NULL && *said->message != '\0')
		rule->message = xstrdup(said->message);
	read_notify(r, rule, said);
	if (rule->remind_ns > 0 && rule->remind_ns < rule->cooldown_ns)
		diag_note(r->d, pos_of(r, "remind"),
		    "threshold '%s': reminders come every cooldown, which is "
		    "longer",
		    r->key);
}

static void
check_rule(const struct reading *r, const struct rule *rule)
{
	char why[WHY];

	if (!rule_check(rule, why, sizeof(why)))
		diag_error(r->d, r->pos, "threshold '%s': %s", r->key, why);
}

static void
read_limits(
    const struct reading *r, struct rule *rule, const struct said *said)
{
	rule->limits.warning = read_limit(r, "warning", said->warning);
	rule->limits.failure = read_limit(r, "failure", said->failure);
	rule->limits.hysteresis =
	    read_limit(r, "hysteresis", said->hysteresis);
	if (isnan(rule->limits.hysteresis))
		rule->limits.hysteresis = 0;
	rule->limits.below = said->below;
	rule->for_ns = said->hold.ns;
	rule->clear_for_ns = said->clear_for.ns;
}

static void
read_series_rule(const struct reading *r, const struct said *said)
{
	const bool named = said->name != NULL && *said->name != '\0';
	const size_t errors = diags_errors(r->d);
	char why[WHY];
	struct rule *rule =
	    rule_new(r->key, named ? said->name : NULL, why, sizeof(why));

	if (rule == NULL) {
		diag_error(r->d, r->pos, "threshold '%s': %s", r->key, why);
		return;
	}
	vec_add(&r->policy->rules) = rule;
	read_common(r, rule, said);
	read_limits(r, rule, said);
	read_headline(r, rule);
	if (diags_errors(r->d) > errors)
		return;
	check_rule(r, rule);
	check_field(r, rule, said);
}

/* What hosts have no use for. */
static void
check_hosts(const struct reading *r)
{
	static const char *const numbers[] = { "name", "warning", "failure",
		"below", "for", "clear_for", "hysteresis" };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (node_get(r->value, numbers[i]) != NULL)
			diag_error(r->d, pos_of(r, numbers[i]),
			    "threshold '%s' has no option '%s'", r->key,
			    numbers[i]);
}

static void
read_hosts_rule(const struct reading *r, const struct said *said)
{
	struct rule *rule = rule_new_hosts();

	check_hosts(r);
	read_common(r, rule, said);
	check_rule(r, rule);
	rule_free(r->policy->hosts);
	r->policy->hosts = rule;
}

/* A number alone is a warning. */
static bool
read_short(struct reading *r, const struct node *value)
{
	struct said said = { .warning = value->text, .missing = RULE_MISSING };

	if (value->kind != NODE_TEXT)
		return false;
	read_series_rule(r, &said);
	return true;
}

static void
read_rule(struct reading *r, const struct node *value)
{
	const bool hosts = strcmp(r->key, RULE_HOST_SILENT) == 0;
	struct said said = { 0 };
	char *what;
	size_t errors = diags_errors(r->d);

	r->value = value;
	if (!hosts && read_short(r, value))
		return;
	what = xasprintf("threshold %s", r->key);
	option_fill(&said, &said_table, value, what, r->pos, NULL, r->d);
	free(what);
	if (diags_errors(r->d) == errors && hosts)
		read_hosts_rule(r, &said);
	else if (diags_errors(r->d) == errors)
		read_series_rule(r, &said);
	option_free(&said, &said_table);
}

void
policy_read(struct policy *p, const struct policy_source *s, struct diags *d)
{
	static const struct node nothing = { .kind = NODE_MAP };
	const struct node *map =
	    s->thresholds != NULL ? s->thresholds : &nothing;
	struct reading hosts = { p, s, d, RULE_HOST_SILENT, map->pos,
		&nothing };
	const struct said said = { .missing = RULE_MISSING };

	if (map->kind != NODE_MAP && map->kind != NODE_NULL) {
		diag_error(d, map->pos, "'thresholds' must be a mapping");
		return;
	}
	if (s->hub)
		read_hosts_rule(&hosts, &said);
	for (size_t i = 0; i < map->entries.n; i++) {
		const struct node_entry *entry = &map->entries.v[i];
		struct reading r = { p, s, d, entry->key, entry->pos,
			&nothing };

		read_rule(&r, entry->value);
	}
	if (!s->hub && p->hosts != NULL) {
		diag_note(d, p->hosts->pos,
		    "threshold '" RULE_HOST_SILENT
		    "': no other host is heard here");
		rule_free(p->hosts);
		p->hosts = NULL;
	}
	policy_check(p, d);
}
