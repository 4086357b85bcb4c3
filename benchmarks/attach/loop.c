/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine that does nothing but ask for the status of queue 05.0004, for ever. Linked with the start of the
 * freestanding check program (native/src/test/c/freestanding).
 */
#include <stdint.h>

/* In the lowcore: mask and address of the program-check new PSW. */
extern volatile uint64_t check_new_psw[2];

/* Of the start; not called here. */
int guarded(void *instruction, void *regs, const uint64_t *psw_mask);

void program(void)
{
    uint64_t ours = check_new_psw[1];

    while (check_new_psw[1] == ours)
        ; /* until somebody is attached */
    for (;;)
        asm volatile("	lghi	0,0x504\n"
                     "	lghi	1,0\n"
                     "	lghi	2,0\n"
                     "	.insn	rre,0xb2af0000,0,0\n"
                     : : : "0", "1", "2", "cc", "memory");
}
