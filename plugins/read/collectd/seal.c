/* SPDX-License-Identifier: MIT */
#include "seal.h"

#include <errno.h>
#include <gcrypt.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "packet.h"

enum {
	HEAD = 4,
	HMAC_BYTES = 32,
	SHA1_BYTES = 20,
	IV_BYTES = 16,
	SIGNED_HEAD = HEAD + HMAC_BYTES,
	ENCRYPTED_HEAD = HEAD + 2,
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
start(void)
{
	/* another library of the process may have done it */
	if (gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P) ||
	    gcry_check_version("1.8.0") == NULL)
		return;
	gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
	gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
}

bool
seal_start(void)
{
	pthread_once(&once, start);
	return gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P) != 0;
}

/* --- users --------------------------------------------------------------- */

static char *
trim(char *text)
{
	size_t len;

	text += strspn(text, " \t\r");
	len = strlen(text);
	while (len > 0 && strchr(" \t\r", text[len - 1]) != NULL)
		text[--len] = '\0';
	return text;
}

static bool
read_user(struct seal_users *users, char *line)
{
	struct seal_user *u = &users->v[users->n];
	char *colon = strchr(line, ':');

	if (colon == NULL || users->n == SEAL_USERS_MAX)
		return false;
	*colon = '\0';
	u->name = trim(line);
	u->password = trim(colon + 1);
	if (*u->name == '\0' || *u->password == '\0')
		return false;
	gcry_md_hash_buffer(
	    GCRY_MD_SHA256, u->key, u->password, strlen(u->password));
	users->n++;
	return true;
}

static size_t
count_lines(const char *text)
{
	size_t n = 1;

	while ((text = strchr(text, '\n')) != NULL) {
		n++;
		text++;
	}
	return n;
}

int
seal_users_init(struct seal_users *users, const char *text, size_t *line)
{
	char *rest, *at;

	*users = (struct seal_users){ .text = strdup(text),
		.len = strlen(text),
		.v = calloc(count_lines(text), sizeof(*users->v)) };
	if (users->text == NULL || users->v == NULL) {
		seal_users_fini(users);
		return -ENOMEM;
	}
	gcry_md_hash_buffer(GCRY_MD_SHA256, users->digest, text, users->len);
	*line = 0;
	rest = users->text;
	while ((at = strsep(&rest, "\n")) != NULL) {
		++*line;
		at = trim(at);
		if (*at == '\0' || *at == '#')
			continue;
		if (!read_user(users, at)) {
			seal_users_fini(users);
			return -EINVAL;
		}
	}
	return 0;
}

void
seal_users_fini(struct seal_users *users)
{
	if (users->text != NULL)
		explicit_bzero(users->text, users->len);
	if (users->v != NULL)
		explicit_bzero(users->v, users->n * sizeof(*users->v));
	free(users->text);
	free(users->v);
	*users = (struct seal_users){ .text = NULL };
}

bool
seal_users_are(const struct seal_users *users, const char *text)
{
	uint8_t digest[sizeof(users->digest)];

	gcry_md_hash_buffer(GCRY_MD_SHA256, digest, text, strlen(text));
	return memcmp(digest, users->digest, sizeof(digest)) == 0;
}

static const struct seal_user *
find_user(const struct seal_users *users, const uint8_t *name, size_t len)
{
	for (size_t i = 0; i < users->n; i++)
		if (strlen(users->v[i].name) == len &&
		    memcmp(users->v[i].name, name, len) == 0)
			return &users->v[i];
	return NULL;
}

/* Takes as long wherever they differ. */
static bool
is_same(const uint8_t *a, const uint8_t *b, size_t n)
{
	unsigned differs = 0;

	for (size_t i = 0; i < n; i++)
		differs |= (unsigned)(a[i] ^ b[i]);
	return differs == 0;
}

/* --- signatures ---------------------------------------------------------- */

static bool
sign(const char *password, const uint8_t *data, size_t len,
    uint8_t hmac[HMAC_BYTES])
{
	gcry_md_hd_t md;
	bool done = false;

	if (gcry_md_open(&md, GCRY_MD_SHA256, GCRY_MD_FLAG_HMAC) != 0)
		return false;
	if (gcry_md_setkey(md, password, strlen(password)) == 0) {
		gcry_md_write(md, data, len);
		memcpy(hmac, gcry_md_read(md, GCRY_MD_SHA256), HMAC_BYTES);
		done = true;
	}
	gcry_md_close(md);
	return done;
}

/* Head, signature, user; what is signed begins with the user. */
static enum seal
open_signed(const struct seal_users *users, uint8_t *data, size_t len,
    size_t part, uint8_t **said, size_t *said_len)
{
	const struct seal_user *user;
	uint8_t hmac[HMAC_BYTES];

	if (part <= SIGNED_HEAD)
		return SEAL_BROKEN;
	*said = data + part;
	*said_len = len - part;
	if (users->n == 0)
		return SEAL_UNCHECKED;
	user = find_user(users, data + SIGNED_HEAD, part - SIGNED_HEAD);
	if (user == NULL ||
	    !sign(user->password, data + SIGNED_HEAD, len - SIGNED_HEAD, hmac))
		return SEAL_WRONG;
	return is_same(hmac, data + HEAD, HMAC_BYTES) ? SEAL_SIGNED
						      : SEAL_WRONG;
}

/* --- encryption ---------------------------------------------------------- */

static bool
decrypt(const uint8_t key[32], const uint8_t iv[IV_BYTES], uint8_t *data,
    size_t len)
{
	gcry_cipher_hd_t cipher;
	bool done;

	if (gcry_cipher_open(
		&cipher, GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_OFB, 0) != 0)
		return false;
	done = gcry_cipher_setkey(cipher, key, 32) == 0 &&
	       gcry_cipher_setiv(cipher, iv, IV_BYTES) == 0 &&
	       gcry_cipher_decrypt(cipher, data, len, NULL, 0) == 0;
	gcry_cipher_close(cipher);
	return done;
}

/* Head, length of the user, user, vector; within: SHA-1 of what follows it. */
static enum seal
open_encrypted(const struct seal_users *users, uint8_t *data, size_t len,
    size_t part, uint8_t **said, size_t *said_len)
{
	const struct seal_user *user;
	uint8_t sha1[SHA1_BYTES];
	size_t name, at;

	if (part != len || len < ENCRYPTED_HEAD)
		return SEAL_BROKEN;
	name = (size_t)data[HEAD] << 8 | data[HEAD + 1];
	if (name == 0 || len - ENCRYPTED_HEAD <= name + IV_BYTES + SHA1_BYTES)
		return SEAL_BROKEN;
	user = find_user(users, data + ENCRYPTED_HEAD, name);
	at = ENCRYPTED_HEAD + name + IV_BYTES;
	if (user == NULL ||
	    !decrypt(user->key, data + at - IV_BYTES, data + at, len - at))
		return SEAL_WRONG;
	*said = data + at + SHA1_BYTES;
	*said_len = len - at - SHA1_BYTES;
	gcry_md_hash_buffer(GCRY_MD_SHA1, sha1, *said, *said_len);
	return is_same(sha1, data + at, SHA1_BYTES) ? SEAL_ENCRYPTED
						    : SEAL_WRONG;
}

enum seal
seal_open(const struct seal_users *users, uint8_t *data, size_t len,
    uint8_t **said, size_t *said_len)
{
	unsigned type;
	size_t part;

	*said = data;
	*said_len = len;
	if (!packet_head(data, len, &type, &part))
		return SEAL_BROKEN;
	if (type == PACKET_SIGNED)
		return open_signed(users, data, len, part, said, said_len);
	if (type == PACKET_ENCRYPTED)
		return open_encrypted(users, data, len, part, said, said_len);
	return SEAL_NONE;
}
