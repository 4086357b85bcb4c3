/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What the kernel helper module and the programs that use it agree on. */
#ifndef APVIRT_AP_HELPER_H
#define APVIRT_AP_HELPER_H

#include "ap_insn.h"

#ifdef __KERNEL__
#include <linux/ioctl.h>
#else
#include <sys/ioctl.h>
#endif

/* Name of the misc device, and below /dev. */
#define AP_HELPER_NAME "apvirt-insn"
#define AP_HELPER_PATH "/dev/" AP_HELPER_NAME

/*
 * One instruction, issued by the kernel. Addresses in the registers are the caller's own; the kernel copies what they
 * point to, and gives them back as the instruction left them.
 */
struct ap_helper_request {
    uint32_t opcode;     /* in: AP_OP_... */
    uint32_t result;     /* out: condition code, or AP_INTERRUPTION | program-interruption code */
    struct ap_regs regs; /* in and out */
};

/* Longest message and longest buffer, in bytes: more than any adapter takes. */
#define AP_HELPER_OPERAND_MAX 0x10000

#define AP_HELPER_ISSUE _IOWR(0xb2, 0xaf, struct ap_helper_request)

#ifndef __KERNEL__
/* Opens the device. Returns a file descriptor, or -errno. */
int ap_helper_open(void);

/* Issues one instruction through the open device. Returns what ap_issue() would, or -errno. */
int ap_helper_issue(int fd, int opcode, struct ap_regs *regs);
#endif

#endif
