/* SPDX-License-Identifier: MIT */
/* The clock that processes are stamped by: tests put their own in its place.
 */
#ifndef PROCESSES_BOOTTIME_H
#define PROCESSES_BOOTTIME_H

#include <stdint.h>

/* ns since the machine's start, as this time namespace counts them. */
int64_t processes_boottime(void);

#endif
