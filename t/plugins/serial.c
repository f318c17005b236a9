/* SPDX-License-Identifier: MIT */
/* serial: its library bears one call at a time in the whole process; a read
 * submits how many calls of all instances were under way, which is 1. */
#include <stdatomic.h>
#include <time.h>

#include <fettle/plugin.h>

static atomic_int under_way; /* the library */

static const struct fettle_field serial_fields[] = {
	{ "together", FETTLE_GAUGE, FETTLE_NUMBER, "Calls at a time." },
};

static int
serial_read(struct fettle_ctx *ctx)
{
	const struct timespec pause = { 0, 2 * 1000 * 1000 };
	const double together = 1 + atomic_fetch_add(&under_way, 1);

	nanosleep(&pause, NULL);
	atomic_fetch_sub(&under_way, 1);
	return fettle_submit(ctx, NULL, &together, 1);
}

FETTLE_PLUGIN(serial) = {
	FETTLE_ABI,
	.summary = "One call at a time.",
	.fields = FETTLE_FIELDS(serial_fields),
	.flags = FETTLE_SERIAL,
	.read = serial_read,
};
