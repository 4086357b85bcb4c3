// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.List;

import org.apvirt.arch.ApHardwareInfo;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A model of adapter as the zcrypt layer rates it.
 *
 * <p>Source: Linux {@code zcrypt_cex4.c}, and, for the older ones, {@code zcrypt_cex2a.c} and {@code zcrypt_cex2c.c} of
 * Linux 5.10.
 *
 * @param name text of the attribute {@code type}, for example {@code CEX5C}
 * @param userSpaceType what ZCRYPT_STATUS_MASK reports
 * @param minModulusBytes smallest modulus taken
 * @param maxModulusBytes largest modulus taken
 * @param speeds weight of one request of each {@link Operation}; lower is faster, 0: not offered
 */
public record ZcryptModel(String name, int userSpaceType, int minModulusBytes, int maxModulusBytes,
        List<Integer> speeds) {
    /** What is rated. */
    public enum Operation {
        /** RSA, modular exponentiation, modulus up to 128 bytes. */
        MEX_1K,
        /** Up to 256 bytes. */
        MEX_2K,
        /** Longer. */
        MEX_4K,
        /** RSA, Chinese remainder theorem, modulus up to 128 bytes. */
        CRT_1K,
        /** Up to 256 bytes. */
        CRT_2K,
        /** Longer. */
        CRT_4K,
        /** Random numbers. */
        RNG,
        /** Requests with secure keys. */
        SECURE_KEY
    }

    private static final int BIG = 512;
    private static final int SMALL = 256;

    /** Returns the weight of an operation. */
    public int speed(Operation operation) {
        return speeds.get(operation.ordinal());
    }

    private static List<Integer> list(Integer... speeds) {
        return List.of(speeds);
    }

    private static List<Integer> ep11(int secureKey) {
        return List.of(0, 0, 0, 0, 0, 0, 0, secureKey);
    }

    /**
     * Returns the model of a card; the first mode that fits decides: accelerator, CCA, EP11.
     *
     * @param type 6 = CEX2A ... 9 = CEX3C, 10 = CEX4 ... 14 = CEX8
     * @param functions function word of the card
     * @return null if the card has none of the modes
     */
    static @Nullable ZcryptModel of(int type, int functions) {
        if ((functions & ApHardwareInfo.ACCEL) != 0) {
            boolean big = (functions & ApHardwareInfo.MEX4K) != 0 && (functions & ApHardwareInfo.CRT4K) != 0;
            return accelerator(type, big ? BIG : SMALL);
        }
        if ((functions & ApHardwareInfo.CCA) != 0) {
            return cca(type);
        }
        return (functions & ApHardwareInfo.EP11) != 0 ? ep11Card(type) : null;
    }

    private static ZcryptModel accelerator(int type, int max) {
        return switch (type) {
            case 6 -> new ZcryptModel("CEX2A", 6, 1, SMALL, list(800, 1000, 2000, 900, 1200, 2400, 0, 0));
            case 8 -> new ZcryptModel("CEX3A", 8, 1, max, list(400, 500, 1000, 450, 550, 1200, 0, 0));
            case 10 -> new ZcryptModel("CEX4A", 10, 1, max, list(14, 19, 249, 42, 228, 1458, 0, 0));
            case 11 -> new ZcryptModel("CEX5A", 11, 1, max, list(8, 9, 20, 18, 66, 458, 0, 0));
            case 12 -> new ZcryptModel("CEX6A", 12, 1, max, list(6, 9, 20, 17, 65, 438, 0, 0));
            case 13 -> new ZcryptModel("CEX7A", 12, 1, max, list(6, 8, 17, 15, 54, 362, 0, 0));
            default -> new ZcryptModel("CEX8A", 12, 1, max, list(6, 8, 17, 15, 54, 362, 0, 0));
        };
    }

    private static ZcryptModel cca(int type) {
        return switch (type) {
            case 7 -> new ZcryptModel("CEX2C", 7, 16, SMALL, list(1000, 1400, 2400, 1100, 1500, 2600, 100, 12));
            case 9 -> new ZcryptModel("CEX3C", 9, 16, BIG, list(500, 700, 1400, 550, 800, 1500, 80, 10));
            case 10 -> new ZcryptModel("CEX4C", 7, 16, BIG, list(59, 69, 308, 83, 278, 2204, 209, 40));
            case 11 -> new ZcryptModel("CEX5C", 7, 16, BIG, list(24, 31, 50, 37, 90, 479, 27, 10));
            case 12 -> new ZcryptModel("CEX6C", 7, 16, BIG, list(16, 20, 32, 27, 77, 455, 24, 9));
            case 13 -> new ZcryptModel("CEX7C", 7, 16, BIG, list(14, 16, 26, 23, 64, 376, 23, 8));
            default -> new ZcryptModel("CEX8C", 7, 16, BIG, list(14, 16, 26, 23, 64, 376, 23, 8));
        };
    }

    private static ZcryptModel ep11Card(int type) {
        return switch (type) {
            case 10 -> new ZcryptModel("CEX4P", 10, 16, BIG, ep11(50));
            case 11 -> new ZcryptModel("CEX5P", 11, 16, BIG, ep11(10));
            case 12 -> new ZcryptModel("CEX6P", 12, 16, BIG, ep11(9));
            case 13 -> new ZcryptModel("CEX7P", 12, 16, BIG, ep11(8));
            default -> new ZcryptModel("CEX8P", 12, 16, BIG, ep11(8));
        };
    }
}
