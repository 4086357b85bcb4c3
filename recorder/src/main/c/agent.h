/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recorder's process inside a guest: it does what it is told on one line and answers with lines. Bytes are in
 * hex, two digits each; a lone '-' is no byte at all.
 *
 *   o c r w E H i           the file operations of raw steps, as the scenario has them: one line, ok ... or err ...
 *   W PATH DATA             one write(2)                  ok COUNT | err ERRNO open|write
 *   R PATH                  reads a file to its end       ok DATA | err ERRNO open|read
 *   L PATH                  reads a symbolic link         ok TARGET | err ERRNO
 *   N PATH                  names in a directory, sorted  ok NAME... | err ERRNO
 *   T PATH                  lists a tree                  entries, then ok
 *   F MODULE                finds a module                ok PATH | ok built-in | err ENOENT
 *   M PATH                  loads a module                ok | err ERRNO
 *   U MODULE                unloads a module              ok | err ERRNO
 *   S MILLIS COMMAND        runs a shell command          ok STATUS KILLED OUTPUT
 *   A PATH DATA             writes in a process of its own  ok
 *   Z MILLIS                sleeps                        ok
 *   Q QUIET LIMIT           waits until neither an event nor a log line has come for QUIET ms, at most LIMIT ms
 *                                                         lines u EVENT and k TEXT, then ok
 *   X                       powers the guest off
 *
 * Entries of a tree: d MODE PATH, f MODE SIZE PATH DATA, f MODE SIZE PATH !ERRNO open|read, l PATH TARGET, c MODE PATH,
 * ? PATH TEXT.
 *
 * The first line it sends is: apvirt-agent VERSION RELEASE, RELEASE being the kernel's.
 */
#ifndef AGENT_H
#define AGENT_H

#include <stddef.h>
#include <sys/types.h>

#define AGENT_VERSION 1
/* Files that raw steps open get descriptors from here on; those below are the agent's own. */
#define FIRST_FREE_DESCRIPTOR 7

/* wire.c: lines in and out */
struct bytes {
    unsigned char *data; /* followed by a zero byte that length does not count */
    size_t length;
};

void wire_open(int in, int out);
/* Returns the next line without its end, or NULL when there are no more. */
char *wire_line(void);
void wire_text(const char *text);
void wire_number(long long number);
void wire_hex(const void *data, size_t length);
/* Ends the line, which then is on its way. */
void wire_end(void);
void wire_ok(void);
void wire_refuse(int error, const char *where);
const char *error_name(int error);
/* Takes the next word off a line; an empty one if there is none. */
char *next_word(char **line);
/* Decodes a word of hex digits; the caller frees data. */
struct bytes unhex(const char *word);

/* files.c */
void write_file(char *operands);
void read_file(char *operands);
void read_link(char *operands);
void list_names(char *operands);
void list_tree(char *operands);
void write_apart(char *operands);
/* Reads an open file to its end; returns -1 with errno. The caller frees data. */
int read_all(int fd, struct bytes *content);

/* modules.c */
void find_module(char *operands);
void load_module(char *operands);
void unload_module(char *operands);

/* shell.c */
void run_shell(char *operands);

/* events.c */
void events_open(void);
void await_quiet(char *operands);

/* request.c */
void raw_request(char operation, char *operands);

#endif
