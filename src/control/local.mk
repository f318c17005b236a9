# SPDX-License-Identifier: MIT
src_libcore_la_SOURCES += \
	src/control/listen.c src/control/listen.h \
	src/control/protocol.c src/control/protocol.h \
	src/control/server.c src/control/server.h
