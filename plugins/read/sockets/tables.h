/* SPDX-License-Identifier: MIT */
/*
 * The numbers in what the kernel says about its protocols below /proc/net, in
 * three forms of text; each ends with a NUL, and only its whole lines count.
 * Pure functions.
 */
#ifndef SOCKETS_TABLES_H
#define SOCKETS_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A number that is wanted: of this key in the line of this group. */
struct wish {
	const char *group, *key;
	size_t slot; /* which of found it becomes */
};

struct found {
	bool there; /* as a number that is not below 0 */
	uint64_t n;
};

typedef void tables_fn(
    const char *text, const struct wish *wishes, size_t n, struct found *);

/* /proc/net/sockstat: "TCP: inuse 5 orphan 0". */
tables_fn tables_pairs;

/* /proc/net/snmp, netstat: a line "Tcp: InSegs OutSegs", and a line of as many
 * numbers, "Tcp: 17 4". */
tables_fn tables_columns;

/* /proc/net/snmp6: "Udp6InErrors 0".  The group of such is "". */
tables_fn tables_lines;

#endif
