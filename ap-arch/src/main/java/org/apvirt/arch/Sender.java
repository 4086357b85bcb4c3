// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

/**
 * What a card learns of who enqueued a message: the machine itself, or a guest through its CRYCB.
 *
 * @param controlDomains what the sender may control, of what the machine may control
 * @param aesMask the AES wrapping-key mask, 32 bytes: protected keys made for the sender are wrapped by the machine's
 *     secret with this mask on it; zeros for the machine itself
 */
public record Sender(ApMask controlDomains, byte[] aesMask) {
    /** Length of the mask in bytes. */
    public static final int MASK_LENGTH = 32;
    /** The machine itself. */
    public static final Sender MACHINE = new Sender(ApMask.ALL, new byte[MASK_LENGTH]);

    /** Returns this sender as a guest of it appears: with what both may control and both masks. */
    public Sender guest(ApMask mayControl, byte[] mask) {
        byte[] both = mask.clone();
        for (int i = 0; i < MASK_LENGTH; i++) {
            both[i] ^= aesMask[i];
        }
        return new Sender(mayControl.and(controlDomains), both);
    }

    @Override
    public String toString() { // a mask is nearly a key
        return "sender that controls " + controlDomains;
    }
}
