/* SPDX-License-Identifier: MIT */
#include "base/human.h"

#include <math.h>
#include <string.h>

#include <fettle/plugin.h>

#include "base/when.h"

/* Three digits; the limits are where rounding would make a fourth. */
static void
add_digits(struct buf *to, double value)
{
	const double size = fabs(value);

	buf_printf(to, "%.*f", size < 9.995 ? 2 : size < 99.95 ? 1 : 0, value);
}

static void
add_number(struct buf *to, double value)
{
	const double size = fabs(value);

	if (size >= 1e15 || (size > 0 && size < 0.001))
		buf_printf(to, "%.3g", value);
	else if (value == floor(value) || size >= 999.5)
		buf_printf(to, "%.0f", value);
	else if (size < 0.9995)
		buf_printf(to, "%.3f", value);
	else
		add_digits(to, value);
}

static void
add_bytes(struct buf *to, double value)
{
	static const char units[][4] = { "B", "KiB", "MiB", "GiB", "TiB",
		"PiB", "EiB" };
	size_t u = 0;

	while (
	    fabs(value) >= 1023.95 && u < sizeof(units) / sizeof *units - 1) {
		value /= 1024;
		u++;
	}
	buf_printf(
	    to, "%.*f %s", u > 0 || value != floor(value), value, units[u]);
}

/* Two units, the smaller one a whole number. */
static void
add_two(struct buf *to, double seconds, double unit, const char *name,
    double sub_unit, const char *sub_name)
{
	const double whole = floor(seconds / unit);

	buf_printf(to, "%.0f %s %.0f %s", whole, name,
	    floor((seconds - whole * unit) / sub_unit), sub_name);
}

void
human_duration(struct buf *to, double seconds)
{
	if (!isfinite(seconds)) {
		buf_putc(to, '-');
		return;
	}
	if (seconds < 0) {
		buf_putc(to, '-');
		seconds = -seconds;
	}
	if (seconds == 0) {
		buf_puts(to, "0 s");
	} else if (seconds < 999.5e-6) {
		add_digits(to, seconds * 1e6);
		buf_puts(to, " µs");
	} else if (seconds < 999.5e-3) {
		add_digits(to, seconds * 1e3);
		buf_puts(to, " ms");
	} else if (seconds < 59.95) {
		add_digits(to, seconds);
		buf_puts(to, " s");
	} else {
		seconds = floor(seconds + 0.5);
		if (seconds < 3600)
			add_two(to, seconds, 60, "min", 1, "s");
		else if (seconds < 86400)
			add_two(to, seconds, 3600, "h", 60, "min");
		else
			add_two(to, seconds, 86400, "d", 3600, "h");
	}
}

/* What has gone by of something, or is left. */
static void
add_span(struct buf *to, double size)
{
	if (size < 120)
		buf_printf(to, "%.0f s", floor(size));
	else if (size < 7200)
		buf_printf(to, "%.0f min", floor(size / 60));
	else if (size < 172800)
		buf_printf(to, "%.0f h", floor(size / 3600));
	else
		buf_printf(to, "%.0f d", floor(size / 86400));
}

void
human_span(struct buf *to, double seconds)
{
	if (isfinite(seconds))
		add_span(to, seconds > 0 ? seconds : 0);
	else
		buf_putc(to, '-');
}

void
human_age(struct buf *to, double seconds)
{
	if (!isfinite(seconds)) {
		buf_putc(to, '-');
		return;
	}
	if (seconds <= -1)
		buf_puts(to, "in ");
	add_span(to, fabs(seconds));
	if (seconds > -1)
		buf_puts(to, " ago");
}

/* Whether the unit is one of these per second, which is written then. */
static bool
add_per_second(struct buf *to, double value, const char *unit)
{
	static const char *const units[] = { "", FETTLE_BYTES,
		FETTLE_SECONDS };

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		const size_t n = strlen(units[i]);

		if (strncmp(unit, units[i], n) != 0 ||
		    strcmp(unit + n, "/s") != 0)
			continue;
		human_rate(to, value, units[i]);
		return true;
	}
	return false;
}

void
human_value(struct buf *to, double value, const char *unit)
{
	if (!isfinite(value))
		buf_putc(to, '-');
	else if (add_per_second(to, value, unit))
		return;
	else if (strcmp(unit, FETTLE_BYTES) == 0)
		add_bytes(to, value);
	else if (strcmp(unit, FETTLE_SECONDS) == 0)
		human_duration(to, value);
	else if (strcmp(unit, FETTLE_PERCENT) == 0)
		buf_printf(to, "%.1f %%", value);
	else if (strcmp(unit, FETTLE_CELSIUS) == 0)
		buf_printf(to, "%.1f °C", value);
	else if (strcmp(unit, FETTLE_TIMESTAMP) == 0)
		when_full(to, value);
	else {
		add_number(to, value);
		if (unit[0] != '\0')
			buf_printf(to, " %s", unit);
	}
}

/* Seconds per second stay in one unit: "1 min 4 s/s" helps nobody. */
void
human_rate(struct buf *to, double per_second, const char *unit)
{
	if (strcmp(unit, FETTLE_SECONDS) == 0 && per_second >= 59.95)
		buf_printf(to, "%.0f s", per_second);
	else
		human_value(to, per_second, unit);
	if (isfinite(per_second))
		buf_puts(to, "/s");
}
