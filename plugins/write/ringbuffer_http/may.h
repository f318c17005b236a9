/* SPDX-License-Identifier: MIT */
/* Who may do what, of the requests that the gate let through.  Called with
 * the hub's `use' held. */
#ifndef HUB_MAY_H
#define HUB_MAY_H

#include "hub.h"

/* Finds out whose the request is, and whether it may be; *why is lent for
 * ever. */
enum refusal may_request(struct hub *hub, struct conn *conn, const char **why);

/* Counts a token that was tried and is wrong; *why as above. */
enum refusal may_wrong_token(
    struct hub *hub, struct conn *conn, const char **why);

/* Whether the request may read what was measured, and still may. */
bool may_read(struct hub *hub, const struct auth_who *who);

/* Of which hosts: a glob, which is that of no host where it may not read any
 * more.  A copy, since a token may go whenever `use' is given up. */
struct may_hosts {
	char glob[TOKEN_HOSTS];
};

struct may_hosts may_hosts(struct hub *hub, const struct auth_who *who);
/* Whether it is one that leaves nothing out. */
bool may_all(const struct may_hosts *hosts);
/* Whether what is of the daemon itself may be read: it is of its own host. */
bool may_own(struct hub *hub, const struct may_hosts *hosts);

#endif
