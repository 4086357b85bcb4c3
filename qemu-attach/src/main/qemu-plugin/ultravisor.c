/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls of the ultravisor. A kernel that is a Secure Execution guest shares thousands of pages with its host while it boots, one
 * by one: these calls are answered here, because there is nothing to ask for. All others, and those that are not as they
 * should be, are the simulator's.
 */
#include "ap_plugin.h"

#define SHARE_LENGTH 0x30
#define SHARE_ADDRESS 0x20
#define SET_SHARED 0x1000
#define REMOVE_SHARED 0x1001
#define PAGE_MASK 0xfff
/* In the block, with the reason behind it. */
#define RETURN_CODE 4
#define EXECUTED 0x00010000
#define INVALID_STATE 0x00030000

static bool end_call(struct ap_cpu *cpu, const struct site *site, uint64_t psw_mask, uint32_t code)
{
    uint64_t block = read_register(cpu, cpu->gr[site->word & 0xf]);
    uint8_t bytes[4];

    put32(bytes, code);
    if (!store(cpu, false, block + RETURN_CODE, bytes, sizeof(bytes)))
        return false;
    end_instruction(cpu, psw_mask, code != EXECUTED, site->address + 4);
}

static bool is_share(struct ap_cpu *cpu, const struct site *site)
{
    uint32_t begin;
    uint64_t page;

    if (!load(cpu, false, read_register(cpu, cpu->gr[site->word & 0xf]), SHARE_LENGTH))
        return false;
    begin = get32(cpu->bytes->data);
    page = get64(cpu->bytes->data + SHARE_ADDRESS);
    return (begin == (SHARE_LENGTH << 16 | SET_SHARED) || begin == (SHARE_LENGTH << 16 | REMOVE_SHARED)) &&
           !(page & PAGE_MASK) && load(cpu, true, page, 1);
}

void before_uvc(unsigned int index, void *data)
{
    struct ap_cpu *cpu = cpu_of(index);
    const struct site *site = data;
    uint64_t psw_mask;

    if (!cpu || !is_at(cpu, site))
        return;
    psw_mask = read_register(cpu, cpu->psw_mask);
    if (!(psw_mask & PSW_PROBLEM_STATE) && is_share(cpu, site))
        end_call(cpu, site, psw_mask, EXECUTED);
    before_ap(index, data);
}

void ultravisor_gone(struct ap_cpu *cpu, const struct site *site, uint64_t psw_mask)
{
    end_call(cpu, site, psw_mask, INVALID_STATE);
    interrupt(cpu, site, ADDRESSING);
}
