/* SPDX-License-Identifier: MIT */
#ifndef HUB_INFLATE_H
#define HUB_INFLATE_H

#include <stddef.h>

/*
 * One gzip member, which is all of data.  *out is the caller's to free and has
 * a byte of room behind *out_len.  0; -EBADMSG: it is none; -E2BIG: more than
 * max bytes; -ENOMEM.
 */
int inflate_gzip(
    const void *data, size_t len, size_t max, char **out, size_t *out_len);

#endif
