/* SPDX-License-Identifier: MIT */
#include "plugin/trust.h"

#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Whether the group is the owner's alone: Debian and others give one to each
 * user, and Ubuntu a umask that lets it write.
 */
static bool
trust_group(uid_t owner, gid_t group)
{
	struct passwd pw, *user = NULL;
	struct group gr, *its = NULL;
	char user_text[4096], group_text[4096];

	if (owner == 0)
		return false;
	if (getpwuid_r(owner, &pw, user_text, sizeof(user_text), &user) != 0 ||
	    getgrgid_r(group, &gr, group_text, sizeof(group_text), &its) != 0)
		return false;
	return user != NULL && its != NULL && user->pw_gid == group &&
	       strcmp(user->pw_name, its->gr_name) == 0 &&
	       (its->gr_mem[0] == NULL ||
		   (strcmp(its->gr_mem[0], user->pw_name) == 0 &&
		       its->gr_mem[1] == NULL));
}

static int
trust_one(const char *path, mode_t type, char *why, size_t len)
{
	struct stat st;

	if (lstat(path, &st) != 0) {
		const int err = errno;

		snprintf(why, len, "%s: %s", path, strerror(err));
		return -err;
	}
	if ((st.st_mode & S_IFMT) != type) {
		snprintf(why, len, "%s is not a %s", path,
		    type == S_IFDIR ? "directory" : "regular file");
		return -EPERM;
	}
	if (st.st_uid != 0 && st.st_uid != geteuid()) {
		snprintf(why, len, "%s belongs to user %lu", path,
		    (unsigned long)st.st_uid);
		return -EPERM;
	}
	if (type == S_IFDIR && (st.st_mode & S_ISVTX) != 0)
		return 0;
	if ((st.st_mode & S_IWOTH) != 0 ||
	    ((st.st_mode & S_IWGRP) != 0 &&
		!trust_group(st.st_uid, st.st_gid))) {
		snprintf(why, len, "%s can be written by others", path);
		return -EPERM;
	}
	return 0;
}

int
trust_folder(const char *path, char *why, size_t len)
{
	char part[PATH_MAX];
	int rc = trust_one("/", S_IFDIR, why, len);

	for (size_t i = 1; rc == 0 && i <= strlen(path); i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		assert(i < sizeof(part));
		memcpy(part, path, i);
		part[i] = '\0';
		rc = trust_one(part, S_IFDIR, why, len);
	}
	return rc;
}

int
trust_file(const char *path, char *why, size_t len)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	const size_t n = (size_t)(slash - path);
	int rc;

	assert(n < sizeof(folder));
	memcpy(folder, path, n);
	folder[n] = '\0';
	rc = trust_folder(folder, why, len);
	return rc < 0 ? rc : trust_one(path, S_IFREG, why, len);
}
