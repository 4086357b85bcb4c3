/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Talks to the gdb stub of a QEMU that runs loop.elf as apvirt does, packet by packet and write by write, with the
 * emulation left out: each PQAP gets the same answer, digits that were prepared. What is left is what QEMU and the
 * socket cost.
 *
 *   replay SOCKET SECONDS MICROSECONDS      polls so long for an answer before it sleeps; prints the AP instructions per second
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int stub;
static char out[8192], in[8192];
static size_t waiting, received, taken;
static double polling; /* seconds */

static void packet(const char *body)
{
    unsigned char sum = 0;

    out[waiting++] = '$';
    for (; *body; body++) {
        sum += *body;
        out[waiting++] = *body;
    }
    waiting += sprintf(out + waiting, "#%02x", sum);
}

static void flush(void)
{
    if (write(stub, out, waiting) != (ssize_t)waiting) {
        perror("the stub");
        exit(1);
    }
    waiting = 0;
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

/* Polls before it sleeps, as apvirt does: being woken costs a good part of an answer's time. */
static ssize_t receive(void)
{
    double start = now();

    do {
        ssize_t count = recv(stub, in + received, sizeof(in) - received, MSG_DONTWAIT);

        if (count >= 0 || errno != EAGAIN)
            return count;
    } while (now() - start < polling);
    return recv(stub, in + received, sizeof(in) - received, 0);
}

/* The body of the next packet, valid until the one after it is awaited. */
static char *answer(void)
{
    for (;;) {
        char *start = memchr(in + taken, '$', received - taken);
        char *end = start ? memchr(start, '#', in + received - start) : NULL;

        if (end && end + 3 <= in + received) {
            *end = 0;
            taken = end + 3 - in;
            return start + 1;
        }
        memmove(in, in + taken, received - taken);
        received -= taken;
        taken = 0;
        ssize_t count = receive();

        if (count <= 0) {
            fprintf(stderr, "replay: the stub has gone\n");
            exit(1);
        }
        received += count;
    }
}

static char *ask(const char *body)
{
    packet(body);
    flush();
    return answer();
}

static void plant(void)
{
    char mask[32], kept[64], text[256];

    packet("c");
    flush();
    usleep(200000); /* it waits for us by then */
    if (write(stub, "\3", 1) != 1)
        exit(1);
    answer();
    snprintf(mask, sizeof(mask), "%s", ask("p0"));
    ask("P0=0000000180000000");
    snprintf(kept, sizeof(kept), "%s", ask("m1d0,10"));
    snprintf(text, sizeof(text), "M20,28:e554008e0001a7740007eb0000080f51a7f4fffdb2b20038%s", kept);
    ask(text);
    ask("M1d0,10:00000001800000000000000000000020");
    snprintf(text, sizeof(text), "P0=%s", mask);
    ask(text);
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char registers[512], psw[64], text[64];
    double start, end;
    long count = 0;

    if (argc != 4)
        return 2;
    polling = atof(argv[3]) / 1e6;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
    stub = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(stub, (struct sockaddr *)&address, sizeof(address))) {
        perror(argv[1]);
        return 1;
    }
    ask("qSupported:multiprocess-;swbreak+;hwbreak+");
    ask("qXfer:features:read:target.xml:0,ffb");
    ask("?");
    ask("Z3,f008,1");
    plant();
    packet("c");
    flush();
    answer(); /* the stop */
    for (start = now(), end = start + atof(argv[2]); now() < end; count++) {
        packet("g");
        packet("m150,10");
        flush();
        snprintf(registers, sizeof(registers), "G%s", answer());
        snprintf(psw, sizeof(psw), "%s", answer());
        snprintf(text, sizeof(text), "P0=%.16s", psw);
        packet(text);
        snprintf(text, sizeof(text), "m%lx,4", strtoul(psw + 16, NULL, 16) - 4);
        packet(text);
        flush();
        answer();
        answer();
        memcpy(registers + 1, psw, 32);
        memcpy(registers + 1 + 32 + 16, "0000000080000000", 16); /* GR1: an empty queue */
        memcpy(registers + 1 + 32 + 32, "000000000b000007", 16); /* GR2: its type and depth */
        packet(registers);
        packet("c");
        flush();
        answer();
        answer(); /* the next stop */
    }
    printf("%.0f\n", count / (now() - start));
    return 0;
}
