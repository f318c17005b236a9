# SPDX-License-Identifier: MIT
src_libcore_la_SOURCES += \
	src/alert/ledger.c src/alert/ledger.h \
	src/alert/level.c src/alert/level.h \
	src/alert/record.c src/alert/record.h \
	src/alert/rule.c src/alert/rule.h \
	src/alert/stamp.h \
	src/alert/truth.c src/alert/truth.h
