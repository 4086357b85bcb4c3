/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs code that may end in an illegal-instruction signal, and lives to tell why.
 *
 * Linux tells a process about a program check of the AP instructions by SIGILL, with the cause in si_code:
 *
 *  program interruption       si_code
 *  0001 operation             ILL_ILLOPC   not installed, or an emulator without them
 *  0002 privileged operation  ILL_PRVOPC   installed, but this is problem state
 *  0006 specification         ILL_ILLOPN
 */
#ifndef APVIRT_AP_GUARD_H
#define APVIRT_AP_GUARD_H

#include "ap_insn.h"

/*
 * Calls body(argument) with SIGILL caught for this thread; signals of other threads go to the handler that was there.
 *
 * Returns 0 with *result = what body returned, or the si_code (> 0) of the SIGILL that ended it, or -errno if the
 * handler cannot be installed.
 */
int ap_guarded(int (*body)(void *), void *argument, int *result);

/*
 * Issues one instruction, guarded.
 *
 * opcode: AP_OP_...
 * Returns the condition code, or AP_INTERRUPTION | program-interruption code; on another architecture always an
 * operation exception, which is what it would be if its instructions were ours.
 */
int ap_issue(int opcode, struct ap_regs *regs);

/* What ap_probe found. The numbers are the ordinals of the Java enum HardwareProbe.Reason. */
enum ap_probe_result {
    AP_PROBE_USABLE,
    AP_PROBE_OTHER_ARCHITECTURE,
    AP_PROBE_OPERATION,
    AP_PROBE_PRIVILEGED,
};

/* Finds out, by TAPQ of APQN 00.0000, whether this process may issue AP instructions. */
int ap_probe(void);

#endif
