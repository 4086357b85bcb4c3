/*
 * Loads an s390x Linux image and starts it in place of the running kernel.
 *
 *   kexec IMAGE INITRD COMMAND-LINE
 *
 * The image is the file that QEMU boots: offset 0x10000 of it is what lies at that address, the entry, and holds where
 * the initramfs and the command line are (Documentation/arch/s390, "zImage").
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define START 0x10000UL
#define INITRD_ADDRESS 0x10408UL
#define INITRD_SIZE 0x10410UL
#define COMMAND_LINE 0x10480UL
#define COMMAND_LINE_BYTES 896UL
/* Where the initramfs goes: above all that the kernel unpacks itself to. */
#define INITRD 0x8000000UL

#define KEXEC_ARCH_S390 (22UL << 16)
#define REBOOT_MAGIC1 0xfee1deadUL
#define REBOOT_MAGIC2 672274793UL
#define REBOOT_KEXEC 0x45584543UL

struct segment {
	const void *buffer;
	size_t length;
	const void *address;
	size_t storage;
};

static uint8_t *content(const char *name, size_t *length)
{
	struct stat status;
	int fd = open(name, O_RDONLY);
	uint8_t *bytes;

	if (fd < 0 || fstat(fd, &status)) {
		perror(name);
		exit(1);
	}
	bytes = malloc(status.st_size);
	for (*length = 0; *length < (size_t)status.st_size;) {
		ssize_t count = read(fd, bytes + *length, status.st_size - *length);

		if (count <= 0) {
			perror(name);
			exit(1);
		}
		*length += count;
	}
	return bytes;
}

static size_t pages(size_t length)
{
	return (length + 4095) & ~4095UL;
}

int main(int argc, char **argv)
{
	size_t image_length, initrd_length;
	uint8_t *image, *initrd;

	if (argc != 4)
		return 2;
	image = content(argv[1], &image_length);
	initrd = content(argv[2], &initrd_length);
	*(uint64_t *)(image + INITRD_ADDRESS) = INITRD;
	*(uint64_t *)(image + INITRD_SIZE) = initrd_length;
	memset(image + COMMAND_LINE, 0, COMMAND_LINE_BYTES);
	strncpy((char *)image + COMMAND_LINE, argv[3], COMMAND_LINE_BYTES - 1);
	struct segment segments[] = {
		{ image + START, image_length - START, (void *)START, pages(image_length - START) },
		{ initrd, initrd_length, (void *)INITRD, pages(initrd_length) },
	};
	if (syscall(SYS_kexec_load, START, 2UL, segments, KEXEC_ARCH_S390)) {
		perror("kexec_load");
		return 1;
	}
	syscall(SYS_reboot, REBOOT_MAGIC1, REBOOT_MAGIC2, REBOOT_KEXEC, NULL);
	perror("reboot");
	return 1;
}
