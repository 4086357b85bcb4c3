/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Started by the kernel as its first process it prepares what a process expects, and listens on the terminal of the
 * service processor, which every s390x kernel has built in. Started by a person it listens on standard input.
 */
#define _GNU_SOURCE
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define TERMINAL "/dev/ttysclp0"

static void prepare_system(void)
{
    static const char *const directories[] = {"/dev", "/proc", "/sys", "/tmp", "/run", "/bin"};

    for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++)
        mkdir(directories[i], 0755);
    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sysfs", "/sys", "sysfs", 0, NULL);
    /* An initramfs of busybox alone has no names for its programs until somebody makes them. */
    if (access("/bin/sh", X_OK) && !access("/bin/busybox", X_OK)) {
        pid_t child = fork();

        if (child == 0) {
            execl("/bin/busybox", "busybox", "--install", "-s", "/bin", (char *)NULL);
            _exit(127);
        }
        waitpid(child, NULL, 0);
    }
}

/*
 * A process that makes virtual machines must have been started with page tables that can carry a guest's storage keys; on
 * a kernel without KVM there is no such setting. Returns only if there is nothing to be done.
 */
static void become_hypervisor(void)
{
    int setting = open("/proc/sys/vm/allocate_pgste", O_RDWR);
    char now = '1';

    if (setting >= 0 && read(setting, &now, 1) == 1 && now == '0' && pwrite(setting, "1", 1, 0) == 1)
        execl("/proc/self/exe", "agent", (char *)NULL);
    if (setting >= 0)
        close(setting);
}

/*
 * The terminal carries bytes as they are, and is nobody's controlling terminal. Output processing stays on, with nothing
 * to process: with it the kernel sends what was written at once, not 50 ms later.
 */
static int open_terminal(void)
{
    struct termios settings;
    int fd = open(TERMINAL, O_RDWR | O_NOCTTY);

    if (fd >= 0 && !tcgetattr(fd, &settings)) {
        cfmakeraw(&settings);
        settings.c_oflag = OPOST;
        tcsetattr(fd, TCSANOW, &settings);
    }
    return fd;
}

/* What raw steps open must not depend on what the agent needs itself. */
static void reserve_descriptors(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd < FIRST_FREE_DESCRIPTOR - 1);
    if (fd >= FIRST_FREE_DESCRIPTOR)
        close(fd);
}

static void sleep_millis(char *operands)
{
    long millis = atol(next_word(&operands));
    struct timespec left = {millis / 1000, millis % 1000 * 1000000};

    while (nanosleep(&left, &left) && errno == EINTR)
        ;
    wire_ok();
}

static void serve(char *line)
{
    char operation = *line;
    char *operands = line + (operation != 0);

    switch (operation) {
    case 'o': case 'c': case 'r': case 'w': case 'E': case 'H': case 'i':
        raw_request(operation, operands);
        break;
    case 'W':
        write_file(operands);
        break;
    case 'R':
        read_file(operands);
        break;
    case 'L':
        read_link(operands);
        break;
    case 'N':
        list_names(operands);
        break;
    case 'T':
        list_tree(operands);
        break;
    case 'F':
        find_module(operands);
        break;
    case 'M':
        load_module(operands);
        break;
    case 'U':
        unload_module(operands);
        break;
    case 'S':
        run_shell(operands);
        break;
    case 'A':
        write_apart(operands);
        break;
    case 'Z':
        sleep_millis(operands);
        break;
    case 'Q':
        await_quiet(operands);
        break;
    default:
        wire_refuse(ENOSYS, NULL);
    }
}

int main(void)
{
    int is_first = getpid() == 1;
    struct utsname system;
    char *line;

    signal(SIGPIPE, SIG_IGN);
    if (is_first) {
        int terminal;

        prepare_system();
        become_hypervisor();
        terminal = open_terminal();
        dup2(terminal, 0);
        dup2(terminal, 1);
        dup2(terminal, 2);
        if (terminal > 2)
            close(terminal);
    }
    wire_open(0, 1);
    events_open();
    reserve_descriptors();
    uname(&system);
    wire_text("apvirt-agent ");
    wire_number(AGENT_VERSION);
    wire_text(" ");
    wire_text(system.release);
    wire_end();
    while ((line = wire_line()) && *line != 'X')
        serve(line);
    if (is_first) {
        sync();
        reboot(RB_POWER_OFF);
    }
    return 0;
}
