/* SPDX-License-Identifier: MIT */
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TREE_PATH = 4096, TREE_DEPTH = 64 };

/* The way to the group that is being visited. */
struct walk {
	tree_visit visit;
	void *arg;
	size_t len, depth;
	char path[TREE_PATH];
	int rc;
};

static int walk_folder(struct walk *w, int fd);

/* Adds a part to the path; false where that would be too long. */
static bool
walk_enter(struct walk *w, const char *name)
{
	const size_t len = strlen(name);

	if (w->len + len + 2 > sizeof(w->path) || w->depth == TREE_DEPTH)
		return false;
	w->path[w->len] = '/';
	memcpy(w->path + w->len + 1, name, len + 1);
	w->len += len + 1;
	w->depth++;
	return true;
}

static void
walk_leave(struct walk *w, const char *name)
{
	w->len -= strlen(name) + 1;
	w->path[w->len] = '\0';
	w->depth--;
}

/* A folder with two links has no folders in it, and need not be listed: most
 * groups are such.  Where links are not counted there is one. */
static void
walk_group(struct walk *w, const char *name, int at)
{
	const struct node n = { w->path, name,
		openat(at, name, O_PATH | O_DIRECTORY | O_CLOEXEC) };
	struct stat st;

	if (n.fd < 0)
		return;
	if (w->visit(w->arg, &n, &w->rc) && w->rc == 0 &&
	    fstat(n.fd, &st) == 0 && st.st_nlink != 2)
		walk_folder(
		    w, openat(n.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	close(n.fd);
}

static bool
walk_is_folder(const struct dirent *e, int at)
{
	struct stat st;

	if (e->d_name[0] == '.')
		return false;
	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_DIR;
	return fstatat(at, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode);
}

/* Takes fd, or less than 0.  -errno where it cannot be listed. */
static int
walk_folder(struct walk *w, int fd)
{
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;
	int err = errno;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return -err;
	}
	while (w->rc == 0 && (e = readdir(dir)) != NULL)
		if (walk_is_folder(e, fd) && walk_enter(w, e->d_name)) {
			walk_group(w, e->d_name, fd);
			walk_leave(w, e->d_name);
		}
	closedir(dir);
	return 0;
}

int
tree_walk(int root, tree_visit visit, void *arg)
{
	struct walk w = { .visit = visit, .arg = arg };
	const int rc = walk_folder(
	    &w, openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	return rc != 0 ? rc : w.rc;
}
