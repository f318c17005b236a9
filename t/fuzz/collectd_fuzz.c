/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as datagrams of collectd, each behind its length in two bytes:
 * sealed or not, with users and without.  Nothing is read beyond them, nothing
 * is taken of one that is malformed, and no list is what the daemon would call
 * none.  By hand, from the top of the tree:
 *
 * clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
 *     -Isrc/include -Iplugins t/fuzz/collectd_fuzz.c \
 *     plugins/read/collectd/packet.c plugins/read/collectd/seal.c \
 *     plugins/common/rounds.c plugins/common/lookup.c \
 *     plugins/common/typesdb.c -lgcrypt \
 *     -o collectd_fuzz
 * ./collectd_fuzz -max_total_time=60 FOLDER t/fuzz/collectd
 */
#include <stdlib.h>
#include <string.h>

#include "common/rounds.h"
#include "read/collectd/packet.h"
#include "read/collectd/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 8 };

struct world {
	struct rounds rounds;
	struct typesdb types;
	size_t taken;
	int64_t now_ns;
};

static void
check_list(const struct fettle_list *l)
{
	if (l->size != sizeof(*l) || l->n == 0 || l->n > ROUNDS_FIELDS ||
	    l->plugin == NULL || l->interval_ns <= 0 ||
	    (l->instance != NULL && strlen(l->instance) > PACKET_TEXT_MAX))
		abort();
	for (size_t i = 0; i < l->n; i++) {
		const char *name = l->fields[i]->name;

		if (strlen(name) >= ROUNDS_NAME || *name == '\0' ||
		    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"
				 "abcdefghijklmnopqrstuvwxyz") != strlen(name))
			abort();
		if (l->values[i].kind != 0 &&
		    l->values[i].kind != l->fields[i]->kind)
			abort();
		for (size_t k = 0; k < i; k++)
			if (strcmp(l->fields[k]->name, name) == 0)
				abort();
	}
}

static void
post(void *arg, const struct fettle_list *const *lists, size_t n)
{
	(void)arg;
	if (n == 0 || n > ROUNDS_PENDING)
		abort();
	for (size_t i = 0; i < n; i++)
		check_list(lists[i]);
}

static void
values(void *arg, const struct packet_values *values)
{
	struct world *w = arg;
	char name[TYPES_NAME], plugin[TYPES_NAME];
	struct rounds_value v = { .host = values->id.host,
		.plugin = plugin,
		.instance = values->id.plugin_instance,
		.field = name,
		.time_ns = values->id.time_ns,
		.interval_ns =
		    values->id.interval_ns > 0 ? values->id.interval_ns : 1 };

	w->taken++;
	if (v.time_ns == INT64_MAX) /* it is of the future */
		return;
	types_word(values->id.plugin, plugin);
	for (size_t i = 0; i < values->n; i++) {
		v.adds = packet_value(values, i, &v.value) == TYPES_ABSOLUTE;
		if (v.value.kind == 0)
			continue;
		typesdb_field(&w->types, values->id.type,
		    values->id.type_instance, i, values->n, name);
		rounds_add(&w->rounds, &v, w->now_ns++);
	}
}

static void
message(void *arg, const struct packet_message *m)
{
	struct world *w = arg;

	w->taken++;
	if (strlen(m->text) > 1023)
		abort();
}

static void
take(struct world *w, const struct seal_users *users, const uint8_t *data,
    size_t len)
{
	const struct packet_taker taker = { values, message, w };
	uint8_t *copy = malloc(len > 0 ? len : 1), *said;
	const size_t before = w->taken;
	size_t said_len;

	memcpy(copy, data, len);
	if (seal_open(users, copy, len, &said, &said_len) < SEAL_WRONG) {
		if (said < copy || said + said_len > copy + len)
			abort();
		if (!packet_parse(said, said_len, &taker) &&
		    w->taken != before)
			abort();
	}
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seal_users users[2] = { { .text = NULL } };
	struct world w = { .now_ns = 1 };
	size_t line;

	if (!seal_start() ||
	    seal_users_init(&users[1], "joe: secret", &line) != 0 ||
	    rounds_init(&w.rounds, MOST, 1, post, &w) != 0 ||
	    typesdb_init(&w.types, strdup("load a:GAUGE:0:U b:GAUGE:0:U")) !=
		0)
		return 0;
	for (size_t turn = 0; size > 2; turn++) {
		size_t n = (size_t)data[0] << 8 | data[1];

		data += 2;
		size -= 2;
		n = n < size ? n : size;
		take(&w, &users[turn % 2], data, n);
		rounds_flush(&w.rounds);
		rounds_tick(&w.rounds, w.now_ns, w.now_ns - 64);
		if (w.rounds.things.n > MOST)
			abort();
		data += n;
		size -= n;
	}
	rounds_fini(&w.rounds);
	typesdb_fini(&w.types);
	seal_users_fini(&users[1]);
	return 0;
}
