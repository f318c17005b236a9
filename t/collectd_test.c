/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <gcrypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/secret.h"
#include "fake_ctx.h"
#include "read/collectd/packet.h"
#include "read/collectd/seal.h"

FETTLE_API extern const struct fettle_plugin collectd_LTX_fettle_plugin;
static const struct fettle_plugin *const plugin = &collectd_LTX_fettle_plugin;

/* --- an encoder ---------------------------------------------------------- */

struct made {
	uint8_t data[70000];
	size_t len;
};

static void
put_number(struct made *m, uint64_t number, size_t bytes)
{
	for (size_t i = bytes; i > 0; i--)
		m->data[m->len++] = (uint8_t)(number >> 8 * (i - 1));
}

static void
put_head(struct made *m, unsigned type, size_t len)
{
	put_number(m, type, 2);
	put_number(m, len, 2);
}

static void
put_text(struct made *m, unsigned type, const char *text)
{
	put_head(m, type, 4 + strlen(text) + 1);
	memcpy(m->data + m->len, text, strlen(text) + 1);
	m->len += strlen(text) + 1;
}

static void
put_part(struct made *m, unsigned type, uint64_t number)
{
	put_head(m, type, 12);
	put_number(m, number, 8);
}

static void
put_gauge(struct made *m, double number)
{
	uint64_t bits;

	put_head(m, 6, 4 + 2 + 9);
	put_number(m, 1, 2);
	put_number(m, TYPES_GAUGE, 1);
	memcpy(&bits, &number, sizeof(bits));
	put_number(m, __builtin_bswap64(bits), 8);
}

static void
put_count(struct made *m, unsigned kind, uint64_t number)
{
	put_head(m, 6, 4 + 2 + 9);
	put_number(m, 1, 2);
	put_number(m, kind, 1);
	put_number(m, number, 8);
}

/* host, now, 10 s, plugin, its instance, type */
static void
put_identity(struct made *m, int64_t time_s)
{
	m->len = 0;
	put_text(m, 0, "web-1");
	put_part(m, 8, (uint64_t)time_s << 30);
	put_part(m, 9, UINT64_C(10) << 30);
	put_text(m, 2, "cpu");
	put_text(m, 3, "0");
	put_text(m, 4, "derive");
}

static void
put_packet(struct made *m, int64_t time_s, double number)
{
	put_identity(m, time_s);
	put_gauge(m, number);
}

static void
prepend(struct made *m, const uint8_t *head, size_t len)
{
	memmove(m->data + len, m->data, m->len);
	memcpy(m->data, head, len);
	m->len += len;
}

/* As the plugin network does it, by another interface of libgcrypt. */
static void
sign(struct made *m, const char *user, const char *password)
{
	uint8_t head[300] = { 0x02, 0x00 };
	const size_t len = 36 + strlen(user);
	gcry_mac_hd_t mac;
	size_t n = 32;

	head[3] = (uint8_t)len;
	memcpy(head + 36, user, strlen(user));
	gcry_mac_open(&mac, GCRY_MAC_HMAC_SHA256, 0, NULL);
	gcry_mac_setkey(mac, password, strlen(password));
	gcry_mac_write(mac, user, strlen(user));
	gcry_mac_write(mac, m->data, m->len);
	gcry_mac_read(mac, head + 4, &n);
	gcry_mac_close(mac);
	prepend(m, head, len);
}

static void
encrypt(struct made *m, const char *user, const char *password)
{
	uint8_t head[300] = { 0x02, 0x10 }, sha1[20], key[32];
	const size_t name = strlen(user), at = 6 + name;
	const size_t total = at + 16 + 20 + m->len;
	gcry_cipher_hd_t c;

	gcry_md_hash_buffer(GCRY_MD_SHA256, key, password, strlen(password));
	gcry_md_hash_buffer(GCRY_MD_SHA1, sha1, m->data, m->len);
	prepend(m, sha1, sizeof(sha1));
	memset(head + at, 0x5a, 16);
	gcry_cipher_open(&c, GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_OFB, 0);
	gcry_cipher_setkey(c, key, sizeof(key));
	gcry_cipher_setiv(c, head + at, 16);
	gcry_cipher_encrypt(c, m->data, m->len, NULL, 0);
	gcry_cipher_close(c);
	head[2] = (uint8_t)(total >> 8);
	head[3] = (uint8_t)total;
	head[5] = (uint8_t)name;
	memcpy(head + 6, user, name);
	prepend(m, head, at + 16);
}

/* --- packets, as text ---------------------------------------------------- */

static char said[2048];

static void
say_values(void *arg, const struct packet_values *v)
{
	char *at = said + strlen(said);

	(void)arg;
	at += sprintf(at, "%s/%s-%s/%s-%s %lld+%lld", v->id.host, v->id.plugin,
	    v->id.plugin_instance, v->id.type, v->id.type_instance,
	    (long long)v->id.time_ns, (long long)v->id.interval_ns);
	for (size_t i = 0; i < v->n; i++) {
		struct fettle_value value;
		const char kind = "cgda"[packet_value(v, i, &value)];

		if (value.kind == FETTLE_GAUGE)
			at += sprintf(at, " %c%g", kind, value.real);
		else if (value.kind == FETTLE_COUNTER)
			at += sprintf(at, " %c%llu", kind,
			    (unsigned long long)value.count);
		else
			at += sprintf(at, " %c-", kind);
	}
	strcpy(at, ";");
}

static void
say_message(void *arg, const struct packet_message *m)
{
	(void)arg;
	sprintf(said + strlen(said), "%s/%s %llu %s;", m->id.host,
	    m->id.plugin, (unsigned long long)m->severity, m->text);
}

static const struct packet_taker taker = { say_values, say_message, NULL };

/* On the heap and no byte longer: what reads on is found. */
static bool
parse(const struct made *m, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	bool right;

	said[0] = '\0';
	memcpy(copy, m->data, len);
	right = packet_parse(copy, len, &taker);
	free(copy);
	return right;
}

static void
every_part_is_understood(void **state)
{
	struct made m = { .len = 0 };

	(void)state;
	put_text(&m, 0, "web-1");
	put_part(&m, 1, 1763800000);
	put_part(&m, 7, 10);
	put_text(&m, 2, "df");
	put_text(&m, 4, "df");
	put_gauge(&m, 1.5);
	put_part(&m, 8, (UINT64_C(1763800001) << 30) | (UINT64_C(1) << 29));
	put_part(&m, 9, UINT64_C(3) << 29);
	put_text(&m, 3, "root");
	put_text(&m, 5, "free");
	put_count(&m, TYPES_COUNTER, UINT64_MAX);
	put_count(&m, TYPES_DERIVE, 7);
	put_count(&m, TYPES_DERIVE, UINT64_MAX);
	put_count(&m, TYPES_ABSOLUTE, 9);
	put_text(&m, 3, "");
	put_part(&m, 0x0101, 2);
	put_text(&m, 0x7777, "of the future");
	put_text(&m, 0x0100, "it is full");
	assert_true(parse(&m, m.len));
	assert_string_equal(said,
	    "web-1/df-/df- 1763800000000000000+10000000000 g1.5;"
	    "web-1/df-root/df-free 1763800001500000000+1500000000 "
	    "c18446744073709551615;"
	    "web-1/df-root/df-free 1763800001500000000+1500000000 d7;"
	    "web-1/df-root/df-free 1763800001500000000+1500000000 d-;"
	    "web-1/df-root/df-free 1763800001500000000+1500000000 a9;"
	    "web-1/df 2 it is full;");
}

static void
a_packet_that_is_cut_anywhere_says_nothing(void **state)
{
	struct made m;
	size_t whole = 0;

	(void)state;
	put_packet(&m, 1763800000, 1);
	/* the ends of parts are ends of packets too */
	for (size_t len = 1; len < m.len; len++) {
		unsigned type;
		size_t part;

		if (packet_head(m.data + whole, len - whole, &type, &part) &&
		    part == len - whole) {
			assert_true(parse(&m, len));
			whole = len;
		} else {
			assert_false(parse(&m, len));
		}
		assert_string_equal(said, "");
	}
	assert_true(parse(&m, m.len));
	assert_string_not_equal(said, "");
	assert_false(parse(&m, 0));
}

static void
nothing_of_a_packet_is_taken_if_its_end_is_malformed(void **state)
{
	struct made m;

	(void)state;
	put_packet(&m, 1763800000, 1);
	put_head(&m, 6, 4);
	assert_false(parse(&m, m.len));
	assert_string_equal(said, "");
}

/* CVE-2016-6254 was a length of a part that was believed: a heap was written
 * beyond its end.  Every length of every part is tried in the place of the
 * right one. */
static void
no_length_of_a_part_leads_outside_of_the_packet(void **state)
{
	struct made m, wrong;

	(void)state;
	put_packet(&m, 1763800000, 1);
	for (size_t at = 0; at < m.len;) {
		const size_t part =
		    (size_t)m.data[at + 2] << 8 | m.data[at + 3];

		for (unsigned len = 0; len <= 0xffff;
		     len += len < 300 ? 1 : 257) {
			memcpy(wrong.data, m.data, m.len);
			wrong.data[at + 2] = (uint8_t)(len >> 8);
			wrong.data[at + 3] = (uint8_t)len;
			if (len < 4 || at + len > m.len)
				assert_false(parse(&wrong, m.len));
			else
				parse(&wrong, m.len);
		}
		at += part;
	}
}

static void
no_number_of_values_leads_outside_of_the_part(void **state)
{
	struct made m;
	size_t at;

	(void)state;
	put_identity(&m, 1763800000);
	at = m.len;
	put_gauge(&m, 1);
	for (unsigned n = 0; n <= 0xffff; n++) {
		m.data[at + 4] = (uint8_t)(n >> 8);
		m.data[at + 5] = (uint8_t)n;
		assert_int_equal(parse(&m, m.len), n == 1);
	}
}

static void
what_is_malformed_within_a_part_is_refused(void **state)
{
	struct made m, whole;
	char text[300];

	(void)state;
	put_packet(&whole, 1763800000, 1);
	m = whole;
	m.data[m.len - 9] = 4; /* no such kind */
	assert_false(parse(&m, m.len));
	m = whole;
	m.data[4] = '\0'; /* a NUL within the host */
	assert_false(parse(&m, m.len));
	m = whole;
	m.data[9] = 'x'; /* none at its end */
	assert_false(parse(&m, m.len));
	m.len = 0; /* a text without any byte */
	put_head(&m, 0, 4);
	assert_false(parse(&m, m.len));
	m.len = 0;
	put_gauge(&m, 1); /* of nothing */
	assert_false(parse(&m, m.len));
	memset(text, 'x', sizeof(text));
	text[255] = '\0';
	m.len = 0;
	put_text(&m, 0, text);
	assert_true(parse(&m, m.len));
	text[255] = 'x';
	text[256] = '\0';
	m.len = 0;
	put_text(&m, 0, text);
	assert_false(parse(&m, m.len));
	/* seals are on the outside only */
	put_packet(&m, 1763800000, 1);
	put_head(&m, PACKET_SIGNED, 4);
	assert_false(parse(&m, m.len));
	put_packet(&m, 1763800000, 1);
	put_head(&m, PACKET_ENCRYPTED, 4);
	assert_false(parse(&m, m.len));
}

static void
times_beyond_all_bounds_do_not_overflow(void **state)
{
	struct made m = { .len = 0 };

	(void)state;
	put_identity(&m, 0);
	put_part(&m, 8, UINT64_MAX);
	put_part(&m, 9, UINT64_MAX);
	put_gauge(&m, 1);
	put_part(&m, 1, UINT64_MAX);
	put_part(&m, 7, UINT64_C(9223372036));
	put_gauge(&m, 1);
	assert_true(parse(&m, m.len));
	assert_string_equal(said,
	    "web-1/cpu-0/derive- 9223372036854775807+604800000000000 g1;"
	    "web-1/cpu-0/derive- 9223372036854775807+604800000000000 g1;");
}

/* --- seals --------------------------------------------------------------- */

static const char users_text[] = "# those who may send\n"
				 "\n"
				 "joe: secret\n"
				 "  ann :  with: colons \r\n";

/* What a packet is, and whether what it says is what was sealed. */
static enum seal
open_seal(const char *text, const struct made *m, const struct made *inside)
{
	struct seal_users users = { .text = NULL };
	uint8_t *copy = malloc(m->len), *at;
	size_t line, len;
	enum seal seal;

	if (text != NULL)
		assert_int_equal(seal_users_init(&users, text, &line), 0);
	memcpy(copy, m->data, m->len);
	seal = seal_open(&users, copy, m->len, &at, &len);
	if (seal < SEAL_WRONG) {
		assert_int_equal(len, inside->len);
		assert_memory_equal(at, inside->data, len);
	}
	free(copy);
	seal_users_fini(&users);
	return seal;
}

static void
what_is_signed_or_encrypted_is_opened_by_its_password(void **state)
{
	struct made plain, m;

	(void)state;
	put_packet(&plain, 1763800000, 1);
	assert_int_equal(open_seal(users_text, &plain, &plain), SEAL_NONE);
	m = plain;
	sign(&m, "joe", "secret");
	assert_int_equal(open_seal(users_text, &m, &plain), SEAL_SIGNED);
	m = plain;
	sign(&m, "ann", "with: colons");
	assert_int_equal(open_seal(users_text, &m, &plain), SEAL_SIGNED);
	m = plain;
	encrypt(&m, "joe", "secret");
	assert_int_equal(open_seal(users_text, &m, &plain), SEAL_ENCRYPTED);
}

static void
no_other_password_user_or_bit_opens_it(void **state)
{
	struct made plain, m, wrong;

	(void)state;
	put_packet(&plain, 1763800000, 1);
	m = plain;
	sign(&m, "joe", "secreT");
	assert_int_equal(open_seal(users_text, &m, &plain), SEAL_WRONG);
	m = plain;
	sign(&m, "jo", "secret");
	assert_int_equal(open_seal(users_text, &m, &plain), SEAL_WRONG);
	m = plain;
	encrypt(&m, "joe", "secreT");
	assert_int_equal(open_seal(users_text, &m, &plain), SEAL_WRONG);
	m = plain;
	encrypt(&m, "joey", "secret");
	assert_int_equal(open_seal(users_text, &m, &plain), SEAL_WRONG);
	m = plain;
	sign(&m, "joe", "secret");
	for (size_t i = 4; i < m.len; i++) {
		wrong = m;
		wrong.data[i] ^= 0x20;
		assert_int_equal(
		    open_seal(users_text, &wrong, &plain), SEAL_WRONG);
	}
	m = plain;
	encrypt(&m, "joe", "secret");
	for (size_t i = 4; i < m.len; i++) {
		wrong = m;
		wrong.data[i] ^= 0x20;
		assert_true(
		    open_seal(users_text, &wrong, &plain) >= SEAL_WRONG);
	}
}

static void
a_seal_that_is_cut_anywhere_is_broken_or_wrong(void **state)
{
	struct made plain, m;

	(void)state;
	put_packet(&plain, 1763800000, 1);
	m = plain;
	encrypt(&m, "joe", "secret");
	while (--m.len > 0)
		assert_int_equal(
		    open_seal(users_text, &m, &plain), SEAL_BROKEN);
	m = plain;
	sign(&m, "joe", "secret");
	while (--m.len > 40)
		assert_true(open_seal(users_text, &m, &plain) >= SEAL_WRONG);
	/* what follows an encrypted part was not encrypted */
	m = plain;
	encrypt(&m, "joe", "secret");
	put_text(&m, 0, "more");
	assert_int_equal(open_seal(users_text, &m, &plain), SEAL_BROKEN);
}

/* CVE-2017-7401 was a signed packet where no users are: it was looked at for
 * ever. */
static void
a_signed_packet_where_no_users_are_is_unchecked(void **state)
{
	struct made plain, m;

	(void)state;
	put_packet(&plain, 1763800000, 1);
	m = plain;
	sign(&m, "joe", "secret");
	assert_int_equal(open_seal(NULL, &m, &plain), SEAL_UNCHECKED);
	m = plain;
	encrypt(&m, "joe", "secret");
	assert_int_equal(open_seal(NULL, &m, &plain), SEAL_WRONG);
	m.len = 0;
	put_head(&m, PACKET_SIGNED, 4);
	assert_int_equal(open_seal(NULL, &m, &plain), SEAL_BROKEN);
	m.len = 0;
	put_head(&m, PACKET_SIGNED, 0);
	assert_int_equal(open_seal(NULL, &m, &plain), SEAL_BROKEN);
}

static void
users_that_are_none_are_named_by_their_line(void **state)
{
	static const char *const bad[] = { "joe", "joe:", ":secret",
		"joe: ", " : secret" };
	struct seal_users users;
	char text[64];
	size_t line;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(text, sizeof(text), "a: b\n\n%s\n", bad[i]);
		assert_int_equal(
		    seal_users_init(&users, text, &line), -EINVAL);
		assert_int_equal(line, 3);
		assert_int_equal(users.n, 0);
	}
	assert_int_equal(seal_users_init(&users, "a: b", &line), 0);
	assert_true(seal_users_are(&users, "a: b"));
	assert_false(seal_users_are(&users, "a: c"));
	seal_users_fini(&users);
}

/* --- the plugin ---------------------------------------------------------- */

/* What it does with packets is told by the tests of the daemon: its thread
 * needs one. */
static void
options_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		const char *options, *reason;
	} bad[] = { { "listen: nowhere", "'nowhere' is no address" },
		{ "security: sign", "there is no auth_file" },
		{ "security: encrypt", "there is no auth_file" },
		{ "auth_env: COLLECTD_TEST_BAD", "line 2 of the users" } };

	(void)state;
	setenv("COLLECTD_TEST_BAD", "joe: secret\nann", 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct fettle_ctx *ctx =
		    fake_new(plugin, "collectd", bad[i].options);

		assert_int_equal(plugin->open(ctx), -EINVAL);
		if (strstr(ctx->reason, bad[i].reason) == NULL)
			fail_msg("%s", ctx->reason);
		if (strstr(ctx->reason, "secret") != NULL)
			fail_msg("a password is told: %s", ctx->reason);
		fake_free(ctx);
	}
	secret_fini();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_part_is_understood),
		cmocka_unit_test(a_packet_that_is_cut_anywhere_says_nothing),
		cmocka_unit_test(
		    nothing_of_a_packet_is_taken_if_its_end_is_malformed),
		cmocka_unit_test(
		    no_length_of_a_part_leads_outside_of_the_packet),
		cmocka_unit_test(
		    no_number_of_values_leads_outside_of_the_part),
		cmocka_unit_test(what_is_malformed_within_a_part_is_refused),
		cmocka_unit_test(times_beyond_all_bounds_do_not_overflow),
		cmocka_unit_test(
		    what_is_signed_or_encrypted_is_opened_by_its_password),
		cmocka_unit_test(no_other_password_user_or_bit_opens_it),
		cmocka_unit_test(
		    a_seal_that_is_cut_anywhere_is_broken_or_wrong),
		cmocka_unit_test(
		    a_signed_packet_where_no_users_are_is_unchecked),
		cmocka_unit_test(users_that_are_none_are_named_by_their_line),
		cmocka_unit_test(options_that_make_no_sense_are_refused),
	};

	if (!seal_start())
		return 1;
	return cmocka_run_group_tests_name("collectd", tests, NULL, NULL);
}
