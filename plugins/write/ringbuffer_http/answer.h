/* SPDX-License-Identifier: MIT */
/* Answers: fixed length, with the headers that keep browsers from doing more
 * with them than showing them. */
#ifndef HUB_ANSWER_H
#define HUB_ANSWER_H

#include <microhttpd.h>

#include "common/text.h"
#include "hub.h"

#define ANSWER_JSON "application/json"

/* NULL: no memory.  data is free'd with it, or at once; text is empty then. */
struct MHD_Response *answer_new(char *data, size_t len, const char *type);
struct MHD_Response *answer_new_text(struct text *text, const char *type);
/* The same as the first, but a browser may keep it and ask whether it has
 * changed.  type NULL: none. */
struct MHD_Response *answer_new_kept(char *data, size_t len, const char *type);
/* What nobody may keep, with these headers: for what is made bit by bit.  NULL
 * where r is, or where there is no memory. */
struct MHD_Response *answer_dress(struct MHD_Response *r, const char *type);
/* The same, and the bytes go back to the budget they were taken from. */
struct MHD_Response *answer_new_counted(
    struct hub_budget *budget, char *data, size_t len, const char *type);

/* Sends with status 200 one that stays the caller's. */
enum MHD_Result answer_shared(
    struct hub *hub, struct MHD_Connection *c, struct MHD_Response *response);
/* Sends one and gives it back; NULL: 503. */
enum MHD_Result answer_send_status(struct hub *hub, struct conn *conn,
    struct MHD_Connection *c, unsigned status, struct MHD_Response *response);
/* The same with status 200. */
enum MHD_Result answer_send(struct hub *hub, struct conn *conn,
    struct MHD_Connection *c, struct MHD_Response *response);

/* Refuses, counts and records.  body: what to say in JSON, emptied; NULL:
 * {"error": why}. */
enum MHD_Result answer_refuse(struct hub *hub, struct conn *conn,
    struct MHD_Connection *c, enum refusal refusal, const char *why,
    struct text *body);

#endif
