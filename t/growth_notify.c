/* SPDX-License-Identifier: MIT */
/*
 * A daemon of one call: loads the test plugin `notifier' from the path in its
 * first argument and hands it a notice of two alerts; what the plugin writes
 * goes to the file in the second.  Exits 0 where the plugin says that it is
 * delivered.  t/04-growth.sh builds it with a header whose structs have grown.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fettle/plugin.h>

struct fettle_ctx {
	void *self;
};

void *
fettle_self(struct fettle_ctx *ctx)
{
	return ctx->self;
}

int
fettle_fail(struct fettle_ctx *ctx, int err, const char *fmt, ...)
{
	(void)ctx;
	fprintf(stderr, "%s: %s\n", fmt, strerror(err));
	return -err;
}

int
fettle_answer(struct fettle_ctx *ctx, enum fettle_answer answer,
    double after_s, const char *fmt, ...)
{
	(void)ctx;
	(void)after_s;
	(void)fmt;
	return (int)answer;
}

/* The member of the state that its first option, a text, fills. */
static void
set_path(const struct fettle_plugin *p, void *self, const char *path)
{
	memcpy((char *)self + p->options.v[0].offset, &path, sizeof(path));
}

int
main(int argc, char **argv)
{
	static const struct fettle_alert hot = { .host = "web-1",
		.plugin = "cpu",
		.field = "percent",
		.severity = FETTLE_FAILURE,
		.value = 97,
		.limit = 90 };
	static const struct fettle_alert full = { .host = "web-1",
		.plugin = "disk",
		.instance = "/home",
		.field = "percent",
		.severity = FETTLE_WARNING,
		.value = 85,
		.limit = 80 };
	const struct fettle_alert *const alerts[] = { &hot, &full };
	const struct fettle_notice notice = { .size = sizeof(notice),
		.reason = FETTLE_CHANGED,
		.severity = FETTLE_FAILURE,
		.id = "id-1",
		.title = "two alerts",
		.text = "a text",
		.alerts = alerts,
		.n = 2 };
	void *module = argc == 3 ? dlopen(argv[1], RTLD_NOW) : NULL;
	const struct fettle_plugin *p =
	    module != NULL ? dlsym(module, "notifier_LTX_fettle_plugin")
			   : NULL;
	struct fettle_ctx ctx;
	int rc;

	if (p == NULL) {
		fprintf(stderr, "growth_notify: %s\n", dlerror());
		return 2;
	}
	ctx.self = calloc(1, p->self_size);
	set_path(p, ctx.self, argv[2]);
	rc = p->notify(&ctx, &notice);
	free(ctx.self);
	return rc == FETTLE_DELIVERED ? 0 : 1;
}
