/* SPDX-License-Identifier: MIT */
/* Files of the kernel's with one name and one number a line, such as
 * "procs_blocked 0" or "read_bytes: 4096". */
#ifndef READ_KEYED_H
#define READ_KEYED_H

#include "common/procfile.h"
#include "scan.h"

/* The number behind a key, as procfile_find has it.  False: there is none. */
static inline bool
keyed_number(const char *text, const char *key, uint64_t *n)
{
	const char *p = procfile_find(text, key);

	return p != NULL && scan_number(&p, n);
}

#endif
