/* SPDX-License-Identifier: MIT */
/* What setup.c, which reads a configuration, and setup_section.c, which reads
 * its sections, share: for nobody else. */
#ifndef SETUP_OWN_H
#define SETUP_OWN_H

#include "setup.h"

/* Fills s->sections, and s->refused with those whose plugin cannot be loaded;
 * mistakes are in d. */
void sections_read(struct setup *s, struct modules *m, struct diags *d);
/* Whether that stands at the top of a file, beside `plugins'. */
bool setup_is_key(const char *key);
/* Gives back what is in it. */
void section_fini(struct section *sec);
/* What a receiver is told of: a set of SEVERITY(rank). */
unsigned section_severities(const struct section *sec);

#endif
