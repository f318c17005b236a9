/* SPDX-License-Identifier: MIT */
#include "talk.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *
talk_stage_name(enum talk_stage s)
{
	static const char *const names[] = {
		[TALK_GREETING] = "greeting",
		[TALK_HELLO] = "EHLO",
		[TALK_STARTTLS] = "STARTTLS",
		[TALK_AUTH] = "AUTH",
		[TALK_MAIL] = "MAIL",
		[TALK_RECIPIENT] = "RCPT",
		[TALK_DATA] = "DATA",
		[TALK_BODY] = "mail",
	};

	return names[s];
}

/* --- listening ----------------------------------------------------------- */

static void
enter(struct talk *t, enum talk_stage stage)
{
	t->stage = stage;
	t->last = (struct talk_reply){ 0 };
	if (stage == TALK_RECIPIENT && t->n < TALK_RECIPIENTS)
		t->n++;
}

void
talk_sent(struct talk *t, const char *data, size_t len)
{
	static const struct {
		const char *verb;
		enum talk_stage stage;
	} verbs[] = {
		{ "EHLO ", TALK_HELLO },
		{ "HELO ", TALK_HELLO },
		{ "STARTTLS", TALK_STARTTLS },
		{ "AUTH ", TALK_AUTH },
		{ "MAIL ", TALK_MAIL },
		{ "RCPT ", TALK_RECIPIENT },
		{ "DATA", TALK_DATA },
	};

	if (t->over || t->stage == TALK_BODY ||
	    (t->stage == TALK_AUTH && t->last.code == 334))
		return;
	if (len >= 4 && strncasecmp(data, "QUIT", 4) == 0)
		t->over = true;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		const size_t n = strlen(verbs[i].verb);

		if (len >= n && strncasecmp(data, verbs[i].verb, n) == 0)
			enter(t, verbs[i].stage);
	}
}

/* The code that a line begins with, if it is the last of a reply; or 0. */
static int
code_of(const char *s, size_t n)
{
	int code = 0;

	if (n < 3 || (n > 3 && s[3] != ' ' && s[3] != '\r' && s[3] != '\n'))
		return 0;
	for (size_t i = 0; i < 3; i++) {
		if (s[i] < '0' || s[i] > '9')
			return 0;
		code = 10 * code + s[i] - '0';
	}
	return code;
}

/* What a server says of a password may be the password. */
static bool
may_keep(const struct talk *t, char c)
{
	return t->stage != TALK_AUTH || c == ' ' || c == '.' ||
	       (c >= '0' && c <= '9');
}

static void
keep(struct talk *t, int code, const char *s, size_t n)
{
	struct talk_reply *r = &t->last;
	size_t len = 0;

	r->code = code;
	while (n > 0 && (s[n - 1] == '\n' || s[n - 1] == '\r'))
		n--;
	for (size_t i = 0; i < n && len < sizeof(r->said) - 1; i++) {
		if (!may_keep(t, s[i]))
			break;
		r->said[len++] = s[i] < ' ' || s[i] > '~' ? '?' : s[i];
	}
	while (len > 0 && r->said[len - 1] == ' ')
		len--;
	r->said[len] = '\0';
	if (t->stage == TALK_RECIPIENT && t->n > 0)
		t->recipients[t->n - 1] = *r;
}

void
talk_heard(struct talk *t, const char *data, size_t len)
{
	while (len > 0 && !t->over) {
		const char *end = memchr(data, '\n', len);
		const size_t n = end != NULL ? (size_t)(end + 1 - data) : len;
		const int code = code_of(data, n);

		if (code != 0)
			keep(t, code, data, n);
		if (t->stage == TALK_DATA && code == 354)
			enter(t, TALK_BODY);
		else if (t->stage == TALK_BODY && code != 0)
			t->over = true;
		data += n;
		len -= n;
	}
}

/* --- judging ------------------------------------------------------------- */

/* Where no recipient was taken: the reply that decides, which is that of one
 * who may be taken later, if there is any. */
static const struct talk_reply *
deciding_reply(const struct talk *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->recipients[i].code / 100 != 5)
			return &t->recipients[i];
	return &t->last;
}

const struct talk_reply *
talk_reply(const struct talk *t)
{
	return t->stage == TALK_RECIPIENT ? deciding_reply(t) : &t->last;
}

int
talk_judge(const struct talk *t)
{
	const int code = talk_reply(t)->code;

	if (t->stage == TALK_BODY && code / 100 == 2)
		return FETTLE_DELIVERED;
	if (code / 100 == 4)
		return FETTLE_RETRY;
	if (code / 100 != 5)
		return -1;
	if (code == 530 || code == 535)
		return FETTLE_UNAUTHORISED;
	/* too large is said of the mail; all else before it is said of us */
	return t->stage >= TALK_RECIPIENT ||
		       (t->stage == TALK_MAIL && code == 552)
		   ? FETTLE_REFUSED
		   : FETTLE_UNAUTHORISED;
}
