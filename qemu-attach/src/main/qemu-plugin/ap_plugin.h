/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef APVIRT_AP_PLUGIN_H
#define APVIRT_AP_PLUGIN_H

#include "qemu_api.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/types.h>

#define PSW_PROBLEM_STATE (1ull << 48)
#define NQAP 0xb2ad
#define DQAP 0xb2ae
#define PQAP 0xb2af
#define UVC 0xb9a4
#define PRIVILEGED_OPERATION 0x0002
#define ADDRESSING 0x0005

/*
 * The protocol: a stream socket of the simulator's to which one connection is made for QEMU as a whole and one for each
 * CPU. A message is 8 bytes (type, argument, value, length of what follows), then as many bytes as it says; all numbers are
 * big-endian. See docs/qemu-plugin.md.
 */
#define PROTOCOL_VERSION 3
#define PROTOCOL_MAGIC 0x41505650u
#define HEADER_LENGTH 8
#define LONGEST_PAYLOAD (128 * 1024)
#define WHOLE_QEMU 0xffffffffu

enum message {
    HELLO = 'H',       /* argument: protocol version; value: API; magic, CPU */
    WELCOME = 'W',     /* to QEMU as a whole: argument: enum hook; facilities to add, 32 bytes. To a CPU: Linux's number of the
                        * simulator's thread for it, or 0; 4 bytes */
    REFUSED = 'N',     /* text */
    EXECUTE = 'E',     /* argument: enum execute; instruction, 0, address, PSW mask, GR0..15; of NQAP: its message */
    CONFIGURE = 'S',   /* argument: 1 configure, 0 deconfigure; value: adapter */
    DONE = 'D',        /* argument: condition code; GR0..15; if CAN_STORE was said also: logical address, bytes to be stored */
    INTERRUPTION = 'I', /* value: program-interruption code */
    RESPONSE = 'C',    /* value: response code of the service processor, 0 for its own */
    LOAD = 'R',        /* address, length: answered by BYTES */
    LOAD_ABSOLUTE = 'r',
    STORE = 'T',       /* address, bytes: answered by BYTES without any */
    STORE_ABSOLUTE = 't',
    BYTES = 'B'        /* argument: program-interruption code or 0; bytes */
};

/* What the simulator wants beside the AP instructions. */
enum hook { HOOK_RECONFIGURATION = 1, HOOK_SIE = 2, HOOK_UVC = 4 };

/* With an instruction: the simulator may wait awake for the next; the second operand of DQAP can be stored. */
enum execute { STAY_AWAKE = 1, CAN_STORE = 2 };

struct header {
    uint8_t type;
    uint8_t argument;
    uint16_t value;
    uint32_t length;
};

struct link {
    int fd; /* negative: not connected */
    unsigned int epoch;
    unsigned int have; /* bytes received that are not taken yet */
    uint8_t *in;
    pid_t thread;  /* the simulator's for a CPU, 0: not known */
    int processor; /* the only one that it may run on, negative: any of those that it was allowed at first */
    unsigned int calm; /* so many instructions one after the other found processors enough */
    cpu_set_t allowed;
};

/* What is to be done when the instruction behind this one starts. */
enum afterwards { NOTHING, ADD_TO_STFLE, ADD_TO_STFL, ADD_TO_SCP_INFO, ANSWER_SCLP };

/* An instruction of the guest's that has a callback: its address and first 4 bytes. */
struct site {
    struct site *next;
    uint64_t address;
    uint32_t word;
};

struct ap_cpu {
    unsigned int index;
    struct qemu_plugin_register *psw_mask;
    struct qemu_plugin_register *prefix;
    struct qemu_plugin_register *gr[16];
    GByteArray *bytes;
    struct link link;

    enum afterwards afterwards;
    uint64_t next;    /* address of the instruction before which it is done */
    uint64_t operand; /* address of what is changed then */
    unsigned int doublewords;
    uint16_t response;

    uint16_t program_code; /* for the operation exception that comes now, 0: its own */
    uint64_t program_at;

    bool awake; /* it runs, or waits for an answer; of its thread */
    atomic_uint answering; /* odd: in an AP instruction that somebody has yet to answer */
    atomic_uint yielded;   /* CPUs that wait for its end */
};

/* link.c */
extern uint8_t facilities[32];
extern unsigned int hooks;
int link_start(const char *path, unsigned int seconds);
void link_keep(void);
bool link_ready(struct link *link, unsigned int cpu);
bool link_send(struct link *link, struct header header, const void *payload);
/* The payload in two parts, of which the second is what the first leaves of its length. */
bool link_send_two(struct link *link, struct header header, const void *first, size_t first_length, const void *second);
bool link_receive(struct link *link, struct header *header, uint8_t **payload);
void link_close(struct link *link);

/* bytes.c */
uint64_t get64(const uint8_t *from);
uint32_t get32(const uint8_t *from);
void put64(uint8_t *to, uint64_t value);
void put32(uint8_t *to, uint32_t value);
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* registers.c */
struct ap_cpu *cpu_of(unsigned int index);
bool cpu_made(unsigned int index);
uint64_t read_register(struct ap_cpu *cpu, struct qemu_plugin_register *handle);
void write_register(struct ap_cpu *cpu, struct qemu_plugin_register *handle, uint64_t value);
bool load(struct ap_cpu *cpu, bool absolute, uint64_t address, size_t length);
bool store(struct ap_cpu *cpu, bool absolute, uint64_t address, const uint8_t *from, size_t length);
void end_instruction(struct ap_cpu *cpu, uint64_t psw_mask, unsigned int condition_code, uint64_t next)
    __attribute__((noreturn));

/* awake.c */
void awake_start(void);
void set_awake(struct ap_cpu *cpu, bool is_awake);
void falls_asleep(unsigned int cpu, void *unused);
void wakes_up(unsigned int cpu, void *unused);
/* Chooses for an instruction how the two sides wait for each other, and where the simulator works; tells whether awake. */
bool choose_awake(struct link *link);
/* Tells whether one that waits may, at this moment, keep a processor busy. */
bool may_stay_awake(const struct link *link);
/* The simulator says that its thread at the other end has this number. */
void know_thread(struct link *link, uint32_t thread);

/* gone.c */
bool is_tapq(const struct site *site, uint64_t gr0);
void remember(uint64_t gr0, uint64_t gr1, uint64_t gr2);
void gone(struct ap_cpu *cpu, const struct site *site, uint64_t psw_mask);

/* yield.c */
void begin_answering(struct ap_cpu *cpu);
void end_answering(struct ap_cpu *cpu);
void before_yield(unsigned int cpu, void *site);

/* ultravisor.c */
void before_uvc(unsigned int cpu, void *site);
void ultravisor_gone(struct ap_cpu *cpu, const struct site *site, uint64_t psw_mask);

/* instructions.c */
/* Tells whether the instruction lies where the CPU is, and is not the target of an EXECUTE there. */
bool is_at(struct ap_cpu *cpu, const struct site *site);
/* QEMU is to raise its operation exception, but with this code. */
void interrupt(struct ap_cpu *cpu, const struct site *site, uint16_t code);
/* Callbacks before an instruction of a kind, and before the one behind it */
void before_ap(unsigned int cpu, void *site);
void before_stfle(unsigned int cpu, void *site);
void before_servc(unsigned int cpu, void *site);
void before_plo(unsigned int cpu, void *site);
void afterwards(unsigned int cpu, void *site);
void after_exception(unsigned int cpu, int kind, uint64_t from, uint64_t to, void *data);

#endif
