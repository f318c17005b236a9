/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "influx_world.h"

/* --- bodies -------------------------------------------------------------- */

static void
larger_batches_are_compressed(void **state)
{
	struct world *w = *state;

	world_start(w, "version: 1");
	assert_int_equal(world_write_lists(w, 2), FETTLE_DELIVERED);
	assert_int_equal(world_write_lists(w, 5000), FETTLE_DELIVERED);
	world_check_body(w, 0, TWO_LINES);
	world_check_compressed(w, 1, 5000);
	world_start(w, "version: 1\ncompress_above: 0\n");
	assert_int_equal(world_write_lists(w, 2), FETTLE_DELIVERED);
	world_check_compressed(w, 2, 2);
	world_answer(w, "415 Unsupported Media Type", "", "");
	assert_int_equal(world_write_lists(w, 2), FETTLE_DELIVERED);
	world_check_compressed(w, 3, 2);
	world_check_body(w, 4, TWO_LINES);
	assert_int_equal(world_write_lists(w, 2), FETTLE_DELIVERED);
	world_check_body(w, 5, TWO_LINES);
}

static const struct fettle_field user = { "user", FETTLE_GAUGE, "", NULL };
static const struct fettle_field percent = { "percent", FETTLE_GAUGE, "",
	NULL };
static const struct fettle_field used = { "used", FETTLE_GAUGE, "", NULL };
static const struct fettle_field total = { "total", FETTLE_GAUGE, "", NULL };
static const struct fettle_field counted = { "total", FETTLE_COUNTER, "",
	NULL };
static const struct fettle_field *const cpu_fields[] = { &user, &percent };
static const struct fettle_field *const memory_fields[] = { &total, &used,
	&percent };
static const struct fettle_field *const counted_fields[] = { &counted };

static struct fettle_list
list_of(const char *plugin, const struct fettle_field *const *fields,
    const struct fettle_value *values, size_t n)
{
	static const struct fettle_tag prod[] = { { "env", "prod" } };

	return (struct fettle_list){ .size = sizeof(struct fettle_list),
		.host = "web-1",
		.plugin = plugin,
		.time_ns = SECOND,
		.host_tags = prod,
		.n_host_tags = 1,
		.fields = fields,
		.values = values,
		.n = n };
}

static void
a_summary_has_three_numbers_of_a_host(void **state)
{
	static const struct fettle_tag tag[] = { { "k", "v" } };
	const struct fettle_value reals[] = { fettle_gauge(12.5),
		fettle_gauge(26.25), fettle_gauge(3) };
	const struct fettle_value none[] = { fettle_gauge(1), { 0 } };
	const struct fettle_value count[] = { fettle_count(1) };
	struct fettle_list lists[] = {
		list_of("cpu", cpu_fields, reals, 2),
		list_of("cpu", cpu_fields, reals, 2),	  /* of a core */
		list_of("disk", memory_fields, reals, 3), /* of another */
		list_of("memory", memory_fields, reals, 3),
		list_of("cpu", cpu_fields, none, 2), /* nothing to say */
		list_of("memory", counted_fields, count, 1), /* no gauge */
		list_of("memory", memory_fields, reals, 3),  /* of a part */
	};
	const struct fettle_list *p[7];
	struct world *w = *state;

	lists[1].instance = "0";
	lists[6].tags = tag;
	lists[6].n_tags = 1;
	for (size_t i = 0; i < 7; i++)
		p[i] = &lists[i];
	world_start(w, "version: 3\nlayout: summary\n");
	world_answer(w, "400 Bad Request", "",
	    "{\"error\":\"partial write of line protocol occurred\",\"data\":"
	    "[{\"line_number\":2,\"error_message\":\"bad\"}]}");
	assert_int_equal(world_write(w, p, 7), FETTLE_DELIVERED);
	world_check_body(w, 0,
	    "system_metrics,env=prod,host=web-1 cpu_avg=26.25 1000000000\n"
	    "system_metrics,env=prod,host=web-1 memory_used=26.25,"
	    "memory_total=12.5 1000000000\n");
	assert_int_equal(w->ctx->refused.n, 1);
	assert_int_equal(w->ctx->refused.v[0], 3);
	/* where nothing is left nothing is sent */
	assert_int_equal(world_write(w, p + 4, 2), FETTLE_DELIVERED);
	assert_int_equal(world_asked(w), 1);
}

/* --- answers ------------------------------------------------------------- */

#define TYPE                                                                  \
	"field type conflict: input field \\\"x\\\" on measurement "          \
	"\\\"m\\\" is type float, already exists as type integer"
#define TYPE_TEXT                                                              \
	"field type conflict: input field \"x\" on measurement \"m\" is type " \
	"float, already exists as type integer"

static void
every_answer_is_understood(void **state)
{
	static const struct {
		const char *status, *headers, *body;
		int answer;
		double after_s;
		const char *reason;
	} table[] = {
		{ "204 No Content", "", "", FETTLE_DELIVERED, 0, "" },
		{ "200 OK", "", "", FETTLE_DELIVERED, 0, "" },
		{ "301 Moved", "Location: /other\r\n", "", FETTLE_RETRY, 60,
		    "HTTP 301: redirects are not followed" },
		{ "400 Bad Request", "",
		    "{\"error\":\"unable to parse 'm': missing fields\"}",
		    FETTLE_REFUSED, 0,
		    "HTTP 400: unable to parse 'm': missing fields" },
		{ "400 Bad Request", "",
		    "{\"error\":\"partial write: " TYPE " dropped=1\"}",
		    FETTLE_REFUSED, 0,
		    "HTTP 400: partial write: " TYPE_TEXT " dropped=1" },
		{ "401 Unauthorized", "", "{\"error\":\"who is " CANARY "?\"}",
		    FETTLE_UNAUTHORISED, 0, "HTTP 401: who is *?" },
		{ "403 Forbidden", "",
		    "{\"error\":\"\\\"me\\\" user is not authorized to write "
		    "to database \\\"fettle\\\"\"}",
		    FETTLE_UNAUTHORISED, 0,
		    "HTTP 403: \"me\" user is not authorized to write to "
		    "database \"fettle\"" },
		{ "404 Not Found", "",
		    "{\"error\":\"database not found: \\\"fettle\\\"\"}",
		    FETTLE_UNAUTHORISED, 0,
		    "database \"fettle\" does not exist; create it or set "
		    "create_database: true" },
		{ "404 Not Found", "",
		    "{\"code\":\"not found\",\"message\":\"bucket \\\"b\\\" "
		    "not found\"}",
		    FETTLE_UNAUTHORISED, 0,
		    "HTTP 404: bucket \"b\" not found" },
		{ "408 Request Timeout", "", "", FETTLE_RETRY, 0, "HTTP 408" },
		{ "413 Too Large", "",
		    "{\"error\":\"Request Entity Too Large\"}",
		    FETTLE_TOO_LARGE, 0,
		    "HTTP 413: Request Entity Too Large" },
		{ "415 Unsupported", "", "", FETTLE_REFUSED, 0, "HTTP 415" },
		{ "422 Unprocessable", "",
		    "{\"code\":\"unprocessable entity\",\"message\":\"no "
		    "time\nat all\"}",
		    FETTLE_REFUSED, 0,
		    "HTTP 422: {\"code\":\"unprocessable entity\","
		    "\"message\":\"no time at all\"}" },
		{ "429 Too Many", "Retry-After: 17\r\n",
		    "{\"code\":\"too many requests\",\"message\":\"slow "
		    "down\"}",
		    FETTLE_RETRY, 17, "HTTP 429: slow down" },
		{ "500 Oops", "", "{\"error\":\"timeout\"}", FETTLE_RETRY, 0,
		    "HTTP 500: timeout" },
		{ "503 Busy", "Retry-After: 7200\r\n", "", FETTLE_RETRY, 600,
		    "HTTP 503" },
		{ "999 Odd", "", "", FETTLE_RETRY, 0, "HTTP 999" },
	};
	struct world *w = *state;

	world_start_with_token(w, "version: 1\n");
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		world_answer(
		    w, table[i].status, table[i].headers, table[i].body);
		assert_int_equal(world_write_lists(w, 3), table[i].answer);
		assert_string_equal(w->ctx->reason, table[i].reason);
		assert_true(w->ctx->after_s == table[i].after_s);
		assert_int_equal(w->ctx->refused.n, 0);
	}
	assert_int_equal(w->ctx->failed, 0);
	assert_int_equal(world_asked(w), sizeof(table) / sizeof(*table));
}

static void
a_password_is_in_no_message(void **state)
{
	struct world *w = *state;
	char *options = xasprintf(
	    "version: 1\nuser: me\npassword_file: %s\n", w->secret_file);

	world_start(w, options);
	world_answer(w, "401 No", "",
	    "{\"error\":\"Basic " CANARY_BASIC " is me " CANARY "\"}");
	assert_int_equal(world_write_lists(w, 1), FETTLE_UNAUTHORISED);
	assert_string_equal(w->ctx->reason, "HTTP 401: Basic * is me *");
	free(options);
}

static void
bad_lines_that_are_named_are_refused_alone(void **state)
{
	static const char body[] =
	    "{\"error\":\"partial write of line protocol occurred\","
	    "\"data\":[{\"original_line\":\"load\",\"line_number\":3,"
	    "\"error_message\":\"invalid column type\"},"
	    "{\"original_line\":\"load\",\"line_number\":1,"
	    "\"error_message\":\"no fields\"}]}";
	struct world *w = *state;

	world_start(w, "version: 3\n");
	world_answer(w, "400 Bad Request", "", body);
	assert_int_equal(world_write_lists(w, 4), FETTLE_DELIVERED);
	assert_int_equal(w->ctx->refused.n, 2);
	assert_int_equal(w->ctx->refused.v[0], 2);
	assert_int_equal(w->ctx->refused.v[1], 0);
	assert_string_equal(w->ctx->reason, "HTTP 400: no fields");
	/* there is no third line */
	world_answer(w, "400 Bad Request", "", body);
	assert_int_equal(world_write_lists(w, 2), FETTLE_REFUSED);
	assert_int_equal(w->ctx->refused.n, 0);
	assert_string_equal(w->ctx->reason, "HTTP 400: invalid column type");
	/* who does not write the others does not name them so */
	world_start(w, "version: 1\n");
	world_answer(w, "400 Bad Request", "", body);
	assert_int_equal(world_write_lists(w, 4), FETTLE_REFUSED);
}

static void
lines_that_are_all_dropped_are_refused_at_once(void **state)
{
	struct world *w = *state;

	world_start(w, "version: 1\n");
	world_answer(w, "400 Bad Request", "",
	    "{\"error\":\"partial write: points beyond retention policy "
	    "dropped=3\"}");
	assert_int_equal(world_write_lists(w, 3), FETTLE_DELIVERED);
	assert_int_equal(w->ctx->refused.n, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(w->ctx->refused.v[i], i);
	assert_string_equal(w->ctx->reason,
	    "HTTP 400: partial write: points beyond retention policy "
	    "dropped=3");
	/* a server that fails has not judged anything */
	world_answer(w, "500 Oops", "",
	    "{\"error\":\"partial write: timeout dropped=3\"}");
	assert_int_equal(world_write_lists(w, 3), FETTLE_RETRY);
	assert_int_equal(w->ctx->refused.n, 0);
}

/* --- options ------------------------------------------------------------- */

static void
check_mistake(const char *yaml, const char *reason)
{
	const struct fettle_plugin *p = &influxdb_LTX_fettle_plugin;
	struct fettle_ctx *ctx = fake_new(p, "db", yaml);

	assert_int_equal(p->open(ctx), -EINVAL);
	if (strstr(ctx->reason, reason) == NULL)
		fail_msg("%s: %s", yaml, ctx->reason);
	assert_null(strstr(ctx->reason, CANARY));
	fake_free(ctx);
}

static void
options_that_cannot_be_are_said_at_once(void **state)
{
	struct world *w = *state;
	char *both = xasprintf("url: https://db\nuser: me\npassword_file: "
			       "%s\ntoken_file: %s\n",
	    w->secret_file, w->secret_file);
	char *colon = xasprintf(
	    "url: https://db\nuser: a:b\npassword_file: %s\n", w->secret_file);
	char *alone =
	    xasprintf("url: https://db\npassword_file: %s\n", w->secret_file);

	check_mistake("url: http://db:8086", "cleartext: true");
	check_mistake(
	    "url: [\"https://db\", \"http://10.0.0.1:8086\"]", "cleartext");
	check_mistake("url: http://me:" CANARY "@db:8086\ncleartext: true\n",
	    "user or a password");
	check_mistake("url: https://db/write?db=x", "before any ? or #");
	check_mistake("url: https://db\nversion: 2\n", "needs an org");
	check_mistake("url: https://db\nuser: me\n", "belong together");
	check_mistake(alone, "belong together");
	check_mistake(both, "one must go");
	check_mistake(colon, "colon");
	check_mistake("url: http://127.0.0.1:8086\nproxy: http://proxy:3128\n",
	    "cleartext");
	free(both);
	free(colon);
	free(alone);
}

static void
what_may_be_read_by_all_is_allowed_by_name(void **state)
{
	struct world *w = *state;

	world_start_with(w, "url: http://db.example:8086\ncleartext: true\n");
	world_start_with(w, "url: [https://db, \"http://[::1]:8086\"]");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(larger_batches_are_compressed),
		IN_WORLD(a_summary_has_three_numbers_of_a_host),
		IN_WORLD(every_answer_is_understood),
		IN_WORLD(a_password_is_in_no_message),
		IN_WORLD(bad_lines_that_are_named_are_refused_alone),
		IN_WORLD(lines_that_are_all_dropped_are_refused_at_once),
		IN_WORLD(options_that_cannot_be_are_said_at_once),
		IN_WORLD(what_may_be_read_by_all_is_allowed_by_name),
	};

	return cmocka_run_group_tests_name("influxdb", tests, NULL, NULL);
}
