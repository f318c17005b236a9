/* SPDX-License-Identifier: MIT */
/*
 * The unix socket on which fettlectl and others speak the control protocol:
 * one thread that waits for all of them and runs one command at a time, but
 * for those that wait themselves, see control/errand.h.  Only root and the
 * user the daemon runs as are answered.
 *
 * A client that does not read its answer is not read from either, so it holds
 * one answer of memory and delays nobody.  The 33rd client displaces the one
 * that was quiet for longest.
 */
#ifndef CONTROL_SERVER_H
#define CONTROL_SERVER_H

#include <stddef.h>

#include "control/protocol.h"

enum {
	CONTROL_CLIENTS_MAX = 32,
	CONTROL_ANSWER_MAX = 16 << 20, /* bytes; a longer one is an error */
};

struct control_server;

/*
 * Binds the socket and starts the thread, in which the commands will run.
 * commands and daemon are lent until control_stop.  NULL, with the reason in
 * why, where the socket cannot be had.
 */
struct control_server *control_start(const char *path,
    const struct control_command *commands, size_t n, void *daemon, char *why,
    size_t len);

/*
 * Removes the socket, ends the threads and frees the server; NULL is fine.  It
 * waits for commands that are running, so what those wait for must not be the
 * caller.
 */
void control_stop(struct control_server *server);

#endif
