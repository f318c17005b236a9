/* SPDX-License-Identifier: MIT */
/*
 * What was said between us and a mail server, as far as it tells what became
 * of a mail: fed with what was sent and heard, in order.  Lines that carry
 * secrets pass through and are not kept.
 */
#ifndef SMTP_TALK_H
#define SMTP_TALK_H

#include <stdbool.h>
#include <stddef.h>

#include <fettle/plugin.h>

enum {
	TALK_RECIPIENTS = 50,
	TALK_SAID = 160,
};

enum talk_stage {
	TALK_GREETING,
	TALK_HELLO,
	TALK_STARTTLS,
	TALK_AUTH,
	TALK_MAIL,
	TALK_RECIPIENT,
	TALK_DATA,
	TALK_BODY, /* the server waits for the mail, or has it */
};

struct talk_reply {
	int code;	      /* 0: none came */
	char said[TALK_SAID]; /* printable, the code first */
};

/* Zeroed is the begin of a conversation. */
struct talk {
	enum talk_stage stage;
	bool over;		/* what follows does not count */
	struct talk_reply last; /* of this stage */
	size_t n;		/* recipients that were said */
	struct talk_reply recipients[TALK_RECIPIENTS];
};

void talk_sent(struct talk *t, const char *data, size_t len);
void talk_heard(struct talk *t, const char *data, size_t len);

/* What the conversation means where the server had the last word; -1: the
 * connection did not come about, or was lost before the mail was sent. */
int talk_judge(const struct talk *t);

/* What the server said last, or of the recipients what counts. */
const struct talk_reply *talk_reply(const struct talk *t);

/* For an error: "RCPT". */
const char *talk_stage_name(enum talk_stage s);

#endif
