/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "agent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* No attribute is longer than a page; this is for what else a scenario may read. */
#define MOST_BYTES (1 << 20)

int read_all(int fd, struct bytes *content)
{
    size_t capacity = 4096 + 1;

    content->length = 0;
    content->data = malloc(capacity);
    while (content->data && content->length < MOST_BYTES) {
        ssize_t n = read(fd, content->data + content->length, capacity - 1 - content->length);

        if (n < 0) {
            free(content->data);
            return -1;
        }
        if (n == 0)
            break;
        content->length += n;
        if (content->length == capacity - 1) {
            capacity = 2 * capacity;
            content->data = realloc(content->data, capacity);
        }
    }
    if (!content->data)
        exit(1);
    content->data[content->length] = 0;
    return 0;
}

void write_file(char *operands)
{
    struct bytes path = unhex(next_word(&operands));
    struct bytes data = unhex(next_word(&operands));
    int fd = open((char *)path.data, O_WRONLY | O_CLOEXEC);

    if (fd < 0) {
        wire_refuse(errno, "open");
    } else {
        ssize_t n = write(fd, data.data, data.length);

        if (n < 0) {
            wire_refuse(errno, "write");
        } else {
            wire_text("ok ");
            wire_number(n);
            wire_end();
        }
        close(fd);
    }
    free(path.data);
    free(data.data);
}

/* A write that may block for ever: nobody waits for it. */
void write_apart(char *operands)
{
    pid_t child = fork();

    if (child == 0) {
        struct bytes path = unhex(next_word(&operands));
        struct bytes data = unhex(next_word(&operands));
        int fd = open((char *)path.data, O_WRONLY | O_CLOEXEC);

        _exit(fd < 0 || write(fd, data.data, data.length) < 0);
    }
    if (child < 0)
        wire_refuse(errno, NULL);
    else
        wire_ok();
}

void read_file(char *operands)
{
    struct bytes path = unhex(next_word(&operands));
    struct bytes content;
    int fd = open((char *)path.data, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        wire_refuse(errno, "open");
    } else if (read_all(fd, &content)) {
        wire_refuse(errno, "read");
    } else {
        wire_text("ok ");
        wire_hex(content.data, content.length);
        wire_end();
        free(content.data);
    }
    if (fd >= 0)
        close(fd);
    free(path.data);
}

void read_link(char *operands)
{
    struct bytes path = unhex(next_word(&operands));
    char target[PATH_MAX];
    ssize_t n = readlink((char *)path.data, target, sizeof(target));

    if (n < 0) {
        wire_refuse(errno, NULL);
    } else {
        wire_text("ok ");
        wire_hex(target, n);
        wire_end();
    }
    free(path.data);
}

static int is_shown(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

void list_names(char *operands)
{
    struct bytes path = unhex(next_word(&operands));
    struct dirent **entries;
    int count = scandir((char *)path.data, &entries, is_shown, by_bytes);

    if (count < 0) {
        wire_refuse(errno, NULL);
    } else {
        wire_text("ok");
        for (int i = 0; i < count; i++) {
            wire_text(" ");
            wire_hex(entries[i]->d_name, strlen(entries[i]->d_name));
            free(entries[i]);
        }
        wire_end();
        free(entries);
    }
    free(path.data);
}

static void name_entry(const char *kind, mode_t mode, const char *path)
{
    char head[32];

    snprintf(head, sizeof(head), "%s %04o ", kind, mode & 07777);
    wire_text(head);
    wire_hex(path, strlen(path));
}

static void list_file(const char *path, const struct stat *entry)
{
    char head[64];
    struct bytes content;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    snprintf(head, sizeof(head), "f %04o %lld ", entry->st_mode & 07777, (long long)entry->st_size);
    wire_text(head);
    wire_hex(path, strlen(path));
    wire_text(" ");
    if (fd < 0 || read_all(fd, &content)) {
        wire_text("!");
        wire_text(error_name(errno));
        wire_text(fd < 0 ? " open" : " read");
    } else {
        wire_hex(content.data, content.length);
        free(content.data);
    }
    if (fd >= 0)
        close(fd);
    wire_end();
}

static void list_oddity(const char *path, const char *text)
{
    wire_text("? ");
    wire_hex(path, strlen(path));
    wire_text(" ");
    wire_text(text);
    wire_end();
}

static void list_entry(const char *path);

static void list_directory(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_shown, by_bytes);

    for (int i = 0; i < count; i++) {
        char *child;

        if (asprintf(&child, "%s/%s", path, entries[i]->d_name) < 0)
            exit(1);
        list_entry(child);
        free(child);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

static void list_entry(const char *path)
{
    struct stat entry;
    char target[PATH_MAX];
    ssize_t length;

    if (lstat(path, &entry)) {
        list_oddity(path, error_name(errno));
        return;
    }
    switch (entry.st_mode & S_IFMT) {
    case S_IFDIR:
        name_entry("d", entry.st_mode, path);
        wire_end();
        list_directory(path);
        break;
    case S_IFREG:
        list_file(path, &entry);
        break;
    case S_IFLNK:
        length = readlink(path, target, sizeof(target));
        wire_text("l ");
        wire_hex(path, strlen(path));
        wire_text(" ");
        wire_hex(target, length < 0 ? 0 : length);
        wire_end();
        break;
    case S_IFCHR:
        name_entry("c", entry.st_mode, path);
        wire_end();
        break;
    default:
        list_oddity(path, "is of another kind");
    }
}

void list_tree(char *operands)
{
    struct bytes path = unhex(next_word(&operands));

    list_entry((char *)path.data);
    free(path.data);
    wire_ok();
}
