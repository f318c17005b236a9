# SPDX-License-Identifier: MIT
plugin_LTLIBRARIES += plugins/read/cpu.la
plugin_LTLIBRARIES += plugins/read/memory.la
EXTRA_DIST += plugins/read/scan.h

# A thread that a dead server holds up ends in this code, however late.
plugin_LTLIBRARIES += plugins/read/disk.la
plugins_read_disk_la_LDFLAGS = $(AM_LDFLAGS) -Wl,-z,nodelete
plugins_read_disk_la_CPPFLAGS = $(plugin_cppflags)
plugins_read_disk_la_LIBADD = plugins/libcommon_read.la \
	plugins/libcommon_thread.la
plugins_read_disk_la_SOURCES = \
	plugins/read/disk/ask.c plugins/read/disk/ask.h \
	plugins/read/disk/disk.c \
	plugins/read/disk/mounts.c plugins/read/disk/mounts.h \
	plugins/read/disk/statvfs.c plugins/read/disk/statvfs.h \
	plugins/read/disk/watch.c plugins/read/disk/watch.h

plugin_LTLIBRARIES += plugins/read/statsd.la
plugins_read_statsd_la_CPPFLAGS = $(plugin_cppflags)
plugins_read_statsd_la_LIBADD = plugins/libcommon_listen.la \
	plugins/libcommon_lookup.la
plugins_read_statsd_la_SOURCES = \
	plugins/read/statsd/parse.c plugins/read/statsd/parse.h \
	plugins/read/statsd/statsd.c \
	plugins/read/statsd/table.c plugins/read/statsd/table.h

include plugins/read/host.mk
include plugins/read/io.mk
include plugins/read/sent.mk
include plugins/read/units.mk
