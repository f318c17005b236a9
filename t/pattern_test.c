/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "flow/pattern.h"
#include "interned.h"

static const struct fettle_value one = { FETTLE_GAUGE, { .real = 1 } };

static struct series *
series_of(const char *host, const char *plugin, const char *instance,
    const struct fettle_tag *tags, size_t n_tags)
{
	struct fettle_list l = lists_one(plugin, instance, &one);

	l.host = host;
	l.tags = tags;
	l.n_tags = n_tags;
	return get(&l);
}

/* Whether the field of the series is meant. */
static bool
matches(const char *text, const struct series *s, const char *field)
{
	char why[100] = "";
	struct pattern *p = pattern_parse(text, why, sizeof(why));
	bool yes;

	if (p == NULL)
		fail_msg("'%s': %s", text, why);
	yes = pattern_match(p, s) && pattern_match_field(p, field);
	pattern_free(p);
	return yes;
}

static const struct {
	const char *pattern;
	const char *host, *plugin, *instance, *field;
	bool yes;
} meant[] = {
	{ "cpu", "web-1", "cpu", NULL, "user", true },
	{ "cpu", "web-1", "cpu", "3", "user", true },
	{ "cpu", "web-1", "cpux", NULL, "user", false },
	{ "cpu", "web-1", "xcpu", NULL, "user", false },
	{ "cp?", "web-1", "cpu", NULL, "user", true },
	{ "c*", "web-1", "cpu", NULL, "user", true },
	{ "*", "web-1", "cpu", "3", "user", true },
	{ "CPU", "web-1", "cpu", NULL, "user", false },
	/* a field without brackets: only without instance */
	{ "cpu.user", "web-1", "cpu", NULL, "user", true },
	{ "cpu.user", "web-1", "cpu", "3", "user", false },
	{ "cpu.user", "web-1", "cpu", NULL, "system", false },
	{ "cpu.us*", "web-1", "cpu", NULL, "user", true },
	{ "cpu.*", "web-1", "cpu", NULL, "user", true },
	{ "cpu[*].user", "web-1", "cpu", "3", "user", true },
	{ "cpu[*].user", "web-1", "cpu", NULL, "user", false },
	{ "cpu[*]", "web-1", "cpu", NULL, "user", false },
	{ "cpu[3].user", "web-1", "cpu", "3", "user", true },
	{ "cpu[3].user", "web-1", "cpu", "33", "user", false },
	{ "cpu[3?].user", "web-1", "cpu", "33", "user", true },
	/* hosts */
	{ "web-1:cpu", "web-1", "cpu", NULL, "user", true },
	{ "web-1:cpu", "web-2", "cpu", NULL, "user", false },
	{ "web-?:cpu", "web-2", "cpu", "1", "user", true },
	{ "*:cpu.user", "web-2", "cpu", NULL, "user", true },
	{ "a.example.org:cpu.user", "a.example.org", "cpu", NULL, "user",
	    true },
	{ "h:a:b", "h", "a:b", NULL, "x", true },
	/* instances as they are */
	{ "disk[/].percent", "h", "disk", "/", "percent", true },
	{ "disk[/home].percent", "h", "disk", "/home", "percent", true },
	{ "disk[/h*].percent", "h", "disk", "/home/a", "percent", true },
	{ "disk[c:].percent", "h", "disk", "c:", "percent", true },
	{ "h:disk[c:].percent", "h", "disk", "c:", "percent", true },
	{ "disk[a].b].percent", "h", "disk", "a].b", "percent", true },
	{ "disk[a[b]].percent", "h", "disk", "a[b]", "percent", true },
	{ "disk[[]]", "h", "disk", "[]", "percent", true },
	{ "disk[.x]", "h", "disk", ".x", "percent", true },
	/* quoted */
	{ "disk[\\*]", "h", "disk", "*", "x", true },
	{ "disk[\\*]", "h", "disk", "a", "x", false },
	{ "disk[a\\]b]", "h", "disk", "a]b", "x", true },
	{ "disk[\\\\x0a]", "h", "disk", "\n", "x", true },
	{ "h\\:i:cpu", "h:i", "cpu", NULL, "x", true },
	{ "c\\.u.x", "h", "c.u", NULL, "x", true },
	{ "c\\[u\\].x", "h", "c[u]", NULL, "x", true },
	{ "c\\:u.x", "h", "c:u", NULL, "x", true },
	{ "\xc3\xa9?", "h", "\xc3\xa9\xc3\xa9", NULL, "x", true },
};

static void
a_pattern_means_what_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(meant) / sizeof(*meant); i++) {
		const struct series *s = series_of(meant[i].host,
		    meant[i].plugin, meant[i].instance, NULL, 0);

		if (matches(meant[i].pattern, s, meant[i].field) !=
		    meant[i].yes)
			fail_msg("'%s' %s[%s].%s", meant[i].pattern,
			    meant[i].plugin,
			    meant[i].instance ? meant[i].instance : "",
			    meant[i].field);
	}
}

static const struct {
	const char *pattern;
	bool yes;
} tag_table[] = {
	{ "statsd[views]", true }, { "statsd[views].rate", true },
	{ "statsd[views]{country=de}", true },
	{ "statsd[views]{country=de}.rate", true },
	{ "statsd[views]{country=de,path=/a:b}.rate", true },
	{ "statsd[*]{path=/a:b}", true },
	{ "h:statsd[*]{path=/a*,country=??}", true },
	{ "statsd[*]{c*=de}", true }, { "statsd[*]{country=fr}", false },
	{ "statsd[*]{country=de,other=x}", false },
	{ "statsd[*]{country=path}", false }, { "statsd[*]{country=}", false },
	{ "statsd{country=de}", true },
	{ "statsd{path=/a:b}", true }, /* no host ends in there */
	{ "statsd{path=/a\\:b}", true },
	{ "statsd{country=de}.rate", false }, /* not without brackets */
};

static void
tags_are_looked_for_each(void **state)
{
	static const struct fettle_tag tags[] = { { "country", "de" },
		{ "path", "/a:b" } };
	const struct series *s;

	(void)state;
	s = series_of("h", "statsd", "views", tags, 2);
	for (size_t i = 0; i < sizeof(tag_table) / sizeof(*tag_table); i++)
		if (matches(tag_table[i].pattern, s, "rate") !=
		    tag_table[i].yes)
			fail_msg("'%s'", tag_table[i].pattern);
}

static void
what_is_no_pattern_says_why_and_where(void **state)
{
	static const struct {
		const char *text, *why;
		size_t at;
	} bad[] = {
		{ "", "no plugin", 0 },
		{ ":cpu", "no host before the ':'", 0 },
		{ "web:", "no plugin", 4 },
		{ ".user", "no plugin", 0 },
		{ "[x]", "no plugin", 0 },
		{ "cpu[", "a '[' without its ']'", 3 },
		{ "cpu[3", "a '[' without its ']'", 3 },
		{ "cpu[3\\]", "a '[' without its ']'", 3 },
		{ "cpu[3]x",
		    "it is not of the form [HOST:]PLUGIN[[INSTANCE]]"
		    "[{TAGS}][.FIELD]",
		    6 },
		{ "cpu.",
		    "it is not of the form [HOST:]PLUGIN[[INSTANCE]]"
		    "[{TAGS}][.FIELD]",
		    3 },
		{ "cpu{", "tags are {key=value,...}", 4 },
		{ "cpu{}", "tags are {key=value,...}", 4 },
		{ "cpu{k}", "tags are {key=value,...}", 4 },
		{ "cpu{=v}", "tags are {key=value,...}", 4 },
		{ "cpu{k=v", "a '{' without its '}'", 3 },
		{ "cpu{k=v,}", "tags are {key=value,...}", 8 },
		{ "cpu{k=v}x",
		    "it is not of the form "
		    "[HOST:]PLUGIN[[INSTANCE]][{TAGS}][.FIELD]",
		    8 },
		{ "cpu{a=,b=,c=,d=,e=,f=,g=,h=,i=,j=,k=,l=,m=,n=,o=,p=,q=}",
		    "more than 16 tags", 52 },
	};
	char why[100];
	size_t at;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		why[0] = '\0';
		assert_null(
		    pattern_parse_at(bad[i].text, &at, why, sizeof(why)));
		assert_string_equal(why, bad[i].why);
		assert_int_equal(at, bad[i].at);
		assert_null(pattern_parse(bad[i].text, why, sizeof(why)));
	}
	pattern_free(NULL);
}

static void
its_parts_are_as_they_were_written(void **state)
{
	char why[100];
	struct pattern *p = pattern_parse("h:c*[1].us\\er", why, sizeof(why));

	(void)state;
	assert_string_equal(pattern_plugin(p), "c*");
	assert_string_equal(pattern_field(p), "us\\er");
	pattern_free(p);
	p = pattern_parse("cpu[1]", why, sizeof(why));
	assert_null(pattern_field(p));
	assert_true(pattern_match_field(p, "anything"));
	pattern_free(p);
}

/* Each byte that could mean something, quoted. */
static void
add_quoted(struct buf *to, const char *name)
{
	for (; *name != '\0'; name++) {
		if (strchr("\\*?:[]{},=.", *name) != NULL)
			buf_putc(to, '\\');
		buf_putc(to, *name);
	}
}

/* The pattern that means this one alone. */
static void
add_exact(struct buf *to, const struct series *s)
{
	buf_clear(to);
	add_quoted(to, s->host->name);
	buf_putc(to, ':');
	add_quoted(to, s->schema->plugin);
	buf_putc(to, '[');
	add_quoted(to, s->instance);
	buf_puts(to, "]{k=");
	add_quoted(to, s->tags[0].value);
	buf_puts(to, "}.f");
}

static const char *const names[] = { "a", "*", "?", "a:b", "[", "]", "[]",
	"{k=v}", "a.b", "\\", "\\x0a", ",", "=", "}", "{", "a]{k=a}.f", ".f",
	"\xc3\xa9" };

enum { NAMES = sizeof(names) / sizeof(*names) };

static struct series *
named(size_t host, size_t plugin, size_t instance, size_t value)
{
	const struct fettle_tag tag = { "k", names[value] };

	return series_of(names[host], names[plugin], names[instance], &tag, 1);
}

static void
any_series_can_be_named_exactly(void **state)
{
	struct buf text = { 0 };

	(void)state;
	table.limits = (struct limits){ 1000, 1000000, 1000000, 10, 64 };
	for (size_t a = 0; a < NAMES; a++)
		for (size_t b = 0; b < NAMES; b++) {
			const struct series *s = named(a, b, a, b);

			add_exact(&text, s);
			for (size_t k = 0; k < NAMES; k++) {
				const struct series *near[] = {
					named(k, b, a, b), named(a, k, a, b),
					named(a, b, k, b), named(a, b, a, k)
				};

				for (size_t i = 0; i < 4; i++)
					assert_int_equal(
					    matches(text.data, near[i], "f"),
					    near[i] == s);
			}
		}
	buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		INTERNED_TEST(a_pattern_means_what_the_table_says),
		INTERNED_TEST(tags_are_looked_for_each),
		INTERNED_TEST(what_is_no_pattern_says_why_and_where),
		INTERNED_TEST(its_parts_are_as_they_were_written),
		INTERNED_TEST(any_series_can_be_named_exactly),
	};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
