# SPDX-License-Identifier: MIT
src_libcore_la_SOURCES += \
	src/config/diag.c src/config/diag.h \
	src/config/node.c src/config/node.h \
	src/config/suggest.c src/config/suggest.h \
	src/config/units.c src/config/units.h
