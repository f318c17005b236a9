/* SPDX-License-Identifier: MIT */
/*
 * Any text as a request: what the gate lets through has one meaning.  And any
 * text as a query, a time, an address, a body with gzip.  By hand, from the
 * top of the tree:
 *
 * clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
 *     -Isrc/include -Iplugins t/fuzz/gate_fuzz.c \
 *     plugins/write/ringbuffer_http/{form,gate,query,when,reader*}.c \
 *     plugins/write/ringbuffer_http/inflate.c \
 *     plugins/common/{listen,peer}.c -lz -lm -o gate_fuzz
 * ./gate_fuzz -max_total_time=60 -max_len=1024 FOLDER t/fuzz/gate
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/listen.h"
#include "common/peer.h"
#include "write/ringbuffer_http/gate.h"
#include "write/ringbuffer_http/inflate.h"
#include "write/ringbuffer_http/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 1000 };

/* "METHOD PATH VERSION\nName: value\n...", split in place as the library
 * would. */
static void
read_request(struct gate *g, char *text)
{
	char *save = NULL, *line = strtok_r(text, "\n", &save);
	const char *method = line != NULL ? line : "", *path = "",
		   *version = "";
	char *space = line != NULL ? strchr(line, ' ') : NULL;

	if (space != NULL) {
		*space++ = '\0';
		path = space;
		space = strchr(space, ' ');
	}
	if (space != NULL) {
		*space++ = '\0';
		version = space;
	}
	gate_begin(g, gate_find(path, strlen(path)), method, version);
	while ((line = strtok_r(NULL, "\n", &save)) != NULL) {
		char *colon = strchr(line, ':');

		if (colon == NULL)
			continue;
		*colon++ = '\0';
		gate_header(g, line, colon + strspn(colon, " "));
	}
}

static void
check_gate(char *text)
{
	const char *why = NULL, *token;
	enum refusal refusal;
	struct gate g;
	size_t len;

	read_request(&g, text);
	refusal = gate_framing(&g, BODY_MAX, &why);
	assert(refusal < REFUSED_N && refusal_status(refusal) != 0);
	token = gate_bearer(&g, &len);
	if (token != NULL)
		assert(len > 0 && token[0] != ' ' && token[len - 1] != ' ');
	token = gate_cookie(&g, "fettle_session", &len);
	if (token != NULL)
		assert(len > 0 && strcspn(token, "; \t") == len);
	gate_takes_gzip(&g);
	gate_has(&g, "\"0123\"");
	gate_host_is_local(&g);
	if (refusal != REFUSED_NOT) {
		assert(why != NULL && why[0] != '\0');
		return;
	}
	assert(g.n_length <= 1 && g.n_coding == 0 && g.n_host <= 1);
	assert(!g.strange && g.body <= BODY_MAX);
	assert(g.endpoint == GATE_INGEST || g.endpoint == GATE_LOGIN ||
		       g.endpoint == GATE_LOGOUT
		   ? g.post
		   : g.get);
	assert(g.post ? g.n_length == 1 : g.body == 0);
	gate_type(&g, &why);
}

static void
check_texts(char *text, size_t size)
{
	struct listen_address address;
	struct peer peer, behind;
	struct ring_query q;
	char shown[PEER_TEXT], *out;
	const char *why;
	size_t len;

	if (peer_parse(&peer, text)) {
		peer_text(&peer, shown);
		assert(peer_parse(&behind, shown));
		assert(peer_equal(&peer, &behind));
	}
	peer_parse(&peer, "10.0.0.1");
	behind = peer_behind(&peer, text, &peer, 1);
	peer_party(&behind);
	listen_parse(&address, text);
	if (inflate_gzip(text, size, BODY_MAX, &out, &len) == 0) {
		assert(len <= BODY_MAX);
		free(out);
	}
	if (query_read(text, &q, &why))
		assert(q.host == NULL || q.host[0] != '\0');
	else
		assert(why[0] != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	check_gate(text);
	memcpy(text, data, size);
	text[size] = '\0';
	check_texts(text, size);
	free(text);
	return 0;
}
