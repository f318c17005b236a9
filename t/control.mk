# SPDX-License-Identifier: MIT
check_PROGRAMS += t/control_test t/control_server_test t/control_render_test
TESTS += t/control_test t/control_server_test t/control_render_test \
	t/fettlectl_test.py
EXTRA_DIST += t/fettlectl_test.py

t_control_test_SOURCES = t/control_test.c t/test.h
t_control_test_CPPFLAGS = $(unit_cppflags)
t_control_test_CFLAGS = $(unit_cflags)
t_control_test_LDFLAGS = $(unit_ldflags)
t_control_test_LDADD = $(unit_ldadd)

t_control_server_test_SOURCES = t/control_server_test.c t/test.h
t_control_server_test_CPPFLAGS = $(unit_cppflags)
t_control_server_test_CFLAGS = $(unit_cflags)
t_control_server_test_LDFLAGS = $(unit_ldflags)
t_control_server_test_LDADD = $(unit_ldadd)

t_control_render_test_SOURCES = t/control_render_test.c t/test.h
t_control_render_test_CPPFLAGS = $(unit_cppflags)
t_control_render_test_CFLAGS = $(unit_cflags)
t_control_render_test_LDFLAGS = $(unit_ldflags)
t_control_render_test_LDADD = $(unit_ldadd)
