# SPDX-License-Identifier: MIT
src_libcore_la_SOURCES += \
	src/control/alert_json.c src/control/alert_json.h \
	src/control/errand.c src/control/errand.h \
	src/control/listen.c src/control/listen.h \
	src/control/protocol.c src/control/protocol.h \
	src/control/render.c src/control/render.h \
	src/control/render_alerts.c src/control/render_alerts.h \
	src/control/render_explain.c \
	src/control/server.c src/control/server.h \
	src/control/table.c src/control/table.h

bin_PROGRAMS += src/fettlectl
src_fettlectl_SOURCES = \
	src/fettlectl.c \
	src/fettlectl_alerts.c \
	src/fettlectl_ask.c src/fettlectl_ask.h \
	src/fettlectl_request.c src/fettlectl_request.h \
	src/fettlectl_show.c src/fettlectl_show.h \
	src/fettlectl_spool.c \
	src/fettlectl_token.c src/fettlectl_token.h \
	src/fettlectl_top.c \
	src/fettlectl_watch.c src/fettlectl_watch.h
src_fettlectl_CPPFLAGS = $(daemon_cppflags)
src_fettlectl_CFLAGS = $(daemon_cflags) $(GNUTLS_CFLAGS)
src_fettlectl_LDFLAGS = $(FETTLE_LDFLAGS) $(PROGRAM_LDFLAGS)
src_fettlectl_LDADD = src/libcore.la $(GNUTLS_LIBS)
dist_man_MANS += src/fettlectl.1
