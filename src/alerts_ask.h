/* SPDX-License-Identifier: MIT */
/*
 * What the control protocol answers of alerts.  Each is the run of a struct
 * control_command; daemon is a struct daemon.  From any thread.
 */
#ifndef ALERTS_ASK_H
#define ALERTS_ASK_H

#include <jansson.h>

json_t *alerts_list(void *daemon, const json_t *request);
json_t *alerts_explain(void *daemon, const json_t *request);
json_t *alerts_rules(void *daemon, const json_t *request);
json_t *alerts_silences(void *daemon, const json_t *request);

/* These change something. */
json_t *alerts_silence(void *daemon, const json_t *request);
json_t *alerts_unsilence(void *daemon, const json_t *request);
json_t *alerts_forget(void *daemon, const json_t *request);
json_t *alerts_test(void *daemon, const json_t *request);

#endif
