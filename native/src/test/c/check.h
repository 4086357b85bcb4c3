/* SPDX-License-Identifier: Apache-2.0 */
#ifndef APVIRT_CHECK_H
#define APVIRT_CHECK_H

#include <stdint.h>

/* Prints "ok" or "FAILED" with the name of the check, and counts. */
void check(int holds, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As check(), for a number that is expected exactly. */
void check_equal(uint64_t expected, uint64_t found, const char *name);

/* The register checks, which need the s390x instructions. */
void check_packing(void);

#endif
