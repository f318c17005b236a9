# SPDX-License-Identifier: MIT
check_PROGRAMS += t/snapshot_test
TESTS += t/snapshot_test
t_snapshot_test_SOURCES = t/snapshot_test.c t/test.h
t_snapshot_test_CPPFLAGS = $(unit_cppflags)
t_snapshot_test_CFLAGS = $(unit_cflags)
t_snapshot_test_LDFLAGS = $(unit_ldflags)
t_snapshot_test_LDADD = plugins/libcommon.la $(unit_ldadd)
