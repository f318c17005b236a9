/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the kernel's answer by netlink: as interfaces, and as sockets.
 * Whatever it says, names are names, and no more is counted than may be.  By
 * hand, from the top of the tree:
 *
 * clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
 *     -Isrc/include -Iplugins t/fuzz/links_fuzz.c plugins/common/nlmsg.c \
 *     plugins/read/network/links.c plugins/read/sockets/states.c -o links_fuzz
 * ./links_fuzz -max_total_time=60 FOLDER t/fuzz/links
 */
#include <stdlib.h>
#include <string.h>

#include "common/nlmsg.h"
#include "read/network/links.h"
#include "read/sockets/states.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_links(const struct links *links)
{
	for (size_t i = 0; i < links->n; i++) {
		const struct link *l = &links->v[i];

		if (l->name[0] == '\0' ||
		    strnlen(l->name, LINK_NAME) == LINK_NAME ||
		    strnlen(l->kind, LINK_KIND) == LINK_KIND)
			abort();
	}
}

static void
check_states(const struct states *states)
{
	uint64_t n = 0;

	for (size_t i = 0; i < STATES_N; i++)
		n += states->by[i];
	if (n > states->n || states->n > states->most)
		abort();
}

/* Not aligned, and nothing behind it may be touched. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nlmsg_answer first = { .seq = 1 }, second = { .seq = 1 };
	struct links links = { 0 };
	struct states states = { .most = 3 };
	char *copy = malloc(size + 1);

	if (copy == NULL)
		return 0;
	if (size > 0)
		memcpy(copy + 1, data, size);
	nlmsg_each(&first, copy + 1, size, links_take, &links);
	check_links(&links);
	nlmsg_each(&second, copy + 1, size, states_take, &states);
	check_states(&states);
	links_fini(&links);
	free(copy);
	return 0;
}
