/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "alert/record.h"
#include "base/alloc.h"

/* Every kind of record, as it may be: the value, and how it is read back. */

static void
fill_subject(struct subject *s)
{
	*s = (struct subject){ .rule = "disk[*].percent (night)",
		.host = "web-1",
		.plugin = "disk",
		.instance = "/home \xc3\xa4",
		.tags = { { "fs", "ext4" }, { "pool", "" } },
		.n_tags = 2,
		.field = "percent",
		.unit = "percent" };
}

static void
put_alert(struct buf *b)
{
	struct alert_record r = { .no_data = true,
		.forced_rank = RANK_OK,
		.since = 5,
		.changed = STAMP_NONE,
		.worst = 99.5,
		.incident = 7 };

	fill_subject(&r.of);
	r.level = (struct level){ .warning = { true, 1, STAMP_NONE },
		.failure = { false, STAMP_NONE, 3 },
		.basis = { 80, NAN, 2, true },
		.stamp = STAMP_MAX,
		.number = NAN,
		.interval_ns = 10 };
	record_put_alert(b, &r);
}

static void
put_row(struct buf *b)
{
	struct row_record r = { .receiver = "slack" };

	fill_subject(&r.of);
	r.of.instance = NULL;
	r.of.n_tags = 0;
	entry_init(&r.entry, 300);
	r.entry.maybe = (struct truth){ RANK_FAILURE, true };
	r.entry.changes = 4;
	r.entry.said = (struct said){ KIND_FIRING, { RANK_WARNING, false },
		{ RANK_WARNING, false }, 4 };
	r.entry.under_way = true;
	record_put_row(b, &r);
}

static void
put_clock(struct buf *b)
{
	const struct clock_record r = { 1, 2, true, 3, 4 };

	record_put_clock(b, &r);
}

static void
put_receiver(struct buf *b)
{
	const struct receiver_record r = { "slack", 1, 2, 3, true };

	record_put_receiver(b, &r);
}

static void
put_host(struct buf *b)
{
	const struct host_record r = { "web-1", true, 9, 10 };

	record_put_host(b, &r);
}

static void
put_silence(struct buf *b)
{
	const struct silence_record r = { 1, "disk[\\*]", "moving house", 5,
		6 };

	record_put_silence(b, &r);
}

static void
put_dead(struct buf *b)
{
	const struct dead_record r = { 1, 2, "cpu", "web-1:cpu.percent",
		"slack", "refused", { RANK_NONE, false } };

	record_put_dead(b, &r);
}

static void
put_past(struct buf *b)
{
	const struct past_record r = { .n = 2,
		.events = { { .time_ns = 1,
				.what = HISTORY_MOVED,
				.was = { RANK_OK, false },
				.is = { RANK_WARNING, true },
				.number = 95 },
		    { .time_ns = 2,
			.what = HISTORY_DELIVERED,
			.was = { RANK_NONE, false },
			.is = { RANK_FAILURE, false },
			.number = NAN,
			.kind = KIND_CLOSED,
			.hold = HOLD_REFUSED,
			.until_ns = STAMP_MAX,
			.closing = CLOSING_HOST,
			.took_ns = 84,
			.answer = FETTLE_UNKNOWN,
			.receiver = "slack",
			.words = "200 \xc3\xa4" } } };

	record_put_past(b, &r);
}

static void
put_meter(struct buf *b)
{
	const struct meter_record r = { "memory" };

	record_put_meter(b, &r);
}

/* Reads a value and writes what it read; false where it is damaged. */
#define AGAIN(name, type)                                                     \
	static bool again_##name(const void *data, size_t len, struct buf *b) \
	{                                                                     \
		struct type r;                                                \
                                                                              \
		if (!record_get_##name(data, len, &r))                        \
			return false;                                         \
		record_put_##name(b, &r);                                     \
		return true;                                                  \
	}

AGAIN(clock, clock_record)
AGAIN(alert, alert_record)
AGAIN(row, row_record)
AGAIN(receiver, receiver_record)
AGAIN(host, host_record)
AGAIN(silence, silence_record)
AGAIN(dead, dead_record)
AGAIN(past, past_record)
AGAIN(meter, meter_record)

static const struct sort {
	const char *name;
	void (*put)(struct buf *b);
	bool (*again)(const void *data, size_t len, struct buf *b);
} sorts[RECORD_N] = {
	[RECORD_CLOCK] = { "clock", put_clock, again_clock },
	[RECORD_ALERT] = { "alert", put_alert, again_alert },
	[RECORD_ROW] = { "row", put_row, again_row },
	[RECORD_RECEIVER] = { "receiver", put_receiver, again_receiver },
	[RECORD_HOST] = { "host", put_host, again_host },
	[RECORD_SILENCE] = { "silence", put_silence, again_silence },
	[RECORD_DEAD] = { "dead", put_dead, again_dead },
	[RECORD_PAST] = { "past", put_past, again_past },
	[RECORD_METER] = { "meter", put_meter, again_meter },
};

static void
what_was_written_is_read_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < RECORD_N; i++) {
		struct buf first = { 0 }, second = { 0 };

		sorts[i].put(&first);
		if (!sorts[i].again(first.data, first.len, &second))
			fail_msg("%s cannot be read", sorts[i].name);
		assert_int_equal(first.len, second.len);
		assert_memory_equal(first.data, second.data, first.len);
		buf_free(&first);
		buf_free(&second);
	}
}

/* In memory of just that size, so that a sanitizer sees who reads beyond. */
static bool
read_copy(const struct sort *s, const char *data, size_t len)
{
	struct buf b = { 0 };
	char *copy = xmalloc(len > 0 ? len : 1);
	bool read;

	memcpy(copy, data, len);
	read = s->again(copy, len, &b);
	if (read && (b.len != len || memcmp(b.data, copy, len) != 0))
		fail_msg("%s: read as something else", s->name);
	free(copy);
	buf_free(&b);
	return read;
}

static void
nothing_shorter_or_longer_is_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < RECORD_N; i++) {
		struct buf b = { 0 };

		sorts[i].put(&b);
		for (size_t len = 0; len < b.len; len++)
			if (read_copy(&sorts[i], b.data, len))
				fail_msg("%s: %d bytes taken", sorts[i].name,
				    (int)len);
		buf_putc(&b, '\0');
		assert_false(read_copy(&sorts[i], b.data, b.len));
		buf_free(&b);
	}
}

/* Any byte may be another: it is refused, or read as what it says. */
static void
a_damaged_value_is_refused_or_means_what_it_says(void **state)
{
	static const unsigned char others[] = { 0, 1, 0x7f, 0x80, 0xff };

	(void)state;
	for (size_t i = 0; i < RECORD_N; i++) {
		struct buf b = { 0 };

		sorts[i].put(&b);
		for (size_t at = 0; at < b.len; at++)
			for (size_t k = 0; k < sizeof(others); k++) {
				const char was = b.data[at];

				b.data[at] = (char)others[k];
				read_copy(&sorts[i], b.data, b.len);
				b.data[at] = was;
			}
		buf_free(&b);
	}
}

static void
another_version_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < RECORD_N; i++) {
		struct buf b = { 0 };

		sorts[i].put(&b);
		b.data[0]++;
		assert_false(read_copy(&sorts[i], b.data, b.len));
		buf_free(&b);
	}
}

static void
texts_have_no_control_characters_and_no_end(void **state)
{
	static const char *const wrong[] = { "a\nb", "a\tb", "\x7f", "\xff",
		"\xc3" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		const struct host_record r = { wrong[i], false, 0, 0 };
		struct buf b = { 0 };

		record_put_host(&b, &r);
		assert_false(read_copy(&sorts[RECORD_HOST], b.data, b.len));
		buf_free(&b);
	}
}

static void
a_name_has_4096_bytes_at_most(void **state)
{
	char name[RECORD_TEXT_MAX + 2];
	const struct host_record r = { name, false, 0, 0 };
	struct buf b = { 0 }, longer = { 0 };
	enum { HEAD = 3 }; /* version, length */

	(void)state;
	memset(name, 'x', sizeof(name));
	name[RECORD_TEXT_MAX + 1] = '\0';
	assert_false(record_text(name));
	name[RECORD_TEXT_MAX] = '\0';
	assert_true(record_text(name));
	record_put_host(&b, &r);
	assert_true(read_copy(&sorts[RECORD_HOST], b.data, b.len));
	buf_add(&longer, b.data, HEAD);
	longer.data[1]++;
	buf_putc(&longer, 'x');
	buf_add(&longer, b.data + HEAD, b.len - HEAD);
	assert_false(read_copy(&sorts[RECORD_HOST], longer.data, longer.len));
	buf_free(&b);
	buf_free(&longer);
}

static void
a_dead_letter_is_cut_where_it_is_too_long(void **state)
{
	char series[3 * RECORD_TEXT_MAX];
	const struct dead_record r = { 1, 2, "cpu", series, "slack", "refused",
		{ RANK_FAILURE, false } };
	struct dead_record back;
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(series) - 1; i++)
		series[i] = "\xe2\x82\xac"[i % 3];
	series[sizeof(series) - 1] = '\0';
	record_put_dead(&b, &r);
	assert_true(record_get_dead(b.data, b.len, &back));
	assert_int_equal(strlen(back.series), RECORD_TEXT_MAX / 3 * 3);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read_back),
		cmocka_unit_test(nothing_shorter_or_longer_is_taken),
		cmocka_unit_test(
		    a_damaged_value_is_refused_or_means_what_it_says),
		cmocka_unit_test(another_version_is_refused),
		cmocka_unit_test(texts_have_no_control_characters_and_no_end),
		cmocka_unit_test(a_name_has_4096_bytes_at_most),
		cmocka_unit_test(a_dead_letter_is_cut_where_it_is_too_long),
	};

	return cmocka_run_group_tests_name("alert_record", tests, NULL, NULL);
}
