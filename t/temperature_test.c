/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "fake_ctx.h"
#include "proc_root.h"

extern const struct fettle_plugin temperature_LTX_fettle_plugin;
static const struct fettle_plugin *const plugin =
    &temperature_LTX_fettle_plugin;

/* --- a /sys -------------------------------------------------------------- */

static void
put(struct fettle_ctx *ctx, const char *name, const char *text)
{
	proc_put(ctx->sys, name, text, strlen(text));
}

/* A line of a fixture: "FILE = TEXT", or "FILE -> TARGET" for a link. */
static void
put_line(struct fettle_ctx *ctx, char *line)
{
	char *is = strstr(line, " = "), *to = strstr(line, " -> ");
	struct buf text = { 0 };

	if (to != NULL) {
		*to = '\0';
		proc_link(ctx->sys, line, to + 4);
		return;
	}
	assert_non_null(is);
	*is = '\0';
	buf_printf(&text, "%s\n", is + 3);
	put(ctx, line, text.data);
	buf_free(&text);
}

static void
put_machine(struct fettle_ctx *ctx, const char *fixture)
{
	size_t n;
	char *text = fixture_text(fixture, &n), *rest = text, *line;

	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0')
		put_line(ctx, line);
	free(text);
}

static int
set_up(void **state)
{
	*state = proc_begin(plugin, "temperature", "");
	return 0;
}

static void
read_machine(struct fettle_ctx *ctx, const char *fixture)
{
	put_machine(ctx, fixture);
	assert_int_equal(plugin->open(ctx), 0);
	assert_int_equal(fake_read(ctx, 0), 0);
}

/* --- what came of it ----------------------------------------------------- */

/* Of the lists of that name, the one with both tags; input NULL: with one. */
static const struct fake_list *
find(struct fettle_ctx *ctx, const char *sensor, const char *device,
    const char *input)
{
	for (size_t i = 0; i < ctx->lists.n; i++) {
		const struct fake_list *l = &ctx->lists.v[i];

		assert_string_equal(l->tags[0].key, "device");
		if (strcmp(l->instance, sensor) != 0 ||
		    strcmp(l->tags[0].value, device) != 0 ||
		    l->n_tags != (input ? 2 : 1))
			continue;
		if (input == NULL || strcmp(l->tags[1].value, input) == 0)
			return l;
	}
	return NULL;
}

static size_t
descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

/* --- tests --------------------------------------------------------------- */

static void
sensors_have_their_labels_and_limits(void **state)
{
	struct fettle_ctx *ctx = *state;

	read_machine(ctx, "temperature/desktop");
	fake_check(ctx, "coretemp/Package id 0", "degrees", 45);
	fake_check(ctx, "coretemp/Package id 0", "high", 80);
	fake_check(ctx, "coretemp/Package id 0", "critical", 100);
	fake_check(ctx, "coretemp/Core 0", "degrees", 43);
	fake_check(ctx, "nvme/Composite", "degrees", 38.85);
	fake_check(ctx, "nvme/Composite", "critical", 84.85);
	assert_false(fake_has(ctx, "coretemp/Core 0", "low"));
	assert_non_null(
	    find(ctx, "coretemp/Package id 0", "coretemp.0", "temp1"));
	assert_non_null(find(ctx, "nvme/Sensor 1", "nvme0", "temp2"));
	assert_int_equal(ctx->log.len, 0);
}

static void
fans_and_voltages_have_theirs(void **state)
{
	struct fettle_ctx *ctx = *state;

	read_machine(ctx, "temperature/desktop");
	fake_check(ctx, "nct6775/fan2", "fan", 1142);
	fake_check(ctx, "nct6775/fan2", "fan_low", 300);
	fake_check(ctx, "nct6775/fan1", "fan", 0);
	fake_check(ctx, "nct6775/in0", "voltage", 0.872);
	fake_check(ctx, "nct6775/in0", "voltage_low", 0);
	fake_check(ctx, "nct6775/in0", "voltage_high", 1.744);
	fake_check(ctx, "nct6775/in1", "voltage", -12.048);
}

static void
a_limit_that_nobody_set_is_none(void **state)
{
	struct fettle_ctx *ctx = *state;

	read_machine(ctx, "temperature/desktop");
	assert_false(fake_has(ctx, "nct6775/fan1", "fan_low"));
	assert_false(fake_has(ctx, "nct6775/in1", "voltage_low"));
	assert_false(fake_has(ctx, "nct6775/in1", "voltage_high"));
	assert_false(fake_has(ctx, "nct6775/SYSTIN", "high"));
	assert_false(fake_has(ctx, "nct6775/SYSTIN", "critical"));
	assert_false(fake_has(ctx, "nvme/Composite", "low"));
	assert_false(fake_has(ctx, "nvme/Sensor 1", "low"));
	assert_false(fake_has(ctx, "nvme/Sensor 1", "high"));
}

static void
a_sensor_that_calls_itself_faulty_has_no_value(void **state)
{
	struct fettle_ctx *ctx = *state;

	read_machine(ctx, "temperature/desktop");
	assert_null(fake_find(ctx, "nct6775/AUXTIN0"));
	fake_check(ctx, "nct6775/AUXTIN1", "degrees", -5.5);
	put(ctx, "class/hwmon/hwmon3/temp3_fault", "0\n");
	assert_int_equal(fake_read(ctx, 0), 0);
	fake_check(ctx, "nct6775/AUXTIN0", "degrees", -61);
}

static void
a_chip_that_is_a_thermal_zone_is_shown_once(void **state)
{
	struct fettle_ctx *ctx = *state;

	read_machine(ctx, "temperature/desktop");
	assert_int_equal(ctx->lists.n, 11);
	assert_null(fake_find(ctx, "acpitz/temp1"));
	assert_non_null(find(ctx, "acpitz", "thermal_zone0", NULL));
	fake_check(ctx, "acpitz", "degrees", 27.8);
	fake_check(ctx, "acpitz", "critical", 119);
	fake_check(ctx, "acpitz", "high", 95);
	assert_null(fake_find(ctx, "Processor"));
}

static void
what_has_the_same_name_is_told_apart(void **state)
{
	struct fettle_ctx *ctx = *state;

	read_machine(ctx, "temperature/twins");
	assert_int_equal(ctx->lists.n, 6);
	assert_non_null(find(ctx, "nvme/Composite", "nvme0", "temp1"));
	assert_non_null(find(ctx, "nvme/Composite", "nvme1", "temp1"));
	assert_non_null(
	    find(ctx, "dell_smm/Other", "dell_smm_hwmon", "temp1"));
	assert_non_null(
	    find(ctx, "dell_smm/Other", "dell_smm_hwmon", "temp2"));
	assert_non_null(find(ctx, "dell_smm/Other", "dell_smm_hwmon", "fan1"));
	assert_non_null(find(ctx, "nobodys/temp1", "hwmon3", "temp1"));
}

static void
old_drivers_have_their_files_elsewhere(void **state)
{
	struct fettle_ctx *ctx = *state;

	read_machine(ctx, "temperature/linux-2.6.32");
	assert_int_equal(ctx->lists.n, 2);
	fake_check(ctx, "w83627hf/temp1", "degrees", 41);
	fake_check(ctx, "w83627hf/temp1", "high", 60);
	fake_check(ctx, "w83627hf/fan1", "fan", 2657);
}

/* Others show -274 degrees, or fail as a whole. */
static void
what_no_sensor_can_mean_is_no_value(void **state)
{
	static const char *const none[] = { "", "\n", "N/A\n", "51.5\n",
		"99999999\n", "99999999999999999999999\n", "-273150\n" };
	struct fettle_ctx *ctx = *state;

	read_machine(ctx, "temperature/board");
	assert_int_equal(ctx->lists.n, 1);
	fake_check(ctx, "cpu-thermal", "degrees", 51.54);
	fake_check(ctx, "cpu-thermal", "critical", 90);
	assert_false(fake_has(ctx, "cpu-thermal", "high"));
	for (size_t i = 0; i < sizeof(none) / sizeof *none; i++) {
		put(ctx, "class/thermal/thermal_zone0/temp", none[i]);
		assert_int_equal(fake_read(ctx, 0), 0);
		assert_int_equal(ctx->lists.n, 0);
	}
	assert_int_equal(ctx->log.len, 0);
}

static void
a_sensor_that_cannot_be_read_does_not_hide_the_others(void **state)
{
	struct fettle_ctx *ctx = *state;

	put_machine(ctx, "temperature/twins");
	proc_remove(ctx->sys, "class/hwmon/hwmon2/temp2_input");
	put(ctx, "class/hwmon/hwmon2/temp2_input/x", "");
	assert_int_equal(plugin->open(ctx), 0);
	assert_int_equal(fake_read(ctx, 0), 0);
	assert_int_equal(fake_read(ctx, 0), 0);
	assert_int_equal(ctx->lists.n, 5);
	assert_int_equal(
	    fake_said(
		ctx, "cannot read '/sys/class/hwmon/hwmon2/temp2_input'"),
	    1);
}

static void
chips_come_and_go(void **state)
{
	struct fettle_ctx *ctx = *state;
	size_t before;

	put_machine(ctx, "temperature/board");
	assert_int_equal(plugin->open(ctx), 0);
	before = descriptors();
	for (int i = 0; i < 3; i++) {
		put_machine(ctx, "temperature/twins");
		assert_int_equal(fake_read(ctx, 0), 0);
		assert_int_equal(ctx->lists.n, 7);
		proc_remove(ctx->sys, "class/hwmon/hwmon1");
		assert_int_equal(fake_read(ctx, 0), 0);
		assert_int_equal(ctx->lists.n, 6);
		assert_null(find(ctx, "nvme/Composite", "nvme1", "temp1"));
		proc_remove(ctx->sys, "class/hwmon");
		assert_int_equal(fake_read(ctx, 0), 0);
		assert_int_equal(ctx->lists.n, 1);
		assert_int_equal(descriptors(), before);
	}
}

static void
another_chip_may_get_the_number_of_one_that_is_gone(void **state)
{
	struct fettle_ctx *ctx = *state;

	read_machine(ctx, "temperature/twins");
	put(ctx, "other/name", "spd5118\n");
	put(ctx, "other/temp1_input", "36000\n");
	proc_remove(ctx->sys, "class/hwmon/hwmon1");
	proc_link(ctx->sys, "class/hwmon/hwmon1", "../../other");
	assert_int_equal(fake_read(ctx, 0), 0);
	assert_null(find(ctx, "nvme/Composite", "nvme1", "temp1"));
	assert_non_null(find(ctx, "spd5118/temp1", "hwmon1", "temp1"));
	fake_check(ctx, "spd5118/temp1", "degrees", 36);
}

static void
sensors_can_be_chosen(void **state)
{
	struct fettle_ctx *ctx = proc_begin(plugin, "temperature",
	    "include: ['coretemp/*', acpitz, 'nct6775/fan?']\n"
	    "exclude: ['*/Core *', nct6775/fan1]");

	(void)state;
	read_machine(ctx, "temperature/desktop");
	assert_int_equal(ctx->lists.n, 3);
	fake_check(ctx, "coretemp/Package id 0", "degrees", 45);
	fake_check(ctx, "acpitz", "degrees", 27.8);
	fake_check(ctx, "nct6775/fan2", "fan", 1142);
	proc_end(ctx, true);
}

static void
a_machine_without_sensors_is_told_so(void **state)
{
	struct fettle_ctx *ctx = *state;

	assert_int_equal(plugin->open(ctx), -EINVAL);
	assert_non_null(strstr(ctx->reason, "/sys/class/hwmon"));
	put(ctx, "class/thermal/cooling_device0/type", "Processor\n");
	assert_int_equal(plugin->open(ctx), -EINVAL);
	read_machine(ctx, "temperature/board");
	proc_remove(ctx->sys, "class/thermal/thermal_zone0");
	proc_remove(ctx->sys, "class/thermal/thermal_zone1");
	proc_remove(ctx->sys, "class/thermal/thermal_zone2");
	assert_int_equal(fake_read(ctx, 0), -EINVAL);
}

static void
there_are_only_so_many_sensors(void **state)
{
	struct fettle_ctx *ctx = *state;

	for (int i = 1; i <= 600; i++) {
		char name[64];

		snprintf(
		    name, sizeof(name), "class/hwmon/hwmon0/temp%d_input", i);
		put(ctx, name, "20000\n");
	}
	put(ctx, "class/hwmon/hwmon0/name", "many\n");
	assert_int_equal(plugin->open(ctx), 0);
	assert_int_equal(fake_read(ctx, 0), 0);
	assert_int_equal(ctx->lists.n, 512);
	assert_int_equal(fake_said(ctx, "over 512 sensors"), 1);
}

#define MACHINE_TEST(name)                                                    \
	cmocka_unit_test_setup_teardown(name, set_up, proc_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MACHINE_TEST(sensors_have_their_labels_and_limits),
		MACHINE_TEST(fans_and_voltages_have_theirs),
		MACHINE_TEST(a_limit_that_nobody_set_is_none),
		MACHINE_TEST(a_sensor_that_calls_itself_faulty_has_no_value),
		MACHINE_TEST(a_chip_that_is_a_thermal_zone_is_shown_once),
		MACHINE_TEST(what_has_the_same_name_is_told_apart),
		MACHINE_TEST(old_drivers_have_their_files_elsewhere),
		MACHINE_TEST(what_no_sensor_can_mean_is_no_value),
		MACHINE_TEST(
		    a_sensor_that_cannot_be_read_does_not_hide_the_others),
		MACHINE_TEST(chips_come_and_go),
		MACHINE_TEST(
		    another_chip_may_get_the_number_of_one_that_is_gone),
		cmocka_unit_test(sensors_can_be_chosen),
		MACHINE_TEST(a_machine_without_sensors_is_told_so),
		MACHINE_TEST(there_are_only_so_many_sensors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
