# SPDX-License-Identifier: MIT
src_libcore_la_SOURCES += \
	src/base/alloc.c src/base/alloc.h \
	src/base/arena.c src/base/arena.h \
	src/base/buf.c src/base/buf.h \
	src/base/clock.c src/base/clock.h \
	src/base/crc32c.c src/base/crc32c.h \
	src/base/glob.c src/base/glob.h \
	src/base/human.c src/base/human.h \
	src/base/line_json.c src/base/line_json.h \
	src/base/log.c src/base/log.h \
	src/base/standard.c src/base/standard.h \
	src/base/thread.c src/base/thread.h \
	src/base/utf8.c src/base/utf8.h \
	src/base/vec.h \
	src/base/when.c src/base/when.h
