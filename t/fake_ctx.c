/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "fake_ctx.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "config/option.h"
#include "config/yaml.h"

static void
show(void *arg, const char *text)
{
	(void)arg;
	print_error("%s\n", text);
}

struct fettle_ctx *
fake_new(
    const struct fettle_plugin *plugin, const char *label, const char *yaml)
{
	struct fettle_ctx *ctx = NEW(struct fettle_ctx);
	struct diags *d = diags_new();
	struct node *map = yaml_read("test", yaml, strlen(yaml), d);

	*ctx = (struct fettle_ctx){ .plugin = plugin,
		.label = label,
		.host = "here",
		.self = xcalloc(1, plugin->self_size),
		.left = 10000000000,
		.interval = 10000000000 };
	option_fill(ctx->self, &plugin->options, map, label,
	    (struct pos){ "test", 0, 0 }, NULL, d);
	diags_each(d, 0, show, NULL);
	assert_int_equal(diags_errors(d), 0);
	node_free(map);
	diags_free(d);
	return ctx;
}

static void
list_free(struct fake_list *l)
{
	free(l->plugin);
	free(l->instance);
	free(l->host);
	free(l->instance_name);
	for (size_t i = 0; i < l->n_tags; i++) {
		free((char *)(uintptr_t)l->tags[i].key);
		free((char *)(uintptr_t)l->tags[i].value);
	}
	for (size_t i = 0; i < l->n_host_tags; i++) {
		free((char *)(uintptr_t)l->host_tags[i].key);
		free((char *)(uintptr_t)l->host_tags[i].value);
	}
	for (size_t i = 0; i < l->n; i++) {
		free((char *)(uintptr_t)l->fields[i].name);
		free((char *)(uintptr_t)l->fields[i].unit);
	}
	free(l->fields);
	free(l->values);
}

void
fake_clear(struct fettle_ctx *ctx)
{
	struct fake_list *l;

	vec_each (l, &ctx->lists)
		list_free(l);
	ctx->lists.n = 0;
}

void
fake_free(struct fettle_ctx *ctx)
{
	fake_clear(ctx);
	vec_free(&ctx->lists);
	vec_free(&ctx->refused);
	buf_free(&ctx->log);
	free(ctx->ask);
	option_free(ctx->self, &ctx->plugin->options);
	free(ctx->self);
	free(ctx);
}

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

const struct fake_list *
fake_find(const struct fettle_ctx *ctx, const char *instance)
{
	for (size_t i = 0; i < ctx->lists.n; i++)
		if (same(ctx->lists.v[i].instance, instance))
			return &ctx->lists.v[i];
	return NULL;
}

int
fake_read(struct fettle_ctx *ctx, int64_t ns)
{
	fake_clear(ctx);
	__atomic_add_fetch(&ctx->now, ns, __ATOMIC_RELAXED);
	return ctx->plugin->read(ctx);
}

const struct fettle_value *
fake_get(const struct fettle_ctx *ctx, const char *instance, const char *field)
{
	const struct fake_list *l = fake_find(ctx, instance);

	if (l == NULL)
		fail_msg("there is no %s[%s]", ctx->label,
		    instance ? instance : "");
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->fields[i].name, field) == 0)
			return &l->values[i];
	fail_msg("%s[%s] has no field %s", ctx->label,
	    instance ? instance : "", field);
	return NULL;
}

bool
fake_has(const struct fettle_ctx *ctx, const char *instance, const char *field)
{
	return fake_get(ctx, instance, field)->kind != 0;
}

double
fake_value(
    const struct fettle_ctx *ctx, const char *instance, const char *field)
{
	const struct fettle_value *v = fake_get(ctx, instance, field);

	assert_int_not_equal(v->kind, 0);
	return v->kind == FETTLE_COUNTER ? (double)v->count : v->real;
}

size_t
fake_said(const struct fettle_ctx *ctx, const char *what)
{
	const char *s = ctx->log.data != NULL ? ctx->log.data : "";
	size_t n = 0;

	for (; (s = strstr(s, what)) != NULL; s++)
		n++;
	return n;
}

void
fake_check(const struct fettle_ctx *ctx, const char *instance,
    const char *field, double wanted)
{
	const double got = fake_value(ctx, instance, field);
	const double room =
	    fake_get(ctx, instance, field)->kind == FETTLE_COUNTER
		? 0
		: fmax(1e-9, 1e-12 * fabs(wanted));

	if (!(fabs(got - wanted) <= room))
		fail_msg("%s[%s].%s is %.17g, not %.17g", ctx->label,
		    instance ? instance : "", field, got, wanted);
}

void
fake_instances(const struct fettle_ctx *ctx, const char *wanted)
{
	struct buf all = { 0 };

	buf_puts(&all, "");
	for (size_t i = 0; i < ctx->lists.n; i++)
		buf_printf(&all, "%s ", ctx->lists.v[i].instance);
	assert_string_equal(all.data, wanted);
	buf_free(&all);
}

static char *
copy(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

static void
copy_tags(struct fettle_tag *to, const struct fettle_tag *from, size_t n)
{
	assert_true(n <= 16);
	for (size_t i = 0; i < n; i++)
		to[i] = (struct fettle_tag){ copy(from[i].key),
			copy(from[i].value) };
}

static void
keep(struct fettle_ctx *ctx, const struct fettle_list *l)
{
	struct fake_list *to = &vec_add(&ctx->lists);

	*to = (struct fake_list){ .plugin = copy(l->plugin),
		.instance = copy(l->instance),
		.host = copy(l->host),
		.time_ns = l->time_ns,
		.interval_ns = l->interval_ns,
		.n_tags = l->n_tags,
		.n_host_tags = l->n_host_tags,
		.instance_name = copy(l->instance_name),
		.fields = xcalloc(l->n, sizeof *to->fields),
		.values = xcalloc(l->n, sizeof *to->values),
		.n = l->n };
	copy_tags(to->tags, l->tags, l->n_tags);
	copy_tags(to->host_tags, l->host_tags, l->n_host_tags);
	for (size_t i = 0; i < l->n; i++) {
		to->fields[i].name = copy(l->fields[i]->name);
		to->fields[i].unit = copy(l->fields[i]->unit);
		to->fields[i].kind = l->fields[i]->kind;
		to->values[i] = l->values[i];
	}
}

/* --- the interface ------------------------------------------------------- */

void *
fettle_self(struct fettle_ctx *ctx)
{
	return ctx->self;
}

const char *
fettle_label(struct fettle_ctx *ctx)
{
	return ctx->label;
}

const char *
fettle_host(struct fettle_ctx *ctx)
{
	return ctx->host;
}

int
fettle_file(struct fettle_ctx *ctx, const char *path)
{
	char place[4096];
	int fd;

	if (ctx->proc && strncmp(path, "/proc/", 6) == 0)
		snprintf(place, sizeof(place), "%s%s", ctx->proc, path + 5);
	else if (ctx->sys && strncmp(path, "/sys/", 5) == 0)
		snprintf(place, sizeof(place), "%s%s", ctx->sys, path + 4);
	else
		snprintf(place, sizeof(place), "%s", path);
	fd = open(place, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

const char *
fettle_state_dir(struct fettle_ctx *ctx)
{
	(void)ctx;
	return NULL;
}

int64_t
fettle_now(struct fettle_ctx *ctx)
{
	/* a plugin's own thread may ask while the test sets it */
	return __atomic_load_n(&ctx->now, __ATOMIC_RELAXED);
}

int64_t
fettle_left(struct fettle_ctx *ctx)
{
	return ctx->left;
}

int64_t
fettle_interval(struct fettle_ctx *ctx)
{
	return ctx->interval;
}

static int
submit(struct fettle_ctx *ctx, const char *instance,
    const struct fettle_value *values, size_t n)
{
	const struct fettle_fields *declared = &ctx->plugin->fields;
	const struct fettle_field **fields = xcalloc(n, sizeof *fields);
	struct fettle_list l = { .size = sizeof(l),
		.instance = instance,
		.fields = fields,
		.values = values,
		.n = n };

	assert_int_equal(n, declared->n);
	for (size_t i = 0; i < n; i++) {
		fields[i] = &declared->v[i];
		if (values[i].kind != 0)
			assert_int_equal(values[i].kind, fields[i]->kind);
	}
	keep(ctx, &l);
	free(fields);
	return 0;
}

int
fettle_submit(struct fettle_ctx *ctx, const char *instance,
    const double *reals, size_t n)
{
	struct fettle_value *values = xcalloc(n, sizeof *values);
	int rc;

	for (size_t i = 0; i < n; i++)
		if (!isnan(reals[i]))
			values[i] = (struct fettle_value){
				ctx->plugin->fields.v[i].kind,
				{ .real = reals[i] }
			};
	rc = submit(ctx, instance, values, n);
	free(values);
	return rc;
}

int
fettle_submit_values(struct fettle_ctx *ctx, const char *instance,
    const struct fettle_value *values, size_t n)
{
	return submit(ctx, instance, values, n);
}

int
fettle_submit_list(struct fettle_ctx *ctx, const struct fettle_list *l)
{
	keep(ctx, l);
	return 0;
}

long
fettle_post(struct fettle_ctx *ctx, const struct fettle_list *const *lists,
    size_t n, uint32_t flags, char *why, size_t len)
{
	(void)flags;
	snprintf(why, len, "%s", ctx->post_why != NULL ? ctx->post_why : "");
	if (ctx->post_result != 0)
		return ctx->post_result;
	for (size_t i = 0; i < n; i++)
		keep(ctx, lists[i]);
	return (long)n;
}

long
fettle_post_batch(struct fettle_ctx *ctx, const struct fettle_batch *batch,
    uint32_t flags, char *why, size_t len)
{
	snprintf(ctx->queue, sizeof(ctx->queue), "%s",
	    batch->queue != NULL ? batch->queue : "");
	ctx->seq = batch->seq;
	ctx->n_via = batch->n_via;
	ctx->sent_ns = batch->sent_ns;
	return fettle_post(ctx, batch->lists, batch->n, flags, why, len);
}

int
fettle_settle(struct fettle_ctx *ctx, int64_t ns)
{
	(void)ctx;
	(void)ns;
	return 0;
}

int
fettle_ask(struct fettle_ctx *ctx, const char *json,
    void (*answer)(void *, const char *, size_t), void *arg)
{
	free(ctx->ask);
	ctx->ask = xstrdup(json);
	if (ctx->ask_answer == NULL)
		return -ENOTSUP;
	answer(arg, ctx->ask_answer, strlen(ctx->ask_answer));
	return 0;
}

int
fettle_fail(struct fettle_ctx *ctx, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(ctx->reason, sizeof(ctx->reason), fmt, ap);
	va_end(ap);
	ctx->failed = err;
	return -err;
}

int
fettle_answer(struct fettle_ctx *ctx, enum fettle_answer answer,
    double after_s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(ctx->reason, sizeof(ctx->reason), fmt, ap);
	va_end(ap);
	ctx->after_s = after_s;
	return (int)answer;
}

int
fettle_refuse(struct fettle_ctx *ctx, size_t i, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(ctx->reason, sizeof(ctx->reason), fmt, ap);
	va_end(ap);
	vec_add(&ctx->refused) = i;
	return 0;
}

void
fettle_log(struct fettle_ctx *ctx, int priority, const char *fmt, ...)
{
	va_list ap;

	buf_printf(&ctx->log, "<%d>", priority);
	va_start(ap, fmt);
	buf_vprintf(&ctx->log, fmt, ap);
	va_end(ap);
	buf_putc(&ctx->log, '\n');
}

void
fettle_log_fields(struct fettle_ctx *ctx, int priority,
    const struct fettle_tag *fields, size_t n, const char *fmt, ...)
{
	va_list ap;

	buf_printf(&ctx->log, "<%d>", priority);
	va_start(ap, fmt);
	buf_vprintf(&ctx->log, fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < n; i++)
		buf_printf(
		    &ctx->log, " %s=%s", fields[i].key, fields[i].value);
	buf_putc(&ctx->log, '\n');
}
