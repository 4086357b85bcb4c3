// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

/** A program that says who computes on its class path. */
final class ArithmeticName {
    private ArithmeticName() {}

    /** Asks twice. */
    public static void main(String... arguments) {
        RsaArithmetic arithmetic = RsaArithmetic.installed();
        System.out.println(arithmetic + " " + (arithmetic == RsaArithmetic.installed()));
        System.out.println(arithmetic.modExpo(new byte[]{5}, new byte[]{3}, new byte[]{127})[0]);
    }
}
