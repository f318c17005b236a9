# SPDX-License-Identifier: MIT
# Tests of the real daemon, installed into t/stage of the build.
DAEMON_TESTS = \
	t/02-header.sh \
	t/03-exports.sh \
	t/04-growth.sh \
	t/10-life.py \
	t/11-config.py \
	t/12-reload.py \
	t/13-isolation.py \
	t/14-ask.py \
	t/20-values.py \
	t/21-host.py \
	t/21-io.py \
	t/21-sent.py \
	t/21-units.py \
	t/23-collectd.py \
	t/24-alerts.py \
	t/25-alerts-asked.py \
	t/26-alerts-disk.py \
	t/30-fastapi.py \
	t/30-hub.py \
	t/31-hostile.py \
	t/32-exact.py \
	t/33-abuse.py \
	t/34-numbers.py \
	t/35-influxdb.py \
	t/35-spool.py \
	t/37-api.py \
	t/37-history.py \
	t/37-stream.py \
	t/37-who.py \
	t/40-outside.py
TESTS += $(DAEMON_TESTS)
EXTRA_DIST += $(DAEMON_TESTS) t/abi/subset.sh t/abi/1.0/plugin.h \
	t/abi/1.1/plugin.h t/fake_systemd.py t/schema.py

# Made in the tree of t/04-growth.sh.
EXTRA_PROGRAMS += t/growth_notify
CLEANFILES += t/growth_notify
t_growth_notify_SOURCES = t/growth_notify.c
t_growth_notify_CPPFLAGS = $(AM_CPPFLAGS)
t_growth_notify_CFLAGS = $(AM_CFLAGS)
t_growth_notify_LDFLAGS = -export-dynamic $(FETTLE_LDFLAGS) $(PROGRAM_LDFLAGS)
t_growth_notify_LDADD = -ldl

# Everything as it would be installed; libtool's wrappers are no daemon.
check_DATA += t/stage/stamp
CLEANFILES += t/stage/stamp
t/stage/stamp: $(sbin_PROGRAMS) $(bin_PROGRAMS) $(plugin_LTLIBRARIES) \
    $(check_LTLIBRARIES) $(dashboard_stamp)
	rm -rf t/stage
	$(MAKE) -s install prefix='$(abs_builddir)/t/stage' \
	    exec_prefix='$(abs_builddir)/t/stage' DESTDIR= \
	    plugindir='$(abs_builddir)/t/stage/lib/fettle' \
	    systemdsystemunitdir='$(abs_builddir)/t/stage/systemd' \
	    sysconfdir='$(abs_builddir)/t/stage/etc' \
	    localstatedir='$(abs_builddir)/t/stage/var' >/dev/null
	for l in $(check_LTLIBRARIES); do \
	    $(INSTALL) $$(dirname $$l)/.libs/$$(basename $$l .la).so \
		t/stage/lib/fettle || exit 1; done
	touch $@

clean-local: clean-stage
clean-stage:
	rm -rf t/stage
.PHONY: clean-stage
