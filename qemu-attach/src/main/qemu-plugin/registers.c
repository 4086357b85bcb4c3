/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers and storage of the CPU that runs a callback. */
#include "ap_plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_CPUS 1024
#define CONDITION_CODE_SHIFT 44

static struct ap_cpu *cpus[MOST_CPUS];

struct ap_cpu *cpu_of(unsigned int index)
{
    return index < MOST_CPUS ? cpus[index] : NULL;
}

/* Looks up the registers, which is possible only on the thread of the CPU, when it is made. */
bool cpu_made(unsigned int index)
{
    struct ap_cpu *cpu = index < MOST_CPUS ? calloc(1, sizeof(*cpu)) : NULL;
    GArray *registers = qemu_plugin_get_registers();
    unsigned int size = g_array_get_element_size(registers);
    unsigned int i, found = 0;

    if (!cpu)
        return false;
    cpu->index = index;
    cpu->link.fd = -1;
    cpu->bytes = g_byte_array_new();
    for (i = 0; i < registers->len; i++) {
        const struct register_entry *entry = (const struct register_entry *)(registers->data + (size_t)i * size);
        unsigned int number;
        char rest;

        if (strcmp(entry->name, "pswm") == 0)
            cpu->psw_mask = entry->handle;
        else if (strcmp(entry->name, "prefix") == 0)
            cpu->prefix = entry->handle;
        else if (sscanf(entry->name, "r%2u%c", &number, &rest) == 1 && number < 16 && !cpu->gr[number]) {
            cpu->gr[number] = entry->handle;
            found++;
        }
    }
    g_array_free(registers, 1);
    if (found == 16 && cpu->psw_mask && cpu->prefix)
        cpus[index] = cpu;
    return cpus[index] == cpu;
}

uint64_t read_register(struct ap_cpu *cpu, struct qemu_plugin_register *handle)
{
    g_byte_array_set_size(cpu->bytes, 0);
    if (!qemu_plugin_read_register(handle, cpu->bytes) || cpu->bytes->len != 8)
        abort(); /* it was there when the CPU was made */
    return get64(cpu->bytes->data);
}

void write_register(struct ap_cpu *cpu, struct qemu_plugin_register *handle, uint64_t value)
{
    uint8_t bytes[8];

    put64(bytes, value);
    g_byte_array_set_size(cpu->bytes, 0);
    g_byte_array_append(cpu->bytes, bytes, sizeof(bytes));
    qemu_plugin_write_register(handle, cpu->bytes);
}

/* Reads into the CPU's byte array. */
bool load(struct ap_cpu *cpu, bool absolute, uint64_t address, size_t length)
{
    g_byte_array_set_size(cpu->bytes, 0);
    return absolute ? qemu_plugin_read_memory_hwaddr(address, cpu->bytes, length) == 0
                    : qemu_plugin_read_memory_vaddr(address, cpu->bytes, length);
}

bool store(struct ap_cpu *cpu, bool absolute, uint64_t address, const uint8_t *from, size_t length)
{
    g_byte_array_set_size(cpu->bytes, 0);
    g_byte_array_append(cpu->bytes, from, length);
    return absolute ? qemu_plugin_write_memory_hwaddr(address, cpu->bytes) == 0
                    : qemu_plugin_write_memory_vaddr(address, cpu->bytes);
}

/* The instruction was executed, here: the CPU goes on behind it. */
void end_instruction(struct ap_cpu *cpu, uint64_t psw_mask, unsigned int condition_code, uint64_t next)
{
    psw_mask &= ~(3ull << CONDITION_CODE_SHIFT);
    write_register(cpu, cpu->psw_mask, psw_mask | (uint64_t)(condition_code & 3) << CONDITION_CODE_SHIFT);
    qemu_plugin_set_pc(next);
}
