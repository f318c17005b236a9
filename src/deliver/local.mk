# SPDX-License-Identifier: MIT
src_libcore_la_SOURCES += \
	src/deliver/queue.c src/deliver/queue.h \
	src/deliver/retry.c src/deliver/retry.h \
	src/deliver/store.c src/deliver/store.h \
	src/deliver/store_backend.h \
	src/deliver/store_file.c src/deliver/store_file.h \
	src/deliver/store_memory.c \
	src/deliver/writer.c src/deliver/writer.h

# The only thing that links SQLite.  Its name is none of a plugin's.
if BUILD_store
plugin_LTLIBRARIES += src/deliver/store-sqlite.la
endif
src_deliver_store_sqlite_la_SOURCES = src/deliver/store_sqlite.c
src_deliver_store_sqlite_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src
src_deliver_store_sqlite_la_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
src_deliver_store_sqlite_la_LIBADD = $(SQLITE_LIBS)
