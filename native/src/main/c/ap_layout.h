/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blocks and words that the Java side reads and writes byte by byte, once more as C structures, so that a compiler
 * says where each field is and a test can compare. All are big-endian and number bits from the left, on any machine.
 *
 * Layout facts after Linux arch/s390/include/asm/ap.h (status, TAPQ, QCI), kvm_host.h (CRYCB) and kvm_host_types.h
 * (SIE block).
 */
#ifndef APVIRT_AP_LAYOUT_H
#define APVIRT_AP_LAYOUT_H

#include <stdint.h>

/* GCC then lays out bit-fields from the leftmost bit too. */
#define BIG_ENDIAN_STRUCT __attribute__((packed, scalar_storage_order("big-endian")))

/* Low word of GR1 after an instruction. */
struct ap_status_word {
    uint32_t empty : 1;
    uint32_t replies_waiting : 1;
    uint32_t full : 1;
    uint32_t : 3;
    uint32_t async : 1;
    uint32_t irq_enabled : 1;
    uint32_t response_code : 8;
    uint32_t : 16;
} BIG_ENDIAN_STRUCT;

/* GR2 after TAPQ. */
struct ap_tapq_info {
    uint64_t apsc : 1;
    uint64_t mex4k : 1;
    uint64_t crt4k : 1;
    uint64_t cca : 1;
    uint64_t accel : 1;
    uint64_t ep11 : 1;
    uint64_t apxa : 1;
    uint64_t slcf : 1;
    uint64_t class : 8;
    uint64_t bind_state : 2;
    uint64_t : 14;
    uint64_t type : 8;
    uint64_t nd : 8;
    uint64_t : 4;
    uint64_t ml : 4;
    uint64_t : 4;
    uint64_t depth_less_one : 4;
} BIG_ENDIAN_STRUCT;

/* Low word of GR0 for PQAP. */
struct ap_pqap_gr0 {
    uint32_t fc : 8;
    uint32_t t : 1;
    uint32_t f : 1;
    uint32_t reserved : 6;
    uint32_t apid : 8;
    uint32_t apqi : 8;
} BIG_ENDIAN_STRUCT;

/* Low word of GR0 for NQAP and DQAP. */
struct ap_message_gr0 {
    uint32_t dqap_first : 1;
    uint32_t nqap_last : 1;
    uint32_t : 7;
    uint32_t special : 1;
    uint32_t : 6;
    uint32_t apqn : 16;
} BIG_ENDIAN_STRUCT;

/* GR1 for AQIC. */
struct ap_aqic_gr1 {
    uint64_t : 8;
    uint64_t zone : 8;
    uint64_t ir : 1;
    uint64_t : 4;
    uint64_t gisc : 3;
    uint64_t : 6;
    uint64_t gisa_format : 2;
    uint64_t : 1;
    uint64_t gisa_origin : 27;
    uint64_t : 1;
    uint64_t isc : 3;
} BIG_ENDIAN_STRUCT;

/* The block that QCI stores. */
struct ap_config_info {
    uint32_t apsc : 1;
    uint32_t apxa : 1;
    uint32_t qact : 1;
    uint32_t rc8a : 1;
    uint32_t : 4;
    uint32_t apsb : 1;
    uint32_t : 23;
    uint8_t na;
    uint8_t nd;
    uint8_t reserved6[10];
    uint8_t apm[32];
    uint8_t aqm[32];
    uint8_t adm[32];
    uint8_t reserved70[16];
} BIG_ENDIAN_STRUCT;

/* The crypto control block. */
struct sie_apcb0 {
    uint64_t apm;
    uint64_t aqm;
    uint64_t adm;
    uint64_t reserved18;
} BIG_ENDIAN_STRUCT;

struct sie_apcb1 {
    uint8_t apm[32];
    uint8_t aqm[32];
    uint8_t adm[32];
    uint8_t reserved60[32];
} BIG_ENDIAN_STRUCT;

struct sie_crycb {
    struct sie_apcb0 apcb0;
    uint8_t reserved20[40];
    uint8_t dea_mask[24];
    uint8_t aes_mask[32];
    struct sie_apcb1 apcb1;
} BIG_ENDIAN_STRUCT;

/* The GISA, its first part that both formats share. */
struct sie_gisa {
    uint32_t next_alert;
    uint8_t ipm;
    uint8_t other05[2];
    uint8_t iam;
    uint8_t other08[24];
} BIG_ENDIAN_STRUCT;

/* Execution controls that have to do with AP. */
struct sie_eca {
    uint32_t cei : 1;
    uint32_t ib : 1;
    uint32_t : 1;
    uint32_t sigpi : 1;
    uint32_t : 6;
    uint32_t aiv : 1;
    uint32_t : 17;
    uint32_t apie : 1;
    uint32_t : 2;
    uint32_t sii : 1;
} BIG_ENDIAN_STRUCT;

struct sie_ecb3 {
    uint8_t : 4;
    uint8_t dea : 1;
    uint8_t aes : 1;
    uint8_t : 2;
} BIG_ENDIAN_STRUCT;

struct sie_ecd {
    uint32_t : 10;
    uint32_t ecc : 1;
    uint32_t : 6;
    uint32_t hmac : 1;
    uint32_t : 14;
} BIG_ENDIAN_STRUCT;

/* The CRYCB designation. */
struct sie_crycbd {
    uint32_t : 1;
    uint32_t address : 28;
    uint32_t : 1;
    uint32_t format : 2;
} BIG_ENDIAN_STRUCT;

/* The state description, as far as AP has to do with it. */
struct sie_block {
    uint8_t other00[0x4c];
    uint32_t eca;
    uint8_t icptcode;
    uint8_t other51[5];
    uint16_t ipa;
    uint32_t ipb;
    uint8_t other5c[5];
    uint8_t ecb;
    uint8_t ecb2;
    uint8_t ecb3;
    uint8_t other64[12];
    uint32_t gd;
    uint8_t other74[0x88];
    uint32_t crycbd;
    uint8_t other100[0xa0];
    uint32_t fac;
    uint8_t other1a4[0x24];
    uint32_t ecd;
    uint8_t other1cc[0x34];
} BIG_ENDIAN_STRUCT;

/*
 * Writes the table: one line "name=number" for each structure (its size in bytes), each field (its offset in bytes,
 * "structure.field") and each bit-field (its mask in the word, "structure.field").
 *
 * Returns the length of the text; what does not fit in size bytes, the terminating 0 included, is left out.
 */
int ap_layout(char *text, int size);

#endif
