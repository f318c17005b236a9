# SPDX-License-Identifier: MIT
src_libcore_la_SOURCES += \
	src/flow/astray.c src/flow/astray.h \
	src/flow/batch.c src/flow/batch.h \
	src/flow/cache.c src/flow/cache.h \
	src/flow/dispatch.c src/flow/dispatch.h \
	src/flow/draft.c src/flow/draft.h \
	src/flow/era.c src/flow/era.h \
	src/flow/fields.c src/flow/fields.h \
	src/flow/filter.h \
	src/flow/hash.c src/flow/hash.h \
	src/flow/late.c src/flow/late.h \
	src/flow/names.c src/flow/names.h \
	src/flow/pack.c src/flow/pack.h src/flow/packed.h \
	src/flow/pattern.c src/flow/pattern.h \
	src/flow/pool.c src/flow/pool.h src/flow/pool_job.c \
	src/flow/pool_own.h \
	src/flow/question.c src/flow/question.h \
	src/flow/router.c src/flow/router.h \
	src/flow/schema.c src/flow/schema.h \
	src/flow/series.c src/flow/series.h \
	src/flow/unpack.c \
	src/flow/via.c src/flow/via.h
