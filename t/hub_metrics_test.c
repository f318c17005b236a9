/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "write/ringbuffer_http/metrics.h"

/* --- a strict reader of the format --------------------------------------- */

/* What a scraper would object to; fails the test. */
struct reader {
	bool open;
	char family[128], type[16], unit[32];
	char seen[64][128]; /* families */
	int n_seen;
	char samples[256][256]; /* name and labels */
	int n_samples;
};

static bool
is_name(const char *s, size_t len, bool colon)
{
	if (len == 0 || (s[0] >= '0' && s[0] <= '9'))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') ||
			(s[i] >= 'A' && s[i] <= 'Z') ||
			(s[i] >= '0' && s[i] <= '9') || s[i] == '_' ||
			(colon && s[i] == ':')))
			return false;
	return true;
}

static bool
ends(const char *s, const char *with)
{
	const size_t n = strlen(s), k = strlen(with);

	return n >= k && strcmp(s + n - k, with) == 0;
}

static void
begin_family(struct reader *r, const char *name)
{
	assert_true(is_name(name, strlen(name), true));
	for (int i = 0; i < r->n_seen; i++)
		if (strcmp(r->seen[i], name) == 0)
			fail_msg("family %s comes twice", name);
	assert_in_range(r->n_seen, 0, 63);
	strcpy(r->seen[r->n_seen++], name);
	strcpy(r->family, name);
	r->type[0] = r->unit[0] = '\0';
}

/* "# TYPE name counter" and the like. */
static void
read_about(struct reader *r, char *line)
{
	char *save = NULL, *what, *name, *rest;

	what = strtok_r(line + 2, " ", &save);
	name = strtok_r(NULL, " ", &save);
	rest = save;
	if (strcmp(r->family, name) != 0)
		begin_family(r, name);
	if (strcmp(what, "TYPE") == 0) {
		assert_int_equal(r->type[0], '\0');
		assert_true(strcmp(rest, "counter") == 0 ||
			    strcmp(rest, "gauge") == 0);
		strcpy(r->type, rest);
	} else if (strcmp(what, "UNIT") == 0) {
		assert_true(r->open);
		strcpy(r->unit, rest);
		assert_true(ends(r->family, r->unit));
	} else {
		assert_string_equal(what, "HELP");
	}
}

/* {a="b",c="d"}; returns what is behind it. */
static char *
read_labels(char *p)
{
	char names[20][128];
	int n = 0;

	for (p++; *p != '}'; n++) {
		char *eq = strchr(p, '=');

		assert_non_null(eq);
		assert_true(is_name(p, (size_t)(eq - p), false));
		*eq = '\0';
		assert_string_not_equal(p, "instance");
		assert_int_not_equal(strncmp(p, "__", 2), 0);
		for (int i = 0; i < n; i++)
			assert_string_not_equal(names[i], p);
		strcpy(names[n], p);
		*eq = '=';
		assert_int_equal(eq[1], '"');
		for (p = eq + 2; *p != '"'; p++) {
			assert_int_not_equal(*p, '\0');
			if (*p != '\\')
				continue;
			p++;
			assert_non_null(strchr("\\\"n", *p));
		}
		if (*++p == ',')
			p++;
		else
			assert_int_equal(*p, '}');
	}
	return p + 1;
}

static void
read_sample(struct reader *r, char *line)
{
	char *p = line + strcspn(line, "{ "), *end, name[256];
	const bool counter = strcmp(r->type, "counter") == 0;

	snprintf(name, sizeof(name), "%s%s", r->family,
	    counter && r->open ? "_total" : "");
	assert_int_equal(strncmp(line, name, strlen(name)), 0);
	assert_int_equal((size_t)(p - line), strlen(name));
	if (counter)
		assert_true(ends(name, "_total"));
	if (*p == '{')
		p = read_labels(p);
	assert_int_equal(*p, ' ');
	*p = '\0';
	for (int i = 0; i < r->n_samples; i++)
		if (strcmp(r->samples[i], line) == 0)
			fail_msg("%s comes twice", line);
	assert_in_range(r->n_samples, 0, 255);
	strcpy(r->samples[r->n_samples++], line);
	strtod(p + 1, &end);
	assert_true(end > p + 1 && *end == '\0');
}

static void
read_all(const char *text, bool open)
{
	struct reader *r = calloc(1, sizeof *r);
	char *copy = strdup(text), *line, *next;
	bool over = false;

	r->open = open;
	for (line = copy; *line != '\0'; line = next) {
		next = strchr(line, '\n');
		assert_non_null(next);
		*next++ = '\0';
		assert_false(over);
		if (strcmp(line, "# EOF") == 0)
			over = true;
		else if (*line == '#')
			read_about(r, line);
		else
			read_sample(r, line);
	}
	assert_int_equal(over, open);
	free(copy);
	free(r);
}

/* --- tests --------------------------------------------------------------- */

#define NOW 1763800010.0
#define LIST(plugin, instance, more, fields)                                  \
	"{\"host\":\"h\",\"plugin\":\"" plugin "\",\"instance\":" instance    \
	",\"time\":1763800000,\"interval\":10," more "\"fields\":[" fields    \
	"]}"
#define FIELD(name, kind, unit, value)                                        \
	"{\"name\":\"" name "\",\"kind\":\"" kind "\",\"unit\":\"" unit       \
	"\",\"help\":null,\"value\":" value ",\"rate\":null}"

static char *
render(const char *values, bool open)
{
	struct metrics m = { .n = 0 };
	struct text to = { 0 };
	json_t *v = json_loads(values, 0, NULL);

	assert_non_null(v);
	metrics_add_values(&m, v, NOW);
	metrics_render(&m, open, &to);
	assert_false(to.failed);
	metrics_fini(&m);
	json_decref(v);
	text_str(&to, "");
	read_all(to.data, open);
	return to.data;
}

static void
becomes(const char *values, bool open, const char *text)
{
	char *got = render(values, open);

	assert_string_equal(got, text);
	free(got);
}

static const char cpu_values[] =
    "[" LIST("cpu", "null", "\"tags\":{},\"instance_name\":\"core\",",
	"{\"name\":\"percent\",\"kind\":\"gauge\",\"unit\":\"percent\","
	"\"help\":\"How \\\"busy\\\"\\nit \\\\ is.\",\"value\":12.5,"
	"\"rate\":12.5}," FIELD(
	    "user", "total", "seconds", "1.25")) "," LIST("cpu", "\"0\"",
	"\"tags\":{},\"instance_name\":\"core\",",
	FIELD("percent", "gauge", "percent", "100")) "," LIST("disk",
	"\"/a\\\"b\\\\x0ac\"", "\"tags\":{},\"instance_name\":\"mount\",",
	FIELD("total", "gauge", "bytes", "270000000000")) "," LIST("net",
	"\"eth0\"", "\"tags\":{},\"instance_name\":null,",
	FIELD("rx_bytes", "counter", "bytes", "9223372036854775807") "," FIELD(
	    "errors_total", "counter", "", "0")) "]";

static void
a_moment_is_so_many_seconds(void **state)
{
	(void)state;
	becomes(
	    "[" LIST("uptime", "null", "\"tags\":{},",
		FIELD("boot_time", "gauge", "timestamp", "1700000000")) "]",
	    false,
	    "# TYPE fettle_uptime_boot_time_seconds gauge\n"
	    "fettle_uptime_boot_time_seconds 1700000000\n");
}

static void
prometheus_text_has_each_family_once(void **state)
{
	(void)state;
	becomes(cpu_values, false,
	    "# TYPE fettle_cpu_percent gauge\n"
	    "# HELP fettle_cpu_percent How \"busy\"\\nit \\\\ is.\n"
	    "fettle_cpu_percent 12.5\n"
	    "fettle_cpu_percent{core=\"0\"} 100\n"
	    "# TYPE fettle_cpu_user_seconds_total counter\n"
	    "fettle_cpu_user_seconds_total 1.25\n"
	    "# TYPE fettle_disk_total_bytes gauge\n"
	    "fettle_disk_total_bytes{mount=\"/a\\\"b\\\\x0ac\"} "
	    "270000000000\n"
	    "# TYPE fettle_net_errors_total counter\n"
	    "fettle_net_errors_total{name=\"eth0\"} 0\n"
	    "# TYPE fettle_net_rx_bytes_total counter\n"
	    "fettle_net_rx_bytes_total{name=\"eth0\"} "
	    "9223372036854775807\n");
}

static void
openmetrics_says_units_and_ends(void **state)
{
	(void)state;
	becomes(cpu_values, true,
	    "# TYPE fettle_cpu_percent gauge\n"
	    "# UNIT fettle_cpu_percent percent\n"
	    "# HELP fettle_cpu_percent How \\\"busy\\\"\\nit \\\\ is.\n"
	    "fettle_cpu_percent 12.5\n"
	    "fettle_cpu_percent{core=\"0\"} 100\n"
	    "# TYPE fettle_cpu_user_seconds counter\n"
	    "# UNIT fettle_cpu_user_seconds seconds\n"
	    "fettle_cpu_user_seconds_total 1.25\n"
	    "# TYPE fettle_disk_total_bytes gauge\n"
	    "# UNIT fettle_disk_total_bytes bytes\n"
	    "fettle_disk_total_bytes{mount=\"/a\\\"b\\\\x0ac\"} "
	    "270000000000\n"
	    "# TYPE fettle_net_errors counter\n"
	    "fettle_net_errors_total{name=\"eth0\"} 0\n"
	    "# TYPE fettle_net_rx_bytes counter\n"
	    "# UNIT fettle_net_rx_bytes bytes\n"
	    "fettle_net_rx_bytes_total{name=\"eth0\"} "
	    "9223372036854775807\n"
	    "# EOF\n");
}

static void
tags_become_labels_of_different_names(void **state)
{
	(void)state;
	becomes(
	    "[" LIST("s", "\"x\"",
		"\"tags\":{\"a.b\":\"1\",\"a-b\":\"2\",\"a_b\":\"3\","
		"\"instance\":\"4\",\"__name__\":\"5\",\"7up\":\"6\","
		"\"name\":\"7\\n\",\".-x\":\"8\"},\"instance_name\":\"instance\",",
		FIELD("v", "gauge", "", "-0.5")) "]",
	    false,
	    "# TYPE fettle_s_v gauge\n"
	    "fettle_s_v{name=\"x\",a_b=\"1\",a_b_=\"2\",a_b__=\"3\","
	    "tag_instance=\"4\",tag___name__=\"5\",_7up=\"6\","
	    "name_=\"7\\n\",tag___x=\"8\"} -0.5\n");
}

static void
what_adds_up_to_the_same_name_comes_once(void **state)
{
	(void)state;
	becomes(
	    "[" LIST("a_b", "null", "", FIELD("c", "gauge", "", "1")) "," LIST(
		"a", "null", "",
		FIELD("b_c", "counter", "", "2")) "," LIST("a", "null",
		"\"tags\":{\"k\":\"v\"},", FIELD("b_c", "gauge", "", "3")) "]",
	    false,
	    "# TYPE fettle_a_b_c gauge\n"
	    "fettle_a_b_c 1\n"
	    "fettle_a_b_c{k=\"v\"} 3\n");
}

static void
what_is_old_is_left_out(void **state)
{
	(void)state;
	becomes(
	    "[{\"plugin\":\"x\",\"time\":1763799970,\"interval\":10,"
	    "\"fields\":[" FIELD("a", "gauge", "",
		"1") "]},"
		     "{\"plugin\":\"x\",\"time\":1763799979,\"interval\":1,"
		     "\"fields\":[" FIELD("b", "gauge", "",
			 "1") "]},"
			      "{\"plugin\":\"x\",\"time\":1763799981,\"interval\":1,"
			      "\"fields\":[" FIELD("c", "gauge", "",
				  "1") "]},"
				       "{\"plugin\":\"x\",\"time\":1763799800,\"interval\":0,"
				       "\"fields\":[" FIELD("d", "gauge", "",
					   "1") "]},"
						"{\"plugin\":\"x\",\"time\":1763799700,\"interval\":0,"
						"\"fields\":[" FIELD("e",
						    "gauge", "", "1") "]}]",
	    false,
	    "# TYPE fettle_x_c gauge\nfettle_x_c 1\n"
	    "# TYPE fettle_x_d gauge\nfettle_x_d 1\n");
	becomes("[]", true, "# EOF\n");
}

static void
hosts_and_counters_of_its_own_are_families_too(void **state)
{
	struct metrics m = { .n = 0 };
	struct text to = { 0 };
	json_t *hosts = json_loads("[{\"host\":\"web\\\"1\",\"last_seen\":"
				   "1763800000.5},{\"host\":\"x\"},"
				   "{\"host\":\"db\",\"last_seen\":1}]",
	    0, NULL);

	(void)state;
	metrics_add_hosts(&m, hosts, "web*");
	metrics_add_counter(&m, "fettle_r", "R.", "reason", "a", 7);
	metrics_add_counter(&m, "fettle_r", "R.", "reason", "b", 0);
	metrics_add_counter(&m, "fettle_q", NULL, NULL, NULL, UINT64_MAX);
	metrics_render(&m, true, &to);
	read_all(to.data, true);
	assert_string_equal(to.data,
	    "# TYPE fettle_host_last_seen_timestamp_seconds gauge\n"
	    "# UNIT fettle_host_last_seen_timestamp_seconds seconds\n"
	    "# HELP fettle_host_last_seen_timestamp_seconds When a host was "
	    "last heard of.\n"
	    "fettle_host_last_seen_timestamp_seconds{host=\"web\\\"1\"} "
	    "1763800000.5\n"
	    "# TYPE fettle_q counter\n"
	    "fettle_q_total 18446744073709551615\n"
	    "# TYPE fettle_r counter\n"
	    "# HELP fettle_r R.\n"
	    "fettle_r_total{reason=\"a\"} 7\n"
	    "fettle_r_total{reason=\"b\"} 0\n"
	    "# EOF\n");
	metrics_fini(&m);
	text_free(&to);
	json_decref(hosts);
}

static void
accept_decides_the_format(void **state)
{
	(void)state;
	assert_false(metrics_wants_open(NULL));
	assert_false(metrics_wants_open("*/*"));
	assert_false(metrics_wants_open("text/plain"));
	assert_true(metrics_wants_open("application/openmetrics-text"));
	assert_true(metrics_wants_open(
	    "application/openmetrics-text;version=1.0.0;q=0.5,"
	    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"));
	assert_false(metrics_wants_open(
	    "application/openmetrics-text;q=0, text/plain"));
	assert_false(metrics_wants_open(
	    "text/plain;q=0.9,application/openmetrics-text;q=0.1"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_moment_is_so_many_seconds),
		cmocka_unit_test(prometheus_text_has_each_family_once),
		cmocka_unit_test(openmetrics_says_units_and_ends),
		cmocka_unit_test(tags_become_labels_of_different_names),
		cmocka_unit_test(what_adds_up_to_the_same_name_comes_once),
		cmocka_unit_test(what_is_old_is_left_out),
		cmocka_unit_test(
		    hosts_and_counters_of_its_own_are_families_too),
		cmocka_unit_test(accept_decides_the_format),
	};

	return cmocka_run_group_tests_name("hub_metrics", tests, NULL, NULL);
}
