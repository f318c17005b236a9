# SPDX-License-Identifier: MIT
# Alerts as people see them.
check_PROGRAMS += t/alert_view_test
TESTS += t/alert_view_test
t_alert_view_test_SOURCES = t/alert_view_test.c $(alert_world_sources) t/test.h
t_alert_view_test_CPPFLAGS = $(unit_cppflags)
t_alert_view_test_CFLAGS = $(unit_cflags)
t_alert_view_test_LDFLAGS = $(unit_ldflags)
t_alert_view_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/alert_json_test
TESTS += t/alert_json_test
t_alert_json_test_SOURCES = t/alert_json_test.c $(alert_world_sources) t/test.h
t_alert_json_test_CPPFLAGS = $(unit_cppflags)
t_alert_json_test_CFLAGS = $(unit_cflags)
t_alert_json_test_LDFLAGS = $(unit_ldflags)
t_alert_json_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/alert_render_test
TESTS += t/alert_render_test
t_alert_render_test_SOURCES = t/alert_render_test.c t/test.h
t_alert_render_test_CPPFLAGS = $(unit_cppflags)
t_alert_render_test_CFLAGS = $(unit_cflags)
t_alert_render_test_LDFLAGS = $(unit_ldflags)
t_alert_render_test_LDADD = $(unit_ldadd)
