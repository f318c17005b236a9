/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <jansson.h>

#include "base/human.h"
#include "base/when.h"
#include "control/render_alerts.h"

/* 1763800000 is 2025-11-22 08:26:40 UTC, half past nine for those who read. */
#define NOW "\"now\": 1763800000"

static int
begin(void **state)
{
	(void)state;
	setenv("TZ", "XST-1", 1);
	tzset();
	return 0;
}

static json_t *
parse(const char *text)
{
	json_error_t error;
	json_t *o = json_loads(text, 0, &error);

	if (o == NULL)
		fail_msg("%s at %d", error.text, error.position);
	return o;
}

/* --- times --------------------------------------------------------------- */

static void
check_clock(double at, const char *wanted)
{
	struct buf text = { 0 };

	when_clock(&text, at, 1763800000);
	assert_string_equal(text.data, wanted);
	buf_free(&text);
}

static void
times_say_the_day_where_it_is_another(void **state)
{
	struct buf text = { 0 };

	(void)state;
	check_clock(1763800000, "09:26:40");
	check_clock(1763766000, "00:00:00");
	check_clock(1763765999, "Nov 21 23:59:59");
	check_clock(1763852400, "Nov 23 00:00:00");
	check_clock(1763800000 - 365 * 86400, "Nov 22 09:26:40");
	check_clock(NAN, "-");
	check_clock(-1, "-");
	check_clock(1e300, "-");
	when_full(&text, 1763800000.5);
	assert_string_equal(text.data, "2025-11-22 09:26:40 XST");
	buf_clear(&text);
	when_full(&text, NAN);
	assert_string_equal(text.data, "-");
	buf_free(&text);
}

static void
spans_are_short(void **state)
{
	struct buf text = { 0 };

	(void)state;
	human_span(&text, 840);
	buf_putc(&text, ',');
	human_span(&text, -3);
	buf_putc(&text, ',');
	human_span(&text, NAN);
	assert_string_equal(text.data, "14 min,0 s,-");
	buf_free(&text);
}

/* --- alerts -------------------------------------------------------------- */

typedef void render(FILE *out, const json_t *answer, bool colour);

static char *
shown(render *how, const char *json, bool colour)
{
	json_t *answer = parse(json);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	how(out, answer, colour);
	fclose(out);
	json_decref(answer);
	return text;
}

static void
check(render *how, const char *json, const char *wanted)
{
	char *text = shown(how, json, false);

	assert_string_equal(text, wanted);
	free(text);
}

static void
wrong_ones(FILE *out, const json_t *answer, bool colour)
{
	render_alerts(out, answer, false, colour);
}

static void
all_of_them(FILE *out, const json_t *answer, bool colour)
{
	render_alerts(out, answer, true, colour);
}

static const char several[] =
    "{" NOW ", \"counts\": {\"failure\": 1, \"warning\": 2, \"no-data\": 1,"
    " \"pending\": 1, \"ok\": 12}, \"left_out\": 3,"
    " \"silences\": [{\"number\": 3, \"pattern\": \"web-2:*\","
    "  \"reason\": \"a new\\ndisk\", \"until\": 1763803600}],"
    " \"store\": {\"state\": \"degraded\", \"why\": \"No space left\"},"
    " \"alerts\": ["
    "{\"series\": \"web-1:disk[/].percent\", \"state\": \"failure\","
    " \"level\": \"failure\", \"value\": 97.1, \"limit\": 95,"
    " \"unit\": \"percent\", \"since\": 1763799160, \"message\": \"clean\","
    " \"timeline\": [{\"time\": 1763799160, \"value\": 96,"
    "  \"text\": \"failure, was ok\"}]},"
    "{\"series\": \"web-2:memory.available\", \"state\": \"warning\","
    " \"level\": \"warning\", \"value\": 1048576, \"limit\": 2097152,"
    " \"below\": true, \"unit\": \"bytes\", \"since\": 1763799990,"
    " \"silence\": 3},"
    "{\"series\": \"we\\u001b[31mb:x.n\", \"state\": \"no-data\","
    " \"level\": \"failure\", \"value\": 7, \"limit\": 5, \"unit\": \"\","
    " \"since\": 1763790000},"
    "{\"series\": \"web-1:load.1m\", \"state\": \"pending\","
    " \"level\": \"ok\", \"value\": 9, \"limit\": 8, \"unit\": \"\","
    " \"since\": 1763799999, \"message\": \"not yet\"}]}";

static void
what_is_wrong_is_a_table_the_worst_first(void **state)
{
	(void)state;
	check(wrong_ones, several,
	    "2025-11-22 09:26:40 XST: 1 failure, 2 warnings, 1 without data; "
	    "1 pending, 12 ok\n"
	    "in memory only, a restart forgets it: No space left\n"
	    "\n"
	    "STATE                SERIES                    VALUE  LIMIT       "
	    "FOR     SILENCE\n"
	    "● failure            web-1:disk[/].percent    97.1 %  >= 95.0 %   "
	    "14 min  -\n"
	    "    clean\n"
	    "▲ warning            web-2:memory.available  1.0 MiB  <= 2.0 MiB"
	    "  10 s    3 until 10:26:40\n"
	    "◇ no data (failure)  we\\x1b[31mb:x.n               7  >= 5"
	    "        2 h     -\n"
	    "and 1 more\n"
	    "\n"
	    "silence 3 until 10:26:40: web-2:* (a new\\x0adisk)\n");
}

static void
all_of_them_have_their_story(void **state)
{
	char *text = shown(all_of_them, several, false);

	(void)state;
	assert_non_null(
	    strstr(text, "\n    09:12:40  failure, was ok, 96.0 %\n"));
	assert_non_null(strstr(text, "\n○ pending            web-1:load.1m "));
	assert_non_null(strstr(text, "\nand 3 more\n"));
	assert_null(strstr(text, "not yet"));
	free(text);
}

static void
that_nothing_is_wrong_is_said(void **state)
{
	(void)state;
	check(wrong_ones,
	    "{" NOW ", \"alerts\": [], \"counts\": {\"ok\": 12}}",
	    "2025-11-22 09:26:40 XST: nothing is wrong; 12 ok\n");
	check(wrong_ones, "{" NOW ", \"alerts\": [], \"counts\": {}}",
	    "2025-11-22 09:26:40 XST: no rule watches anything yet, see "
	    "thresholds in fettle.yaml(5)\n");
}

static void
state_is_a_word_and_a_shape_beside_the_colour(void **state)
{
	char *text = shown(wrong_ones, several, true);

	(void)state;
	assert_non_null(strstr(text, "\033[31m● failure\033[0m"));
	assert_non_null(strstr(text, "\033[33m▲ warning\033[0m"));
	free(text);
}

static void
answers_of_another_shape_are_survived(void **state)
{
	static const char *const odd[] = { "{}", "{\"alerts\": 3}",
		"{\"alerts\": [3, null, {}], \"silences\": [[]],"
		" \"counts\": [], \"store\": 1, \"now\": \"x\"}",
		"{\"alerts\": [{\"state\": 1, \"value\": \"x\","
		" \"timeline\": {}, \"receivers\": 7, \"next\": []}],"
		" \"left_out\": {}}",
		"{\"rules\": [{}, 1, {\"notify\": [3]}]}" };
	render *const all[] = { wrong_ones, all_of_them, render_explain,
		render_silences, render_silence, render_rules };

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		for (size_t k = 0; k < sizeof(all) / sizeof(*all); k++)
			free(shown(all[k], odd[i], false));
}

/* --- one alert ----------------------------------------------------------- */

static void
an_explanation_goes_from_the_number_to_who_knows(void **state)
{
	(void)state;
	check(render_explain,
	    "{" NOW ", \"receivers\": {\"mail\": {\"next\": 1763800060,"
	    "  \"failures\": 2}}, \"alerts\": ["
	    "{\"series\": \"web-1:cpu.percent\", \"rule\": \"cpu\","
	    " \"state\": \"failure\", \"level\": \"failure\","
	    " \"value\": 97.1, \"value_time\": 1763799997, \"limit\": 95,"
	    " \"worst\": 98.2, \"unit\": \"percent\","
	    " \"since\": 1763799160, \"message\": \"look\\u0007\","
	    " \"settings\": {\"for\": 300, \"hysteresis\": 2,"
	    "  \"cooldown\": 3600,"
	    "  \"remind\": 14400},"
	    " \"next\": {\"state\": \"ok\", \"from\": 1763799990,"
	    "  \"at\": 1763800020},"
	    " \"timeline\": ["
	    "{\"time\": 1763799460, \"what\": \"moved\", \"value\": 96,"
	    " \"state\": \"failure\", \"text\": \"failure, was ok\"},"
	    "{\"time\": 1763799461, \"what\": \"delivered\","
	    " \"value\": null, \"state\": null,"
	    " \"text\": \"slack: firing delivered: 200\"},"
	    "{\"time\": 1763799470, \"what\": \"held\", \"value\": null,"
	    " \"state\": null, \"until\": 1763803061,"
	    " \"text\": \"slack: resolved held back: cooldown\"}],"
	    " \"receivers\": ["
	    "{\"receiver\": \"slack\", \"told\": \"failure\","
	    " \"told_at\": 1763799461, \"owed\": null,"
	    " \"reminder\": 1763813861},"
	    "{\"receiver\": \"mail\", \"told\": \"ok\", \"told_at\": null,"
	    " \"owed\": \"firing\", \"hold\": null},"
	    "{\"receiver\": \"night\", \"told\": \"ok\","
	    " \"told_at\": 1763700000, \"maybe\": \"failure\","
	    " \"owed\": \"firing\", \"hold\": \"silence\","
	    " \"why\": \"silence\", \"silence\": 3, \"until\": 1763803600},"
	    "{\"receiver\": \"hub\", \"told\": \"ok\", \"told_at\": null,"
	    " \"owed\": \"firing\", \"hold\": \"host silent\","
	    " \"why\": \"its host is silent\", \"until\": null},"
	    "{\"receiver\": \"chat\", \"told\": \"ok\", \"told_at\": null,"
	    " \"owed\": \"firing\", \"under_way\": true}]}]}",
	    "2025-11-22 09:26:40 XST\n"
	    "\n"
	    "● failure  web-1:cpu.percent, for 14 min, since 09:12:40\n"
	    "  97.1 %, limit >= 95.0 %, worst 98.2 %, measured 3 s ago\n"
	    "  rule cpu, for 5 min 0 s, hysteresis 2.0 %, cooldown 1 h 0 min, "
	    "reminded every 4 h 0 min\n"
	    "  look\\x07\n"
	    "  next: ok at 09:27:00, if its numbers stay as they have been "
	    "since 09:26:30\n"
	    "\n"
	    "  09:12:40          pending: the first number beyond the limit\n"
	    "  09:17:40  96.0 %  failure, was ok\n"
	    "  09:17:41          slack: firing delivered: 200\n"
	    "  09:17:50          slack: resolved held back: cooldown, "
	    "until 10:17:41\n"
	    "\n"
	    "  slack  was told failure at 09:17:41; next a reminder at "
	    "13:17:41\n"
	    "  mail   was told nothing; \"firing\" goes out at 09:27:40, "
	    "after 2 failures\n"
	    "  night  was told ok at Nov 21 05:40:00, and perhaps failure; "
	    "\"firing\" waits until 10:26:40: silence 3\n"
	    "  hub    was told nothing; \"firing\" is held back: "
	    "its host is silent\n"
	    "  chat   was told nothing; a message is under way\n");
}

static void
what_is_closed_says_why(void **state)
{
	(void)state;
	check(render_explain,
	    "{" NOW ", \"left_out\": 2, \"alerts\": ["
	    "{\"series\": \"a:b.c\", \"state\": \"closed\","
	    " \"why\": \"rule removed\", \"receivers\": []}]}",
	    "2025-11-22 09:26:40 XST\n"
	    "\n"
	    "· closed  a:b.c\n"
	    "  watched no longer: rule removed\n"
	    "\n"
	    "  nobody is told of it\n"
	    "\n"
	    "and 2 more\n");
}

/* --- silences and rules -------------------------------------------------- */

static void
silences_say_until_when_and_why(void **state)
{
	(void)state;
	check(render_silences,
	    "{" NOW ", \"silences\": [{\"number\": 3, \"pattern\": \"cpu\","
	    " \"reason\": \"work\", \"until\": 1763803600},"
	    " {\"number\": 12, \"pattern\": \"web-1:*\","
	    " \"reason\": \"moved\", \"until\": 1763900000}]}",
	    "2025-11-22 09:26:40 XST\n"
	    "SILENCE  UNTIL              LEFT  PATTERN  REASON\n"
	    "      3  10:26:40         60 min  cpu      work\n"
	    "     12  Nov 23 13:13:20    27 h  web-1:*  moved\n");
	check(render_silences, "{" NOW ", \"silences\": []}",
	    "2025-11-22 09:26:40 XST: there is no silence\n");
}

static void
a_new_silence_says_what_it_meets(void **state)
{
	(void)state;
	check(render_silence,
	    "{" NOW ", \"number\": 3, \"pattern\": \"web-1:*\","
	    " \"until\": 1763807200, \"left_out\": 0,"
	    " \"counts\": {\"failure\": 1, \"ok\": 1}, \"alerts\": ["
	    "{\"series\": \"web-1:a.b\", \"state\": \"failure\"},"
	    "{\"series\": \"web-1:c.d\", \"state\": \"ok\"}]}",
	    "silence 3 until 2025-11-22 11:26:40 XST (2 h 0 min): web-1:*\n"
	    "it meets 1 failure, 1 ok\n"
	    "● failure  web-1:a.b\n"
	    "✓ ok       web-1:c.d\n");
	check(render_silence,
	    "{" NOW ", \"number\": 4, \"pattern\": \"x\","
	    " \"until\": 1763800060, \"counts\": {}, \"alerts\": []}",
	    "silence 4 until 2025-11-22 09:27:40 XST (1 min 0 s): x\n"
	    "it meets no alert that there is now\n");
}

static void
rules_say_how_many_series_they_watch(void **state)
{
	(void)state;
	check(render_rules,
	    "{\"rules\": [{\"rule\": \"cpu\", \"series\": 3,"
	    " \"warning\": 90, \"failure\": null, \"for\": 300,"
	    " \"cooldown\": 300, \"remind\": 0, \"notify\": [\"slack\","
	    " \"mail\"]}, {\"rule\": \"memory.available\", \"series\": 0,"
	    " \"warning\": null, \"failure\": 200, \"below\": true,"
	    " \"cooldown\": 300, \"notify\": []}]}",
	    "RULE              SERIES  WARNING  FAILURE  FOR        COOLDOWN"
	    "   TELLS\n"
	    "cpu                    3  >= 90    -        5 min 0 s  5 min 0 s"
	    "  slack, mail\n"
	    "memory.available       0  -        <= 200   -          5 min 0 s"
	    "  -\n");
	check(render_rules, "{\"rules\": []}",
	    "there is no rule, see thresholds in fettle.yaml(5)\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_say_the_day_where_it_is_another),
		cmocka_unit_test(spans_are_short),
		cmocka_unit_test(what_is_wrong_is_a_table_the_worst_first),
		cmocka_unit_test(all_of_them_have_their_story),
		cmocka_unit_test(that_nothing_is_wrong_is_said),
		cmocka_unit_test(
		    state_is_a_word_and_a_shape_beside_the_colour),
		cmocka_unit_test(answers_of_another_shape_are_survived),
		cmocka_unit_test(
		    an_explanation_goes_from_the_number_to_who_knows),
		cmocka_unit_test(what_is_closed_says_why),
		cmocka_unit_test(silences_say_until_when_and_why),
		cmocka_unit_test(a_new_silence_says_what_it_meets),
		cmocka_unit_test(rules_say_how_many_series_they_watch),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
