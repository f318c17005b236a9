# SPDX-License-Identifier: MIT
# What plugins share.  What needs a library is in a library of its own, made
# only where a plugin asks for it.
EXTRA_LTLIBRARIES = plugins/libcommon_http.la plugins/libcommon_gzip.la
CLEANFILES += $(EXTRA_LTLIBRARIES)

noinst_LTLIBRARIES += plugins/libcommon.la
plugins_libcommon_la_CPPFLAGS = $(plugin_cppflags)
plugins_libcommon_la_LDFLAGS =
plugins_libcommon_la_SOURCES = \
	plugins/common/batch_json.c plugins/common/batch_json.h \
	plugins/common/line.c plugins/common/line.h \
	plugins/common/selector.c plugins/common/selector.h \
	plugins/common/snapshot.c plugins/common/snapshot.h \
	plugins/common/snapshot_text.c \
	plugins/common/text.c plugins/common/text.h

noinst_LTLIBRARIES += plugins/libcommon_thread.la
plugins_libcommon_thread_la_CPPFLAGS = $(plugin_cppflags)
plugins_libcommon_thread_la_LDFLAGS =
plugins_libcommon_thread_la_SOURCES = \
	plugins/common/thread.c plugins/common/thread.h

# What several that read share.
noinst_LTLIBRARIES += plugins/libcommon_read.la
plugins_libcommon_read_la_CPPFLAGS = $(plugin_cppflags)
plugins_libcommon_read_la_LDFLAGS =
plugins_libcommon_read_la_SOURCES = \
	plugins/common/globs.c plugins/common/globs.h \
	plugins/common/procfile.c plugins/common/procfile.h

# What those share that others send to.
noinst_LTLIBRARIES += plugins/libcommon_listen.la
plugins_libcommon_listen_la_CPPFLAGS = $(plugin_cppflags)
plugins_libcommon_listen_la_LDFLAGS =
plugins_libcommon_listen_la_LIBADD = plugins/libcommon_thread.la
plugins_libcommon_listen_la_SOURCES = \
	plugins/common/listen.c plugins/common/listen.h \
	plugins/common/peer.c plugins/common/peer.h \
	plugins/common/receiver.c plugins/common/receiver.h

# What those share that keep what others name.
noinst_LTLIBRARIES += plugins/libcommon_lookup.la
plugins_libcommon_lookup_la_CPPFLAGS = $(plugin_cppflags)
plugins_libcommon_lookup_la_LDFLAGS =
plugins_libcommon_lookup_la_SOURCES = \
	plugins/common/lookup.c plugins/common/lookup.h

# What those share that take what collectd would.
noinst_LTLIBRARIES += plugins/libcommon_collectd.la
plugins_libcommon_collectd_la_CPPFLAGS = $(plugin_cppflags)
plugins_libcommon_collectd_la_LDFLAGS =
plugins_libcommon_collectd_la_LIBADD = plugins/libcommon_lookup.la \
	plugins/libcommon_read.la
plugins_libcommon_collectd_la_SOURCES = \
	plugins/common/rounds.c plugins/common/rounds.h \
	plugins/common/typesdb.c plugins/common/typesdb.h \
	plugins/common/typesfile.c plugins/common/typesfile.h

plugins_libcommon_http_la_CPPFLAGS = $(plugin_cppflags)
plugins_libcommon_http_la_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
plugins_libcommon_http_la_LDFLAGS =
plugins_libcommon_http_la_LIBADD = $(CURL_LIBS)
plugins_libcommon_http_la_SOURCES = \
	plugins/common/easy.c plugins/common/easy.h \
	plugins/common/http.c plugins/common/http.h \
	plugins/common/url.c plugins/common/url.h

plugins_libcommon_gzip_la_CPPFLAGS = $(plugin_cppflags)
plugins_libcommon_gzip_la_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS)
plugins_libcommon_gzip_la_LDFLAGS =
plugins_libcommon_gzip_la_LIBADD = $(ZLIB_LIBS)
plugins_libcommon_gzip_la_SOURCES = \
	plugins/common/gzip.c plugins/common/gzip.h
