# SPDX-License-Identifier: MIT
src_libcore_la_SOURCES += \
	src/control/human.c src/control/human.h \
	src/control/listen.c src/control/listen.h \
	src/control/protocol.c src/control/protocol.h \
	src/control/render.c src/control/render.h \
	src/control/server.c src/control/server.h \
	src/control/table.c src/control/table.h
