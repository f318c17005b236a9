/* SPDX-License-Identifier: MIT */
#include "plugin/module.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <ltdl.h>
#include <stdio.h>
#include <unistd.h>

#include "plugin/trust.h"

int
modules_init(struct modules *m, const char *dir, char *why, size_t len)
{
	char real[PATH_MAX];
	int rc;

	memset(m, 0, sizeof(*m));
	if (realpath(dir, real) == NULL) {
		rc = -errno;
		snprintf(why, len, "plugin_dir %s: %s", dir, strerror(-rc));
		return rc;
	}
	rc = trust_folder(real, why, len);
	if (rc < 0)
		return rc;
	/* libltdl would search these even for what it is told to open */
	unsetenv("LTDL_LIBRARY_PATH");
	unsetenv("LD_LIBRARY_PATH");
	if (lt_dlinit() != 0) {
		snprintf(why, len, "libltdl: %s", lt_dlerror());
		return -EIO;
	}
	m->dir = xstrdup(real);
	return 0;
}

void
modules_fini(struct modules *m)
{
	free(m->dir);
	m->dir = NULL;
}

/* libltdl leaves what is missing to the first call, where it would end the
 * daemon, and says "file not found" for every cause: so the loader binds all
 * of it first.  What it opened stays open, as all plugins do. */
static bool
bind_now(const char *path, char *why, size_t len)
{
	const char *text;

	if (dlopen(path, RTLD_NOW | RTLD_LOCAL) != NULL)
		return true;
	text = dlerror();
	if (strncmp(text, path, strlen(path)) == 0 &&
	    strncmp(text + strlen(path), ": ", 2) == 0)
		text += strlen(path) + 2;
	if (strstr(text, "undefined symbol: fettle_") != NULL)
		snprintf(why, len, "%s: a newer fettle is needed", text);
	else
		snprintf(why, len, "%s", text);
	return false;
}

static lt_dlhandle
module_open(const char *path, char *why, size_t len)
{
	lt_dlhandle handle = NULL;
	lt_dladvise advise;

	if (!bind_now(path, why, len) || lt_dladvise_init(&advise) != 0)
		return NULL;
	if (lt_dladvise_local(&advise) == 0)
		handle = lt_dlopenadvise(path, advise);
	lt_dladvise_destroy(&advise);
	if (handle == NULL)
		snprintf(why, len, "%s", lt_dlerror());
	return handle;
}

static struct plugin *
module_load(const char *path, const char *name, char *why, size_t len)
{
	const struct fettle_plugin *theirs;
	struct plugin *p;
	lt_dlhandle handle;

	if (trust_file(path, why, len) < 0)
		return NULL;
	handle = module_open(path, why, len);
	if (handle == NULL)
		return NULL;
	theirs = lt_dlsym(handle, "fettle_plugin");
	if (theirs == NULL) {
		snprintf(why, len,
		    "it has no %s_LTX_fettle_plugin, as FETTLE_PLUGIN(%s) "
		    "makes it",
		    name, name);
		return NULL;
	}
	p = plugin_new(name, theirs, why, len);
	if (p != NULL)
		p->path = xstrdup(path);
	return p;
}

struct plugin *
modules_loaded(const struct modules *m, const char *name)
{
	struct plugin *p = m->loaded;

	while (p != NULL && strcmp(p->name, name) != 0)
		p = p->next;
	return p;
}

struct plugin *
modules_get(struct modules *m, const char *name, char *why, size_t len)
{
	struct plugin *p = modules_loaded(m, name);
	char path[PATH_MAX], reason[512] = "";

	if (p != NULL)
		return p;
	if (!plugin_name_ok(name)) {
		snprintf(why, len,
		    "'%s' is no plugin's name: those are [a-z][a-z0-9_]*",
		    name);
		return NULL;
	}
	if ((size_t)snprintf(path, sizeof(path), "%s/%s.so", m->dir, name) >=
	    sizeof(path)) {
		snprintf(why, len, "its path is too long");
		return NULL;
	}
	if (access(path, F_OK) != 0) {
		snprintf(why, len, "%s: %s", path, strerror(errno));
		return NULL;
	}
	p = module_load(path, name, reason, sizeof(reason));
	if (p == NULL) {
		snprintf(why, len, "%s: %s", path, reason);
		return NULL;
	}
	p->next = m->loaded;
	m->loaded = p;
	return p;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
modules_names(const struct modules *m, struct module_names *out)
{
	DIR *dir = opendir(m->dir);
	struct dirent *e;

	memset(out, 0, sizeof(*out));
	while (dir != NULL && (e = readdir(dir)) != NULL) {
		const size_t len = strlen(e->d_name);
		char *name;

		if (len <= 3 || strcmp(e->d_name + len - 3, ".so") != 0)
			continue;
		name = xstrndup(e->d_name, len - 3);
		if (plugin_name_ok(name))
			vec_add(&out->names) = name;
		else
			free(name);
	}
	if (dir != NULL)
		closedir(dir);
	if (out->names.n > 0)
		qsort(out->names.v, out->names.n, sizeof(char *), by_name);
}

void
module_names_free(struct module_names *names)
{
	for (size_t i = 0; i < names->names.n; i++)
		free(names->names.v[i]);
	vec_free(&names->names);
}
