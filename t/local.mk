# SPDX-License-Identifier: MIT
# NAME_test.c: cmocka, through the header of NAME.  NN-topic.*: the real daemon,
# installed into t/stage; the lowest numbers are the most basic.
TEST_EXTENSIONS = .sh .py
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) \
	$(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_DRIVER = $(LOG_DRIVER)
PY_LOG_DRIVER = $(LOG_DRIVER)
PYTHON3 = /usr/bin/python3
PY_LOG_COMPILER = $(PYTHON3)
AM_PY_LOG_FLAGS = -B
AM_TESTS_ENVIRONMENT = \
	CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	srcdir='$(abs_top_srcdir)'; export srcdir; \
	builddir='$(abs_top_builddir)'; export builddir; \
	CC='$(CC)'; export CC; CXX='$(CXX)'; export CXX;

# What a unit test is built with: each needs all four
unit_cppflags = $(daemon_cppflags) -I$(top_srcdir)/t -I$(top_srcdir)/plugins \
	-DFIXTURES='"$(abs_top_srcdir)/t/fixtures"'
unit_cflags = $(AM_CFLAGS) $(YAML_CFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
unit_ldflags = $(FETTLE_LDFLAGS)
unit_ldadd = src/libcore.la $(CMOCKA_LIBS)

TESTS += t/00-layers.sh
EXTRA_DIST += t/00-layers.sh
EXTRA_DIST += t/test.h

if HAVE_CMOCKA
include t/base.mk
include t/config.mk
include t/pack.mk
include t/plugin.mk
include t/flow.mk
include t/deliver.mk
include t/spool.mk
include t/store.mk
include t/control.mk
include t/alert.mk
include t/alertctl.mk
include t/read.mk
include t/read_host.mk
include t/read_io.mk
include t/read_sent.mk
include t/read_units.mk
include t/hub.mk
include t/past.mk
include t/ingest.mk
include t/influx.mk
include t/notify.mk
endif
include t/daemon.mk
include t/dashboard.mk
include t/fleet.mk
include t/torture.mk
include t/bench.mk
