/* SPDX-License-Identifier: MIT */
/*
 * clock: whether the clock is right, as the kernel knows it.
 *
 * From adjtimex(2), which whoever keeps the clock tells how sure it is.  The
 * clock counts as synchronised while the largest possible error is below the
 * 16 s at which the kernel gives up, as timedatectl(1) has it.  The flag
 * STA_UNSYNC says something else: chronyd leaves it set where it is not told
 * to set the hardware's clock, however right the time is.
 *
 * While it is not synchronised nobody knows how wrong it is: there is neither
 * offset nor error then.
 */
#include <fettle/plugin.h>

#include <errno.h>
#include <math.h>
#include <sys/timex.h>
#include <unistd.h>

enum {
	CLOCK_SYNCHRONISED,
	CLOCK_OFFSET,
	CLOCK_ERROR,
	CLOCK_ESTIMATED_ERROR,
	CLOCK_FREQUENCY,
	CLOCK_N
};

#define CLOCK_LOST_US 16000000

static const struct fettle_field clock_fields[CLOCK_N] = {
	[CLOCK_SYNCHRONISED] = { "synchronised", FETTLE_GAUGE, FETTLE_NUMBER,
	    "1 while somebody keeps the clock right, else 0." },
	[CLOCK_OFFSET] = { "offset", FETTLE_GAUGE, FETTLE_SECONDS,
	    "What the kernel still has to add to the clock, little by little." },
	[CLOCK_ERROR] = { "error", FETTLE_GAUGE, FETTLE_SECONDS,
	    "The largest error that the clock can have." },
	[CLOCK_ESTIMATED_ERROR] = { "estimated_error", FETTLE_GAUGE,
	    FETTLE_SECONDS, "The error that the clock probably has." },
	[CLOCK_FREQUENCY] = { "frequency", FETTLE_GAUGE, "ppm",
	    "By how much the clock is made to run faster than by itself." },
};

/* The length of a tick corrects coarsely, freq finely: in 2^-16 ppm. */
static double
clock_frequency(const struct timex *t, long ticks)
{
	return 1e6 * ((double)t->tick * (double)ticks / 1e6 - 1) +
	       (double)t->freq / 65536;
}

static void
clock_values(const struct timex *t, long ticks, double *v)
{
	const bool synchronised = t->maxerror < CLOCK_LOST_US;

	for (size_t i = 0; i < CLOCK_N; i++)
		v[i] = NAN;
	v[CLOCK_SYNCHRONISED] = synchronised;
	v[CLOCK_FREQUENCY] = clock_frequency(t, ticks);
	if (!synchronised)
		return;
	v[CLOCK_OFFSET] =
	    (double)t->offset / (t->status & STA_NANO ? 1e9 : 1e6);
	v[CLOCK_ERROR] = (double)t->maxerror / 1e6;
	v[CLOCK_ESTIMATED_ERROR] = (double)t->esterror / 1e6;
}

static int
clock_read(struct fettle_ctx *ctx)
{
	struct timex t = { 0 }; /* no modes: nothing is set */
	double v[CLOCK_N];

	if (adjtimex(&t) < 0)
		return fettle_fail(ctx, errno,
		    errno == EPERM ? "ask adjtimex, which a sandbox forbids "
				     "(ProtectClock=, SystemCallFilter=; "
				     "fettle.yaml(5) has the drop-in)"
				   : "ask adjtimex");
	clock_values(&t, sysconf(_SC_CLK_TCK), v);
	return fettle_submit(ctx, NULL, FETTLE_GAUGES(v));
}

FETTLE_PLUGIN(clock) = {
	FETTLE_ABI,
	.summary = "Whether the clock is right.",
	.fields = FETTLE_FIELDS(clock_fields),
	.read = clock_read,
};
