/* SPDX-License-Identifier: MIT */
#include "base/crc32c.h"

#include <endian.h>
#include <pthread.h>
#include <string.h>

enum { SLICES = 8 }; /* bytes a step */

/* tables[k][b]: what byte b does to the sum k bytes further on. */
static uint32_t tables[SLICES][256];
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void
make_tables(void)
{
	for (uint32_t b = 0; b < 256; b++) {
		uint32_t crc = b;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0x82f63b78) : 0);
		tables[0][b] = crc;
	}
	for (int k = 1; k < SLICES; k++)
		for (uint32_t b = 0; b < 256; b++) {
			const uint32_t crc = tables[k - 1][b];

			tables[k][b] = crc >> 8 ^ tables[0][crc & 0xff];
		}
}

uint32_t
crc32c(uint32_t crc, const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t word;

	pthread_once(&made, make_tables);
	crc = ~crc;
	for (; len >= SLICES; p += SLICES, len -= SLICES) {
		memcpy(&word, p, sizeof(word));
		word = le64toh(word) ^ crc;
		crc = 0;
		for (int k = 0; k < SLICES; k++)
			crc ^= tables[SLICES - 1 - k][word >> 8 * k & 0xff];
	}
	for (; len > 0; p++, len--)
		crc = crc >> 8 ^ tables[0][(crc ^ *p) & 0xff];
	return ~crc;
}
