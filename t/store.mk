# SPDX-License-Identifier: MIT
check_PROGRAMS += t/store_test
TESTS += t/store_test
t_store_test_SOURCES = t/store_test.c t/chance.h t/test.h
t_store_test_CPPFLAGS = $(unit_cppflags)
t_store_test_CFLAGS = $(unit_cflags)
t_store_test_LDFLAGS = $(unit_ldflags)
t_store_test_LDADD = $(unit_ldadd)
