# SPDX-License-Identifier: MIT
check_PROGRAMS += t/trust_test
TESTS += t/trust_test
t_trust_test_SOURCES = t/trust_test.c t/test.h
t_trust_test_CPPFLAGS = $(unit_cppflags)
t_trust_test_CFLAGS = $(unit_cflags)
t_trust_test_LDFLAGS = $(unit_ldflags)
t_trust_test_LDADD = $(unit_ldadd)

# Small plugins for tests of modules and of the daemon: the head of each says
# what it does.  They are not installed, only staged.
test_plugin = $(AM_LDFLAGS) -rpath /nowhere
EXTRA_DIST += t/plugins/lines.h
check_LTLIBRARIES += \
	t/plugins/adopter.la \
	t/plugins/asked.la \
	t/plugins/bad_major.la \
	t/plugins/bad_newer.la \
	t/plugins/bad_none.la \
	t/plugins/bad_size.la \
	t/plugins/bad_symbol.la \
	t/plugins/badread.la \
	t/plugins/counter.la \
	t/plugins/dynamic.la \
	t/plugins/exact.la \
	t/plugins/newer.la \
	t/plugins/notifier.la \
	t/plugins/options.la \
	t/plugins/refuser.la \
	t/plugins/serial.la \
	t/plugins/sinkfile.la \
	t/plugins/sleeper.la \
	t/plugins/sleepsink.la \
	t/plugins/source.la \
	t/plugins/steady.la

t_plugins_adopter_la_LDFLAGS = $(test_plugin)
t_plugins_asked_la_LDFLAGS = $(test_plugin)
t_plugins_bad_major_la_LDFLAGS = $(test_plugin)
t_plugins_bad_newer_la_LDFLAGS = $(test_plugin)
t_plugins_bad_none_la_LDFLAGS = $(test_plugin)
t_plugins_bad_size_la_LDFLAGS = $(test_plugin)
t_plugins_bad_symbol_la_LDFLAGS = $(test_plugin) -Wl,-z,lazy
t_plugins_badread_la_LDFLAGS = $(test_plugin)
t_plugins_counter_la_LDFLAGS = $(test_plugin)
t_plugins_dynamic_la_LDFLAGS = $(test_plugin)
t_plugins_exact_la_LDFLAGS = $(test_plugin)
t_plugins_newer_la_LDFLAGS = $(test_plugin)
t_plugins_notifier_la_LDFLAGS = $(test_plugin)
t_plugins_options_la_LDFLAGS = $(test_plugin)
t_plugins_refuser_la_LDFLAGS = $(test_plugin)
t_plugins_serial_la_LDFLAGS = $(test_plugin)
t_plugins_sinkfile_la_LDFLAGS = $(test_plugin)
t_plugins_sleeper_la_LDFLAGS = $(test_plugin)
t_plugins_sleepsink_la_LDFLAGS = $(test_plugin)
t_plugins_source_la_LDFLAGS = $(test_plugin)
t_plugins_steady_la_LDFLAGS = $(test_plugin)

check_PROGRAMS += t/descriptor_test
TESTS += t/descriptor_test
t_descriptor_test_SOURCES = t/descriptor_test.c t/test.h
t_descriptor_test_CPPFLAGS = $(unit_cppflags)
t_descriptor_test_CFLAGS = $(unit_cflags)
t_descriptor_test_LDFLAGS = $(unit_ldflags)
t_descriptor_test_LDADD = $(unit_ldadd)

# The same with structs that have grown.  Rows that leave out the new member
# are what it is about.
check_PROGRAMS += t/descriptor_grown_test
TESTS += t/descriptor_grown_test
t_descriptor_grown_test_SOURCES = t/descriptor_test.c \
	src/plugin/descriptor.c src/base/alloc.c src/base/buf.c \
	src/base/utf8.c src/config/units.c src/config/value.c t/test.h
t_descriptor_grown_test_CPPFLAGS = -I$(top_builddir)/t/grown $(unit_cppflags)
t_descriptor_grown_test_CFLAGS = $(unit_cflags) -Wno-missing-field-initializers
t_descriptor_grown_test_LDFLAGS = $(unit_ldflags)
t_descriptor_grown_test_LDADD = $(CMOCKA_LIBS)
$(t_descriptor_grown_test_OBJECTS): t/grown/fettle/plugin.h
CLEANFILES += t/grown/fettle/plugin.h
t/grown/fettle/plugin.h: src/include/fettle/plugin.h
	$(MKDIR_P) t/grown/fettle
	$(AWK) '/^struct fettle_(field|option|plugin) \{/ { inside = 1 } \
	    inside && /^\};/ { print "\tconst void *grown;"; inside = 0 } \
	    { print }' $(top_srcdir)/src/include/fettle/plugin.h > $@

# It opens plugins, which link to the interface: fake_ctx.c has it.
check_PROGRAMS += t/module_test
TESTS += t/module_test
t_module_test_SOURCES = t/module_test.c t/fake_ctx.c t/fake_ctx.h t/test.h
t_module_test_CPPFLAGS = $(unit_cppflags)
t_module_test_CFLAGS = $(unit_cflags)
t_module_test_LDFLAGS = $(unit_ldflags) -export-dynamic
t_module_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/guard_test
TESTS += t/guard_test
t_guard_test_SOURCES = t/guard_test.c t/test.h
t_guard_test_CPPFLAGS = $(unit_cppflags)
t_guard_test_CFLAGS = $(unit_cflags)
t_guard_test_LDFLAGS = $(unit_ldflags)
t_guard_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/instance_test
TESTS += t/instance_test
t_instance_test_SOURCES = t/instance_test.c t/captured.h \
	$(fake_clock_sources) t/test.h
t_instance_test_CPPFLAGS = $(unit_cppflags)
t_instance_test_CFLAGS = $(unit_cflags)
t_instance_test_LDFLAGS = $(fake_clock_ldflags)
t_instance_test_LDADD = $(unit_ldadd)
