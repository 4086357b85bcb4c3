/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DIAGNOSE X'9C': a CPU of the guest that has spun for a lock in vain lets the one run that holds it. TCG does not have it, so
 * that a spinning CPU keeps one of the host's until its time slice is over. For AP that matters: a kernel holds the lock of a
 * queue while it executes NQAP or DQAP, and who answers these wants a CPU of the host too.
 */
#include "ap_plugin.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The caller spins again after this time at the latest, as it must expect anyway. */
#define LONGEST_NANOSECONDS 1000000

void begin_answering(struct ap_cpu *cpu)
{
    atomic_fetch_add(&cpu->answering, 1);
}

void end_answering(struct ap_cpu *cpu)
{
    atomic_fetch_add(&cpu->answering, 1);
    if (atomic_load(&cpu->yielded))
        syscall(SYS_futex, &cpu->answering, FUTEX_WAKE_PRIVATE, 1 << 30, NULL, NULL, 0);
}

/* Returns when the AP instruction is over that a CPU is waiting in; at once, but behind other threads, if it is in none. */
static void yield_to(struct ap_cpu *cpu, struct ap_cpu *other)
{
    const struct timespec longest = {0, LONGEST_NANOSECONDS};
    unsigned int seen = other ? atomic_load(&other->answering) : 0;

    if (!(seen & 1)) {
        sched_yield();
        return;
    }
    set_awake(cpu, false);
    atomic_fetch_add(&other->yielded, 1);
    syscall(SYS_futex, &other->answering, FUTEX_WAIT_PRIVATE, seen, &longest, NULL, 0);
    atomic_fetch_sub(&other->yielded, 1);
    set_awake(cpu, true);
}

void before_yield(unsigned int index, void *data)
{
    struct ap_cpu *cpu = cpu_of(index);
    const struct site *site = data;
    uint64_t psw_mask;

    if (!cpu || !is_at(cpu, site))
        return;
    psw_mask = read_register(cpu, cpu->psw_mask);
    if (psw_mask & PSW_PROBLEM_STATE)
        return; /* QEMU's privileged-operation exception */
    yield_to(cpu, cpu_of(read_register(cpu, cpu->gr[site->word >> 20 & 0xf]) & 0xffff));
    /* The architecture leaves the condition code after a DIAGNOSE open; the one in this PSW mask may be an old one. */
    end_instruction(cpu, psw_mask, 0, site->address + 4);
}
