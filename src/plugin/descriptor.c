/* SPDX-License-Identifier: MIT */
#include "plugin/descriptor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "config/value.h"

enum {
	ROWS_MAX = 1024, /* fields or options of one plugin */
	SELF_MAX = 1 << 20,
	NESTING_MAX = 3, /* options of options */
};

/* What interface 1.0 ended with, each for good: smaller is no descriptor. */
#define END_OF(type, member)                                                  \
	(offsetof(type, member) + sizeof(((type *)0)->member))
enum {
	PLUGIN_SIZE_MIN = END_OF(struct fettle_plugin, batch_ms),
	FIELD_SIZE_MIN = END_OF(struct fettle_field, help),
	OPTION_SIZE_MIN = END_OF(struct fettle_option, sub_size),
};

bool
plugin_name_ok(const char *name)
{
	const size_t len =
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return name[len] == '\0' && len >= 1 && len <= PLUGIN_NAME_MAX &&
	       name[0] >= 'a' && name[0] <= 'z';
}

bool
field_name_ok(const char *name)
{
	size_t len;

	if (name == NULL)
		return false;
	len = strspn(name,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
	return name[len] == '\0' && len >= 1 && len <= FIELD_NAME_MAX;
}

/* Copies what both know of a row; false if the row has more and uses it. */
static bool
row_copy(void *to, size_t to_size, const void *from, size_t from_size)
{
	const unsigned char *more = from;

	memcpy(to, from, from_size < to_size ? from_size : to_size);
	for (size_t i = to_size; i < from_size; i++)
		if (more[i] != 0)
			return false;
	return true;
}

static const void *
row_at(const void *rows, size_t i, size_t size)
{
	return (const char *)rows + i * size;
}

static int
refuse(char *why, size_t len, const char *what, const char *name)
{
	snprintf(why, len, "%s%s%s", what, name ? " " : "", name ? name : "");
	return -EINVAL;
}

static int
copy_fields(struct plugin *p, const struct fettle_fields *theirs, char *why,
    size_t len)
{
	struct fettle_field *own;

	p->d.fields = (struct fettle_fields){ NULL, 0, sizeof *own };
	if (theirs->n == 0)
		return 0;
	if (theirs->v == NULL || theirs->n > ROWS_MAX ||
	    theirs->size < FIELD_SIZE_MIN)
		return refuse(
		    why, len, "its table of fields is no table", NULL);
	own = xcalloc(theirs->n, sizeof *own);
	p->d.fields.v = own;
	p->fields = xcalloc(theirs->n, sizeof *p->fields);
	for (uint32_t i = 0; i < theirs->n; i++) {
		struct fettle_field *f = &own[i];

		if (!row_copy(f, sizeof *f, row_at(theirs->v, i, theirs->size),
			theirs->size))
			return refuse(why, len,
			    "a newer fettle is needed for its field", f->name);
		if (!field_name_ok(f->name))
			return refuse(
			    why, len, "a field has no valid name", NULL);
		if (f->kind < FETTLE_GAUGE || f->kind > FETTLE_TOTAL ||
		    f->unit == NULL || !utf8_is_name(f->unit, strlen(f->unit)))
			return refuse(why, len,
			    "no kind or no unit in its field", f->name);
		if (plugin_field(p, f->name) != NULL)
			return refuse(
			    why, len, "two fields are called", f->name);
		p->fields[p->d.fields.n++] = f;
	}
	return 0;
}

/* 0: a type that this daemon does not know. */
static size_t
member_size(const struct fettle_option *o)
{
	if (o->type < FETTLE_T_BOOL || o->type > FETTLE_T_GROUP)
		return 0;
	return o->type == FETTLE_T_GROUP ? o->sub_size : value_size(o->type);
}

static void
free_options(struct fettle_options *own)
{
	struct fettle_option *rows = (struct fettle_option *)(uintptr_t)own->v;

	for (uint32_t i = 0; i < own->n; i++)
		free_options(&rows[i].sub);
	free(rows);
}

static int copy_options(struct fettle_options *to,
    const struct fettle_options *theirs, size_t self_size, int depth,
    char *why, size_t len);

/* Where an option may lie, and how large a row of tables may be. */
static int
check_place(
    const struct fettle_option *o, size_t self_size, char *why, size_t len)
{
	const size_t size = member_size(o);

	if (size == 0)
		return refuse(why, len,
		    "a newer fettle is needed for its option", o->name);
	if (o->offset > self_size || size > self_size - o->offset ||
	    (o->type == FETTLE_T_TABLES && o->sub_size < sizeof(char *)))
		return refuse(why, len,
		    "self_size, or the size of its row, ends before option",
		    o->name);
	if (o->sub_size > SELF_MAX)
		return refuse(why, len, "over 1 MiB is a row of", o->name);
	return 0;
}

/* The row i of theirs into own[i]; the rows before it are there. */
static int
copy_option(struct fettle_option *own, const struct fettle_options *theirs,
    uint32_t i, size_t self_size, int depth, char *why, size_t len)
{
	struct fettle_option *o = &own[i];
	const bool all = row_copy(
	    o, sizeof *o, row_at(theirs->v, i, theirs->size), theirs->size);
	const struct fettle_options sub = o->sub;

	/* theirs is not to be freed with ours */
	o->sub = (struct fettle_options){ NULL, 0, sizeof *o };
	if (!all)
		return refuse(why, len,
		    "a newer fettle is needed for its option", o->name);
	if (!field_name_ok(o->name))
		return refuse(why, len, "an option has no valid name", NULL);
	for (uint32_t k = 0; k < i; k++)
		if (strcmp(own[k].name, o->name) == 0)
			return refuse(
			    why, len, "two options are called", o->name);
	if ((o->type == FETTLE_T_TABLES || o->type == FETTLE_T_GROUP) &&
	    (sub.n == 0 || o->sub_size == 0))
		return refuse(
		    why, len, "without options of its own is option", o->name);
	if (check_place(o, self_size, why, len) < 0)
		return -EINVAL;
	if (o->type != FETTLE_T_TABLES && o->type != FETTLE_T_GROUP)
		return 0;
	return copy_options(&o->sub, &sub, o->sub_size, depth + 1, why, len);
}

static int
copy_options(struct fettle_options *to, const struct fettle_options *theirs,
    size_t self_size, int depth, char *why, size_t len)
{
	struct fettle_option *own;
	int rc;

	*to = (struct fettle_options){ NULL, 0, sizeof *own };
	if (theirs->n == 0)
		return 0;
	if (theirs->v == NULL || theirs->n > ROWS_MAX ||
	    theirs->size < OPTION_SIZE_MIN || depth > NESTING_MAX)
		return refuse(
		    why, len, "its table of options is no table", NULL);
	own = xcalloc(theirs->n, sizeof *own);
	to->v = own;
	while (to->n < theirs->n) {
		const uint32_t i = to->n++;

		rc = copy_option(own, theirs, i, self_size, depth, why, len);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
check_roles(const struct fettle_plugin *d, char *why, size_t len)
{
	if (d->read == NULL && d->write == NULL && d->notify == NULL &&
	    !(d->flags & FETTLE_SOURCE))
		return refuse(why, len,
		    "it neither reads, writes, notifies nor is a source",
		    NULL);
	if (d->read != NULL && (d->write != NULL || d->notify != NULL))
		return refuse(why, len,
		    "it reads and delivers: one plugin does one", NULL);
	if (d->read != NULL && d->fields.n == 0 &&
	    !(d->flags & FETTLE_DYNAMIC))
		return refuse(
		    why, len, "it reads but declares no fields", NULL);
	if (d->ask != NULL && (d->write != NULL || d->notify != NULL))
		return refuse(why, len,
		    "it delivers and answers questions: one plugin does one",
		    NULL);
	if (d->instance_name != NULL && !field_name_ok(d->instance_name))
		return refuse(why, len, "its instance_name is no word", NULL);
	if (d->flags & ~(FETTLE_SOURCE | FETTLE_DYNAMIC | FETTLE_SERIAL |
			   FETTLE_SPREAD | FETTLE_HUB))
		return refuse(
		    why, len, "a newer fettle is needed for its flags", NULL);
	return 0;
}

static int
accept_plugin(struct plugin *p, const struct fettle_plugin *theirs, char *why,
    size_t len)
{
	struct fettle_options options;
	struct fettle_fields fields;
	bool all;
	int rc;

	if (theirs->abi_major != FETTLE_ABI_MAJOR) {
		snprintf(why, len,
		    "built for interface %u, this daemon has %u",
		    theirs->abi_major, FETTLE_ABI_MAJOR);
		return -EPROTO;
	}
	if (theirs->size < PLUGIN_SIZE_MIN)
		return refuse(why, len, "its descriptor is cut short", NULL);
	all = row_copy(&p->d, sizeof(p->d), theirs, theirs->size);
	options = p->d.options;
	fields = p->d.fields;
	/* theirs are not to be freed with ours */
	p->d.options = (struct fettle_options){ 0 };
	p->d.fields = (struct fettle_fields){ 0 };
	if (!all) {
		snprintf(why, len,
		    "needs fettle's interface %u.%u, this is %u.%u",
		    theirs->abi_major, theirs->abi_minor, FETTLE_ABI_MAJOR,
		    FETTLE_ABI_MINOR);
		return -EPROTO;
	}
	if (p->d.self_size > SELF_MAX)
		return refuse(why, len, "its state is over 1 MiB", NULL);
	rc =
	    copy_options(&p->d.options, &options, p->d.self_size, 0, why, len);
	if (rc == 0)
		rc = copy_fields(p, &fields, why, len);
	return rc == 0 ? check_roles(&p->d, why, len) : rc;
}

struct plugin *
plugin_new(const char *name, const struct fettle_plugin *theirs, char *why,
    size_t len)
{
	struct plugin *p = NEW(struct plugin);

	snprintf(p->name, sizeof(p->name), "%s", name);
	pthread_mutex_init(&p->serial, NULL);
	if (accept_plugin(p, theirs, why, len) < 0) {
		plugin_free(p);
		return NULL;
	}
	return p;
}

void
plugin_free(struct plugin *p)
{
	if (p == NULL)
		return;
	free_options(&p->d.options);
	free((void *)(uintptr_t)p->d.fields.v);
	free(p->fields);
	free(p->path);
	pthread_mutex_destroy(&p->serial);
	free(p);
}

const struct fettle_field *
plugin_field(const struct plugin *p, const char *name)
{
	for (uint32_t i = 0; i < p->d.fields.n; i++)
		if (strcmp(p->d.fields.v[i].name, name) == 0)
			return &p->d.fields.v[i];
	return NULL;
}
