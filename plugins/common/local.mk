# SPDX-License-Identifier: MIT
# What plugins share.  A library that it needs is in a library of its own, so
# that only the plugins that use it link it.
noinst_LTLIBRARIES += plugins/libcommon.la
plugins_libcommon_la_CPPFLAGS = $(plugin_cppflags)
plugins_libcommon_la_LDFLAGS =
plugins_libcommon_la_SOURCES = \
	plugins/common/text.c plugins/common/text.h
