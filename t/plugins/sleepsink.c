/* SPDX-License-Identifier: MIT */
/* sleepsink: a writer whose write hangs for ever, or until a file appears;
 * with the file there it takes everything at once. */
#include <time.h>
#include <unistd.h>

#include <fettle/plugin.h>

struct sleepsink {
	const char *until;
};

static const struct fettle_option sleepsink_options[] = {
	FETTLE_OPTION(struct sleepsink, until, "",
	    "The file that is waited for; none: for ever."),
};

static int
sleepsink_write(struct fettle_ctx *ctx, const struct fettle_batch *batch)
{
	const struct sleepsink *s = fettle_self(ctx);
	const struct timespec pause = { 0, 5 * 1000 * 1000 };

	(void)batch;
	while (s->until == NULL || access(s->until, F_OK) != 0)
		nanosleep(&pause, NULL);
	return FETTLE_DELIVERED;
}

FETTLE_PLUGIN(sleepsink) = {
	FETTLE_ABI,
	.summary = "Never returns from write.",
	.options = FETTLE_OPTIONS(sleepsink_options),
	.self_size = sizeof(struct sleepsink),
	.write = sleepsink_write,
	.batch_ms = 50,
};
