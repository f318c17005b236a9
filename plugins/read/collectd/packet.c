/* SPDX-License-Identifier: MIT */
#include "packet.h"

#include <string.h>

enum part {
	PART_HOST = 0x0000,
	PART_TIME = 0x0001,
	PART_PLUGIN = 0x0002,
	PART_PLUGIN_INSTANCE = 0x0003,
	PART_TYPE = 0x0004,
	PART_TYPE_INSTANCE = 0x0005,
	PART_VALUES = 0x0006,
	PART_INTERVAL = 0x0007,
	PART_TIME_HR = 0x0008,
	PART_INTERVAL_HR = 0x0009,
	PART_MESSAGE = 0x0100,
	PART_SEVERITY = 0x0101,
};

enum {
	HEAD = 4,	 /* type and length of a part */
	VALUE_BYTES = 8, /* of a number */
	MESSAGE_MAX = 1023,
};

#define NS_PER_S INT64_C(1000000000)
#define SECONDS_MAX (UINT64_C(9223372036))
#define INTERVAL_MAX_NS (7 * 24 * 3600 * NS_PER_S)

/* What was said so far; messages have a severity as well. */
struct said {
	struct packet_identity id;
	uint64_t severity;
};

static uint64_t
big_endian(const uint8_t *at, size_t n)
{
	uint64_t number = 0;

	for (size_t i = 0; i < n; i++)
		number = number << 8 | at[i];
	return number;
}

static uint64_t
little_endian(const uint8_t *at)
{
	uint64_t number = 0;

	for (size_t i = VALUE_BYTES; i > 0; i--)
		number = number << 8 | at[i - 1];
	return number;
}

bool
packet_head(const uint8_t *data, size_t len, unsigned *type, size_t *part)
{
	if (len < HEAD)
		return false;
	*type = (unsigned)big_endian(data, 2);
	*part = (size_t)big_endian(data + 2, 2);
	return *part >= HEAD && *part <= len;
}

/* Bytes that end with their only NUL, max of them at most before it. */
static bool
read_text(const uint8_t *at, size_t n, size_t max, const char **text)
{
	if (n == 0 || n > max + 1 ||
	    memchr(at, '\0', n) != (const void *)(at + n - 1))
		return false;
	*text = (const char *)at;
	return true;
}

static bool
read_number(const uint8_t *at, size_t n, uint64_t *number)
{
	if (n != VALUE_BYTES)
		return false;
	*number = big_endian(at, n);
	return true;
}

/* Seconds, or with hr units of 2^-30 of them. */
static bool
read_time(const uint8_t *at, size_t n, bool hr, int64_t *ns)
{
	uint64_t number, seconds, rest;

	if (!read_number(at, n, &number))
		return false;
	seconds = hr ? number >> 30 : number;
	rest = hr ? number & ((UINT64_C(1) << 30) - 1) : 0;
	if (seconds >= SECONDS_MAX)
		*ns = INT64_MAX;
	else
		*ns = (int64_t)seconds * NS_PER_S +
		      (int64_t)((rest * (uint64_t)NS_PER_S) >> 30);
	return true;
}

static bool
read_interval(const uint8_t *at, size_t n, bool hr, int64_t *ns)
{
	if (!read_time(at, n, hr, ns))
		return false;
	if (*ns > INTERVAL_MAX_NS)
		*ns = INTERVAL_MAX_NS;
	return true;
}

static bool
is_complete(const struct packet_identity *id)
{
	return id->host[0] != '\0' && id->plugin[0] != '\0' &&
	       id->type[0] != '\0';
}

/* A number of them, a kind for each, a number for each. */
static bool
read_values(const uint8_t *at, size_t len, const struct said *said,
    const struct packet_taker *taker)
{
	struct packet_values values = { .id = said->id };

	if (len < 2 || !is_complete(&said->id))
		return false;
	values.n = (size_t)big_endian(at, 2);
	if (values.n == 0 || len != 2 + values.n * (1 + VALUE_BYTES))
		return false;
	values.kinds = at + 2;
	values.raw = at + 2 + values.n;
	for (size_t i = 0; i < values.n; i++)
		if (values.kinds[i] > TYPES_ABSOLUTE)
			return false;
	if (taker != NULL)
		taker->values(taker->arg, &values);
	return true;
}

static bool
read_message(const uint8_t *at, size_t len, const struct said *said,
    const struct packet_taker *taker)
{
	struct packet_message message = { .id = said->id,
		.severity = said->severity };

	if (!read_text(at, len, MESSAGE_MAX, &message.text))
		return false;
	if (taker != NULL)
		taker->message(taker->arg, &message);
	return true;
}

static bool
read_part(unsigned type, const uint8_t *at, size_t n, struct said *said,
    const struct packet_taker *taker)
{
	struct packet_identity *id = &said->id;

	switch (type) {
	case PART_HOST:
		return read_text(at, n, PACKET_TEXT_MAX, &id->host);
	case PART_PLUGIN:
		return read_text(at, n, PACKET_TEXT_MAX, &id->plugin);
	case PART_PLUGIN_INSTANCE:
		return read_text(at, n, PACKET_TEXT_MAX, &id->plugin_instance);
	case PART_TYPE:
		return read_text(at, n, PACKET_TEXT_MAX, &id->type);
	case PART_TYPE_INSTANCE:
		return read_text(at, n, PACKET_TEXT_MAX, &id->type_instance);
	case PART_TIME:
	case PART_TIME_HR:
		return read_time(at, n, type == PART_TIME_HR, &id->time_ns);
	case PART_INTERVAL:
	case PART_INTERVAL_HR:
		return read_interval(
		    at, n, type == PART_INTERVAL_HR, &id->interval_ns);
	case PART_SEVERITY:
		return read_number(at, n, &said->severity);
	case PART_VALUES:
		return read_values(at, n, said, taker);
	case PART_MESSAGE:
		return read_message(at, n, said, taker);
	case PACKET_SIGNED:
	case PACKET_ENCRYPTED:
		return false; /* they are taken off before, once */
	default:
		return true;
	}
}

/* Each turn takes at least the head of a part. */
static bool
walk(const uint8_t *data, size_t len, const struct packet_taker *taker)
{
	struct said said = { .id = { "", "", "", "", "", 0, 0 } };

	while (len > 0) {
		unsigned type;
		size_t part;

		if (!packet_head(data, len, &type, &part) ||
		    !read_part(type, data + HEAD, part - HEAD, &said, taker))
			return false;
		data += part;
		len -= part;
	}
	return true;
}

bool
packet_parse(const uint8_t *data, size_t len, const struct packet_taker *taker)
{
	return len > 0 && len <= PACKET_MAX && walk(data, len, NULL) &&
	       walk(data, len, taker);
}

enum types_kind
packet_value(
    const struct packet_values *values, size_t i, struct fettle_value *value)
{
	const enum types_kind kind = (enum types_kind)values->kinds[i];
	const uint8_t *at = values->raw + i * VALUE_BYTES;
	uint64_t bits;
	double real;

	if (kind == TYPES_GAUGE) { /* as x86 has it, whoever sends */
		bits = little_endian(at);
		memcpy(&real, &bits, sizeof(real));
		*value = fettle_gauge(real);
		return kind;
	}
	bits = big_endian(at, VALUE_BYTES);
	*value = fettle_count(bits);
	if (kind == TYPES_DERIVE && bits > INT64_MAX)
		*value = (struct fettle_value){ 0 };
	return kind;
}
