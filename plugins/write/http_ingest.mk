# SPDX-License-Identifier: MIT
if BUILD_http_ingest
plugin_LTLIBRARIES += plugins/write/http_ingest.la
endif
http_ingest_sources = \
	plugins/write/http_ingest/http_ingest.c \
	plugins/write/http_ingest/http_ingest.h \
	plugins/write/http_ingest/send.c \
	plugins/write/http_ingest/snapshots.c \
	plugins/write/http_ingest/snapshots.h
plugins_write_http_ingest_la_CPPFLAGS = $(plugin_cppflags)
plugins_write_http_ingest_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
plugins_write_http_ingest_la_SOURCES = $(http_ingest_sources)
plugins_write_http_ingest_la_LIBADD = plugins/libcommon_http.la \
	plugins/libcommon_gzip.la plugins/libcommon.la $(JANSSON_LIBS)
