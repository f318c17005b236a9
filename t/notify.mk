# SPDX-License-Identifier: MIT
check_PROGRAMS += t/notice_test
TESTS += t/notice_test
t_notice_test_SOURCES = t/notice_test.c t/test.h
t_notice_test_CPPFLAGS = $(unit_cppflags)
t_notice_test_CFLAGS = $(unit_cflags)
t_notice_test_LDFLAGS = $(unit_ldflags)
t_notice_test_LDADD = $(unit_ldadd)

if BUILD_slack
check_PROGRAMS += t/slack_test
TESTS += t/slack_test
t_slack_test_SOURCES = t/slack_test.c plugins/notify/slack.c \
	t/fake_ctx.c t/fake_ctx.h t/fake_server.c t/fake_server.h t/made_notice.h \
	t/test.h
t_slack_test_CPPFLAGS = $(unit_cppflags)
t_slack_test_CFLAGS = $(unit_cflags)
t_slack_test_LDFLAGS = $(unit_ldflags)
t_slack_test_LDADD = plugins/libcommon_http.la plugins/libcommon.la \
	$(unit_ldadd)
endif

if BUILD_smtp
check_PROGRAMS += t/smtp_test
TESTS += t/smtp_test
t_smtp_test_SOURCES = t/smtp_test.c $(smtp_sources) \
	t/fake_ctx.c t/fake_ctx.h t/fake_smtp.c t/fake_smtp.h t/made_notice.h \
	t/test.h
t_smtp_test_CPPFLAGS = $(unit_cppflags)
t_smtp_test_CFLAGS = $(unit_cflags) $(CURL_CFLAGS)
t_smtp_test_LDFLAGS = $(unit_ldflags)
t_smtp_test_LDADD = plugins/libcommon_http.la plugins/libcommon.la \
	$(unit_ldadd)

# With a real server that is not ours.
check_PROGRAMS += t/notify_once
TESTS += t/34-receivers.py
t_notify_once_SOURCES = t/notify_once.c $(smtp_sources) \
	t/fake_ctx.c t/fake_ctx.h t/made_notice.h t/test.h
t_notify_once_CPPFLAGS = $(unit_cppflags)
t_notify_once_CFLAGS = $(unit_cflags) $(CURL_CFLAGS)
t_notify_once_LDFLAGS = $(unit_ldflags)
t_notify_once_LDADD = plugins/libcommon_http.la plugins/libcommon.la \
	$(unit_ldadd)
endif
EXTRA_DIST += t/34-receivers.py
