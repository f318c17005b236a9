# SPDX-License-Identifier: MIT
check_PROGRAMS += t/selector_test
TESTS += t/selector_test
t_selector_test_SOURCES = t/selector_test.c t/test.h
t_selector_test_CPPFLAGS = $(unit_cppflags)
t_selector_test_CFLAGS = $(unit_cflags)
t_selector_test_LDFLAGS = $(unit_ldflags)
t_selector_test_LDADD = plugins/libcommon.la $(unit_ldadd)

past_tests = t/past_test t/past_files_test
if BUILD_ringbuffer_http
check_PROGRAMS += $(past_tests)
TESTS += $(past_tests)
endif

t_past_test_SOURCES = t/past_test.c t/past_world.c t/past_world.h t/chance.h \
	t/test.h
t_past_test_CPPFLAGS = $(unit_cppflags)
t_past_test_CFLAGS = $(hub_test_cflags)
t_past_test_LDFLAGS = $(unit_ldflags)
t_past_test_LDADD = $(hub_test_libs) -lm

t_past_files_test_SOURCES = t/past_files_test.c t/past_world.c t/past_world.h \
	t/chance.h t/test.h
t_past_files_test_CPPFLAGS = $(unit_cppflags)
t_past_files_test_CFLAGS = $(hub_test_cflags)
t_past_files_test_LDFLAGS = $(unit_ldflags)
t_past_files_test_LDADD = $(hub_test_libs) -lm

EXTRA_DIST += t/fuzz/past t/fuzz/past_fuzz.c
