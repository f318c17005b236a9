# SPDX-License-Identifier: MIT
check_PROGRAMS += t/alert_level_test
TESTS += t/alert_level_test
t_alert_level_test_SOURCES = t/alert_level_test.c t/chance.h t/test.h
t_alert_level_test_CPPFLAGS = $(unit_cppflags)
t_alert_level_test_CFLAGS = $(unit_cflags)
t_alert_level_test_LDFLAGS = $(unit_ldflags)
t_alert_level_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/alert_ledger_test
TESTS += t/alert_ledger_test
t_alert_ledger_test_SOURCES = t/alert_ledger_test.c t/test.h
t_alert_ledger_test_CPPFLAGS = $(unit_cppflags)
t_alert_ledger_test_CFLAGS = $(unit_cflags)
t_alert_ledger_test_LDFLAGS = $(unit_ldflags)
t_alert_ledger_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/alert_record_test
TESTS += t/alert_record_test
t_alert_record_test_SOURCES = t/alert_record_test.c t/test.h
t_alert_record_test_CPPFLAGS = $(unit_cppflags)
t_alert_record_test_CFLAGS = $(unit_cflags)
t_alert_record_test_LDFLAGS = $(unit_ldflags)
t_alert_record_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/alert_rule_test
TESTS += t/alert_rule_test
t_alert_rule_test_SOURCES = t/alert_rule_test.c t/chance.h t/test.h
t_alert_rule_test_CPPFLAGS = $(unit_cppflags)
t_alert_rule_test_CFLAGS = $(unit_cflags)
t_alert_rule_test_LDFLAGS = $(unit_ldflags)
t_alert_rule_test_LDADD = $(unit_ldadd)
