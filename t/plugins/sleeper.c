/* SPDX-License-Identifier: MIT */
/* sleeper: a call that hangs until a file appears; with it the call returns
 * at once, and a read submits one gauge. */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <fettle/plugin.h>

struct sleeper {
	const char *until, *in;
};

static const struct fettle_option sleeper_options[] = {
	FETTLE_OPTION(
	    struct sleeper, until, NULL, "The file that is waited for."),
	FETTLE_CHOICE(struct sleeper, in, "read", "Which call hangs.",
	    "open|read|close"),
};

static const struct fettle_field sleeper_fields[] = {
	{ "awake", FETTLE_GAUGE, FETTLE_NUMBER, "Always 1." },
};

static void
sleep_in(struct fettle_ctx *ctx, const char *call)
{
	const struct sleeper *s = fettle_self(ctx);
	const struct timespec pause = { 0, 5 * 1000 * 1000 };

	if (strcmp(s->in, call) == 0)
		while (access(s->until, F_OK) != 0)
			nanosleep(&pause, NULL);
}

static int
sleeper_open(struct fettle_ctx *ctx)
{
	sleep_in(ctx, "open");
	return 0;
}

static void
sleeper_close(struct fettle_ctx *ctx)
{
	sleep_in(ctx, "close");
}

static int
sleeper_read(struct fettle_ctx *ctx)
{
	const double awake = 1;

	sleep_in(ctx, "read");
	return fettle_submit(ctx, NULL, &awake, 1);
}

FETTLE_PLUGIN(sleeper) = {
	FETTLE_ABI,
	.summary = "A call that hangs until a file appears.",
	.fields = FETTLE_FIELDS(sleeper_fields),
	.options = FETTLE_OPTIONS(sleeper_options),
	.self_size = sizeof(struct sleeper),
	.open = sleeper_open,
	.close = sleeper_close,
	.read = sleeper_read,
};
