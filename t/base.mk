# SPDX-License-Identifier: MIT
check_PROGRAMS += t/base_test
TESTS += t/base_test
t_base_test_SOURCES = t/base_test.c t/test.h
t_base_test_CPPFLAGS = $(unit_cppflags)
t_base_test_CFLAGS = $(unit_cflags)
t_base_test_LDFLAGS = $(unit_ldflags)
t_base_test_LDADD = $(unit_ldadd)
