# SPDX-License-Identifier: MIT
# The hub's history; part of the library of ringbuffer_http.
plugins_write_libringbuffer_http_la_SOURCES += \
	plugins/write/ringbuffer_http/past/chunk.c \
	plugins/write/ringbuffer_http/past/chunk.h \
	plugins/write/ringbuffer_http/past/code.c \
	plugins/write/ringbuffer_http/past/code.h \
	plugins/write/ringbuffer_http/past/codec.c \
	plugins/write/ringbuffer_http/past/codec.h \
	plugins/write/ringbuffer_http/past/days.c \
	plugins/write/ringbuffer_http/past/days.h \
	plugins/write/ringbuffer_http/past/entry.c \
	plugins/write/ringbuffer_http/past/entry.h \
	plugins/write/ringbuffer_http/past/grid.c \
	plugins/write/ringbuffer_http/past/grid.h \
	plugins/write/ringbuffer_http/past/journal.c \
	plugins/write/ringbuffer_http/past/journal.h \
	plugins/write/ringbuffer_http/past/load.c \
	plugins/write/ringbuffer_http/past/load.h \
	plugins/write/ringbuffer_http/past/memory.c \
	plugins/write/ringbuffer_http/past/memory.h \
	plugins/write/ringbuffer_http/past/oldest.c \
	plugins/write/ringbuffer_http/past/oldest.h \
	plugins/write/ringbuffer_http/past/origin.c \
	plugins/write/ringbuffer_http/past/origin.h \
	plugins/write/ringbuffer_http/past/past.c \
	plugins/write/ringbuffer_http/past/past.h \
	plugins/write/ringbuffer_http/past/query.c \
	plugins/write/ringbuffer_http/past/room.c \
	plugins/write/ringbuffer_http/past/room.h \
	plugins/write/ringbuffer_http/past/state.h \
	plugins/write/ringbuffer_http/past/tier.c \
	plugins/write/ringbuffer_http/past/tier.h \
	plugins/write/ringbuffer_http/past/trace.c \
	plugins/write/ringbuffer_http/past/trace.h \
	plugins/write/ringbuffer_http/past/word.c \
	plugins/write/ringbuffer_http/past/word.h
