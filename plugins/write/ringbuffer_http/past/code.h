/* SPDX-License-Identifier: MIT */
/*
 * Numbers as whole ones that rise with them, so that what changes little is a
 * small difference: three digits behind the point from 0.1 to 1000, six digits
 * above, three below, billionths below a millionth.
 */
#ifndef PAST_CODE_H
#define PAST_CODE_H

#include <stdint.h>

#define CODE_MAX INT32_C(275585169) /* of the greatest double */

/* Of a finite number: -CODE_MAX to CODE_MAX. */
int32_t code_of(double number);
double code_number(int32_t code);

#endif
