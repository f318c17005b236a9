# SPDX-License-Identifier: MIT
# What others send in the ways of collectd.
if BUILD_collectd
# libgcrypt is made ready once in a process, and stays.
plugin_LTLIBRARIES += plugins/read/collectd.la
plugins_read_collectd_la_CPPFLAGS = $(plugin_cppflags)
plugins_read_collectd_la_CFLAGS = $(AM_CFLAGS) $(GCRYPT_CFLAGS)
plugins_read_collectd_la_LDFLAGS = $(AM_LDFLAGS) -Wl,-z,nodelete
plugins_read_collectd_la_LIBADD = plugins/libcommon_collectd.la \
	plugins/libcommon_listen.la $(GCRYPT_LIBS)
plugins_read_collectd_la_SOURCES = \
	plugins/read/collectd/collectd.c \
	plugins/read/collectd/packet.c plugins/read/collectd/packet.h \
	plugins/read/collectd/seal.c plugins/read/collectd/seal.h
endif

plugin_LTLIBRARIES += plugins/read/exec.la
plugins_read_exec_la_CPPFLAGS = $(plugin_cppflags)
plugins_read_exec_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
plugins_read_exec_la_LIBADD = plugins/libcommon_collectd.la \
	plugins/libcommon_thread.la $(JANSSON_LIBS)
plugins_read_exec_la_SOURCES = \
	plugins/read/exec/collectd.c plugins/read/exec/command.c \
	plugins/read/exec/exec.c plugins/read/exec/exec.h \
	plugins/read/exec/hear.c \
	plugins/read/exec/influx.c plugins/read/exec/json.c \
	plugins/read/exec/line.c plugins/read/exec/line.h \
	plugins/read/exec/process.c plugins/read/exec/process.h
