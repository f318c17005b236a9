/* SPDX-License-Identifier: MIT */
/*
 * deliver/store.h over one file that is an array here, and that fails when the
 * test says so.  Linked before libcore it takes the store's place.  What is
 * committed is there at the next open.  The test's part is called while no
 * store is in use, but for what is atomic.
 */
#ifndef T_FAKE_STORE_H
#define T_FAKE_STORE_H

#include <stdatomic.h>

#include "deliver/store.h"

struct fake_disk {
	_Atomic int open_fails;	  /* -errno, while it is not 0 */
	_Atomic int commit_fails; /* likewise */
	_Atomic bool open_hangs;  /* an open returns when it is not set */
	_Atomic bool hangs;	  /* a commit returns when it is not set */
	_Atomic bool hung;	  /* one has waited for that */
	_Atomic bool hidden;	  /* the commit that fails has happened */
	_Atomic int commits;	  /* so far */
	_Atomic int opens;	  /* so far that did not fail */
	_Atomic bool gone;     /* the file was deleted: the next open makes a
				* new one, until then commits fail */
	_Atomic bool damaged;  /* every call says -EUCLEAN, until the file was
				* closed for that and set aside */
	_Atomic uint64_t room; /* bytes; 0: any */
	const char *machine;   /* it is in, where gethostname is wrapped */
};

extern struct fake_disk fake_disk;

/* An empty disk that works. */
void fake_disk_init(void);
void fake_disk_fini(void);
/* How many rows there are. */
size_t fake_disk_rows(void);
/* Takes a picture of it as it is now, as if the process were killed. */
void fake_disk_save(void);
/* It is again as it was then. */
void fake_disk_restore(void);
/* One byte of the row in the middle is changed. */
void fake_disk_damage(void);
/* The row in the middle cannot be read at all, nor can any record. */
void fake_disk_ruin(void);

#endif
