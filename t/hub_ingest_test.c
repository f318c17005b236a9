/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "common/batch_json.h"
#include "write/ringbuffer_http/ingest.h"
#include "write/ringbuffer_http/when.h"

/* The request, as text that lives as long as what was read of it. */
struct request {
	struct ingest in;
	char *text;
};

static void
read_text(struct request *q, const char *text)
{
	const size_t len = strlen(text);

	q->text = malloc(len + 1);
	memcpy(q->text, text, len + 1);
	ingest_read(&q->in, q->text, len);
}

static void
done(struct request *q)
{
	ingest_fini(&q->in);
	free(q->text);
}

static void
put_value(struct buf *to, const struct fettle_value *v)
{
	if (v->kind == 0)
		buf_puts(to, "-");
	else if (v->kind == FETTLE_COUNTER)
		buf_printf(to, "%" PRIu64, v->count);
	else
		buf_printf(to, "%.17g", v->real);
}

static void
put_tags(struct buf *to, const struct fettle_tag *tags, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(to, "%s%s=%s", i > 0 ? "," : "{", tags[i].key,
		    tags[i].value);
	if (n > 0)
		buf_putc(to, '}');
}

/* host{tags}:plugin[instance_name=instance]{tags} time/interval
 * field:kind:unit=value */
static void
put_list(struct buf *to, const struct fettle_list *l)
{
	static const char *const kinds[] = { "", "gauge", "counter", "total" };

	buf_puts(to, l->host);
	put_tags(to, l->host_tags, l->n_host_tags);
	buf_printf(to, ":%s", l->plugin);
	if (l->instance != NULL)
		buf_printf(to, "[%s=%s]",
		    l->instance_name ? l->instance_name : "", l->instance);
	put_tags(to, l->tags, l->n_tags);
	buf_printf(to, " %" PRId64 "/%" PRId64, l->time_ns, l->interval_ns);
	for (size_t i = 0; i < l->n; i++) {
		buf_printf(to, " %s:%s:%s=", l->fields[i]->name,
		    kinds[l->fields[i]->kind], l->fields[i]->unit);
		put_value(to, &l->values[i]);
	}
	buf_putc(to, '\n');
}

static void
becomes(const char *text, const char *lists)
{
	struct buf got = { 0 };
	struct request q;

	read_text(&q, text);
	if (q.in.status != 200)
		fail_msg("%u %s: %s", q.in.status,
		    q.in.n_wrong > 0 ? q.in.wrong[0].path : "",
		    q.in.n_wrong > 0 ? q.in.wrong[0].what : q.in.what);
	buf_puts(&got, "");
	for (size_t i = 0; i < q.in.n; i++) {
		assert_int_equal(
		    q.in.lists[i]->size, sizeof(struct fettle_list));
		put_list(&got, q.in.lists[i]);
	}
	assert_string_equal(got.data, lists);
	buf_free(&got);
	done(&q);
}

/* 422, with these mistakes: "path: what\n" each. */
static void
is_wrong(const char *text, const char *mistakes)
{
	struct buf got = { 0 };
	struct request q;

	read_text(&q, text);
	assert_int_equal(q.in.status, 422);
	for (size_t i = 0; i < q.in.n_wrong && i < INGEST_WRONG_MAX; i++)
		buf_printf(
		    &got, "%s: %s\n", q.in.wrong[i].path, q.in.wrong[i].what);
	assert_string_equal(got.data, mistakes);
	buf_free(&got);
	done(&q);
}

#define SPACE(n) "{\"total\":100,\"used\":" n ",\"free\":25,\"percent\":75.5}"
#define SNAPSHOT(time, cpu, disk)                                             \
	"{\"timestamp\":" time ",\"hostname\":\"web-1\",\"cpu\":" cpu         \
	",\"memory\":" SPACE("75") ",\"disk\":" disk "}"
#define CPU "{\"per_core\":[12.5,40.1],\"average\":26.3}"

static void
a_snapshot_becomes_the_lists_of_cpu_memory_and_disk(void **state)
{
	(void)state;
	becomes(SNAPSHOT("1763800000", CPU, SPACE("75")),
	    "web-1:cpu[core=0] 1763800000000000000/0 "
	    "percent:gauge:percent=12.5\n"
	    "web-1:cpu[core=1] 1763800000000000000/0 "
	    "percent:gauge:percent=40.100000000000001\n"
	    "web-1:cpu 1763800000000000000/0 "
	    "percent:gauge:percent=26.300000000000001\n"
	    "web-1:memory 1763800000000000000/0 total:gauge:bytes=100 "
	    "used:gauge:bytes=75 available:gauge:bytes=25 "
	    "percent:gauge:percent=75.5\n"
	    "web-1:disk[mount=/] 1763800000000000000/0 total:gauge:bytes=100 "
	    "used:gauge:bytes=75 free:gauge:bytes=25 "
	    "percent:gauge:percent=75.5\n");
}

/* The time that a snapshot with this timestamp has. */
static int64_t
time_of(const char *timestamp)
{
	char text[1024];
	struct request q;
	int64_t ns;

	snprintf(
	    text, sizeof(text), SNAPSHOT("%s", CPU, SPACE("75")), timestamp);
	read_text(&q, text);
	ns = q.in.status == 200 ? q.in.lists[0]->time_ns : -1;
	done(&q);
	return ns;
}

static void
a_timestamp_is_seconds_or_iso_8601(void **state)
{
	const int64_t ns = INT64_C(1763800000000000000);

	(void)state;
	assert_true(time_of("1763800000") == ns);
	assert_true(time_of("1763800000.123456789") == ns + 123456789);
	assert_true(time_of("1.7638e9") == ns);
	assert_true(time_of("\"2025-11-22T08:26:40Z\"") == ns);
	assert_true(time_of("\"2025-11-22T08:26:40\"") == ns);
	assert_true(
	    time_of("\"2025-11-22 09:26:40.5+01:00\"") == ns + 500000000);
	assert_true(
	    time_of("\"2025-11-22T03:26:40.000001-0500\"") == ns + 1000);
	assert_true(time_of("\"2025-11-22T09:26:40+01\"") == ns);
	/* for the daemon to drop: too old, from the future */
	assert_true(time_of("0") == 1);
	assert_true(time_of("-5") == 1);
	assert_true(time_of("1e-300") == 1);
	assert_true(time_of("9223372036.8547759") == INT64_MAX);
	assert_true(time_of("1e300") == INT64_MAX);
	assert_true(time_of("\"0001-01-01T00:00:00Z\"") == 1);
	assert_true(time_of("\"9999-12-31T23:59:59Z\"") == INT64_MAX);
	/* no times */
	assert_true(time_of("null") == -1);
	assert_true(time_of("\"\"") == -1);
	assert_true(time_of("\"1763800000\"") == -1);
	assert_true(time_of("\"2025-11-22\"") == -1);
	assert_true(time_of("\"2025-02-29T00:00:00Z\"") == -1);
	assert_true(time_of("\"2025-13-01T00:00:00Z\"") == -1);
	assert_true(time_of("\"2025-11-22T24:00:00Z\"") == -1);
	assert_true(time_of("\"2025-11-22T08:26:40Zulu\"") == -1);
	assert_true(time_of("\"2025-11-22T08:26:40+99:00\"") == -1);
}

static void
unknown_members_of_a_snapshot_are_ignored(void **state)
{
	(void)state;
	becomes("{\"host\":7,\"tags\":[],\"plugins\":{\"a\":[1]},"
		"\"timestamp\":1,\"v\":9,\"hostname\":\"h\",\"load\":{},"
		"\"cpu\":{\"per_core\":[],\"average\":1,\"temp\":\"x\"},"
		"\"memory\":" SPACE("75") ",\"disk\":" SPACE("75") "}",
	    "h:cpu 1000000000/0 percent:gauge:percent=1\n"
	    "h:memory 1000000000/0 total:gauge:bytes=100 used:gauge:bytes=75 "
	    "available:gauge:bytes=25 percent:gauge:percent=75.5\n"
	    "h:disk[mount=/] 1000000000/0 total:gauge:bytes=100 "
	    "used:gauge:bytes=75 free:gauge:bytes=25 "
	    "percent:gauge:percent=75.5\n");
}

static void
what_is_passed_over_must_be_json_too(void **state)
{
	struct request q;

	(void)state;
	read_text(&q, "{\"tags\":{\"a\":1,\"a\":2},\"timestamp\":1}");
	assert_int_equal(q.in.status, 400);
	assert_string_equal(q.in.what, "a name that the object has already");
	assert_int_equal(q.in.offset, 16);
	done(&q);
}

static void
other_file_systems_of_a_snapshot_are_mounts(void **state)
{
	struct request q;

	(void)state;
	read_text(&q, SNAPSHOT("1", CPU,
			  "{\"total\":1,\"used\":1,\"free\":0,\"percent\":100,"
			  "\"mounts\":{\"/home\":" SPACE(
			      "1") ",\"/x\\ny\":" SPACE("2") "}}"));
	assert_int_equal(q.in.status, 200);
	assert_int_equal(q.in.n, 7);
	assert_string_equal(q.in.lists[4]->instance, "/home");
	assert_string_equal(q.in.lists[5]->instance, "/x\ny");
	assert_string_equal(q.in.lists[6]->instance, "/");
	done(&q);
}

static void
an_array_is_of_snapshots(void **state)
{
	struct request q;

	(void)state;
	read_text(&q, "[" SNAPSHOT("1", CPU, SPACE("1")) "," SNAPSHOT(
			  "2", CPU, SPACE("1")) "]");
	assert_int_equal(q.in.status, 200);
	assert_int_equal(q.in.n, 10);
	assert_true(q.in.lists[4]->time_ns == 1000000000);
	assert_true(q.in.lists[5]->time_ns == 2000000000);
	done(&q);
	becomes("[]", "");
	is_wrong("[{\"v\":1,\"plugins\":[]}]",
	    "[0].timestamp: is missing\n[0].hostname: is missing\n"
	    "[0].cpu: is missing\n[0].memory: is missing\n"
	    "[0].disk: is missing\n");
}

static void
every_mistake_of_a_snapshot_is_named(void **state)
{
	(void)state;
	is_wrong("{\"timestamp\":[],\"hostname\":\"\",\"cpu\":{\"per_core\":"
		 "[1,\"2\",null],\"average\":true},\"memory\":{\"total\":1.5,"
		 "\"used\":-1,\"percent\":1},\"disk\":7}",
	    "timestamp: seconds since 1970 or ISO 8601 is expected\n"
	    "hostname: is empty\n"
	    "cpu.per_core[1]: a number is expected\n"
	    "cpu.per_core[2]: a number is expected\n"
	    "cpu.average: a number is expected\n"
	    "memory.total: a whole number of bytes is expected\n"
	    "memory.used: a whole number of bytes is expected\n"
	    "memory.free: is missing\n"
	    "disk: an object is expected\n");
	is_wrong(SNAPSHOT("1", CPU,
		     "{\"total\":1,\"used\":1,\"free\":1,\"percent\":1,"
		     "\"mounts\":{\"/\":{},\"/a\\\"b\":{\"total\":\"\"}}}"),
	    "disk.mounts[\"/\"]: the root file system is disk itself\n"
	    "disk.mounts[\"/a\"b\"].total: a number is expected\n"
	    "disk.mounts[\"/a\"b\"].used: is missing\n"
	    "disk.mounts[\"/a\"b\"].free: is missing\n"
	    "disk.mounts[\"/a\"b\"].percent: is missing\n");
	is_wrong("{}",
	    "timestamp: is missing\nhostname: is missing\ncpu: is missing\n"
	    "memory: is missing\ndisk: is missing\n");
	is_wrong("\"text\"", "$: an object or an array is expected\n");
}

#define QUEUE "0123456789abcdef0123456789abcdef"
#define OTHER "ffffffffffffffffffffffffffffffff"

static const char batch[] =
    "{\"v\":1,\"queue\":\"" QUEUE "\",\"sent\":1763800001.1,"
    "\"via\":[\"" OTHER "\"],"
    "\"host\":\"web-1\",\"tags\":{\"env\":\"prod\",\"az\":\"b\"},"
    "\"interval\":10,\"plugins\":["
    "{\"plugin\":\"disk\",\"instance_name\":\"mount\",\"fields\":"
    "[[\"total\",\"gauge\",\"bytes\"],[\"percent\",\"gauge\",\"percent\","
    "\"How full.\"]],\"rows\":[[\"/home\",1763800000,1e12,71.2],"
    "[[\"/x\",{\"fs\":\"ext4\",\"b\":\"1\"}],1763800000.5,1e12,null],"
    "[null,1763800000,null,null]]},"
    "{\"plugin\":\"net\",\"host\":\"web-2\",\"interval\":0.5,"
    "\"fields\":[[\"rx\",\"counter\",\"\"],[\"busy\",\"total\",\"seconds\"]],"
    "\"rows\":[[[null,{\"if\":\"eth0\"}],1763800000,9223372036854775807,0.25]]"
    "}]}";

static const char batch_lists[] =
    "web-1{az=b,env=prod}:disk[mount=/home] "
    "1763800000000000000/10000000000 total:gauge:bytes=1000000000000 "
    "percent:gauge:percent=71.200000000000003\n"
    "web-1{az=b,env=prod}:disk[mount=/x]{b=1,fs=ext4} "
    "1763800000500000000/10000000000 total:gauge:bytes=1000000000000 "
    "percent:gauge:percent=-\n"
    "web-2:net{if=eth0} 1763800000000000000/500000000 "
    "rx:counter:=9223372036854775807 busy:total:seconds=0.25\n";

static void
a_batch_becomes_its_rows(void **state)
{
	struct request q;

	(void)state;
	becomes(batch, batch_lists);
	read_text(&q, batch);
	assert_int_equal(q.in.empty, 1);
	assert_string_equal(q.in.lists[0]->fields[1]->help, "How full.");
	assert_string_equal(q.in.queue, QUEUE);
	assert_false(q.in.has_seq);
	assert_int_equal(q.in.n_via, 1);
	assert_string_equal(q.in.via[0], OTHER);
	assert_int_equal(q.in.sent_ns, 1763800001100000000);
	done(&q);
}

#define ROWS                                                                  \
	"\"host\":\"h\",\"plugins\":[{\"plugin\":\"x\",\"fields\":[[\"f\","   \
	"\"gauge\",\"\"]],\"rows\":[[\"a\",1,1],[\"b\",1,null],[\"c\",1,2]]}]}"

static void
a_row_without_a_value_keeps_its_place_where_rows_have_numbers(void **state)
{
	struct request q;

	(void)state;
	becomes("{\"v\":1,\"queue\":\"" QUEUE "\"," ROWS,
	    "h:x[=a] 1000000000/0 f:gauge:=1\n"
	    "h:x[=c] 1000000000/0 f:gauge:=2\n");
	read_text(&q, "{\"v\":1,\"queue\":\"" QUEUE "\",\"seq\":17," ROWS);
	assert_int_equal(q.in.status, 200);
	assert_int_equal(q.in.n, 3);
	assert_int_equal(q.in.empty, 1);
	assert_int_equal(q.in.seq, 17);
	assert_true(q.in.has_seq);
	assert_null(q.in.via);
	done(&q);
}

static void
a_way_through_no_hub_is_not_the_same_as_none_that_is_said(void **state)
{
	struct request q;

	(void)state;
	read_text(&q, "{\"v\":1,\"via\":[]," ROWS);
	assert_int_equal(q.in.status, 200);
	assert_non_null(q.in.via);
	assert_int_equal(q.in.n_via, 0);
	done(&q);
	is_wrong("{\"v\":1,\"queue\":\"9f\",\"via\":[\"" QUEUE
		 "\",\"\",7]," ROWS,
	    "queue: 32 hexadecimal digits are expected\n"
	    "via[1]: is empty\n"
	    "via[2]: a text is expected\n");
}

static void
a_sender_says_who_it_is_or_nothing(void **state)
{
	struct request q;

	(void)state;
	read_text(&q, "{\"v\":1,\"sender\":{\"version\":\"2\",\"x\":[],"
		      "\"host\":\"a\"}," ROWS);
	assert_int_equal(q.in.status, 200);
	assert_string_equal(q.in.sender.host, "a");
	assert_string_equal(q.in.sender.version, "2");
	done(&q);
	read_text(&q, "{\"v\":1," ROWS);
	assert_int_equal(q.in.status, 200);
	assert_null(q.in.sender.host);
	done(&q);
	is_wrong("{\"v\":1,\"sender\":{\"version\":\"\"}," ROWS,
	    "sender.version: is empty\nsender.host: is missing\n");
	is_wrong("{\"v\":1,\"sender\":\"fettle\"," ROWS,
	    "sender: an object is expected\n");
}

static void
a_way_through_more_than_16_hubs_is_too_long(void **state)
{
	struct buf text = { 0 };

	(void)state;
	buf_puts(&text, "{\"v\":1,\"via\":[");
	for (int i = 0; i < 17; i++)
		buf_printf(&text, "%s\"" QUEUE "\"", i > 0 ? "," : "");
	buf_puts(&text, "]," ROWS);
	is_wrong(text.data, "via[16]: it went through too many hubs\n");
	buf_free(&text);
}

static void
the_members_of_a_batch_may_stand_in_any_order(void **state)
{
	(void)state;
	becomes("{\"plugins\":[{\"rows\":[[\"a\",1,2]],\"interval\":5,"
		"\"fields\":[[\"f\",\"gauge\",\"\"]],\"plugin\":\"x\"}],"
		"\"host\":\"h\",\"unknown\":[{}],\"tags\":{\"k\":\"v\"},"
		"\"v\":1}",
	    "h{k=v}:x[=a] 1000000000/5000000000 f:gauge:=2\n");
	becomes("{\"v\":1,\"plugins\":[],\"cpu\":[\"not a snapshot's\"]}", "");
}

#define GROUP(fields, rows)                                                         \
	"{\"v\":1,\"host\":\"h\",\"plugins\":[{\"plugin\":\"x\",\"fields\":" fields \
	",\"rows\":" rows "}]}"

static void
every_mistake_of_a_batch_is_named(void **state)
{
	(void)state;
	is_wrong("{\"v\":2,\"plugins\":{},\"seq\":1.5,\"queue\":\"\"}",
	    "v: only version 1 is known\n"
	    "plugins: an array is expected\n"
	    "seq: a whole number from 0 is expected\n"
	    "queue: is empty\n");
	is_wrong("{\"host\":\"h\",\"plugins\":[]}", "v: is missing\n");
	is_wrong("{\"v\":1,\"plugins\":[{\"plugin\":\"x\",\"fields\":"
		 "[[\"f\",\"gauge\",\"\"]],\"rows\":[[null,1,1]]}]}",
	    "host: is missing\n");
	is_wrong("{\"v\":1,\"plugins\":[{\"plugin\":\"Cpu\",\"rows\":[[1]]},"
		 "3,{\"instance_name\":\"a b\",\"interval\":-1,\"tags\":"
		 "{\"a b\":\"\",\"c\":1}}]}",
	    "plugins[0].plugin: a name of a-z 0-9 _ is expected\n"
	    "plugins[0].fields: is missing\n"
	    "plugins[1]: an object is expected\n"
	    "plugins[2].instance_name: a name of A-Z a-z 0-9 _ is expected\n"
	    "plugins[2].interval: seconds from 0 to a year are expected\n"
	    "plugins[2].tags[\"a b\"]: a tag's key is of A-Z a-z 0-9 _ . -\n"
	    "plugins[2].tags[\"c\"]: a text is expected\n"
	    "plugins[2].plugin: is missing\n"
	    "plugins[2].fields: is missing\n"
	    "plugins[2].rows: is missing\n");
	is_wrong(GROUP("[[\"f\",\"gauge\"],[\"g h\",\"rate\",7],[\"k\","
		       "\"total\",\"\"],[\"k\",\"total\",\"\"]]",
		     "[]"),
	    "plugins[0].fields[0]: name, kind and unit are expected\n"
	    "plugins[0].fields[1][0]: a name of A-Z a-z 0-9 _ is expected\n"
	    "plugins[0].fields[1][1]: gauge, counter or total is expected\n"
	    "plugins[0].fields[1][2]: a text is expected\n"
	    "plugins[0].fields[3]: the name was there before\n");
	is_wrong(GROUP("[[\"f\",\"gauge\",\"\"],[\"c\",\"counter\",\"\"]]",
		     "[[null,1,1,1],[null,1,1],[null,1,1,1,1],"
		     "[7,\"x\",\"y\",-1],[[\"a\"],1,1,1.0],"
		     "[[\"a\",{},0],1,1,1],{},[\"\",1,null,null]]"),
	    "plugins[0].rows[1]: instance, time and a value a field "
	    "expected\n"
	    "plugins[0].rows[2]: instance, time and a value a field "
	    "expected\n"
	    "plugins[0].rows[3][0]: a text is expected\n"
	    "plugins[0].rows[3][1]: a number is expected\n"
	    "plugins[0].rows[3][2]: a number is expected\n"
	    "plugins[0].rows[3][3]: a counter is a whole number from 0\n"
	    "plugins[0].rows[4][0]: an instance is [name, {tags}]\n"
	    "plugins[0].rows[4][3]: a counter is a whole number from 0\n"
	    "plugins[0].rows[5][0][2]: an instance is [name, {tags}]\n"
	    "plugins[0].rows[6]: an array is expected\n"
	    "plugins[0].rows[7][0]: is empty\n");
}

static void
many_mistakes_are_counted_and_the_first_ones_kept(void **state)
{
	struct buf text = { 0 };
	struct request q;

	(void)state;
	buf_puts(&text, "[0");
	for (int i = 1; i < 1000; i++)
		buf_puts(&text, ",0");
	buf_puts(&text, "]");
	read_text(&q, text.data);
	assert_int_equal(q.in.status, 422);
	assert_int_equal(q.in.n_wrong, 1000);
	assert_string_equal(q.in.wrong[19].path, "[19]");
	done(&q);
	buf_free(&text);
}

static void
a_syntax_error_wins_over_what_is_wrong(void **state)
{
	struct request q;

	(void)state;
	read_text(&q, "{\"timestamp\":null,\"cpu\":NaN}");
	assert_int_equal(q.in.status, 400);
	assert_int_equal(q.in.offset, 24);
	done(&q);
	read_text(&q, "");
	assert_int_equal(q.in.status, 400);
	assert_string_equal(q.in.what, "the text ends here");
	done(&q);
}

static void
a_batch_cut_anywhere_is_no_batch(void **state)
{
	char *text = malloc(sizeof(batch));

	(void)state;
	for (size_t n = 0; n < sizeof(batch) - 1; n++) {
		struct ingest in;

		memcpy(text, batch, n);
		ingest_read(&in, text, n);
		assert_int_equal(in.status, 400);
		ingest_fini(&in);
	}
	free(text);
}

static void
three_hundred_fields_are_taken_and_too_many_are_not(void **state)
{
	struct buf text = { 0 };
	struct request q;

	(void)state;
	for (int n = 300; n <= 1100; n += 800) {
		buf_clear(&text);
		buf_puts(&text,
		    "{\"v\":1,\"host\":\"h\",\"plugins\":[{\"plugin\":\"x\","
		    "\"rows\":[[null,1");
		for (int i = 0; i < n; i++)
			buf_printf(&text, ",%d", i);
		buf_puts(&text, "]],\"fields\":[");
		for (int i = 0; i < n; i++)
			buf_printf(&text, "%s[\"f%d\",\"gauge\",\"\"]",
			    i > 0 ? "," : "", i);
		buf_puts(&text, "]}]}");
		read_text(&q, text.data);
		assert_int_equal(q.in.status, n == 300 ? 200 : 422);
		if (n == 300)
			assert_true(q.in.lists[0]->values[299].real == 299);
		done(&q);
	}
	buf_free(&text);
}

static void
rows_that_would_take_too_much_memory_are_refused(void **state)
{
	struct buf text = { 0 };
	struct request q;

	(void)state;
	buf_puts(&text, "{\"v\":1,\"host\":\"h\",\"plugins\":[{\"plugin\":"
			"\"x\",\"fields\":[[\"f\",\"gauge\",\"\"]],"
			"\"rows\":[[null,1,1]");
	for (int i = 0; i < 600000; i++)
		buf_puts(&text, ",[null,1,1]");
	buf_puts(&text, "]}]}");
	read_text(&q, text.data);
	assert_int_equal(q.in.status, 413);
	done(&q);
	buf_free(&text);
}

static void
of_many_fields_none_has_the_name_of_another(void **state)
{
	struct buf text = { 0 };
	struct request q;

	(void)state;
	buf_puts(&text, "{\"v\":1,\"host\":\"a\",\"plugins\":[{\"plugin\":"
			"\"x\",\"rows\":[],\"fields\":[");
	for (int i = 0; i < 1000; i++)
		buf_printf(&text, "%s[\"f%d\",\"gauge\",\"\"]",
		    i > 0 ? "," : "", i == 700 ? 3 : i);
	buf_puts(&text, ",[1,2,3],[1,2,3]]}]}");
	read_text(&q, text.data);
	assert_int_equal(q.in.status, 422);
	assert_int_equal(q.in.n_wrong, 7);
	assert_string_equal(q.in.wrong[6].path, "plugins[0].fields[700]");
	assert_string_equal(q.in.wrong[6].what, "the name was there before");
	done(&q);
	buf_free(&text);
}

static void
what_an_agent_sends_arrives_as_it_left(void **state)
{
	static const struct fettle_field rx = { "rx", FETTLE_COUNTER, "bytes",
		NULL };
	static const struct fettle_field busy = { "busy", FETTLE_TOTAL,
		"seconds", NULL };
	static const struct fettle_field load = { "1m", FETTLE_GAUGE, "",
		NULL };
	static const struct fettle_field *const fields[] = { &rx, &busy,
		&load };
	static const struct fettle_tag tags[] = { { "a", "1" },
		{ "b", "x\"y" } };
	const struct fettle_value values[][3] = {
		{ fettle_count((UINT64_C(1) << 53) + 1), fettle_total(0.1),
		    fettle_gauge(-1e-300) },
		{ fettle_count(INT64_MAX), fettle_total(1e300), { 0 } },
		{ fettle_count(0), { 0 }, fettle_gauge(16.600000000000001) },
	};
	struct fettle_list lists[3];
	const struct fettle_list *pointers[3];
	const struct fettle_batch whole = { .size = sizeof whole,
		.lists = pointers,
		.n = 3,
		.queue = "0123456789abcdef0123456789abcdef",
		.seq = 7 };
	struct buf sent = { 0 };
	struct request q;
	struct text text = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		lists[i] = (struct fettle_list){ .size = sizeof lists[i],
			.host = i < 2 ? "web-1" : "web-\xc3\xa9",
			.plugin = "net",
			.instance = i == 0 ? NULL : "/x\\x0ay",
			.instance_name = "device",
			.tags = tags,
			.n_tags = (size_t)i,
			.host_tags = tags,
			.n_host_tags = (size_t)(2 - i),
			.time_ns = INT64_C(1763800000123456789) + i,
			.interval_ns = i == 1 ? 500000000 : 10000000000,
			.fields = fields,
			.values = values[i],
			.n = 3 };
		pointers[i] = &lists[i];
		if (i == 0)
			lists[i].instance_name = NULL;
		put_list(&sent, &lists[i]);
	}
	batch_json(&text, &whole, "web-9", INT64_C(1763800001000000000));
	becomes(text.data, sent.data);
	read_text(&q, text.data);
	assert_string_equal(q.in.sender.host, "web-9");
	assert_string_equal(q.in.sender.version, PACKAGE_VERSION);
	done(&q);
	text_free(&text);
	buf_free(&sent);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_snapshot_becomes_the_lists_of_cpu_memory_and_disk),
		cmocka_unit_test(a_timestamp_is_seconds_or_iso_8601),
		cmocka_unit_test(unknown_members_of_a_snapshot_are_ignored),
		cmocka_unit_test(what_is_passed_over_must_be_json_too),
		cmocka_unit_test(other_file_systems_of_a_snapshot_are_mounts),
		cmocka_unit_test(an_array_is_of_snapshots),
		cmocka_unit_test(every_mistake_of_a_snapshot_is_named),
		cmocka_unit_test(a_batch_becomes_its_rows),
		cmocka_unit_test(
		    a_row_without_a_value_keeps_its_place_where_rows_have_numbers),
		cmocka_unit_test(
		    a_way_through_no_hub_is_not_the_same_as_none_that_is_said),
		cmocka_unit_test(a_sender_says_who_it_is_or_nothing),
		cmocka_unit_test(a_way_through_more_than_16_hubs_is_too_long),
		cmocka_unit_test(
		    the_members_of_a_batch_may_stand_in_any_order),
		cmocka_unit_test(every_mistake_of_a_batch_is_named),
		cmocka_unit_test(
		    many_mistakes_are_counted_and_the_first_ones_kept),
		cmocka_unit_test(a_syntax_error_wins_over_what_is_wrong),
		cmocka_unit_test(a_batch_cut_anywhere_is_no_batch),
		cmocka_unit_test(
		    three_hundred_fields_are_taken_and_too_many_are_not),
		cmocka_unit_test(what_an_agent_sends_arrives_as_it_left),
		cmocka_unit_test(of_many_fields_none_has_the_name_of_another),
		cmocka_unit_test(
		    rows_that_would_take_too_much_memory_are_refused),
	};

	return cmocka_run_group_tests_name("hub_ingest", tests, NULL, NULL);
}
