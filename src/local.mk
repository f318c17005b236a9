# SPDX-License-Identifier: MIT
fettleincludedir = $(includedir)/fettle
dist_fettleinclude_HEADERS = src/include/fettle/plugin.h
EXTRA_DIST += src/LAYERS

daemon_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/src \
	-DPLUGINDIR='"$(plugindir)"' -DSYSCONFDIR='"$(sysconfdir)"' \
	-DLOCALSTATEDIR='"$(localstatedir)"' -DRUNSTATEDIR='"$(runstatedir)"'
daemon_cflags = $(AM_CFLAGS) $(PROGRAM_CFLAGS) $(YAML_CFLAGS) \
	$(JANSSON_CFLAGS)

# Everything but main and the interface: what the tests link.
noinst_LTLIBRARIES += src/libcore.la
src_libcore_la_CPPFLAGS = $(daemon_cppflags)
src_libcore_la_CFLAGS = $(daemon_cflags)
src_libcore_la_LDFLAGS =
src_libcore_la_SOURCES =
src_libcore_la_LIBADD = $(YAML_LIBS) $(JANSSON_LIBS) $(LTDL_LIBS)

include src/base/local.mk
include src/config/local.mk
include src/plugin/local.mk
include src/flow/local.mk
include src/deliver/local.mk
include src/alert/local.mk
include src/control/local.mk

# api.c is of the program itself: from a library the linker would leave out
# what only plugins call.
sbin_PROGRAMS += src/fettled
# The daemon, without what people ask it at the command line.
daemon_sources = \
	src/alerts_ask.c src/alerts_ask.h src/alerts_change.c \
	src/alerts_own.c src/alerts_own.h \
	src/alerts_pick.c src/alerts_pick.h \
	src/api.c \
	src/ask.c \
	src/daemon.c src/daemon.h \
	src/paths.c src/paths.h \
	src/post.c \
	src/reload.c \
	src/self.c \
	src/setup.c src/setup.h src/setup_own.h src/setup_section.c \
	src/status.c \
	src/systemd.c src/systemd.h \
	src/units.c
src_fettled_SOURCES = $(daemon_sources) \
	src/describe.c src/describe.h src/describe_man.c \
	src/fettled.c \
	src/once.c src/once.h
src_fettled_CPPFLAGS = $(daemon_cppflags)
src_fettled_CFLAGS = $(daemon_cflags)
src_fettled_LDFLAGS = -export-dynamic $(FETTLE_LDFLAGS) $(PROGRAM_LDFLAGS)
src_fettled_LDADD = src/libcore.la $(YAML_LIBS) $(JANSSON_LIBS) $(LTDL_LIBS)
