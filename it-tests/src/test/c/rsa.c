/*
 * RSA through /dev/z90crypt, for a guest without a crypto library: numbers come in as hexadecimal arguments and the
 * result goes out as one.
 *
 *   rsa me  LENGTH INPUT EXPONENT MODULUS     ICARSAMODEXPO
 *   rsa crt LENGTH INPUT P Q DP DQ U          ICARSACRT
 *   rsa times N me|crt ...                     the same N times over
 *   rsa sigill                                PQAP in problem state: prints the si_code
 *
 * LENGTH is that of the modulus in bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct modexpo {
	uint8_t *input;
	uint32_t input_length;
	uint8_t *output;
	uint32_t output_length;
	uint8_t *exponent;
	uint8_t *modulus;
};

struct crt {
	uint8_t *input;
	uint32_t input_length;
	uint8_t *output;
	uint32_t output_length;
	uint8_t *dp;
	uint8_t *dq;
	uint8_t *p;
	uint8_t *q;
	uint8_t *u;
};

_Static_assert(sizeof(struct modexpo) == 48, "the kernel's layout");
_Static_assert(sizeof(struct crt) == 72, "the kernel's layout");

#define ICARSAMODEXPO 0xC0007A05UL
#define ICARSACRT 0xC0007A06UL

/* A number, right-aligned in so many bytes. */
static uint8_t *number(const char *hex, size_t length)
{
	uint8_t *bytes = calloc(1, length);
	size_t digits = strlen(hex);
	for (size_t i = 0; i < digits && i < 2 * length; i++) {
		char c = hex[digits - 1 - i];
		int nibble = c <= '9' ? c - '0' : c - 'a' + 10;
		bytes[length - 1 - i / 2] |= nibble << (i % 2 * 4);
	}
	return bytes;
}

static void on_sigill(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	printf("sigill %d\n", info->si_code);
	fflush(stdout);
	_exit(0);
}

static int print(const uint8_t *bytes, size_t length)
{
	printf("result ");
	for (size_t i = 0; i < length; i++)
		printf("%02x", bytes[i]);
	printf("\n");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "sigill")) {
		struct sigaction action = { .sa_sigaction = on_sigill, .sa_flags = SA_SIGINFO };
		sigaction(SIGILL, &action, NULL);
		__asm__ volatile(".insn rre,0xb2af0000,%%r0,%%r0" ::: "cc", "memory", "0", "1", "2");
		printf("no sigill\n");
		return 1;
	}
	long times = 1;
	if (argc > 3 && !strcmp(argv[1], "times")) {
		times = strtol(argv[2], NULL, 10);
		argc -= 2;
		argv += 2;
	}
	int fd = open("/dev/z90crypt", O_RDWR);
	if (fd < 0 || argc < 6) {
		printf("error %s\n", strerror(errno));
		return 1;
	}
	size_t n = strtoul(argv[2], NULL, 10);
	uint8_t *output = calloc(1, n);
	int rc = 0;
	if (!strcmp(argv[1], "me")) {
		struct modexpo request = { number(argv[3], n), n, output, n, number(argv[4], n), number(argv[5], n) };
		while (times-- > 0 && !rc)
			rc = ioctl(fd, ICARSAMODEXPO, &request);
	} else {
		struct crt request = { number(argv[3], n), n, output, n, number(argv[6], n / 2 + 8),
			number(argv[7], n / 2), number(argv[4], n / 2 + 8), number(argv[5], n / 2),
			number(argv[8], n / 2 + 8) };
		while (times-- > 0 && !rc)
			rc = ioctl(fd, ICARSACRT, &request);
	}
	if (rc) {
		printf("error %s\n", strerror(errno));
		return 1;
	}
	return print(output, n);
}
