/* SPDX-License-Identifier: MIT */
#include "deliver/spool.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32c.h"

enum {
	SPOOL_VERSION = 1,
	LOG_ROWS = 0,
	HEADER_BYTES = 32,
	STATE_BYTES = 256,
	LETTERS_PART = 8, /* of max_size, for letters: lists come first */
};

static const char state_key[] = "state";

/* --- rows ---------------------------------------------------------------- */

/* Before a chunk: the id of the queue, the number, the time; low byte first.
 */
static void
put_header(struct buf *to, const struct place *p, int64_t wall_ns)
{
	unsigned char bytes[HEADER_BYTES];
	const uint64_t number = htole64(p->number),
		       time = htole64((uint64_t)wall_ns);

	for (int i = 0; i < 16; i++) {
		unsigned byte = 0;

		sscanf(p->id + 2 * i, "%2x", &byte);
		bytes[i] = (unsigned char)byte;
	}
	memcpy(bytes + 16, &number, 8);
	memcpy(bytes + 24, &time, 8);
	buf_add(to, bytes, sizeof(bytes));
}

static int
get_header(const struct store_row *r, struct spool_row *out)
{
	const unsigned char *bytes = r->body;
	uint64_t number, time;

	out->row = r->id;
	if (r->len <= HEADER_BYTES)
		return -EBADMSG;
	for (size_t i = 0; i < 16; i++)
		snprintf(out->place.id + 2 * i, 3, "%02x", bytes[i]);
	memcpy(&number, bytes + 16, 8);
	memcpy(&time, bytes + 24, 8);
	out->place.number = le64toh(number);
	out->written_ns = (int64_t)le64toh(time);
	out->n = pack_count(bytes + HEADER_BYTES, r->len - HEADER_BYTES);
	return out->n > 0 ? 0 : -EBADMSG;
}

int
spool_put(struct spool *s, const struct place *place,
    const struct fettle_list *const *lists, const struct pack_via *const *via,
    size_t n, int64_t wall_ns, size_t *put, uint64_t *row)
{
	int rc;

	buf_clear(&s->scratch);
	put_header(&s->scratch, place, wall_ns);
	*put = pack_lists(
	    &s->scratch, lists, n, via, SPOOL_ROW_BYTES - HEADER_BYTES);
	if (s->scratch.len > STORE_BODY_MAX)
		return -EMSGSIZE;
	rc = store_append(
	    s->store, LOG_ROWS, s->scratch.data, s->scratch.len, row);
	if (rc == 0) {
		s->lists += *put;
		s->last = *row;
	}
	return rc;
}

int
spool_peek(struct spool *s, uint64_t after, struct spool_row *row)
{
	struct store_row r = { .id = after };
	const int rc = store_next(s->store, LOG_ROWS, after, &r);

	*row = (struct spool_row){ .row = r.id };
	return rc == 0 ? get_header(&r, row) : rc;
}

int
spool_read(struct spool *s, uint64_t after, struct spool_row *row,
    struct unpacked *lists, char *why, size_t len)
{
	struct store_row r = { .id = after };
	int rc = store_next(s->store, LOG_ROWS, after, &r);

	snprintf(why, len, "its checksum is wrong");
	*row = (struct spool_row){ .row = r.id };
	if (rc == 0)
		rc = get_header(&r, row);
	if (rc == 0 && unpack((const char *)r.body + HEADER_BYTES,
			   r.len - HEADER_BYTES, lists, why, len) < 0)
		rc = -EBADMSG;
	return rc;
}

/* There are so many lists less; or none, where there is no row. */
static int
count_out(struct spool *s, uint64_t n)
{
	struct spool_row first;
	const int rc = spool_peek(s, 0, &first);

	s->lists -= n < s->lists ? n : s->lists;
	if (rc == -ENOENT)
		s->lists = 0;
	s->oldest_ns = rc == 0 ? first.written_ns : 0;
	return rc == -ENOENT || rc == -EBADMSG ? 0 : rc;
}

int
spool_ack(struct spool *s, uint64_t through)
{
	struct spool_row row = { 0 };
	uint64_t n = 0;
	int rc;

	do {
		n += row.n;
		rc = spool_peek(s, row.row, &row);
	} while ((rc == 0 || rc == -EBADMSG) && row.row <= through);
	if (rc < 0 && rc != -ENOENT && rc != -EBADMSG)
		return rc;
	rc = store_trim(s->store, LOG_ROWS, through);
	return rc < 0 ? rc : count_out(s, n);
}

int
spool_drop(struct spool *s, const struct spool_row *row)
{
	const int rc = store_remove(s->store, LOG_ROWS, row->row);

	return rc < 0 ? rc : count_out(s, row->n);
}

/* Of n letters, how many of the first are to go so that the others fit. */
static size_t
count_too_many(const struct spool *s, char *const *letters, size_t n)
{
	uint64_t left = s->letters_room;

	while (n > 0 && strlen(letters[n - 1]) <= left)
		left -= strlen(letters[--n]);
	return n;
}

int
spool_bury(struct spool *s, char *const *letters, size_t n)
{
	const size_t gone = count_too_many(s, letters, n);
	char key[32];
	int rc = 0;

	/* those that go make room first */
	for (size_t i = n - gone; i < DEAD_LETTERS && rc == 0; i++) {
		snprintf(key, sizeof(key), "dead/%02zu", i);
		rc = store_unset(s->store, key);
		rc = rc == -ENOENT ? 0 : rc;
	}
	for (size_t i = gone; i < n && rc == 0; i++) {
		snprintf(key, sizeof(key), "dead/%02zu", i - gone);
		rc = store_set(s->store, key, letters[i], strlen(letters[i]));
	}
	return rc;
}

/* --- what goes on from life to life -------------------------------------- */

/* Where this is: the boot of a machine, and its name.  A disk that is copied
 * comes up in others, and if each of them went on with the same numbers a hub
 * would take what all but one of them send for what it has had. */
static unsigned
where(void)
{
	char boot[64], name[256] = "";
	const int fd =
	    open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	const ssize_t n = fd >= 0 ? read(fd, boot, sizeof(boot)) : 0;

	if (fd >= 0)
		close(fd);
	gethostname(name, sizeof(name) - 1);
	return crc32c(
	    crc32c(0, boot, n > 0 ? (size_t)n : 0), name, strlen(name));
}

static int
save_state(struct spool *s, const struct place *next, const struct place *sent)
{
	char text[STATE_BYTES];
	const int len = snprintf(text, sizeof(text),
	    "next %s %llu sent %s %llu lists %llu last %llu at %08x",
	    next->id[0] != '\0' ? next->id : "-",
	    (unsigned long long)next->number,
	    sent->id[0] != '\0' ? sent->id : "-",
	    (unsigned long long)sent->number, (unsigned long long)s->lists,
	    (unsigned long long)s->last, next->id[0] != '\0' ? where() : 0);

	return store_set(s->store, state_key, text, (size_t)len);
}

static bool
read_state(const char *text, struct spool_found *f)
{
	unsigned long long next, sent, lists, last;
	unsigned at = 0;

	if (sscanf(text,
		"next %32[-0-9a-f] %llu sent %32[-0-9a-f] %llu "
		"lists %llu last %llu at %x",
		f->next.id, &next, f->sent.id, &sent, &lists, &last, &at) < 6)
		return false;
	if (strlen(f->next.id) != 32 || at != where())
		f->next.id[0] = '\0';
	if (strlen(f->sent.id) != 32)
		f->sent.id[0] = '\0';
	f->next.number = next;
	f->sent.number = sent;
	f->lists = lists;
	f->last = last;
	return true;
}

/* How many lists stood between what was before `next' and this row, as far as
 * their numbers tell. */
static uint64_t
missing(const struct place *next, const struct spool_row *row)
{
	if (strcmp(next->id, row->place.id) != 0 ||
	    next->number > row->place.number)
		return 0;
	return row->place.number - next->number;
}

/* Where nobody has written down what there is: looks at every row. */
static int
count_rows(struct spool *s, struct spool_found *f)
{
	struct spool_row row = { 0 };
	struct place next = { 0 };
	bool damaged = false;
	int rc;

	memset(&f->next, 0, sizeof(f->next));
	memset(&f->sent, 0, sizeof(f->sent));
	f->lists = f->last = 0;
	while ((rc = spool_peek(s, row.row, &row)) == 0 || rc == -EBADMSG) {
		if (rc == 0) {
			if (damaged)
				f->lists += missing(&next, &row);
			next = row.place;
			next.number += row.n;
		}
		damaged = rc != 0;
		f->lists += row.n;
		f->last = row.row;
	}
	return rc == -ENOENT ? 0 : rc;
}

static int
load_state(struct spool *s, struct spool_found *f)
{
	char text[STATE_BYTES];
	const void *value;
	size_t len;
	int rc = store_get(s->store, state_key, &value, &len);

	if (rc == 0 && len < sizeof(text)) {
		memcpy(text, value, len);
		text[len] = '\0';
		if (read_state(text, f))
			return 0;
	}
	if (rc < 0 && rc != -ENOENT && rc != -EBADMSG)
		return rc;
	return count_rows(s, f);
}

static int
load_letter(void *dead, const char *key, const void *value, size_t len)
{
	(void)key;
	dead_load(dead, value, len);
	return 0;
}

/* A row stays until all of it is dealt with: how many lists of the first ones
 * are, and wait no more. */
static uint64_t
count_sent(struct spool *s, const struct place *sent)
{
	struct spool_row row = { 0 };
	uint64_t n = 0;

	while (spool_peek(s, row.row, &row) == 0 &&
	       strcmp(row.place.id, sent->id) == 0 &&
	       row.place.number < sent->number)
		n += row.n < sent->number - row.place.number
			 ? row.n
			 : sent->number - row.place.number;
	return n;
}

static int
load(struct spool *s, struct spool_found *found, struct dead *dead)
{
	uint64_t sent;
	int rc = load_state(s, found);

	s->lists = found->lists;
	s->last = found->last;
	sent = count_sent(s, &found->sent);
	found->lists -= sent < found->lists ? sent : found->lists;
	if (rc == 0)
		rc = store_each(s->store, "dead/", load_letter, dead);
	if (rc == 0 || rc == -EBADMSG)
		rc = count_out(s, 0);
	return rc;
}

int
spool_open(struct spool *s, const struct spool_options *options,
    struct spool_found *found, struct dead *dead, char *why, size_t len)
{
	const struct store_options o = { .path = options->path,
		.kind = "spool",
		.version = SPOOL_VERSION,
		.sync = options->power ? STORE_POWER : STORE_CRASH,
		.max_size = options->max_size };
	int rc;

	memset(found, 0, sizeof(*found));
	s->letters_room = options->max_size / LETTERS_PART;
	rc = store_open(&s->store, &o, &found->file, why, len);
	if (rc < 0)
		return rc;
	rc = load(s, found, dead);
	if (found->file.state != STORE_CLEAN)
		found->next = (struct place){ 0 };
	if (rc < 0) {
		snprintf(why, len, "%s: %s", options->path, strerror(-rc));
		spool_close(s, NULL, NULL);
	}
	return rc;
}

int
spool_close(
    struct spool *s, const struct place *next, const struct place *sent)
{
	int rc = 0;

	if (next != NULL)
		rc = spool_begin(s);
	if (next != NULL && rc == 0)
		rc = save_state(s, next, sent);
	if (next != NULL && rc == 0)
		rc = store_commit(s->store);
	store_close(s->store, next != NULL && rc == 0);
	buf_free(&s->scratch);
	memset(s, 0, sizeof(*s));
	return rc;
}

int
spool_begin(struct spool *s)
{
	return store_begin(s->store);
}

int
spool_commit(struct spool *s, const struct place *sent)
{
	static const struct place unknown;
	const int rc = save_state(s, &unknown, sent);

	return rc < 0 ? rc : store_commit(s->store);
}
