/* SPDX-License-Identifier: MIT */
/*
 * A mail server on a loopback port that takes everything, but for what a test
 * tells it to answer otherwise, and keeps what it was told.  One connection at
 * a time; no TLS.
 */
#ifndef T_FAKE_SMTP_H
#define T_FAKE_SMTP_H

#include "base/buf.h"

struct fake_smtp;

struct fake_smtp *fake_smtp_new(void);
void fake_smtp_free(struct fake_smtp *s);
int fake_smtp_port(const struct fake_smtp *s);

/* What to answer lines that begin with `begin' from now on: "" is the
 * greeting, "." the end of a mail.  NULL: the connection is closed. */
void fake_smtp_say(struct fake_smtp *s, const char *begin, const char *reply);

/* Commands, each with a line break, and the mails' lines, without dots that
 * were added; of the last connection, which has ended.  The caller's. */
char *fake_smtp_commands(struct fake_smtp *s);
char *fake_smtp_mail(struct fake_smtp *s);

#endif
