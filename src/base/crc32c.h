/* SPDX-License-Identifier: MIT */
/* CRC-32C, the checksum of iSCSI and ext4: finds every flipped bit, and every
 * run of up to 32 damaged ones.  From any thread. */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Of what crc is of, followed by len bytes of data; 0 is that of nothing. */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);

#endif
