// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;

import org.apvirt.hw.StructOffsets;
import org.apvirt.sie.Apcb0;
import org.apvirt.sie.Apcb1;
import org.apvirt.sie.Crycb;
import org.apvirt.sie.CrycbFormat;
import org.apvirt.sie.Gisa;
import org.apvirt.sie.SieBlock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** The offsets and bits of the control blocks in sie-crycb against what a C compiler makes of the same layouts. */
class StructOffsetsTest {
    private static final StructOffsets C = StructOffsets.ofLibrary();

    record Constant(String name, int java) {}

    static final List<Constant> CONSTANTS = List.of(
            new Constant("sie_apcb0", Apcb0.LENGTH),
            new Constant("sie_apcb0.apm", Apcb0.APM_OFFSET),
            new Constant("sie_apcb0.aqm", Apcb0.AQM_OFFSET),
            new Constant("sie_apcb0.adm", Apcb0.ADM_OFFSET),
            new Constant("sie_apcb1", Apcb1.LENGTH),
            new Constant("sie_apcb1.apm", Apcb1.APM_OFFSET),
            new Constant("sie_apcb1.aqm", Apcb1.AQM_OFFSET),
            new Constant("sie_apcb1.adm", Apcb1.ADM_OFFSET),
            new Constant("sie_crycb", Crycb.LENGTH),
            new Constant("sie_crycb.apcb0", Crycb.APCB0_OFFSET),
            new Constant("sie_crycb.dea_mask", Crycb.DEA_MASK_OFFSET),
            new Constant("sie_crycb.aes_mask", Crycb.AES_MASK_OFFSET),
            new Constant("sie_crycb.apcb1", Crycb.APCB1_OFFSET),
            new Constant("sie_crycb.apcb1.apm", Crycb.APCB1_OFFSET + Apcb1.APM_OFFSET),
            new Constant("sie_crycb.apcb1.aqm", Crycb.APCB1_OFFSET + Apcb1.AQM_OFFSET),
            new Constant("sie_crycb.apcb1.adm", Crycb.APCB1_OFFSET + Apcb1.ADM_OFFSET),
            new Constant("sie_crycbd.address", SieBlock.CRYCBD_ADDRESS),
            new Constant("sie_crycbd.format", CrycbFormat.MASK),
            new Constant("sie_gisa", Gisa.LENGTH),
            new Constant("sie_gisa.next_alert", Gisa.NEXT_ALERT_OFFSET),
            new Constant("sie_gisa.ipm", Gisa.IPM_OFFSET),
            new Constant("sie_gisa.iam", Gisa.IAM_OFFSET),
            new Constant("sie_block", SieBlock.LENGTH),
            new Constant("sie_block.eca", SieBlock.ECA_OFFSET),
            new Constant("sie_block.icptcode", SieBlock.ICPTCODE_OFFSET),
            new Constant("sie_block.ipa", SieBlock.IPA_OFFSET),
            new Constant("sie_block.ipb", SieBlock.IPB_OFFSET),
            new Constant("sie_block.ecb", SieBlock.ECB_OFFSET),
            new Constant("sie_block.ecb2", SieBlock.ECB2_OFFSET),
            new Constant("sie_block.ecb3", SieBlock.ECB3_OFFSET),
            new Constant("sie_block.gd", SieBlock.GD_OFFSET),
            new Constant("sie_block.crycbd", SieBlock.CRYCBD_OFFSET),
            new Constant("sie_block.fac", SieBlock.FAC_OFFSET),
            new Constant("sie_block.ecd", SieBlock.ECD_OFFSET),
            new Constant("sie_eca.cei", SieBlock.ECA_CEI),
            new Constant("sie_eca.ib", SieBlock.ECA_IB),
            new Constant("sie_eca.sigpi", SieBlock.ECA_SIGPI),
            new Constant("sie_eca.aiv", SieBlock.ECA_AIV),
            new Constant("sie_eca.apie", SieBlock.ECA_APIE),
            new Constant("sie_eca.sii", SieBlock.ECA_SII),
            new Constant("sie_ecb3.dea", SieBlock.ECB3_DEA),
            new Constant("sie_ecb3.aes", SieBlock.ECB3_AES),
            new Constant("sie_ecd.ecc", SieBlock.ECD_ECC),
            new Constant("sie_ecd.hmac", SieBlock.ECD_HMAC));

    @ParameterizedTest
    @FieldSource("CONSTANTS")
    void theJavaConstantIsWhatCSays(Constant constant) {
        assertEquals(C.of(constant.name), Integer.toUnsignedLong(constant.java), constant.name);
    }

    @Test
    void nothingOfTheControlBlocksInTheLibraryIsLeftUncompared() {
        Stream<String> inC = C.all().keySet().stream().filter(name -> name.startsWith("sie_"));
        Stream<String> here = CONSTANTS.stream().map(Constant::name);
        assertEquals(new TreeSet<>(here.toList()), new TreeSet<>(inC.toList()));
    }
}
