/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_OUTPUT (1 << 20)

static long long now_millis(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void become_shell(int out, char *command)
{
    int nothing = open("/dev/null", O_RDWR);

    setsid();
    dup2(nothing, 0);
    dup2(out, 1);
    dup2(out, 2);
    for (int fd = 3; fd < 256; fd++)
        close(fd);
    setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    execl("/bin/busybox", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

/* Takes what a program prints until it has ended, or the time is over. Returns whether it was over. */
static int collect(int in, char *output, size_t *length, pid_t child, long long end, int *status)
{
    struct pollfd wait = {.fd = in, .events = POLLIN};
    int ended = 0;

    for (;;) {
        long long left = end - now_millis();
        ssize_t n;

        if (left <= 0)
            return 1;
        /* A process in the background may hold the pipe open for longer than the program lives. */
        ended = ended || waitpid(child, status, WNOHANG) == child;
        if (poll(&wait, 1, ended ? 0 : left < 20 ? (int)left : 20) <= 0) {
            if (ended)
                return 0;
            continue;
        }
        n = read(in, output + *length, MOST_OUTPUT - *length);
        if (n <= 0) {
            if (!ended)
                waitpid(child, status, 0);
            return 0;
        }
        *length += n;
    }
}

void run_shell(char *operands)
{
    static char output[MOST_OUTPUT + 1];
    long long end = now_millis() + strtoll(next_word(&operands), NULL, 10);
    struct bytes command = unhex(next_word(&operands));
    size_t length = 0;
    int status = 0;
    int killed;
    int ends[2];
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) || (child = fork()) < 0) {
        wire_refuse(errno, NULL);
        free(command.data);
        return;
    }
    if (child == 0)
        become_shell(ends[1], (char *)command.data);
    close(ends[1]);
    killed = collect(ends[0], output, &length, child, end, &status);
    if (killed) {
        kill(-child, SIGKILL);
        waitpid(child, &status, 0);
    }
    close(ends[0]);
    wire_text("ok ");
    wire_number(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    wire_text(killed ? " 1 " : " 0 ");
    wire_hex(output, length);
    wire_end();
    free(command.data);
}
