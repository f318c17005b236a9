/* SPDX-License-Identifier: MIT */
/*
 * asked: answers questions.  "echo": how often it was read and asked; "fail":
 * an error; "wait": hangs until a file appears; "long": as much as fits;
 * "broken", "array": what is no JSON object; "{...}": asks the daemon that,
 * and answers with what it said.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <fettle/plugin.h>

struct asked {
	const char *until, *in;
	int reads, questions;
};

struct answer {
	char *to;
	size_t size;
};

static const struct fettle_option asked_options[] = {
	FETTLE_OPTION(struct asked, until, "", "The file that is waited for."),
	FETTLE_CHOICE(
	    struct asked, in, "ask", "Which call hangs.", "ask|read"),
};

static const struct fettle_field asked_fields[] = {
	{ "questions", FETTLE_GAUGE, FETTLE_NUMBER, "How many there were." },
};

static void
asked_wait(const struct asked *s)
{
	const struct timespec pause = { 0, 5 * 1000 * 1000 };

	while (access(s->until, F_OK) != 0)
		nanosleep(&pause, NULL);
}

static int
asked_read(struct fettle_ctx *ctx)
{
	struct asked *s = fettle_self(ctx);
	const double questions = s->questions;

	if (strcmp(s->in, "read") == 0)
		asked_wait(s);
	s->reads++;
	return fettle_submit(ctx, NULL, &questions, 1);
}

static void
asked_fill(char *answer, size_t size)
{
	memset(answer, ' ', size - 1);
	answer[0] = '{';
	answer[size - 2] = '}';
	answer[size - 1] = '\0';
}

static void
asked_take(void *arg, const char *json, size_t len)
{
	const struct answer *a = arg;

	if (len < a->size)
		memcpy(a->to, json, len + 1);
}

static int
asked_ask(
    struct fettle_ctx *ctx, const char *question, char *answer, size_t size)
{
	struct asked *s = fettle_self(ctx);
	struct answer a = { answer, size };
	double unused = 0;

	s->questions++;
	if (fettle_submit(ctx, NULL, &unused, 1) != -EINVAL)
		return fettle_fail(ctx, EINVAL, "could submit");
	if (question[0] == '{')
		return fettle_ask(ctx, question, asked_take, &a);
	if (strcmp(question, "fail") == 0)
		return fettle_fail(ctx, EIO, "read '%s'", "x");
	if (strcmp(question, "wait") == 0)
		asked_wait(s);
	if (strcmp(question, "long") == 0)
		asked_fill(answer, size);
	else if (strcmp(question, "broken") == 0)
		snprintf(answer, size, "{\"a\": ");
	else if (strcmp(question, "array") == 0)
		snprintf(answer, size, "[1]");
	else
		snprintf(answer, size, "{\"reads\": %d, \"questions\": %d}",
		    s->reads, s->questions);
	return 0;
}

FETTLE_PLUGIN(asked) = {
	FETTLE_ABI,
	.summary = "Answers questions.",
	.fields = FETTLE_FIELDS(asked_fields),
	.options = FETTLE_OPTIONS(asked_options),
	.self_size = sizeof(struct asked),
	.read = asked_read,
	.ask = asked_ask,
};
