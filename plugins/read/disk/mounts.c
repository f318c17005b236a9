/* SPDX-License-Identifier: MIT */
#include "mounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/globs.h"

#define MOUNTS_LIST(a)                                                        \
	((struct fettle_strings){ sizeof(a) / sizeof *(a), (a) })

/* --- the text ------------------------------------------------------------ */

/* \040 is a space: the kernel writes what would end a field in octal. */
static void
mounts_decode(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++, to++) {
		*to = *s;
		if (s[0] != '\\' || s[1] < '0' || s[1] > '3' || s[2] < '0' ||
		    s[2] > '7' || s[3] < '0' || s[3] > '7' ||
		    strncmp(s, "\\000", 4) == 0)
			continue;
		*to = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 |
			     (s[3] - '0'));
		s += 3;
	}
	*to = '\0';
}

/* The field at *line, ended and decoded; *line moves on, to NULL after the
 * last one. */
static char *
mounts_field(char **line)
{
	char *field = strsep(line, " ");

	if (field != NULL)
		mounts_decode(field);
	return field;
}

/* 36 35 98:0 /folder /mnt/point rw,noatime master:1 - ext3 /dev/root rw */
static bool
mounts_line(char *line, struct mount *m)
{
	const char *id = mounts_field(&line), *parent = mounts_field(&line);
	const char *flags, *field;

	*m = (struct mount){ 0 };
	m->device = mounts_field(&line);
	m->root = mounts_field(&line);
	m->point = mounts_field(&line);
	flags = mounts_field(&line);
	while ((field = mounts_field(&line)) && strcmp(field, "-") != 0)
		;
	m->type = mounts_field(&line);
	if (m->type == NULL || m->point[0] != '/')
		return false;
	m->id = strtoul(id, NULL, 10);
	m->parent = strtoul(parent, NULL, 10);
	m->read_only = strncmp(flags, "ro", 2) == 0;
	return true;
}

static size_t
mounts_count(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

int
mounts_parse(char *text, size_t len, struct mounts *all)
{
	char *newline;

	all->n = 0;
	all->v = calloc(mounts_count(text, len) + 2, sizeof *all->v);
	if (all->v == NULL)
		return -ENOMEM;
	while ((newline = memchr(text, '\n', len)) != NULL) {
		*newline = '\0';
		if (mounts_line(text, &all->v[all->n]))
			all->n++;
		len -= (size_t)(newline + 1 - text);
		text = newline + 1;
	}
	return 0;
}

void
mounts_add_root(struct mounts *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->v[i].point, "/") == 0)
			return;
	all->v[all->n++] = (struct mount){
		.device = "", .root = "/", .point = "/", .type = "rootfs"
	};
}

/* --- kinds of file systems ----------------------------------------------- */

/* What is behind it may be away: another machine, or a program. */
static bool
mounts_is_remote(const char *type)
{
	static const char *const remote[] = { "nfs", "nfs4", "cifs", "smb3",
		"smbfs", "ceph", "glusterfs", "9p", "virtiofs", "vboxsf",
		"prl_fs", "afs", "coda", "lustre", "beegfs", "gpfs", "pvfs2",
		"gfs2", "ocfs2", "fuse", "fuse.*", "fuseblk" };

	return globs_match(&MOUNTS_LIST(remote), type);
}

/* Volumes that have no device number of their own. */
static bool
mounts_is_volume(const char *type)
{
	static const char *const volumes[] = { "btrfs", "zfs", "bcachefs",
		"ubifs" };

	return globs_match(&MOUNTS_LIST(volumes), type);
}

/* Always full, by construction. */
static bool
mounts_is_image(const struct mount *m)
{
	static const char *const images[] = { "squashfs", "iso9660", "erofs",
		"cramfs", "romfs", "fuse.snapfuse", "fuse.squashfuse*",
		"fuse.*AppImage", "fuse.archivemount" };

	return globs_match(&MOUNTS_LIST(images), m->type) ||
	       (m->read_only && strcmp(m->type, "udf") == 0) ||
	       strstr(m->point, "/.zfs/snapshot/") != NULL;
}

/* Programs that show no files of their own. */
static bool
mounts_is_view(const char *type)
{
	static const char *const views[] = { "fuse.portal", "fuse.lxcfs",
		"fuse.gvfsd-fuse", "fuse.gvfs-fuse-daemon" };

	return globs_match(&MOUNTS_LIST(views), type);
}

/* Single files that whoever runs containers mounts over theirs. */
static bool
mounts_is_file(const char *point)
{
	static const char *const files[] = { "/etc/hosts", "/etc/hostname",
		"/etc/resolv.conf", "/dev/termination-log" };

	return globs_match(&MOUNTS_LIST(files), point);
}

/* What people call their disks.  The root is one whatever it is made of. */
static bool
mounts_is_real(const struct mount *m)
{
	if (mounts_is_image(m) || mounts_is_view(m->type) ||
	    mounts_is_file(m->point))
		return false;
	return strcmp(m->point, "/") == 0 ||
	       strncmp(m->device, "0:", 2) != 0 || mounts_is_volume(m->type) ||
	       mounts_is_remote(m->type);
}

/* --- which of them ------------------------------------------------------- */

/* To ask for an autofs makes it mount what it stands for. */
static bool
mounts_is_wanted(const struct mount *m, const struct mounts_wish *wish)
{
	if (strcmp(m->type, "autofs") == 0 ||
	    globs_match(&wish->exclude_types, m->type))
		return false;
	return globs_want(
	    &wish->mounts, &wish->exclude, m->point, mounts_is_real(m));
}

/* Whether the path a lies in b, and is not b. */
static bool
mounts_below(const char *a, const char *b)
{
	const size_t len = strcmp(b, "/") == 0 ? 0 : strlen(b);

	return strncmp(a, b, len) == 0 && a[len] == '/' && a[len + 1] != '\0';
}

static const struct mount *
mounts_parent(const struct mounts *all, const struct mount *m)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].id == m->parent)
			return &all->v[i];
	return NULL;
}

/* Whether a mount lies on m's root, where the way to child leads through. */
static bool
mounts_covered(
    const struct mounts *all, const struct mount *m, const struct mount *child)
{
	if (child != NULL && strcmp(child->point, m->point) == 0)
		return false;
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].parent == m->id && &all->v[i] != m &&
		    strcmp(all->v[i].point, m->point) == 0)
			return true;
	return false;
}

/* Whether a mount lies between the root of m's parent and m's point. */
static bool
mounts_cut_off(const struct mounts *all, const struct mount *m)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].parent == m->parent &&
		    mounts_below(m->point, all->v[i].point))
			return true;
	return false;
}

/* Whether its point leads to another mount by now.  The chain of parents ends
 * at the root; in a text that was made up it may be a ring. */
static bool
mounts_hidden(const struct mounts *all, const struct mount *m)
{
	const struct mount *child = NULL, *parent;

	for (size_t depth = 0; m != NULL && depth < all->n; depth++) {
		parent = mounts_parent(all, m);
		if (mounts_covered(all, m, child) ||
		    (parent != NULL && mounts_cut_off(all, m)))
			return true;
		child = m;
		m = parent;
	}
	return false;
}

/* Of two mounts of one volume the one people know it by. */
static bool
mounts_better(const struct mount *a, const struct mount *b)
{
	const bool a_top = strcmp(a->point, "/") == 0;
	const bool b_top = strcmp(b->point, "/") == 0;
	const bool a_whole = strcmp(a->root, "/") == 0;
	const bool b_whole = strcmp(b->root, "/") == 0;

	if (a_top != b_top)
		return a_top;
	if (a_whole != b_whole)
		return a_whole;
	return strlen(a->point) < strlen(b->point);
}

/* Where several mounts have the same point the last is meant. */
static bool
mounts_point_again(const struct mounts *all, const struct mount *m)
{
	for (const struct mount *o = m + 1; o < all->v + all->n; o++)
		if (o->chosen && strcmp(o->point, m->point) == 0)
			return true;
	return false;
}

static bool
mounts_volume_better(const struct mounts *all, const struct mount *m)
{
	for (const struct mount *o = all->v; o < all->v + all->n; o++)
		if (o->chosen && o != m && strcmp(o->device, m->device) == 0 &&
		    (mounts_better(o, m) || (o < m && !mounts_better(m, o))))
			return true;
	return false;
}

/* A path through a folder of another machine waits for that machine.  If the
 * root is such a folder everything does, and nothing can be done about it. */
static bool
mounts_waits(const struct mounts *all, const struct mount *m)
{
	if (mounts_is_remote(m->type))
		return true;
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->v[i].point, "/") != 0 &&
		    mounts_below(m->point, all->v[i].point) &&
		    mounts_is_remote(all->v[i].type))
			return true;
	return false;
}

size_t
mounts_choose(struct mounts *all, const struct mounts_wish *wish)
{
	struct mount *m, *end = all->v + all->n;
	size_t n = 0;

	for (m = all->v; m < end; m++)
		m->chosen =
		    mounts_is_wanted(m, wish) && !mounts_hidden(all, m);
	for (m = all->v; m < end; m++)
		if (m->chosen && mounts_point_again(all, m))
			m->chosen = false;
	for (m = all->v; m < end && wish->mounts.n == 0; m++)
		if (m->chosen && mounts_volume_better(all, m))
			m->chosen = false;
	for (m = all->v; m < end; m++) {
		m->remote = m->chosen && mounts_waits(all, m);
		n += m->chosen;
	}
	return n;
}
