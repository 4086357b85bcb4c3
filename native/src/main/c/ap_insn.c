/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#include "ap_insn.h"

#ifdef __s390x__

#ifdef __KERNEL__
/* A program check between the labels goes on behind the instruction. It is looked up by the old PSW, so at label 0. */
#include <asm/asm-extable.h>
#define AP_FIXUP EX_TABLE(0b, 1b)
#else
#define AP_FIXUP
#endif

/*
 * The registers go in and out with one LMG and one STMG inside the same statement as the instruction, so that the
 * even-odd pairs are fixed, no compiler has to know the opcode, and a program check leaves *regs as it was. The
 * condition code is in bits 34-35 of what IPM delivers; the bits before it are 0, and 1 if IPM was never reached.
 */
#define AP_ISSUE(regs, code, last, word, ...)                                                                          \
    asm volatile("	lmg	%%r0,%%r" #last ",%[gr]\n"                                                                     \
                 "	.long	" #word "\n"                                                                                  \
                 "0:	ipm	%[cc]\n"                                                                                       \
                 "	stmg	%%r0,%%r" #last ",%[gr]\n"                                                                     \
                 "1:\n" AP_FIXUP                                                                                       \
                 : [gr] "+S"((regs)->gr), [cc] "+&d"(code)                                                             \
                 :                                                                                                     \
                 : "cc", "memory", "0", "1", "2", ##__VA_ARGS__)

int ap_pqap(struct ap_regs *regs)
{
    unsigned int code = ~0U;

    AP_ISSUE(regs, code, 2, 0xb2af0000);
    return (int)(code >> 28);
}

int ap_nqap(struct ap_regs *regs)
{
    unsigned int code = ~0U;

    AP_ISSUE(regs, code, 5, 0xb2ad0024, "3", "4", "5");
    return (int)(code >> 28);
}

int ap_dqap(struct ap_regs *regs)
{
    unsigned int code = ~0U;

    AP_ISSUE(regs, code, 7, 0xb2ae0046, "3", "4", "5", "6", "7");
    return (int)(code >> 28);
}

void ap_stfle(uint64_t *list, unsigned int doublewords)
{
    unsigned int i;

    for (i = 0; i < doublewords; i++)
        list[i] = 0;
    /* GR0 says how many doublewords there is room for, less one. Opcode B2B0. */
    asm volatile("	lgr	%%r0,%[room]\n"
                 "	.insn	s,0xb2b00000,0(%[list])\n"
                 :
                 : [room] "d"((uint64_t)doublewords - 1), [list] "a"(list)
                 : "cc", "memory", "0");
}

#endif
