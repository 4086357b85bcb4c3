/*
 * How long something takes, in microseconds a time:
 *
 *   times open FILE COUNT READERS    open, read and close a file, COUNT times by each of so many processes
 *   times read FILE COUNT            read an open file from its beginning
 *   times list DIRECTORY ENTRIES     read a directory, once; fails if it has more or fewer entries, . and .. aside
 *   times write FILE COUNT WRITERS   write "1" to a file, COUNT times by each of so many processes
 *   times run COUNT PROGRAM...       run a program, its output thrown away
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void open_read_close(const char *path)
{
    char buffer[4096];
    int file = open(path, O_RDONLY);

    if (file < 0 || read(file, buffer, sizeof buffer) <= 0)
        fail(path);
    close(file);
}

static void list(const char *path, int expected)
{
    DIR *directory = opendir(path);
    int entries = -2;

    if (!directory)
        fail(path);
    while (readdir(directory))
        entries++;
    closedir(directory);
    if (entries != expected) {
        fprintf(stderr, "%s has %d entries, not %d\n", path, entries, expected);
        exit(1);
    }
}

static void open_write_close(const char *path)
{
    int file = open(path, O_WRONLY);

    if (file < 0 || write(file, "1", 1) != 1)
        fail(path);
    close(file);
}

static void await_children(void)
{
    int status;

    while (wait(&status) > 0)
        if (status != 0)
            exit(1);
}

static void run(char **program)
{
    pid_t child = fork();

    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);

        dup2(null, 1);
        execvp(program[0], program);
        perror(program[0]);
        _exit(1);
    }
    await_children();
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: times open|read|list|write|run ...\n");
        return 2;
    }
    const char *what = argv[1];
    int runs = strcmp(what, "run") == 0;
    int count = atoi(argv[runs ? 2 : 3]);
    int clients = argc > 4 && !runs ? atoi(argv[4]) : 1;
    char buffer[4096];
    int lists = strcmp(what, "list") == 0;
    int opens = strcmp(what, "open") == 0;
    int file = strcmp(what, "read") == 0 ? open(argv[2], O_RDONLY) : -1;
    double start = now();

    if (opens || strcmp(what, "write") == 0) {
        for (int i = 0; i < clients; i++)
            if (fork() == 0) {
                for (int j = 0; j < count; j++)
                    (opens ? open_read_close : open_write_close)(argv[2]);
                _exit(0);
            }
        await_children();
    } else if (lists) {
        list(argv[2], count);
        count = 1;
    } else {
        for (int i = 0; i < count; i++) {
            if (runs)
                run(argv + 3);
            else if (pread(file, buffer, sizeof buffer, 0) <= 0)
                fail(argv[2]);
        }
    }
    printf("%.2f\n", (now() - start) / count / clients);
    return 0;
}
