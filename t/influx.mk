# SPDX-License-Identifier: MIT
check_PROGRAMS += t/line_test
TESTS += t/line_test
t_line_test_SOURCES = t/line_test.c t/chance.h t/test.h
t_line_test_CPPFLAGS = $(unit_cppflags)
t_line_test_CFLAGS = $(unit_cflags)
t_line_test_LDFLAGS = $(unit_ldflags)
t_line_test_LDADD = plugins/libcommon.la $(unit_ldadd)
