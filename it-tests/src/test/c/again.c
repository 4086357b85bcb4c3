/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into a program, lets it answer many command lines in one process. Starting a program of another architecture
 * is most of what such a run costs: loading it, and translating its code. Its main() is called for each line of standard
 * input, with the program's data as they were at the beginning; exit(), err() and errx() come back here.
 *
 *   a line:      SYSFS_ROOT TAB WORD TAB WORD ...
 *   what it gets: files out.N and err.N in the working directory; on standard output, its exit status
 *
 * A program that keeps state anywhere but in its own data, the heap, getopt and standard output may answer otherwise than
 * in a process of its own: compare.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RESULTS 100 /* a descriptor that the program does not reach */
#define WORDS 64

typedef int program_main(int, char **, char **);

static program_main *program;
static jmp_buf returned;
static int running, exit_status;
static char *data; /* of the program: what is writable and stays so */
static size_t data_size;

void exit(int status)
{
    if (!running) {
        fflush(NULL);
        _exit(status);
    }
    exit_status = status;
    longjmp(returned, 1);
}

void errx(int status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vwarnx(format, arguments);
    exit(status);
}

void err(int status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vwarn(format, arguments);
    exit(status);
}

/* The first object is the program. */
static int find_data(struct dl_phdr_info *object, size_t size, void *unused)
{
    size_t fixed = 0;

    (void)size;
    (void)unused;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];

        if (part->p_type == PT_LOAD && part->p_flags & PF_W) {
            data = (char *)object->dlpi_addr + part->p_vaddr;
            data_size = part->p_memsz;
        }
        if (part->p_type == PT_GNU_RELRO)
            fixed = part->p_memsz;
    }
    data += fixed;
    data_size -= fixed;
    return 1;
}

static void redirect(int descriptor, const char *kind, long number)
{
    char name[64];
    int file;

    snprintf(name, sizeof(name), "%s.%ld", kind, number);
    file = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    if (file < 0 || dup2(file, descriptor) < 0) {
        dprintf(RESULTS, "%s: %m\n", name);
        _exit(99);
    }
    close(file);
}

static int again(int argc, char **argv, char **environment)
{
    char *text = NULL, *first;
    size_t size = 0;

    (void)argc;
    dl_iterate_phdr(find_data, NULL);
    first = malloc(data_size);
    memcpy(first, data, data_size);
    dup2(1, RESULTS);
    if (getdelim(&text, &size, 0, stdin) < 0) /* all of it */
        return 0;
    for (long number = 0; *text; number++) {
        char *line = strsep(&text, "\n"), *words[WORDS + 1];
        int count = 0;

        setenv("SYSFS_ROOT", strsep(&line, "\t"), 1);
        words[count++] = argv[0];
        while (line && count < WORDS)
            words[count++] = strsep(&line, "\t");
        words[count] = NULL;
        redirect(1, "out", number);
        redirect(2, "err", number);
        memcpy(data, first, data_size);
        optind = 0; /* begin anew */
        opterr = 1;
        running = 1;
        if (!setjmp(returned))
            exit_status = program(count, words, environment);
        running = 0;
        fflush(stdout);
        dprintf(RESULTS, "%d\n", exit_status & 0xff);
        for (int file = 3; file < RESULTS; file++) /* what it left open */
            close(file);
    }
    return 0;
}

int __libc_start_main(program_main *main, int argc, char **argv, void (*init)(void), void (*fini)(void),
        void (*at_exit)(void), void *stack)
{
    int (*start)(program_main *, int, char **, void (*)(void), void (*)(void), void (*)(void), void *) =
            dlsym(RTLD_NEXT, "__libc_start_main");

    program = main;
    return start(again, argc, argv, init, fini, at_exit, stack);
}
