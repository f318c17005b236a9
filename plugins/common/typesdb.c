/* SPDX-License-Identifier: MIT */
#include "typesdb.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CHECKSUM_DIGITS = 8 };

/* --- reading ------------------------------------------------------------- */

static bool
read_kind(const char *word, enum types_kind *kind)
{
	static const char *const words[] = { [TYPES_COUNTER] = "COUNTER",
		[TYPES_GAUGE] = "GAUGE",
		[TYPES_DERIVE] = "DERIVE",
		[TYPES_ABSOLUTE] = "ABSOLUTE" };

	for (int i = TYPES_COUNTER; i <= TYPES_ABSOLUTE; i++)
		if (strcasecmp(word, words[i]) == 0) {
			*kind = (enum types_kind)i;
			return true;
		}
	return false;
}

/* SOURCE:KIND:MIN:MAX */
static bool
read_source(char *word, struct types_source *source)
{
	char *rest = word, *name = strsep(&rest, ":");
	char *kind = strsep(&rest, ":");

	if (*name == '\0' || kind == NULL || rest == NULL ||
	    strchr(rest, ':') == NULL)
		return false;
	source->name = name;
	return read_kind(kind, &source->kind);
}

/* Both arrays have room for all that the text can hold. */
static bool
read_line(struct typesdb *db, char *line)
{
	struct types_type *type = &db->types[db->n];
	char *rest, *word;

	type->name = strtok_r(line, " \t\r,", &rest);
	type->first = db->n_sources;
	type->n = 0;
	while ((word = strtok_r(NULL, " \t\r,", &rest)) != NULL) {
		if (type->n == TYPES_SOURCES_MAX ||
		    !read_source(word, &db->sources[type->first + type->n]))
			return false;
		type->n++;
	}
	if (type->n == 0)
		return false;
	db->n_sources += type->n;
	db->n++;
	return true;
}

static size_t
count(const char *text, char c)
{
	size_t n = 0;

	for (; (text = strchr(text, c)) != NULL; text++)
		n++;
	return n;
}

/* Of two the one that was read later comes later. */
static int
by_name(const void *a, const void *b)
{
	const struct types_type *x = a, *y = b;
	const int c = strcmp(x->name, y->name);

	return c != 0 ? c : x->first < y->first ? -1 : x->first > y->first;
}

static void
keep_last(struct typesdb *db)
{
	size_t kept = 0;

	qsort(db->types, db->n, sizeof(*db->types), by_name);
	for (size_t i = 0; i < db->n; i++)
		if (i + 1 == db->n ||
		    strcmp(db->types[i].name, db->types[i + 1].name) != 0)
			db->types[kept++] = db->types[i];
	db->n = kept;
}

int
typesdb_init(struct typesdb *db, char *text)
{
	char *rest = text, *line;

	*db = (struct typesdb){ .text = text };
	/* a line has one type, a source a colon */
	db->types = calloc(count(text, '\n') + 1, sizeof(*db->types));
	db->sources = calloc(count(text, ':') + 1, sizeof(*db->sources));
	if (db->types == NULL || db->sources == NULL) {
		typesdb_fini(db);
		return -ENOMEM;
	}
	while ((line = strsep(&rest, "\n")) != NULL) {
		line += strspn(line, " \t\r,");
		if (*line == '\0' || *line == '#')
			continue;
		if (db->n == TYPES_MAX || !read_line(db, line))
			db->bad++;
	}
	if (db->n > 0)
		keep_last(db);
	return 0;
}

void
typesdb_fini(struct typesdb *db)
{
	free(db->text);
	free(db->types);
	free(db->sources);
	*db = (struct typesdb){ .text = NULL };
}

static int
name_is(const void *name, const void *type)
{
	return strcmp(name, ((const struct types_type *)type)->name);
}

const struct types_type *
typesdb_find(const struct typesdb *db, const char *name)
{
	return db->n > 0 ? bsearch(name, db->types, db->n, sizeof(*db->types),
			       name_is)
			 : NULL;
}

/* --- names --------------------------------------------------------------- */

struct word {
	char *out;
	size_t len;	   /* of all, also of what there is no room for */
	uint32_t checksum; /* FNV-1a of all as it came */
};

static void
add(struct word *w, const char *text)
{
	for (; *text != '\0'; text++) {
		const unsigned char c = (unsigned char)*text;
		const bool plain = (c >= '0' && c <= '9') ||
				   ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');

		w->checksum = (w->checksum ^ c) * UINT32_C(16777619);
		if (w->len < TYPES_NAME - 1)
			w->out[w->len] = plain ? (char)c : '_';
		w->len++;
	}
}

static void
end(struct word *w)
{
	if (w->len < TYPES_NAME) {
		w->out[w->len] = '\0';
		return;
	}
	snprintf(w->out + TYPES_NAME - 2 - CHECKSUM_DIGITS,
	    CHECKSUM_DIGITS + 2, "_%08x", (unsigned)w->checksum);
}

static struct word
begin(char out[TYPES_NAME])
{
	return (struct word){ .out = out, .checksum = UINT32_C(2166136261) };
}

void
types_word(const char *text, char out[TYPES_NAME])
{
	struct word w = begin(out);

	add(&w, text);
	end(&w);
}

void
typesdb_field(const struct typesdb *db, const char *type, const char *instance,
    size_t i, size_t n, char out[TYPES_NAME])
{
	const struct types_type *known = n > 1 ? typesdb_find(db, type) : NULL;
	struct word w = begin(out);
	char number[24];

	add(&w, type);
	if (*instance != '\0') {
		add(&w, "_");
		add(&w, instance);
	}
	if (n > 1) {
		snprintf(number, sizeof(number), "%zu", i);
		add(&w, "_");
		add(&w, known != NULL && known->n == n
			    ? db->sources[known->first + i].name
			    : number);
	}
	end(&w);
}
