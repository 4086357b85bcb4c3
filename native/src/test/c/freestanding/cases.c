/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the AP instructions refuse, in real mode: the cases that were proposed for the unit tests of KVM on s390x (ap.c,
 * posted 2024), as far as they need no interruptions. Prints "ok NAME" or "not ok NAME: what came instead" a line.
 */
#include "ap_insn.h"
#include "console.h"

#define SUPERVISOR_STATE 0x0000000180000000ULL
#define PROBLEM_STATE 0x0001000180000000ULL
#define INTERRUPTION 0x10000
#define LOWCORE_PROGRAM_CODE ((volatile uint16_t *)0x8e)
#define T_BIT 0x00800000
#define QCI 0x04000000

int guarded(int (*instruction)(struct ap_regs *), struct ap_regs *regs, const uint64_t *psw_mask);

/* An instruction with these registers; it is loaded with GR0..7 and leaves them. */
#define INSTRUCTION(name, opcode, r1, r2) \
    static int name(struct ap_regs *regs) \
    { \
        int cc; \
        asm volatile("	lmg	0,7,0(%1)\n" \
                     "	.insn	rre," #opcode "0000,%%r" #r1 ",%%r" #r2 "\n" \
                     "	stmg	0,7,0(%1)\n" \
                     "	ipm	%0\n" \
                     "	srl	%0,28\n" \
                     : "=&d"(cc) \
                     : "a"(regs) \
                     : "0", "1", "2", "3", "4", "5", "6", "7", "cc", "memory"); \
        return cc; \
    }

INSTRUCTION(pqap, 0xb2af, 0, 0)
INSTRUCTION(nqap, 0xb2ad, 2, 4)
INSTRUCTION(nqap_odd_r1, 0xb2ad, 3, 4)
INSTRUCTION(nqap_odd_r2, 0xb2ad, 2, 5)
INSTRUCTION(nqap_odd_both, 0xb2ad, 3, 5)
INSTRUCTION(dqap, 0xb2ae, 4, 6)
INSTRUCTION(dqap_odd_r1, 0xb2ae, 5, 6)
INSTRUCTION(dqap_odd_r2, 0xb2ae, 4, 7)
INSTRUCTION(dqap_odd_both, 0xb2ae, 5, 7)

static uint8_t config_info[256] __attribute__((aligned(256)));
static uint8_t buffer[4096] __attribute__((aligned(8)));
static uint64_t queue;

static void verdict(const char *name, int number, int wanted, int got)
{
    print(got == wanted ? "ok " : "not ok ");
    print(name);
    if (number >= 0) {
        print(" ");
        print_hex(number, 2);
    }
    if (got != wanted) {
        print(got & INTERRUPTION ? ": interruption " : ": cc ");
        print_hex(got, 4);
    }
    print("\n");
}

static int run(int (*instruction)(struct ap_regs *), struct ap_regs regs, uint64_t psw_mask)
{
    return guarded(instruction, &regs, &psw_mask);
}

static struct ap_regs message(uint64_t flags, uint64_t length)
{
    return (struct ap_regs){{flags | queue, 0, 0, 1, (uintptr_t)buffer, length, (uintptr_t)buffer, length}};
}

static void refused(const char *name, int number, int (*instruction)(struct ap_regs *), struct ap_regs regs)
{
    verdict(name, number, INTERRUPTION | AP_PGM_SPECIFICATION, run(instruction, regs, SUPERVISOR_STATE));
}

static void privileged(void)
{
    int wanted = INTERRUPTION | AP_PGM_PRIVILEGED_OPERATION;

    verdict("privileged pqap", -1, wanted, run(pqap, (struct ap_regs){{queue}}, PROBLEM_STATE));
    verdict("privileged nqap", -1, wanted, run(nqap, message(0x40000000, 64), PROBLEM_STATE));
    verdict("privileged dqap", -1, wanted, run(dqap, message(0x80000000, 64), PROBLEM_STATE));
}

static void pqap_refuses(void)
{
    uint64_t i;

    refused("pqap function code", 42, pqap, (struct ap_regs){{42 << 24}});
    for (i = 41; i <= 47; i++)
        refused("pqap gr0 bit", i, pqap, (struct ap_regs){{queue | 1ULL << (63 - i)}});
    for (i = 1; i < 8; i++)
        refused("qci misaligned by", i, pqap, (struct ap_regs){{QCI, 0, (uintptr_t)config_info + i}});
    for (i = 1; i < 8; i++)
        refused("best ap misaligned by", i, pqap, (struct ap_regs){{0x06000000, 0, (uintptr_t)config_info + i}});
}

static void messages_refuse(void)
{
    static const uint8_t nqap_bits[] = {32, 34, 35, 40}, dqap_bits[] = {33, 34, 35, 40, 41};
    unsigned int i;

    refused("nqap odd r1", -1, nqap_odd_r1, message(0x40000000, 64));
    refused("nqap odd r2", -1, nqap_odd_r2, message(0x40000000, 64));
    refused("nqap both odd", -1, nqap_odd_both, message(0x40000000, 64));
    refused("nqap length 0", -1, nqap, message(0x40000000, 0));
    for (i = 0; i < sizeof(nqap_bits); i++)
        refused("nqap gr0 bit", nqap_bits[i], nqap, message(0x40000000 | 1ULL << (63 - nqap_bits[i]), 64));
    refused("dqap odd r1", -1, dqap_odd_r1, message(0x80000000, 64));
    refused("dqap odd r2", -1, dqap_odd_r2, message(0x80000000, 64));
    refused("dqap both odd", -1, dqap_odd_both, message(0x80000000, 64));
    refused("dqap length 0", -1, dqap, message(0x80000000, 0));
    for (i = 0; i < sizeof(dqap_bits); i++)
        refused("dqap gr0 bit", dqap_bits[i], dqap, message(0x80000000 | 1ULL << (63 - dqap_bits[i]), 64));
}

/* A message has a longest length, in pages in what TAPQ says; every bit of a length above it is refused. */
static void too_long(void)
{
    struct ap_regs regs = {{queue | T_BIT}};
    uint64_t supervisor = SUPERVISOR_STATE, longest, bit;
    int i = 0;

    verdict("tapq", -1, 0, guarded(pqap, &regs, &supervisor));
    longest = regs.gr[2] >> 24 & 0xff;
    longest = (longest < 3 ? 3 : longest) * 4096;
    refused("nqap length of the longest and", 1, nqap, message(0x40000000, longest + 1));
    for (bit = 1ULL << 63; bit > longest; bit >>= 1, i++)
        refused("nqap length bit", i, nqap, message(0x40000000, bit));
}

/* Success leaves what the lowcore says of the last program check alone. */
static void success(void)
{
    int cc;

    *LOWCORE_PROGRAM_CODE = 0;
    cc = run(pqap, (struct ap_regs){{queue}}, SUPERVISOR_STATE);
    verdict("tapq in real mode", -1, 0, cc);
    verdict("interruption code after it", -1, 0, *LOWCORE_PROGRAM_CODE);
    *LOWCORE_PROGRAM_CODE = 0;
    refused("nqap length 0 again", -1, nqap, message(0x40000000, 0));
    verdict("interruption code after that", -1, AP_PGM_SPECIFICATION, *LOWCORE_PROGRAM_CODE);
}

static int first(const uint8_t *mask)
{
    int i;

    for (i = 0; i < 256; i++)
        if (mask[i / 8] & 0x80 >> i % 8)
            return i;
    return -1;
}

/* STFLE bit 12. */
static int has_qci(void)
{
    static uint64_t list[4] __attribute__((aligned(8)));
    register uint64_t last asm("0") = 3;

    asm volatile("	.insn	s,0xb2b00000,%1\n" : "+d"(last), "=Q"(list) : : "cc", "memory");
    return list[0] >> (63 - 12) & 1;
}

static void stop(void)
{
    static const uint64_t disabled_wait[2] __attribute__((aligned(8))) = {0x0002000180000000ULL, 0xfff};

    asm volatile("	lpswe	%0\n" : : "Q"(disabled_wait) : "memory");
    __builtin_unreachable();
}

void program(void)
{
    int adapter, domain;

    verdict("facility 12", -1, 1, has_qci());
    verdict("qci", -1, 0, run(pqap, (struct ap_regs){{QCI, 0, (uintptr_t)config_info}}, SUPERVISOR_STATE));
    adapter = first(config_info + 16);
    domain = first(config_info + 48);
    verdict("an adapter and a domain", -1, 1, adapter >= 0 && domain >= 0);
    if (adapter >= 0 && domain >= 0) {
        queue = adapter << 8 | domain;
        privileged();
        pqap_refuses();
        messages_refuse();
        too_long();
        success();
    }
    print("done\n");
    stop();
}
