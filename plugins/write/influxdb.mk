# SPDX-License-Identifier: MIT
if BUILD_influxdb
plugin_LTLIBRARIES += plugins/write/influxdb.la
endif
influxdb_sources = \
	plugins/write/influxdb/answer.c \
	plugins/write/influxdb/answer.h \
	plugins/write/influxdb/influxdb.c \
	plugins/write/influxdb/influxdb.h \
	plugins/write/influxdb/lines.c \
	plugins/write/influxdb/send.c \
	plugins/write/influxdb/server.c
plugins_write_influxdb_la_CPPFLAGS = $(plugin_cppflags)
plugins_write_influxdb_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
plugins_write_influxdb_la_SOURCES = $(influxdb_sources)
plugins_write_influxdb_la_LIBADD = plugins/libcommon_http.la \
	plugins/libcommon_gzip.la plugins/libcommon.la $(JANSSON_LIBS)
