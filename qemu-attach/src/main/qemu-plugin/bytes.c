/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers as the guest and the protocol have them, and lines for the user. */
#include "ap_plugin.h"

#include <stdarg.h>
#include <stdio.h>

uint64_t get64(const uint8_t *from)
{
    return (uint64_t)get32(from) << 32 | get32(from + 4);
}

uint32_t get32(const uint8_t *from)
{
    return (uint32_t)from[0] << 24 | from[1] << 16 | from[2] << 8 | from[3];
}

void put32(uint8_t *to, uint32_t value)
{
    int i;

    for (i = 0; i < 4; i++)
        to[i] = value >> (24 - 8 * i);
}

void put64(uint8_t *to, uint64_t value)
{
    put32(to, value >> 32);
    put32(to + 4, value);
}

void complain(const char *format, ...)
{
    char line[512];
    va_list list;

    va_start(list, format);
    vsnprintf(line, sizeof(line), format, list);
    va_end(list);
    fprintf(stderr, "apvirt-plugin: %s\n", line);
}
