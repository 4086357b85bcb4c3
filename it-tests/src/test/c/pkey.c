/*
 * Asks /dev/pkey of a guest: key tokens go into and come from files, protected keys are printed.
 *
 *   pkey genseck   CARD DOMAIN BITS OUT            pkey verify   TOKEN
 *   pkey clr2seck  CARD DOMAIN CLEAR OUT           pkey protect  CARD DOMAIN TOKEN
 *   pkey genseck2  CARD DOMAIN TYPE BITS OUT       pkey verify2  TOKEN
 *   pkey clr2seck2 CARD DOMAIN TYPE CLEAR OUT      pkey protect3 CARD DOMAIN TOKEN
 *
 * TYPE: 1 CCA DATA, 2 CCA CIPHER, 3 EP11. CLEAR is hexadecimal. A failed request prints "error ERRNO".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <asm/pkey.h>

static int device;

static int ask(unsigned long request, void *argument)
{
	int rc = ioctl(device, request, argument);
	if (rc)
		printf("error %s\n", strerror(errno));
	return rc;
}

static int save(const char *file, const void *bytes, size_t length)
{
	FILE *out = fopen(file, "w");
	int bad = !out || fwrite(bytes, 1, length, out) != length || fclose(out);
	printf(bad ? "cannot write\n" : "token of %zu bytes\n", length);
	return bad;
}

static size_t load(const char *file, uint8_t *bytes, size_t room)
{
	FILE *in = fopen(file, "r");
	size_t length = in ? fread(bytes, 1, room, in) : 0;
	if (in)
		fclose(in);
	return length;
}

static uint32_t clear_key(const char *hex, struct pkey_clrkey *key)
{
	uint32_t length = strlen(hex) / 2;
	for (uint32_t i = 0; i < length && i < sizeof(key->clrkey); i++)
		sscanf(hex + 2 * i, "%2hhx", &key->clrkey[i]);
	return length;
}

static int print(const char *name, const uint8_t *bytes, size_t length)
{
	printf("%s ", name);
	for (size_t i = 0; i < length; i++)
		printf("%02x", bytes[i]);
	printf("\n");
	return 0;
}

static int run(const char *verb, int argc, char **argv)
{
	static uint8_t token[1024], protected_key[512];
	struct pkey_apqn apqn = { argc > 1 ? strtoul(argv[0], NULL, 0) : 0, argc > 1 ? strtoul(argv[1], NULL, 0) : 0 };
	if (!strcmp(verb, "genseck") && argc == 4) {
		struct pkey_genseck it = { .cardnr = apqn.card, .domain = apqn.domain,
			.keytype = strtoul(argv[2], NULL, 10) / 64 - 1 };
		return ask(PKEY_GENSECK, &it) || save(argv[3], it.seckey.seckey, sizeof(it.seckey));
	}
	if (!strcmp(verb, "clr2seck") && argc == 4) {
		struct pkey_clr2seck it = { .cardnr = apqn.card, .domain = apqn.domain };
		it.keytype = clear_key(argv[2], &it.clrkey) / 8 - 1;
		return ask(PKEY_CLR2SECK, &it) || save(argv[3], it.seckey.seckey, sizeof(it.seckey));
	}
	if (!strcmp(verb, "genseck2") && argc == 5) {
		struct pkey_genseck2 it = { .apqns = &apqn, .apqn_entries = 1, .type = strtoul(argv[2], NULL, 10),
			.size = strtoul(argv[3], NULL, 10), .key = token, .keylen = sizeof(token) };
		return ask(PKEY_GENSECK2, &it) || save(argv[4], token, it.keylen);
	}
	if (!strcmp(verb, "clr2seck2") && argc == 5) {
		struct pkey_clr2seck2 it = { .apqns = &apqn, .apqn_entries = 1, .type = strtoul(argv[2], NULL, 10),
			.key = token, .keylen = sizeof(token) };
		it.size = clear_key(argv[3], &it.clrkey) * 8;
		return ask(PKEY_CLR2SECK2, &it) || save(argv[4], token, it.keylen);
	}
	if (!strcmp(verb, "verify") && argc == 1) {
		struct pkey_verifykey it = { .cardnr = 0 };
		load(argv[0], it.seckey.seckey, sizeof(it.seckey));
		if (ask(PKEY_VERIFYKEY, &it))
			return 1;
		printf("%02x.%04x %u bits%s\n", it.cardnr, it.domain, it.keysize,
		       it.attributes & PKEY_VERIFY_ATTR_OLD_MKVP ? " old" : "");
		return 0;
	}
	if (!strcmp(verb, "verify2") && argc == 1) {
		struct pkey_verifykey2 it = { .key = token, .cardnr = 0xffff, .domain = 0xffff };
		it.keylen = load(argv[0], token, sizeof(token));
		if (ask(PKEY_VERIFYKEY2, &it))
			return 1;
		printf("%02x.%04x type %u %u bits%s%s\n", it.cardnr, it.domain, it.type, it.size,
		       it.flags & PKEY_FLAGS_MATCH_CUR_MKVP ? " current" : "",
		       it.flags & PKEY_FLAGS_MATCH_ALT_MKVP ? " old" : "");
		return 0;
	}
	if (!strcmp(verb, "protect") && argc == 3) {
		struct pkey_sec2protk it = { .cardnr = apqn.card, .domain = apqn.domain };
		load(argv[2], it.seckey.seckey, sizeof(it.seckey));
		return ask(PKEY_SEC2PROTK, &it) || print("protected", it.protkey.protkey, it.protkey.len);
	}
	if (!strcmp(verb, "protect3") && argc == 3) {
		struct pkey_kblob2pkey3 it = { .key = token, .apqns = &apqn, .apqn_entries = 1, .pkey = protected_key,
			.pkeylen = sizeof(protected_key) };
		it.keylen = load(argv[2], token, sizeof(token));
		return ask(PKEY_KBLOB2PROTK3, &it) || print("protected", protected_key, it.pkeylen);
	}
	fprintf(stderr, "pkey: the head of pkey.c tells the verbs\n");
	return 2;
}

int main(int argc, char **argv)
{
	device = open("/dev/pkey", O_RDWR);
	if (device < 0) {
		printf("no /dev/pkey: %s\n", strerror(errno));
		return 1;
	}
	return argc < 3 ? 2 : run(argv[1], argc - 2, argv + 2);
}
