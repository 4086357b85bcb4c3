/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks the C sources without a JVM: natively, and for s390x under qemu-user, where the byte order is the one that
 * matters. Exit status 0 only if every check held; the last line is "N passed, N failed".
 */
#include "check.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ap_guard.h"
#include "ap_layout.h"

static int passed;
static int failed;

void check(int holds, const char *format, ...)
{
    va_list arguments;

    printf("%s: ", holds ? "ok" : "FAILED");
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    if (holds)
        passed++;
    else
        failed++;
}

void check_equal(uint64_t expected, uint64_t found, const char *name)
{
    if (expected == found)
        check(1, "%s", name);
    else
        check(0, "%s: expected %#llx, found %#llx", name, (unsigned long long)expected, (unsigned long long)found);
}

/* An instruction that no machine of the architecture has. */
static int illegal(void *unused)
{
    (void)unused;
#if defined(__x86_64__)
    asm volatile("ud2");
#elif defined(__s390x__)
    asm volatile(".short 0");
#elif defined(__aarch64__)
    asm volatile("udf #0");
#else
    raise(SIGILL);
#endif
    return 0;
}

static int answer(void *number)
{
    return *(int *)number;
}

static volatile sig_atomic_t seen_by_others;

static void other_handler(int signal)
{
    seen_by_others = signal;
}

/* In a child: the signal is none of ours, and the handler that was there before gets it. */
static int others_signal_ends_the_process(void)
{
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        struct rlimit no_core = {0, 0};
        int result;

        setrlimit(RLIMIT_CORE, &no_core);
        ap_guarded(illegal, NULL, &result);
        illegal(NULL);
        _exit(0);
    }
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGILL;
}

static void check_guard(void)
{
    struct sigaction before = {.sa_handler = other_handler};
    struct sigaction after;
    int number = 42;
    int result = 0;
    int first;

    check_equal(0, ap_guarded(answer, &number, &result), "what does not fault is not stopped");
    check_equal(42, result, "and its result comes back");

    check(others_signal_ends_the_process(), "outside a guarded call SIGILL still ends the process");

    sigaction(SIGILL, &before, NULL);
    first = ap_guarded(illegal, NULL, &result);
    check(first == ILL_ILLOPC || first == ILL_ILLOPN, "an illegal instruction is survived and its si_code told");
    check_equal(first, ap_guarded(illegal, NULL, &result), "a second time too: the signal is not left blocked");
    sigaction(SIGILL, NULL, &after);
    check(after.sa_handler == other_handler, "the handler that was there is there again");
    raise(SIGILL);
    check_equal(SIGILL, seen_by_others, "and gets the next SIGILL");
    signal(SIGILL, SIG_DFL);
}

static void check_probe(void)
{
    struct ap_regs regs = {{0x04000000, 1, 2, 3, 4, 5, 6, 7}};
    struct ap_regs before = regs;

#ifdef __s390x__
    /* Real machines answer "privileged" to a process; emulators do not know the instruction. */
    int found = ap_probe();

    check(found == AP_PROBE_OPERATION || found == AP_PROBE_PRIVILEGED, "the probe says why: %s",
          found == AP_PROBE_OPERATION ? "operation" : found == AP_PROBE_PRIVILEGED ? "privileged" : "unexpected");
    check(ap_issue(AP_OP_PQAP, &regs) >= AP_INTERRUPTION, "PQAP in a process ends in a program interruption");
    check(ap_issue(AP_OP_NQAP, &regs) >= AP_INTERRUPTION, "NQAP in a process ends in a program interruption");
    check(ap_issue(AP_OP_DQAP, &regs) >= AP_INTERRUPTION, "DQAP in a process ends in a program interruption");
#else
    check_equal(AP_PROBE_OTHER_ARCHITECTURE, ap_probe(), "the probe says: another architecture");
    check_equal(AP_INTERRUPTION | AP_PGM_OPERATION, ap_issue(AP_OP_PQAP, &regs),
                "PQAP on another architecture is an operation exception");
#endif
    check(memcmp(&before, &regs, sizeof(regs)) == 0, "a program interruption leaves the registers as they were");
}

/* Bytes as the machine stores them, written down by hand: the structures must read them so in either byte order. */
static void check_layout(void)
{
    static const unsigned char status[] = {0x81, 0x10, 0x00, 0x00};
    static const unsigned char info[] = {0x92, 0x80, 0x40, 0x00, 0x0b, 0x54, 0x03, 0x07};
    static const unsigned char aqic[] = {0x00, 0x05, 0x83, 0x01, 0x12, 0x34, 0x56, 0x76};
    struct ap_status_word status_word;
    struct ap_tapq_info tapq_info;
    struct ap_aqic_gr1 gr1;
    char table[4096];

    memcpy(&status_word, status, sizeof(status));
    check(status_word.empty && !status_word.full && !status_word.replies_waiting && status_word.irq_enabled,
          "81100000 is empty, interruption enabled");
    check_equal(0x10, status_word.response_code, "81100000 carries response 10");

    memcpy(&tapq_info, info, sizeof(info));
    check(tapq_info.apsc && tapq_info.cca && tapq_info.apxa && !tapq_info.accel && !tapq_info.ep11,
          "92804000 0b540307 is a CCA coprocessor");
    check_equal(11, tapq_info.type, "of type 11");
    check_equal(0x54, tapq_info.nd, "with domains up to 84");
    check_equal(3, tapq_info.ml, "messages of 3 pages");
    check_equal(7, tapq_info.depth_less_one, "and 8 of them");
    check_equal(1, tapq_info.bind_state, "usable without secure key");

    memcpy(&gr1, aqic, sizeof(aqic));
    check(gr1.zone == 5 && gr1.ir && gr1.gisc == 3 && gr1.gisa_format == 1 && gr1.isc == 6, "GR1 of AQIC");
    check_equal(0x12345670 >> 4, gr1.gisa_origin, "its GISA origin is 31 bits, 16-byte aligned");

    check(ap_layout(table, sizeof(table)) < (int)sizeof(table), "the table of offsets has a size");
    check(strstr(table, "sie_crycb.apcb1.aqm=0xa0\n") != NULL, "and names the domains of APCB1 at a0");
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0); /* children must not repeat what is buffered */
    check_guard();
    check_probe();
    check_layout();
    check_packing();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
