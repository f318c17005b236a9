/* SPDX-License-Identifier: MIT */
#include "states.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <string.h>

/* What runs for a socket that is only remembered: no program has it. */
enum { TIMER_TIME_WAIT = 3 };

/* The kernel counts all that are only remembered as TIME_WAIT, whatever state
 * they are remembered in. */
int
states_take(void *arg, uint16_t type, const void *body, size_t n)
{
	struct states *s = arg;
	struct inet_diag_msg m;

	if (type != TCPDIAG_GETSOCK || n < sizeof(m))
		return 0;
	memcpy(&m, body, sizeof(m));
	if (s->n == s->most)
		return -E2BIG;
	s->n++;
	if (m.idiag_state < STATES_N && m.idiag_timer != TIMER_TIME_WAIT)
		s->by[m.idiag_state]++;
	return 0;
}
