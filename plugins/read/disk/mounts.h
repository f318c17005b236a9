/* SPDX-License-Identifier: MIT */
/*
 * What is mounted, and which of it people want to see: pure functions over the
 * text of /proc/self/mountinfo, proc_pid_mountinfo(5).
 */
#ifndef DISK_MOUNTS_H
#define DISK_MOUNTS_H

#include <fettle/plugin.h>

/* A line.  Its strings point into the text it was parsed from. */
struct mount {
	unsigned long id, parent;
	const char *device; /* MAJOR:MINOR, one for all mounts of a volume */
	const char *root;   /* the folder of the volume that is seen */
	const char *point;  /* where it is seen; bytes, not text */
	const char *type;   /* "ext4", "nfs4", "fuse.sshfs" */
	bool read_only;
	bool remote; /* it, or what its point lies in, may never answer */
	bool chosen;
};

struct mounts {
	struct mount *v;
	size_t n;
};

/* What is wanted, as common/globs.h has it. */
struct mounts_wish {
	struct fettle_strings mounts; /* exactly these; none: the real ones */
	struct fettle_strings exclude, exclude_types;
};

/* Splits text, of len bytes, in place; what is no whole line of mountinfo is
 * left out.  0, or -ENOMEM; the caller frees v. */
int mounts_parse(char *text, size_t len, struct mounts *all);

/* There always is a root, but in a plain chroot it is no mount point and the
 * text does not have it.  Once, after mounts_parse, which leaves room. */
void mounts_add_root(struct mounts *all);

/* Fills in remote and chosen.  How many are chosen. */
size_t mounts_choose(struct mounts *all, const struct mounts_wish *wish);

#endif
