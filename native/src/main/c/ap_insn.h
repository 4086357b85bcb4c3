/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * PQAP, NQAP and DQAP as functions.
 *
 * Needs no C library: usable in a process, in a freestanding program and in a kernel module. All three instructions
 * are privileged; who calls them in problem state gets a program check (in a Linux process SIGILL), see ap_guard.h.
 *
 * Opcodes and registers after Linux arch/s390/include/asm/ap.h.
 */
#ifndef APVIRT_AP_INSN_H
#define APVIRT_AP_INSN_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
#endif

/* The instruction numbers, the left half of the RRE word. */
#define AP_OP_NQAP 0xb2ad
#define AP_OP_DQAP 0xb2ae
#define AP_OP_PQAP 0xb2af

/*
 * General registers 0..7, in and out. What is where:
 *
 *         PQAP                    NQAP                     DQAP
 *  gr[0]  function code, APQN     flags, APQN              flags, APQN or token
 *  gr[1]  control / status        status                   status
 *  gr[2]  per function            PSMID bits 0-31          bytes of the reply left over
 *  gr[3]                          PSMID bits 32-63
 *  gr[4]                          address of the message   PSMID bits 0-31
 *  gr[5]                          its length               PSMID bits 32-63
 *  gr[6]                                                   address of the buffer
 *  gr[7]                                                   its length
 */
struct ap_regs {
    uint64_t gr[8];
};

/* Where the pairs R1 and R2 of NQAP and DQAP are. */
#define AP_NQAP_R1 2
#define AP_NQAP_R2 4
#define AP_DQAP_R1 4
#define AP_DQAP_R2 6

/* Program-interruption codes. */
#define AP_PGM_OPERATION 0x01
#define AP_PGM_PRIVILEGED_OPERATION 0x02
#define AP_PGM_SPECIFICATION 0x06

/* Added to a program-interruption code in a result; below are the condition codes 0..3. */
#define AP_INTERRUPTION 0x10000

/*
 * What a function below returns in a kernel when the instruction ended in a program check. Elsewhere a program check
 * does not come back to it.
 */
#define AP_FAULTED 0xf

/*
 * Each issues its instruction once and returns the condition code, 0..3, with *regs as the instruction left it.
 * Defined on s390x only.
 */
int ap_pqap(struct ap_regs *regs);
int ap_nqap(struct ap_regs *regs);
int ap_dqap(struct ap_regs *regs);

/*
 * STFLE, which any program may issue: stores the facility list.
 *
 * list: doublewords 8-byte words, MSB-0; words that the machine does not have are set to 0
 */
void ap_stfle(uint64_t *list, unsigned int doublewords);

#endif
