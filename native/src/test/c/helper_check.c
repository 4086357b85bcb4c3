/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Issues instructions through the kernel helper, inside a guest, and prints what came back, one line each.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "ap_helper.h"

#define QUEUE 0x0504
#define REPLIES_WAITING 0x40000000

static int helper;

static int issue(const char *name, int opcode, struct ap_regs *regs)
{
    int result = ap_helper_issue(helper, opcode, regs);

    if (result < 0)
        printf("%s: %s\n", name, strerror(-result));
    else if (result >= AP_INTERRUPTION)
        printf("%s: interruption %04x\n", name, result - AP_INTERRUPTION);
    else
        printf("%s: cc %d gr1 %08x\n", name, result, (unsigned int)regs->gr[1]);
    return result;
}

static void pqap(const char *name, uint64_t gr0)
{
    struct ap_regs regs = {{gr0}};

    issue(name, AP_OP_PQAP, &regs);
}

static void await_reply(void)
{
    struct ap_regs tapq;
    int tries = 10000;

    do {
        tapq = (struct ap_regs){{QUEUE}};
    } while (tries-- && ap_helper_issue(helper, AP_OP_PQAP, &tapq) == 0 && !(tapq.gr[1] & REPLIES_WAITING));
}

int main(void)
{
    uint64_t config[16] __attribute__((aligned(8))) = {0};
    unsigned char message[64] = {0, 0xff};
    unsigned char reply[256] = {0};
    struct ap_regs qci = {{0x04000000, 0, (uintptr_t)config}};
    struct ap_regs nowhere = {{0x04000000, 0, 8}};
    struct ap_regs nqap = {{0x40000000 | QUEUE, 0, 0x01234567, 0x89abcdef, (uintptr_t)message, sizeof(message)}};
    struct ap_regs dqap = {{0x80000000 | QUEUE, 0, 0, 0, 0, 0, (uintptr_t)reply, sizeof(reply)}};
    struct ap_regs too_long = {{0x40000000 | QUEUE, 0, 0, 0, (uintptr_t)message, AP_HELPER_OPERAND_MAX + 1}};

    helper = ap_helper_open();
    if (helper < 0) {
        printf("open: %s\n", strerror(-helper));
        return 1;
    }
    pqap("TAPQ", QUEUE);
    pqap("TAPQ T", 0x00800000 | QUEUE);
    pqap("ZAPQ", 0x02000000 | QUEUE);
    pqap("AQIC", 0x03000000 | QUEUE);
    pqap("code ff", 0xff000000 | QUEUE);
    pqap("other queue", 0x0505);
    if (issue("QCI", AP_OP_PQAP, &qci) == 0)
        printf("config: %016llx %016llx\n", (unsigned long long)config[0], (unsigned long long)config[2]);
    issue("QCI nowhere", AP_OP_PQAP, &nowhere);
    issue("NQAP", AP_OP_NQAP, &nqap);
    printf("address is ours again: %d\n", nqap.gr[4] + nqap.gr[5] == (uintptr_t)message + sizeof(message));
    await_reply();
    issue("DQAP", AP_OP_DQAP, &dqap);
    printf("psmid: %08x%08x\n", (unsigned int)dqap.gr[4], (unsigned int)dqap.gr[5]);
    printf("reply delivered: %d\n", dqap.gr[6] > (uintptr_t)reply &&
                                        dqap.gr[6] + dqap.gr[7] == (uintptr_t)reply + sizeof(reply) &&
                                        reply[1] >= 0x80);
    issue("NQAP too long", AP_OP_NQAP, &too_long);
    issue("opcode 0", 0, &qci);
    return 0;
}
