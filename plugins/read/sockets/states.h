/* SPDX-License-Identifier: MIT */
/* TCP sockets by state, from what the kernel answers by sock_diag(7),
 * TCPDIAG_GETSOCK: pure functions over bytes. */
#ifndef SOCKETS_STATES_H
#define SOCKETS_STATES_H

#include <netinet/tcp.h>
#include <stddef.h>
#include <stdint.h>

enum { STATES_N = TCP_CLOSING + 1 };

/*
 * What is asked for: the states that few sockets are in at a time.  Those that
 * may be many, ESTABLISHED and TIME_WAIT, the kernel counts anyway, and an
 * answer of some hundred bytes for each would be the cost of it.
 */
#define STATES_ASKED                                                          \
	(1u << TCP_SYN_SENT | 1u << TCP_SYN_RECV | 1u << TCP_FIN_WAIT1 |      \
	    1u << TCP_FIN_WAIT2 | 1u << TCP_CLOSE_WAIT | 1u << TCP_LAST_ACK | \
	    1u << TCP_LISTEN | 1u << TCP_CLOSING)

struct states {
	size_t most; /* so many are counted at most; set by the caller */
	size_t n;
	uint64_t by[STATES_N]; /* TCP_LISTEN and so on */
};

/* Takes a message of the answer, an nlmsg_fn; arg is a struct states.  0, or
 * -E2BIG: there are more than that. */
int states_take(void *arg, uint16_t type, const void *body, size_t n);

#endif
