/* SPDX-License-Identifier: MIT */
/* notifier: appends each notice to a file: its id, title and text, a line for
 * each alert with series, severity, value and limit, and an empty line.  Fails
 * the first `times' times. */
#include <errno.h>
#include <stdio.h>

#include <fettle/plugin.h>

struct notifier {
	const char *path;
	int64_t times, failed;
};

static const struct fettle_option notifier_options[] = {
	FETTLE_OPTION(struct notifier, path, NULL, "The file."),
	FETTLE_RANGE(struct notifier, times, "0",
	    "How often it fails before it delivers.", 0, 1e9),
};

static const char *const severities[] = { "", "ok", "no-data", "warning",
	"failure" };

static void
add_alert(FILE *to, const struct fettle_alert *a)
{
	fprintf(to, "%s:%s", a->host, a->plugin);
	if (a->instance != NULL)
		fprintf(to, "[%s]", a->instance);
	fprintf(to, ".%s %s %.17g %.17g\n", a->field, severities[a->severity],
	    a->value, a->limit);
}

static int
notifier_notify(struct fettle_ctx *ctx, const struct fettle_notice *notice)
{
	struct notifier *n = fettle_self(ctx);
	FILE *to;

	if (n->failed < n->times) {
		n->failed++;
		return fettle_answer(ctx, FETTLE_RETRY, 0, "as told");
	}
	to = fopen(n->path, "ae");
	if (to == NULL)
		return fettle_fail(ctx, errno, "%s", n->path);
	fprintf(to, "%s\n%s\n%s\n", notice->id, notice->title, notice->text);
	for (size_t i = 0; i < notice->n; i++)
		add_alert(to, notice->alerts[i]);
	putc('\n', to);
	if (fclose(to) != 0)
		return fettle_fail(ctx, errno, "%s", n->path);
	return FETTLE_DELIVERED;
}

FETTLE_PLUGIN(notifier) = {
	FETTLE_ABI,
	.summary = "Appends notices to a file.",
	.options = FETTLE_OPTIONS(notifier_options),
	.self_size = sizeof(struct notifier),
	.notify = notifier_notify,
};
