/* SPDX-License-Identifier: MIT */
/* systemd's notify protocol: a datagram to $NOTIFY_SOCKET.  Without that
 * variable all of it does nothing. */
#ifndef SYSTEMD_H
#define SYSTEMD_H

#include <stdint.h>

/* Takes the variables out of the environment; main thread, before others. */
void systemd_init(void);
void systemd_notify(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));
/* How often WATCHDOG=1 is wanted, in ns; 0: never. */
int64_t systemd_watchdog(void);

#endif
