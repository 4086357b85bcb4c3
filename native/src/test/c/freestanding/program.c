/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The AP instructions in supervisor state without an operating system: ap_insn.c as a kernel would use it. The program
 * issues each function code and both message instructions, prints what came back, one line each, and ends the machine.
 *
 * Booted by qemu-system-s390x -kernel. Alone it finds that QEMU has no AP instructions; with somebody attached to the
 * gdb stub who answers them it prints the answers.
 */
#include "ap_insn.h"
#include "console.h"

#define SUPERVISOR_STATE 0x0400000180000000ULL
#define PROBLEM_STATE 0x0401000180000000ULL
#define INTERRUPTION 0x10000
/* In the status word. */
#define REPLIES_WAITING 0x40000000

int guarded(int (*instruction)(struct ap_regs *), struct ap_regs *regs, const uint64_t *psw_mask);

/* The queue that is asked: adapter 5, domain 4. */
#define QUEUE 0x0504

static uint64_t config_info[16];
static uint8_t message[256] __attribute__((aligned(8)));
static uint8_t reply[256] __attribute__((aligned(8)));

static int issue(const char *name, int (*instruction)(struct ap_regs *), struct ap_regs *regs, uint64_t psw_mask)
{
    int result = guarded(instruction, regs, &psw_mask);

    print(name);
    print(result & INTERRUPTION ? ": interruption " : ": cc ");
    print_hex(result, result & INTERRUPTION ? 4 : 1);
    return result;
}

static int pqap(const char *name, uint64_t gr0, uint64_t gr1, uint64_t gr2, uint64_t psw_mask)
{
    struct ap_regs regs = {{gr0, gr1, gr2}};
    int result = issue(name, ap_pqap, &regs, psw_mask);

    /* What went in comes out where a function has no answer in it: QCI's is an address. */
    if (!(result & INTERRUPTION)) {
        print(" gr1 ");
        print_hex(regs.gr[1], 16);
        if (regs.gr[2] != gr2) {
            print(" gr2 ");
            print_hex(regs.gr[2], 16);
        }
    }
    print("\n");
    return result;
}

static uint64_t clock_microseconds(void)
{
    uint64_t clock;

    asm volatile("	stck	%0\n" : "=Q"(clock) : : "cc");
    return clock >> 12;
}

/* Whoever attaches may need a moment to notice our program-check handler. */
static int attached_within(uint64_t microseconds)
{
    struct ap_regs regs;
    uint64_t supervisor = SUPERVISOR_STATE;
    uint64_t start = clock_microseconds();

    do {
        regs = (struct ap_regs){{QUEUE}};
        if (!(guarded(ap_pqap, &regs, &supervisor) & INTERRUPTION))
            return 1;
    } while (clock_microseconds() - start < microseconds);
    return 0;
}

static void stop(void)
{
    static const uint64_t disabled_wait[2] __attribute__((aligned(8))) = {0x0002000180000000ULL, 0xfff};

    asm volatile("	lpswe	%0\n" : : "Q"(disabled_wait) : "memory");
    __builtin_unreachable();
}

/* The function codes, with what each needs in the registers. */
static void function_codes(void)
{
    pqap("TAPQ", QUEUE, 0, 0, SUPERVISOR_STATE);
    pqap("TAPQ T", 0x00800000 | QUEUE, 0, 0, SUPERVISOR_STATE);
    pqap("RAPQ", 0x01000000 | QUEUE, 0, 0, SUPERVISOR_STATE);
    pqap("ZAPQ", 0x02000000 | QUEUE, 0, 0, SUPERVISOR_STATE);
    pqap("AQIC", 0x03000000 | QUEUE, 0, 0, SUPERVISOR_STATE);
    if (!(pqap("QCI", 0x04000000, 0, (uint64_t)(uintptr_t)config_info, SUPERVISOR_STATE) & INTERRUPTION)) {
        int i;

        for (i = 0; i < 14; i++) {
            print(i ? " " : "config: ");
            print_hex(config_info[i], 16);
        }
        print("\n");
    }
    pqap("QACT", 0x05000000 | QUEUE, 0x100000000e000000, 0, SUPERVISOR_STATE);
    pqap("code 06", 0x06000000 | QUEUE, 0, 0, SUPERVISOR_STATE);
    pqap("BAPQ", 0x07000000 | QUEUE, 0, 0, SUPERVISOR_STATE);
    pqap("AAPQ", 0x08000000 | QUEUE, 0, 0, SUPERVISOR_STATE);
    pqap("code 09", 0x09000000 | QUEUE, 0, 0, SUPERVISOR_STATE);
    pqap("code ff", 0xff000000 | QUEUE, 0, 0, SUPERVISOR_STATE);
    pqap("reserved bit", 0x00010000 | QUEUE, 0, 0, SUPERVISOR_STATE);
    pqap("other queue", 0x0505, 0, 0, SUPERVISOR_STATE);
    pqap("problem state", QUEUE, 0, 0, PROBLEM_STATE);
}

static void messages(void)
{
    struct ap_regs nqap = {{0x40000000 | QUEUE, 0, 0x01234567, 0x89abcdef, (uint64_t)(uintptr_t)message, 0}};
    struct ap_regs dqap = {{0x80000000 | QUEUE, 0, 0, 0, 0, 0, (uint64_t)(uintptr_t)reply, sizeof(reply)}};
    struct ap_regs probe = {{0}};
    uint64_t supervisor = SUPERVISOR_STATE;
    uint64_t deadline = clock_microseconds() + 5000000;
    int i, result;

    /* Not a message of any card: type ff. The reply is the card's refusal. */
    message[1] = 0xff;
    nqap.gr[5] = 64;
    issue("NQAP", ap_nqap, &nqap, SUPERVISOR_STATE);
    print("\n");
    /* Ask quietly until the reply is there. */
    for (probe.gr[0] = QUEUE; clock_microseconds() < deadline; probe.gr[0] = QUEUE) {
        if (guarded(ap_pqap, &probe, &supervisor) & INTERRUPTION || probe.gr[1] & REPLIES_WAITING)
            break;
    }
    result = issue("DQAP", ap_dqap, &dqap, SUPERVISOR_STATE);
    if (result == 0) {
        print(" psmid ");
        print_hex(dqap.gr[4], 8);
        print_hex(dqap.gr[5], 8);
        print(" bytes ");
        print_hex(sizeof(reply) - dqap.gr[7], 2);
        print(" reply ");
        for (i = 0; i < 8; i++)
            print_hex(reply[i], 2);
    }
    print("\n");
}

void program(void)
{
    print("program: started\n");
    print(attached_within(2000000) ? "program: attached\n" : "program: alone\n");
    function_codes();
    messages();
    print("program: done\n");
    stop();
}
