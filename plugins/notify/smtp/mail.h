/* SPDX-License-Identifier: MIT */
/* A notice as a mail: RFC 5322 headers and two parts, text and HTML, in lines
 * of ASCII that end with CRLF.  Pure. */
#ifndef SMTP_MAIL_H
#define SMTP_MAIL_H

#include <stdbool.h>
#include <stdint.h>

#include <fettle/plugin.h>

#include "common/text.h"

struct mail_frame {
	const char *from; /* addresses that mail_is_address takes */
	struct fettle_strings to;
	const char *label; /* of the instance */
	int64_t now_s;	   /* since 1970 */
};

/* LOCAL@DOMAIN in printable ASCII, nothing that a header or a command could
 * take for something else. */
bool mail_is_address(const char *s);

void mail_render(struct text *to, const struct mail_frame *frame,
    const struct fettle_notice *n);

#endif
