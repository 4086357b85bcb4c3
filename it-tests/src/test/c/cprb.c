/*
 * Sends a CCA request block through /dev/z90crypt (ZSECSENDCPRB) and prints what came back.
 *
 *   cprb CARD IDENTIFIER DOMAIN PARAMETERS     decimal; the CPRB's two letters; decimal; hexadecimal
 *
 * Prints "reply RETURN/REASON PARAMETERS", or "error ERRNO status STATUS" with the card's status.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <asm/zcrypt.h>

#define CPRBX_LENGTH 220

int main(int argc, char **argv)
{
	if (argc != 5 || strlen(argv[2]) != 2) {
		fprintf(stderr, "usage: cprb CARD IDENTIFIER DOMAIN PARAMETERS\n");
		return 2;
	}
	static uint8_t request[CPRBX_LENGTH + 2048], reply[CPRBX_LENGTH + 2048];
	size_t length = strlen(argv[4]) / 2;
	struct CPRBX *block = (struct CPRBX *)request;
	if (length > sizeof(request) - CPRBX_LENGTH)
		return 2;
	for (size_t i = 0; i < length; i++) {
		unsigned int byte;
		if (sscanf(argv[4] + 2 * i, "%2x", &byte) != 1)
			return 2;
		request[CPRBX_LENGTH + i] = byte;
	}
	block->cprb_len = CPRBX_LENGTH;
	block->cprb_ver_id = 2;
	memcpy(block->func_id, argv[2], 2);
	block->domain = strtoul(argv[3], NULL, 10);
	block->req_parml = length;
	block->rpl_msgbl = sizeof(reply) - CPRBX_LENGTH;
	struct ica_xcRB send = {
		.agent_ID = 0x4341, /* "CA" */
		.user_defined = strtoul(argv[1], NULL, 10),
		.request_control_blk_length = CPRBX_LENGTH + length,
		.request_control_blk_addr = (void *)request,
		.reply_control_blk_length = sizeof(reply),
		.reply_control_blk_addr = (void *)reply,
	};
	int fd = open("/dev/z90crypt", O_RDWR);
	if (fd < 0 || ioctl(fd, ZSECSENDCPRB, &send)) {
		printf("error %s status %08x\n", strerror(errno), send.status);
		return 1;
	}
	block = (struct CPRBX *)reply;
	printf("reply %d/%d ", block->ccp_rtcode, block->ccp_rscode);
	for (size_t i = 0; i < block->rpld_parml && i < sizeof(reply) - CPRBX_LENGTH; i++)
		printf("%02x", reply[CPRBX_LENGTH + i]);
	printf("\n");
	return 0;
}
