# SPDX-License-Identifier: MIT
src_libcore_la_SOURCES += \
	src/deliver/queue.c src/deliver/queue.h \
	src/deliver/retry.c src/deliver/retry.h \
	src/deliver/writer.c src/deliver/writer.h
