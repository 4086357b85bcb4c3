// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPrivateKeySpec;
import java.security.spec.ECPublicKeySpec;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import javax.crypto.KeyAgreement;

import org.apvirt.arch.cca.EcCurve;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Elliptic curves of the JDK's provider: P-256, P-384 and P-521, no others.
 *
 * <p>Secrets: the provider's own arithmetic is made to be constant-time; the conversions to and from
 * {@link BigInteger} around it are not. Keys stay in the Java heap until it is reused.
 */
final class JdkEc implements EcArithmetic {
    private final String why;
    private final Map<EcCurve, ECParameterSpec> parameters = new EnumMap<>(EcCurve.class);

    /**
     * The arithmetic.
     *
     * @param why why it is this one, in a few words
     */
    JdkEc(String why) {
        this.why = why;
        Map<EcCurve, String> names = Map.of(EcCurve.P256, "secp256r1", EcCurve.P384, "secp384r1", EcCurve.P521,
                "secp521r1");
        names.forEach((curve, name) -> {
            try {
                AlgorithmParameters of = AlgorithmParameters.getInstance("EC");
                of.init(new ECGenParameterSpec(name));
                parameters.put(curve, of.getParameterSpec(ECParameterSpec.class));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("the JDK has no curve " + name, e);
            }
        });
    }

    @Override
    public Set<EcCurve> curves() {
        return parameters.keySet();
    }

    private ECParameterSpec parameters(EcCurve curve) {
        ECParameterSpec found = parameters.get(curve);
        if (found == null) {
            throw new IllegalArgumentException("the JDK has no curve " + curve.opensslName());
        }
        return found;
    }

    @Override
    public Key generate(EcCurve curve) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(parameters(curve));
            KeyPair pair = generator.generateKeyPair();
            ECPoint point = ((ECPublicKey) pair.getPublic()).getW();
            int n = curve.bytes();
            byte[] publicKey = Arrays.copyOf(bytes(point.getAffineX(), n), 2 * n);
            System.arraycopy(bytes(point.getAffineY(), n), 0, publicKey, n, n);
            return new Key(bytes(((ECPrivateKey) pair.getPrivate()).getS(), n), publicKey);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public byte @Nullable [] sign(EcCurve curve, byte[] privateKey, byte[] hash) {
        if (!curve.isPrivateKey(privateKey)) {
            return null;
        }
        try {
            Signature signature = Signature.getInstance("NONEwithECDSAinP1363Format");
            signature.initSign(KeyFactory.getInstance("EC").generatePrivate(
                    new ECPrivateKeySpec(new BigInteger(1, privateKey), parameters(curve))));
            signature.update(hash);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Verdict verify(EcCurve curve, byte[] publicKey, byte[] hash, byte[] signature) {
        ECPublicKey key = publicKey(curve, publicKey);
        if (key == null) {
            return Verdict.NO_POINT;
        }
        try {
            Signature verifier = Signature.getInstance("NONEwithECDSAinP1363Format");
            verifier.initVerify(key);
            verifier.update(hash);
            return verifier.verify(signature) ? Verdict.GOOD : Verdict.BAD;
        } catch (GeneralSecurityException e) { // r or s out of range
            return Verdict.BAD;
        }
    }

    @Override
    public byte @Nullable [] derive(EcCurve curve, byte[] privateKey, byte[] publicKey) {
        ECPublicKey other = publicKey(curve, publicKey);
        if (other == null || !curve.isPrivateKey(privateKey)) {
            return null;
        }
        try {
            KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
            agreement.init(KeyFactory.getInstance("EC").generatePrivate(
                    new ECPrivateKeySpec(new BigInteger(1, privateKey), parameters(curve))));
            agreement.doPhase(other, true);
            return agreement.generateSecret();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private @Nullable ECPublicKey publicKey(EcCurve curve, byte[] bytes) {
        int n = curve.bytes();
        BigInteger x = new BigInteger(1, Arrays.copyOf(bytes, n));
        BigInteger y = new BigInteger(1, Arrays.copyOfRange(bytes, n, 2 * n));
        ECParameterSpec spec = parameters(curve);
        BigInteger p = ((ECFieldFp) spec.getCurve().getField()).getP();
        BigInteger right = x.pow(3).add(spec.getCurve().getA().multiply(x)).add(spec.getCurve().getB()).mod(p);
        if (x.compareTo(p) >= 0 || y.compareTo(p) >= 0 || !y.multiply(y).mod(p).equals(right)) {
            return null;
        }
        try {
            return (ECPublicKey) KeyFactory.getInstance("EC")
                    .generatePublic(new ECPublicKeySpec(new ECPoint(x, y), spec));
        } catch (GeneralSecurityException e) {
            return null;
        }
    }

    private static byte[] bytes(BigInteger number, int length) {
        byte[] digits = number.toByteArray();
        byte[] field = new byte[length];
        int used = Math.min(digits.length, length); // one sign byte more than needed is possible
        System.arraycopy(digits, digits.length - used, field, length - used, used);
        return field;
    }

    @Override
    public String toString() {
        return "the JDK's provider, " + parameters.keySet() + " alone (" + why + ")";
    }
}
