/* SPDX-License-Identifier: MIT */
/* The sentences of a notice.  Each function appends; nothing else is done. */
#ifndef ALERT_NOTICE_WORDS_H
#define ALERT_NOTICE_WORDS_H

#include "alert/message.h"
#include "alert/notice.h"
#include "base/buf.h"

/* At most max bytes of s, harmless; what was cut ends with an ellipsis. */
void words_name(struct buf *to, const char *s, size_t max);

/* "2026-11-22 09:10 UTC". */
void words_time(struct buf *to, int64_t wall_ns);

/* Of several: "web-1", "3 hosts". */
void words_where(
    struct buf *to, const struct message *m, const struct notice_from *from);

/* "failure: web-1 cpu.percent 97 % (limit 90 %)". */
void words_title(struct buf *to, const struct message_item *i,
    const struct notice_from *from);

/* A line for each fact, without a line break after the last. */
void words_facts(struct buf *to, const struct message_item *i,
    const struct notice_from *from);

#endif
