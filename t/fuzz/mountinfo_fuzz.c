/* SPDX-License-Identifier: MIT */
/*
 * Any text as /proc/self/mountinfo, for the disk plugin: whatever it says, no
 * two mounts that are shown have the same point, and no automount is shown.
 * Bytes up to the first NUL, if there is one, are the pattern of the mounts to
 * show.  By hand, from the top of the tree:
 *
 * clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
 *     -Isrc/include -Iplugins t/fuzz/mountinfo_fuzz.c \
 *     plugins/read/disk/mounts.c plugins/common/globs.c -o mountinfo_fuzz
 * ./mountinfo_fuzz -max_total_time=60 FOLDER t/fixtures/disk
 */
#include <stdlib.h>
#include <string.h>

#include "read/disk/mounts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct mounts *all, size_t chosen)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct mount *m = &all->v[i];

		if (m->remote && !m->chosen)
			abort();
		if (!m->chosen)
			continue;
		n++;
		if (m->point[0] != '/' || strcmp(m->type, "autofs") == 0)
			abort();
		for (size_t j = 0; j < i; j++)
			if (all->v[j].chosen &&
			    strcmp(all->v[j].point, m->point) == 0)
				abort();
	}
	if (n != chosen)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size > 0 ? memchr(data, '\0', size) : NULL;
	const size_t skip = nul != NULL ? (size_t)(nul - data) + 1 : 0;
	const char *const pattern[] = { (const char *)data };
	const struct mounts_wish wish = { { skip > 0, pattern }, { 0, NULL },
		{ 0, NULL } };
	char *text = malloc(size - skip + 1);
	struct mounts all;

	if (text == NULL)
		return 0;
	if (size > skip)
		memcpy(text, data + skip, size - skip);
	if (mounts_parse(text, size - skip, &all) == 0)
		check(&all, mounts_choose(&all, &wish));
	free(all.v);
	free(text);
	return 0;
}
