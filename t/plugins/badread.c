/* SPDX-License-Identifier: MIT */
/* badread: fails some times, then submits how often it had failed. */
#include <errno.h>
#include <string.h>

#include <fettle/plugin.h>

struct badread {
	int64_t times;
	const char *in, *reason;
	int64_t failed;
};

static const struct fettle_option badread_options[] = {
	FETTLE_RANGE(struct badread, times, "3",
	    "How often it fails before it succeeds.", 0, 1e9),
	FETTLE_CHOICE(
	    struct badread, in, "read", "Which call fails.", "open|read"),
	FETTLE_OPTION(struct badread, reason, "as told", "What it says then."),
};

static const struct fettle_field badread_fields[] = {
	{ "failed", FETTLE_GAUGE, FETTLE_NUMBER, "Failures so far." },
};

static int
fail_in(struct fettle_ctx *ctx, const char *call)
{
	struct badread *b = fettle_self(ctx);

	if (strcmp(b->in, call) != 0 || b->failed >= b->times)
		return 0;
	b->failed++;
	return fettle_fail(ctx, EIO, "%s", b->reason);
}

static int
badread_open(struct fettle_ctx *ctx)
{
	return fail_in(ctx, "open");
}

static int
badread_read(struct fettle_ctx *ctx)
{
	const struct badread *b = fettle_self(ctx);
	const int rc = fail_in(ctx, "read");
	const double failed = (double)b->failed;

	return rc < 0 ? rc : fettle_submit(ctx, NULL, &failed, 1);
}

FETTLE_PLUGIN(badread) = {
	FETTLE_ABI,
	.summary = "Fails some times, then reads.",
	.fields = FETTLE_FIELDS(badread_fields),
	.options = FETTLE_OPTIONS(badread_options),
	.self_size = sizeof(struct badread),
	.open = badread_open,
	.read = badread_read,
};
