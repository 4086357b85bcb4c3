/*
 * Many RSA requests at once through /dev/z90crypt, each compared with what it must give: a number of 64 bits to the power of
 * 3 is smaller than the modulus, 2^1024-105, so that it can be computed here by two multiplications.
 *
 *   soak REQUESTS THREADS [pipe]
 *
 * With "pipe" each request goes twice through a pipe of its thread instead, and no card has to do with it: what the computer
 * that runs this makes of a second CPU. A request that fails because cards come and go is issued again. Prints "soak: begin", then "soak: N right, N wrong, N
 * again", and the errors that occurred.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LENGTH 128
#define ICARSAMODEXPO 0xC0007A05UL

struct modexpo {
	uint8_t *input;
	uint32_t input_length;
	uint8_t *output;
	uint32_t output_length;
	uint8_t *exponent;
	uint8_t *modulus;
};

_Static_assert(sizeof(struct modexpo) == 48, "the kernel's layout");

static int is_pipe;
static atomic_long left, right, wrong, again;
static atomic_long failures[256];

static void put(uint8_t *end, uint64_t number)
{
	for (int i = 0; i < 8; i++)
		*--end = number >> (8 * i);
}

/* The cube of a number of 64 bits, in the last 24 bytes. */
static void cube(uint8_t *bytes, uint64_t x)
{
	unsigned __int128 square = (unsigned __int128)x * x;
	unsigned __int128 low = (unsigned __int128)(uint64_t)square * x;
	unsigned __int128 high = (unsigned __int128)(uint64_t)(square >> 64) * x + (uint64_t)(low >> 64);

	memset(bytes, 0, LENGTH);
	put(bytes + LENGTH, low);
	put(bytes + LENGTH - 8, high);
	put(bytes + LENGTH - 16, high >> 64);
}

/* As an ioctl: 0, or -1 and errno. */
static int through_pipe(const int *ends, const struct modexpo *request)
{
	for (int i = 0; i < 2; i++)
		if (write(ends[1], i ? request->output : request->input, LENGTH) != LENGTH ||
		    read(ends[0], request->output, LENGTH) != LENGTH)
			return -1;
	return 0;
}

static void *work(void *number)
{
	uint8_t input[LENGTH] = {0}, output[LENGTH], exponent[LENGTH] = {0}, modulus[LENGTH], expected[LENGTH];
	uint64_t x = 0x9e3779b97f4a7c15ULL * ((uintptr_t)number + 1);
	int fd = -1, ends[2] = { -1, -1 };

	if (is_pipe)
		fd = pipe(ends);
	else
		fd = open("/dev/z90crypt", O_RDWR);
	memset(modulus, 0xff, LENGTH);
	modulus[LENGTH - 1] = 0xff - 104;
	exponent[LENGTH - 1] = 3;
	while (fd >= 0 && atomic_fetch_sub(&left, 1) > 0) {
		struct modexpo request = { input, LENGTH, output, LENGTH, exponent, modulus };

		x = x * 6364136223846793005ULL + 1442695040888963407ULL;
		put(input + LENGTH, x);
		cube(expected, x);
		if (is_pipe)
			memcpy(expected, input, LENGTH);
		memset(output, 0, LENGTH);
		while (is_pipe ? through_pipe(ends, &request) : ioctl(fd, ICARSAMODEXPO, &request)) {
			atomic_fetch_add(&again, 1);
			atomic_fetch_add(&failures[errno & 255], 1);
			usleep(1000);
		}
		atomic_fetch_add(memcmp(output, expected, LENGTH) ? &wrong : &right, 1);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[64];
	long count = argc >= 3 ? atol(argv[2]) : 0;

	is_pipe = argc == 4 && !strcmp(argv[3], "pipe");
	if (argc != 3 + is_pipe || count < 1 || count > 64)
		return 2;
	atomic_store(&left, atol(argv[1]));
	printf("soak: begin\n");
	fflush(stdout);
	for (long i = 0; i < count; i++)
		pthread_create(&threads[i], NULL, work, (void *)i);
	for (long i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	printf("soak: %ld right, %ld wrong, %ld again\n", right, wrong, again);
	for (int i = 0; i < 256; i++)
		if (failures[i])
			printf("soak: %ld times %s\n", failures[i], strerror(i));
	return 0;
}
