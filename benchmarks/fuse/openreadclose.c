/* Opens, reads and closes a file COUNT times, five rounds; prints the microseconds a time of each round. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char buffer[4096];
    struct timespec start, end;

    if (argc != 3) {
        fprintf(stderr, "usage: openreadclose FILE COUNT\n");
        return 2;
    }
    int count = atoi(argv[2]);
    for (int round = 0; round < 5; round++) {
        clock_gettime(CLOCK_MONOTONIC, &start);
        for (int i = 0; i < count; i++) {
            int file = open(argv[1], O_RDONLY);
            if (file < 0 || read(file, buffer, sizeof buffer) <= 0) {
                perror(argv[1]);
                return 1;
            }
            close(file);
        }
        clock_gettime(CLOCK_MONOTONIC, &end);
        printf("%6.1f", ((end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec)) / 1e3 / count);
    }
    printf("  us\n");
    return 0;
}
