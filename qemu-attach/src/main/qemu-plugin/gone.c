/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guest finds while there is no simulator: adapters that were deconfigured. */
#include "ap_plugin.h"

#include <pthread.h>
#include <stdlib.h>

#define PQAP_TAPQ 0x00
#define PQAP_QCI 0x04
#define TAPQ_T 0x00800000
/* In the status word in GR1: there is no such queue; the adapter is deconfigured. */
#define RESPONSE_CODE 0x00ff0000
#define NOT_AVAILABLE 0x00010000
#define DECONFIGURED 0x00030000

/*
 * What TAPQ last said of each queue in GR2, without and with the T bit, by adapter and domain; 0 of those that there are not.
 * A queue of a deconfigured adapter still says what it is, and a kernel removes one that does not.
 */
static uint64_t *queues[256];
static pthread_mutex_t queues_lock = PTHREAD_MUTEX_INITIALIZER;

static uint64_t *queue_of(uint64_t gr0)
{
    uint64_t **adapter = &queues[gr0 >> 8 & 0xff];

    if (!*adapter)
        *adapter = calloc(2 * 256, sizeof(uint64_t));
    return *adapter ? *adapter + 2 * (gr0 & 0xff) + !!(gr0 & TAPQ_T) : NULL;
}

bool is_tapq(const struct site *site, uint64_t gr0)
{
    return site->word >> 16 == PQAP && (gr0 >> 24 & 0xff) == PQAP_TAPQ;
}

void remember(uint64_t gr0, uint64_t gr1, uint64_t gr2)
{
    uint64_t *queue;

    pthread_mutex_lock(&queues_lock);
    queue = queue_of(gr0);
    if (queue)
        *queue = (gr1 & RESPONSE_CODE) == NOT_AVAILABLE ? 0 : gr2;
    pthread_mutex_unlock(&queues_lock);
}

static uint64_t remembered(uint64_t gr0)
{
    uint64_t *queue, gr2;

    pthread_mutex_lock(&queues_lock);
    queue = queue_of(gr0);
    gr2 = queue ? *queue : 0;
    pthread_mutex_unlock(&queues_lock);
    return gr2;
}

/* Without a simulator the queues are as those of adapters that were deconfigured; there is no exception that the guest
 * would not expect, and nothing is stored. */
void gone(struct ap_cpu *cpu, const struct site *site, uint64_t psw_mask)
{
    uint64_t gr0 = read_register(cpu, cpu->gr[0]);
    uint64_t gr1 = read_register(cpu, cpu->gr[1]);
    bool tapq = is_tapq(site, gr0);
    uint64_t gr2 = remembered(tapq ? gr0 : gr0 & ~(uint64_t)TAPQ_T);

    link_close(&cpu->link);
    if (psw_mask & PSW_PROBLEM_STATE) {
        interrupt(cpu, site, PRIVILEGED_OPERATION);
        return;
    }
    if (site->word >> 16 == UVC) {
        ultravisor_gone(cpu, site, psw_mask);
        return;
    }
    if (!gr2 && !tapq)
        gr2 = remembered(gr0 | TAPQ_T);
    if (site->word >> 16 != PQAP || (gr0 >> 24 & 0xff) != PQAP_QCI)
        write_register(cpu, cpu->gr[1], (gr1 & ~0xffffffffull) | (gr2 ? DECONFIGURED : NOT_AVAILABLE));
    if (tapq && gr2)
        write_register(cpu, cpu->gr[2], gr2);
    end_instruction(cpu, psw_mask, 3, site->address + 4);
}
