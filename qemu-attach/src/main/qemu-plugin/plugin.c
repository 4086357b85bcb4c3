/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AP instructions for an unmodified QEMU: a plugin of its TCG that has them answered by a simulator over a socket.
 *
 *   -plugin file=apvirt-plugin.so,socket=PATH[,wait=SECONDS]
 *
 * With probe=on it says that it can be loaded, and refuses.
 */
#include "ap_plugin.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORTED __attribute__((visibility("default")))
#define SECONDS_TO_WAIT 10
#define BUCKETS 1024
#define PROBED 77

#define SERVC 0xb220
#define STFLE 0xb2b0
#define STFL 0xb2b1
#define PLO 0xee
#define DIAGNOSE 0x83
#define DIAGNOSE_YIELD 0x009c

EXPORTED int qemu_plugin_version = PLUGIN_API;

static pthread_mutex_t sites_lock = PTHREAD_MUTEX_INITIALIZER;
static struct site *sites[BUCKETS];
static pthread_once_t kept = PTHREAD_ONCE_INIT;

/* A place in the guest is translated again and again, but has one record. */
static struct site *site_of(uint64_t address, uint32_t word)
{
    struct site **bucket = &sites[(address >> 1 ^ address >> 12) % BUCKETS];
    struct site *site;

    pthread_mutex_lock(&sites_lock);
    for (site = *bucket; site && (site->address != address || site->word != word); site = site->next)
        ;
    if (!site && (site = malloc(sizeof(*site)))) {
        *site = (struct site){*bucket, address, word};
        *bucket = site;
    }
    pthread_mutex_unlock(&sites_lock);
    return site;
}

/* QEMU throws all translations away, and with them all uses of records; no CPU runs. */
static void flushed(void *unused)
{
    int i;

    (void)unused;
    for (i = 0; i < BUCKETS; i++) {
        while (sites[i]) {
            struct site *site = sites[i];

            sites[i] = site->next;
            free(site);
        }
    }
}

static bool is_followed_up(uint32_t word)
{
    return word >> 16 == STFLE || word >> 16 == STFL || word >> 16 == SERVC;
}

static void hook(struct qemu_plugin_insn *insn, cpu_callback callback, int registers, struct site *site)
{
    if (site)
        qemu_plugin_register_vcpu_insn_exec_cb(insn, callback, registers, site);
}

/* Tells whether the instruction before the first of a block is one that is followed up: it ended the block before. */
static bool begins_behind(uint64_t address)
{
    static __thread GByteArray *bytes;

    if (!bytes)
        bytes = g_byte_array_new();
    g_byte_array_set_size(bytes, 0);
    return address >= 4 && qemu_plugin_read_memory_vaddr(address - 4, bytes, 4) && is_followed_up(get32(bytes->data));
}

static void translated(struct qemu_plugin_tb *block, void *unused)
{
    size_t count = qemu_plugin_tb_n_insns(block), i;
    bool follows = false;

    (void)unused;
    for (i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, i);
        uint64_t address = qemu_plugin_insn_vaddr(insn);
        uint8_t bytes[4] = {0};
        uint32_t word;

        qemu_plugin_insn_data(insn, bytes, sizeof(bytes));
        word = get32(bytes);
        if (i == 0 ? begins_behind(address) : follows)
            hook(insn, afterwards, READS_REGISTERS, site_of(address, word));
        follows = is_followed_up(word);
        if (word >> 16 >= NQAP && word >> 16 <= PQAP)
            hook(insn, before_ap, WRITES_PC, site_of(address, word));
        else if (word >> 16 == STFLE || word >> 16 == STFL)
            hook(insn, before_stfle, READS_REGISTERS, site_of(address, word));
        else if (word >> 16 == SERVC)
            hook(insn, before_servc, READS_REGISTERS, site_of(address, word));
        else if (word >> 16 == UVC && hooks & HOOK_UVC)
            hook(insn, before_uvc, WRITES_PC, site_of(address, word));
        else if (word >> 24 == PLO && hooks & HOOK_SIE)
            hook(insn, before_plo, WRITES_PC, site_of(address, word));
        else if (word >> 24 == DIAGNOSE && (word & 0xffff) == DIAGNOSE_YIELD)
            hook(insn, before_yield, WRITES_PC, site_of(address, word));
    }
}

static void made(unsigned int cpu, void *unused)
{
    (void)unused;
    pthread_once(&kept, link_keep);
    if (!cpu_made(cpu)) {
        complain("CPU %u: QEMU does not show its registers; the guest cannot be served", cpu);
        exit(1);
    }
    set_awake(cpu_of(cpu), true);
}

EXPORTED int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc, char **argv)
{
    const char *path = NULL;
    unsigned int seconds = SECONDS_TO_WAIT;
    int i;

    for (i = 0; i < argc; i++) {
        char rest;

        if (strncmp(argv[i], "socket=", 7) == 0) {
            path = argv[i] + 7;
        } else if (strcmp(argv[i], "probe=on") == 0) {
            printf("apvirt-plugin: API %d for %s\n", PLUGIN_API, info->target_name);
            fflush(stdout);
            return PROBED;
        } else if (sscanf(argv[i], "wait=%u%c", &seconds, &rest) != 1) {
            complain("'%s' is no option (socket=PATH, wait=SECONDS, probe=on)", argv[i]);
            return -1;
        }
    }
    if (strcmp(info->target_name, "s390x") != 0) {
        complain("QEMU emulates %s, not s390x", info->target_name);
        return -1;
    }
    if (!path) {
        complain("the option socket=PATH is missing, where the simulator listens");
        return -1;
    }
    awake_start();
    if (link_start(path, seconds) != 0)
        return -1;
    qemu_plugin_register_vcpu_init_cb(id, made, NULL);
    qemu_plugin_register_vcpu_idle_cb(id, falls_asleep, NULL);
    qemu_plugin_register_vcpu_resume_cb(id, wakes_up, NULL);
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated, NULL);
    qemu_plugin_register_vcpu_discon_cb(id, BREAK_BY_EXCEPTION, after_exception, NULL);
    qemu_plugin_register_flush_cb(id, flushed, NULL);
    return 0;
}
