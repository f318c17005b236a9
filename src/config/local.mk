# SPDX-License-Identifier: MIT
dist_man_MANS += src/fettle.yaml.5
src_libcore_la_SOURCES += \
	src/config/diag.c src/config/diag.h \
	src/config/expand.c src/config/expand.h \
	src/config/known.c src/config/known.h \
	src/config/load.c src/config/load.h \
	src/config/merge.c src/config/merge.h \
	src/config/node.c src/config/node.h \
	src/config/option.c src/config/option.h \
	src/config/option_secret.c src/config/option_secret.h \
	src/config/scope.c src/config/scope.h \
	src/config/secret.c src/config/secret.h \
	src/config/suggest.c src/config/suggest.h \
	src/config/syntax.c src/config/syntax.h \
	src/config/units.c src/config/units.h \
	src/config/value.c src/config/value.h \
	src/config/yaml.c src/config/yaml.h
