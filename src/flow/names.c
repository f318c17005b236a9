/* SPDX-License-Identifier: MIT */
#include "flow/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum { KEY_MAX = 63 };

/* As the name of a field, but for dots and dashes. */
static bool
key_ok(const char *s)
{
	const size_t len = strspn(s,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
	    ".-");

	return s[len] == '\0' && len >= 1 && len <= KEY_MAX;
}

/* The name as it may stand, or NULL where that is too long. */
static const char *
clean(struct names *n, const char *raw, bool relayed, size_t max)
{
	const size_t len = strlen(raw);
	struct buf out = { 0 };

	if (len > max)
		return NULL;
	if (utf8_is_name(raw, len))
		return raw;
	n->escaped = true;
	if (relayed && utf8_is_escaped(raw, len))
		return raw;
	utf8_add_name(&out, raw, len);
	if (out.len > max) {
		buf_free(&out);
		return NULL;
	}
	return n->copies[n->n_copies++] = buf_take(&out);
}

static int
by_key(const void *a, const void *b)
{
	const struct fettle_tag *x = a, *y = b;

	return strcmp(x->key, y->key);
}

/* Sorted as they should come, and each key once. */
static bool
sort_tags(struct names *n)
{
	for (size_t i = 1; i < n->n_tags; i++)
		if (strcmp(n->tags[i - 1].key, n->tags[i].key) >= 0) {
			qsort(n->tags, n->n_tags, sizeof *n->tags, by_key);
			break;
		}
	for (size_t i = 1; i < n->n_tags; i++)
		if (strcmp(n->tags[i - 1].key, n->tags[i].key) == 0)
			return false;
	return true;
}

bool
names_tags(struct names *n, const struct fettle_tag *tags, size_t count,
    bool relayed, size_t max)
{
	if (count > NAMES_TAGS_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (tags[i].key == NULL || tags[i].value == NULL ||
		    !key_ok(tags[i].key))
			return false;
		n->tags[i].key = tags[i].key;
		n->tags[i].value = clean(n, tags[i].value, relayed, max);
		if (n->tags[i].value == NULL)
			return false;
	}
	n->n_tags = count;
	return sort_tags(n);
}

bool
names_init(struct names *n, const struct fettle_list *list, const char *host,
    const char *plugin, bool relayed, size_t max)
{
	n->n_copies = 0;
	n->n_tags = 0;
	n->escaped = false;
	n->instance = NULL;
	if (host == NULL || *host == '\0' || plugin == NULL || *plugin == '\0')
		return false;
	n->host = clean(n, host, relayed, max);
	n->plugin = clean(n, plugin, relayed, max);
	if (n->host == NULL || n->plugin == NULL)
		return false;
	if (list->instance != NULL && list->instance[0] != '\0') {
		n->instance = clean(n, list->instance, relayed, max);
		if (n->instance == NULL)
			return false;
	}
	return names_tags(n, list->tags, list->n_tags, relayed, max);
}

void
names_fini(struct names *n)
{
	for (size_t i = 0; i < n->n_copies; i++)
		free(n->copies[i]);
	n->n_copies = 0;
}
