/* SPDX-License-Identifier: MIT */
/* Standard input, output and error of a process that may lack them. */
#ifndef BASE_STANDARD_H
#define BASE_STANDARD_H

/*
 * Gives the numbers of those that are closed to a file that can neither be
 * read nor written, so that no socket and no database that is opened later is
 * taken for one of them.  The first thing a program does.
 */
void standard_hold(void);

#endif
