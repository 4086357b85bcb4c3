/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where and how one side waits for the other. While the host has two processors for each CPU of the guest that is awake, who
 * waits does so awake and has the answer sooner. If it has fewer, who waits awake keeps the one from working that it waits for;
 * so both sleep, and the simulator's thread for a CPU works where that CPU waits: of the two only one ever has something to do,
 * and to wake a thread on another processor takes several times as long as to hand this one over.
 */
#include "ap_plugin.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* So many instructions have to find processors enough before one is waited for awake: other CPUs sleep for moments, too. */
#define CALM 16

static atomic_int awake; /* CPUs of the guest that run, or wait for an answer */
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

static bool has_enough(void)
{
    return 2 * atomic_load(&awake) <= processors;
}

bool may_stay_awake(const struct link *link)
{
    return link->calm == CALM && has_enough();
}

/* The number that the simulator gave may be one of another name space: then its process has no such thread. */
void know_thread(struct link *link, uint32_t thread)
{
    struct ucred peer;
    socklen_t length = sizeof(peer);
    char path[64];

    link->processor = -1;
    if (getsockopt(link->fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || !peer.pid || !thread)
        return;
    snprintf(path, sizeof(path), "/proc/%d/task/%u", (int)peer.pid, thread);
    if (access(path, F_OK) == 0 && sched_getaffinity(thread, sizeof(link->allowed), &link->allowed) == 0)
        link->thread = thread;
}

static void place(struct link *link, const cpu_set_t *set, int processor)
{
    if (sched_setaffinity(link->thread, sizeof(*set), set) != 0)
        link->thread = 0; /* it is another user's: Linux puts it where it likes */
    link->processor = processor;
}

static void bring_here(struct link *link)
{
    int processor = sched_getcpu();
    cpu_set_t set;

    if (!link->thread || processor == link->processor || processor < 0 || processor >= CPU_SETSIZE)
        return;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    place(link, &set, processor);
}

static void let_go(struct link *link)
{
    if (link->thread && link->processor >= 0)
        place(link, &link->allowed, -1);
}

bool choose_awake(struct link *link)
{
    link->calm = has_enough() ? link->calm + (link->calm < CALM) : 0;
    if (link->calm == CALM)
        let_go(link);
    else
        bring_here(link);
    return link->calm == CALM;
}
