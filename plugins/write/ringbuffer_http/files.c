/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "answer.h"
#include "common/gzip.h"
#include "http.h"
#include "tokens.h"

enum { DEPTH_MAX = 3 };

static const struct {
	const char *suffix, *type;
} types[] = {
	{ ".css", "text/css; charset=utf-8" },
	{ ".html", "text/html; charset=utf-8" },
	{ ".ico", "image/x-icon" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".json", ANSWER_JSON },
	{ ".png", "image/png" },
	{ ".svg", "image/svg+xml" },
	{ ".txt", "text/plain; charset=utf-8" },
	{ ".webmanifest", "application/manifest+json" },
	{ ".woff2", "font/woff2" },
};

/* NULL: nothing that a page needs. */
static const char *
type_of(const char *name)
{
	const char *suffix = strrchr(name, '.');

	for (size_t i = 0; suffix && i < sizeof(types) / sizeof *types; i++)
		if (strcmp(types[i].suffix, suffix) == 0)
			return types[i].type;
	return NULL;
}

/* No hidden ones, and none that would need an escape in a URL. */
static bool
is_name(const char *name)
{
	return *name != '.' && *name != '\0' &&
	       name[strspn(name,
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		   "0123456789-._")] == '\0';
}

/* --- a file -------------------------------------------------------------- */

/* All of it; NULL: errno says why not. */
static char *
read_file(int dir, const char *name, size_t room, size_t *len)
{
	const int fd =
	    openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char *data = NULL;
	struct stat st;
	ssize_t n = 0;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && (uint64_t)st.st_size <= room)
		data = malloc((size_t)st.st_size + 1);
	else
		errno = EFBIG;
	for (*len = 0; data != NULL && *len < (size_t)st.st_size;
	     *len += (size_t)n) {
		n = read(fd, data + *len, (size_t)st.st_size - *len);
		if (n <= 0)
			break;
	}
	close(fd);
	return data;
}

static void
set_etag(struct file *f, const char *data, size_t len)
{
	uint8_t digest[TOKEN_DIGEST];
	char text[33];

	token_digest(data, len, digest);
	for (size_t i = 0; i < 16; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	snprintf(f->etag, sizeof(f->etag), "\"%s\"", text);
	snprintf(f->etag_gzip, sizeof(f->etag_gzip), "\"%s-gzip\"", text);
}

/* A response of data, which it takes over. */
static struct MHD_Response *
make(char *data, size_t len, const char *type, const char *etag, bool gzip)
{
	struct MHD_Response *r = answer_new_kept(data, len, type);

	if (r == NULL)
		return NULL;
	if (MHD_add_response_header(r, "ETag", etag) == MHD_YES &&
	    MHD_add_response_header(r, "Vary", "Accept-Encoding") == MHD_YES &&
	    (!gzip || MHD_add_response_header(r, "Content-Encoding", "gzip") ==
			  MHD_YES))
		return r;
	MHD_destroy_response(r);
	return NULL;
}

/* The same with gzip where that is shorter. */
static struct MHD_Response *
make_gzip(const struct file *f, const char *data, size_t len, const char *type)
{
	struct text packed = { 0 };

	if (gzip_add(&packed, data, len) == 0 && packed.len < len)
		return make(packed.data, packed.len, type, f->etag_gzip, true);
	text_free(&packed);
	return NULL;
}

static int
add_file(struct files *files, int dir, const char *name, const char *path)
{
	struct file *f = &files->v[files->n];
	size_t len;
	char *data;

	if (files->n == FILES_MAX)
		return -EFBIG;
	data = read_file(dir, name, FILES_BYTES - files->bytes, &len);
	if (data == NULL)
		return -errno;
	snprintf(f->path, sizeof(f->path), "%s", path);
	set_etag(f, data, len);
	f->gzip = make_gzip(f, data, len, type_of(name));
	f->plain = make(data, len, type_of(name), f->etag, false);
	files->n++;
	files->bytes += len;
	return f->plain != NULL ? 0 : -ENOMEM;
}

/* --- a directory --------------------------------------------------------- */

static int add_all(struct files *files, int dir, const char *at, int depth);

static int
add_entry(
    struct files *files, int dir, const char *name, const char *at, int depth)
{
	char path[FILES_PATH];
	struct stat st;
	int fd;

	if (!is_name(name) ||
	    (size_t)snprintf(path, sizeof(path), "%s/%s", at, name) >=
		sizeof(path) ||
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISREG(st.st_mode))
		return type_of(name) != NULL ? add_file(files, dir, name, path)
					     : 0;
	if (!S_ISDIR(st.st_mode) || depth == DEPTH_MAX)
		return 0;
	fd =
	    openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? -errno : add_all(files, fd, path, depth + 1);
}

/* dir is closed. */
static int
add_all(struct files *files, int dir, const char *at, int depth)
{
	const struct dirent *entry;
	DIR *d = fdopendir(dir);
	int rc = 0;

	if (d == NULL) {
		rc = -errno;
		close(dir);
		return rc;
	}
	while (rc == 0 && (entry = readdir(d)) != NULL)
		rc = add_entry(files, dirfd(d), entry->d_name, at, depth);
	closedir(d);
	return rc;
}

struct files *
files_new(const char *dir)
{
	const int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct files *f;
	int rc;

	if (fd < 0)
		return NULL;
	f = calloc(1, sizeof *f);
	if (f == NULL) {
		close(fd);
		return NULL;
	}
	rc = add_all(f, fd, "", 1);
	if (rc == 0 && files_find(f, "/index.html", 11) == NULL)
		rc = -ENOENT;
	if (rc == 0)
		return f;
	files_free(f);
	errno = -rc;
	return NULL;
}

void
files_free(struct files *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->n; i++) {
		if (f->v[i].plain != NULL)
			MHD_destroy_response(f->v[i].plain);
		if (f->v[i].gzip != NULL)
			MHD_destroy_response(f->v[i].gzip);
	}
	free(f);
}

const struct file *
files_find(const struct files *f, const char *path, size_t len)
{
	for (size_t i = 0; f != NULL && i < f->n; i++)
		if (strlen(f->v[i].path) == len &&
		    memcmp(f->v[i].path, path, len) == 0)
			return &f->v[i];
	return NULL;
}

/* --- answers ------------------------------------------------------------- */

static enum MHD_Result
send_unchanged(struct hub *hub, struct conn *conn, struct MHD_Connection *c,
    const char *etag)
{
	struct MHD_Response *r = answer_new_kept(NULL, 0, NULL);

	if (r != NULL && MHD_add_response_header(r, "ETag", etag) != MHD_YES) {
		MHD_destroy_response(r);
		r = NULL;
	}
	return answer_send_status(hub, conn, c, MHD_HTTP_NOT_MODIFIED, r);
}

enum MHD_Result
file_send(struct hub *hub, struct conn *conn, struct MHD_Connection *c,
    const struct file *f)
{
	const bool gzip = f->gzip != NULL && gate_takes_gzip(&conn->gate);
	const char *etag = gzip ? f->etag_gzip : f->etag;

	if (gate_has(&conn->gate, etag))
		return send_unchanged(hub, conn, c, etag);
	return answer_shared(hub, c, gzip ? f->gzip : f->plain);
}

enum MHD_Result
file_get(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	const struct file *f =
	    files_find(hub->files, conn->path, conn->path_len);

	/* a reload may have taken it away since the headers were read */
	if (f == NULL)
		return answer_refuse(
		    hub, conn, c, REFUSED_PATH, "there is nothing here", NULL);
	return file_send(hub, conn, c, f);
}
