/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many processors of the host are wanted. A CPU of the guest wants one, or the simulator while that CPU waits for its
 * answer; who waits awake has the answer sooner, but wants another. If there are not enough for that, the one that waits keeps the
 * one that works from working, for as long as a time slice.
 */
#define _GNU_SOURCE
#include "ap_plugin.h"

#include <sched.h>
#include <unistd.h>

static atomic_int awake; /* CPUs of the guest */
static int processors;

void awake_start(void)
{
    cpu_set_t set;

    processors = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : sysconf(_SC_NPROCESSORS_ONLN);
}

void set_awake(struct ap_cpu *cpu, bool is_awake)
{
    if (cpu && cpu->awake != is_awake) {
        cpu->awake = is_awake;
        atomic_fetch_add(&awake, is_awake ? 1 : -1);
    }
}

/* On the thread of the CPU: it has nothing to do, or has again. */
void falls_asleep(unsigned int index, void *unused)
{
    (void)unused;
    set_awake(cpu_of(index), false);
}

void wakes_up(unsigned int index, void *unused)
{
    (void)unused;
    set_awake(cpu_of(index), true);
}

bool may_stay_awake(void)
{
    return 2 * atomic_load(&awake) <= processors;
}
