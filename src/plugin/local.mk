# SPDX-License-Identifier: MIT
src_libcore_la_SOURCES += \
	src/plugin/descriptor.c src/plugin/descriptor.h \
	src/plugin/guard.c src/plugin/guard.h \
	src/plugin/instance.c src/plugin/instance.h \
	src/plugin/module.c src/plugin/module.h \
	src/plugin/trust.c src/plugin/trust.h
