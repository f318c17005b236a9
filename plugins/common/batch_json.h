/* SPDX-License-Identifier: MIT */
/*
 * A batch as the JSON document that /ingest of a hub takes:
 *
 * {"v": 1, "queue": "9f…", "seq": 17000, "sent": 1763800001.1,
 *  "sender": {"host": "web-1", "version": "0.1.0"},
 *  "host": "web-1", "tags": {"env": "prod"}, "interval": 10,
 *  "plugins": [{"plugin": "disk", "instance_name": "mount",
 *    "fields": [["total", "gauge", "bytes"], ["percent", "gauge", "percent"]],
 *    "rows": [["/home", 1763800000, 1e12, 71.2],
 *             [["/x", {"fs": "ext4"}], 1763800000, 1e12, null]]}]}
 *
 * Lists that follow one another and differ in instance, tags, time and values
 * alone are the rows of one group, so the lists, numbered in document order,
 * are in the order of the batch.  "via": ["ab…"] behind "sent" are the queues
 * that they went through before, of a daemon that may be one of several hubs;
 * one that only sends says nothing.  A group says host, tags and interval
 * where they are not the document's.  "sender" is the
 * daemon that sends, and of which fettle it is.  Nothing is lost but the 64th
 * bit of a counter.
 */
#ifndef COMMON_BATCH_JSON_H
#define COMMON_BATCH_JSON_H

#include <fettle/plugin.h>

#include "common/text.h"

/* Appends the document; the batch has a list at least.  host: the sender's
 * own; sent_ns: the wall clock now. */
void batch_json(struct text *to, const struct fettle_batch *batch,
    const char *host, int64_t sent_ns);

#endif
