/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#ifdef __s390x__

#include <signal.h>
#include <string.h>
#include <ucontext.h>

#include "ap_guard.h"

/*
 * Where the instructions do not exist, the signal handler is the machine: it looks at the word that was to be executed
 * and at the registers, answers, and lets the program run on behind the instruction. So the very object code that a
 * kernel would run is checked, pairs, order and condition code.
 */
static uint32_t word;
static uint64_t in[16];
static uint64_t out[16];
static int written; /* registers 0.. that the instruction stores into */
static unsigned int condition_code;

static void machine(int signal, siginfo_t *info, void *context)
{
    mcontext_t *cpu = &((ucontext_t *)context)->uc_mcontext;
    int i;

    (void)signal;
    memcpy(&word, info->si_addr, sizeof(word));
    for (i = 0; i < 16; i++) {
        in[i] = cpu->gregs[i];
        if (i < written)
            cpu->gregs[i] = out[i];
    }
    /* The old PSW points behind the instruction; its condition code is in bits 18-19. */
    cpu->psw.addr = (unsigned long)info->si_addr + 4;
    cpu->psw.mask = (cpu->psw.mask & ~(3UL << 44)) | ((unsigned long)condition_code << 44);
}

/* Every register another value with all 64 bits in use. */
static uint64_t sample(int number)
{
    return 0x0101010101010101ULL * (number + 1) ^ 0x8000000000000000ULL;
}

static void check_one(const char *name, int (*instruction)(struct ap_regs *), uint32_t opcode, int registers)
{
    struct sigaction simulated = {.sa_sigaction = machine, .sa_flags = SA_SIGINFO};
    unsigned int cc;
    int i;

    sigaction(SIGILL, &simulated, NULL);
    for (cc = 0; cc <= 3; cc++) {
        struct ap_regs regs;
        int as_given = 1, as_answered = 1, rest_kept = 1;
        int found;

        for (i = 0; i < 8; i++) {
            regs.gr[i] = sample(i);
            out[i] = ~sample(i);
        }
        memset(in, 0, sizeof(in));
        written = registers;
        condition_code = cc;
        found = instruction(&regs);
        for (i = 0; i < 8; i++) {
            if (i < registers) {
                as_given &= in[i] == sample(i);
                as_answered &= regs.gr[i] == ~sample(i);
            } else {
                rest_kept &= regs.gr[i] == sample(i);
            }
        }
        check_equal(opcode, word, name);
        check(as_given, "%s: registers 0..%d go in as given", name, registers - 1);
        check(as_answered, "%s: and come out as answered", name);
        check(rest_kept, "%s: nothing behind them is touched", name);
        check_equal(cc, found, "its condition code");
    }
    signal(SIGILL, SIG_DFL);
}

void check_packing(void)
{
    uint64_t list[4] = {1, 1, 1, 1};

    check_one("PQAP", ap_pqap, 0xb2af0000, 3);
    check_one("NQAP R2,R4", ap_nqap, 0xb2ad0024, 6);
    check_one("DQAP R4,R6", ap_dqap, 0xb2ae0046, 8);

    ap_stfle(list, 4);
    check((list[0] >> 61 & 3) == 3, "STFLE: z/Architecture is installed and active");
}

#else

void check_packing(void)
{
}

#endif
