/* SPDX-License-Identifier: MIT */
/*
 * Tells something by smtp, without a daemon: the options come on stdin, the
 * title and the text as arguments.  On stdout is the answer's number, a space
 * and the reason, and below that the log.
 *
 * usage: notify_once TITLE TEXT [OK|FAILURE]
 */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "fake_ctx.h"
#include "made_notice.h"

FETTLE_API extern const struct fettle_plugin smtp_LTX_fettle_plugin;

int
main(int argc, char **argv)
{
	const struct fettle_plugin *p = &smtp_LTX_fettle_plugin;
	struct made_notice made;
	struct fettle_ctx *ctx;
	char yaml[4096];
	int rc;

	yaml[fread(yaml, 1, sizeof(yaml) - 1, stdin)] = '\0';
	made_notice_init(&made);
	if (argc < 3)
		return 2;
	made.notice.title = argv[1];
	made.notice.text = argv[2];
	if (argc > 3 && strcmp(argv[3], "OK") == 0) {
		made.alert.was = made.alert.severity;
		made.alert.severity = made.notice.severity = FETTLE_OK;
		made.notice.id = "0123456789abcdef-7-2";
	}
	ctx = fake_new(p, "mail", yaml);
	rc = p->open(ctx);
	if (rc == 0) {
		rc = p->notify(ctx, &made.notice);
		p->close(ctx);
	}
	printf("%d %s\n%s", rc, ctx->reason,
	    ctx->log.data != NULL ? ctx->log.data : "");
	fake_free(ctx);
	return 0;
}
