/* SPDX-License-Identifier: MIT */
/*
 * refuser: a writer that answers by a script, one word a call, `delivered'
 * when the script is over; and that never takes lists of the instance `bad':
 * it names them (`names: true') or refuses whatever batch they are in.  What
 * it took goes to a file as in sinkfile, and so does each answer, as
 * {"answer": "retry", "lists": 3}.  `zero' and `negated' are slips: what
 * fettle_fail returns for 0, and for an errno with the wrong sign.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lines.h"

struct refuser {
	struct fettle_strings answers;
	const char *bad, *path;
	bool names;
	struct fettle_duration after;
	size_t calls;
	FILE *file;
};

static const struct fettle_option refuser_options[] = {
	FETTLE_CHOICE(struct refuser, answers, "",
	    "What it answers, call by call.",
	    "delivered|retry|too_large|refused|unauthorised|zero|negated"),
	FETTLE_OPTION(struct refuser, bad, "",
	    "The instance whose lists it never takes; none: it takes all."),
	FETTLE_OPTION(struct refuser, path, NULL, "The file."),
	FETTLE_OPTION(struct refuser, names, "false",
	    "Whether it names what is bad, and takes the rest."),
	FETTLE_OPTION(struct refuser, after, "",
	    "When to come back, said with retry and unauthorised."),
};

enum { ZERO = FETTLE_UNAUTHORISED + 1, NEGATED };

/* In the order of enum fettle_answer, then the slips. */
static const char *const words[] = { "delivered", "retry", "too_large",
	"refused", "unauthorised", [ZERO] = "zero", [NEGATED] = "negated" };

static int
refuser_open(struct fettle_ctx *ctx)
{
	struct refuser *r = fettle_self(ctx);

	r->file = fopen(r->path, "ae");
	return r->file != NULL ? 0 : fettle_fail(ctx, errno, "%s", r->path);
}

static void
refuser_close(struct fettle_ctx *ctx)
{
	const struct refuser *r = fettle_self(ctx);

	fclose(r->file);
}

static int
scripted(struct refuser *r)
{
	int answer = FETTLE_DELIVERED;

	if (r->calls < r->answers.n)
		while (strcmp(words[answer], r->answers.v[r->calls]) != 0)
			answer++;
	r->calls++;
	return answer;
}

static bool
is_bad(const struct refuser *r, const struct fettle_list *l)
{
	return r->bad != NULL && l->instance != NULL &&
	       strcmp(r->bad, l->instance) == 0;
}

static size_t
count_bad(const struct refuser *r, const struct fettle_batch *batch)
{
	size_t n = 0;

	for (size_t i = 0; i < batch->n; i++)
		n += is_bad(r, batch->lists[i]);
	return n;
}

static void
take(struct fettle_ctx *ctx, const struct refuser *r,
    const struct fettle_batch *batch)
{
	for (size_t i = 0; i < batch->n; i++)
		if (is_bad(r, batch->lists[i]))
			fettle_refuse(ctx, i, "it is bad");
		else
			lines_add(r->file, batch->lists[i], batch->queue,
			    batch->seq + i);
}

static int
refuser_write(struct fettle_ctx *ctx, const struct fettle_batch *batch)
{
	struct refuser *r = fettle_self(ctx);
	int answer = scripted(r);

	if (answer == FETTLE_DELIVERED && !r->names && count_bad(r, batch) > 0)
		answer = FETTLE_REFUSED;
	fprintf(r->file, "{\"answer\": \"%s\", \"lists\": %zu}\n",
	    words[answer], batch->n);
	if (answer == FETTLE_DELIVERED)
		take(ctx, r, batch);
	fflush(r->file);
	if (answer == ZERO || answer == NEGATED)
		return fettle_fail(
		    ctx, answer == ZERO ? 0 : -ENOENT, "as told");
	return fettle_answer(ctx, (enum fettle_answer)answer,
	    (double)r->after.ns / 1e9, "%s, says the script", words[answer]);
}

FETTLE_PLUGIN(refuser) = {
	FETTLE_ABI,
	.summary = "A writer that answers by a script.",
	.options = FETTLE_OPTIONS(refuser_options),
	.self_size = sizeof(struct refuser),
	.open = refuser_open,
	.close = refuser_close,
	.write = refuser_write,
	.batch_ms = 50,
};
