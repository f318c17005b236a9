/* SPDX-License-Identifier: MIT */
#ifndef HUB_HEX_H
#define HUB_HEX_H

/* What a hexadecimal digit stands for; -1: it is none. */
static inline int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

#endif
