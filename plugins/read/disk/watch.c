/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <errno.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <syslog.h>
#include <unistd.h>

enum { WATCH_TEXT = 16 << 10, WATCH_TEXT_MAX = 64 << 20 };

/* --- volumes ------------------------------------------------------------- */

static void
volume_fini(struct volume *v)
{
	question_drop(v->question);
	free(v->device);
	free(v->point);
	*v = (struct volume){ 0 };
}

static void
volumes_free(struct volume *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		volume_fini(&v[i]);
	free(v);
}

/* 0 or -ENOMEM. */
static int
volume_set_remote(struct watch *w, struct volume *v, bool remote)
{
	if (!remote) {
		question_drop(v->question);
		v->question = NULL;
		return 0;
	}
	if (w->asker == NULL)
		w->asker = asker_new();
	if (v->question == NULL && w->asker != NULL)
		v->question = question_new(w->asker, v->point);
	return v->question != NULL ? 0 : -ENOMEM;
}

/* Moves what is known of a mount out of the list so far.  A server that was
 * mounted anew may answer where the old mount of it does not. */
static bool
volume_move(struct watch *w, const struct mount *m, struct volume *to)
{
	for (size_t i = 0; i < w->n; i++) {
		struct volume *from = &w->v[i];

		if (from->point == NULL || from->id != m->id ||
		    strcmp(from->point, m->point) != 0 ||
		    strcmp(from->device, m->device) != 0)
			continue;
		*to = *from;
		*from = (struct volume){ 0 };
		return true;
	}
	return false;
}

/* 0 or -ENOMEM; the caller ends it in any case. */
static int
volume_init(struct watch *w, const struct mount *m, struct volume *v)
{
	if (!volume_move(w, m, v)) {
		v->id = m->id;
		v->device = strdup(m->device);
		v->point = strdup(m->point);
	}
	if (v->device == NULL || v->point == NULL)
		return -ENOMEM;
	return volume_set_remote(w, v, m->remote);
}

/* Puts what is chosen of all, n mounts, in place of what was watched.  0 or
 * -ENOMEM, and then less is watched. */
static int
watch_set(struct watch *w, const struct mounts *all, size_t n)
{
	struct volume *v = calloc(n + 1, sizeof *v);
	size_t made = 0;
	int rc = v == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < all->n && rc == 0; i++)
		if (all->v[i].chosen)
			rc = volume_init(w, &all->v[i], &v[made++]);
	volumes_free(w->v, w->n);
	w->v = v;
	w->n = made;
	return rc;
}

/* --- the file ------------------------------------------------------------ */

/* The whole of it, which the caller frees; NULL: *err is why. */
static char *
watch_text(int fd, size_t *len, int *err)
{
	char *text = NULL, *more;
	size_t cap = WATCH_TEXT;
	ssize_t n;

	for (*len = 0; cap <= WATCH_TEXT_MAX; cap *= 2) {
		more = realloc(text, cap);
		if (more == NULL)
			break;
		text = more;
		do {
			n = pread(fd, text + *len, cap - *len, (off_t)*len);
			*len += n > 0 ? (size_t)n : 0;
		} while (n > 0 && *len < cap);
		if (n == 0)
			return text;
		if (n < 0)
			break;
	}
	*err = cap > WATCH_TEXT_MAX ? EFBIG : errno;
	free(text);
	return NULL;
}

/* Nothing but poll would cost the whole text, and what the kernel needs to
 * write it.  A plain file, as tests have it, does not say when it changes. */
static bool
watch_changed(const struct watch *w)
{
	struct pollfd p = { w->fd, POLLPRI, 0 };

	return w->stale || !w->polled || poll(&p, 1, 0) != 0;
}

static bool
watch_has(const struct watch *w, const char *point)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->v[i].point, point) == 0)
			return true;
	return false;
}

/* Says which of the mounts that the user named are not there. */
static void
watch_say_missing(struct watch *w, struct fettle_ctx *ctx)
{
	for (size_t i = 0; i < w->wish.mounts.n; i++) {
		const char *point = w->wish.mounts.v[i];
		const bool missing =
		    strpbrk(point, "*?[") == NULL && !watch_has(w, point);

		if (missing && !w->missing[i])
			fettle_log(
			    ctx, LOG_WARNING, "'%s' is not mounted", point);
		else if (!missing && w->missing[i])
			fettle_log(
			    ctx, LOG_NOTICE, "'%s' is mounted again", point);
		w->missing[i] = missing;
	}
}

int
watch_update(struct watch *w, struct fettle_ctx *ctx)
{
	struct mounts all;
	size_t len, n;
	char *text;
	int rc, err;

	if (!watch_changed(w))
		return 0;
	w->stale = true;
	text = watch_text(w->fd, &len, &err);
	if (text == NULL)
		return fettle_fail(ctx, err, "read /proc/self/mountinfo");
	rc = mounts_parse(text, len, &all);
	n = rc == 0 ? all.n : 0;
	if (n > 0) {
		mounts_add_root(&all);
		rc = watch_set(w, &all, mounts_choose(&all, &w->wish));
	}
	free(all.v);
	free(text);
	if (rc != 0)
		return fettle_fail(ctx, -rc, "keep the list of mounts");
	if (n == 0)
		return fettle_fail(
		    ctx, ENODATA, "find a mount in /proc/self/mountinfo");
	w->stale = false;
	watch_say_missing(w, ctx);
	return 0;
}

/* --- begin and end ------------------------------------------------------- */

static int
watch_init(struct watch *w, struct fettle_ctx *ctx)
{
	w->stale = true;
	w->missing = calloc(w->wish.mounts.n + 1, sizeof *w->missing);
	return w->missing != NULL
		   ? 0
		   : fettle_fail(ctx, ENOMEM, "keep what is missing");
}

int
watch_open(struct watch *w, struct fettle_ctx *ctx)
{
	struct statfs fs;

	w->fd = fettle_file(ctx, "/proc/self/mountinfo");
	if (w->fd < 0)
		return fettle_fail(ctx, -w->fd, "open /proc/self/mountinfo");
	w->polled = fstatfs(w->fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
	if (watch_init(w, ctx) == 0)
		return 0;
	close(w->fd);
	return -ENOMEM;
}

int
watch_adopt(struct watch *w, struct fettle_ctx *ctx, struct watch *old)
{
	const int rc = watch_init(w, ctx);

	if (rc != 0)
		return rc;
	w->fd = old->fd;
	w->polled = old->polled;
	w->v = old->v;
	w->n = old->n;
	w->asker = old->asker;
	old->fd = -1;
	old->v = NULL;
	old->n = 0;
	old->asker = NULL;
	return 0;
}

void
watch_close(struct watch *w)
{
	volumes_free(w->v, w->n);
	asker_end(w->asker);
	free(w->missing);
	if (w->fd >= 0)
		close(w->fd);
}
