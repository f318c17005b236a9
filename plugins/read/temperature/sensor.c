/* SPDX-License-Identifier: MIT */
#include "sensor.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

const struct kind sensor_kinds[KIND_N] = {
	[KIND_TEMP] = { "temp", { "min", "max", "crit" }, 1000, -273.1, 999 },
	[KIND_FAN] = { "fan", { "min" }, 1, 0, 1e6 },
	[KIND_IN] = { "in", { "min", "max" }, 1000, -1e6, 1e6 },
};

void
sensor_free(struct sensor *s)
{
	procfile_close(&s->input);
	procfile_close(&s->fault);
	free(s);
}

struct sensor *
sensor_new(const struct kind *kind, const char *key)
{
	struct sensor *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->kind = kind;
	snprintf(s->key, sizeof(s->key), "%s", key);
	for (size_t i = 0; i < SENSOR_LIMITS; i++)
		s->limits[i] = NAN;
	return s;
}

bool
sensor_open(
    struct fettle_ctx *ctx, struct sensor *s, int folder, const char *file)
{
	const int fd = openat(folder, file, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		fettle_log(ctx, LOG_WARNING,
		    "cannot open '%s', which is left out: %s", s->path,
		    strerror(errno));
		return false;
	}
	procfile_take(&s->input, fd, s->path);
	return true;
}

bool
sensor_attribute(int folder, const char *file, char *to, size_t room)
{
	const int fd = openat(folder, file, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, to, room - 1);
	close(fd);
	if (n <= 0)
		return false;
	to[n] = '\0';
	to[strcspn(to, "\n")] = '\0';
	return to[0] != '\0';
}

/* A whole number alone in its line; NaN: it is none, or none that a sensor can
 * mean. */
static double
reading(const struct kind *k, const char *text)
{
	char *end;
	double v;

	errno = 0;
	v = (double)strtol(text, &end, 10) / k->scale;
	if (end == text || (*end != '\n' && *end != '\0') || errno != 0)
		return NAN;
	return v >= k->least && v <= k->most ? v : NAN;
}

/* Of a file such as temp1_max. */
static double
limit_of(int folder, const struct kind *k, const char *key, const char *limit)
{
	char file[64], text[32];

	snprintf(file, sizeof(file), "%s_%s", key, limit);
	return sensor_attribute(folder, file, text, sizeof(text))
		   ? reading(k, text)
		   : NAN;
}

/* Drivers have zeros, or the same twice, where nobody has set a limit.  Only
 * what is cold or negative may well be limited by less than nothing. */
static void
forget_unset(const struct kind *k, double *l)
{
	if (k == &sensor_kinds[KIND_IN]) {
		if (l[0] == l[1])
			l[0] = l[1] = NAN;
		return;
	}
	for (size_t i = k == &sensor_kinds[KIND_TEMP]; i < SENSOR_LIMITS; i++)
		if (!(l[i] > 0))
			l[i] = NAN;
}

void
sensor_limits(struct sensor *s, int folder)
{
	for (size_t i = 0; i < SENSOR_LIMITS && s->kind->limits[i]; i++)
		s->limits[i] =
		    limit_of(folder, s->kind, s->key, s->kind->limits[i]);
	forget_unset(s->kind, s->limits);
}

/* The points at which the kernel does something about a zone. */
void
sensor_trips(struct sensor *s, int folder)
{
	enum { TRIPS_MOST = 32 };
	char file[32], type[16], key[24];

	for (int i = 0; i < TRIPS_MOST; i++) {
		double v;

		snprintf(key, sizeof(key), "trip_point_%d", i);
		snprintf(file, sizeof(file), "%s_type", key);
		if (!sensor_attribute(folder, file, type, sizeof(type)))
			break;
		v = limit_of(folder, s->kind, key, "temp");
		if (!(v > 0))
			continue;
		if (strcmp(type, "critical") == 0)
			s->limits[2] = fmin(s->limits[2], v);
		else if (strcmp(type, "active") != 0) /* passive, hot */
			s->limits[1] = fmin(s->limits[1], v);
	}
}

/* --- reading ------------------------------------------------------------- */

double
sensor_read(struct fettle_ctx *ctx, struct sensor *s)
{
	if (s->fault.path != NULL && procfile_read(&s->fault) == 0 &&
	    s->fault.text[0] == '1')
		return NAN;
	return procfile_try(&s->input, ctx) ? reading(s->kind, s->input.text)
					    : NAN;
}
