// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A secret with which a queue of an EP11 coprocessor can be associated. What it consists of nobody gets to see, and so it has
 * only an id.
 *
 * @param id 64 hex digits
 */
public record AssociationSecret(String id) {
    /** How many a guest can have. The number is ours. */
    public static final int MOST = 512;
    /** Length of the id in bytes. */
    static final int ID_BYTES = 32;
    private static final Pattern ID = Pattern.compile("[0-9a-f]{64}");

    /**
     * Checks the id.
     *
     * @throws IllegalArgumentException it has another form
     */
    public AssociationSecret {
        if (!ID.matcher(id).matches()) {
            throw new IllegalArgumentException("not 64 hex digits: '" + id + "'");
        }
    }

    /** Returns the secret of this name, whose id is its SHA-256 as pvsecret makes it; 64 hex digits are an id. */
    public static AssociationSecret named(String name) {
        if (ID.matcher(name).matches()) {
            return new AssociationSecret(name);
        }
        try {
            return of(MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // each Java has it
        }
    }

    static AssociationSecret of(byte[] id) {
        return new AssociationSecret(HexFormat.of().formatHex(id));
    }

    byte[] bytes() {
        return HexFormat.of().parseHex(id);
    }
}
