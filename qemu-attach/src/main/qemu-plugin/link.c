/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connections to the simulator. That for QEMU as a whole says whether it is there: a thread waits for its end, and then
 * makes it anew as soon as it can. The connection of a CPU belongs to the thread of that CPU, and is made when it is first needed
 * after the other one was.
 */
#include "ap_plugin.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* An answer takes a few microseconds; going to sleep and being woken, on a processor that has slept too, takes longer. */
#define SPIN_NANOSECONDS 60000
/* How often somebody is looked for who listens again; that costs next to nothing. */
#define RETRY_MICROSECONDS 100000
/* How often it is looked whether somebody was not answered. */
#define LOOK_MILLISECONDS 500
/* A simulator that has not answered an instruction by then is none. */
#define ANSWER_SECONDS 10

uint8_t facilities[32];
unsigned int hooks;

static struct sockaddr_un simulator = {.sun_family = AF_UNIX};
static int whole = -1;               /* the connection for QEMU as a whole; of the keeping thread, once there is one */
static atomic_uint present_epoch;    /* counts times of presence; 0 while there is no simulator */
static atomic_bool silent;           /* it is there, but has not answered somebody in time: stopped, or hung */

static uint64_t nanoseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void link_close(struct link *link)
{
    if (link->fd >= 0)
        close(link->fd);
    link->fd = -1;
    link->have = 0;
    link->thread = 0;
}

/* A call has failed: if by its limit of time, no CPU is to wait so long again, until the simulator has answered the keeping thread. */
static void note_silence(void)
{
    if ((errno == EAGAIN || errno == EWOULDBLOCK) && !atomic_exchange(&silent, true))
        complain("the simulator has not answered for %d s; the guest's queues read as deconfigured until it does", ANSWER_SECONDS);
}

bool link_send_two(struct link *link, struct header header, const void *first, size_t first_length, const void *second)
{
    uint8_t head[HEADER_LENGTH] = {header.type, header.argument, header.value >> 8, header.value};
    struct iovec parts[] = {{head, sizeof(head)}, {(void *)first, first_length}, {(void *)second, header.length - first_length}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};

    put32(head + 4, header.length);
    while (message.msg_iovlen > 0) {
        ssize_t count = sendmsg(link->fd, &message, MSG_NOSIGNAL);

        if (count < 0 && errno != EINTR) {
            note_silence();
            return false;
        }
        while (message.msg_iovlen > 0 && count >= (ssize_t)message.msg_iov->iov_len) {
            count -= message.msg_iov->iov_len;
            message.msg_iov++;
            message.msg_iovlen--;
        }
        if (message.msg_iovlen > 0 && count > 0) {
            message.msg_iov->iov_base = (uint8_t *)message.msg_iov->iov_base + count;
            message.msg_iov->iov_len -= count;
        }
    }
    return true;
}

bool link_send(struct link *link, struct header header, const void *payload)
{
    return link_send_two(link, header, payload, header.length, NULL);
}

/* Waits for some bytes: awake at first, if no CPU wants the processor, then asleep. */
static bool receive_some(struct link *link)
{
    uint64_t start = nanoseconds();

    for (;;) {
        bool awake = may_stay_awake(link) && nanoseconds() - start < SPIN_NANOSECONDS;
        ssize_t count = recv(link->fd, link->in + link->have, HEADER_LENGTH + LONGEST_PAYLOAD - link->have,
                             awake ? MSG_DONTWAIT : 0);

        if (count > 0) {
            link->have += count;
            return true;
        }
        if (count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
            return false;
        if (awake) {
            sched_yield();
        } else if (errno != EINTR) {
            note_silence();
            return false;
        }
    }
}

/* The payload stays valid until the next message is received. */
bool link_receive(struct link *link, struct header *header, uint8_t **payload)
{
    link->have = 0; /* the sender waits for an answer to each: nothing else can be there */
    for (;;) {
        if (link->have >= HEADER_LENGTH) {
            header->type = link->in[0];
            header->argument = link->in[1];
            header->value = link->in[2] << 8 | link->in[3];
            header->length = get32(link->in + 4);
            if (header->length > LONGEST_PAYLOAD || link->have > HEADER_LENGTH + header->length) {
                complain("the simulator sends what is no message");
                return false;
            }
            if (link->have == HEADER_LENGTH + header->length) {
                *payload = link->in + HEADER_LENGTH;
                return true;
            }
        }
        if (!receive_some(link))
            return false;
    }
}

static bool link_open(struct link *link, uint32_t cpu)
{
    const struct timeval longest = {.tv_sec = ANSWER_SECONDS};
    struct header hello = {HELLO, PROTOCOL_VERSION, PLUGIN_API, 8};
    uint8_t who[8];

    link->have = 0;
    if (!link->in)
        link->in = malloc(HEADER_LENGTH + LONGEST_PAYLOAD);
    link->fd = link->in ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    if (link->fd < 0)
        return false;
    put32(who, PROTOCOL_MAGIC);
    put32(who + 4, cpu);
    if (setsockopt(link->fd, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof(longest)) == 0 &&
        setsockopt(link->fd, SOL_SOCKET, SO_SNDTIMEO, &longest, sizeof(longest)) == 0) {
        if (connect(link->fd, (struct sockaddr *)&simulator, sizeof(simulator)) != 0)
            note_silence(); /* if so many wait there already */
        else if (link_send(link, hello, who))
            return true;
    }
    link_close(link);
    return false;
}

/* Makes the connection for QEMU as a whole. Returns 1, 0 if nobody listens, -1 if we are refused. */
static int open_whole(struct link *link, uint8_t answer[32], uint8_t *wanted)
{
    static bool was_refused;
    struct header header;
    uint8_t *payload;
    int result = 0;

    if (!link_open(link, WHOLE_QEMU))
        return 0;
    if (!link_receive(link, &header, &payload)) {
        result = 0;
    } else if (header.type == WELCOME && header.length == 32) {
        memcpy(answer, payload, 32);
        *wanted = header.argument;
        was_refused = false;
        return 1;
    } else {
        if (!was_refused) /* once, however often it is tried */
            complain("refused: %.*s", header.type == REFUSED ? (int)header.length : 0, (const char *)payload);
        was_refused = true;
        result = -1;
    }
    link_close(link);
    return result;
}

/* Connects the first time, waiting for the simulator for so long. Returns 0, or -1 with a line on stderr. */
int link_start(const char *path, unsigned int seconds)
{
    struct link link = {.fd = -1};
    uint64_t deadline = nanoseconds() + seconds * 1000000000ull;
    uint8_t wanted;
    int result;

    if (strlen(path) >= sizeof(simulator.sun_path)) {
        complain("socket=%s: the path is longer than %zu bytes", path, sizeof(simulator.sun_path) - 1);
        return -1;
    }
    strcpy(simulator.sun_path, path);
    while ((result = open_whole(&link, facilities, &wanted)) == 0 && nanoseconds() < deadline)
        usleep(10000);
    if (result == 0)
        complain("socket=%s: no simulator listens there (start apvirt first, or set wait=SECONDS)", path);
    if (result == 1) {
        hooks = wanted;
        whole = link.fd;
        atomic_store(&present_epoch, 1);
    }
    free(link.in);
    return result == 1 ? 0 : -1;
}

/* Tells whether the connection for QEMU as a whole has ended. */
static bool is_gone(void)
{
    char byte;
    ssize_t count = recv(whole, &byte, 1, MSG_DONTWAIT); /* nothing is sent over it any more */

    return count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK);
}

/* Waits until a simulator that was silent answers again, or is gone: says hello, as a CPU, and waits for the welcome. */
static void await_answer(void)
{
    struct link link = {.fd = -1};

    while (link.fd < 0 && !is_gone()) {
        if (!link_open(&link, 0))
            sleep(1);
    }
    while (link.fd >= 0 && !is_gone()) {
        ssize_t count = recv(link.fd, link.in, HEADER_LENGTH, 0);

        if (count > 0) {
            atomic_store(&silent, false);
            complain("the simulator answers again");
        }
        if (count >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
            link_close(&link);
    }
    link_close(&link);
    free(link.in);
}

/* The simulator is there until its connection ends, and again when it can be made anew. */
static void *keep(void *unused)
{
    unsigned int epoch = 1;

    for (;;) {
        struct link link = {.fd = -1};
        uint8_t ignored[32], wanted; /* the guest was told at its start */
        struct pollfd end = {.fd = whole, .events = POLLIN};

        do {
            poll(&end, 1, LOOK_MILLISECONDS);
            if (atomic_load(&silent))
                await_answer();
        } while (!is_gone());
        atomic_store(&present_epoch, 0);
        close(whole);
        complain("the simulator is gone; the guest's queues read as deconfigured until it is back");
        while (open_whole(&link, ignored, &wanted) != 1)
            usleep(RETRY_MICROSECONDS);
        whole = link.fd;
        free(link.in);
        if (++epoch == 0)
            epoch = 1;
        atomic_store(&silent, false);
        atomic_store(&present_epoch, epoch);
        complain("the simulator is back");
    }
    return unused;
}

/* Starts the thread; not before the first CPU is made, because QEMU may fork until then. */
void link_keep(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, keep, NULL) == 0)
        pthread_detach(thread);
}

static bool open_cpu(struct link *link, unsigned int cpu)
{
    struct header header;
    uint8_t *payload;

    if (!link_open(link, cpu))
        return false;
    if (link_receive(link, &header, &payload) && header.type == WELCOME && header.length == 4) {
        know_thread(link, get32(payload));
        return true;
    }
    link_close(link);
    return false;
}

/* Tells whether the simulator can be asked for a CPU. */
bool link_ready(struct link *link, unsigned int cpu)
{
    unsigned int epoch = atomic_load(&present_epoch);

    if (link->fd >= 0 && link->epoch != epoch)
        link_close(link);
    if (epoch == 0 || atomic_load(&silent))
        return false;
    link->epoch = epoch;
    return link->fd >= 0 || open_cpu(link, cpu);
}
