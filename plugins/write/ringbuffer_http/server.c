/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http.h"

/* Of a connection; all its headers must fit, and it is cleared for each
 * request. */
#define POOL_BYTES ((size_t)16 << 10)

static const char priorities[] =
    "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE";

/* The library takes what it does not change without const. */
static void *
loose(const char *s)
{
	return (void *)(uintptr_t)s;
}

bool
server_check_tls(const struct server_settings *settings, const char **why)
{
	const gnutls_datum_t certificate = { loose(settings->certificate),
		(unsigned)strlen(settings->certificate) };
	const gnutls_datum_t key = { loose(settings->key),
		(unsigned)strlen(settings->key) };
	gnutls_certificate_credentials_t c;
	int rc = gnutls_certificate_allocate_credentials(&c);

	if (rc >= 0) {
		rc = gnutls_certificate_set_x509_key_mem(
		    c, &certificate, &key, GNUTLS_X509_FMT_PEM);
		gnutls_certificate_free_credentials(c);
	}
	*why = gnutls_strerror(rc);
	return rc >= 0;
}

static void
digest(const struct server_settings *settings, uint8_t to[AUTH_DIGEST])
{
	const char *const texts[] = { settings->certificate, settings->key };
	gnutls_hash_hd_t h;

	memset(to, 0, AUTH_DIGEST);
	if (gnutls_hash_init(&h, GNUTLS_DIG_SHA256) < 0)
		return;
	gnutls_hash(h, &settings->connections, sizeof(settings->connections));
	gnutls_hash(h, &settings->per_address, sizeof(settings->per_address));
	for (int i = 0; i < 2; i++)
		if (texts[i] != NULL)
			gnutls_hash(h, texts[i], strlen(texts[i]) + 1);
	gnutls_hash_deinit(h, to);
}

/* --- daemons ------------------------------------------------------------- */

/* The socket becomes the daemon's, whether it starts or not. */
static struct MHD_Daemon *
run(struct hub *hub, int fd, const struct server_settings *settings)
{
	const struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, loose(settings->certificate) },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, loose(settings->key) },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, loose(priorities) },
		{ MHD_OPTION_END, 0, NULL },
	};
	const struct MHD_OptionItem *more =
	    settings->certificate != NULL ? tls : tls + 3;
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC |
			 MHD_ALLOW_SUSPEND_RESUME;

	if (settings->certificate != NULL)
		flags |= MHD_USE_TLS;
	/* no time-out of its own: that is the reaper's work */
	return MHD_start_daemon(flags, 0, NULL, NULL, http_on_request, hub,
	    MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
	    settings->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
	    settings->per_address, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    POOL_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_URI_LOG_CALLBACK, http_on_target, hub,
	    MHD_OPTION_NOTIFY_COMPLETED, http_on_end, hub,
	    MHD_OPTION_NOTIFY_CONNECTION, http_on_connection, hub,
	    MHD_OPTION_ARRAY, more, MHD_OPTION_END);
}

/* Its threads take none of the program's signals. */
static struct MHD_Daemon *
start(struct hub *hub, int fd, const struct server_settings *settings)
{
	const int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	struct MHD_Daemon *daemon;
	sigset_t all, old;

	if (own < 0)
		return NULL;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	daemon = run(hub, own, settings);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return daemon;
}

/* --- listeners ----------------------------------------------------------- */

static void
stop(struct server *s, struct listener *l)
{
	if (l->daemon != NULL) {
		atomic_store(&s->stopping, l->daemon);
		streams_end(s->hub->streams, l->daemon);
		MHD_stop_daemon(l->daemon);
		atomic_store(&s->stopping, NULL);
	}
	if (l->fd >= 0)
		close(l->fd);
}

static struct listener *
find(const struct server *s, const struct listen_address *address)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->listeners[i].address.text, address->text) == 0)
			return &s->listeners[i];
	return NULL;
}

/* A listener for an address: with the socket of the old one, and where keep
 * is set with its daemon. */
static int
make(struct server *s, struct listener *l, const struct listener *old,
    bool keep, const struct server_settings *settings)
{
	l->fd = old != NULL ? fcntl(old->fd, F_DUPFD_CLOEXEC, 0)
			    : listen_open(&l->address, SOCK_STREAM);
	if (l->fd < 0)
		return old != NULL ? -errno : l->fd;
	if (old != NULL && keep) {
		l->daemon = old->daemon;
		return 0;
	}
	l->daemon = start(s->hub, l->fd, settings);
	return l->daemon != NULL ? 0 : -EIO;
}

/* Gives the new ones back, without the daemons that are not theirs. */
static void
undo(struct server *s, struct listener *new, size_t n, bool keep)
{
	for (size_t i = 0; i < n; i++) {
		if (keep && find(s, &new[i].address) != NULL)
			new[i].daemon = NULL;
		stop(s, &new[i]);
	}
	free(new);
}

static void
replace(struct server *s, struct listener *new, size_t n)
{
	for (size_t i = 0; i < s->n; i++) {
		struct listener *old = &s->listeners[i];

		for (size_t k = 0; k < n; k++)
			if (new[k].daemon == old->daemon)
				old->daemon = NULL;
		stop(s, old);
	}
	free(s->listeners);
	s->listeners = new;
	s->n = n;
}

int
server_listen(struct server *s, const struct listen_address *addresses,
    size_t n, const struct server_settings *settings, char *why, size_t len)
{
	struct listener *new = calloc(n, sizeof *new);
	uint8_t wanted[AUTH_DIGEST];
	bool keep;

	if (new == NULL)
		return -ENOMEM;
	digest(settings, wanted);
	keep = memcmp(wanted, s->settings, sizeof(wanted)) == 0;
	for (size_t i = 0; i < n; i++) {
		int rc;

		new[i].address = addresses[i];
		rc = make(s, &new[i], find(s, &addresses[i]), keep, settings);
		if (rc < 0) {
			snprintf(why, len, "listen %s", addresses[i].text);
			undo(s, new, i + 1, keep);
			return rc;
		}
	}
	replace(s, new, n);
	memcpy(s->settings, wanted, sizeof(wanted));
	return 0;
}

void
server_close(struct server *s)
{
	replace(s, NULL, 0);
}
