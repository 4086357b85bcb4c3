/* SPDX-License-Identifier: Apache-2.0 */
#include "console.h"

/* Commands and event buffers after Linux drivers/s390/char/sclp.h and sclp_vt220.c. */
#define SCLP_WRITE_EVENT_DATA 0x00760005
#define EVENT_VT220 0x1a

struct event_data {
    uint16_t length;
    uint8_t function_code;
    uint8_t control_mask[3];
    uint16_t response_code;
    uint16_t event_length;
    uint8_t event_type;
    uint8_t event_flags;
    uint16_t reserved;
    char text[64];
} __attribute__((packed, aligned(4096)));

static struct event_data block;

/* The service element answers with an external interruption, which stays pending: nobody here is enabled for it. */
static void write_block(unsigned int characters)
{
    block.event_length = 6 + characters;
    block.length = 8 + block.event_length;
    block.function_code = 0;
    block.response_code = 0;
    block.event_type = EVENT_VT220;
    block.event_flags = 0;
    asm volatile("	.insn	rre,0xb2200000,%0,%1\n" /* SERVC */
                 :
                 : "d"((uint64_t)SCLP_WRITE_EVENT_DATA), "d"((uint64_t)(uintptr_t)&block)
                 : "cc", "memory");
}

void print(const char *text)
{
    unsigned int characters = 0;

    while (*text) {
        block.text[characters++] = *text++;
        if (characters == sizeof(block.text)) {
            write_block(characters);
            characters = 0;
        }
    }
    if (characters)
        write_block(characters);
}

void print_hex(uint64_t number, int digits)
{
    char text[17];

    text[digits] = 0;
    while (digits--) {
        text[digits] = "0123456789abcdef"[number & 15];
        number >>= 4;
    }
    print(text);
}
