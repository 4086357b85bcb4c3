// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;

import com.sun.jna.Pointer;
import org.apvirt.arch.cca.EcCurve;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Elliptic curves of OpenSSL's libcrypto, version 3.
 *
 * <p>Secrets: ECDSA and ECDH are libcrypto's own, whose scalar multiplications are constant-time for all curves of
 * known order: a Montgomery ladder with blinded coordinates, and for P-224, P-256, P-384 and P-521 code of their own
 * where the processor has it. Whether a private key is in range is found in constant time too. Verification is not
 * constant-time; nothing in it is secret.
 *
 * <p>Key objects of libcrypto are kept per curve, because setting one up costs more than a signature; a private key
 * is put into one for one request and erased in the end. A signature crosses over to libcrypto three times, since each
 * crossing costs some percent of it; hence signatures in DER, which libcrypto gives and takes in one piece.
 */
final class LibcryptoEc implements EcArithmetic {
    private static final long NOT_USED = 0;
    private static final int NOT_A_TYPE = 0; // of the hash: libcrypto ignores it
    private static final int UNCOMPRESSED = 4; // POINT_CONVERSION_UNCOMPRESSED, and the first byte of such a point
    private static final int LONGEST = 1 + 2 * 66; // bytes of the longest point, longer than any hash
    private static final int SIGNATURE = 136; // where the buffer has a signature, and before it its length
    private static final int SIGNATURE_LENGTH = SIGNATURE - Integer.BYTES;
    private static final int ROOM = SIGNATURE + DerSignature.LONGEST;

    private final String version;
    private final Map<EcCurve, Queue<Slot>> slots = new EnumMap<>(EcCurve.class);

    private LibcryptoEc(String version) {
        this.version = version;
        for (EcCurve curve : EcCurve.values()) {
            Slot slot = Slot.open(curve);
            if (slot != null) { // a distribution may leave curves out
                slots.put(curve, new ConcurrentLinkedQueue<>(Set.of(slot)));
            }
        }
    }

    /**
     * Loads the library.
     *
     * @throws LinkageError there is none, or not all functions are in it
     */
    static LibcryptoEc load() {
        return new LibcryptoEc(Libcrypto.version());
    }

    @Override
    public Set<EcCurve> curves() {
        return Collections.unmodifiableSet(slots.keySet());
    }

    @Override
    public Key generate(EcCurve curve) {
        Slot slot = take(curve);
        try {
            done(LibcryptoCurves.EC_KEY_generate_key(slot.key));
            byte[] privateKey = slot.bytes(LibcryptoCurves.EC_KEY_get0_private_key(slot.key), curve.bytes());
            int length = 1 + 2 * curve.bytes();
            long point = LibcryptoCurves.EC_KEY_get0_public_key(slot.key);
            done(LibcryptoCurves.EC_POINT_point2oct(slot.group, point, UNCOMPRESSED, slot.buffer, length,
                    NOT_USED) == length ? 1 : 0);
            byte[] publicKey = new byte[length - 1];
            slot.memory.read(1, publicKey, 0, publicKey.length);
            return new Key(privateKey, publicKey);
        } finally {
            release(curve, slot);
        }
    }

    @Override
    public byte @Nullable [] sign(EcCurve curve, byte[] privateKey, byte[] hash) {
        if (!curve.isPrivateKey(privateKey)) {
            return null;
        }
        Slot slot = take(curve);
        try {
            slot.privateKey(privateKey);
            int length = slot.hash(hash);
            done(LibcryptoCurves.ECDSA_sign(NOT_A_TYPE, slot.buffer, length, slot.buffer + SIGNATURE,
                    slot.buffer + SIGNATURE_LENGTH, slot.key));
            slot.memory.read(SIGNATURE, slot.signature, 0, DerSignature.LONGEST); // once, however long it is
            return DerSignature.numbers(slot.signature, curve.bytes());
        } finally {
            release(curve, slot);
        }
    }

    @Override
    public Verdict verify(EcCurve curve, byte[] publicKey, byte[] hash, byte[] signature) {
        Slot slot = take(curve);
        try {
            if (!slot.publicKey(publicKey)) {
                return Verdict.NO_POINT;
            }
            byte[] encoded = DerSignature.of(signature, curve.bytes());
            slot.memory.write(SIGNATURE, encoded, 0, encoded.length);
            int length = slot.hash(hash);
            int verdict = LibcryptoCurves.ECDSA_verify(NOT_A_TYPE, slot.buffer, length, slot.buffer + SIGNATURE,
                    encoded.length, slot.key);
            LibcryptoCurves.ERR_clear_error(); // a refusal leaves an explanation in the thread
            return verdict == 1 ? Verdict.GOOD : Verdict.BAD;
        } finally {
            release(curve, slot);
        }
    }

    @Override
    public byte @Nullable [] derive(EcCurve curve, byte[] privateKey, byte[] publicKey) {
        if (!curve.isPrivateKey(privateKey)) {
            return null;
        }
        Slot slot = take(curve);
        try {
            if (!slot.publicKey(publicKey)) {
                return null;
            }
            slot.privateKey(privateKey);
            int n = curve.bytes();
            done(LibcryptoCurves.ECDH_compute_key(slot.buffer, n, LibcryptoCurves.EC_KEY_get0_public_key(slot.key),
                    slot.key, NOT_USED) == n ? 1 : 0);
            byte[] secret = new byte[n];
            slot.memory.read(0, secret, 0, n);
            return secret;
        } finally {
            release(curve, slot);
        }
    }

    private Slot take(EcCurve curve) {
        Queue<Slot> free = slots.get(curve);
        if (free == null) {
            throw new IllegalArgumentException("libcrypto has no curve " + curve.opensslName());
        }
        Slot slot = free.poll();
        Slot taken = slot != null ? slot : Slot.open(curve);
        if (taken == null) {
            throw new IllegalStateException("libcrypto is out of memory");
        }
        return taken;
    }

    private void release(EcCurve curve, Slot slot) {
        slot.erase();
        Queue<Slot> free = slots.get(curve);
        if (free != null) {
            free.add(slot);
        }
    }

    private static void done(int success) {
        if (success != 1) {
            throw new IllegalStateException("libcrypto is out of memory");
        }
    }

    /** A key object and a buffer; for one thread at a time. There are as many as threads ever met here. */
    private static final class Slot {
        final long key;
        final long group;
        final long buffer;
        final Pointer memory;
        final byte[] signature = new byte[DerSignature.LONGEST]; // public, hence not erased

        private Slot(long key) {
            this.key = key;
            this.group = LibcryptoCurves.EC_KEY_get0_group(key);
            this.buffer = Libcrypto.CRYPTO_malloc(ROOM, NOT_USED, 0);
            done(buffer != 0 ? 1 : 0);
            this.memory = new Pointer(buffer);
        }

        static @Nullable Slot open(EcCurve curve) {
            int nid = LibcryptoCurves.OBJ_sn2nid(curve.opensslName());
            long key = nid == 0 ? 0 : LibcryptoCurves.EC_KEY_new_by_curve_name(nid);
            return key == 0 ? null : new Slot(key);
        }

        void privateKey(byte[] bytes) {
            memory.write(0, bytes, 0, bytes.length);
            done(LibcryptoCurves.EC_KEY_oct2priv(key, buffer, bytes.length));
        }

        /** Puts a hash at the start of the buffer; returns how long it is there. */
        int hash(byte[] bytes) {
            int length = Math.min(bytes.length, LONGEST);
            memory.write(0, bytes, 0, length);
            return length;
        }

        /** Returns false if it is no point of the curve. */
        boolean publicKey(byte[] bytes) {
            memory.setByte(0, (byte) UNCOMPRESSED);
            memory.write(1, bytes, 0, bytes.length);
            boolean point = LibcryptoCurves.EC_KEY_oct2key(key, buffer, bytes.length + 1, NOT_USED) == 1;
            if (!point) {
                LibcryptoCurves.ERR_clear_error();
            }
            return point;
        }

        byte[] bytes(long bignum, int length) {
            byte[] bytes = new byte[length];
            done(Libcrypto.BN_bn2binpad(bignum, buffer, length) == length ? 1 : 0);
            memory.read(0, bytes, 0, length);
            return bytes;
        }

        void erase() {
            LibcryptoCurves.EC_KEY_set_private_key(key, NOT_USED); // erases it, and answers 0
            memory.clear(ROOM);
        }
    }

    @Override
    public String toString() {
        return "libcrypto, " + version + ", " + slots.size() + " curves";
    }
}
