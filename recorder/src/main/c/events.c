/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Bytes of events that the kernel keeps for us: a mask that moves 65,536 queues makes some 30 million. */
#define EVENT_ROOM (64 << 20)
#define KERNEL_GROUP 1

static int uevents = -1;
static int log_lines = -1;

void events_open(void)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP};
    int room = EVENT_ROOM;

    uevents = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
    if (uevents >= 0 && setsockopt(uevents, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
        setsockopt(uevents, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    if (uevents >= 0 && bind(uevents, (struct sockaddr *)&address, sizeof(address))) {
        close(uevents);
        uevents = -1;
    }
    log_lines = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (log_lines >= 0)
        lseek(log_lines, 0, SEEK_END);
}

/* Sends what has come; returns whether something has. */
static int send_uevents(void)
{
    char message[1 << 14];
    int some = 0;
    ssize_t n;

    while ((n = recv(uevents, message, sizeof(message), 0)) > 0 || (n < 0 && errno == ENOBUFS)) {
        some = 1;
        if (n < 0) {
            wire_text("lost");
        } else {
            wire_text("u ");
            wire_hex(message, n);
        }
        wire_end();
    }
    return some;
}

/*
 * A record is "PRIORITY,SEQUENCE,TIME,FLAGS;TEXT" with bytes that are not printable as \xNN, and then perhaps lines of
 * key and value. A priority above 7 has the number of a program's facility in it: the line is not the kernel's.
 */
static int send_log_lines(void)
{
    char record[1 << 14];
    int some = 0;
    ssize_t n;

    while ((n = read(log_lines, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
        char *text;

        if (n < 0)
            continue; /* older records were overwritten; the next read gives the oldest there is */
        record[n] = 0;
        text = strchr(record, ';');
        if (!text || strtol(record, NULL, 10) > 7)
            continue;
        text++;
        wire_text("k ");
        wire_hex(text, strcspn(text, "\n"));
        wire_end();
        some = 1;
    }
    return some;
}

static long long now_millis(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void await_quiet(char *operands)
{
    int quiet = atoi(next_word(&operands));
    long long end = now_millis() + atoi(next_word(&operands));
    struct pollfd wait[] = {{.fd = uevents, .events = POLLIN}, {.fd = log_lines, .events = POLLIN}};
    int some;

    do {
        some = send_uevents();
        some |= send_log_lines();
    } while (now_millis() < end && (some || poll(wait, 2, quiet) > 0));
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ; /* writers that have come to their end */
    wire_ok();
}
