// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.io.File;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.interfaces.RSAPrivateCrtKey;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.apvirt.sim.RsaNumbers.bytes;
import static org.apvirt.sim.RsaNumbers.number;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

/** libcrypto, our use of BigInteger, and the formulas themselves must agree. */
class RsaArithmeticTest {
    private static final RsaArithmetic JAVA = new BigIntegerArithmetic("asked for");
    private static RsaArithmetic libcrypto;

    @BeforeAll
    static void loadLibcrypto() {
        libcrypto = RsaArithmetic.installed();
        if (!(libcrypto instanceof LibcryptoArithmetic)) {
            if (Boolean.getBoolean("libcrypto.required")) {
                fail(libcrypto.toString());
            }
            Assumptions.abort(libcrypto.toString());
        }
    }

    private static BigInteger modulus(Random random, int bytes) {
        return new BigInteger(8 * bytes, random).setBit(0);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 8, 9, 64, 128, 129, 255, 256, 257, 512})
    void modExpoIsTheSameWithBoth(int length) {
        Random random = new Random(length);
        for (int round = 0; round < (length < 256 ? 20 : 3); round++) {
            BigInteger n = modulus(random, length);
            BigInteger e = new BigInteger(random.nextInt(8 * length) + 1, random);
            BigInteger m = new BigInteger(8 * length, random).mod(n);
            byte[] expected = bytes(m.modPow(e, n), length);
            for (RsaArithmetic each : new RsaArithmetic[]{libcrypto, JAVA}) {
                assertArrayEquals(expected, each.modExpo(bytes(m, length), bytes(e, length), bytes(n, length)),
                        () -> each + ": " + m + " ^ " + e + " mod " + n);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 9, 64, 65, 127, 128, 192, 256, 264})
    void crtIsTheFormulaForAnyOddNumbers(int length) {
        Random random = new Random(length);
        for (int round = 0; round < (length < 128 ? 20 : 3); round++) {
            BigInteger p = modulus(random, random.nextInt(length) + 1);
            BigInteger q = modulus(random, length);
            BigInteger dp = new BigInteger(8 * length, random);
            BigInteger dq = new BigInteger(8 * length, random);
            BigInteger u = new BigInteger(8 * length, random);
            BigInteger c = new BigInteger(16 * length, random).mod(p.multiply(q));
            BigInteger m1 = c.modPow(dp, p);
            BigInteger m2 = c.modPow(dq, q);
            byte[] expected = bytes(m2.add(q.multiply(u.multiply(m1.subtract(m2)).mod(p))), 2 * length);
            for (RsaArithmetic each : new RsaArithmetic[]{libcrypto, JAVA}) {
                assertArrayEquals(expected,
                        each.crt(bytes(c, 2 * length), bytes(p, length), bytes(q, length), bytes(dp, length),
                                bytes(dq, length), bytes(u, length)),
                        () -> each + ": p " + p + " q " + q + " c " + c);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1024, 2048, 3072, 4096})
    void aRealKeyGivesWhatTheJdkGives(int bits) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(bits);
        RSAPrivateCrtKey key = (RSAPrivateCrtKey) generator.generateKeyPair().getPrivate();
        int half = bits / 16;
        BigInteger c = key.getModulus().subtract(BigInteger.TWO);
        BigInteger expected = c.modPow(key.getPrivateExponent(), key.getModulus());
        for (RsaArithmetic each : new RsaArithmetic[]{libcrypto, JAVA}) {
            assertEquals(expected, number(each.crt(bytes(c, 2 * half), bytes(key.getPrimeP(), half),
                    bytes(key.getPrimeQ(), half), bytes(key.getPrimeExponentP(), half),
                    bytes(key.getPrimeExponentQ(), half), bytes(key.getCrtCoefficient(), half))));
            assertEquals(expected, number(each.modExpo(bytes(c, 2 * half), bytes(key.getPrivateExponent(), 2 * half),
                    bytes(key.getModulus(), 2 * half))));
        }
    }

    @ParameterizedTest(name = "{0} ^ {1} mod {2} is {3}")
    @CsvSource({"5, 3, 391, 125", "0, 0, 1, 0", "0, 5, 1, 0", "0, 0, 3, 1", "0, 7, 3, 0", "390, 2, 391, 1",
            "17, 3, 391, 221"})
    void smallNumbersAreRight(int message, int exponent, int modulus, int result) {
        for (RsaArithmetic each : new RsaArithmetic[]{libcrypto, JAVA}) {
            byte[] m = bytes(BigInteger.valueOf(message), 2);
            byte[] e = bytes(BigInteger.valueOf(exponent), 2);
            assertEquals(BigInteger.valueOf(result),
                    number(each.modExpo(m, e, bytes(BigInteger.valueOf(modulus), 2))), each.toString());
        }
    }

    @Test
    void aMessageThatIsNotBelowTheModulusHasNoResult() {
        byte[] one = {1};
        byte[] seven = {7};
        byte[] eleven = {11};
        for (RsaArithmetic each : new RsaArithmetic[]{libcrypto, JAVA}) {
            assertNull(each.modExpo(seven, one, seven));
            assertNull(each.crt(new byte[]{77}, seven, eleven, one, one, one));
            assertEquals(2, each.crt(new byte[]{76}, seven, eleven, one, one, one).length);
        }
    }

    @Test
    void anEmptyExponentIsZero() {
        for (RsaArithmetic each : new RsaArithmetic[]{libcrypto, JAVA}) {
            assertArrayEquals(new byte[]{1}, each.modExpo(new byte[0], new byte[0], new byte[]{3}));
        }
    }

    @Test
    void manyThreadsComputeAtOnce() {
        byte[] modulus = bytes(BigInteger.TWO.pow(1023).nextProbablePrime(), 128);
        byte[] exponent = bytes(number(modulus).subtract(BigInteger.TWO), 128);
        List<BigInteger> results = IntStream.range(2, 200).parallel().boxed()
                .map(i -> number(libcrypto.modExpo(bytes(BigInteger.valueOf(i), 128), exponent, modulus))).toList();
        for (int i = 2; i < 200; i++) { // by Fermat, the power is the inverse
            assertEquals(BigInteger.valueOf(i).modInverse(number(modulus)), results.get(i - 2));
        }
    }

    @Test
    void whichOneIsInstalledCanBeAsked() {
        assertTrue(libcrypto.toString().matches("libcrypto, OpenSSL 3\\..*"), libcrypto.toString());
        assertEquals("java.math.BigInteger, not constant-time (asked for)", JAVA.toString());
        assertSame(libcrypto, RsaArithmetic.installed());
    }

    @Test
    void withoutJnaItIsBigIntegerWhichSaysSoOnce() throws IOException, InterruptedException {
        String classPath = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains("jna")).collect(Collectors.joining(File.pathSeparator));
        Process java = new ProcessBuilder(System.getProperty("java.home") + "/bin/java", "-XX:TieredStopAtLevel=1",
                "-cp", classPath, ArithmeticName.class.getName()).redirectErrorStream(true).start();
        List<String> lines = java.inputReader().lines().toList();
        assertEquals(0, java.waitFor(), lines.toString());
        String name = "java.math.BigInteger, not constant-time (JNA is not on the class path)";
        assertEquals(List.of("INFO: RSA is computed by " + name, name + " true", "125"), lines.subList(1, lines.size()),
                lines.toString());
    }
}
