/* SPDX-License-Identifier: MIT */
/*
 * A message in words: what plugins that notify are given.  Title and text are
 * for people on a phone, English, with times in the zone of the daemon; names
 * are on one line, printable, without marks that change the direction of
 * writing, and cut where they are long.  Pure but for that zone; any thread.
 */
#ifndef ALERT_NOTICE_H
#define ALERT_NOTICE_H

#include <fettle/plugin.h>

#include "alert/message.h"
#include "base/arena.h"

enum {
	NOTICE_TITLE_MAX = 400,	 /* bytes */
	NOTICE_TEXT_MAX = 32768, /* bytes */
	NOTICE_NAMED_MAX = 50,	 /* alerts that a digest names */
};

/* Who says it, and when. */
struct notice_from {
	const char *hub; /* the name of this machine */
	const char *url; /* where to look; NULL: nowhere */
	int64_t now_ns;	 /* wall clock */
};

struct notice {
	struct fettle_notice notice;
	struct arena arena; /* all it points to, but the names */
};

/* The names in it are the message's, which must last longer. */
struct notice *notice_new(
    const struct message *m, const struct notice_from *from);

/* For somebody who tries the receiver: about no alert. */
struct notice *notice_new_test(
    const char *receiver, const struct notice_from *from);

void notice_free(struct notice *n);

#endif
