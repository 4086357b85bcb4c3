/* SPDX-License-Identifier: Apache-2.0 */
/* The file operations of raw steps. A handle is the lowest free number from 1 on. */
#define _GNU_SOURCE
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define MOST_HANDLES 1024
/* A driver may believe a length that is larger than the buffer of the scenario. */
#define BUFFER_ROOM (1 << 16)

static int descriptors[MOST_HANDLES];
static char taken[MOST_HANDLES];

static int new_handle(int fd)
{
    for (int handle = 1; handle < MOST_HANDLES; handle++) {
        if (!taken[handle]) {
            taken[handle] = 1;
            descriptors[handle] = fd;
            return handle;
        }
    }
    return 0;
}

static int descriptor(const char *word)
{
    long handle = strtol(word, NULL, 10);

    return handle > 0 && handle < MOST_HANDLES && taken[handle] ? descriptors[handle] : -1;
}

static void answer_number(long long number)
{
    wire_text("ok ");
    wire_number(number);
}

static void request_open(char *operands)
{
    struct bytes path = unhex(next_word(&operands));
    int fd = open((char *)path.data, (int)strtol(next_word(&operands), NULL, 0));

    if (fd < 0) {
        wire_refuse(errno, NULL);
    } else {
        answer_number(new_handle(fd));
        wire_end();
    }
    free(path.data);
}

static void request_close(char *operands)
{
    char *word = next_word(&operands);
    int fd = descriptor(word);

    if (fd >= 0)
        taken[strtol(word, NULL, 10)] = 0;
    if (close(fd))
        wire_refuse(errno, NULL);
    else
        wire_ok();
}

static void request_read(char *operands)
{
    int fd = descriptor(next_word(&operands));
    size_t length = strtoul(next_word(&operands), NULL, 0);
    unsigned char *data = malloc(length + 1);
    ssize_t n = data ? read(fd, data, length) : -1;

    if (n < 0) {
        wire_refuse(errno, NULL);
    } else {
        answer_number(n);
        wire_text(" ");
        if (n > 0)
            wire_hex(data, n);
        wire_end();
    }
    free(data);
}

static void request_write(char *operands)
{
    int fd = descriptor(next_word(&operands));
    struct bytes data = unhex(next_word(&operands));
    ssize_t n = write(fd, data.data, data.length);

    if (n < 0) {
        wire_refuse(errno, NULL);
    } else {
        answer_number(n);
        wire_end();
    }
    free(data.data);
}

static void request_eventfd(void)
{
    int fd = eventfd(0, 0);

    if (fd < 0) {
        wire_refuse(errno, NULL);
    } else {
        answer_number(new_handle(fd));
        wire_text(" ");
        wire_number(fd);
        wire_end();
    }
}

static void request_name(char *operands)
{
    int fd = (int)strtol(next_word(&operands), NULL, 10);

    if (fcntl(fd, F_GETFD) < 0) {
        wire_refuse(errno, NULL);
    } else {
        answer_number(new_handle(fd));
        wire_end();
    }
}

/* KVM device attribute "group,attribute,handle": its value is the descriptor of the handle. */
static int set_attribute(int fd, unsigned long request, char *operand)
{
    char *rest = operand;
    struct kvm_device_attr attribute = {0};
    int value;

    attribute.group = strtoul(rest, &rest, 0);
    attribute.attr = strtoull(rest + (*rest != 0), &rest, 0);
    value = descriptor(rest + (*rest != 0));
    attribute.addr = (unsigned long)&value;
    return ioctl(fd, request, &attribute);
}

static int set_memory(int fd, unsigned long request, const char *operand)
{
    struct kvm_userspace_memory_region region = {.memory_size = strtoull(operand, NULL, 0)};
    void *memory = mmap(NULL, region.memory_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return -1;
    region.userspace_addr = (unsigned long)memory;
    return ioctl(fd, request, &region);
}

static void request_ioctl(char *operands)
{
    static unsigned char buffer[BUFFER_ROOM];
    int fd = descriptor(next_word(&operands));
    unsigned long request = strtoul(next_word(&operands), NULL, 0);
    char *argument = next_word(&operands);
    char kind = *argument;
    char *operand = kind ? argument + 1 : argument;
    int has_buffer = kind == 'x' || kind == 'F';
    struct bytes given = unhex(has_buffer ? operand : "-");
    int value = descriptor(operand);
    int result;
    int error;

    memset(buffer, 0, sizeof(buffer));
    if (given.length > sizeof(buffer))
        given.length = sizeof(buffer);
    memcpy(buffer, given.data, given.length);
    result = has_buffer     ? ioctl(fd, request, buffer)
             : kind == 'h'  ? ioctl(fd, request, &value)
             : kind == 'g'  ? set_attribute(fd, request, operand)
             : kind == 'm'  ? set_memory(fd, request, operand)
                            : ioctl(fd, request, strtoul(operand, NULL, 0));
    error = errno;
    if (result < 0) {
        wire_text("err ");
        wire_text(error_name(error));
    } else {
        answer_number(kind == 'F' || kind == 'f' ? new_handle(result) : result);
    }
    if (kind == 'x') {
        wire_text(" ");
        if (given.length)
            wire_hex(buffer, given.length);
    }
    wire_end();
    free(given.data);
}

void raw_request(char operation, char *operands)
{
    switch (operation) {
    case 'o':
        request_open(operands);
        break;
    case 'c':
        request_close(operands);
        break;
    case 'r':
        request_read(operands);
        break;
    case 'w':
        request_write(operands);
        break;
    case 'E':
        request_eventfd();
        break;
    case 'H':
        request_name(operands);
        break;
    default:
        request_ioctl(operands);
    }
}
