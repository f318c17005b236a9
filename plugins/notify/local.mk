# SPDX-License-Identifier: MIT
if BUILD_slack
plugin_LTLIBRARIES += plugins/notify/slack.la
endif
plugins_notify_slack_la_CPPFLAGS = $(plugin_cppflags)
plugins_notify_slack_la_SOURCES = plugins/notify/slack.c
plugins_notify_slack_la_LIBADD = plugins/libcommon_http.la \
	plugins/libcommon.la

if BUILD_smtp
plugin_LTLIBRARIES += plugins/notify/smtp.la
endif
smtp_sources = \
	plugins/notify/smtp/mail.c plugins/notify/smtp/mail.h \
	plugins/notify/smtp/post.c plugins/notify/smtp/post.h \
	plugins/notify/smtp/smtp.c \
	plugins/notify/smtp/talk.c plugins/notify/smtp/talk.h
plugins_notify_smtp_la_CPPFLAGS = $(plugin_cppflags)
plugins_notify_smtp_la_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
plugins_notify_smtp_la_SOURCES = $(smtp_sources)
plugins_notify_smtp_la_LIBADD = plugins/libcommon_http.la \
	plugins/libcommon.la
