# SPDX-License-Identifier: MIT
# What goes in and out of the machine: disks, interfaces, sockets.
plugin_LTLIBRARIES += plugins/read/diskio.la
plugins_read_diskio_la_CPPFLAGS = $(plugin_cppflags)
plugins_read_diskio_la_LIBADD = plugins/libcommon_read.la
plugins_read_diskio_la_SOURCES = \
	plugins/common/roster.c plugins/common/roster.h \
	plugins/read/diskio/diskio.c \
	plugins/read/diskio/diskstats.c plugins/read/diskio/diskstats.h

plugin_LTLIBRARIES += plugins/read/network.la
plugins_read_network_la_CPPFLAGS = $(plugin_cppflags)
plugins_read_network_la_LIBADD = plugins/libcommon_read.la
plugins_read_network_la_SOURCES = \
	plugins/common/netlink.c plugins/common/netlink.h \
	plugins/common/nlmsg.c plugins/common/nlmsg.h \
	plugins/common/roster.c plugins/common/roster.h \
	plugins/read/network/links.c plugins/read/network/links.h \
	plugins/read/network/network.c

plugin_LTLIBRARIES += plugins/read/sockets.la
plugins_read_sockets_la_CPPFLAGS = $(plugin_cppflags)
plugins_read_sockets_la_LIBADD = plugins/libcommon_read.la
plugins_read_sockets_la_SOURCES = \
	plugins/common/netlink.c plugins/common/netlink.h \
	plugins/common/nlmsg.c plugins/common/nlmsg.h \
	plugins/read/sockets/fields.c plugins/read/sockets/fields.h \
	plugins/read/sockets/sockets.c \
	plugins/read/sockets/states.c plugins/read/sockets/states.h \
	plugins/read/sockets/tables.c plugins/read/sockets/tables.h
