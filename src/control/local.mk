# SPDX-License-Identifier: MIT
src_libcore_la_SOURCES += \
	src/control/protocol.c src/control/protocol.h
