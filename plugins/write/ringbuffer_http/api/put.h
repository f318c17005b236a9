/* SPDX-License-Identifier: MIT */
/* Pieces of JSON that several answers have. */
#ifndef HUB_API_PUT_H
#define HUB_API_PUT_H

#include <jansson.h>

#include "../http.h"
#include "../past/past.h"
#include "common/text.h"

/* Who a series is, without braces: "series", "host", "plugin", "instance",
 * "instance_name", "tags", "field", and "kind", "unit", "help". */
void put_series(struct text *to, const struct past_series *s);
/* "KEY":number, after a comma where one is due; NaN: nothing. */
void put_number(struct text *to, const char *key, double number);
/* [1,null,3] of n numbers. */
void put_numbers(struct text *to, const double *v, size_t n);
/* Seconds of a time in milliseconds. */
void put_seconds(struct text *to, const char *key, int64_t ms);

/* Sends what was written, which is empty then. */
enum MHD_Result put_send(struct hub *hub, struct conn *conn,
    struct MHD_Connection *c, struct text *body);

/* Sends an answer of the daemon; NULL: says that there is none. */
enum MHD_Result put_answer(struct hub *hub, struct conn *conn,
    struct MHD_Connection *c, const json_t *answer);

/* Says that there is no history to answer from. */
enum MHD_Result put_absent(
    struct hub *hub, struct conn *conn, struct MHD_Connection *c);

#endif
