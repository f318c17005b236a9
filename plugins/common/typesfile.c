/* SPDX-License-Identifier: MIT */
#include "common/typesfile.h"

#include <errno.h>
#include <string.h>
#include <syslog.h>

#include "common/procfile.h"

/* The text is the caller's. */
static int
read_text(struct procfile *f, char **text)
{
	const int rc = procfile_read(f);

	*text = NULL;
	if (rc == 0) {
		*text = f->text;
		f->text = NULL;
	}
	procfile_close(f);
	return rc;
}

int
typesfile_read(struct fettle_ctx *ctx, const char *path, struct typesdb *db)
{
	struct procfile f = { 0 };
	char *text;
	int rc;

	*db = (struct typesdb){ .text = NULL };
	if (path == NULL || *path == '\0')
		return 0;
	rc = procfile_open(&f, ctx, path);
	if (rc == -ENOENT) {
		fettle_log(ctx, LOG_NOTICE,
		    "'%s' is not there: sources of types go by their numbers",
		    path);
		return 0;
	}
	if (rc < 0)
		return fettle_fail(ctx, -rc, "open '%s'", path);
	rc = read_text(&f, &text);
	if (rc == 0)
		rc = typesdb_init(db, text);
	if (rc < 0)
		return fettle_fail(ctx, -rc, "read '%s'", path);
	if (db->bad > 0)
		fettle_log(ctx, LOG_WARNING, "%zu lines of '%s' are no types",
		    db->bad, path);
	return 0;
}
