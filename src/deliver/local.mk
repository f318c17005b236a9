# SPDX-License-Identifier: MIT
src_libcore_la_SOURCES += \
	src/deliver/queue.c src/deliver/queue.h \
	src/deliver/retry.c src/deliver/retry.h \
	src/deliver/store.c src/deliver/store.h \
	src/deliver/store_backend.h \
	src/deliver/store_file.c src/deliver/store_file.h \
	src/deliver/store_memory.c \
	src/deliver/writer.c src/deliver/writer.h
