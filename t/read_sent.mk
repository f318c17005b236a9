# SPDX-License-Identifier: MIT
# Plugins that read what others send.
check_PROGRAMS += t/statsd_test
TESTS += t/statsd_test
t_statsd_test_SOURCES = t/statsd_test.c t/fake_ctx.c t/fake_ctx.h t/test.h \
	$(plugins_read_statsd_la_SOURCES)
t_statsd_test_CPPFLAGS = $(unit_cppflags)
t_statsd_test_CFLAGS = $(unit_cflags)
t_statsd_test_LDFLAGS = $(unit_ldflags)
t_statsd_test_LDADD = plugins/libcommon_listen.la \
	plugins/libcommon_lookup.la $(unit_ldadd)
EXTRA_DIST += t/fuzz/statsd_fuzz.c t/fuzz/statsd

check_PROGRAMS += t/lookup_test
TESTS += t/lookup_test
t_lookup_test_SOURCES = t/lookup_test.c t/test.h
t_lookup_test_CPPFLAGS = $(unit_cppflags)
t_lookup_test_CFLAGS = $(unit_cflags)
t_lookup_test_LDFLAGS = $(unit_ldflags)
t_lookup_test_LDADD = plugins/libcommon_lookup.la $(unit_ldadd)

check_PROGRAMS += t/rounds_test
TESTS += t/rounds_test
t_rounds_test_SOURCES = t/rounds_test.c t/test.h
t_rounds_test_CPPFLAGS = $(unit_cppflags)
t_rounds_test_CFLAGS = $(unit_cflags)
t_rounds_test_LDFLAGS = $(unit_ldflags)
t_rounds_test_LDADD = plugins/libcommon_collectd.la $(unit_ldadd)

check_PROGRAMS += t/typesdb_test
TESTS += t/typesdb_test
t_typesdb_test_SOURCES = t/typesdb_test.c t/test.h
t_typesdb_test_CPPFLAGS = $(unit_cppflags)
t_typesdb_test_CFLAGS = $(unit_cflags)
t_typesdb_test_LDFLAGS = $(unit_ldflags)
t_typesdb_test_LDADD = plugins/libcommon_collectd.la $(unit_ldadd)
EXTRA_DIST += t/fuzz/typesdb_fuzz.c t/fuzz/typesdb

if BUILD_collectd
check_PROGRAMS += t/collectd_test
TESTS += t/collectd_test
t_collectd_test_SOURCES = t/collectd_test.c t/fake_ctx.c t/fake_ctx.h \
	t/test.h $(plugins_read_collectd_la_SOURCES)
t_collectd_test_CPPFLAGS = $(unit_cppflags)
t_collectd_test_CFLAGS = $(unit_cflags) $(GCRYPT_CFLAGS)
t_collectd_test_LDFLAGS = $(unit_ldflags)
t_collectd_test_LDADD = plugins/libcommon_collectd.la \
	plugins/libcommon_listen.la $(GCRYPT_LIBS) $(unit_ldadd)
endif
EXTRA_DIST += t/fuzz/collectd_fuzz.c t/fuzz/collectd

check_PROGRAMS += t/exec_test
TESTS += t/exec_test
t_exec_test_SOURCES = t/exec_test.c t/fake_ctx.c t/fake_ctx.h t/test.h \
	$(plugins_read_exec_la_SOURCES)
t_exec_test_CPPFLAGS = $(unit_cppflags)
t_exec_test_CFLAGS = $(unit_cflags)
t_exec_test_LDFLAGS = $(unit_ldflags)
t_exec_test_LDADD = plugins/libcommon_collectd.la \
	plugins/libcommon_thread.la $(JANSSON_LIBS) $(unit_ldadd)
EXTRA_DIST += t/fuzz/exec_fuzz.c t/fuzz/exec
