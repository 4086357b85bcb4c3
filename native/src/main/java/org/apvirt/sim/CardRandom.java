// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.security.SecureRandom;
import java.util.random.RandomGenerator;

/** Numbers of a {@link SecureRandom}, which is set up when the first is wanted: a short command never wants one. Thread-safe. */
final class CardRandom implements RandomGenerator {
    private static final class Platform {
        static final SecureRandom RANDOM = new SecureRandom();
    }

    @Override
    public long nextLong() {
        return Platform.RANDOM.nextLong();
    }

    @Override
    public void nextBytes(byte[] bytes) {
        Platform.RANDOM.nextBytes(bytes);
    }
}
