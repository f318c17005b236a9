/* SPDX-License-Identifier: MIT */
/*
 * Value lists as lines of InfluxDB's line protocol, one a list, as versions 1
 * to 3 of it and VictoriaMetrics read them alike:
 *
 * disk,env=prod,host=web-1,mount=/home percent=71.2,reads=123i 1763800000…
 *
 * The measurement is the plugin.  A counter is an integer, less its 64th bit,
 * which no server has; all else is a float: a column never changes its type.
 * What there is no value of is left out.
 *
 * Tags are "host", what the plugin calls its instances ("instance" if nobody
 * said), the list's and then the host's, sorted by key; one without a value is
 * left out, as the protocol has no way to write it.  A key that belongs to a
 * field, to a tag before it or to the servers themselves ("time") gets a "_"
 * at its end, and so does a field called "time".
 *
 * What the protocol cannot hold is written as it is elsewhere in fettle: a
 * backslash that does not begin an \xNN is \x5c, a # that would begin a
 * comment \x23.  So nothing that is read back stands for two names.
 */
#ifndef COMMON_LINE_H
#define COMMON_LINE_H

#include <fettle/plugin.h>

#include "common/text.h"

/* Appends the line of a list and its line break.  False: the list has no
 * value, and nothing was appended. */
bool line_list(struct text *to, const struct fettle_list *l);

#endif
