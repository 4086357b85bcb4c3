// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.lang.System.Logger.Level;

/** Finds out once which arithmetic there is. */
final class InstalledArithmetic {
    static final RsaArithmetic INSTANCE = find();

    /** Curves are looked for when the first request needs one. */
    static final class Curves {
        static final EcArithmetic INSTANCE = findCurves();

        private Curves() {}
    }

    private InstalledArithmetic() {}

    private static RsaArithmetic find() {
        System.Logger log = System.getLogger("org.apvirt.sim");
        RsaArithmetic found;
        try {
            found = LibcryptoArithmetic.load();
            log.log(Level.DEBUG, "RSA is computed by {0}", found);
        } catch (LinkageError e) { // no libcrypto, another version of it, no JNA, JNA without this architecture
            found = new BigIntegerArithmetic(reason(e));
            log.log(Level.INFO, "RSA is computed by {0}", found);
        }
        return found;
    }

    private static EcArithmetic findCurves() {
        System.Logger log = System.getLogger("org.apvirt.sim");
        EcArithmetic found;
        try {
            found = LibcryptoEc.load();
            log.log(Level.DEBUG, "Elliptic curves are computed by {0}", found);
        } catch (LinkageError e) {
            found = new JdkEc(reason(e));
            log.log(Level.INFO, "Elliptic curves are computed by {0}", found);
        }
        return found;
    }

    private static String reason(LinkageError e) {
        if (e instanceof NoClassDefFoundError) {
            return "JNA is not on the class path";
        }
        // JNA names the library first, then each place where it is not.
        String line = e.toString().lines().findFirst().orElse("");
        return line.substring(line.indexOf(' ') + 1).replaceFirst(":$", "");
    }
}
