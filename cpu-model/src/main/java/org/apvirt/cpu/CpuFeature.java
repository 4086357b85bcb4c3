// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

import java.util.Collections;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A CPU feature that QEMU knows by name. The order of the constants is QEMU's: lists of features are printed in it.
 *
 * <p>The rows of AP carry the description that {@code -cpu help} prints; for the others the name must do.
 * Source: QEMU {@code target/s390x/cpu_features_def.h.inc}; names and sets observed with QEMU 7.2, 10.0 and
 * 11.1.
 */
public enum CpuFeature {
    ESAN3(0), ZARCH(1), DATEH(3), IDTES(4), IDTER(5), ASNLXR(6), STFLE(7), EDAT(8), SRS(9), CSSKE(10), CTOP(11),
    AP_QUERY_CONFIG_INFO("apqci", Block.STFL, 12, "Query AP Configuration Information facility"),
    IPTER(13), NONQKS(14),
    AP_FACILITIES_TEST("apft", Block.STFL, 15, "AP Facilities Test facility"),
    ETF2(16), MSA_BASE(17), LDISP(18), LDISPHP(19), HFPM(20), EIMM(21), ETF3(22), HFPUE(23), ETF2EH(24), STCKF(25),
    PARSEH(26), MVCOS(27), TODS_BASE(28), ETF3EH(30), ECTG(31), CSST(32), CSST2(33), GINSTE(34), EXRL(35), EMON(36),
    FPE(37), OPC(38), SPROGP(40), FPSEH(41), DFP(42), DFPHP(43), PFPO(44), STFLE45(45), CMPSCEH(47), DFPZC(48),
    STFLE49(49), CTE(50), LTLBC(51), IACC2(52), STFLE53(53), EEC(54), MSA5_BASE(57), MINSTE2(58), SEMA(59), TSI(60),
    MINSTE3(61), RI(64),
    AP_QUEUE_INTERRUPT_CONTROL("apqi", Block.STFL, 65, "AP-Queue interruption facility"),
    ZPCI(69), AEN(71), AIS(72), TE(73), STHYI(74), AEFSI(75), MSA3_BASE(76), MSA4_BASE(77), EDAT2(78), DFPPC(80),
    PPA15(81), BPB(82), MINSTE4(84), SIF(85), MSA12_BASE(86), PLO_EXT(87), VX(129), IEP(130),
    SEA_ESOP2("sea_esop2", 131), GS(133), VXPD(134), VXEH(135), MEPOCH(139), ELS(140), TPEI(144), IRBM(145),
    MSA8_BASE(146), CMMNT(147), VXEH2(148), ESORT_BASE(150), DEFLATE_BASE(151), VXPDEH(152), MSA9_BASE(155),
    ETOKEN(156), UNPACK(161), NNPA(165), INEFF_NC_TX("ineff_nc_tx", 170), VXPDEH2(192), BEAREH(193), RDP(194),
    PAI(196), PAIE(197), VXEH3(198), VXPDEH3(199), CCF_BASE(201), GSLS(Block.SCLP), ESOP(Block.SCLP), HPMA2(Block.SCLP),
    KSS(Block.SCLP),
    SIE_64BSCAO("64bscao", Block.SCLP), CMMA(Block.SCLP), PFMFI(Block.SCLP), IBS(Block.SCLP), DIAG318(Block.SCLP),
    ASTFLEIE2(Block.SCLP),
    SIEF2(Block.SCLP), SKEY(Block.SCLP),
    GPEREH(Block.SCLP), SIIF(Block.SCLP), SIGPIF(Block.SCLP), IB(Block.SCLP), CEI(Block.SCLP), DATEH2(Block.MISC),
    CMM(Block.MISC),
    AP("ap", Block.MISC, -1, "AP instructions installed"),
    PLO_CL, PLO_CLG, PLO_CLGR, PLO_CLX, PLO_CS,
    PLO_CSG, PLO_CSGR, PLO_CSX, PLO_DCS, PLO_DCSG,
    PLO_DCSGR, PLO_DCSX, PLO_CSST, PLO_CSSTG,
    PLO_CSSTGR, PLO_CSSTX, PLO_CSDST, PLO_CSDSTG,
    PLO_CSDSTGR, PLO_CSDSTX, PLO_CSTST, PLO_CSTSTG,
    PLO_CSTSTGR, PLO_CSTSTX, PLO_CLO, PLO_CSO,
    PLO_DCSO, PLO_CSSTO, PLO_CSDSTO, PLO_CSTSTO,
    PLO_TCS, PLO_TCSG, PLO_TCSX, PLO_TCSO, PLO_QCS,
    PLO_QCSG, PLO_QCSX, PLO_QCSO, PLO_LO, PLO_DLX,
    PLO_DLO, PLO_TL, PLO_TLG, PLO_TLX, PLO_TLO,
    PLO_QL, PLO_QLG, PLO_QLX, PLO_QLO, PLO_STO,
    PLO_DST, PLO_DSTG, PLO_DSTX, PLO_DSTO, PLO_TST,
    PLO_TSTG, PLO_TSTX, PLO_TSTO, PLO_QST, PLO_QSTG,
    PLO_QSTX, PLO_QSTO, PTFF_QTO, PTFF_QSI,
    PTFF_QPC, PTFF_QUI, PTFF_QTOU, PTFF_QTSE,
    PTFF_QSIE, PTFF_QTOUE, PTFF_STO, PTFF_STOU,
    PTFF_STOE, PTFF_STOUE, KMAC_DEA, KMAC_TDEA_128,
    KMAC_TDEA_192, KMAC_EDEA, KMAC_ETDEA_128, KMAC_ETDEA_192,
    KMAC_AES_128, KMAC_AES_192, KMAC_AES_256, KMAC_EAES_128,
    KMAC_EAES_192, KMAC_EAES_256, KMAC_HMAC_SHA_224,
    KMAC_HMAC_SHA_246, KMAC_HMAC_SHA_384, KMAC_HMAC_SHA_512,
    KMAC_HMAC_ESHA_224, KMAC_HMAC_ESHA_246, KMAC_HMAC_ESHA_384,
    KMAC_HMAC_ESHA_512, KMAC_QAI, KMC_DEA, KMC_TDEA_128,
    KMC_TDEA_192, KMC_EDEA, KMC_ETDEA_128, KMC_ETDEA_192,
    KMC_AES_128, KMC_AES_192, KMC_AES_256, KMC_EAES_128,
    KMC_EAES_192, KMC_EAES_256, KMC_PRNG, KM_DEA,
    KM_TDEA_128, KM_TDEA_192, KM_EDEA, KM_ETDEA_128,
    KM_ETDEA_192, KM_AES_128, KM_AES_192, KM_AES_256,
    KM_EAES_128, KM_EAES_192, KM_EAES_256, KM_XTS_AES_128,
    KM_XTS_AES_256, KM_XTS_EAES_128, KM_XTS_EAES_256,
    KM_FULL_XTS_AES_128, KM_FULL_XTS_AES_256, KM_FULL_XTS_EAES_128,
    KM_FULL_XTS_EAES_256, KM_QAI, KIMD_SHA_1, KIMD_SHA_256,
    KIMD_SHA_512, KIMD_SHA3_224, KIMD_SHA3_256, KIMD_SHA3_384,
    KIMD_SHA3_512, KIMD_SHAKE_128, KIMD_SHAKE_256, KIMD_GHASH,
    KIMD_QAI, KLMD_SHA_1, KLMD_SHA_256, KLMD_SHA_512,
    KLMD_SHA3_224, KLMD_SHA3_256, KLMD_SHA3_384, KLMD_SHA3_512,
    KLMD_SHAKE_128, KLMD_SHAKE_256, KLMD_QAI, PCKMO_EDEA,
    PCKMO_ETDEA_128, PCKMO_ETDEA_192, PCKMO_AES_128,
    PCKMO_AES_192, PCKMO_AES_256, PCKMO_AES_XTS_128_DK,
    PCKMO_AES_XTS_256_DK, PCKMO_ECC_P256, PCKMO_ECC_P384,
    PCKMO_ECC_P521, PCKMO_ECC_ED25519, PCKMO_ECC_ED448,
    PCKMO_HMAC_512, PCKMO_HMAC_1024, PCKMO_QAI, KMCTR_DEA,
    KMCTR_TDEA_128, KMCTR_TDEA_192, KMCTR_EDEA, KMCTR_ETDEA_128,
    KMCTR_ETDEA_192, KMCTR_AES_128, KMCTR_AES_192, KMCTR_AES_256,
    KMCTR_EAES_128, KMCTR_EAES_192, KMCTR_EAES_256, KMCTR_QAI,
    KMF_DEA, KMF_TDEA_128, KMF_TDEA_192, KMF_EDEA,
    KMF_ETDEA_128, KMF_ETDEA_192, KMF_AES_128, KMF_AES_192,
    KMF_AES_256, KMF_EAES_128, KMF_EAES_192, KMF_EAES_256,
    KMF_QAI, KMO_DEA, KMO_TDEA_128, KMO_TDEA_192,
    KMO_EDEA, KMO_ETDEA_128, KMO_ETDEA_192, KMO_AES_128,
    KMO_AES_192, KMO_AES_256, KMO_EAES_128, KMO_EAES_192,
    KMO_EAES_256, KMO_QAI, PCC_CMAC_DEA, PCC_CMAC_TDEA_128,
    PCC_CMAC_TDEA_192, PCC_CMAC_EDEA, PCC_CMAC_ETDEA_128,
    PCC_CMAC_ETDEA_192, PCC_CMAC_AES_128, PCC_CMAC_AES_192,
    PCC_CMAC_AES_256, PCC_CMAC_EAES_128, PCC_CMAC_EAES_192,
    PCC_CMAC_EAES_256, PCC_XTS_AES_128, PCC_XTS_AES_256,
    PCC_XTS_EAES_128, PCC_XTS_EAES_256, PCC_SCALAR_MULT_P256,
    PCC_SCALAR_MULT_P384, PCC_SCALAR_MULT_P521, PCC_SCALAR_MULT_ED25519,
    PCC_SCALAR_MULT_ED448, PCC_SCALAR_MULT_X25519, PCC_SCALAR_MULT_X448,
    PCC_QAI, PPNO_SHA_512_DRNG, PRNO_TRNG_QRTCR, PRNO_TRNG,
    PRNO_QAI, KMA_GCM_AES_128, KMA_GCM_AES_192, KMA_GCM_AES_256,
    KMA_GCM_EAES_128, KMA_GCM_EAES_192, KMA_GCM_EAES_256,
    KMA_QAI, KDSA_ECDSA_VERIFY_P256, KDSA_ECDSA_VERIFY_P384,
    KDSA_ECDSA_VERIFY_P521, KDSA_ECDSA_SIGN_P256, KDSA_ECDSA_SIGN_P384,
    KDSA_ECDSA_SIGN_P521, KDSA_EECDSA_SIGN_P256, KDSA_EECDSA_SIGN_P384,
    KDSA_EECDSA_SIGN_P521, KDSA_EDDSA_VERIFY_ED25519, KDSA_EDDSA_VERIFY_ED448,
    KDSA_EDDSA_SIGN_ED25519, KDSA_EDDSA_SIGN_ED448, KDSA_EEDDSA_SIGN_ED25519,
    KDSA_EEDDSA_SIGN_ED448, KDSA_QAI, SORTL_SFLR, SORTL_SVLR,
    SORTL_32, SORTL_128, SORTL_F0, DFLTCC_GDHT,
    DFLTCC_CMPR, DFLTCC_XPND, DFLTCC_F0,
    UV_FEAT_AP("appv", Block.UV_FEAT_GUEST, 4, "AP instructions installed for secure guests"),
    UV_FEAT_AP_INTR("appvi", Block.UV_FEAT_GUEST, 5, "AP instructions interruption support for secure guests"),
    PFCR_QAF, PFCR_CSDST, PFCR_CSDSTG, PFCR_CSTST,
    PFCR_CSTSTG;

    /** Where a feature shows to the operating system. */
    public enum Block {
        /** A facility bit stored by STFLE. */
        STFL,
        /** A bit in an SCLP response. */
        SCLP,
        /** No bit: it shows when an instruction is tried. */
        MISC,
        /** A subfunction that the query function of an instruction reports, for example KM-AES-256. */
        SUBFUNCTION,
        /** A bit of the ultravisor's list of guest features. */
        UV_FEAT_GUEST
    }

    /** {@link #bit()} of a feature whose bit number is not recorded here. */
    public static final int NO_BIT = -1;

    private static final Map<String, CpuFeature> BY_TEXT = byText();

    private final String text;
    private final Block block;
    private final int bit;
    private final @Nullable String description;

    CpuFeature() {
        this(null, Block.SUBFUNCTION, -1, null);
    }

    CpuFeature(int facilityBit) {
        this(null, Block.STFL, facilityBit, null);
    }

    CpuFeature(String text, int facilityBit) {
        this(text, Block.STFL, facilityBit, null);
    }

    CpuFeature(Block block) {
        this(null, block, -1, null);
    }

    CpuFeature(String text, Block block) {
        this(text, block, -1, null);
    }

    CpuFeature(@Nullable String text, Block block, int bit, @Nullable String description) {
        this.text = text != null ? text : name().toLowerCase(Locale.ROOT).replace('_', '-');
        this.block = block;
        this.bit = bit;
        this.description = description;
    }

    private static Map<String, CpuFeature> byText() {
        Map<String, CpuFeature> features = new HashMap<>();
        for (CpuFeature feature : values()) {
            features.put(feature.text, feature);
        }
        return Collections.unmodifiableMap(features);
    }

    /** Returns the feature of a name as written after {@code -cpu MODEL,}; null if there is none. */
    public static @Nullable CpuFeature of(String text) {
        return BY_TEXT.get(text);
    }

    /** Returns where the feature shows. */
    public Block block() {
        return block;
    }

    /** Returns the bit number, MSB-0, in {@link Block#STFL} or {@link Block#UV_FEAT_GUEST}, else {@link #NO_BIT}. */
    public int bit() {
        return bit;
    }

    /** Returns what {@code -cpu help} says of an AP feature; null for the others. */
    public @Nullable String description() {
        return description;
    }

    /** Returns the name as QEMU writes it. */
    @Override
    public String toString() {
        return text;
    }
}
