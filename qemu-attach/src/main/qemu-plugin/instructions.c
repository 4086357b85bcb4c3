/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens at the instructions of the guest that concern us. A callback runs before its instruction; one that returns
 * lets QEMU execute it, which for those that QEMU does not have is an operation exception.
 */
#include "ap_plugin.h"

#include <string.h>

#define PSW_EXTENDED_ADDRESSING (1ull << 32)
#define PSW_BASIC_ADDRESSING (1ull << 31)

#define LOWCORE_PROGRAM_CODE 0x8e
#define LOWCORE_STFL 0xc8

#define STFL 0xb2b1

#define SCLP_READ_SCP_INFO 0x00020001
#define SCLP_READ_SCP_INFO_FORCED 0x00120001
#define SCLP_CONFIGURE_AP 0x001f0001
#define SCLP_DECONFIGURE_AP 0x001e0001
#define SCLP_ADAPTER_MASK 0x0000ff00
#define SCLP_NORMAL 0x0010
/* In the block of the service processor, bytes. */
#define SCCB_RESPONSE 6
#define SCCB_CPU_COUNT 16
#define SCCB_CPU_OFFSET 18
#define SCCB_AP_RECONFIGURATION 51
#define SCCB_AP_RECONFIGURATION_BIT 0x01
#define SCCB_LENGTH_USED 52
#define CPU_ENTRY_LENGTH 16
#define CPU_ENTRY_SIE 2
#define CPU_ENTRY_SIE_FORMAT_2 0x08

/* Bytes of an EXECUTE message, and where the general registers are in it and in DONE. */
#define EXECUTE_LENGTH (24 + 16 * 8)
#define REGISTERS_LENGTH (16 * 8)
/* Longest operand that is taken along; the simulator asks for what is longer. */
#define LONGEST_OPERAND (64 * 1024)
#define PAGE 4096

void interrupt(struct ap_cpu *cpu, const struct site *site, uint16_t code)
{
    cpu->program_code = code;
    cpu->program_at = site->address;
}

/* QEMU has stored an interruption code and loaded the new PSW. */
void after_exception(unsigned int index, int kind, uint64_t from, uint64_t to, void *data)
{
    struct ap_cpu *cpu = cpu_of(index);
    uint8_t code[2];

    (void)kind, (void)to, (void)data;
    if (!cpu || !cpu->program_code)
        return;
    if (cpu->program_at == from) {
        code[0] = cpu->program_code >> 8;
        code[1] = cpu->program_code;
        store(cpu, true, read_register(cpu, cpu->prefix) + LOWCORE_PROGRAM_CODE, code, sizeof(code));
    }
    cpu->program_code = 0;
}

/* Serves the simulator's accesses to storage until it says how the instruction ended. */
static bool answered(struct ap_cpu *cpu, struct header *header, uint8_t **payload)
{
    while (link_receive(&cpu->link, header, payload)) {
        bool absolute = header->type == LOAD_ABSOLUTE || header->type == STORE_ABSOLUTE;
        struct header bytes = {BYTES, 0, 0, 0};

        switch (header->type) {
        case LOAD:
        case LOAD_ABSOLUTE:
            if (header->length != 12 || get32(*payload + 8) > LONGEST_PAYLOAD)
                return false;
            bytes.length = get32(*payload + 8);
            if (!load(cpu, absolute, get64(*payload), bytes.length)) {
                bytes.argument = ADDRESSING;
                bytes.length = 0;
            }
            break;
        case STORE:
        case STORE_ABSOLUTE:
            if (header->length < 8)
                return false;
            if (!store(cpu, absolute, get64(*payload), *payload + 8, header->length - 8))
                bytes.argument = ADDRESSING;
            break;
        default:
            return true;
        }
        if (!link_send(&cpu->link, bytes, cpu->bytes->data))
            return false;
    }
    return false;
}

/* Tells whether all of an operand can be stored into: the plugin interface stores wherever it can read. */
static bool can_store(struct ap_cpu *cpu, uint64_t address, uint64_t length)
{
    uint64_t done;

    for (done = 0; done < length; done += PAGE - (address + done) % PAGE)
        if (!load(cpu, false, address + done, 1))
            return false;
    return true;
}

bool is_at(struct ap_cpu *cpu, const struct site *site)
{
    return load(cpu, false, site->address, 4) && get32(cpu->bytes->data) == site->word;
}

void before_ap(unsigned int index, void *data)
{
    struct ap_cpu *cpu = cpu_of(index);
    const struct site *site = data;
    struct header header = {EXECUTE, 0, 0, EXECUTE_LENGTH};
    uint8_t message[EXECUTE_LENGTH] = {0}, *payload;
    unsigned int kind = site->word >> 16, r2 = site->word & 0xf;
    uint64_t psw_mask, address, length;
    bool is_answered, has_operand;
    int i;

    if (!cpu || !is_at(cpu, site))
        return;
    psw_mask = read_register(cpu, cpu->psw_mask);
    put32(message, site->word);
    put64(message + 8, site->address);
    put64(message + 16, psw_mask);
    for (i = 0; i < 16; i++)
        put64(message + 24 + 8 * i, read_register(cpu, cpu->gr[i]));
    begin_answering(cpu);
    address = get64(message + 24 + 8 * r2);
    length = get64(message + 24 + 8 * (r2 | 1));
    has_operand = !(psw_mask & PSW_PROBLEM_STATE) && !(r2 & 1) && length > 0 && length <= LONGEST_OPERAND;
    if (kind == DQAP && has_operand && can_store(cpu, address, length))
        header.argument |= CAN_STORE;
    if (kind == NQAP && has_operand && load(cpu, false, address, length))
        header.length += length;
    is_answered = link_ready(&cpu->link, index);
    if (choose_awake(&cpu->link))
        header.argument |= STAY_AWAKE;
    is_answered = is_answered && link_send_two(&cpu->link, header, message, EXECUTE_LENGTH, cpu->bytes->data) &&
                  answered(cpu, &header, &payload);
    end_answering(cpu);
    if (!is_answered) {
        gone(cpu, site, psw_mask);
    } else if (header.type == DONE && header.length > REGISTERS_LENGTH + 8 &&
               !store(cpu, false, get64(payload + REGISTERS_LENGTH), payload + REGISTERS_LENGTH + 8,
                      header.length - REGISTERS_LENGTH - 8)) {
        interrupt(cpu, site, ADDRESSING); /* another CPU has taken the page away meanwhile; the reply is lost */
    } else if (header.type == DONE && header.length >= REGISTERS_LENGTH) {
        if (is_tapq(site, get64(message + 24)))
            remember(get64(message + 24), get64(payload + 8), get64(payload + 16));
        for (i = 0; i < 16; i++)
            if (memcmp(payload + 8 * i, message + 24 + 8 * i, 8) != 0)
                write_register(cpu, cpu->gr[i], get64(payload + 8 * i));
        end_instruction(cpu, psw_mask, header.argument, site->address + 4);
    } else if (header.type == INTERRUPTION) {
        interrupt(cpu, site, header.value);
    } else {
        complain("the simulator answers an instruction with a message of type %02x", header.type);
        gone(cpu, site, psw_mask);
    }
}

void before_stfle(unsigned int index, void *data)
{
    struct ap_cpu *cpu = cpu_of(index);
    const struct site *site = data;
    uint64_t psw_mask, address;
    unsigned int base;

    if (!cpu)
        return;
    cpu->next = site->address + 4;
    if (site->word >> 16 == STFL) {
        cpu->afterwards = ADD_TO_STFL;
        cpu->operand = LOWCORE_STFL;
        cpu->doublewords = 0;
        return;
    }
    psw_mask = read_register(cpu, cpu->psw_mask);
    base = site->word >> 12 & 0xf;
    address = (base ? read_register(cpu, cpu->gr[base]) : 0) + (site->word & 0xfff);
    if (!(psw_mask & PSW_EXTENDED_ADDRESSING))
        address &= psw_mask & PSW_BASIC_ADDRESSING ? 0x7fffffff : 0xffffff;
    cpu->afterwards = ADD_TO_STFLE;
    cpu->operand = address;
    cpu->doublewords = (read_register(cpu, cpu->gr[0]) & 0xff) + 1;
}

void before_servc(unsigned int index, void *data)
{
    struct ap_cpu *cpu = cpu_of(index);
    const struct site *site = data;
    uint32_t command, kind;

    if (!cpu)
        return;
    command = read_register(cpu, cpu->gr[site->word >> 4 & 0xf]);
    kind = command & ~SCLP_ADAPTER_MASK;
    cpu->next = site->address + 4;
    cpu->operand = read_register(cpu, cpu->gr[site->word & 0xf]);
    if (command == SCLP_READ_SCP_INFO || command == SCLP_READ_SCP_INFO_FORCED) {
        cpu->afterwards = ADD_TO_SCP_INFO;
    } else if ((hooks & HOOK_RECONFIGURATION) && (kind == SCLP_CONFIGURE_AP || kind == SCLP_DECONFIGURE_AP) &&
               !(read_register(cpu, cpu->psw_mask) & PSW_PROBLEM_STATE)) {
        struct header header = {CONFIGURE, kind == SCLP_CONFIGURE_AP, (command & SCLP_ADAPTER_MASK) >> 8, 0};
        uint8_t *payload;

        if (link_ready(&cpu->link, index) && link_send(&cpu->link, header, NULL) && answered(cpu, &header, &payload) &&
            header.type == RESPONSE) {
            cpu->response = header.value;
            cpu->afterwards = header.value ? ANSWER_SCLP : NOTHING;
        } else {
            link_close(&cpu->link);
        }
    }
}

/* KVM asks which functions of PLO there are; QEMU has none of it. */
void before_plo(unsigned int index, void *data)
{
    struct ap_cpu *cpu = cpu_of(index);
    const struct site *site = data;

    if (cpu && is_at(cpu, site) && (read_register(cpu, cpu->gr[0]) & 0x100))
        end_instruction(cpu, read_register(cpu, cpu->psw_mask), 3, site->address + 6);
}

static void add_bits(struct ap_cpu *cpu, bool absolute, uint64_t address, const uint8_t *bits, unsigned int length)
{
    uint8_t list[sizeof(facilities)];
    unsigned int i;

    if (!load(cpu, absolute, address, length))
        return;
    for (i = 0; i < length; i++)
        list[i] = cpu->bytes->data[i] | bits[i];
    store(cpu, absolute, address, list, length);
}

static void add_to_scp_info(struct ap_cpu *cpu)
{
    static const uint8_t sie = CPU_ENTRY_SIE_FORMAT_2, reconfiguration = SCCB_AP_RECONFIGURATION_BIT;
    uint8_t head[SCCB_LENGTH_USED];
    unsigned int i;

    if (!load(cpu, true, cpu->operand, sizeof(head)))
        return;
    memcpy(head, cpu->bytes->data, sizeof(head));
    if ((head[SCCB_RESPONSE] << 8 | head[SCCB_RESPONSE + 1]) != SCLP_NORMAL)
        return;
    if (hooks & HOOK_RECONFIGURATION)
        add_bits(cpu, true, cpu->operand + SCCB_AP_RECONFIGURATION, &reconfiguration, 1);
    for (i = 0; hooks & HOOK_SIE && i < (unsigned int)(head[SCCB_CPU_COUNT] << 8 | head[SCCB_CPU_COUNT + 1]); i++)
        add_bits(cpu, true, cpu->operand + (head[SCCB_CPU_OFFSET] << 8 | head[SCCB_CPU_OFFSET + 1]) +
                 i * CPU_ENTRY_LENGTH + CPU_ENTRY_SIE, &sie, 1);
}

/* Before an instruction that lies behind one of those above; after that one, if it is what the CPU has just executed. */
void afterwards(unsigned int index, void *data)
{
    struct ap_cpu *cpu = cpu_of(index);
    const struct site *site = data;
    enum afterwards what;
    uint8_t response[2];

    if (!cpu || cpu->afterwards == NOTHING || cpu->next != site->address)
        return;
    what = cpu->afterwards;
    cpu->afterwards = NOTHING;
    switch (what) {
    case ADD_TO_STFLE:
        add_bits(cpu, false, cpu->operand, facilities, cpu->doublewords < 4 ? cpu->doublewords * 8 : sizeof(facilities));
        break;
    case ADD_TO_STFL:
        add_bits(cpu, true, read_register(cpu, cpu->prefix) + cpu->operand, facilities, 4);
        break;
    case ADD_TO_SCP_INFO:
        add_to_scp_info(cpu);
        break;
    case ANSWER_SCLP:
        response[0] = cpu->response >> 8;
        response[1] = cpu->response;
        store(cpu, true, cpu->operand + SCCB_RESPONSE, response, sizeof(response));
        break;
    case NOTHING:
        break;
    }
}
