/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What we use of QEMU's plugin interface, version 7 (QEMU 11.1), and of the GLib that QEMU has loaded, declared by us from
 * their documentation: no distribution ships QEMU's header as a package, and so building needs a C compiler only. All names
 * are resolved when QEMU loads the plugin.
 */
#ifndef APVIRT_QEMU_API_H
#define APVIRT_QEMU_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLUGIN_API 7

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_register;

/* The beginning of what QEMU tells a plugin about itself. */
struct qemu_info {
    const char *target_name;
    int oldest_api;
    int newest_api;
};

/* Which registers a callback uses; each kind includes those before it. */
enum { READS_NONE, READS_REGISTERS, WRITES_REGISTERS, WRITES_PC };

/* Kinds of breaks in the flow of instructions. */
enum { BREAK_BY_EXCEPTION = 1 << 1 };

/* GLib's arrays: the fields that are public. */
typedef struct {
    uint8_t *data;
    unsigned int len;
} GByteArray;

typedef struct {
    char *data;
    unsigned int len;
} GArray;

/* The beginning of an element of the array of registers. */
struct register_entry {
    struct qemu_plugin_register *handle;
    const char *name;
};

GByteArray *g_byte_array_new(void);
GByteArray *g_byte_array_set_size(GByteArray *array, unsigned int length);
GByteArray *g_byte_array_append(GByteArray *array, const uint8_t *data, unsigned int length);
unsigned int g_array_get_element_size(GArray *array);
char *g_array_free(GArray *array, int free_segment);

typedef void (*cpu_callback)(unsigned int cpu, void *data);
typedef void (*block_callback)(struct qemu_plugin_tb *block, void *data);
typedef void (*plain_callback)(void *data);
typedef void (*break_callback)(unsigned int cpu, int kind, uint64_t from, uint64_t to, void *data);

void qemu_plugin_register_vcpu_init_cb(qemu_plugin_id_t id, cpu_callback callback, void *data);
void qemu_plugin_register_vcpu_idle_cb(qemu_plugin_id_t id, cpu_callback callback, void *data);
void qemu_plugin_register_vcpu_resume_cb(qemu_plugin_id_t id, cpu_callback callback, void *data);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, block_callback callback, void *data);
void qemu_plugin_register_vcpu_discon_cb(qemu_plugin_id_t id, int kinds, break_callback callback, void *data);
void qemu_plugin_register_flush_cb(qemu_plugin_id_t id, plain_callback callback, void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, cpu_callback callback, int registers,
                                            void *data);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *into, size_t length);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

/* An older QEMU lacks these. It is to refuse the plugin for its version, in words that say so, not for a missing name. */
#pragma weak qemu_plugin_register_vcpu_discon_cb
#pragma weak qemu_plugin_get_registers
#pragma weak qemu_plugin_read_register
#pragma weak qemu_plugin_write_register
#pragma weak qemu_plugin_set_pc
#pragma weak qemu_plugin_read_memory_vaddr
#pragma weak qemu_plugin_write_memory_vaddr
#pragma weak qemu_plugin_read_memory_hwaddr
#pragma weak qemu_plugin_write_memory_hwaddr

GArray *qemu_plugin_get_registers(void);
bool qemu_plugin_read_register(struct qemu_plugin_register *handle, GByteArray *into);
bool qemu_plugin_write_register(struct qemu_plugin_register *handle, GByteArray *from);
void qemu_plugin_set_pc(uint64_t address) __attribute__((noreturn));

/* Logical addresses, in the address space of the CPU at this moment. */
bool qemu_plugin_read_memory_vaddr(uint64_t address, GByteArray *into, size_t length);
bool qemu_plugin_write_memory_vaddr(uint64_t address, GByteArray *from);
/* Absolute addresses; 0 if it was done. */
int qemu_plugin_read_memory_hwaddr(uint64_t address, GByteArray *into, size_t length);
int qemu_plugin_write_memory_hwaddr(uint64_t address, GByteArray *from);

#endif
