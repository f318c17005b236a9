/* SPDX-License-Identifier: MIT */
/* What every unit test includes first: cmocka.h wants the four before it, in
 * this order. */
#ifndef T_TEST_H
#define T_TEST_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#endif
