/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where and how one side waits for the other. If the host has two processors for each CPU of the guest, who waits does so
 * awake and has the answer sooner. If it has fewer, who waits awake keeps the one from working that it waits for; so both
 * sleep, and the simulator's thread for a CPU works where that CPU waits: of the two only one ever has something to do, and to wake
 * a thread on another processor takes several times as long as to hand this one over.
 */
#define _GNU_SOURCE
#include "ap_plugin.h"

#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static atomic_int cpus; /* of the guest */
static int processors;

void awake_start(void)
{
    cpu_set_t set;

    processors = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : sysconf(_SC_NPROCESSORS_ONLN);
}

void awake_made(void)
{
    atomic_fetch_add(&cpus, 1);
}

bool may_stay_awake(void)
{
    return 2 * atomic_load(&cpus) <= processors;
}

/* The number that the simulator gave may be one of another name space: then its process has no such thread. */
pid_t thread_behind(int socket, uint32_t thread)
{
    struct ucred peer;
    socklen_t length = sizeof(peer);
    char path[64];

    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || !peer.pid || !thread)
        return 0;
    snprintf(path, sizeof(path), "/proc/%d/task/%u", (int)peer.pid, thread);
    return access(path, F_OK) == 0 ? (pid_t)thread : 0;
}

void bring_here(struct link *link)
{
    int processor = sched_getcpu();
    cpu_set_t set;

    if (!link->thread || processor == link->processor || processor < 0 || processor >= CPU_SETSIZE)
        return;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    if (sched_setaffinity(link->thread, sizeof(set), &set) != 0)
        link->thread = 0; /* it is another user's: Linux puts it where it likes */
    link->processor = processor;
}
