/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Source: Linux include/uapi/linux/module.h. The kernel itself unpacks the file, from 5.17 on and if it can. */
#define COMPRESSED_FILE 4

static const char *wanted;
static char *found;

/* Whether a file is NAME.ko or NAME.ko.something, '-' and '_' being the same. */
static int is_module(const char *file, const char *name)
{
    for (; *name; name++, file++) {
        if (*file != *name && !(strchr("-_", *file) && *file && strchr("-_", *name)))
            return 0;
    }
    return !strncmp(file, ".ko", 3) && (file[3] == 0 || file[3] == '.');
}

static int look_at(const char *path, const struct stat *entry, int type, struct FTW *walk)
{
    (void)entry;
    if (type == FTW_F && !found && is_module(path + walk->base, wanted))
        found = strdup(path);
    return found != NULL;
}

/* A module that is part of the kernel is there without ever having been loaded, if it has a parameter or a version. */
static int is_built_in(const char *name)
{
    char path[256];
    char *c;

    snprintf(path, sizeof(path), "/sys/module/%s", name);
    for (c = path; *c; c++)
        *c = *c == '-' ? '_' : *c;
    if (access(path, F_OK))
        return 0;
    strncat(path, "/initstate", sizeof(path) - strlen(path) - 1);
    return access(path, F_OK) != 0;
}

void find_module(char *operands)
{
    static const char *const places[] = {"/apvirt", "/lib/modules", "/usr/lib/modules", "/modules"};

    wanted = next_word(&operands);
    free(found);
    found = NULL;
    for (size_t i = 0; i < sizeof(places) / sizeof(*places) && !found; i++)
        nftw(places[i], look_at, 16, FTW_PHYS);
    if (found) {
        wire_text("ok ");
        wire_hex(found, strlen(found));
        wire_end();
    } else if (is_built_in(wanted)) {
        wire_text("ok built-in");
        wire_end();
    } else {
        wire_refuse(ENOENT, NULL);
    }
}

void load_module(char *operands)
{
    struct bytes path = unhex(next_word(&operands));
    char *end = strrchr((char *)path.data, '.');
    int fd = open((char *)path.data, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || syscall(SYS_finit_module, fd, "", end && strcmp(end, ".ko") ? COMPRESSED_FILE : 0))
        wire_refuse(errno, NULL);
    else
        wire_ok();
    if (fd >= 0)
        close(fd);
    free(path.data);
}

void unload_module(char *operands)
{
    char *name = next_word(&operands);
    char *c;

    for (c = name; *c; c++)
        *c = *c == '-' ? '_' : *c;
    if (syscall(SYS_delete_module, name, O_NONBLOCK))
        wire_refuse(errno, NULL);
    else
        wire_ok();
}
