# SPDX-License-Identifier: MIT
src_libcore_la_SOURCES += \
	src/deliver/answer.c src/deliver/answer.h \
	src/deliver/dead.c src/deliver/dead.h \
	src/deliver/deposit.c src/deliver/deposit.h \
	src/deliver/keeper.c src/deliver/keeper.h src/deliver/keeper_own.h \
	src/deliver/keeper_run.c \
	src/deliver/queue.c src/deliver/queue.h \
	src/deliver/queue_disk.c \
	src/deliver/refill.c src/deliver/refill.h \
	src/deliver/retry.c src/deliver/retry.h \
	src/deliver/seen.c src/deliver/seen.h \
	src/deliver/seen_file.c src/deliver/seen_file.h \
	src/deliver/spool.c src/deliver/spool.h \
	src/deliver/store.c src/deliver/store.h \
	src/deliver/store_backend.h \
	src/deliver/store_file.c src/deliver/store_file.h \
	src/deliver/store_memory.c \
	src/deliver/store_open.c src/deliver/store_own.h \
	src/deliver/writer.c src/deliver/writer.h \
	src/deliver/writer_own.h \
	src/deliver/writer_run.c

# The only thing that links SQLite.  Its name is none of a plugin's.
if BUILD_store
plugin_LTLIBRARIES += src/deliver/store-sqlite.la
endif
src_deliver_store_sqlite_la_SOURCES = src/deliver/store_sqlite.c
src_deliver_store_sqlite_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src
src_deliver_store_sqlite_la_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
src_deliver_store_sqlite_la_LIBADD = $(SQLITE_LIBS)
