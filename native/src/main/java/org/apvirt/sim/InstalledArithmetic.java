package org.apvirt.sim;

import java.lang.System.Logger.Level;

/** Finds out once which arithmetic there is. */
final class InstalledArithmetic {
    static final RsaArithmetic INSTANCE = find();

    private InstalledArithmetic() {}

    private static RsaArithmetic find() {
        System.Logger log = System.getLogger("org.apvirt.sim");
        RsaArithmetic found;
        try {
            found = LibcryptoArithmetic.load();
            log.log(Level.DEBUG, "RSA is computed by {0}", found);
        } catch (LinkageError e) { // no libcrypto, another version of it, no JNA, JNA without this architecture
            found = new BigIntegerArithmetic("no libcrypto.so.3: " + firstLine(e));
            log.log(Level.INFO, "RSA is computed by {0}", found);
        }
        return found;
    }

    private static String firstLine(LinkageError e) {
        String message = e.getMessage();
        return message == null ? e.toString() : message.lines().findFirst().orElse("");
    }
}
