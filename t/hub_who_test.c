/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/selector.h"
#include "write/ringbuffer_http/api/channel.h"
#include "write/ringbuffer_http/api/name.h"
#include "write/ringbuffer_http/form.h"
#include "write/ringbuffer_http/sessions.h"
#include "write/ringbuffer_http/tokens.h"
#include "write/ringbuffer_http/versions.h"

#define A32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX "sha256:" A32 A32
#define HEX2 "sha256:" A32 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

#define S INT64_C(1000000000)

/* --- tokens -------------------------------------------------------------- */

static void
a_line_says_who_for_which_hosts_and_what(void **state)
{
	struct tokens t = { 0 };
	char why[128];

	(void)state;
	assert_true(tokens_read(&t,
	    "# ours\n\n  web " HEX "\thosts=web-* scopes=ingest \r\n"
	    "ops " HEX2 " hosts=* scopes=read,admin",
	    why, sizeof(why)));
	assert_int_equal(t.n, 2);
	assert_string_equal(t.v[0].name, "web");
	assert_string_equal(t.v[0].hosts, "web-*");
	assert_true(token_may(&t.v[0], SCOPE_INGEST));
	assert_false(token_may(&t.v[0], SCOPE_READ));
	assert_true(token_may(&t.v[1], SCOPE_INGEST));
	assert_true(token_is_for(&t.v[0], "web-1"));
	assert_false(token_is_for(&t.v[0], "db-1"));
	assert_true(token_is_for(&t.v[1], ""));
	assert_ptr_equal(tokens_find(&t, t.v[1].digest), &t.v[1]);
	tokens_fini(&t);
}

static void
the_digest_is_that_of_the_token(void **state)
{
	static const char line[] =
	    "a sha256:2BB80D537B1DA3E38BD30361AA855686BDE0EACD7162FEF6A25FE97"
	    "BF527A25B hosts=a scopes=read";
	struct tokens t = { 0 };
	uint8_t digest[TOKEN_DIGEST];
	char why[128];

	(void)state;
	assert_true(tokens_read(&t, line, why, sizeof(why)));
	token_digest("secret", 6, digest);
	assert_non_null(tokens_find(&t, digest));
	token_digest("secreT", 6, digest);
	assert_null(tokens_find(&t, digest));
	tokens_fini(&t);
}

static void
a_bad_line_is_named_with_its_place(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "web", "1:4: sha256:HEX is missing after the name" },
		{ "\nweb md5:1", "2:5: sha256:HEX is missing after the name" },
		{ "w sha256:aa", "1:10: a SHA-256 has 64 hexadecimal digits" },
		{ "w " HEX "a", "1:10: a SHA-256 has 64 hexadecimal digits" },
		{ "w sha256:" A32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaag",
		    "1:72: that is no hexadecimal digit" },
		{ "w sha256:" A32 "\x10"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "
		  "hosts=a scopes=read",
		    "1:42: that is no hexadecimal digit" },
		{ "w " HEX, "1:74: hosts=GLOB is missing after the SHA-256" },
		{ "w " HEX " hosts= scopes=read",
		    "1:81: a pattern has 1 to 255 bytes" },
		{ "w " HEX " hosts=*", "1:82: scopes= is missing after the "
				       "hosts" },
		{ "w " HEX " hosts=* scopes=write",
		    "1:90: a scope is ingest, read or admin" },
		{ "w " HEX " hosts=* scopes=read,",
		    "1:95: a scope is ingest, read or admin" },
		{ "w " HEX " hosts=* scopes=read,read",
		    "1:95: the scope is there twice" },
		{ "w " HEX " hosts=* scopes=read x",
		    "1:95: nothing may follow the scopes" },
		{ "w " HEX " hosts=* scopes=read\nv " HEX
		  " hosts=a scopes=ingest",
		    "2:1: the token is there twice" },
		{ "w\xc3\xa4 " HEX " hosts=* scopes=read",
		    "1:1: the name is not plain text" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof *cases; i++) {
		struct tokens t = { 0 };
		char why[128] = "";

		assert_false(tokens_read(&t, cases[i].text, why, sizeof(why)));
		assert_string_equal(why, cases[i].why);
		tokens_fini(&t);
	}
}

/* --- sessions ------------------------------------------------------------ */

static void
digest_of(const char *id, uint8_t to[TOKEN_DIGEST])
{
	token_digest(id, strlen(id), to);
}

static void
a_session_lasts_twelve_hours_or_until_it_is_ended(void **state)
{
	struct sessions *s = calloc(1, sizeof *s);
	uint8_t token[TOKEN_DIGEST], id[TOKEN_DIGEST], of[TOKEN_DIGEST];
	char text[SESSION_ID], other[SESSION_ID];

	(void)state;
	token_digest("t", 1, token);
	assert_true(sessions_begin(s, token, 5 * S, text));
	assert_true(sessions_begin(s, token, 5 * S, other));
	assert_int_equal(strlen(text), SESSION_ID - 1);
	assert_string_not_equal(text, other);
	digest_of(text, id);
	assert_true(sessions_find(s, id, 5 * S + SESSION_S * S - 1, of));
	assert_memory_equal(of, token, TOKEN_DIGEST);
	assert_false(sessions_find(s, id, 5 * S + SESSION_S * S, of));
	sessions_end(s, id);
	assert_false(sessions_find(s, id, 6 * S, of));
	digest_of(other, id);
	assert_true(sessions_find(s, id, 6 * S, of));
	free(s);
}

static void
one_session_too_many_ends_the_oldest(void **state)
{
	struct sessions *s = calloc(1, sizeof *s);
	uint8_t token[TOKEN_DIGEST], id[TOKEN_DIGEST], of[TOKEN_DIGEST];
	char first[SESSION_ID], text[SESSION_ID];

	(void)state;
	token_digest("t", 1, token);
	assert_true(sessions_begin(s, token, 1, first));
	for (int i = 1; i < SESSIONS_MAX; i++)
		assert_true(sessions_begin(s, token, 1 + i, text));
	digest_of(first, id);
	assert_true(sessions_find(s, id, SESSIONS_MAX, of));
	assert_true(sessions_begin(s, token, SESSIONS_MAX, text));
	assert_false(sessions_find(s, id, SESSIONS_MAX, of));
	free(s);
}

/* --- forms and names ----------------------------------------------------- */

static void
a_form_is_decoded_or_refused(void **state)
{
	static const char *const wrong[] = { "a", "a=%", "a=%4", "a=%zz",
		"a=%00", "a=%ff", "a=%c0%80", "a=%ed%a0%80", "a=1&&b=2" };
	char text[] = "a=x+y%2bz&b=&a=%e2%82%ac", plus[] = "a=1+2", *copy;
	const char *why = NULL;
	struct form f;

	(void)state;
	assert_true(form_read(&f, text, true, &why));
	assert_int_equal(f.n, 3);
	assert_string_equal(f.v[0].value, "x y+z");
	assert_string_equal(form_get(&f, "a"), "\xe2\x82\xac");
	assert_string_equal(form_get(&f, "b"), "");
	assert_null(form_get(&f, "c"));
	assert_true(form_read(&f, plus, false, &why));
	assert_string_equal(form_get(&f, "a"), "1+2");
	assert_true(form_read(&f, NULL, false, &why));
	assert_int_equal(f.n, 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof *wrong; i++) {
		copy = strdup(wrong[i]);
		assert_false(form_read(&f, copy, true, &why));
		free(copy);
	}
}

static void
a_glob_means_whole_names(void **state)
{
	(void)state;
	assert_true(selector_glob("*", ""));
	assert_true(selector_glob("web-?", "web-1"));
	assert_true(selector_glob("*a*b*", "xxaxxbxx"));
	assert_true(selector_glob("*ab", "aaab"));
	assert_true(selector_glob("\\*", "*"));
	assert_true(selector_glob("[a]", "[a]"));
	assert_false(selector_glob("\\*", "a"));
	assert_false(selector_glob("web", "web-1"));
	assert_false(selector_glob("?", ""));
	assert_false(selector_glob("[a]", "a"));
}

static void
a_series_is_written_as_the_pattern_that_means_it(void **state)
{
	const struct fettle_tag tag = { "k", "a=b" };
	struct text t = { 0 };

	(void)state;
	name_put(&t, "a:b", "disk", "/[x]", &tag, 1, "free");
	assert_string_equal(t.data, "a\\:b:disk[/\\[x\\]]{k=a\\=b}.free");
	text_clear(&t);
	name_put_hosts(&t, "w*[1]");
	assert_string_equal(t.data, "w*\\[1\\]:*");
	text_clear(&t);
	name_put_json(&t, NULL, "x", "\"\n", NULL, 0, NULL);
	assert_string_equal(t.data, "\"x[\\\"\\u000a]\"");
	text_free(&t);
}

/* --- the ring of events -------------------------------------------------- */

static void
add_value(struct channel *c, const char *host, int64_t time_ns, double value)
{
	const struct fettle_field f = { "a", FETTLE_GAUGE, "", NULL };
	const struct fettle_field *const fields[] = { &f };
	const struct fettle_value v = fettle_gauge(value);
	const struct fettle_list l = { .size = sizeof l,
		.host = host,
		.plugin = "x",
		.time_ns = time_ns,
		.fields = fields,
		.values = &v,
		.n = 1 };
	const struct fettle_list *const lists[] = { &l };

	channel_add(c, lists, 1);
}

static void
values_of_one_host_and_time_are_one_event(void **state)
{
	char text[512];
	struct channel c;
	uint64_t place = 0;
	long n;

	(void)state;
	assert_true(channel_init(&c, "web-*", "*"));
	add_value(&c, "web-1", 1500000000, 1);
	add_value(&c, "web-1", 1500000000, 2.5);
	add_value(&c, "db-1", 1500000000, 3);
	add_value(&c, "web-1", 2 * S, 4);
	channel_flush(&c);
	n = channel_read(&c, &place, text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	assert_string_equal(text,
	    "event: values\ndata: {\"host\":\"web-1\",\"time\":1.5,\"values\":"
	    "[[\"x.a\",1],[\"x.a\",2.5]]}\n\n"
	    "event: values\ndata: {\"host\":\"web-1\",\"time\":2,\"values\":"
	    "[[\"x.a\",4]]}\n\n");
	assert_int_equal(channel_read(&c, &place, text, sizeof(text)), 0);
	channel_fini(&c);
}

static void
a_channel_has_what_is_asked_for_and_may_be_read(void **state)
{
	char text[512];
	struct channel c;
	uint64_t place = 0;
	long n;

	(void)state;
	assert_true(channel_init(&c, "*-1", "web-*"));
	for (int i = 0; i < 2; i++) {
		add_value(&c, "db-1", S, 1);
		add_value(&c, "web-1", S, 2);
		add_value(&c, "web-2", S, 3);
	}
	channel_flush(&c);
	n = channel_read(&c, &place, text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	assert_null(strstr(text, "db-1"));
	assert_null(strstr(text, "web-2"));
	assert_non_null(strstr(text, "web-1"));
	channel_fini(&c);
}

static void
who_falls_behind_by_a_ring_has_lost_his_place(void **state)
{
	static char event[CHANNEL_EVENT_MAX + 1];
	uint64_t slow = 0, quick = 0;
	struct channel c;

	(void)state;
	memset(event, 'x', sizeof(event));
	assert_true(channel_init(&c, "*", "*"));
	channel_put(&c, event, sizeof(event)); /* too large: left out */
	assert_int_equal(c.end, 0);
	for (int i = 0; i < 4; i++)
		channel_put(&c, event, CHANNEL_EVENT_MAX);
	assert_int_equal(channel_read(&c, &quick, event, 1000), 1000);
	channel_put(&c, "yy", 2);
	assert_int_equal(channel_read(&c, &slow, event, 1), -1);
	while (quick < c.end)
		assert_true(channel_read(&c, &quick, event, 4096) > 0);
	assert_int_equal(event[(quick - 1001) % 4096], 'y');
	channel_fini(&c);
}

static void
a_version_is_cut_and_plain_text(void **state)
{
	char text[VERSION_TEXT];
	struct versions v;

	(void)state;
	assert_int_equal(versions_init(&v), 0);
	assert_false(versions_get(&v, "a", text));
	versions_put(&v, "a", "1.2.3");
	versions_put(&v, "b", "\n\x7f <\xc3\xa4 >");
	assert_true(versions_get(&v, "a", text));
	assert_string_equal(text, "1.2.3");
	assert_true(versions_get(&v, "b", text));
	assert_string_equal(text, "?? <?? >");
	versions_put(&v, "a", "0123456789012345678901234567890123456789");
	assert_true(versions_get(&v, "a", text));
	assert_string_equal(text, "0123456789012345678901234567890");
	versions_fini(&v);
}

static void
of_too_many_hosts_the_newest_have_versions(void **state)
{
	char text[VERSION_TEXT], host[32];
	struct versions v;

	(void)state;
	assert_int_equal(versions_init(&v), 0);
	for (int i = 0; i < 3 * VERSIONS_MAX; i++) {
		snprintf(host, sizeof(host), "h%d", i);
		versions_put(&v, host, host);
		versions_put(&v, "faithful", "1");
		assert_true(v.n <= VERSIONS_MAX);
	}
	assert_true(versions_get(&v, "faithful", text));
	for (int i = 0; i < 3 * VERSIONS_MAX; i++) {
		snprintf(host, sizeof(host), "h%d", i);
		assert_int_equal(
		    versions_get(&v, host, text), i > 2 * VERSIONS_MAX);
	}
	versions_fini(&v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_says_who_for_which_hosts_and_what),
		cmocka_unit_test(the_digest_is_that_of_the_token),
		cmocka_unit_test(a_bad_line_is_named_with_its_place),
		cmocka_unit_test(
		    a_session_lasts_twelve_hours_or_until_it_is_ended),
		cmocka_unit_test(one_session_too_many_ends_the_oldest),
		cmocka_unit_test(a_form_is_decoded_or_refused),
		cmocka_unit_test(a_glob_means_whole_names),
		cmocka_unit_test(
		    a_series_is_written_as_the_pattern_that_means_it),
		cmocka_unit_test(values_of_one_host_and_time_are_one_event),
		cmocka_unit_test(
		    a_channel_has_what_is_asked_for_and_may_be_read),
		cmocka_unit_test(a_version_is_cut_and_plain_text),
		cmocka_unit_test(of_too_many_hosts_the_newest_have_versions),
		cmocka_unit_test(
		    who_falls_behind_by_a_ring_has_lost_his_place),
	};

	return cmocka_run_group_tests_name("hub_who", tests, NULL, NULL);
}
