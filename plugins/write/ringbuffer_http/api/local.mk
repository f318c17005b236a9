# SPDX-License-Identifier: MIT
# The hub's interface over HTTP, which is described in openapi.json.
plugins_write_libringbuffer_http_la_SOURCES += \
	plugins/write/ringbuffer_http/api/alerts.c \
	plugins/write/ringbuffer_http/api/alerts.h \
	plugins/write/ringbuffer_http/api/ask.c \
	plugins/write/ringbuffer_http/api/ask.h \
	plugins/write/ringbuffer_http/api/channel.c \
	plugins/write/ringbuffer_http/api/channel.h \
	plugins/write/ringbuffer_http/api/fleet.c \
	plugins/write/ringbuffer_http/api/fleet.h \
	plugins/write/ringbuffer_http/api/hosts.c \
	plugins/write/ringbuffer_http/api/name.c \
	plugins/write/ringbuffer_http/api/name.h \
	plugins/write/ringbuffer_http/api/openapi.c \
	plugins/write/ringbuffer_http/api/points.c \
	plugins/write/ringbuffer_http/api/put.c \
	plugins/write/ringbuffer_http/api/put.h \
	plugins/write/ringbuffer_http/api/rules.c \
	plugins/write/ringbuffer_http/api/rules.h \
	plugins/write/ringbuffer_http/api/series.c \
	plugins/write/ringbuffer_http/api/status.c \
	plugins/write/ringbuffer_http/api/streams.c \
	plugins/write/ringbuffer_http/api/streams.h

# Lines of C, for a text that is longer than one string of C may be.
nodist_plugins_write_libringbuffer_http_la_SOURCES = \
	plugins/write/ringbuffer_http/api/openapi_lines.c
EXTRA_DIST += plugins/write/ringbuffer_http/api/openapi.json
CLEANFILES += plugins/write/ringbuffer_http/api/openapi_lines.c
plugins/write/ringbuffer_http/api/openapi_lines.c: \
    plugins/write/ringbuffer_http/api/openapi.json
	$(AM_V_GEN)$(MKDIR_P) $(@D) && { \
	echo 'extern const char *const openapi_lines[];'; \
	echo 'const char *const openapi_lines[] = {'; \
	sed -e 's/[\"]/\\&/g' -e 's/^/"/' -e 's/$$/\\n",/' \
	    $(srcdir)/plugins/write/ringbuffer_http/api/openapi.json && \
	echo '0 };'; } >$@-t && mv $@-t $@
