# SPDX-License-Identifier: MIT
src_libcore_la_SOURCES += \
	src/alert/alert.c \
	src/alert/archive.c src/alert/archive.h \
	src/alert/courier.c src/alert/courier.h src/alert/courier_log.c \
	src/alert/courier_own.h src/alert/courier_run.c \
	src/alert/courier_send.c \
	src/alert/desk.c src/alert/desk.h src/alert/desk_own.h \
	src/alert/desk_people.c src/alert/desk_run.c \
	src/alert/engine.c src/alert/engine.h \
	src/alert/history.c src/alert/history.h \
	src/alert/index.c src/alert/index.h \
	src/alert/inside.h \
	src/alert/ledger.c src/alert/ledger.h \
	src/alert/level.c src/alert/level.h \
	src/alert/load.c \
	src/alert/machine.c \
	src/alert/merge.c \
	src/alert/meter.c \
	src/alert/message.c src/alert/message.h \
	src/alert/notice.c src/alert/notice.h \
	src/alert/notice_words.c src/alert/notice_words.h \
	src/alert/observe.c \
	src/alert/piece.c src/alert/piece.h \
	src/alert/read.c src/alert/read.h \
	src/alert/record.c src/alert/record.h \
	src/alert/reload.c \
	src/alert/row.c \
	src/alert/rule.c src/alert/rule.h \
	src/alert/save.c \
	src/alert/send.c \
	src/alert/shelf.c src/alert/shelf.h \
	src/alert/silence.c \
	src/alert/stamp.h \
	src/alert/start.c \
	src/alert/timers.c src/alert/timers.h \
	src/alert/track.c \
	src/alert/truth.c src/alert/truth.h \
	src/alert/view.c
