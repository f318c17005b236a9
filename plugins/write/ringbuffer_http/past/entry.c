/* SPDX-License-Identifier: MIT */
#include "entry.h"

#include <endian.h>
#include <string.h>
#include <zlib.h>

enum { MAGIC = 0x7af5, AT_SUM = 8, CHUNK_HEAD = 24 };

/* --- writing ------------------------------------------------------------- */

static void
put_int(struct text *to, uint64_t v, size_t size)
{
	const uint64_t little = htole64(v);

	text_add(to, &little, size);
}

static uint32_t
sum_of(const char *entry, size_t len)
{
	const uLong head = crc32(0, (const Bytef *)entry, AT_SUM);

	return (uint32_t)crc32(
	    head, (const Bytef *)entry + ENTRY_HEAD, (uInt)(len - ENTRY_HEAD));
}

static size_t
begin(struct text *to, enum entry_kind kind, unsigned tier, uint64_t id)
{
	const size_t at = to->len;

	put_int(to, MAGIC, 2);
	put_int(to, kind, 1);
	put_int(to, tier, 1);
	put_int(to, 0, 4);
	put_int(to, 0, 4);
	put_int(to, id, 8);
	return at;
}

static void
end(struct text *to, size_t at)
{
	const size_t len = to->len - at;
	uint32_t little = htole32((uint32_t)(len - ENTRY_HEAD));

	if (to->failed)
		return;
	memcpy(to->data + at + 4, &little, sizeof(little));
	little = htole32(sum_of(to->data + at, len));
	memcpy(to->data + at + AT_SUM, &little, sizeof(little));
}

static void
put_text(struct text *to, const char *text)
{
	text_add(to, text, strlen(text) + 1);
}

static void
put_maybe(struct text *to, const char *text)
{
	put_int(to, text != NULL, 1);
	if (text != NULL)
		put_text(to, text);
}

bool
entry_put_name(struct text *to, unsigned tier, uint64_t id,
    const struct fettle_list *l, const struct fettle_field *f)
{
	const size_t at = begin(to, ENTRY_NAME, tier, id);

	put_int(to, f->kind, 1);
	put_int(to, l->n_tags, 1);
	put_text(to, l->host);
	put_text(to, l->plugin);
	put_text(to, f->name);
	put_text(to, f->unit);
	put_maybe(to, l->instance);
	put_maybe(to, l->instance_name);
	put_maybe(to, f->help);
	for (size_t i = 0; i < l->n_tags; i++) {
		put_text(to, l->tags[i].key);
		put_text(to, l->tags[i].value);
	}
	if (to->len - at > ENTRY_MAX || l->n_tags > ENTRY_TAGS) {
		to->len = at;
		return false;
	}
	end(to, at);
	return true;
}

void
entry_put_chunk(
    struct text *to, unsigned tier, uint64_t id, const struct chunk *c)
{
	const size_t at = begin(to, ENTRY_CHUNK, tier, id);

	put_int(to, (uint64_t)c->base, 8);
	put_int(to, c->interval, 4);
	put_int(to, c->steps, 4);
	text_add(to, c->data, c->len);
	end(to, at);
}

/* --- reading ------------------------------------------------------------- */

struct bytes {
	const char *at, *end;
	bool bad;
};

static uint64_t
get_int(struct bytes *b, size_t size)
{
	uint64_t little = 0;

	if ((size_t)(b->end - b->at) < size) {
		b->bad = true;
		return 0;
	}
	memcpy(&little, b->at, size);
	b->at += size;
	return le64toh(little);
}

static const char *
get_text(struct bytes *b)
{
	const char *text = b->at;
	const char *nul = memchr(text, '\0', (size_t)(b->end - text));

	if (nul == NULL) {
		b->bad = true;
		return "";
	}
	b->at = nul + 1;
	return text;
}

static const char *
get_maybe(struct bytes *b)
{
	return get_int(b, 1) == 1 ? get_text(b) : NULL;
}

static bool
get_name(struct bytes *b, struct entry *e)
{
	const uint64_t kind = get_int(b, 1);

	e->list = (struct fettle_list){ .size = sizeof e->list,
		.tags = e->tags,
		.n_tags = get_int(b, 1) };
	if (kind < FETTLE_GAUGE || kind > FETTLE_TOTAL ||
	    e->list.n_tags > ENTRY_TAGS)
		return false;
	e->list.host = get_text(b);
	e->list.plugin = get_text(b);
	e->field.kind = (enum fettle_kind)kind;
	e->field.name = get_text(b);
	e->field.unit = get_text(b);
	e->list.instance = get_maybe(b);
	e->list.instance_name = get_maybe(b);
	e->field.help = get_maybe(b);
	for (size_t i = 0; i < e->list.n_tags; i++) {
		e->tags[i].key = get_text(b);
		e->tags[i].value = get_text(b);
	}
	return !b->bad && b->at == b->end;
}

static bool
get_chunk(struct bytes *b, struct entry *e)
{
	struct chunk *c = e->chunk;
	const size_t len = (size_t)(b->end - b->at);

	if (len < CHUNK_HEAD - 8 || len > CHUNK_HEAD - 8 + CHUNK_BYTES_MAX)
		return false;
	c->base = (int64_t)get_int(b, 8);
	c->interval = (uint32_t)get_int(b, 4);
	c->steps = (uint32_t)get_int(b, 4);
	c->len = c->max = (uint16_t)(b->end - b->at);
	memcpy(c->data, b->at, c->len);
	return chunk_is_sound(c, e->tier);
}

size_t
entry_get(const char *data, size_t len, struct entry *e, bool *short_of)
{
	struct bytes b = { data, data + len, false };
	uint64_t kind, size, sum;

	*short_of = len < ENTRY_HEAD;
	if (*short_of || get_int(&b, 2) != MAGIC)
		return 0;
	kind = get_int(&b, 1);
	e->tier = (unsigned)get_int(&b, 1);
	size = get_int(&b, 4);
	sum = get_int(&b, 4);
	if (e->tier >= TIERS || size > ENTRY_MAX)
		return 0;
	*short_of = size > len - ENTRY_HEAD;
	if (*short_of || sum != sum_of(data, ENTRY_HEAD + size))
		return 0;
	b.end = b.at + size;
	e->kind = (enum entry_kind)kind;
	e->id = get_int(&b, 8);
	if (b.bad ||
	    (kind == ENTRY_NAME ? !get_name(&b, e)
				: kind != ENTRY_CHUNK || !get_chunk(&b, e)))
		return 0;
	return ENTRY_HEAD + size;
}
