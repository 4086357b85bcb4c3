// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What an EP11 coprocessor tells of its module. Source: Linux {@code zcrypt_ep11misc.c}, {@code ep11_get_card_info};
 * {@code zcrypt_cex4.c}.
 *
 * @param apiOrdinal API number, 0 if unknown
 * @param firmware version, high byte and low byte, 0 if unknown
 * @param serial 16 characters, empty if unknown
 * @param operationModes one bit each, see {@link #modes}
 */
record Ep11CardInfo(int apiOrdinal, int firmware, String serial, long operationModes) {
    /** Nothing is known. */
    static final Ep11CardInfo UNKNOWN = new Ep11CardInfo(0, 0, "", 0);

    private static final int LENGTH = 148;
    private static final List<String> MODES = List.of("FIPS2009", "BSI2009", "FIPS2011", "BSI2011", "SIGG-IMPORT",
            "SIGG", "BSICC2017", "FIPS2021", "FIPS2024");

    static Ep11CardInfo of(byte[] data) {
        if (data.length < LENGTH) {
            return UNKNOWN;
        }
        ByteBuffer in = ByteBuffer.wrap(data);
        String serial = data[108] == 0 ? "" : new String(data, 108, 16, StandardCharsets.ISO_8859_1);
        return new Ep11CardInfo(in.getInt(0), in.getShort(8) & 0xffff, serial, in.getLong(140));
    }

    String showApiOrdinal() {
        return (apiOrdinal > 0 ? Integer.toString(apiOrdinal) : "") + '\n';
    }

    String showFirmware() {
        return (firmware > 0 ? (firmware >> 8) + "." + (firmware & 0xff) : "") + '\n';
    }

    String showSerial() {
        return serial + '\n';
    }

    /** Returns the names of the modes whose bits are set, from bit 0 on, and a newline. */
    static String modes(long bits) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < MODES.size(); i++) {
            if ((bits >> i & 1) != 0) {
                names.add(MODES.get(i));
            }
        }
        return String.join(" ", names) + '\n';
    }
}
