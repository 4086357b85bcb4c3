/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int input;
static int output;
static char buffer[1 << 16];
static size_t filled;
static char received[1 << 12];
static size_t received_length;
static size_t received_at;

void wire_open(int in, int out)
{
    input = in;
    output = out;
}

static void flush(void)
{
    size_t sent = 0;

    while (sent < filled) {
        ssize_t n = write(output, buffer + sent, filled - sent);

        if (n < 0 && errno != EINTR)
            exit(1);
        sent += n > 0 ? n : 0;
    }
    filled = 0;
}

static void put(char c)
{
    if (filled == sizeof(buffer))
        flush();
    buffer[filled++] = c;
}

static int next_byte(void)
{
    while (received_at == received_length) {
        ssize_t n = read(input, received, sizeof(received));

        if (n == 0 || (n < 0 && errno != EINTR))
            return -1;
        received_at = 0;
        received_length = n > 0 ? n : 0;
    }
    return (unsigned char)received[received_at++];
}

char *wire_line(void)
{
    static char *line;
    static size_t capacity;
    size_t length = 0;
    int c;

    while ((c = next_byte()) >= 0 && c != '\n') {
        if (length + 2 > capacity) {
            capacity = capacity ? 2 * capacity : 4096;
            line = realloc(line, capacity);
            if (!line)
                exit(1);
        }
        if (c != '\r')
            line[length++] = c;
    }
    if (c < 0)
        return NULL;
    if (!line)
        return "";
    line[length] = 0;
    return line;
}

void wire_text(const char *text)
{
    while (*text)
        put(*text++);
}

void wire_number(long long number)
{
    char text[32];

    snprintf(text, sizeof(text), "%lld", number);
    wire_text(text);
}

void wire_hex(const void *data, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *byte = data;

    if (!length)
        put('-');
    for (size_t i = 0; i < length; i++) {
        put(digits[byte[i] >> 4]);
        put(digits[byte[i] & 15]);
    }
}

void wire_end(void)
{
    put('\n');
    flush();
}

void wire_ok(void)
{
    wire_text("ok");
    wire_end();
}

const char *error_name(int error)
{
    static char number[16];
    const char *name = strerrorname_np(error);

    if (name)
        return name;
    snprintf(number, sizeof(number), "E%d", error);
    return number;
}

void wire_refuse(int error, const char *where)
{
    wire_text("err ");
    wire_text(error_name(error));
    if (where) {
        put(' ');
        wire_text(where);
    }
    wire_end();
}

char *next_word(char **line)
{
    char *word = *line + strspn(*line, " ");
    char *end = word + strcspn(word, " ");

    *line = *end ? end + 1 : end;
    *end = 0;
    return word;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : 0;
}

struct bytes unhex(const char *word)
{
    struct bytes bytes = {.length = strcmp(word, "-") ? strlen(word) / 2 : 0};

    bytes.data = malloc(bytes.length + 1);
    if (!bytes.data)
        exit(1);
    for (size_t i = 0; i < bytes.length; i++)
        bytes.data[i] = digit(word[2 * i]) << 4 | digit(word[2 * i + 1]);
    bytes.data[bytes.length] = 0;
    return bytes;
}
