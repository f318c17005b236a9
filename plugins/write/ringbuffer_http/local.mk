# SPDX-License-Identifier: MIT
# The hub.  All but its descriptor is a library of its own, which the tests
# link.
if BUILD_ringbuffer_http
noinst_LTLIBRARIES += plugins/write/libringbuffer_http.la
plugin_LTLIBRARIES += plugins/write/ringbuffer_http.la
endif

# Where the dashboard's files are looked for, if nobody says.
hub_define = -DDASHBOARDDIR='"$(pkgdatadir)/dashboard"'
hub_cflags = $(AM_CFLAGS) $(hub_define) $(MICROHTTPD_CFLAGS) $(GNUTLS_CFLAGS) \
	$(ZLIB_CFLAGS) $(JANSSON_CFLAGS)
hub_libs = plugins/libcommon_listen.la plugins/libcommon_lookup.la \
	plugins/libcommon_gzip.la plugins/libcommon.la \
	$(MICROHTTPD_LIBS) $(GNUTLS_LIBS) $(ZLIB_LIBS) $(JANSSON_LIBS)

plugins_write_ringbuffer_http_la_CPPFLAGS = $(plugin_cppflags)
plugins_write_ringbuffer_http_la_CFLAGS = $(hub_cflags)
plugins_write_ringbuffer_http_la_SOURCES = \
	plugins/write/ringbuffer_http/plugin.c
plugins_write_ringbuffer_http_la_LIBADD = \
	plugins/write/libringbuffer_http.la $(hub_libs)

plugins_write_libringbuffer_http_la_CPPFLAGS = $(plugin_cppflags)
plugins_write_libringbuffer_http_la_CFLAGS = $(hub_cflags)
plugins_write_libringbuffer_http_la_LDFLAGS =
plugins_write_libringbuffer_http_la_SOURCES = \
	plugins/write/ringbuffer_http/answer.c \
	plugins/write/ringbuffer_http/answer.h \
	plugins/write/ringbuffer_http/auth.c \
	plugins/write/ringbuffer_http/auth.h \
	plugins/write/ringbuffer_http/conn.c \
	plugins/write/ringbuffer_http/conn.h \
	plugins/write/ringbuffer_http/files.c \
	plugins/write/ringbuffer_http/files.h \
	plugins/write/ringbuffer_http/form.c \
	plugins/write/ringbuffer_http/form.h \
	plugins/write/ringbuffer_http/gate.c \
	plugins/write/ringbuffer_http/gate.h \
	plugins/write/ringbuffer_http/group.h \
	plugins/write/ringbuffer_http/hex.h \
	plugins/write/ringbuffer_http/history.c \
	plugins/write/ringbuffer_http/http.c \
	plugins/write/ringbuffer_http/http.h \
	plugins/write/ringbuffer_http/hub.c \
	plugins/write/ringbuffer_http/hub.h \
	plugins/write/ringbuffer_http/inflate.c \
	plugins/write/ringbuffer_http/inflate.h \
	plugins/write/ringbuffer_http/ingest.c \
	plugins/write/ringbuffer_http/ingest.h \
	plugins/write/ringbuffer_http/ingest_batch.c \
	plugins/write/ringbuffer_http/ingest_rows.c \
	plugins/write/ringbuffer_http/ingest_snapshot.c \
	plugins/write/ringbuffer_http/limit.c \
	plugins/write/ringbuffer_http/limit.h \
	plugins/write/ringbuffer_http/login.c \
	plugins/write/ringbuffer_http/may.c \
	plugins/write/ringbuffer_http/may.h \
	plugins/write/ringbuffer_http/metrics.c \
	plugins/write/ringbuffer_http/metrics.h \
	plugins/write/ringbuffer_http/page.c \
	plugins/write/ringbuffer_http/parse.c \
	plugins/write/ringbuffer_http/parse.h \
	plugins/write/ringbuffer_http/post.c \
	plugins/write/ringbuffer_http/query.c \
	plugins/write/ringbuffer_http/query.h \
	plugins/write/ringbuffer_http/reader.c \
	plugins/write/ringbuffer_http/reader.h \
	plugins/write/ringbuffer_http/reader_number.c \
	plugins/write/ringbuffer_http/reader_string.c \
	plugins/write/ringbuffer_http/region.c \
	plugins/write/ringbuffer_http/region.h \
	plugins/write/ringbuffer_http/ring.c \
	plugins/write/ringbuffer_http/ring.h \
	plugins/write/ringbuffer_http/ring_host.c \
	plugins/write/ringbuffer_http/ring_host.h \
	plugins/write/ringbuffer_http/scrape.c \
	plugins/write/ringbuffer_http/server.c \
	plugins/write/ringbuffer_http/server.h \
	plugins/write/ringbuffer_http/sessions.c \
	plugins/write/ringbuffer_http/sessions.h \
	plugins/write/ringbuffer_http/tokens.c \
	plugins/write/ringbuffer_http/tokens.h \
	plugins/write/ringbuffer_http/versions.c \
	plugins/write/ringbuffer_http/versions.h \
	plugins/write/ringbuffer_http/when.c \
	plugins/write/ringbuffer_http/when.h

include plugins/write/ringbuffer_http/api/local.mk
include plugins/write/ringbuffer_http/past/past.mk
