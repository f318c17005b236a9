# SPDX-License-Identifier: MIT
# What goes in and out of the machine: disks, interfaces, sockets.
plugin_LTLIBRARIES += plugins/read/diskio.la
plugins_read_diskio_la_CPPFLAGS = $(plugin_cppflags)
plugins_read_diskio_la_LIBADD = plugins/libcommon_read.la
plugins_read_diskio_la_SOURCES = \
	plugins/common/roster.c plugins/common/roster.h \
	plugins/read/diskio/diskio.c \
	plugins/read/diskio/diskstats.c plugins/read/diskio/diskstats.h
