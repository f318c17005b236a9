/* SPDX-License-Identifier: MIT */
#include "store_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "deliver/store.h"

char store_dir[PATH_MAX];

int
store_dir_begin(void **state)
{
	char template[] = "/tmp/fettle-store-XXXXXX";

	(void)state;
	return mkdtemp(template) == NULL ||
	       realpath(template, store_dir) == NULL;
}

int
store_dir_end(void **state)
{
	char *command = xasprintf("rm -rf '%s'", store_dir);
	const int rc = system(command);

	(void)state;
	free(command);
	return rc;
}

const char *
store_dir_at(const char *name)
{
	static char paths[4][PATH_MAX + 64];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(*paths), "%s/%s", store_dir, name);
	return path;
}

int
store_dir_load(void **state)
{
	char *command, why[256];
	int rc;

	if (store_dir_begin(state) != 0)
		return -1;
	command = xasprintf(
	    "install -m 644 '%s/src/deliver/.libs/store-sqlite.so' '%s'",
	    getenv("builddir"), store_dir);
	rc = system(command);
	free(command);
	if (rc == 0)
		rc = store_load(store_dir, why, sizeof(why));
	return store_dir_end(state) != 0 || rc != 0;
}
