/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "common/line.h"

#define STAMP INT64_C(1763800000123456789)

/* --- lists --------------------------------------------------------------- */

enum { FIELDS = 40, TAGS = 16 };

/* A list in the making. */
struct made {
	struct fettle_list list;
	struct fettle_field fields[FIELDS];
	const struct fettle_field *pointers[FIELDS];
	struct fettle_value values[FIELDS];
	struct fettle_tag tags[TAGS], host_tags[TAGS];
};

static void
make(struct made *m)
{
	memset(m, 0, sizeof(*m));
	m->list = (struct fettle_list){ .size = sizeof(m->list),
		.host = "web-1",
		.plugin = "disk",
		.time_ns = STAMP,
		.fields = m->pointers,
		.values = m->values,
		.tags = m->tags,
		.host_tags = m->host_tags };
}

static void
add_field(struct made *m, const char *name, struct fettle_value value)
{
	const size_t i = m->list.n++;

	m->fields[i] =
	    (struct fettle_field){ name, value.kind ? value.kind : 1, "", "" };
	m->pointers[i] = &m->fields[i];
	m->values[i] = value;
}

static void
add_tag(struct made *m, const char *key, const char *value)
{
	m->tags[m->list.n_tags++] = (struct fettle_tag){ key, value };
}

static void
add_host_tag(struct made *m, const char *key, const char *value)
{
	m->host_tags[m->list.n_host_tags++] =
	    (struct fettle_tag){ key, value };
}

static void
check(const struct made *m, const char *line)
{
	struct text t = { 0 };

	assert_true(line_list(&t, &m->list));
	assert_string_equal(t.data, line);
	text_free(&t);
}

/* --- golden lines -------------------------------------------------------- */

static void
a_list_is_a_line_with_all_its_fields(void **state)
{
	struct made m;

	(void)state;
	make(&m);
	m.list.instance = "/home";
	m.list.instance_name = "mount";
	add_host_tag(&m, "env", "prod");
	add_tag(&m, "fs", "ext4");
	add_field(&m, "percent", fettle_gauge(71.25));
	add_field(&m, "reads", fettle_count(123));
	add_field(&m, "busy", fettle_total(1.5));
	check(&m, "disk,env=prod,fs=ext4,host=web-1,mount=/home "
		  "percent=71.25,reads=123i,busy=1.5 1763800000123456789\n");
}

static void
what_needs_no_tags_has_its_host_alone(void **state)
{
	struct made m;

	(void)state;
	make(&m);
	m.list.plugin = "memory";
	m.list.instance_name = "unused";
	m.list.time_ns = -1;
	add_field(&m, "total", fettle_gauge(25200000000));
	check(&m, "memory,host=web-1 total=25200000000 -1\n");
}

static void
counters_are_integers_of_63_bits_and_all_else_is_a_float(void **state)
{
	struct made m;

	(void)state;
	make(&m);
	add_field(&m, "a", fettle_count(0));
	add_field(&m, "b", fettle_count((UINT64_C(1) << 53) + 1));
	add_field(&m, "c", fettle_count(INT64_MAX));
	add_field(&m, "d", fettle_count((uint64_t)INT64_MAX + 1));
	add_field(&m, "e", fettle_count(UINT64_MAX));
	add_field(&m, "f", fettle_gauge(17));
	add_field(&m, "g", fettle_gauge(-0.0));
	add_field(&m, "h", fettle_gauge(1e22));
	add_field(&m, "i", fettle_gauge(5e-324));
	add_field(&m, "j", fettle_total(-DBL_MAX));
	check(&m,
	    "disk,host=web-1 a=0i,b=9007199254740993i,c=9223372036854775807i,"
	    "d=0i,e=9223372036854775807i,f=17,g=-0.0,h=1e+22,"
	    "i=4.94065645841247e-324,j=-1.7976931348623157e+308 "
	    "1763800000123456789\n");
}

static void
what_there_is_no_value_of_is_left_out(void **state)
{
	struct made m;
	struct text t = { 0 };

	(void)state;
	make(&m);
	add_field(&m, "a", (struct fettle_value){ 0 });
	add_field(&m, "b", fettle_gauge(1));
	add_field(&m, "c", fettle_gauge(NAN));
	add_field(&m, "d", fettle_total(INFINITY));
	add_field(&m, "e", fettle_count(2));
	check(&m, "disk,host=web-1 b=1,e=2i 1763800000123456789\n");
	m.values[1].kind = m.values[4].kind = 0;
	text_str(&t, "before");
	assert_false(line_list(&t, &m.list));
	assert_string_equal(t.data, "before");
	text_free(&t);
}

static void
every_place_has_its_own_escapes(void **state)
{
	struct made m;

	(void)state;
	make(&m);
	m.list.plugin = "a b,c=d\"e";
	m.list.host = "a b,c=d\"e";
	m.list.instance = "=";
	m.list.instance_name = "k v,w=x";
	add_field(&m, "f g,h=i", fettle_gauge(1));
	check(&m, "a\\ b\\,c=d\"e,host=a\\ b\\,c\\=d\"e,k\\ v\\,w\\=x=\\= "
		  "f\\ g\\,h\\=i=1 1763800000123456789\n");
}

static void
what_the_protocol_cannot_hold_is_written_as_elsewhere(void **state)
{
	struct made m;

	(void)state;
	make(&m);
	m.list.plugin = "#x";
	m.list.host = "/x\\x0ay"; /* as the daemon writes it */
	m.list.instance = "C:\\";
	add_tag(&m, "a", "\\ b");
	add_tag(&m, "b", "\\\\");
	add_tag(&m, "c", "new\nline\x7f\t");
	add_tag(&m, "d", "caf\xc3\xa9 \xf0\x9f\x90\xa7");
	add_field(&m, "f", fettle_gauge(1));
	check(&m, "\\x23x,a=\\x5c\\ b,b=\\x5c\\x5c,c=new\\x0aline\\x7f\\x09,"
		  "d=caf\xc3\xa9\\ \xf0\x9f\x90\xa7,host=/x\\x0ay,"
		  "instance=C:\\x5c f=1 1763800000123456789\n");
}

static void
tags_without_a_value_are_left_out(void **state)
{
	struct made m;

	(void)state;
	make(&m);
	add_tag(&m, "a", "");
	add_host_tag(&m, "b", "");
	add_host_tag(&m, "c", "1");
	add_field(&m, "f", fettle_gauge(1));
	check(&m, "disk,c=1,host=web-1 f=1 1763800000123456789\n");
}

static void
tags_are_sorted_byte_by_byte(void **state)
{
	struct made m;

	(void)state;
	make(&m);
	m.list.instance = "i";
	m.list.instance_name = "a_b";
	add_tag(&m, "B", "1");
	add_tag(&m, "a.b", "2");
	add_host_tag(&m, "a", "3");
	add_host_tag(&m, "a-b", "4");
	add_host_tag(&m, "z", "5");
	add_field(&m, "f", fettle_gauge(1));
	check(&m, "disk,B=1,a=3,a-b=4,a.b=2,a_b=i,host=web-1,z=5 f=1 "
		  "1763800000123456789\n");
}

static void
a_key_that_is_taken_gets_a_mark(void **state)
{
	struct made m;

	(void)state;
	make(&m);
	m.list.instance = "i";
	m.list.instance_name = "host";
	add_tag(&m, "busy", "1");
	add_tag(&m, "host", "2");
	add_tag(&m, "host_", "3");
	add_tag(&m, "time", "4");
	add_host_tag(&m, "busy", "5");
	add_host_tag(&m, "host", "6");
	add_field(&m, "busy", fettle_gauge(1));
	add_field(&m, "absent", (struct fettle_value){ 0 });
	add_host_tag(&m, "absent", "7");
	check(&m,
	    "disk,absent_=7,busy_=1,busy__=5,host=web-1,host_=i,host__=2,"
	    "host___=3,host____=6,time_=4 busy=1 1763800000123456789\n");
}

static void
names_of_the_servers_are_nobody_elses(void **state)
{
	struct made m;

	(void)state;
	make(&m);
	add_tag(&m, "__name__", "1");
	add_tag(&m, "_field", "2");
	add_tag(&m, "_measurement", "3");
	add_tag(&m, "time", "4");
	add_field(&m, "time_", fettle_gauge(1));
	add_field(&m, "time", fettle_gauge(2));
	add_field(&m, "time___", fettle_gauge(3));
	check(&m,
	    "disk,__name___=1,_field_=2,_measurement_=3,host=web-1,time____=4 "
	    "time_=1,time__=2,time___=3 1763800000123456789\n");
}

/* --- any list ------------------------------------------------------------ */

/* A line as a server takes it apart: at most so many words, in place. */
struct parsed {
	char measurement[256];
	char keys[64][256], values[64][256];
	size_t n_tags, n;
	const char *stamp;
};

/* One name up to an end that is not behind a backslash; a backslash is gone
 * where it stands before one of special. */
static const char *
parse_name(const char *s, const char *ends, const char *special, char *to)
{
	for (; *s != '\0' && strchr(ends, *s) == NULL; s++) {
		if (s[0] == '\\' && s[1] != '\0' &&
		    strchr(special, s[1]) != NULL)
			s++;
		*to++ = *s;
	}
	*to = '\0';
	return s;
}

static void
parse_line(struct parsed *p, const char *s)
{
	const char *end;

	p->n = p->n_tags = 0;
	s = parse_name(s, ", ", ", ", p->measurement);
	while (*s == ',') {
		s = parse_name(s + 1, "= ,", "= ,", p->keys[p->n]);
		assert_int_equal(*s, '=');
		s = parse_name(s + 1, ", =", "= ,", p->values[p->n++]);
	}
	p->n_tags = p->n;
	while (*s == (p->n == p->n_tags ? ' ' : ',')) {
		s = parse_name(s + 1, "= ,", "= ,", p->keys[p->n]);
		assert_int_equal(*s, '=');
		s = parse_name(s + 1, ", ", "", p->values[p->n++]);
	}
	assert_int_equal(*s, ' ');
	p->stamp = s + 1;
	end = strchr(s, '\n');
	assert_non_null(end);
	assert_int_equal(end[1], '\0');
}

/* A name as the daemon may hand it over. */
static char *
any_name(uint64_t *seed, char *to)
{
	static const char *const parts[] = { "a", "b", "_", "time", "host",
		" ", ",", "=", "\"", "\\x5c", "\\x0a", "x", "#", "\xc3\xa9",
		"{", "0" };
	size_t n = 1 + chance_of(seed, 6);

	*to = '\0';
	while (n-- > 0)
		strcat(to, parts[chance_of(seed, 16)]);
	return to;
}

/* The keys have no others. */
static char *
any_word(uint64_t *seed, char *to)
{
	static const char *const words[] = { "a", "b", "time", "host", "_",
		"host_", "time_", "a_", "_field", "z" };

	strcpy(to, words[chance_of(seed, 10)]);
	if (chance_of(seed, 2))
		strcat(to, words[chance_of(seed, 10)]);
	return to;
}

static struct fettle_value
any_value(uint64_t *seed)
{
	const uint64_t bits = chance_next(seed);
	double real;

	switch (chance_of(seed, 4)) {
	case 0:
		return fettle_count(bits >> chance_of(seed, 64));
	case 1:
		return (struct fettle_value){ 0 };
	case 2:
		return fettle_gauge((double)chance_of(seed, 100000) / 8);
	default:
		memcpy(&real, &bits, sizeof(real));
		return fettle_total(isfinite(real) ? real : 0.5);
	}
}

struct names {
	char v[4 + 2 * TAGS + FIELDS][64];
	size_t n;
};

static char *
room(struct names *names)
{
	return names->v[names->n++];
}

static bool
is_field(const struct made *m, const char *name)
{
	for (size_t i = 0; i < m->list.n; i++)
		if (strcmp(m->fields[i].name, name) == 0)
			return true;
	return false;
}

static bool
is_key(const struct fettle_tag *tags, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(tags[i].key, key) == 0)
			return true;
	return false;
}

static void
make_any(struct made *m, struct names *names, uint64_t *seed)
{
	char *s;

	make(m);
	names->n = 0;
	m->list.plugin = any_name(seed, room(names));
	m->list.host = any_name(seed, room(names));
	m->list.time_ns = (int64_t)chance_next(seed);
	if (chance_of(seed, 2)) {
		m->list.instance = any_name(seed, room(names));
		m->list.instance_name = any_word(seed, room(names));
	}
	for (size_t i = chance_of(seed, 5); i > 0; i--)
		if (!is_key(m->tags, m->list.n_tags,
			s = any_word(seed, room(names))))
			add_tag(m, s, any_name(seed, room(names)));
	for (size_t i = chance_of(seed, 5); i > 0; i--)
		if (!is_key(m->host_tags, m->list.n_host_tags,
			s = any_word(seed, room(names))))
			add_host_tag(m, s, any_name(seed, room(names)));
	for (size_t i = chance_of(seed, 6); i > 0; i--)
		if (!is_field(m, s = any_word(seed, room(names))))
			add_field(m, s, any_value(seed));
	if (!is_field(m, "x"))
		add_field(m, "x", fettle_gauge(1));
}

/* Whether name is key and underscores. */
static bool
is_marked(const char *name, const char *key)
{
	const size_t n = strlen(key);

	return strncmp(name, key, n) == 0 &&
	       name[n + strspn(name + n, "_")] == '\0';
}

/* Takes away the first tag of that key and value. */
static bool
take_tag(struct parsed *p, const char *key, const char *value)
{
	for (size_t i = 0; i < p->n_tags; i++) {
		if (p->values[i][0] == '\0' || !is_marked(p->keys[i], key) ||
		    strcmp(p->values[i], value) != 0)
			continue;
		p->values[i][0] = '\0';
		return true;
	}
	return false;
}

static bool
same_measurement(const char *is, const char *plugin)
{
	return plugin[0] == '#' ? strncmp(is, "\\x23", 4) == 0 &&
				      strcmp(is + 4, plugin + 1) == 0
				: strcmp(is, plugin) == 0;
}

static bool
same_tags(const struct made *m, struct parsed *p)
{
	const struct fettle_list *l = &m->list;
	size_t n = 1 + l->n_tags + l->n_host_tags;
	bool same = take_tag(p, "host", l->host);

	if (l->instance != NULL) {
		same = same && take_tag(p, l->instance_name, l->instance);
		n++;
	}
	for (size_t i = 0; i < l->n_tags; i++)
		same = same && take_tag(p, l->tags[i].key, l->tags[i].value);
	for (size_t i = 0; i < l->n_host_tags; i++)
		same = same &&
		       take_tag(p, l->host_tags[i].key, l->host_tags[i].value);
	return same && n == p->n_tags;
}

static bool
same_value(const char *text, const struct fettle_value *v)
{
	char *end;

	if (v->kind == FETTLE_COUNTER)
		return strtoull(text, &end, 10) == (v->count & INT64_MAX) &&
		       strcmp(end, "i") == 0;
	return strtod(text, &end) == v->real && *end == '\0';
}

static bool
same_fields(const struct made *m, const struct parsed *p)
{
	size_t at = p->n_tags;

	for (size_t i = 0; i < m->list.n; i++) {
		const char *name = m->fields[i].name;

		if (m->values[i].kind == 0)
			continue;
		if (at == p->n || !is_marked(p->keys[at], name) ||
		    (strcmp(name, "time") != 0 &&
			strcmp(p->keys[at], name) != 0) ||
		    !same_value(p->values[at++], &m->values[i]))
			return false;
	}
	return at == p->n;
}

/* No key twice nor one of the servers', tags in order. */
static bool
good_keys(const struct parsed *p)
{
	for (size_t i = 0; i < p->n; i++) {
		if (strcmp(p->keys[i], "time") == 0)
			return false;
		if (i > 0 && i < p->n_tags &&
		    strcmp(p->keys[i - 1], p->keys[i]) >= 0)
			return false;
		for (size_t k = 0; k < i; k++)
			if (strcmp(p->keys[i], p->keys[k]) == 0)
				return false;
	}
	return true;
}

static void
any_list_reads_back_the_same(void **state)
{
	static struct made m;
	static struct names names;
	static struct parsed p;
	struct text t = { 0 };

	(void)state;
	for (uint64_t i = 0; i < 20000; i++) {
		uint64_t seed = i;

		make_any(&m, &names, &seed);
		text_clear(&t);
		assert_true(line_list(&t, &m.list));
		parse_line(&p, t.data);
		if (!same_measurement(p.measurement, m.list.plugin) ||
		    !good_keys(&p) || !same_fields(&m, &p) ||
		    strtoll(p.stamp, NULL, 10) != m.list.time_ns ||
		    !same_tags(&m, &p))
			fail_msg("seed %u: %s", (unsigned)i, t.data);
	}
	text_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_a_line_with_all_its_fields),
		cmocka_unit_test(what_needs_no_tags_has_its_host_alone),
		cmocka_unit_test(
		    counters_are_integers_of_63_bits_and_all_else_is_a_float),
		cmocka_unit_test(what_there_is_no_value_of_is_left_out),
		cmocka_unit_test(every_place_has_its_own_escapes),
		cmocka_unit_test(
		    what_the_protocol_cannot_hold_is_written_as_elsewhere),
		cmocka_unit_test(tags_without_a_value_are_left_out),
		cmocka_unit_test(tags_are_sorted_byte_by_byte),
		cmocka_unit_test(a_key_that_is_taken_gets_a_mark),
		cmocka_unit_test(names_of_the_servers_are_nobody_elses),
		cmocka_unit_test(any_list_reads_back_the_same),
	};

	return cmocka_run_group_tests_name("line", tests, NULL, NULL);
}
