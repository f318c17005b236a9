# SPDX-License-Identifier: MIT
EXTRA_DIST += .ci/run contrib/check contrib/fuzz contrib/lint contrib/quickstart \
	contrib/shared.sh
EXTRA_DIST += contrib/screenshots/README.md contrib/screenshots/alerts.png \
	contrib/screenshots/fleet.py contrib/screenshots/host.png \
	contrib/screenshots/make contrib/screenshots/overview.png
EXTRA_DIST += t/harness.py
EXTRA_DIST += contrib/systemd/fettled.service.in contrib/systemd/hub.conf
example_DATA += contrib/systemd/hub.conf

# Paths are filled in by make, not by configure, and looked at by every make:
# `make install prefix=DIR' says where things are as well.
put_paths = $(SED) -e 's|@prefix[@]|$(prefix)|' \
	-e 's|@includedir[@]|$(includedir)|' \
	-e 's|@plugindir[@]|$(plugindir)|' \
	-e 's|@sbindir[@]|$(sbindir)|' \
	-e 's|@sysconfdir[@]|$(sysconfdir)|' \
	-e 's|@PACKAGE_VERSION[@]|$(PACKAGE_VERSION)|'
replace_if_changed = \
	if cmp -s $@.new $@; then rm -f $@.new; else mv $@.new $@; fi

EXTRA_DIST += src/fettle.pc.in
CLEANFILES += src/fettle.pc contrib/systemd/fettled.service
pkgconfig_DATA = src/fettle.pc
all-local: contrib/systemd/fettled.service

src/fettle.pc: FORCE
	@$(MKDIR_P) src
	@$(put_paths) '$(srcdir)/src/fettle.pc.in' >$@.new
	@$(replace_if_changed)
contrib/systemd/fettled.service: FORCE
	@$(MKDIR_P) contrib/systemd
	@$(put_paths) '$(srcdir)/contrib/systemd/fettled.service.in' >$@.new
	@$(replace_if_changed)
FORCE:

if HAVE_SYSTEMD_DIR
systemdsystemunit_DATA = contrib/systemd/fettled.service
endif
AM_DISTCHECK_CONFIGURE_FLAGS = \
	--with-systemdsystemunitdir=$$dc_install_base/lib/systemd/system

example_plugindir = $(exampledir)/plugin
example_plugin_DATA = contrib/example-plugin/Makefile \
	contrib/example-plugin/README \
	contrib/example-plugin/appendfile.c \
	contrib/example-plugin/postlines.c contrib/example-plugin/readings.c
EXTRA_DIST += $(example_plugin_DATA)

dist_man_MANS += src/fettle-plugin.3 src/fettled.8
