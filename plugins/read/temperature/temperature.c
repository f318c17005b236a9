/* SPDX-License-Identifier: MIT */
/*
 * temperature: what sensors say of degrees, fans and voltages.
 *
 * A sensor is called by the kernel's names for its chip and for itself, as
 * "coretemp/Package id 0"; "nct6775/fan2" has no label.  Chips of one kind,
 * and sensors of one chip, may have the same names: the tags device and input
 * tell them apart.  hwmon0 is no name, for it may be another chip after the
 * next start.
 *
 * What a sensor is, its label and its limits are looked up when its chip
 * appears, which is noticed at the next read; its descriptor is kept.
 */
#include <fettle/plugin.h>

#include <errno.h>
#include <math.h>

#include "chips.h"

enum {
	TEMPERATURE_DEGREES,
	TEMPERATURE_LOW,
	TEMPERATURE_HIGH,
	TEMPERATURE_CRITICAL,
	TEMPERATURE_FAN,
	TEMPERATURE_FAN_LOW,
	TEMPERATURE_VOLTAGE,
	TEMPERATURE_VOLTAGE_LOW,
	TEMPERATURE_VOLTAGE_HIGH,
	TEMPERATURE_N
};

#define CELSIUS(i, name, help)                                                \
	[i] = { name, FETTLE_GAUGE, FETTLE_CELSIUS, help }
#define RPM(i, name, help) [i] = { name, FETTLE_GAUGE, "rpm", help }
#define VOLTS(i, name, help) [i] = { name, FETTLE_GAUGE, "volts", help }

static const struct fettle_field temperature_fields[TEMPERATURE_N] = {
	CELSIUS(TEMPERATURE_DEGREES, "degrees", "Temperature."),
	CELSIUS(TEMPERATURE_LOW, "low", "Below that it is too cold."),
	CELSIUS(TEMPERATURE_HIGH, "high", "Above that it is too hot."),
	CELSIUS(TEMPERATURE_CRITICAL, "critical",
	    "Above that the machine may be switched off, or harmed."),
	RPM(TEMPERATURE_FAN, "fan", "Speed of a fan."),
	RPM(TEMPERATURE_FAN_LOW, "fan_low", "Below that it is too slow."),
	VOLTS(TEMPERATURE_VOLTAGE, "voltage", "Voltage."),
	VOLTS(TEMPERATURE_VOLTAGE_LOW, "voltage_low",
	    "Below that it is too low."),
	VOLTS(TEMPERATURE_VOLTAGE_HIGH, "voltage_high",
	    "Above that it is too high."),
};

#define FIELD(i) [i] = &temperature_fields[i]

static const struct fettle_field *const field_pointers[TEMPERATURE_N] = {
	FIELD(TEMPERATURE_DEGREES),
	FIELD(TEMPERATURE_LOW),
	FIELD(TEMPERATURE_HIGH),
	FIELD(TEMPERATURE_CRITICAL),
	FIELD(TEMPERATURE_FAN),
	FIELD(TEMPERATURE_FAN_LOW),
	FIELD(TEMPERATURE_VOLTAGE),
	FIELD(TEMPERATURE_VOLTAGE_LOW),
	FIELD(TEMPERATURE_VOLTAGE_HIGH),
};

/* The fields that a kind of sensors has: the reading, then its limits. */
static const struct {
	size_t first, n;
} kind_fields[KIND_N] = {
	[KIND_TEMP] = { TEMPERATURE_DEGREES, 4 },
	[KIND_FAN] = { TEMPERATURE_FAN, 2 },
	[KIND_IN] = { TEMPERATURE_VOLTAGE, 3 },
};

struct temperature {
	struct fettle_strings include, exclude;
	struct chips chips;
};

static const struct fettle_option temperature_options[] = {
	FETTLE_OPTION(struct temperature, include, "",
	    "Sensors to report, as names or patterns: coretemp/*; all of them where this is not given."),
	FETTLE_OPTION(struct temperature, exclude, "",
	    "Sensors to leave out, as names or patterns: nct6775/in*."),
};

static void
temperature_submit(struct fettle_ctx *ctx, const struct chip *chip,
    const struct sensor *s, double now)
{
	const size_t kind = (size_t)(s->kind - sensor_kinds);
	const struct fettle_tag tags[] = { { "device", chip->device },
		{ "input", s->key } };
	struct fettle_value v[1 + SENSOR_LIMITS] = { fettle_gauge(now) };
	const struct fettle_list list = { .size = sizeof(list),
		.instance = s->name,
		.tags = tags,
		.n_tags = s->key[0] != '\0' ? 2 : 1,
		.fields = field_pointers + kind_fields[kind].first,
		.values = v,
		.n = kind_fields[kind].n };

	for (size_t i = 1; i < list.n; i++)
		if (!isnan(s->limits[i - 1]))
			v[i] = fettle_gauge(s->limits[i - 1]);
	fettle_submit_list(ctx, &list);
}

static void
temperature_of(struct fettle_ctx *ctx, const struct class *c)
{
	for (size_t i = 0; i < c->n; i++)
		for (size_t j = 0; j < c->chips[i].n; j++) {
			struct sensor *s = c->chips[i].sensors[j];
			const double now = sensor_read(ctx, s);

			if (!isnan(now))
				temperature_submit(ctx, &c->chips[i], s, now);
		}
}

static int
temperature_update(struct fettle_ctx *ctx)
{
	struct temperature *self = fettle_self(ctx);
	const int rc = chips_update(&self->chips, ctx);

	if (rc < 0 || self->chips.sensors > 0)
		return rc;
	return fettle_fail(ctx, EINVAL,
	    "no sensor that is wanted is in /sys/class/hwmon or /sys/class/thermal; virtual machines have none");
}

static int
temperature_read(struct fettle_ctx *ctx)
{
	const struct temperature *self = fettle_self(ctx);
	const int rc = temperature_update(ctx);

	if (rc < 0)
		return rc;
	temperature_of(ctx, &self->chips.hwmon);
	temperature_of(ctx, &self->chips.zones);
	return 0;
}

static void
temperature_close(struct fettle_ctx *ctx)
{
	chips_close(&((struct temperature *)fettle_self(ctx))->chips);
}

static int
temperature_open(struct fettle_ctx *ctx)
{
	struct temperature *self = fettle_self(ctx);
	int rc;

	self->chips = (struct chips){ .include = self->include,
		.exclude = self->exclude };
	rc = temperature_update(ctx);
	if (rc < 0)
		temperature_close(ctx);
	return rc;
}

FETTLE_PLUGIN(temperature) = {
	FETTLE_ABI,
	.summary = "What sensors say of degrees, fans and voltages.",
	.instance_name = "sensor",
	.headline = "temperature[*].degrees",
	.fields = FETTLE_FIELDS(temperature_fields),
	.options = FETTLE_OPTIONS(temperature_options),
	.self_size = sizeof(struct temperature),
	.open = temperature_open,
	.read = temperature_read,
	.close = temperature_close,
};
