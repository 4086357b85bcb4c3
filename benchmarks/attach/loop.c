/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine that does nothing but ask for the status of queue 05.0004, for ever. Linked with the start of the
 * freestanding check program (native/src/test/c/freestanding).
 */
#include <stdint.h>

#define SUPERVISOR_STATE 0x0400000180000000ULL
#define INTERRUPTION 0x10000

/* Of the start: calls it, and returns what it returns or INTERRUPTION plus the code. */
int guarded(int (*instruction)(void *), void *regs, const uint64_t *psw_mask);

static int status(void *unused)
{
    (void)unused;
    asm volatile("	lghi	0,0x504\n"
                 "	lghi	1,0\n"
                 "	lghi	2,0\n"
                 "	.insn	rre,0xb2af0000,0,0\n"
                 : : : "0", "1", "2", "cc", "memory");
    return 0;
}

void program(void)
{
    static const uint64_t supervisor = SUPERVISOR_STATE;

    while (guarded(status, 0, &supervisor) & INTERRUPTION)
        ; /* until somebody is attached */
    for (;;)
        status(0);
}
