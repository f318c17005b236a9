/* SPDX-License-Identifier: MIT */
#include "systemd.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int notify_fd = -1;
static struct sockaddr_un notify_address;
static socklen_t notify_len;
static int64_t watchdog_ns;

static void
init_watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC"),
		   *pid = getenv("WATCHDOG_PID");

	if (usec == NULL || (pid != NULL && atol(pid) != (long)getpid()))
		return;
	/* twice as often as it must be */
	watchdog_ns = strtoll(usec, NULL, 10) * 1000 / 2;
}

void
systemd_init(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len;

	init_watchdog();
	if (path != NULL && (path[0] == '/' || path[0] == '@')) {
		len = strlen(path);
		if (len >= sizeof(notify_address.sun_path))
			return;
		notify_address.sun_family = AF_UNIX;
		memcpy(notify_address.sun_path, path, len);
		if (path[0] == '@')
			notify_address.sun_path[0] = '\0';
		notify_len =
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
		notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	}
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void
systemd_notify(const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	if (notify_fd < 0)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		return;
	sendto(notify_fd, text, (size_t)n, MSG_NOSIGNAL,
	    (const struct sockaddr *)&notify_address, notify_len);
}

int64_t
systemd_watchdog(void)
{
	return watchdog_ns;
}
