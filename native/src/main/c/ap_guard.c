/* SPDX-License-Identifier: Apache-2.0 */
#include "ap_guard.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

/* The handler is the process's: one guarded call at a time owns it, and puts back what was there. */
static pthread_mutex_t handler_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction previous;

/* Where this thread continues after a SIGILL; NULL outside a guarded call. */
static __thread sigjmp_buf *volatile way_out;
static __thread volatile sig_atomic_t cause;

static void illegal_instruction(int signal, siginfo_t *info, void *context)
{
    if (way_out) {
        cause = info->si_code;
        siglongjmp(*way_out, 1);
    }
    /* Another thread's: a JVM, for one, uses SIGILL for purposes of its own. */
    if (previous.sa_flags & SA_SIGINFO)
        previous.sa_sigaction(signal, info, context);
    else if (previous.sa_handler == SIG_DFL)
        /* The instruction is executed again after return, and then ends the process as it would have. */
        sigaction(SIGILL, &previous, NULL);
    else if (previous.sa_handler != SIG_IGN)
        previous.sa_handler(signal);
}

int ap_guarded(int (*body)(void *), void *argument, int *result)
{
    struct sigaction caught = {.sa_sigaction = illegal_instruction, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigjmp_buf here;
    volatile int failure = 0; /* written after sigsetjmp */

    sigemptyset(&caught.sa_mask);
    pthread_mutex_lock(&handler_lock);
    /* Known before ours is there: another thread's signal may come at once. */
    if (sigaction(SIGILL, NULL, &previous) || sigaction(SIGILL, &caught, NULL)) {
        failure = -errno;
    } else {
        if (sigsetjmp(here, 1) == 0) {
            way_out = &here;
            *result = body(argument);
            way_out = NULL;
        } else {
            way_out = NULL;
            failure = cause;
        }
        sigaction(SIGILL, &previous, NULL);
    }
    pthread_mutex_unlock(&handler_lock);
    return failure;
}

#ifdef __s390x__

static int pqap(void *regs)
{
    return ap_pqap(regs);
}

static int nqap(void *regs)
{
    return ap_nqap(regs);
}

static int dqap(void *regs)
{
    return ap_dqap(regs);
}

int ap_issue(int opcode, struct ap_regs *regs)
{
    int cc = 0;
    int cause;

    cause = ap_guarded(opcode == AP_OP_PQAP ? pqap : opcode == AP_OP_NQAP ? nqap : dqap, regs, &cc);
    switch (cause) {
    case 0:
        return cc;
    case ILL_PRVOPC:
        return AP_INTERRUPTION | AP_PGM_PRIVILEGED_OPERATION;
    case ILL_ILLOPN:
        return AP_INTERRUPTION | AP_PGM_SPECIFICATION;
    default:
        return AP_INTERRUPTION | AP_PGM_OPERATION;
    }
}

int ap_probe(void)
{
    struct ap_regs regs = {{0}};

    switch (ap_issue(AP_OP_PQAP, &regs)) {
    case AP_INTERRUPTION | AP_PGM_OPERATION:
        return AP_PROBE_OPERATION;
    case AP_INTERRUPTION | AP_PGM_PRIVILEGED_OPERATION:
        return AP_PROBE_PRIVILEGED;
    default:
        return AP_PROBE_USABLE;
    }
}

#else

int ap_issue(int opcode, struct ap_regs *regs)
{
    (void)opcode;
    (void)regs;
    return AP_INTERRUPTION | AP_PGM_OPERATION;
}

int ap_probe(void)
{
    return AP_PROBE_OTHER_ARCHITECTURE;
}

#endif
