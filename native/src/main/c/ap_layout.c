/* SPDX-License-Identifier: Apache-2.0 */
#include "ap_layout.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct text {
    char *at;
    int size;
    int length;
};

static void line(struct text *text, const char *name, uint64_t number)
{
    int room = text->size > text->length ? text->size - text->length : 0;

    text->length += snprintf(room ? text->at + text->length : NULL, room, "%s=0x%llx\n", name,
                             (unsigned long long)number);
}

/* The bytes of a word in the order in which they are stored, whatever this machine's order is. */
static uint64_t stored(const void *word, size_t bytes)
{
    const unsigned char *byte = word;
    uint64_t number = 0;

    while (bytes--)
        number = number << 8 | *byte++;
    return number;
}

#define SIZE(type) line(&text, #type, sizeof(struct type))
#define OFFSET(type, field) line(&text, #type "." #field, offsetof(struct type, field))
/* All ones stored into the field alone: what the word holds then is the field's mask. */
#define MASK(type, field)                                                                                              \
    do {                                                                                                               \
        struct type block;                                                                                             \
        memset(&block, 0, sizeof(block));                                                                              \
        block.field = all_ones;                                                                                        \
        line(&text, #type "." #field, stored(&block, sizeof(block) > 8 ? 4 : sizeof(block)));                          \
    } while (0)

/* The blocks are looked at byte by byte, which is the one thing that their storage order does not change. */
#pragma GCC diagnostic ignored "-Wscalar-storage-order"

int ap_layout(char *into, int size)
{
    const volatile uint64_t all_ones = -1; /* not a constant: the compiler would warn of each that does not fit */
    struct text text = {into, size, 0};

    SIZE(ap_status_word);
    MASK(ap_status_word, empty);
    MASK(ap_status_word, replies_waiting);
    MASK(ap_status_word, full);
    MASK(ap_status_word, async);
    MASK(ap_status_word, irq_enabled);
    MASK(ap_status_word, response_code);

    SIZE(ap_tapq_info);
    MASK(ap_tapq_info, apsc);
    MASK(ap_tapq_info, mex4k);
    MASK(ap_tapq_info, crt4k);
    MASK(ap_tapq_info, cca);
    MASK(ap_tapq_info, accel);
    MASK(ap_tapq_info, ep11);
    MASK(ap_tapq_info, apxa);
    MASK(ap_tapq_info, slcf);
    MASK(ap_tapq_info, class);
    MASK(ap_tapq_info, bind_state);
    MASK(ap_tapq_info, type);
    MASK(ap_tapq_info, nd);
    MASK(ap_tapq_info, ml);
    MASK(ap_tapq_info, depth_less_one);

    SIZE(ap_pqap_gr0);
    MASK(ap_pqap_gr0, fc);
    MASK(ap_pqap_gr0, t);
    MASK(ap_pqap_gr0, f);
    MASK(ap_pqap_gr0, reserved);
    MASK(ap_pqap_gr0, apid);
    MASK(ap_pqap_gr0, apqi);

    SIZE(ap_message_gr0);
    MASK(ap_message_gr0, dqap_first);
    MASK(ap_message_gr0, nqap_last);
    MASK(ap_message_gr0, special);
    MASK(ap_message_gr0, apqn);

    SIZE(ap_aqic_gr1);
    MASK(ap_aqic_gr1, zone);
    MASK(ap_aqic_gr1, ir);
    MASK(ap_aqic_gr1, gisc);
    MASK(ap_aqic_gr1, gisa_format);
    MASK(ap_aqic_gr1, gisa_origin);
    MASK(ap_aqic_gr1, isc);

    SIZE(ap_config_info);
    MASK(ap_config_info, apsc);
    MASK(ap_config_info, apxa);
    MASK(ap_config_info, qact);
    MASK(ap_config_info, rc8a);
    MASK(ap_config_info, apsb);
    OFFSET(ap_config_info, na);
    OFFSET(ap_config_info, nd);
    OFFSET(ap_config_info, apm);
    OFFSET(ap_config_info, aqm);
    OFFSET(ap_config_info, adm);

    SIZE(sie_apcb0);
    OFFSET(sie_apcb0, apm);
    OFFSET(sie_apcb0, aqm);
    OFFSET(sie_apcb0, adm);
    SIZE(sie_apcb1);
    OFFSET(sie_apcb1, apm);
    OFFSET(sie_apcb1, aqm);
    OFFSET(sie_apcb1, adm);
    SIZE(sie_crycb);
    OFFSET(sie_crycb, apcb0);
    OFFSET(sie_crycb, dea_mask);
    OFFSET(sie_crycb, aes_mask);
    OFFSET(sie_crycb, apcb1);
    OFFSET(sie_crycb, apcb1.apm);
    OFFSET(sie_crycb, apcb1.aqm);
    OFFSET(sie_crycb, apcb1.adm);

    SIZE(sie_gisa);
    OFFSET(sie_gisa, next_alert);
    OFFSET(sie_gisa, ipm);
    OFFSET(sie_gisa, iam);

    MASK(sie_eca, cei);
    MASK(sie_eca, ib);
    MASK(sie_eca, sigpi);
    MASK(sie_eca, aiv);
    MASK(sie_eca, apie);
    MASK(sie_eca, sii);
    MASK(sie_ecb3, dea);
    MASK(sie_ecb3, aes);
    MASK(sie_ecd, ecc);
    MASK(sie_ecd, hmac);
    MASK(sie_crycbd, address);
    MASK(sie_crycbd, format);

    SIZE(sie_block);
    OFFSET(sie_block, eca);
    OFFSET(sie_block, icptcode);
    OFFSET(sie_block, ipa);
    OFFSET(sie_block, ipb);
    OFFSET(sie_block, ecb);
    OFFSET(sie_block, ecb2);
    OFFSET(sie_block, ecb3);
    OFFSET(sie_block, gd);
    OFFSET(sie_block, crycbd);
    OFFSET(sie_block, fac);
    OFFSET(sie_block, ecd);
    return text.length;
}
