/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Secure Execution guest's way to its secrets, /dev/uv:
 *
 *   uv info          which calls the device and the ultravisor know
 *   uv list          index, type and id of each secret
 *   uv add ID        adds one for association, by a request of apvirt's own; ID: 64 hex digits
 *   uv real          adds one by what begins as a real request, which nobody here can decrypt
 *   uv lock          from now on none is added
 *
 * Prints what it finds, or the return code of the ultravisor.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define EXECUTED 0x0001
#define MORE_DATA 0x0100

struct block {
    uint32_t flags;
    uint16_t rc, rrc;
    uint64_t address;
    uint32_t length;
    uint8_t reserved[44];
};

struct secret {
    uint16_t index, type;
    uint32_t length;
    uint64_t reserved;
    uint8_t id[32];
};

static int call(int number, void *argument, uint32_t length)
{
    struct block block = {.address = (uintptr_t)argument, .length = length};
    int device = open("/dev/uv", O_RDWR);

    if (device < 0 || ioctl(device, _IOWR('u', number, struct block), &block) != 0) {
        perror("/dev/uv");
        exit(1);
    }
    return block.rc;
}

static int tell(int code)
{
    printf("%04x\n", code);
    return code != EXECUTED;
}

static int list(void)
{
    static struct {
        uint16_t count, all, next, reserved[5];
        struct secret secrets[85];
    } page; /* kernels from 7.2 on take several */
    int code = call(3, &page, sizeof(page));
    unsigned int i, j;

    if (code != EXECUTED && code != MORE_DATA)
        return tell(code);
    for (i = 0; i < page.count; i++) {
        printf("%u type %u ", page.secrets[i].index, page.secrets[i].type);
        for (j = 0; j < sizeof(page.secrets[i].id); j++)
            printf("%02x", page.secrets[i].id[j]);
        printf("\n");
    }
    return 0;
}

static int add(const char *id)
{
    uint8_t request[64] = {'a', 's', 'r', 'c', 'b', 'M'};
    unsigned int i, byte;

    request[8] = 0x41, request[9] = 0x50, request[11] = 1; /* version: apvirt's own */
    request[15] = sizeof(request);
    request[17] = 2; /* for association */
    for (i = 0; i < 32 && sscanf(id + 2 * i, "%2x", &byte) == 1; i++)
        request[32 + i] = byte;
    return tell(call(2, request, sizeof(request)));
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    if (strcmp(what, "info") == 0) {
        uint64_t calls[2];
        int code = call(0, calls, sizeof(calls));

        printf("%llx %llx\n", (unsigned long long)calls[0], (unsigned long long)calls[1]);
        return code != 0 && tell(code);
    }
    if (strcmp(what, "list") == 0)
        return list();
    if (strcmp(what, "add") == 0 && argc == 3 && strlen(argv[2]) == 64)
        return add(argv[2]);
    if (strcmp(what, "real") == 0) {
        uint8_t request[512] = {'a', 's', 'r', 'c', 'b', 'M', 0, 0, 0, 0, 1, 0, 0, 0, 2, 0};

        return tell(call(2, request, sizeof(request)));
    }
    if (strcmp(what, "lock") == 0)
        return tell(call(4, NULL, 0));
    fprintf(stderr, "usage: uv info|list|add ID|real|lock\n");
    return 2;
}
