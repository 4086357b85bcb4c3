/* SPDX-License-Identifier: Apache-2.0 */
/*
 * With REAL_MODE everything runs without address translation, as a small test program of a machine would.
 *
 * What a program without an operating system needs of z/Architecture: a stack, address translation that changes
 * nothing, and a program-check handler that comes back from a guarded call.
 */
#ifdef REAL_MODE
#define PSW_MASK 0x0000000180000000
#else
#define PSW_MASK 0x0400000180000000
#endif
        .section .head, "ax"
        .globl  _start
_start:
        larl    %r15, stack_end - 160
        larl    %r1, real_space
        lctlg   %c1, %c1, 0(%r1)
        larl    %r1, check_psw
        lghi    %r2, 0
        mvc     0x1d0(16, %r2), 0(%r1)          /* program-check new PSW */
        larl    %r1, program_psw
        lpswe   0(%r1)

        .text
/* int guarded(int (*instruction)(struct ap_regs *), struct ap_regs *regs, const uint64_t psw[2]) */
        .globl  guarded
guarded:
        stmg    %r6, %r15, 48(%r15)
        larl    %r1, way_out
        stg     %r15, 0(%r1)
        aghi    %r15, -160
        lgr     %r5, %r2
        lgr     %r2, %r3
        larl    %r14, came_back
        larl    %r1, instruction_psw
        mvc     0(8, %r1), 0(%r4)
        stg     %r5, 8(%r1)
        lpswe   0(%r1)                          /* calls it, in the state that the caller asked for */
came_back:
        aghi    %r15, 160
        lmg     %r6, %r15, 48(%r15)
        br      %r14

/* The interruption code is at 0x8e. Registers are lost but for those that a call keeps. */
program_check:
        larl    %r1, way_out
        lg      %r15, 0(%r1)
        lmg     %r6, %r15, 48(%r15)
        lghi    %r1, 0
        llgh    %r2, 0x8e(%r1)
        oilh    %r2, 1                          /* AP_INTERRUPTION */
        br      %r14

        .data
        .balign 16
/* An address-space-control element that says: virtual is real. With it translation can be on without tables. */
real_space:
        .quad   0x20
        .balign 16
program_psw:
        .quad   PSW_MASK, program
check_psw:
        .quad   PSW_MASK, program_check
instruction_psw:
        .quad   0, 0
way_out:
        .quad   0

        .bss
        .balign 16
        .skip   16384
stack_end:

        .section .note.GNU-stack, "", @progbits
