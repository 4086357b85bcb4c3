package org.apvirt.host;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.apvirt.host.DocumentNode.Entry;

/**
 * What a coprocessor tells about itself.
 *
 * @param serial serial number, up to 8 characters; empty: it has none to tell
 * @param keys master-key registers by name, {@code aes new} to {@code asym old}
 */
public record CardIdentity(String serial, Map<String, KeyRegister> keys) {
    private static final List<String> KINDS = List.of("aes", "apka", "asym");
    private static final List<String> REGISTERS = List.of("new", "cur", "old");

    /**
     * A master-key register.
     *
     * @param state the digit that the card answers
     * @param pattern verification pattern, hex digits, may be empty
     */
    public record KeyRegister(String state, String pattern) {}

    /** A coprocessor with a serial number and no keys. */
    static CardIdentity ofSerial(DocumentNode node) throws FileFormatException {
        String serial = node.text();
        if (!serial.matches("[ -~]{1,8}")) {
            throw node.error("serial '" + serial + "' is not 1 to 8 printable characters");
        }
        return new CardIdentity(serial, Map.of());
    }

    /** Reads the key {@code cca} of a scenario's adapter. */
    static CardIdentity read(DocumentNode node) throws FileFormatException {
        Map<String, Entry> map = node.map("cca", DocumentNode.keys(KINDS, "serial"));
        Map<String, KeyRegister> keys = new TreeMap<>();
        for (String kind : KINDS) {
            Entry registers = map.get(kind);
            if (registers != null) {
                for (Map.Entry<String, Entry> register : registers.value().map(kind, REGISTERS).entrySet()) {
                    List<DocumentNode> pair = register.getValue().value().list(register.getKey());
                    if (pair.size() != 2) {
                        throw register.getValue().value()
                                .error("must be [state, pattern], for example [\"2\", \"0011223344556677\"]");
                    }
                    keys.put(kind + ' ' + register.getKey(), new KeyRegister(pair.get(0).text(), pair.get(1).text()));
                }
            }
        }
        Entry serial = map.get("serial");
        return new CardIdentity(serial == null ? "" : ofSerial(serial.value()).serial(), Map.copyOf(keys));
    }
}
