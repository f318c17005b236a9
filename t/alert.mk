# SPDX-License-Identifier: MIT
# The engine of the alerts beside its model: t/alerts/model.py says what is
# right, t/alert_model is the engine as a program.
check_PROGRAMS += t/alert_model
t_alert_model_SOURCES = t/alert_model.c
t_alert_model_CPPFLAGS = $(unit_cppflags)
t_alert_model_CFLAGS = $(unit_cflags)
t_alert_model_LDFLAGS = $(unit_ldflags)
t_alert_model_LDADD = src/libcore.la

TESTS += t/22-alerts-model.py
EXTRA_DIST += t/22-alerts-model.py t/alerts/facts.py \
	t/alerts/histories.py t/alerts/invariants.py t/alerts/mirror.py \
	t/alerts/model.py t/alerts/timelines.py t/alerts/timelines.txt
EXTRA_DIST += t/fuzz/alert_record_fuzz.c t/fuzz/alert

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

check_PROGRAMS += t/alert_history_test
TESTS += t/alert_history_test
t_alert_history_test_SOURCES = t/alert_history_test.c t/test.h
t_alert_history_test_CPPFLAGS = $(unit_cppflags)
t_alert_history_test_CFLAGS = $(unit_cflags)
t_alert_history_test_LDFLAGS = $(unit_ldflags)
t_alert_history_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/alert_rule_test
TESTS += t/alert_rule_test
t_alert_rule_test_SOURCES = t/alert_rule_test.c t/chance.h t/test.h
t_alert_rule_test_CPPFLAGS = $(unit_cppflags)
t_alert_rule_test_CFLAGS = $(unit_cflags)
t_alert_rule_test_LDFLAGS = $(unit_ldflags)
t_alert_rule_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/alert_read_test
TESTS += t/alert_read_test
t_alert_read_test_SOURCES = t/alert_read_test.c t/config_said.h t/test.h
t_alert_read_test_CPPFLAGS = $(unit_cppflags)
t_alert_read_test_CFLAGS = $(unit_cflags)
t_alert_read_test_LDFLAGS = $(unit_ldflags)
t_alert_read_test_LDADD = $(unit_ldadd)

alert_world_sources = t/alert_world.c t/alert_world.h

check_PROGRAMS += t/alert_engine_test
TESTS += t/alert_engine_test
t_alert_engine_test_SOURCES = t/alert_engine_test.c $(alert_world_sources) t/test.h
t_alert_engine_test_CPPFLAGS = $(unit_cppflags)
t_alert_engine_test_CFLAGS = $(unit_cflags)
t_alert_engine_test_LDFLAGS = $(unit_ldflags)
t_alert_engine_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/alert_restart_test
TESTS += t/alert_restart_test
t_alert_restart_test_SOURCES = t/alert_restart_test.c $(alert_world_sources) t/test.h
t_alert_restart_test_CPPFLAGS = $(unit_cppflags)
t_alert_restart_test_CFLAGS = $(unit_cflags)
t_alert_restart_test_LDFLAGS = $(unit_ldflags)
t_alert_restart_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/desk_test
TESTS += t/desk_test
t_desk_test_SOURCES = t/desk_test.c t/captured.h $(fake_clock_sources) \
	t/fake_store.c t/fake_store.h $(lists_sources) t/test.h
t_desk_test_CPPFLAGS = $(unit_cppflags)
t_desk_test_CFLAGS = $(unit_cflags)
t_desk_test_LDFLAGS = $(fake_clock_ldflags)
t_desk_test_LDADD = $(unit_ldadd)
