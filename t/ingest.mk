# SPDX-License-Identifier: MIT
check_PROGRAMS += t/text_test
TESTS += t/text_test
t_text_test_SOURCES = t/text_test.c t/test.h
t_text_test_CPPFLAGS = $(unit_cppflags)
t_text_test_CFLAGS = $(unit_cflags)
t_text_test_LDFLAGS = $(unit_ldflags)
t_text_test_LDADD = plugins/libcommon.la $(unit_ldadd)
