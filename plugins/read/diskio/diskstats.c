/* SPDX-License-Identifier: MIT */
#include "diskstats.h"

#include <stdio.h>
#include <string.h>

#include "../scan.h"

/* Kernels before 2.6.25 had four columns for partitions, without the time. */
enum { COLUMNS_LEAST = DISKSTATS_DISCARD_OPS };

static bool
scan_name(const char **p, char *name)
{
	const size_t n = strcspn(*p += strspn(*p, " "), " \n");

	if (n == 0 || n >= DISKSTATS_NAME)
		return false;
	memcpy(name, *p, n);
	name[n] = '\0';
	*p += n;
	return true;
}

/* One that has been cut short may lack digits. */
static size_t
scan_columns(const char *p, uint64_t *v)
{
	size_t n = 0;

	while (n < DISKSTATS_N && scan_number(&p, &v[n]))
		n++;
	return n;
}

bool
diskstats_parse(const char *line, struct diskstats *d)
{
	uint64_t major, minor;

	memset(d, 0, sizeof(*d));
	if (!scan_number(&line, &major) || !scan_number(&line, &minor) ||
	    !scan_name(&line, d->name))
		return false;
	d->major = (uint32_t)major;
	d->minor = (uint32_t)minor;
	d->n = scan_columns(line, d->v);
	return d->n >= COLUMNS_LEAST;
}

/* How much of a partition's name is that of its device; 0: it is none. */
static size_t
device_part(const char *name)
{
	size_t n = strlen(name);
	const size_t all = n;

	while (n > 0 && strchr("0123456789", name[n - 1]) != NULL)
		n--;
	if (n == 0 || n == all)
		return 0;
	if (n >= 2 && name[n - 1] == 'p' && name[n - 2] >= '0' &&
	    name[n - 2] <= '9')
		n--;
	return n;
}

bool
diskstats_is_partition(const char *text, const char *name)
{
	const size_t n = device_part(name);
	char device[DISKSTATS_NAME + 2];

	if (n == 0)
		return false;
	snprintf(device, sizeof(device), " %.*s ", (int)n, name);
	return strstr(text, device) != NULL;
}

static bool
is_time(size_t column)
{
	switch (column) {
	case DISKSTATS_READ_MS:
	case DISKSTATS_WRITE_MS:
	case DISKSTATS_BUSY_MS:
	case DISKSTATS_QUEUE_MS:
	case DISKSTATS_DISCARD_MS:
	case DISKSTATS_FLUSH_MS:
		return true;
	default:
		return false;
	}
}

/* A time that fell by more than half its range has run over; nothing takes
 * that long between two readings. */
static bool
follow_time(uint64_t was, uint64_t *now)
{
	const uint64_t range = UINT64_C(1) << 32;
	const uint64_t low = was % range;

	if (*now >= range)
		return *now >= was;
	*now += was - low;
	if (*now >= was)
		return true;
	if (was - *now <= range / 2)
		return false;
	*now += range;
	return true;
}

bool
diskstats_is_timed(const struct diskstats *d)
{
	uint64_t ops = 0, ms = 0;

	for (size_t i = 0; i < DISKSTATS_N; i++) {
		if (is_time(i))
			ms |= d->v[i];
		else if (i != DISKSTATS_IN_FLIGHT)
			ops |= d->v[i];
	}
	return ms != 0 || ops == 0;
}

bool
diskstats_follow(const uint64_t *was, struct diskstats *now)
{
	uint64_t v[DISKSTATS_N];

	memcpy(v, now->v, sizeof(v));
	for (size_t i = 0; i < DISKSTATS_N; i++) {
		if (i == DISKSTATS_IN_FLIGHT)
			continue;
		if (is_time(i) ? !follow_time(was[i], &v[i]) : v[i] < was[i])
			return false;
	}
	memcpy(now->v, v, sizeof(v));
	return true;
}
