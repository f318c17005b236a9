/* SPDX-License-Identifier: MIT */
/*
 * collectd's binary protocol: parts, each with its type, its length and what
 * it says, which holds until another part says otherwise; a part of values or
 * a message ends what was said before it.  Parts that are not known are passed
 * over.  Pure; nothing is copied, and nothing outside of the packet is read.
 */
#ifndef COLLECTD_PACKET_H
#define COLLECTD_PACKET_H

#include <fettle/plugin.h>

#include "common/typesdb.h"

enum {
	PACKET_MAX = 65535,
	PACKET_TEXT_MAX = 255, /* of a name, without its NUL */
	/* types of parts that are not for packet_parse */
	PACKET_SIGNED = 0x0200,
	PACKET_ENCRYPTED = 0x0210,
};

/* What holds; texts are "" where nothing was said, and end with a NUL. */
struct packet_identity {
	const char *host, *plugin, *plugin_instance, *type, *type_instance;
	int64_t time_ns;     /* wall clock; INT64_MAX: beyond; 0: not said */
	int64_t interval_ns; /* 0: not said */
};

struct packet_values {
	struct packet_identity id;
	size_t n;
	const uint8_t *kinds, *raw; /* see packet_value */
};

struct packet_message {
	struct packet_identity id;
	uint64_t severity; /* 1 failure, 2 warning, 4 okay */
	const char *text;
};

struct packet_taker {
	void (*values)(void *, const struct packet_values *);
	void (*message)(void *, const struct packet_message *);
	void *arg;
};

/* The kind and the number of value i < n; numbers are taken as counters but
 * for gauges.  A rise that fell below zero has none: kind 0. */
enum types_kind packet_value(
    const struct packet_values *values, size_t i, struct fettle_value *value);

/* Hands over what a packet says, in its order, or nothing and false where it
 * is malformed anywhere. */
bool packet_parse(
    const uint8_t *data, size_t len, const struct packet_taker *taker);

/* The two numbers at the head of a part; false where it does not fit. */
bool packet_head(
    const uint8_t *data, size_t len, unsigned *type, size_t *part);

#endif
