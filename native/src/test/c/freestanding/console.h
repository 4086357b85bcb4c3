/* SPDX-License-Identifier: Apache-2.0 */
/* The console of the service element (SCLP), and a little formatting. */
#ifndef APVIRT_CONSOLE_H
#define APVIRT_CONSOLE_H

#include <stdint.h>

void print(const char *text);

/* Prints a number as digits hexadecimal digits. */
void print_hex(uint64_t number, int digits);

#endif
